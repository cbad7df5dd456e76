-- playground_hosts.lua -- simulated hosts for a spec: fresh ones for each test.

local spec = require "spec"
local luft = require "luft"
local playground = require "luft.playground"

local hosts = {}

hosts.API = "http://alpha:2375/v1.47"
hosts.EMPTY = "unix:///tmp/empty.sock"          -- a host without containers

-- The playground's own transport, with a look at what goes through it.
playground.install()
local simulated = luft.transport(nil)

luft.transport(function(request)
  local answer = simulated(request)
  if hosts.watch then hosts.watch(answer) end
  return answer
end)

--- A test on hosts as they are at first, which answer at once.
function hosts.test(name, fn)
  spec.test(name, function()
    playground.reset()
    playground.configure("*", { latency = 0 })
    hosts.watch = nil
    fn()
    hosts.watch = nil
    luft.sleep(0)               -- what was cancelled cleans up
    spec.equal(playground.statistics().in_flight, 0, "requests in flight")
  end)
end

--- A driver for a simulated host.
function hosts.docker(endpoint)
  return luft.container.docker { endpoint = endpoint or hosts.API:sub(1, -7) }
end

function hosts.names_of(list)
  local names = {}
  for i, object in ipairs(list) do names[i] = object.name end
  table.sort(names)
  return names
end

--- Calls the API itself: the status, and the body as a value if it is JSON.
function hosts.call(method, path, body)
  local response = luft.http.request { method = method, url = hosts.API .. path,
    json = body, retries = 0 }
  local ok, value = pcall(response.json)
  return response.status, ok and value or response.body
end

--- Calls it, and checks how it refuses.
function hosts.refuses(method, path, status, pattern, body)
  local got, value = hosts.call(method, path, body)
  spec.equal(got, status, method .. " " .. path)
  spec.match(type(value) == "table" and value.message or value, pattern)
end

return hosts
