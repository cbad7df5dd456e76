-- parse.lua -- a list of containers from JSON to objects, without a network:
-- the best of five calls through a transport that has the answer already.
--
--   luft bench/parse.lua FILE

local luft = require "luft"

local file = assert(io.open(arg[1], "rb"))
local body = file:read("a")
file:close()
luft.transport(function() return { status = 200, body = body } end)

local docker = luft.container.docker {
  endpoint = "tcp://nowhere", api_version = "1.41",
}
local best = math.huge
for _ = 1, 5 do
  collectgarbage()
  local start = os.clock()
  local list = docker:list_containers()
  best = math.min(best, os.clock() - start)
  assert(#list > 0 and list[#list].id)
end
print(("parse=%.6f"):format(best))
