-- nginx_memory_spec.lua -- a hundred thousand requests in one worker: what it
-- holds stays what it was.

local luft = require "luft"
local spec = require "spec"
local nginx = require "system.nginx"
local server = require "server".start {}

local ROUNDS, A_ROUND = 5, 20000
local MOST_GROWTH = 1024            -- KiB in the last 60,000 requests

-- A call, a fan-out, an error, a time limit, a stream that is left open, a task
-- that nobody waits for.
local HANDLER = [[
  local body = luft.http.get($url .. "/bytes?n=100").body
  luft.map({ 1, 2 }, function(n)
    return luft.http.get($url .. "/bytes?n=" .. n).body
  end)
  pcall(luft.timeout, 5, function() error("caught") end)
  if math.random(100) == 1 then
    luft.http.get($url .. "/bytes?n=100000", { stream = true })
    luft.spawn(luft.sleep, 0)
  end
  print(#body)
]]

local function collect()
  return tonumber((nginx.run [[
    collectgarbage()
    collectgarbage()
    print(("%.0f"):format(collectgarbage("count")))
  ]]))
end

local function round()
  local i = 0
  luft.each(function()
    i = i + 1
    return i <= A_ROUND and i or nil
  end, function()
    spec.equal((nginx.run(HANDLER, { url = server.url })), "100")
  end, { limit = 32 })
end

spec.test("memory is flat over 100,000 requests", function()
  local worker = nginx.worker()
  local resident, counted = {}, {}
  for i = 1, ROUNDS do
    round()
    counted[i] = collect()
    resident[i] = nginx.memory(worker)
  end
  print("resident KiB: " .. table.concat(resident, " ") .. "; of Lua: "
    .. table.concat(counted, " "))
  spec.equal(nginx.worker(), worker)
  spec.ok(resident[ROUNDS] - resident[ROUNDS - 3] <= MOST_GROWTH,
    "resident memory grows: " .. table.concat(resident, " "))
  spec.ok(counted[ROUNDS] - counted[ROUNDS - 3] <= MOST_GROWTH / 4,
    "Lua's memory grows: " .. table.concat(counted, " "))
end)

server.stop()
spec.done()
