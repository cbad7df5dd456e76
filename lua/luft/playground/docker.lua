-- docker.lua -- a simulated Docker host: its state, and who answers what.
--
-- It answers the requests that the docker driver makes and a few more, in the
-- words of a Docker Engine 27 (API 1.24 to 1.47).

local core = require "luft.core"

core.mine()

local T = require "luft.world"
local digest = require "luft.playground.digest"
local samples = require "luft.playground.samples"
local wire = require "luft.playground.wire"

local docker = { title = "Docker hosts (unix sockets, ports 2375 and 2376)" }

local Host = {}
Host.__index = Host

-- Routes ----------------------------------------------------------------------

local routes = {}

-- handler(host, request): request has query, body, and, as name, what the path
-- has where its pattern has a ().
local function route(method, pattern, handler)
  routes[#routes + 1] = { method = method, pattern = "^" .. pattern .. "$",
    handler = handler }
end

local function ping()
  local answer = wire.text("OK")
  answer.headers["Cache-Control"] = "no-cache, no-store, must-revalidate"
  return answer
end

route("GET", "/_ping", ping)
route("HEAD", "/_ping", function()
  local answer = ping()
  answer.body = nil
  return answer
end)

route("GET", "/version", function()
  return wire.value {
    Platform = { Name = "luft playground" }, Version = wire.VERSION,
    ApiVersion = wire.API_VERSION, MinAPIVersion = wire.OLDEST_API_VERSION,
    Os = "linux", Arch = "amd64", KernelVersion = "6.1.0", GitCommit = "",
    GoVersion = "go1.22.7", BuildTime = "2024-09-20T11:41:00.000000000+00:00",
  }
end)

require "luft.playground.docker_images"(Host, route)
require "luft.playground.docker_create"(Host, route)
require "luft.playground.docker_containers"(Host, route)

-- Answering -------------------------------------------------------------------

local unversioned = { ["/_ping"] = true, ["/version"] = true }

-- The path without its version, once that is one the host knows.
local function without_version(path)
  local version, rest = path:match("^/v(%d+%.%d+)(/.*)$")
  if not version then
    if unversioned[path] then return path end
    wire.refuse(404, "page not found")
  elseif wire.is_older(wire.API_VERSION, version) then
    wire.refuse(400, "client version %s is too new. Maximum supported API "
      .. "version is %s", version, wire.API_VERSION)
  elseif wire.is_older(version, wire.OLDEST_API_VERSION) then
    wire.refuse(400, "client version %s is too old. Minimum supported API "
      .. "version is %s, please upgrade your client to a newer version",
      version, wire.OLDEST_API_VERSION)
  end
  return rest
end

local function dispatch(host, request)
  local path, query = wire.parse_target(request.target)
  path = without_version(path)
  for _, candidate in ipairs(routes) do
    local name = candidate.method == request.method
      and path:match(candidate.pattern)
    if name then
      return candidate.handler(host, { name = wire.decoded(name),
        query = query, body = request.body })
    end
  end
  wire.refuse(404, "page not found")
end

--- What the host answers to a request.
function Host:answer(request)
  return wire.answer(dispatch, self, request)
end

--- An answer that a script asked for, to see how it copes.
function docker.failure(status, message)
  return wire.value({ message = message }, status)
end

-- State -----------------------------------------------------------------------

--- The id of a new container: the n-th of a host has always the same.
function Host:new_id()
  self.count = self.count + 1
  return digest.hex(("container %d of %s"):format(self.count, self.name), 64)
end

local DEFAULT_IMAGES = { "busybox:1", "nginx:1.27", "postgres:16" }

--- A host.
-- @param name  the endpoint that it is: alpha:2375, or a socket's path
-- @param delay  function(what): waits as long as a piece of an answer takes
function docker.new(name, delay)
  local host = setmetatable({ name = name, images = {}, containers = {},
    count = 0 }, Host)
  function host:delay(what) delay(self.name .. " " .. what) end
  for _, image in ipairs(DEFAULT_IMAGES) do host:add_image(image) end
  for _, sample in ipairs(samples.of(name)) do
    samples.add(host, sample, T.now())
  end
  return host
end

--- Whether requests with that target, to that endpoint, are for such a host.
function docker.is_asked(endpoint, target)
  return endpoint:find("^unix://") ~= nil
    or endpoint:find("^https?://.*:237[56]$") ~= nil
    or target:find("^/_ping$") ~= nil or target:find("^/v1%.%d+/") ~= nil
end

return docker
