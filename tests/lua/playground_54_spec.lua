-- playground_54_spec.lua -- a loop over a simulated host's log closes it.

local spec = require "spec"
local hosts = require "lua.playground_hosts"
local luft = require "luft"

hosts.test("a log that is left by break is closed", function()
  local host = hosts.docker(hosts.EMPTY)
  local web = host:deploy_container("web", "nginx:1.27", { tty = false })
  luft.timeout(20, function()
    for _ = 1, 10 do
      for line in web:ex_get_logs { stream = true } do
        if line:find("Configuration complete") then break end
      end
      spec.equal(host:get_container("web").state, "running")
    end
  end)
end)

spec.done()
