#!/usr/bin/env luft
-- audit.lua -- what is on my Docker hosts?  All of them are asked at once.
--
--   luft scripts/audit.lua [HOST...]       no host: DOCKER_HOST or this machine
--   luft --playground scripts/audit.lua tcp://alpha tcp://beta
local luft = require "luft"

local hosts, start = { ... }, luft.now()
if table.concat({ "", ... }, "\n"):find("\n%-") then
  io.stderr:write("usage: luft scripts/audit.lua [HOST...]\n")
  os.exit(2)
elseif #hosts == 0 then
  hosts = { os.getenv("DOCKER_HOST") or "unix:///var/run/docker.sock" }
end

-- A list from each host that answers, an error from each that does not.
local lists, failures = luft.map(hosts, function(host)
  return luft.container.docker({ endpoint = host }):list_containers()
end, { on_error = "collect" })

local rows, widths = { { "HOST", "NAME", "IMAGE", "STATE", "DAYS" } }, {}
for i, host in ipairs(hosts) do
  for _, c in ipairs(lists[i] or {}) do
    table.insert(rows, { host, c.name, c.image.name, c.state,
      ("%.1f"):format((start - c.created_at) / 86400) })
  end
end
for _, row in ipairs(rows) do
  for i, cell in ipairs(row) do widths[i] = math.max(widths[i] or 0, #cell) end
end
local line = ("%%-%ds  "):rep(4):format(table.unpack(widths)) .. "%5s"
for _, row in ipairs(rows) do print(line:format(table.unpack(row))) end
for i, why in pairs(failures) do
  io.stderr:write(hosts[i], ": ", tostring(why), "\n")
end
print(("%d %s on %d %s, asked in %.2f s"):format(#rows - 1,
  #rows == 2 and "container" or "containers", #hosts,
  #hosts == 1 and "host" or "hosts", luft.now() - start))
os.exit(next(failures) == nil)
