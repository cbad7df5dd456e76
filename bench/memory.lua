-- memory.lua -- what a waiting task and a queued request cost, in bytes.
--
--   luft bench/memory.lua URL      of a server that takes its time

local luft = require "luft"

local COUNT = 20000

local function resident()
  for line in io.lines("/proc/self/status") do
    local kib = line:match("^VmRSS:%s+(%d+)")
    if kib then return tonumber(kib) * 1024 end
  end
end

local function counted()
  collectgarbage()
  collectgarbage()
  return collectgarbage("count") * 1024
end

-- A coroutine that waits, with nothing around it: the Lua stack itself.
local function bare()
  local before, all = counted(), {}
  for i = 1, COUNT do
    all[i] = coroutine.create(function() coroutine.yield() end)
    coroutine.resume(all[i])
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

-- Beside their tasks: what the engine holds, which Lua does not count.
local function requests(url)
  local options = { max_connections = 1, retries = 0 }
  local function get() luft.http.get(url, options) end
  local all = { luft.spawn(get) }
  luft.sleep(0.2)
  local resident_before, counted_before = resident(), counted()
  for i = 1, COUNT do all[i + 1] = luft.spawn(get) end
  luft.sleep(0.2)
  local each = (resident() - resident_before) / COUNT
    - math.max(0, counted() - counted_before) / COUNT
  for _, task in ipairs(all) do task:cancel() end
  return each
end

local stack = bare()
print(("stack=%.0f task=%.0f"):format(stack, tasks() - stack))
print(("request=%.0f"):format(requests(arg[1])))
os.exit(0)
