-- killed_spec.lua -- a real Docker Engine that is killed in the middle of a
-- stream: ENGINE says where, ENGINE_PID which process.

local luft = require "luft"
local spec = require "spec"

local docker = luft.container.docker { endpoint = os.getenv("ENGINE") }

spec.test("a stream whose engine is killed ends with an error", function()
  local container = docker:deploy_container("luft-killed",
    os.getenv("IMAGE"), {
      command = { "sh", "-c", "while true; do echo line; sleep 0.01; done" },
      network_mode = "host", tty = false,
    })
  local lines = 0
  local err = spec.fails(function()
    for _ in container:ex_get_logs { stream = true } do
      lines = lines + 1
      if lines == 20 then
        os.execute("kill -KILL " .. os.getenv("ENGINE_PID"))
      end
    end
  end)
  spec.ok(lines >= 20)
  spec.ok(err.kind == "protocol" or err.kind == "network", err.kind)
  spec.equal(err.operation, "ex_get_logs")
  spec.fails(function() docker:list_images() end, "network",
    "cannot connect to unix://")
end)

spec.done()
