#!/usr/bin/env luft
-- deploy.lua -- one container on many Docker hosts: everywhere or nowhere.
--
--   luft scripts/deploy.lua NAME IMAGE HOST...
--   luft --playground scripts/deploy.lua shop nginx:1.27 tcp://alpha tcp://beta
local luft = require "luft"

local name, image = ...
local hosts, made = { select(3, ...) }, {}
if #hosts == 0 or table.concat({ "", ... }, "\n"):find("\n%-") then
  io.stderr:write("usage: luft scripts/deploy.lua NAME IMAGE HOST...\n")
  os.exit(2)
end

local function at_end(fn)
  return setmetatable({}, { __close = function(_, err) fn(err) end })
end

-- After a failure or Ctrl-C, what was made is taken down again.
local _ <close> = at_end(function(err)
  local _, stuck = luft.map(err and made or {}, function(container, host)
    container:destroy()
    io.stderr:write(host, ": taken down again\n")
  end, { on_error = "collect" })
  for host, why in pairs(stuck) do
    io.stderr:write(host, ": LEFT BEHIND: ", tostring(made[host]), "\n  ",
      tostring(why), "\n")
  end
end)

-- All hosts work at the same time; the first one to fail stops the others.
luft.map(hosts, function(host)
  local _ <close> = at_end(function(err)
    made[host] = err and err.made or made[host]     -- it failed half-way
    if err and err.message then err.message = host .. ": " .. err.message end
  end)
  made[host] = luft.container.docker { endpoint = host }
    :deploy_container(name, image)
end)
for _, host in ipairs(hosts) do print(host .. ": " .. tostring(made[host])) end
