-- docker.lua -- simulated Docker hosts: what they answer to which requests.
--
-- Known are the requests that the docker driver makes, and pause and unpause,
-- in the words of a Docker Engine 27 (API 1.24 to 1.47).  Anything else is
-- answered with 501 and the request's name.

local core = require "luft.core"

core.mine()

local T = require "luft.world"
local Host = require "luft.playground.docker_host"
local images = require "luft.playground.images"
local tools = require "luft.playground.tools"
local views = require "luft.playground.docker_views"

local docker = { new = Host.new,
  title = "Docker hosts (unix sockets, ports 2375 and 2376)" }

local array = core.json.array
local given, refuse = tools.given, tools.refuse

local NEWEST_API, OLDEST_API, VERSION = 47, 24, "27.3.1"    -- 1.47, 1.24

-- Answers ---------------------------------------------------------------------

local function text(body, kind, status)
  return { status = status or 200, body = body, headers = {
    ["Api-Version"] = "1." .. NEWEST_API, ["Ostype"] = "linux",
    ["Server"] = "Docker/" .. VERSION .. " (linux)", ["Content-Type"] = kind,
  } }
end

local function value(what, status)
  return text(tools.encode(what), "application/json", status)
end

-- 204; 304 for what was so already.
local function nothing(status)
  return text(nil, nil, status or 204)
end

function docker.refusal(status, message)
  return value({ message = message }, status)
end

local function flag(word)
  return word == "1" or word == "true"
end

-- Requests about images -------------------------------------------------------

local routes = tools.new_routes()

local function newest_first(a, b)
  if a.created ~= b.created then return a.created > b.created end
  return a.name < b.name
end

local function sorted_views(list, view)
  table.sort(list, newest_first)
  for i, one in ipairs(list) do list[i] = view(one) end
  return value(array(list))
end

