-- nginx_spec.lua -- luft in handlers of a real nginx, which ask a real Docker
-- Engine: NGINX says where, ENGINE and IMAGE as in docker_spec.lua.

local luft = require "luft"
local spec = require "spec"

local NGINX = os.getenv("NGINX")
local docker = luft.container.docker { endpoint = os.getenv("ENGINE") }
local container <close> = setmetatable({
  made = docker:deploy_container("luft-nginx", os.getenv("IMAGE"),
    { command = { "sleep", "1000" }, network_mode = "host", tty = false }),
}, { __close = function(self) self.made:destroy() end })

spec.test("a handler lists the containers of a real engine", function()
  local list = luft.http.get(NGINX .. "/containers"):json()
  spec.equal(#list, 1)
  spec.equal(list[1].id, container.made.id)
  spec.equal(list[1].name, "luft-nginx")
  spec.equal(list[1].state, "running")
end)

spec.test("a handler asks eight times at once", function()
  spec.equal(luft.http.get(NGINX .. "/fan-out"):json(),
    { 1, 1, 1, 1, 1, 1, 1, 1 })
end)

spec.test("fifty requests at once, each answered", function()
  local numbers = {}
  for i = 1, 50 do numbers[i] = i end
  luft.map(numbers, function()
    spec.equal(#luft.http.get(NGINX .. "/containers"):json(), 1)
  end)
end)

spec.test("an error is a value in a handler, too", function()
  local response = luft.http.get(NGINX .. "/missing")
  spec.equal(response.status, 404)
  spec.match(response.body, "docker: get_container: .*no%-such%-one")
end)

spec.done()
