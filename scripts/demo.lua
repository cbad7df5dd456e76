#!/usr/bin/env luft
-- demo.lua -- many containers at once; then it takes them all down again.
--
--   luft scripts/demo.lua [IMAGE] [HOST...]   no host: DOCKER_HOST or this one
local luft = require "luft"
local image, hosts, made, sum = "busybox:1.36", {}, {}, 0
for _, word in ipairs { ... } do
  if word:find("://") then table.insert(hosts, word) else image = word end
end
if image:find("^%-") then
  io.stderr:write("usage: luft scripts/demo.lua [IMAGE] [HOST...]\n")
  os.exit(2)
end
hosts[1] = hosts[1] or os.getenv("DOCKER_HOST") or "unix:///var/run/docker.sock"
local function at_end(fn)
  return setmetatable({}, { __close = function(_, err) fn(err) end })
end
local _ <close> = at_end(function(err)      -- whatever happens, even Ctrl-C
  local _, stuck = luft.map(made, function(container) container:destroy() end,
    { on_error = "collect" })
  for name, why in pairs(stuck) do print("LEFT BEHIND:", made[name], why) end
  print(not next(stuck) and "\nNothing is left behind." or err or os.exit(1))
end)
local jobs, start = {}, luft.now()
for i = 1, 4 * #hosts do jobs["luft-demo-" .. i] = hosts[i % #hosts + 1] end
print(("Deploying %d containers of %s at once, on %s:\n"):format(
  4 * #hosts, image, table.concat(hosts, " ")))
luft.each(jobs, function(host, name)
  local _ <close> = at_end(function(e) made[name] = made[name] or e.made end)
  made[name] = luft.container.docker({ endpoint = host }):deploy_container(name,
    image, { tty = false, command = { "sh", "-c", "echo hello from " .. name
      .. "; sleep 60" } })
  local line = made[name]:ex_get_logs { stream = true }()
  print(("%6.2f s  %s says: %s"):format(luft.now() - start, host, line))
  sum = sum + luft.now() - start
end)
print(("\nIn sum %.2f s, by the clock %.2f s."):format(sum, luft.now() - start))
for i, list in ipairs(luft.map(hosts, function(host)
  return luft.container.docker({ endpoint = host }):list_containers()
end)) do print(("  %s has %d containers now"):format(hosts[i], #list)) end
