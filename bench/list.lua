-- list.lua -- lists the containers of one engine TOTAL times, LIMIT at a time,
-- and reads the fields of each: what bench/reference.c does in C.
--
--   luft bench/list.lua ENDPOINT TOTAL LIMIT

local luft = require "luft"

local total, limit = tonumber(arg[2]), tonumber(arg[3])
local docker = luft.container.docker {
  endpoint = arg[1], max_connections = limit, api_version = "1.41",
}
local numbers = {}
for i = 1, total do numbers[i] = i end

local start, length = luft.now(), 0
luft.each(numbers, function()
  for _, container in ipairs(docker:list_containers()) do
    length = length + #container.id + #container.name + #container.state
      + #container.image.name + container.created_at % 2
  end
end, { limit = limit })
print(("wall=%.6f cpu=%.6f"):format(luft.now() - start, os.clock()))
