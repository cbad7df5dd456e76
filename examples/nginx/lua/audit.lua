-- audit.lua -- GET /audit: what runs where, asked everywhere at once.

local luft = require "luft"
local clouds = require "clouds"
local page = require "page"
local reply = require "reply"

local HOST_SECONDS, PAGE_SECONDS = 3, 10

local function containers_of(cloud)
  local list = luft.json.array {}
  for i, container in ipairs(cloud.docker:list_containers()) do
    list[i] = {
      id = container.id, name = container.name, image = container.image.name,
      state = container.state, since = container.extra.status,
    }
  end
  return list
end

-- A host that fails, or takes too long, becomes an entry with its error; it is
-- not the end of the page.
local function look_everywhere()
  local found, errors = luft.map(clouds.list, function(cloud)
    return luft.timeout(HOST_SECONDS, containers_of, cloud)
  end, { on_error = "collect" })
  local hosts = luft.json.array {}
  for i, cloud in ipairs(clouds.list) do
    hosts[i] = { name = cloud.name, containers = found[i],
      error = errors[i] and reply.told(errors[i]) }
  end
  return hosts
end

local function wants_html()
  local format = ngx.var.arg_format
  if format then return format == "html" end
  return (ngx.var.http_accept or ""):find("text/html", 1, true) ~= nil
end

return reply.handler(function()
  local hosts = luft.timeout(PAGE_SECONDS, look_everywhere)
  ngx.header.vary = "Accept"
  ngx.header.cache_control = "no-store"
  if wants_html() then page.show(hosts) else reply.json(200, hosts) end
end)
