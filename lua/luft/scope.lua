-- scope.lua -- scopes: blocks that end only after what was spawned in them.
--
-- Every task's body is a scope; luft.scope, luft.timeout, map and their like
-- open further ones inside.  The first failure in a scope cancels everything
-- else in it, waits for the clean-up, and is raised where the scope ends; the
-- others hang on it as err.also.
--
-- Cancellation is an error raised where a task waits, once for each scope that
-- is cancelled.  Until it has left that scope (task.unwinding), waits work
-- again, so that clean-up may do I/O.  Where pcall is Lua's own and may have
-- caught it for good (host.clean_up_time, seconds), that lasts so long; each
-- further wait raises it again.

local core = require "luft.core"
local errors = require "luft.errors"

core.mine()

local raw = require "luft.raw"
local raw_pcall, raw_xpcall = raw.pcall, raw.xpcall

--- Adds scopes to T, a world of tasks on a host (see task.lua).
return function(T, host)
  local Scope = {}
  Scope.__index = Scope
  Scope.__name = "luft.scope"

  -- Making one --------------------------------------------------------------

  --- owner: the task whose block it is; outer: the scope around it in the same
  -- task; inherit: the scope whose deadline holds here too.
  function T.new_scope(owner, outer, inherit, options)
    local scope = setmetatable({
      owner = owner, outer = outer, inherit = inherit, count = 0, calls = 0,
      deadline_scope = inherit and inherit.deadline_scope,
      limit = options and options.limit,
    }, Scope)
    if options and options.timeout then
      local inherited = scope.deadline_scope
      scope.seconds = options.timeout
      scope.deadline = host.now() + options.timeout
      if not inherited or scope.deadline < inherited.deadline then
        scope.deadline_scope = scope
      end
    end
    return scope
  end

  --- The scope whose deadline comes next for a block in `scope`, if any.
  local function next_deadline(scope)
    local timed = scope.deadline_scope
    while timed and timed.cancelled do
      timed = timed.inherit and timed.inherit.deadline_scope
    end
    return timed
  end

  function T.link_child(scope, child)
    child.older = scope.youngest
    if scope.youngest then
      scope.youngest.younger = child
    else
      scope.oldest = child
    end
    scope.youngest = child
    scope.count = scope.count + 1
  end

  function T.unlink_child(scope, child)
    if child.older then
      child.older.younger = child.younger
    else
      scope.oldest = child.younger
    end
    if child.younger then
      child.younger.older = child.older
    else
      scope.youngest = child.older
    end
    child.older, child.younger = nil, nil
    scope.count = scope.count - 1
  end

  -- Cancellation ------------------------------------------------------------

  function T.new_cancellation(reason, cause)
    return errors.new("cancelled", reason, { cause = cause })
  end

  --- The outermost cancelled scope around the task's block that it has not
  -- been told of; nil while it is on its way out of one.
  local function pending(task)
    if task.unwinding then return nil end
    local scope, found = task.scope, nil
    while scope do
      if scope.cancelled and not scope.told then found = scope end
      scope = scope.outer
    end
    return found
  end

  -- Nobody concludes the block of a host's own code: what it is told of is over
  -- with that.
  local function tell_root(scope)
    local err = scope.cancelled
    if scope.failure ~= nil then
      err = errors.add_also(scope.failure, scope.others)
    end
    scope.cancelled, scope.failure = nil, nil
    scope.owner.epoch = scope.owner.epoch + 1
    error(err, 0)
  end

  -- Raises a scope's cancellation in its task.
  local function tell(task, scope)
    if scope.is_hosts then tell_root(scope) end
    scope.told = true
    task.unwinding, task.unwinding_since = scope, host.now()
    task.epoch = task.epoch + 1
    error(scope.cancelled, 0)
  end

  local function wake_if_waiting(task)
    if task.waiting then host.wake(task) end
  end

  local function cancel_children(scope, cause)
    local child = scope.oldest
    while child do
      local younger = child.younger
      T.cancel_scope(child.top, T.new_cancellation(cause.message, cause))
      child = younger
    end
  end

  --- Cancels what runs in a scope: its children, and its owner's block.
  function T.cancel_scope(scope, err)
    if scope.cancelled or scope.closed then return end
    scope.cancelled = err
    cancel_children(scope, err)
    if not scope.owner.unwinding then wake_if_waiting(scope.owner) end
  end

  local function expire(scope)
    local err = errors.new("timeout",
      ("not done within %g s"):format(scope.seconds), { where = scope.place })
    scope.failure, scope.others = err, {}
    T.cancel_scope(scope, err)
  end

  --- Whether the task is cancelled or out of time: the scope that is, or nil.
  local function due(task)
    local timed = not task.unwinding and next_deadline(task.scope)
    if timed and host.now() >= timed.deadline then expire(timed) end
    return pending(task)
  end

  --- Raises if the task is cancelled or out of time.
  local function checkpoint(task)
    local scope = due(task)
    if scope then tell(task, scope) end
  end

  --- As checkpoint, where a wait begins: raises also when the task was told
  -- long ago.  A loop that catches that must not keep others waiting.
  local function begin_wait(task)
    local scope = task.unwinding
    if scope and host.clean_up_time
      and host.now() - task.unwinding_since >= host.clean_up_time then
      if host.can_suspend(task) then host.suspend(task, host.now() + 0.01) end
      task.epoch = task.epoch + 1
      error(scope.cancelled, 0)
    end
    checkpoint(task)
  end

  -- Failure -----------------------------------------------------------------

  --- The first failure of a scope is the one it ends with.
  function T.fail_scope(scope, err)
    if scope.failure == nil then
      scope.failure, scope.others = err, {}
      T.cancel_scope(scope, T.new_cancellation(
        "another task of the same scope failed: " .. tostring(err), err))
    elseif scope.failure ~= err then
      scope.others[#scope.others + 1] = err
    end
  end

  -- Waiting -----------------------------------------------------------------

  local function describe_deadlock()
    local lines = { "nothing can go on: every task waits for another" }
    for _, info in ipairs(T.tasks()) do
      lines[#lines + 1] = ("  %s waits for %s (spawned at %s)"):format(
        info.name, info.waiting, info.site)
    end
    return errors.new("local", table.concat(lines, "\n"),
      { code = "deadlock" })
  end

  --- Lets others run until the task is woken or that time comes.  Raises
  -- nothing but a deadlock; what woke it is for the caller to find out.
  function T.park(task, what, until_time)
    local deadline = T.deadline(task)
    if deadline and (not until_time or deadline < until_time) then
      until_time = deadline
    end
    task.waiting, task.since = what, host.now()
    local hope = host.suspend(task, until_time)
    if hope == false then
      local err = describe_deadlock()
      task.waiting = nil
      T.fail_scope(task.scope, err)
      error(err, 0)
    end
    task.waiting = nil
  end

  function T.refuse_to_wait(what)
    errors.misuse("cannot wait for " .. what .. " here: "
      .. (host.why_not or "a task cannot be suspended inside require, a sort "
        .. "function, gsub, a finalizer or another call through C"))
  end

  --- Whether everything may stand still where a task cannot be suspended.
  function T.may_block()
    return not (host.in_finalizer and host.in_finalizer())
      and not (host.may_block and not host.may_block())
  end

  --- Waits until ready() is true.  Raises cancellations and deadlines.
  -- @param until_time  or until that time; nil: for ever
  -- @return whether it is ready
  function T.wait_for(what, ready, until_time)
    local task = host.running
    begin_wait(task)
    if ready() then return true end
    if not host.can_suspend(task) then T.refuse_to_wait(what) end
    repeat
      T.park(task, what, until_time)
      if ready() then return true end
      checkpoint(task)
    until until_time and host.now() >= until_time
    return false
  end

  T.begin_wait, T.checkpoint, T.due = begin_wait, checkpoint, due

  --- When the task's time is over; nil: never.
  function T.deadline(task)
    local timed = not task.unwinding and next_deadline(task.scope)
    return timed and timed.deadline or nil
  end

  -- The end of a block ------------------------------------------------------

  local function close_streams(scope)
    while scope.streams and next(scope.streams) do
      local stream = next(scope.streams)
      scope.streams[stream] = nil
      stream:close()
    end
  end

  -- Where the task cannot be suspended, its children cannot end: they are
  -- cancelled, and the scope around waits for their clean-up.
  local function hand_over(scope)
    if not scope.cancelled then
      local _, err = raw_pcall(T.refuse_to_wait, "other tasks")
      T.fail_scope(scope, err)
    end
    while scope.oldest do
      local child = scope.oldest
      T.unlink_child(scope, child)
      child.owner = scope.outer
      T.link_child(scope.outer, child)
    end
  end

  --- Waits until every child has ended, whatever happens; when the block around
  -- is cancelled meanwhile, so are they.
  function T.join(task, scope)
    close_streams(scope)
    if scope.count > 0 and scope.outer and not host.can_suspend(task) then
      hand_over(scope)
    end
    while scope.count > 0 do
      local timed = not task.unwinding and next_deadline(scope)
      if timed and host.now() >= timed.deadline then expire(timed) end
      local outer = pending(task)
      if outer and not scope.cancelled then
        cancel_children(scope, outer.cancelled)
      end
      T.park(task, "its children", nil)
    end
  end

  -- What a block's error is to its scope: "passing" is the cancellation of a
  -- scope further out, "own" this one's.
  local function nature(task, scope, err)
    if task.unwinding and err == task.unwinding.cancelled then
      return "passing"
    end
    return err == scope.cancelled and "own" or "failure"
  end

  --- Runs a block.  An error in clean-up takes the place of the error that led
  -- to it; that one is remembered as a failure of the scope all the same.
  -- @param prepare  function(err): what becomes of an error, or nil
  -- @return as xpcall
  function T.protect(scope, prepare, fn, ...)
    local task, before = scope.owner, nil
    return raw_xpcall(fn, function(err)
      if prepare then err = prepare(err) end
      if before ~= nil and before ~= err then T.fail_scope(scope, before) end
      local told = task.unwinding and err == task.unwinding.cancelled
      before = not told and err or nil
      return err
    end, ...)
  end

  --- The block of a scope is over, ok or with err.
  -- @return nil, or what must be raised
  function T.conclude(task, scope, ok, err)
    while task.scope ~= scope do            -- opened inside, never closed
      local inner = T.conclude(task, task.scope, ok, err)
      if inner ~= nil then ok, err = false, inner end
    end
    if task.unwinding == scope then task.unwinding = nil end
    local kind = not ok and nature(task, scope, err)
    if kind == "passing" then
      cancel_children(scope, err)
    elseif kind == "failure" then
      T.fail_scope(scope, err)
    end
    local cut = scope.cancelled and scope.count > 0
    local joined, deadlock = raw_pcall(T.join, task, scope)
    scope.closed = true
    task.scope = scope.outer or scope
    if not joined then error(deadlock, 0) end
    if kind == "passing" then
      if scope.failure ~= nil then          -- of clean-up: for those outside
        T.fail_scope(scope.outer, errors.add_also(scope.failure,
          scope.others))
      end
      return err
    elseif scope.failure ~= nil then
      return errors.add_also(scope.failure, scope.others)
    elseif not ok then
      return err
    end
    return (cut or scope.was_cut) and scope.cancelled or nil
  end

  -- Blocks ------------------------------------------------------------------

  local function open(options)
    local task = host.running
    checkpoint(task)
    task.scope = T.new_scope(task, task.scope, task.scope, options)
    if options and options.timeout then task.scope.place = core.place() end
    return task.scope
  end

  -- After a scope: the block around may have been cancelled meanwhile.
  local function leave(task)
    local outer = pending(task)
    if outer then tell(task, outer) end
  end

  local function close(scope, ok, ...)
    local err = T.conclude(scope.owner, scope, ok, (...))
    if err ~= nil then error(err, 0) end
    leave(scope.owner)
    return ...
  end

  --- Runs fn(...) in a scope of its own and gives what it returns, once all
  -- that was spawned in it has ended.
  function T.in_scope(options, fn, ...)
    local scope = open(options)
    return close(scope, T.protect(scope, nil, fn, ...))
  end

  local function check_options(options)
    for name in pairs(options or {}) do
      if name ~= "timeout" and name ~= "limit" then
        errors.misuse("scope has no option '" .. tostring(name)
          .. "'; it has timeout and limit")
      end
    end
    return options
  end

  --- luft.scope(function(scope) ... end, {timeout=, limit=}), or
  -- local scope <close> = luft.scope{timeout=, limit=}.
  function T.scope(fn, options)
    if fn == nil or (type(fn) == "table" and not getmetatable(fn)) then
      return open(check_options(fn))
    end
    T.check_function(fn, "scope")
    local scope = open(check_options(options))
    return close(scope, T.protect(scope, nil, fn, scope))
  end

  --- scope:spawn(fn, ...): starts a task that the scope waits for.
  function Scope:spawn(fn, ...)
    T.check_function(fn, "scope:spawn")
    return T.spawn_in(self, fn, ...)
  end

  --- Cancels what runs in the scope, which then ends by raising that.
  function Scope:cancel(reason)
    T.cancel_scope(self, T.new_cancellation(reason or "cancelled"))
  end

  function Scope.__close(scope, err)
    if scope.closed then return end
    local outcome = T.conclude(scope.owner, scope, err == nil, err)
    if outcome ~= nil and outcome ~= err then error(outcome, 0) end
    if err == nil then leave(scope.owner) end
  end

  --- luft.timeout(seconds, fn, ...): raises kind timeout when fn takes longer.
  function T.timeout(seconds, fn, ...)
    T.check_seconds(seconds, "timeout")
    T.check_function(fn, "timeout")
    return T.in_scope({ timeout = seconds }, fn, ...)
  end

  --- As pcall, but never catches the cancellation of the running task.
  function T.pcall(fn, ...)
    local task = host.running
    local epoch = task.epoch
    return (function(ok, ...)
      if not ok and task.unwinding and task.epoch > epoch then
        error((...), 0)
      end
      return ok, ...
    end)(raw_pcall(fn, ...))
  end
end
