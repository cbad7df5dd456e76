-- nginx_spec.lua -- luft in handlers of a real nginx, which ask a real Docker
-- Engine: ENGINE and IMAGE as in docker_spec.lua.

local luft = require "luft"
local spec = require "spec"
local nginx = require "system.nginx"

local docker = luft.container.docker { endpoint = os.getenv("ENGINE") }
local container = docker:deploy_container("luft-nginx", os.getenv("IMAGE"),
  { command = { "sleep", "1000" }, network_mode = "host", tty = false })

spec.at_end(function() container:destroy() end)

-- Runs a handler that has a driver of its worker's.
local function run(chunk)
  return nginx.run([[
    docker = package.loaded.docker
      or luft.container.docker { endpoint = $engine }
    package.loaded.docker = docker
  ]] .. chunk, { engine = os.getenv("ENGINE") })
end

spec.test("a handler lists the containers of a real engine", function()
  local list = luft.json.decode(run [[
    print(luft.json.encode(docker:list_containers()))
  ]])
  spec.equal(#list, 1)
  spec.equal(list[1].id, container.id)
  spec.equal(list[1].name, "luft-nginx")
  spec.equal(list[1].state, "running")
end)

spec.test("a handler asks eight times at once", function()
  spec.equal(run [[
    print(unpack(luft.map({ 1, 2, 3, 4, 5, 6, 7, 8 }, function()
      return #docker:list_containers()
    end)))
  ]], "1\t1\t1\t1\t1\t1\t1\t1")
end)

spec.test("fifty requests at once, each answered", function()
  local numbers = {}
  for i = 1, 50 do numbers[i] = i end
  luft.map(numbers, function()
    spec.equal(run [[print(#docker:list_containers())]], "1")
  end)
end)

spec.test("an error is a value in a handler, too", function()
  spec.match(run [[
    local container, err = docker.try:get_container("no-such-one")
    print(container, err.kind, err)
  ]], "^nil\tnot_found\tdocker: get_container: .*no%-such%-one")
end)

spec.done()
