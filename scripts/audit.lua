#!/usr/bin/env luft
-- audit.lua -- what is on my Docker hosts?  All of them are asked at once.
--
--   luft scripts/audit.lua tcp://alpha:2375 unix:///var/run/docker.sock
--   luft --playground scripts/audit.lua          simulated hosts, no network
local luft = require "luft"

local hosts, start = { ... }, luft.now()
if #hosts == 0 then
  hosts = { "tcp://alpha:2375", "tcp://beta:2375", "tcp://gamma:2375" }
end

-- A list from each host that answers, an error from each that does not.
local lists, failures = luft.map(hosts, function(host)
  return luft.container.docker({ endpoint = host }):list_containers()
end, { on_error = "collect" })

local rows = { { "HOST", "NAME", "IMAGE", "STATE", "ADDRESS", "AGE" } }
local widths, failed = {}, 0
for i, host in ipairs(hosts) do
  for _, c in ipairs(lists[i] or {}) do
    local days = ("%.1f days"):format((start - c.created_at) / 86400)
    table.insert(rows, { host, c.name, c.image.name, c.state,
      c.ip_addresses[1] or "-", days })
  end
  if failures[i] then
    failed = failed + 1
    io.stderr:write(host, ": ", tostring(failures[i]), "\n")
  end
end
for _, row in ipairs(rows) do
  for i, cell in ipairs(row) do widths[i] = math.max(widths[i] or 0, #cell) end
end
local line = ("%%-%ds  "):rep(#widths):format(table.unpack(widths))
for _, row in ipairs(rows) do
  print((line:format(table.unpack(row)):gsub(" +$", "")))
end
print(("%d containers, %d hosts asked, %d failed, %.2f s"):format(
  #rows - 1, #hosts, failed, luft.now() - start))
os.exit(failed == 0)
