-- nginx_late_spec.lua -- luft that is loaded by a worker's first request, when
-- nginx has hidden the environment.

local luft = require "luft"
local spec = require "spec"
local nginx = require "system.nginx"

local ASK = [[
  local luft = require "luft"
  local docker = luft.container.docker { retries = 0 }
  print(docker)
  print(select(2, pcall(docker.list_containers, docker)))
]]

spec.test("ten first requests at once load it once", function()
  local numbers = {}
  for i = 1, 10 do numbers[i] = i end
  luft.map(numbers, function()
    spec.equal(nginx.run [[
      local luft = require "luft"
      luft.gather { function() luft.sleep(0.01) end }
      print(luft._VERSION)
    ]], luft._VERSION)
  end)
end)

spec.test("an error that names a variable says how nginx shows it", function()
  local said = nginx.run(ASK)
  spec.match(said, "^<docker unix:///var/run/docker.sock>\n")
  spec.match(said, "cannot connect to .*with DOCKER_HOST or the option "
    .. "endpoint; nginx hides DOCKER_HOST from its workers unless nginx.conf "
    .. "says 'env DOCKER_HOST;' or requires luft in init_by_lua$")
end)

spec.test("an error that names none is as everywhere", function()
  spec.match(nginx.run [[
    local luft = require "luft"
    print(select(2, pcall(luft.http.get, "http://127.0.0.1:1/",
      { retries = 0 })))
  ]], "^http: request: cannot connect to http://127.0.0.1:1: "
    .. "Connection refused$")
end)

spec.done()
