-- example_spec.lua -- examples/c/list, luft's C core without Lua: asks a real
-- Docker Engine, ENGINE and IMAGE as in docker_spec.lua, and nobody at all.

local luft = require "luft"
local program = require "host.program"
local spec = require "spec"

local docker = luft.container.docker { endpoint = os.getenv("ENGINE") }

local function list(endpoint)
  return program.run({ endpoint },
    { program = program.luft:gsub("luft$", "examples/c/list") })
end

spec.test("it lists what runs", function()
  local names, options = { "luft-example-1", "luft-example-2" },
    { command = { "sleep", "1000" }, network_mode = "host", tty = false }
  local containers <close> = setmetatable({}, { __close = function(made)
    luft.each(made, function(container) container:destroy() end)
  end })
  for _, name in ipairs(names) do
    table.insert(containers, docker:deploy_container(name,
      os.getenv("IMAGE"), options))
  end
  options.start = false
  table.insert(containers, docker:deploy_container("luft-example-3",
    os.getenv("IMAGE"), options))
  local result = list(os.getenv("ENGINE"))
  spec.equal(result.err, "")
  local lines = {}
  for line in result.out:gmatch("[^\n]+") do lines[#lines + 1] = line end
  table.sort(lines)
  spec.equal(lines, { "luft-example-1\trunning", "luft-example-2\trunning" })
  spec.equal(result.status, 0)
end)

spec.test("an engine that is not there is an error", function()
  local result = list("tcp://127.0.0.1:1")
  spec.equal(result.out, "")
  spec.match(result.err, "^list: cannot connect to http://127%.0%.0%.1:1: "
    .. "Connection refused; is the Docker Engine running there%?[^\n]*\n$")
  spec.equal(result.status, 1)
end)

spec.test("so is an endpoint that is none", function()
  local result = list("gopher://here")
  spec.equal(result.out, "")
  spec.match(result.err, "^list: the endpoint's scheme 'gopher' is not ")
  spec.equal(result.status, 1)
end)

spec.done()
