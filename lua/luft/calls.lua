-- calls.lua -- driver calls as tasks see them: start, wait, read the result.
--
-- A call in the engine is a slot number (core.start).  The task that made it is
-- suspended until core.take names the slot; what is read then is the result, or
-- the pieces of a stream.  Where a task cannot be suspended, it blocks until
-- that one call is answered.

local core = require "luft.core"
local errors = require "luft.errors"

core.mine()

local raw_pcall = require "luft.raw".pcall

--- Adds calls to T, a world of tasks (see task.lua).
return function(T, host)
  local waiters = {}              -- slot -> the task to wake
  local owners = {}               -- slot -> the task whose call it is
  -- slot -> the pieces that are read of it, if anybody holds them
  local streams = setmetatable({}, { __mode = "v" })
  local producers = {}            -- slot -> function that gives a body
  local needed = {}               -- slot -> the engine wants more of it
  local serving = {}              -- slot -> task of a transport
  local transport, transport_number = nil, 0
  local services                  -- scope of the transports' tasks

  -- News --------------------------------------------------------------------

  local function wake(task)
    if task and task.waiting then host.wake(task) end
  end

  local start_service

  local handlers = {
    news = function(slot) wake(waiters[slot]) end,
    need = function(slot)
      needed[slot] = true
      wake(serving[slot] or waiters[slot])
    end,
    ask = function(slot, request) start_service(slot, request) end,
    unask = function(slot)
      local task = serving[slot]
      serving[slot], needed[slot] = nil, nil    -- the slot may be given anew
      core.answered(slot)
      if task then task:cancel("the answer is no longer wanted") end
    end,
  }

  --- Reads what news the engine has, and wakes who waits for it.
  -- @param most  pieces of news to read; nil: all
  -- @return whether there may be more
  function host.collect(most)
    local count = 0
    for slot, kind, request in core.take do
      handlers[kind](slot, request)
      count = count + 1
      if count == most then return true end
    end
    return false
  end

  function host.expects_news()
    return core.busy() > 0
  end

  -- Whose call a slot is ----------------------------------------------------

  local function own(slot, task)
    owners[slot] = task
    task.open_calls = (task.open_calls or 0) + 1
  end

  local function disown(slot)
    local task = owners[slot]
    if not task then return end
    owners[slot] = nil
    task.open_calls = task.open_calls - 1
  end

  --- Cuts the calls of a task that will never read their answers.
  function T.drop_calls(task)
    if (task.open_calls or 0) == 0 then return end
    for slot, owner in pairs(owners) do
      if owner == task then
        local pieces = streams[slot]
        if pieces then
          pieces:forget()
          pieces.closed = true
        end
        owners[slot], waiters[slot], producers[slot] = nil, nil, nil
        needed[slot] = nil
        core.drop(slot)
      end
    end
  end

  -- Waiting for a slot ------------------------------------------------------

  local function check_place(what)
    if not host.can_suspend(host.running) and not T.may_block() then
      T.refuse_to_wait(what)
    end
  end

  -- Where a task cannot be suspended: nothing else runs until there is news.
  local function block_once(until_time)
    local was_blocked = host.blocked
    host.blocked = true
    local seconds = until_time and math.max(0, until_time - host.now())
    core.wait(seconds)
    host.collect()
    host.on_signal()
    host.blocked = was_blocked
  end

  if core.wait then
    --- Blocks until that time.
    function host.block(until_time)
      while host.now() < until_time do block_once(until_time) end
    end
  end

  -- The engine is told that what a script should give did not come.
  local function feed_failure(slot, err, kind)
    if errors.is(err) then
      core.feed(slot, nil, true, tostring(err.message), err.kind)
    else
      core.feed(slot, nil, true, tostring(err), kind)
    end
  end

  -- Where the task is cancelled in there, so is the call; what that raised is
  -- given back, to be raised again once the engine has answered.
  local function give_body(slot)
    needed[slot] = nil
    local calm, ok, chunk = raw_pcall(T.pcall, producers[slot])
    if not calm then
      core.cancel(slot)
      core.feed(slot, nil, true, "cancelled", "cancelled")
      return ok
    elseif not ok then
      feed_failure(slot, chunk, "local")
    elseif chunk ~= nil and type(chunk) ~= "string" then
      feed_failure(slot, "the function that gives the body gave a "
        .. type(chunk) .. ", not a string or nil", "local")
    else
      core.feed(slot, chunk, chunk == nil)
    end
  end

  -- Waits until read() gives something; a cancellation is passed on to the
  -- engine, whose answer is waited for all the same.
  -- @return what give_body gave back, and what read() gave
  local function wait_slot(slot, what, read)
    local task = host.running
    local group = task.owner or task.top
    local told, raised = false, nil
    local can_suspend = host.can_suspend(task)
    waiters[slot] = task
    group.calls = group.calls + 1
    local a, b, c = read()
    while a == nil do
      if can_suspend then
        T.park(task, what)
      else
        block_once(T.deadline(task))
      end
      if waiters[slot] ~= task then break end     -- closed by somebody else
      if needed[slot] and producers[slot] then
        raised = give_body(slot) or raised
      end
      if not told and T.due(task) then
        told = true
        core.cancel(slot)
      end
      a, b, c = read()
    end
    if waiters[slot] == task then waiters[slot] = nil end
    group.calls = group.calls - 1
    return raised, a, b, c
  end

  -- A cancelled task says what its call had made by then, or that nobody knows.
  local function note_outcome(task, raised, ok, value, made, object_of)
    local scope = raised and task.unwinding or T.due(task)
    if not scope then return end
    local err = scope.cancelled
    if ok and made then
      err.made = value
    elseif not ok and value.kind == "cancelled" then
      if value.made then err.made = object_of(value.made) end
      if value.message ~= "cancelled" then
        err.message = tostring(err.message) .. "; " .. value.message
      end
    end
    if raised then error(raised, 0) end
    T.checkpoint(task)
  end

  --- Raises what a call failed with, at the script's call.
  function T.raise_call(err)
    if host.explain then err.message = host.explain(err.message) end
    err.where = core.place()
    error(err, 0)
  end

  local function finish(slot, client, info)
    local raised, ok, value, made = wait_slot(slot, info.what, function()
      return core.result(slot, client)
    end)
    local function object_of(id) return info.object(id, client) end
    producers[slot] = nil
    disown(slot)
    note_outcome(host.running, raised, ok, value, made, object_of)
    if ok then return value end
    if value.made then value.made = object_of(value.made) end
    T.raise_call(value)
  end

  -- Starting ----------------------------------------------------------------

  local function start(client, info, wants_items, ...)
    local task = host.running
    T.begin_wait(task)
    check_place(info.what)
    local group = task.owner or task.top
    local slot = core.start(client, info.index, group.calls,
      T.deadline(task) or 0, transport and transport_number or 0,
      wants_items, ...)
    own(slot, task)
    return slot
  end

  --- Calls a method and waits for its result.
  -- @param client  the driver, a userdata
  -- @param info  {index=, what=, object=}: row number, text for luft.tasks,
  --   function that makes an object of an id
  function T.call(client, info, ...)
    return finish(start(client, info, false, ...), client, info)
  end

  --- As T.call, with a function that gives the request's body.
  function T.call_with_body(client, info, producer, ...)
    local slot = start(client, info, false, ...)
    producers[slot] = producer
    return finish(slot, client, info)
  end

  --- Starts a call at once and gives a task that waits for it.
  function T.call_async(client, info, ...)
    local slot = start(client, info, false, ...)
    local task = T.spawn(finish, slot, client, info)
    disown(slot)
    own(slot, task)
    task.name = info.what
    task.on_discard = function()
      disown(slot)
      core.drop(slot)
    end
    return task
  end

  -- Streams -----------------------------------------------------------------

  local Pieces = {}
  Pieces.__index = Pieces

  -- By this a scope knows its streams.  It does not keep one that nobody reads
  -- any more: the collector closes that, where it can.
  local Tie = { __mode = _VERSION ~= "Lua 5.1" and "v" or nil }
  Tie.__index = Tie

  function Tie:close()
    if self.pieces then self.pieces:close() end
  end

  --- Starts a call whose pieces are read one by one.
  -- @param read  function(piece, i): the i-th item of a piece, or nothing
  -- @return an object: pieces:next(), pieces:close()
  function T.open_pieces(client, info, producer, read, ...)
    local slot = start(client, info, true, ...)
    local scope = host.running.scope
    producers[slot] = producer
    local pieces = setmetatable({
      slot = slot, client = client, info = info, read = read, scope = scope,
      at = 0,
    }, Pieces)
    streams[slot] = pieces
    pieces.tie = setmetatable({ pieces = pieces }, Tie)
    scope.streams = scope.streams or {}
    scope.streams[pieces.tie] = true
    return pieces
  end

  function Pieces:forget()
    self.ended = true
    self.piece = nil
    producers[self.slot], streams[self.slot] = nil, nil
    disown(self.slot)
    if self.scope.streams then self.scope.streams[self.tie] = nil end
  end

  -- The next piece into self.piece; false at the end.
  function Pieces:advance()
    check_place(self.info.what)
    local function read()
      local piece = core.piece(self.slot, self.client)
      if piece then return "piece", piece end
      local ok, result = core.result(self.slot, self.client)
      if ok == nil then return nil end
      if ok then return "end", result end
      return "failure", nil, result
    end
    local raised, kind, value, err = wait_slot(self.slot, self.info.what, read)
    if kind == "piece" and not raised then
      self.piece, self.at = value, 0
      return true
    elseif kind == "piece" then
      self:close()
    elseif kind then
      self:forget()
    end
    if raised then error(raised, 0) end
    T.checkpoint(host.running)
    if kind == "failure" then
      T.raise_call(err)
    end
    self.result = value
    return false
  end

  --- The next item: what read gives; nothing at the end.
  function Pieces:next()
    while not self.ended do
      if self.piece then
        self.at = self.at + 1
        local a, b = self.read(self.piece, self.at)
        if a ~= nil then return a, b end
        self.piece = nil
      end
      if not self:advance() then break end
    end
    if self.closed then
      error(errors.new("local", "the stream was closed before its end, as it "
        .. "is when the block that opened it ends", { where = core.place() }),
        0)
    end
    return nil
  end

  --- Stops it; what is under way is cut.
  function Pieces:close()
    if self.ended then return end
    local reader = waiters[self.slot]
    self:forget()
    self.closed = true
    waiters[self.slot] = nil
    core.drop(self.slot)
    wake(reader)
  end

  Pieces.__gc = Pieces.close

  -- Transports --------------------------------------------------------------

  local function next_chunk(body)
    if type(body) == "function" then return body() end
    return nil
  end

  local function wait_need(slot)
    T.wait_for("room for an answer", function() return needed[slot] end)
    needed[slot] = nil
  end

  -- Hands an answer over: its head, then its body as far as it is wanted.
  local function serve(slot, request)
    local answer = transport(request)
    if type(answer) ~= "table" or type(answer.status) ~= "number" then
      error("the transport must give a table with a status", 0)
    end
    core.answer(slot, answer.status, answer.headers)
    local body = answer.body
    if type(body) ~= "function" then
      core.feed(slot, body ~= nil and tostring(body) or nil, true)
      return
    end
    repeat
      wait_need(slot)
      local chunk = next_chunk(body)
      core.feed(slot, chunk, chunk == nil)
    until chunk == nil
  end

  local function run_service(slot, request)
    local ok, err = raw_pcall(serve, slot, request)
    if not host.blocked and serving[slot] ~= host.running then
      if not ok then error(err, 0) end          -- it was no longer wanted
      return
    end
    if not ok then feed_failure(slot, err, "network") end
    serving[slot], needed[slot] = nil, nil
    core.answered(slot)
  end

  function start_service(slot, request)
    if not transport then
      feed_failure(slot, "the transport was taken away", "network")
      core.answered(slot)
    elseif host.blocked then
      run_service(slot, request)
    else
      services = services or T.new_scope(T.root)
      serving[slot] = T.spawn_in(services, run_service, slot, request)
      serving[slot].is_service = true
    end
  end

  --- luft.transport(fn): requests go to fn(request) instead of the network, for
  -- calls from now on; nil undoes it.  request: method endpoint target headers
  -- body.  fn gives {status=, headers=, body=a string or an iterator}.
  -- @return the transport before
  function T.transport(fn)
    if fn ~= nil then T.check_function(fn, "transport") end
    local before = transport
    transport = fn
    transport_number = transport_number + 1
    return before
  end

  T.errors = errors
end
