-- task.lua -- tasks: functions that run at the same time as others.
--
-- A task has an owner, the scope it was spawned in (scope.lua), and ends only
-- after its own children.  Whoever waits for a task gets its failure; when
-- nobody does, the owner does.
--
-- task.new(host) makes one such world; see loop.lua for what a host is.

local core = require "luft.core"
local errors = require "luft.errors"

core.mine()

local task_module = {}

local unpack = table.unpack or unpack
local raw_pcall = require "luft.raw".pcall

local function pack(...)
  return { n = select("#", ...), ... }
end

local function is_callable(value)
  if type(value) == "function" then return true end
  local metatable = getmetatable(value)
  return type(metatable) == "table" and metatable.__call ~= nil
end

function task_module.new(host)
  local T = { host = host }

  local Task = {}
  Task.__index = Task
  Task.__name = "luft.task"

  local serial = 0
  local root, program             -- the root task; the scope of the detached
  local alive = {}                -- every task that has not ended, as a set

  require "luft.scope"(T, host)

  function T.check_function(fn, where)
    if not is_callable(fn) then
      errors.misuse(where .. " takes a function, not a " .. type(fn))
    end
  end

  function T.check_seconds(seconds, where)
    if type(seconds) ~= "number" or seconds < 0 or seconds ~= seconds then
      errors.misuse(where .. " takes a number of seconds, not "
        .. tostring(seconds))
    end
  end

  -- The end of a task -------------------------------------------------------

  local function wake_all(tasks)
    for _, task in ipairs(tasks or {}) do
      if task.waiting then host.wake(task) end
    end
  end

  -- Tells whoever waits for the task, or else its owner.
  local function settle(task)
    local scope = task.owner
    alive[task] = nil
    T.unlink_child(scope, task)
    if task.state == "failed" then
      errors.passed(task.err, task.name, task.site)
      if scope == program and not task.waiters then
        T.on_unhandled(task.err)
      elseif not task.waiters then
        T.fail_scope(scope, task.err)
      end
    elseif task.state == "cancelled" and scope.cancelled then
      scope.was_cut = true
    end
    wake_all(task.waiters)
    wake_all(scope.spawners)
    if scope.count == 0 then wake_all { scope.owner } end
  end

  local function with_traceback(err)
    if errors.is(err) and (err.kind == "cancelled" or err.traceback) then
      return err
    end
    return errors.leaving(err, debug.traceback("", 2))
  end

  -- A task that is cancelled before its first turn never begins.
  local function run_function(task, fn, args)
    if not task.top.cancelled then
      return pack(T.protect(task.top, with_traceback, fn,
        unpack(args, 1, args.n)))
    end
    task.top.told = true
    if task.on_discard then task.on_discard() end
    return { n = 2, false, task.top.cancelled }
  end

  local function run(task, fn, args)
    local top = task.top
    local results = run_function(task, fn, args)
    local calm, err = raw_pcall(T.conclude, task, top, results[1],
      results[2])
    if not calm then top.failure = err end      -- a deadlock while joining
    if err ~= nil then err = errors.leaving(err) end
    if err == nil then
      task.state, task.results = "done", results
    elseif err == top.cancelled and top.failure == nil then
      task.state, task.err = "cancelled", err
    else
      task.state, task.err = "failed", err
    end
    settle(task)
  end

  -- Its start ---------------------------------------------------------------

  local function take_up_room(scope)
    if not scope.limit or scope.count < scope.limit then return end
    local me = host.running
    scope.spawners = scope.spawners or {}
    table.insert(scope.spawners, me)
    local ok, err = raw_pcall(T.wait_for, "room in its scope", function()
      return scope.count < scope.limit
    end)
    for i, spawner in ipairs(scope.spawners) do
      if spawner == me then table.remove(scope.spawners, i) break end
    end
    if not ok then error(err, 0) end
  end

  --- Starts a child of a scope.  It begins when the caller next waits.
  function T.spawn_in(scope, fn, ...)
    if scope.closed then
      errors.misuse("the scope is closed; nothing can be spawned in it")
    end
    if host.check_start then host.check_start(scope.owner, scope) end
    take_up_room(scope)
    serial = serial + 1
    local task = setmetatable({
      id = serial, name = "task " .. serial, owner = scope, state = "running",
      epoch = 0, site = core.place(),
    }, Task)
    task.top = T.new_scope(task, nil, scope)
    task.scope = task.top
    alive[task] = true
    T.link_child(scope, task)
    if scope.cancelled then
      task.top.cancelled = T.new_cancellation(scope.cancelled.message,
        scope.cancelled)
    end
    local args = pack(...)
    host.start(task, function() run(task, fn, args) end)
    return task
  end

  --- luft.spawn(fn, ...): a child of the running task's innermost scope.
  -- @return the task
  function T.spawn(fn, ...)
    T.check_function(fn, "spawn")
    return T.spawn_in(host.running.scope, fn, ...)
  end

  --- luft.detach(fn, ...): a task that may outlive the one that started it.  If
  -- it fails and nobody awaits it, that is printed, and the program's exit
  -- status is 1.
  function T.detach(fn, ...)
    T.check_function(fn, "detach")
    return T.spawn_in(program, fn, ...)
  end

  -- Waiting for one ---------------------------------------------------------

  local function forget_waiter(task, me)
    for i, waiter in ipairs(task.waiters or {}) do
      if waiter == me then table.remove(task.waiters, i) break end
    end
    if task.waiters and #task.waiters == 0 then task.waiters = nil end
  end

  local function wait_end(task)
    local me = host.running
    if me == task then errors.misuse("a task cannot wait for its own end") end
    if task.state ~= "running" then return end
    task.waiters = task.waiters or {}
    table.insert(task.waiters, me)
    me.awaits = task
    local ok, err = raw_pcall(T.wait_for, task.name, function()
      return task.state ~= "running"
    end)
    me.awaits = nil
    if ok then return end
    forget_waiter(task, me)
    error(err, 0)
  end

  --- Waits for the task's end.
  -- @return what its function returned; raises what it failed with
  function Task:await()
    wait_end(self)
    if self.state ~= "done" then error(self.err, 0) end
    return unpack(self.results, 2, self.results.n)
  end

  --- As await, but gives true and the results, or false and the error.
  function Task:pawait()
    wait_end(self)
    if self.state ~= "done" then return false, self.err end
    return unpack(self.results, 1, self.results.n)
  end

  --- Asks the task to stop where it next waits; await waits for its clean-up.
  function Task:cancel(reason)
    T.cancel_scope(self.top, T.new_cancellation(reason or "cancelled"))
  end

  --- "running", "done", "failed" or "cancelled".
  function Task:status() return self.state end

  function Task.__tostring(task)
    return ("<task %s %s>"):format(task.name, task.state)
  end

  --- True for a task of this world.
  function T.is_task(value) return getmetatable(value) == Task end

  -- Time, and who does what -------------------------------------------------

  --- luft.sleep(seconds): others run meanwhile; sleep(0) lets each have a turn.
  function T.sleep(seconds)
    T.check_seconds(seconds, "sleep")
    local task = host.running
    local end_time = host.now() + seconds
    T.begin_wait(task)
    if not host.can_suspend(task) then
      if not host.block or not T.may_block() then
        T.refuse_to_wait("time to pass")
      end
      return host.block(end_time)
    end
    repeat
      T.park(task, "time to pass", end_time)
      T.checkpoint(task)
    until host.now() >= end_time
  end

  --- luft.now(): seconds since 1970, never going back.
  T.now = host.now

  function T.current() return host.running end

  --- luft.tasks(): a record for each task that has not ended: id name status
  -- waiting since site parent.
  function T.tasks()
    local list = {}
    for task in pairs(alive) do
      list[#list + 1] = {
        id = task.id, name = task.name, status = task.state,
        waiting = task.waiting or "its turn", since = task.since,
        site = task.site, parent = task.owner and task.owner.owner.name,
      }
    end
    table.sort(list, function(a, b) return a.id < b.id end)
    return list
  end

  -- The root ----------------------------------------------------------------

  local function new_root()
    local task = setmetatable({
      id = 0, name = "main", state = "running", epoch = 0, site = "the start",
    }, Task)
    task.top = T.new_scope(task)
    task.top.is_hosts = not host.concludes
    task.scope = task.top
    return task
  end

  -- What it waits for, or was handed and could not take.
  local function leave_queue(task)
    local place = task.place
    task.place = nil
    if place then T.leave_queue(place) end
    if task.awaits then forget_waiter(task.awaits, task) end
    for hold in pairs(task.holds or {}) do hold:release() end
  end

  --- The host has ended the task's thread without a word to it: takes back what
  -- it had in hand, and tells those who wait for it.
  function T.abandon(task)
    if task.state ~= "running" then return end
    local scope = task.owner
    alive[task] = nil
    task.state, task.waiting = "cancelled", nil
    task.err = T.new_cancellation("its request has ended")
    leave_queue(task)
    T.drop_calls(task)
    wake_all(task.waiters)
    if not scope then return end
    T.unlink_child(scope, task)
    wake_all(scope.spawners)
    if scope.count == 0 then wake_all { scope.owner } end
  end

  --- The host is to end: what was detached is cancelled.
  function T.leave()
    T.cancel_scope(program, T.new_cancellation("the host is to end"))
  end

  --- Makes Lua's main thread the root task; where a host has many roots, one
  -- for each request, it asks for them itself.
  function T.adopt_main()
    root = new_root()
    program = T.new_scope(root)
    alive[root] = true
    T.root = root
    host.new_root, host.abandon, host.leave = new_root, T.abandon, T.leave
    host.on_unhandled, host.drop_calls = T.on_unhandled, T.drop_calls
    function host.cancel(task)
      T.cancel_scope(task.top, T.new_cancellation("the host is to end"))
    end
    host.adopt(root)
  end

  --- The main chunk is over: waits for what it spawned, and for the detached.
  -- @return true, or false and what it, or a child, failed with
  function T.finish(ok, err)
    local _, outcome = raw_pcall(T.conclude, root, root.top, ok, err)
    local joined, trouble = raw_pcall(T.join, root, program)
    if outcome == nil and not joined then outcome = trouble end
    if outcome == nil and program.was_cut then outcome = program.cancelled end
    root.state = outcome == nil and "done" or "failed"
    return outcome == nil, outcome
  end

  -- Also waits for what was detached, unless that is for T.finish to do.
  local function run_here(fn, ...)
    local results = pack(raw_pcall(T.in_scope, nil, fn, ...))
    if host.running == root and not host.concludes then
      T.join(root, program)
      program.cancelled, program.failure = nil, nil
    end
    return results
  end

  --- luft.run(fn, ...): fn with all that it starts, to its end.  Where an event
  -- loop of the host's own drives tasks, it starts a task and gives that.
  -- @return what fn returns; raises what it, or a task in it, fails with
  function T.run(fn, ...)
    T.check_function(fn, "run")
    if host.launch then return host.launch(fn, ...) end
    local results = run_here(fn, ...)
    if results[1] then return unpack(results, 2, results.n) end
    if host.note_failure then host.note_failure(results[2]) end
    error(results[2], 0)
  end

  --- What a script left behind that ends without waiting for it.
  -- @return how many tasks, and what the root task was never told of
  function T.left_behind()
    local count = 0
    for task in pairs(alive) do
      if task ~= root and not task.is_service then count = count + 1 end
    end
    return count, root.top.failure
  end

  --- Cancels the main chunk, its children and the detached: Ctrl-C.
  function T.interrupt(err)
    T.cancel_scope(root.top, err)
    T.cancel_scope(program, err)
  end

  --- A failure that nobody can be told of.
  function T.on_unhandled(err)
    T.complain("in a detached task: " .. tostring(err))
    T.unhandled = true
  end

  --- What concerns the whole process: on stderr, or where the host has it.
  -- @param level  "error" or "warning"
  function T.complain(text, level)
    if host.complain then return host.complain(text, level or "error") end
    io.stderr:write("luft: ", text, "\n")
  end

  return T
end

return task_module
