-- memory.lua -- what a waiting task costs, in bytes.
--
--   luft bench/memory.lua

local luft = require "luft"

local COUNT = 20000

local function counted()
  collectgarbage()
  collectgarbage()
  return collectgarbage("count") * 1024
end

-- A coroutine that waits as deep in protected calls as a task does, with
-- nothing around it: the Lua stack itself.
local function deep(n)
  if n == 0 then return coroutine.yield() end
  local ok, value = pcall(deep, n - 1)
  return ok and value
end

local function bare()
  local before, all = counted(), {}
  for i = 1, COUNT do
    all[i] = coroutine.create(deep)
    coroutine.resume(all[i], 4)
  end
  return (counted() - before) / COUNT
end

local function tasks()
  local before, all = counted(), {}
  for i = 1, COUNT do all[i] = luft.spawn(luft.sleep, 1000) end
  luft.sleep(0)
  local each = (counted() - before) / COUNT
  for _, task in ipairs(all) do task:cancel() end
  return each
end

local stack = bare()
print(("stack=%.0f task=%.0f"):format(stack, tasks() - stack))
os.exit(0)
