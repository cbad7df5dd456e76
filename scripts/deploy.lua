#!/usr/bin/env luft
-- deploy.lua -- one container on many Docker hosts: everywhere or nowhere.
--
--   luft scripts/deploy.lua NAME IMAGE HOST...
--   luft --playground scripts/deploy.lua shop nginx:1.27 tcp://alpha tcp://beta
local luft = require "luft"

local name, image = ...
local hosts = { select(3, ...) }
if #hosts == 0 then
  io.stderr:write("usage: luft scripts/deploy.lua NAME IMAGE HOST...\n")
  os.exit(2)
end

-- Pulls the image where it is missing; all hosts work at the same time.
local made, failures = luft.map(hosts, function(host)
  local docker = luft.container.docker { endpoint = host }
  return docker:deploy_container(name, image)
end, { on_error = "collect" })

if not next(failures) then
  for i, host in ipairs(hosts) do print(host .. ": " .. tostring(made[i])) end
  return
end

-- A deployment that failed half-way says what it left behind: err.made.
for i, err in pairs(failures) do made[i] = err.made end
local removed, stuck = luft.map(made, function(container)
  return container:destroy()
end, { on_error = "collect" })

for i, host in ipairs(hosts) do
  local reason = failures[i] and failures[i].message or "was fine"
  local after = removed[i] and "; taken down again"
    or stuck[i] and "; NOT taken down: " .. stuck[i].message or ""
  io.stderr:write(host, ": ", reason, after, "\n")
end
os.exit(1)
