-- audit.lua -- what runs on some hosts, in a script that has luv's event loop:
-- they are asked at once, while a clock ticks and Ctrl-C is heard.
--
--   lua5.4 examples/luv/audit.lua                          simulated hosts
--   lua5.4 examples/luv/audit.lua unix:///var/run/docker.sock tcp://...
--
-- luajit runs it as well.

local uv = require "luv"
require "luft.luv"                      -- before luft: tasks run in luv's loop
local luft = require "luft"

local hosts = { (table.unpack or unpack)(arg) }

if #hosts == 0 then
  hosts = { "tcp://alpha:2375", "tcp://beta:2375", "tcp://gamma:2375" }
  require "luft.playground".install()
end

-- A task: calls wait in here, and nothing else does.
local audit = luft.run(function()
  local lists, errors = luft.map(hosts, function(host)
    return luft.container.docker { endpoint = host }:list_containers()
  end, { on_error = "collect" })
  for i, host in ipairs(hosts) do
    print(host, errors[i] or #lists[i] .. " containers")
    for _, container in ipairs(lists[i] or {}) do
      print("", container.name, container.state)
    end
  end
end)

-- What luv has besides.
local clock, interrupt = uv.new_timer(), uv.new_signal()

clock:start(0, 100, function() io.stderr:write(".") end)
interrupt:start("sigint", function() audit:cancel("interrupted") end)

luft.run(function()
  local ok, err = audit:pawait()
  if not ok then print(err) end
  clock:close()
  interrupt:close()
end)

uv.run()
