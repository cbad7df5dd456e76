-- clouds.lua -- the Docker hosts, each with its driver.
--
-- A driver keeps nothing of a call, so all requests to a worker share it, and
-- its connections with it.  To open one sends nothing.

local luft = require "luft"
local settings = require "settings"

if settings.simulated then require "simulated" end

local clouds = { list = {}, by_name = {} }

for i, setting in ipairs(settings.clouds) do
  local cloud = {
    name = setting.name,
    docker = luft.container.docker { endpoint = setting.value },
  }
  clouds.list[i], clouds.by_name[cloud.name] = cloud, cloud
end

return clouds
