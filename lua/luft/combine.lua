-- combine.lua -- many things at once: gather map each stream race any.

local core = require "luft.core"
local errors = require "luft.errors"

core.mine()

local DEFAULT_LIMIT = 64

local function pack(...)
  return { n = select("#", ...), ... }
end

--- Adds them to T, a world of tasks (see task.lua).
return function(T, host)

  -- Sources -----------------------------------------------------------------

  -- A table's keys: those of its list in order, then all others.
  local function keys_of(t)
    local keys, length = {}, #t
    for i = 1, length do              -- what on_error = "collect" left of it
      if t[i] ~= nil then keys[#keys + 1] = i end
    end
    for key in pairs(t) do
      if type(key) ~= "number" or key < 1 or key > length or key % 1 ~= 0 then
        keys[#keys + 1] = key
      end
    end
    return keys
  end

  local function from_table(t)
    local keys, i = keys_of(t), 0
    return function()
      i = i + 1
      local key = keys[i]
      if key == nil then return nil end
      return key, t[key]
    end
  end

  -- An iterator may wait itself; then whoever comes meanwhile waits in line.
  local function from_iterator(iterator)
    local count, over = 0, false
    local lock = T.semaphore(1)
    return function()
      lock:acquire()
      local ok, value = T.pcall(function()
        if over then return nil end
        return (iterator())
      end)
      lock:release()
      if not ok then error(value, 0) end
      if value == nil then over = true return nil end
      count = count + 1
      return count, value
    end
  end

  -- A function that gives a key and a value each time, and nil at the end.
  local function source_of(t, where)
    local metatable = getmetatable(t)
    if type(t) == "function"
      or (type(metatable) == "table" and metatable.__call) then
      return from_iterator(t)
    elseif type(t) == "table" then
      return from_table(t)
    end
    errors.misuse(where .. " takes a list, a table or an iterator, not a "
      .. type(t))
  end

  local function read_options(options, where, known)
    options = options or {}
    if type(options) ~= "table" then
      errors.misuse(where .. " takes its options as a table")
    end
    for name in pairs(options) do
      if not known[name] then
        local names = {}
        for known_name in pairs(known) do names[#names + 1] = known_name end
        local best = core.nearest(tostring(name), names)
        errors.misuse(where .. " has no option '" .. tostring(name) .. "'"
          .. (best and "; did you mean '" .. best .. "'?" or ""))
      end
    end
    local limit = options.limit or DEFAULT_LIMIT
    if type(limit) ~= "number" or limit < 1 then
      errors.misuse(where .. ": limit must be 1 or more")
    end
    return options, limit
  end

  -- Map ---------------------------------------------------------------------

  -- Workers take items from the source and work them off, at most `limit` at a
  -- time; a worker that got an item starts the next worker.
  local function fan_out(pull, limit, work)
    T.in_scope(nil, function()
      local scope, workers = host.running.scope, 0
      local start_worker
      local function worker()
        for key, value in pull do
          if workers < limit then start_worker() end
          work(key, value)
        end
      end
      function start_worker()
        workers = workers + 1
        T.spawn_in(scope, worker)
      end
      start_worker()
    end)
  end

  -- fn in a scope of its own: true and what it gives, or false and its error;
  -- a cancellation of the running task goes through.
  local function attempt(fn, ...)
    return T.pcall(T.in_scope, nil, fn, ...)
  end

  --- luft.map(t, fn, {limit=64, on_error="fail"}): fn(value, key) for each item
  -- of a list, a table or an iterator, at most `limit` at a time.
  -- @return a table of the results with the same keys; with
  --   on_error="collect" also one of the errors
  function T.map(t, fn, options)
    T.check_function(fn, "map")
    local opts, limit = read_options(options, "map",
      { limit = true, on_error = true })
    local on_error = opts.on_error or "fail"
    if on_error ~= "fail" and on_error ~= "collect" then
      errors.misuse('map: on_error must be "fail" or "collect"')
    end
    local results, failures = {}, {}
    local pull = source_of(t, "map")
    if on_error == "fail" then
      fan_out(pull, limit, function(key, value)
        results[key] = fn(value, key)
      end)
      return results
    end
    fan_out(pull, limit, function(key, value)
      local ok, result = attempt(fn, value, key)
      if ok then results[key] = result else failures[key] = result end
    end)
    return results, failures
  end

  --- luft.each(iter, fn, {limit=64}): as map, without results.
  function T.each(t, fn, options)
    T.check_function(fn, "each")
    local _, limit = read_options(options, "each", { limit = true })
    fan_out(source_of(t, "each"), limit, function(key, value)
      fn(value, key)
    end)
  end

  -- Gather ------------------------------------------------------------------

  -- What to do for one thing given: call the function, or await the task.
  local function runner(item, where)
    if T.is_task(item) then
      return function() return item:await() end
    end
    T.check_function(item, where)
    return item
  end

  local function runners_of(t, where)
    if type(t) ~= "table" then
      errors.misuse(where .. " takes a table of functions and tasks, not a "
        .. type(t))
    end
    local runners = {}
    for _, key in ipairs(keys_of(t)) do
      runners[#runners + 1] = { key = key, run = runner(t[key], where) }
    end
    return runners
  end

  local function cancel_tasks(t, reason)
    for _, item in pairs(t) do
      if T.is_task(item) then item:cancel(reason) end
    end
  end

  --- luft.gather{a = fn, task, ...}: all at once.
  -- @return a table of their results with the same keys; raises the first
  --   failure after cancelling the others
  function T.gather(t)
    local runners, results = runners_of(t, "gather"), {}
    local ok, err = T.pcall(T.in_scope, nil, function()
      for _, one in ipairs(runners) do
        T.spawn(function() results[one.key] = one.run() end)
      end
    end)
    if ok then return results end
    cancel_tasks(t, "another one of gather failed")
    error(err, 0)
  end

  -- Race --------------------------------------------------------------------

  -- Runs them until decide(key, ok, value) gives true or all have ended.
  local function compete(t, where, decide)
    local runners = runners_of(t, where)
    if #runners == 0 then
      errors.misuse(where .. " needs at least one function or task")
    end
    return T.in_scope(nil, function()
      local me, ended, outcome = host.running, 0, nil
      local scope = me.scope
      for _, one in ipairs(runners) do
        T.spawn(function()
          local result = pack(attempt(one.run))
          ended = ended + 1
          if not outcome and decide(one.key, result[1], result[2]) then
            outcome = { key = one.key, ok = result[1], value = result[2] }
          end
          if me.waiting then host.wake(me) end
        end)
      end
      T.wait_for("the first of " .. where, function()
        return outcome or ended == #runners
      end)
      local child = scope.oldest
      while child do
        child:cancel("another one was first")
        child = child.younger
      end
      cancel_tasks(t, "another one was first")
      if not outcome then return nil end
      if not outcome.ok then error(outcome.value, 0) end
      return outcome.value, outcome.key
    end)
  end

  --- luft.race{fn, task, ...}: the first to end, well or not; the others are
  -- cancelled.
  -- @return its result and its key
  function T.race(t)
    return compete(t, "race", function() return true end)
  end

  --- luft.any{fn, task, ...}: the first to succeed; the others are cancelled.
  -- @return its result and its key; raises the first failure when all fail
  function T.any(t)
    local failures = {}
    local value, key = compete(t, "any", function(_, ok, err)
      if not ok then failures[#failures + 1] = err end
      return ok
    end)
    if key ~= nil then return value, key end
    local first = table.remove(failures, 1)
    error(errors.add_also(first, failures), 0)
  end

  -- Stream ------------------------------------------------------------------

  local Stream = {}
  Stream.__index = Stream
  Stream.__name = "luft.stream"

  local function wake(task)
    if task and task.waiting then host.wake(task) end
  end

  local function deliver(stream, sequence, ok, key, value)
    local result = { ok = ok, key = key, value = value }
    if stream.ordered then
      stream.results[sequence] = result
    else
      stream.arrived = stream.arrived + 1
      stream.results[stream.arrived] = result
    end
    wake(stream.consumer)
  end

  local function has_room(stream)
    return stream.open < stream.limit
  end

  -- Starts a task for each item, as long as few enough are open: pulled and
  -- their result not taken yet.
  local function feed(stream, pull, fn)
    local sequence = 0
    while true do
      T.wait_for("room in a stream", function() return has_room(stream) end)
      stream.open = stream.open + 1
      local ok, key, value = T.pcall(pull)
      if ok and key == nil then break end
      sequence = sequence + 1
      local mine = sequence
      if not ok then
        deliver(stream, mine, false, nil, key)
        break
      end
      local task = T.spawn_in(stream.scope, function()
        deliver(stream, mine, (function(done, result)
          return done, key, result
        end)(attempt(fn, value, key)))
        stream.tasks[mine] = nil
      end)
      stream.tasks[mine] = task
    end
    stream.count = sequence
    wake(stream.consumer)
  end

  local function take(stream)
    local place = stream.taken + 1
    local result = stream.results[place]
    if not result then return nil end
    stream.results[place] = nil
    stream.taken = place
    stream.open = stream.open - 1
    wake(stream.feeder)
    return result
  end

  function Stream:__call()
    if self.closed then return nil end
    local result
    self.consumer = host.running
    T.wait_for("the next of a stream", function()
      result = take(self)
      return result or (self.count and self.taken >= self.count)
    end)
    self.consumer = nil
    if not result then
      self:close()
      return nil
    elseif not result.ok then
      self:close()
      error(result.value, 0)
    end
    return result.key, result.value
  end

  --- Cancels what is still under way; the for loop does it at its end.
  function Stream:close()
    if self.closed then return end
    self.closed = true
    self.scope.streams[self] = nil
    self.feeder:cancel("the stream was closed")
    for _, task in pairs(self.tasks) do
      task:cancel("the stream was closed")
    end
  end

  Stream.__close = Stream.close

  --- for key, result in luft.stream(iter, fn, {limit=64, ordered=false}) do:
  -- fn(value, key) for each item, results as they come, or in order.  At most
  -- `limit` are under way or waiting to be taken.
  function T.stream(t, fn, options)
    T.check_function(fn, "stream")
    local opts, limit = read_options(options, "stream",
      { limit = true, ordered = true })
    local scope = host.running.scope
    local stream = setmetatable({
      scope = scope, limit = limit, ordered = opts.ordered, open = 0,
      arrived = 0, taken = 0, results = {}, tasks = {},
    }, Stream)
    local pull = source_of(t, "stream")
    stream.feeder = T.spawn_in(scope, function() feed(stream, pull, fn) end)
    scope.streams = scope.streams or {}
    scope.streams[stream] = true
    return stream, nil, nil, stream
  end
end
