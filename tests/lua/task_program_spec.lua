-- task_program_spec.lua -- tasks as only the luft program has them: its pcall
-- lets cancellations through, coroutines of the script's own pass waits on, and
-- a finalizer that would wait is told so.

local spec = require "spec"
local virtual = require "lua.virtual"

local time = virtual.time

-- pcall -----------------------------------------------------------------------

spec.test("pcall does not swallow a cancellation", function()
  time(function(T)
    local turns = 0
    local task = T.spawn(function()
      while true do
        pcall(T.sleep, 1)
        xpcall(T.sleep, function() turns = turns + 1000 end, 1)
        turns = turns + 1
      end
    end)
    T.sleep(5.5)
    task:cancel()
    task:pawait()
    spec.equal(turns, 2)
  end)
end)

spec.test("pcall does not swallow a deadline of a block around it", function()
  time(function(T)
    local reached = false
    spec.fails(function()
      T.timeout(1, function()
        pcall(function() pcall(T.sleep, 100) end)
        reached = true
      end)
    end, "timeout")
    spec.equal(reached, false)
  end)
end)

-- The script's own coroutines -------------------------------------------------

spec.test("generators may wait, in tasks and on the main thread", function()
  time(function(T)
    local function numbers()
      return coroutine.wrap(function()
        for i = 1, 3 do T.sleep(1) coroutine.yield(i) end
      end)
    end
    local function sum()
      local total = 0
      for i in numbers() do total = total + i end
      return total
    end
    spec.equal(sum(), 6)
    spec.equal(T.now(), 1003)
    local a, b = T.spawn(sum), T.spawn(sum)
    spec.equal(a:await() + b:await(), 12)
    spec.equal(T.now(), 1006)
    spec.equal(T.map({ 1, 2, 3 }, sum), { 6, 6, 6 })
    spec.equal(T.now(), 1009)
  end)
end)

spec.test("a generator inside a generator inside a task", function()
  time(function(T)
    local function inner()
      for i = 1, 2 do T.sleep(1) coroutine.yield(i) end
    end
    local function outer()
      for i in coroutine.wrap(inner) do coroutine.yield(i * 10) end
    end
    local task = T.spawn(function()
      local got = {}
      local co = coroutine.create(outer)
      while true do
        local ok, value = coroutine.resume(co)
        spec.ok(ok, value)
        if value == nil then break end
        got[#got + 1] = value
      end
      return got
    end)
    spec.equal(task:await(), { 10, 20 })
  end)
end)

spec.test("a coroutine that waits for luft is busy for others", function()
  time(function(T)
    local co = coroutine.create(function() T.sleep(5) return "done" end)
    local task = T.spawn(function() return coroutine.resume(co) end)
    T.sleep(1)
    spec.equal(coroutine.status(co), "normal")
    spec.equal({ coroutine.resume(co) },
      { false, "cannot resume non-suspended coroutine" })
    spec.equal({ task:await() }, { true, "done" })
    spec.equal(coroutine.status(co), "dead")
  end)
end)

spec.test("a cancellation goes through a script's coroutine", function()
  time(function(T)
    local reached, closed = false, 0
    local task = T.spawn(function()
      local co = coroutine.create(function()
        local _ <close> = setmetatable({}, {
          __close = function() closed = closed + 1 end })
        T.sleep(100)
      end)
      coroutine.resume(co)
      reached = true
    end)
    T.sleep(1)
    task:cancel()
    task:pawait()
    spec.equal(task:status(), "cancelled")
    spec.equal(reached, false)
    spec.equal(closed, 1)
  end)
end)

-- Finalizers ------------------------------------------------------------------

spec.test("a wait in a finalizer is refused, on main too", function()
  time(function(T)
    local problems = {}
    local function make()
      setmetatable({}, { __gc = function()
        local ok, err = pcall(T.event().wait, T.event())
        problems[#problems + 1] = not ok and err.kind
      end })
    end
    make()
    collectgarbage() collectgarbage()
    T.spawn(function() make() collectgarbage() collectgarbage() end):await()
    spec.equal(problems, { "invalid_argument", "invalid_argument" })
  end)
end)

spec.done()