routes:add("GET", "/images/json", function(host)
  local list = {}
  for _, image in pairs(host.images) do list[#list + 1] = image end
  return sorted_views(list, views.image_summary)
end)

routes:add("GET", "/images/(.+)/json", function(host, _, name)
  return value(views.image_inspection(host:find_image(name)))
end)

-- Its pieces come one after the other; with the last of them, it is here.
local function pull(host, name)
  local image, i = images.new(name), 0
  local pieces = images.progress(image, host.images[image.name] ~= nil)
  return function()
    i = i + 1
    if not pieces[i] then return nil end
    if i > 1 then host.delay(("pull %s %d"):format(name, i)) end
    if i == #pieces then host.images[image.name] = image end
    local lines = {}
    for k, piece in ipairs(pieces[i]) do lines[k] = tools.encode(piece) end
    return table.concat(lines)
  end
end

routes:add("POST", "/images/create", function(host, request)
  local name, tag = request.query.fromImage or "", given(request.query.tag)
  images.check_name(name)
  if tag then name = name .. (tag:find("^sha256:") and "@" or ":") .. tag end
  local known, why = images.is_known(name)
  local body = known and pull(host, name)
    or tools.encode { errorDetail = { message = why }, error = why }
  return text(body, "application/json")
end)

-- Requests about containers ---------------------------------------------------

-- A function that says whether a container is of the image that is wanted.
local function filter_of(query)
  local filters, why = tools.decode(given(query.filters) or "{}")
  local wanted
  if type(filters) ~= "table" then
    refuse(400, "invalid filter: %s", why or "it is no object")
  end
  for name, values in pairs(filters) do
    if name ~= "ancestor" then refuse(400, "invalid filter '%s'", name) end
    wanted = values[1]
  end
  return function(host, container)
    return not wanted or container.image == host:look_for_image(wanted)
  end
end

routes:add("GET", "/containers/json", function(host, request)
  local list, is_wanted = {}, filter_of(request.query)
  for _, container in pairs(host.containers) do
    if (container:is_up() or flag(request.query.all))
      and is_wanted(host, container) then
      list[#list + 1] = container
    end
  end
  return sorted_views(list, views.summary)
end)

routes:add("POST", "/containers/create", function(host, request)
  local body, why = tools.decode(request.body)
  if type(body) ~= "table" then
    refuse(400, "invalid JSON: %s", why or "it is no object")
  elseif next(body) == nil then
    refuse(400, "config cannot be empty in order to create a container")
  end
  local container = host:create(body, given(request.query.name), T.now())
  return value({ Id = container.id, Warnings = array {} }, 201)
end)

local function about_one(method, action, handler)
  routes:add(method, "/containers/([^/]+)" .. action,
    function(host, request, name)
      return handler(host:find(name), request.query, host) or nothing()
    end)
end

about_one("GET", "/json", function(container)
  return value(views.inspection(container))
end)

about_one("GET", "/logs", function(container, query)
  local wanted = { since = tonumber(query.since), tail = tonumber(query.tail) }
  for _, name in ipairs { "stdout", "stderr", "follow", "timestamps" } do
    wanted[name] = flag(query[name])
  end
  if not wanted.stdout and not wanted.stderr then
    refuse(400, "Bad parameters: you must choose at least one stream")
  end
  return text(container:read_log(wanted), "application/vnd.docker."
    .. (container.config.Tty == true and "raw" or "multiplexed") .. "-stream")
end)

about_one("POST", "/start", function(container)
  if container.state == "paused" then
    refuse(409, "cannot start a paused container, try unpause instead")
  end
  if container:is_up() then return nothing(304) end
  container:start(T.now())
end)

about_one("POST", "/stop", function(container)
  if not container:is_up() then return nothing(304) end
  container:stop()
end)

about_one("POST", "/restart", function(container)
  if container:is_up() then container:stop() end
  container:start(T.now())
end)

about_one("POST", "/pause", function(container)
  if container.state ~= "running" then
    refuse(409, container.state == "paused" and "Container %s is already paused"
      or "Container %s is not running", container.id)
  end
  container:pause()
end)

about_one("POST", "/unpause", function(container)
  if container.state ~= "paused" then
    refuse(500, "Container %s is not paused", container.id)
  end
  container:unpause()
end)

about_one("DELETE", "", function(container, query, host)
  if container:is_up() then
    if not flag(query.force) then
      refuse(409, "You cannot remove a %s container %s. Stop the container "
        .. "before attempting removal or force remove", container.state,
        container.id)
    end
    container:stop(true)
  end
  host:remove(container)
end)

-- Answering -------------------------------------------------------------------

routes:add("GET", "/_ping", function() return text("OK", "text/plain") end)

routes:add("GET", "/version", function()
  return value { Version = VERSION, ApiVersion = "1." .. NEWEST_API,
    MinAPIVersion = "1." .. OLDEST_API, Os = "linux", Arch = "amd64" }
end)

local function check_version(minor)
  if minor > NEWEST_API then
    refuse(400, "client version 1.%d is too new. Maximum supported API version "
      .. "is 1.%d", minor, NEWEST_API)
  elseif minor < OLDEST_API then
    refuse(400, "client version 1.%d is too old. Minimum supported API version "
      .. "is 1.%d, please upgrade your client to a newer version", minor,
      OLDEST_API)
  end
end

--- What the host answers to a request.
function docker.answer(host, request)
  local path, query = tools.parse_target(request.target)
  local minor, rest = path:match("^/v1%.(%d+)(/.*)$")
  if minor then check_version(tonumber(minor)) end
  local answer = routes:answer(host, { method = request.method, query = query,
    body = request.body }, rest or path)
  return answer or refuse(501, "the playground does not know %s %s",
    request.method, rest or path)
end

--- Whether requests with that target, to that endpoint, are for such a host.
function docker.is_asked(endpoint, target)
  return endpoint:find("^unix://") ~= nil
    or endpoint:find("^https?://.*:237[56]$") ~= nil
    or target:find("^/_ping$") ~= nil or target:find("^/v1%.%d+/") ~= nil
end

return docker
