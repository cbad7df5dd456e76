-- task_54_spec.lua -- tasks and scopes with the variables that Lua 5.4 closes.

local spec = require "spec"
local virtual = require "lua.virtual"

local function run(fn)
  return virtual.run(nil, fn)
end

local time = virtual.time

-- Clean-up --------------------------------------------------------------------

spec.test("the first failure cancels its siblings and is raised", function()
  local cleaned = 0
  local ok, err = run(function(T)
    for i = 1, 3 do
      T.spawn(function()
        local _ <close> = setmetatable({}, {
          __close = function() T.sleep(1) cleaned = cleaned + 1 end })
        T.sleep(100 + i)
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
        local _ <close> = setmetatable({}, {
          __close = function() error("cleanup " .. i, 0) end })
        T.sleep(10)
      end)
    end
    T.spawn(function() error("first", 0) end)
  end)
  spec.ok(not ok)
  spec.equal(tostring(err), "first")
  spec.equal(#err.also, 3)
  for i = 1, 3 do spec.equal(tostring(err.also[i]), "cleanup " .. i) end
end)

spec.test("the body's failure cancels its children", function()
  local cancelled = 0
  local ok, err = run(function(T)
    T.spawn(function()
      local _ <close> = setmetatable({}, {
        __close = function() cancelled = cancelled + 1 end })
      T.sleep(50)
    end)
    T.sleep(1)
    error("body", 0)
  end)
  spec.ok(not ok)
  spec.equal(tostring(err), "body")
  spec.equal(cancelled, 1)
end)

spec.test("a cancelled task stops where it waits", function()
  time(function(T)
    local steps = {}
    local task = T.spawn(function()
      local _ <close> = setmetatable({}, {
        __close = function() T.sleep(3) steps[#steps + 1] = "cleaned" end })
      T.sleep(100)
      steps[#steps + 1] = "never"
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

spec.test("clean-up may wait, call pcall and fail on its own", function()
  local ok, err = run(function(T)
    local task = T.spawn(function()
      local _ <close> = setmetatable({}, { __close = function()
        T.sleep(1)
        local fine = pcall(error, "caught")
        spec.equal(fine, false)
        error("cleanup", 0)
      end })
      T.sleep(100)
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
      local _ <close> = setmetatable({}, {
        __close = function() T.sleep(2) end })
      T.sleep(100)
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
    local function watch(name)
      return setmetatable({}, { __close = function(_, err)
        cancelled[#cancelled + 1] = name .. " " .. tostring(err and err.kind)
      end })
    end
    local task = T.spawn(function()
      T.spawn(function()
        local _ <close> = watch("inner")
        T.sleep(100)
      end)
      local _ <close> = watch("outer")
      T.sleep(100)
    end)
    T.sleep(1)
    task:cancel()
    task:pawait()
  end)
  table.sort(cancelled)
  spec.equal(cancelled, { "inner cancelled", "outer cancelled" })
end)

spec.test("a deadline holds for tasks spawned under it", function()
  local cleaned = 0
  time(function(T)
    spec.fails(function()
      T.timeout(3, function()
        for _ = 1, 5 do
          T.spawn(function()
            local _ <close> = setmetatable({}, {
              __close = function() cleaned = cleaned + 1 end })
            T.sleep(100)
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
          local _ <close> = setmetatable({}, {
            __close = function() T.sleep(20) end })
          T.sleep(100)
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
          local _ <close> = setmetatable({}, {
            __close = function() error("cleanup", 0) end })
          T.sleep(100)
        end)
        T.sleep(100)
      end)
    end, "timeout")
    spec.equal(tostring(err.also[1]), "cleanup")
  end)
end)

-- Scopes ----------------------------------------------------------------------

spec.test("a scope as a closed variable", function()
  time(function(T)
    local order = {}
    do
      local scope <close> = T.scope()
      scope:spawn(function() T.sleep(1) order[#order + 1] = "task" end)
      order[#order + 1] = "body"
    end
    order[#order + 1] = "after"
    spec.equal(order, { "body", "task", "after" })
    spec.fails(function()
      local scope <close> = T.scope { timeout = 2 }
      scope:spawn(T.sleep, 100)
    end, "timeout")
    spec.fails(function()
      local scope <close> = T.scope()
      scope:spawn(function() T.sleep(1) error("child", 0) end)
      T.sleep(100)
    end, "local", "child")
    spec.fails(function()
      local scope <close> = T.scope()
      scope:spawn(T.sleep, 100)
      error("mine", 0)
    end, nil, "mine")
  end)
end)

spec.test("a scope that is left by break and return waits too", function()
  time(function(T)
    local ended = 0
    for _ = 1, 2 do
      local scope <close> = T.scope()
      scope:spawn(function() T.sleep(1) ended = ended + 1 end)
      break
    end
    local function early()
      local scope <close> = T.scope()
      scope:spawn(function() T.sleep(1) ended = ended + 1 end)
      return "value"
    end
    spec.equal(early(), "value")
    spec.equal(ended, 2)
  end)
end)

-- Where a task cannot be suspended --------------------------------------------

spec.test("a wait inside tostring is refused", function()
  time(function(T)
    T.spawn(function()
      spec.fails(function()
        tostring(setmetatable({}, {
          __tostring = function() T.channel():get() end }))
      end, "invalid_argument", "cannot wait for")
    end):await()
  end)
end)

spec.done()
