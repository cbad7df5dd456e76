-- task_spec.lua -- what tasks and scopes promise, on a virtual clock.

local spec = require "spec"
local virtual = require "lua.virtual"
local errors = require "luft.errors"

local function run(fn)
  return virtual.run(nil, fn)
end

local time = virtual.time

-- Starting and waiting ------------------------------------------------------

spec.test("a task starts when its parent next waits", function()
  local order = {}
  time(function(T)
    local task = T.spawn(function() order[#order + 1] = "child" end)
    order[#order + 1] = "parent"
    task:await()
    order[#order + 1] = "after"
  end)
  spec.equal(order, { "parent", "child", "after" })
end)

spec.test("await gives all results, again and again, nils too", function()
  time(function(T)
    local task = T.spawn(function(...) return ..., nil, 3, nil end, 1)
    for _ = 1, 2 do
      local results = spec.pack(task:await())
      spec.equal(results.n, 4)
      spec.equal(results[3], 3)
    end
    spec.equal(task:status(), "done")
    spec.equal({ task:pawait() }, { true, 1, nil, 3 })
  end)
end)

spec.test("tasks overlap", function()
  spec.equal(time(function(T)
    for _ = 1, 1000 do T.spawn(T.sleep, 1) end
  end), 0)
  local took
  run(function(T)
    local start = T.now()
    T.scope(function(scope)
      for _ = 1, 1000 do scope:spawn(T.sleep, 1) end
    end)
    took = T.now() - start
  end)
  spec.equal(took, 1)
end)

spec.test("the program ends only after its tasks", function()
  local ended = false
  spec.ok(run(function(T)
    T.spawn(function() T.sleep(5) ended = true end)
  end))
  spec.ok(ended)
end)

spec.test("a task ends only after its children", function()
  local order = {}
  time(function(T)
    T.spawn(function()
      T.spawn(function() T.sleep(2) order[#order + 1] = "grandchild" end)
    end):await()
    order[#order + 1] = "child"
  end)
  spec.equal(order, { "grandchild", "child" })
end)

spec.test("sleep(0) lets every other task have a turn", function()
  local order = {}
  time(function(T)
    for i = 1, 3 do
      T.spawn(function()
        for _ = 1, 2 do order[#order + 1] = i T.sleep(0) end
      end)
    end
  end)
  spec.equal(order, { 1, 2, 3, 1, 2, 3 })
end)

spec.test("a detached task outlives its parent, not the program", function()
  local order = {}
  spec.ok(run(function(T)
    T.spawn(function()
      T.detach(function() T.sleep(5) order[#order + 1] = "detached" end)
    end):await()
    order[#order + 1] = "parent"
  end))
  spec.equal(order, { "parent", "detached" })
end)

-- Failure -------------------------------------------------------------------

spec.test("the first failure cancels its siblings and is raised", function()
  local cleaned = 0
  local ok, err = run(function(T)
    for i = 1, 3 do
      T.spawn(function()
        spec.finally(function() T.sleep(100 + i) end, function()
          T.sleep(1)
          cleaned = cleaned + 1
        end)
      end)
    end
    T.spawn(function() T.sleep(1) error("boom") end)
    T.sleep(1000)
    error("never reached")
  end)
  spec.ok(not ok)
  spec.match(err, "boom")
  spec.equal(err.kind, "local")
  spec.equal(cleaned, 3)
  spec.equal(err.also, nil)
end)

spec.test("what fails besides hangs on the first failure", function()
  local ok, err = run(function(T)
    for i = 1, 3 do
      T.spawn(function()
        spec.finally(function() T.sleep(10) end, function()
          error("cleanup " .. i, 0)
        end)
      end)
    end
    T.spawn(function() error("first", 0) end)
  end)
  spec.ok(not ok)
  spec.equal(tostring(err), "first")
  spec.equal(#err.also, 3)
  for i = 1, 3 do spec.equal(tostring(err.also[i]), "cleanup " .. i) end
end)

spec.test("an error object stays the same object", function()
  local mine = { code = 5 }
  local ok, err = run(function(T)
    T.spawn(function() error(mine) end)
  end)
  spec.ok(not ok)
  spec.ok(err == mine)
end)

spec.test("a plain error still can be searched like a text", function()
  local ok, err = run(function(T)
    T.spawn(function() error("no such file") end)
  end)
  spec.ok(not ok)
  spec.ok(err:find("no such", 1, true))
  spec.equal(err:match("file$"), "file")
end)

spec.test("who waits for a task gets its failure", function()
  time(function(T)
    local task = T.spawn(function() error("mine", 0) end)
    local ok, err = pcall(task.await, task)
    spec.equal(ok, false)
    spec.equal(tostring(err), "mine")
    T.sleep(1)
    local again = T.spawn(function() error("yours", 0) end)
    local fine, problem = again:pawait()
    spec.equal(fine, false)
    spec.equal(tostring(problem), "yours")
    spec.equal(again:status(), "failed")
  end)
end)

spec.test("the body's failure cancels its children", function()
  local cancelled = 0
  local ok, err = run(function(T)
    T.spawn(function()
      spec.finally(function() T.sleep(50) end, function()
        cancelled = cancelled + 1
      end)
    end)
    T.sleep(1)
    error("body", 0)
  end)
  spec.ok(not ok)
  spec.equal(tostring(err), "body")
  spec.equal(cancelled, 1)
end)

spec.test("tracebacks are joined across tasks", function()
  local ok, err = run(function(T)
    T.spawn(function()
      T.spawn(function() error("deep") end):await()
    end)
  end)
  spec.ok(not ok)
  spec.match(err.traceback, "task_spec.lua")
  spec.equal(#err.tasks, 2)
  spec.match(err.tasks[1], "in task task 2, spawned at .*task_spec.lua:%d+")
end)

spec.test("a detached task's failure is told, and stops nobody", function()
  local told
  local ok, _, T = run(function(T)
    T.on_unhandled = function(err) told = tostring(err) T.unhandled = true end
    T.detach(function() error("alone", 0) end)
    T.sleep(5)
  end)
  spec.ok(ok)
  spec.equal(told, "alone")
  spec.ok(T.unhandled)
end)

-- Cancellation --------------------------------------------------------------

spec.test("a cancelled task stops where it waits", function()
  time(function(T)
    local steps = {}
    local task = T.spawn(function()
      spec.finally(function()
        T.sleep(100)
        steps[#steps + 1] = "never"
      end, function()
        T.sleep(3)
        steps[#steps + 1] = "cleaned"
      end)
    end)
    T.sleep(1)
    task:cancel("enough")
    local ok, err = task:pawait()
    spec.equal(ok, false)
    spec.equal(err.kind, "cancelled")
    spec.equal(tostring(err), "enough")
    spec.equal(steps, { "cleaned" })
    spec.equal(task:status(), "cancelled")
    spec.equal(T.now(), 1004)
  end)
end)

spec.test("a task that is cancelled before its turn never begins", function()
  time(function(T)
    local began = false
    local task = T.spawn(function() began = true end)
    task:cancel()
    spec.equal(task:pawait(), false)
    spec.equal(began, false)
  end)
end)

spec.test("luft.pcall does not swallow a cancellation", function()
  time(function(T)
    local turns = 0
    local task = T.spawn(function()
      while turns < 100 do
        T.pcall(T.sleep, 1)
        turns = turns + 1
      end
    end)
    T.sleep(5.5)
    task:cancel()
    task:pawait()
    spec.equal(turns, 5)
  end)
end)

spec.test("a block that ended in a deadlock is over", function()
  time(function(T)
    local ok, err = pcall(T.scope, function(scope)
      scope:spawn(function() T.event():wait() end)
    end)
    spec.equal(ok, false)
    spec.equal(err.code, "deadlock")
    local slept = 0
    T.scope(function(scope)
      scope:spawn(function() T.sleep(1) slept = slept + 1 end)
    end)
    spec.equal(slept, 1)
  end)
end)

-- In luft pcall lets it through; elsewhere each wait raises it again once there
-- was time to clean up.
spec.test("a task that catches its cancellation ends all the same", function()
  local reached = false
  local took = time(function(T)
    local task = T.spawn(function()
      for _ = 1, 100 do pcall(T.sleep, 1) end
      T.sleep(1)
      reached = true
    end)
    T.sleep(0.5)
    task:cancel("enough")
    local ok, err = task:pawait()
    spec.equal(ok, false)
    spec.equal(tostring(err), "enough")
    spec.equal(task:status(), "cancelled")
  end)
  spec.equal(reached, false)
  spec.ok(took < 20, "it took " .. took .. " s")
end)

spec.test("clean-up after a pcall may wait", function()
  local order = {}
  time(function(T)
    local task = T.spawn(function()
      local raw_pcall = require "luft.raw".pcall
      local ok, err = raw_pcall(T.sleep, 60)
      order[#order + 1] = "cleaning"
      T.sleep(5)
      order[#order + 1] = "clean"
      if not ok then error(err, 0) end
    end)
    T.sleep(1)
    task:cancel()
    task:pawait()
  end)
  spec.equal(order, { "cleaning", "clean" })
end)

spec.test("pcall catches what another task was cancelled with", function()
  time(function(T)
    local task = T.spawn(T.sleep, 100)
    T.sleep(1)
    task:cancel()
    local ok, err = pcall(task.await, task)
    spec.equal(ok, false)
    spec.equal(err.kind, "cancelled")
  end)
end)

spec.test("clean-up may wait, call pcall and fail on its own", function()
  local ok, err = run(function(T)
    local task = T.spawn(function()
      spec.finally(function() T.sleep(100) end, function()
        T.sleep(1)
        local fine = pcall(error, "caught")
        spec.equal(fine, false)
        error("cleanup", 0)
      end)
    end)
    T.sleep(1)
    task:cancel()
    T.sleep(10)
  end)
  spec.ok(not ok)
  spec.equal(tostring(err), "cleanup")
end)

spec.test("cancelling twice is cancelling once", function()
  time(function(T)
    local task = T.spawn(function()
      spec.finally(function() T.sleep(100) end, function() T.sleep(2) end)
    end)
    T.sleep(1)
    task:cancel("one")
    T.sleep(1)
    task:cancel("two")
    local _, err = task:pawait()
    spec.equal(tostring(err), "one")
    spec.equal(T.now(), 1003)
  end)
end)

spec.test("a cancelled task's children are cancelled too", function()
  local cancelled = {}
  time(function(T)
    local function watched_sleep(name)
      spec.finally(function() T.sleep(100) end, function(err)
        cancelled[#cancelled + 1] = name .. " " .. tostring(err and err.kind)
      end)
    end
    local task = T.spawn(function()
      T.spawn(watched_sleep, "inner")
      watched_sleep("outer")
    end)
    T.sleep(1)
    task:cancel()
    task:pawait()
  end)
  table.sort(cancelled)
  spec.equal(cancelled, { "inner cancelled", "outer cancelled" })
end)

-- Scopes --------------------------------------------------------------------

spec.test("a scope gives what its function gives, after its tasks", function()
  time(function(T)
    local order = {}
    local a, b = T.scope(function(scope)
      scope:spawn(function() T.sleep(2) order[#order + 1] = "task" end)
      order[#order + 1] = "body"
      return 1, 2
    end)
    order[#order + 1] = "after"
    spec.equal({ a, b }, { 1, 2 })
    spec.equal(order, { "body", "task", "after" })
  end)
end)

spec.test("a scope's failure is raised where it ends", function()
  time(function(T)
    local err = spec.fails(function()
      T.scope(function(scope)
        scope:spawn(function() T.sleep(1) error("in scope", 0) end)
        T.sleep(100)
      end)
    end, "local", "in scope")
    spec.equal(err.also, nil)
    spec.equal(T.now(), 1001)
    T.sleep(1)
  end)
end)

spec.test("luft.spawn attaches to the innermost scope", function()
  time(function(T)
    spec.fails(function()
      T.scope(function()
        T.spawn(function() error("inner", 0) end)
      end)
    end, "local", "inner")
  end)
end)

spec.test("a scope that nobody closed ends with the block around", function()
  local ended = false
  time(function(T)
    T.scope(function()
      local forgotten = T.scope {}
      forgotten:spawn(function() T.sleep(3) ended = true end)
    end)
    spec.ok(ended)
  end)
end)

spec.test("a closed scope takes no more tasks", function()
  time(function(T)
    local kept
    T.scope(function(scope) kept = scope end)
    spec.fails(function() kept:spawn(T.sleep, 1) end, "invalid_argument",
      "task_spec.lua:%d+: the scope is closed")
  end)
end)

spec.test("a scope's limit makes spawn wait", function()
  time(function(T)
    local now, most = 0, 0
    T.scope(function(scope)
      for _ = 1, 10 do
        scope:spawn(function()
          now = now + 1
          most = math.max(most, now)
          T.sleep(1)
          now = now - 1
        end)
      end
    end, { limit = 3 })
    spec.equal(most, 3)
    spec.equal(T.now(), 1004)
  end)
end)

spec.test("scope:cancel ends the scope with that", function()
  time(function(T)
    local err = spec.fails(function()
      T.scope(function(scope)
        scope:spawn(function() T.sleep(1) scope:cancel("stop") end)
        T.sleep(100)
      end)
    end, "cancelled", "stop")
    spec.ok(errors.is(err))
    T.sleep(1)
    spec.equal(T.now(), 1002)
  end)
end)

-- Deadlines -----------------------------------------------------------------

spec.test("timeout gives results, or raises kind timeout", function()
  time(function(T)
    spec.equal({ T.timeout(5, function(...) T.sleep(1) return ..., 2 end, 1) },
      { 1, 2 })
    spec.fails(function() T.timeout(5, T.sleep, 100) end, "timeout",
      "not done within 5 s")
    spec.equal(T.now(), 1006)
  end)
end)

spec.test("of nested deadlines the nearest rules", function()
  time(function(T)
    spec.fails(function()
      T.timeout(2, function() T.timeout(5, T.sleep, 100) end)
    end, "timeout", "within 2 s")
    local inner
    local err = spec.fails(function()
      T.timeout(5, function()
        inner = spec.fails(function() T.timeout(2, T.sleep, 100) end,
          "timeout", "within 2 s")
        T.sleep(100)
      end)
    end, "timeout", "within 5 s")
    spec.ok(inner ~= err)
    spec.equal(T.now(), 1007)
  end)
end)

spec.test("a deadline holds for tasks spawned under it", function()
  local cleaned = 0
  time(function(T)
    spec.fails(function()
      T.timeout(3, function()
        for _ = 1, 5 do
          T.spawn(function()
            spec.finally(function() T.sleep(100) end, function()
              cleaned = cleaned + 1
            end)
          end)
        end
      end)
    end, "timeout")
    spec.equal(cleaned, 5)
    spec.equal(T.now(), 1003)
  end)
end)

spec.test("clean-up after a deadline takes the time it needs", function()
  time(function(T)
    spec.fails(function()
      T.timeout(1, function()
        T.spawn(function()
          spec.finally(function() T.sleep(100) end, function()
            T.sleep(20)
          end)
        end)
        T.sleep(100)
      end)
    end, "timeout")
    spec.equal(T.now(), 1021)
  end)
end)

spec.test("what clean-up fails with hangs on the timeout", function()
  time(function(T)
    local err = spec.fails(function()
      T.timeout(1, function()
        T.spawn(function()
          spec.finally(function() T.sleep(100) end, function()
            error("cleanup", 0)
          end)
        end)
        T.sleep(100)
      end)
    end, "timeout")
    spec.equal(tostring(err.also[1]), "cleanup")
  end)
end)

spec.test("luft.pcall lets a deadline of a block around it through", function()
  time(function(T)
    local reached = false
    spec.fails(function()
      T.timeout(1, function()
        T.pcall(function() T.pcall(T.sleep, 100) end)
        reached = true
      end)
    end, "timeout")
    spec.equal(reached, false)
  end)
end)

spec.test("a timeout caught inside leaves the task alive", function()
  time(function(T)
    local task = T.spawn(function()
      local ok, err = pcall(T.timeout, 1, T.sleep, 100)
      spec.equal(ok, false)
      spec.equal(err.kind, "timeout")
      T.sleep(1)
      return "alive"
    end)
    spec.equal(task:await(), "alive")
  end)
end)

-- Deadlock ------------------------------------------------------------------

spec.test("a deadlock names every task and what it waits for", function()
  local ok, err = run(function(T)
    local a, b
    a = T.spawn(function() return b:await() end)
    b = T.spawn(function() return a:await() end)
    T.channel(0):get()
  end)
  spec.ok(not ok)
  spec.equal(err.code, "deadlock")
  spec.match(err, "main waits for a channel's next value")
  spec.match(err, "task 1 waits for task 2 %(spawned at .*task_spec.lua:%d+%)")
  spec.match(err, "task 2 waits for task 1")
end)

spec.test("a deadlock after the main chunk is found too", function()
  local ok, err = run(function(T)
    T.spawn(function() T.event():wait() end)
  end)
  spec.ok(not ok)
  spec.equal(err.code, "deadlock")
end)

spec.test("a task cannot wait for its own end", function()
  time(function(T)
    local task
    task = T.spawn(function() task:await() end)
    local ok, err = task:pawait()
    spec.equal(ok, false)
    spec.equal(err.kind, "invalid_argument")
  end)
end)

spec.test("a bare yield in a task lets others run", function()
  spec.needs_main_thread()              -- else it is the host's own affair
  time(function(T)
    local order = {}
    T.scope(function(scope)
      for i = 1, 2 do
        scope:spawn(function()
          order[#order + 1] = i
          coroutine.yield()
          order[#order + 1] = i
        end)
      end
    end)
    spec.equal(order, { 1, 2, 1, 2 })
  end)
end)

-- Where a task cannot be suspended ------------------------------------------

spec.test("a wait inside sort or gsub is refused", function()
  time(function(T)
    local function refused(fn)
      spec.fails(fn, "invalid_argument", "cannot wait for")
    end
    local task = T.spawn(function()
      local event = T.event()
      refused(function()
        table.sort({ 2, 1 }, function() event:wait() end)
      end)
      refused(function() ("x"):gsub(".", function() event:wait() end) end)
      return true
    end)
    spec.ok(task:await())
  end)
end)

spec.test("a wait in a coroutine inside sort is refused", function()
  spec.needs_main_thread()
  time(function(T)
    T.spawn(function()
      spec.fails(function()
        table.sort({ 2, 1 }, function()
          return coroutine.wrap(function() T.event():wait() end)()
        end)
      end, "invalid_argument", "cannot wait for")
    end):await()
  end)
end)

spec.test("the main thread may wait where a coroutine could not", function()
  spec.needs_main_thread()
  time(function(T)
    local list = { 3, 1, 2 }
    table.sort(list, function(a, b) T.sleep(1) return a < b end)
    spec.equal(list, { 1, 2, 3 })
  end)
end)

-- Who does what -------------------------------------------------------------

spec.test("luft.tasks tells who waits for what, since when", function()
  time(function(T)
    T.spawn(T.sleep, 5)
    T.sleep(1)
    local list = T.tasks()
    spec.equal(#list, 2)
    spec.equal(list[1].name, "main")
    spec.equal(list[2].waiting, "time to pass")
    spec.equal(list[2].since, 1000)
    spec.equal(list[2].parent, "main")
    spec.match(list[2].site, "task_spec.lua:%d+$")
  end)
end)

spec.test("misuse names the script's line", function()
  time(function(T)
    spec.fails(function() T.spawn(5) end, "invalid_argument",
      "^tests/lua/task_spec.lua:%d+: spawn takes a function, not a number")
    spec.fails(function() T.sleep("x") end, "invalid_argument", "sleep takes")
    spec.fails(function() T.timeout(-1, print) end, "invalid_argument")
    spec.fails(function() T.scope { timeuot = 1 } end, "invalid_argument",
      "timeuot")
  end)
end)

spec.done()
