-- deploy.lua -- POST /deploy {"host": "alpha", "name": "web", "image": "nginx"}
-- with Authorization: Bearer TOKEN.

local bit = require "bit"
local luft = require "luft"
local clouds = require "clouds"
local reply = require "reply"
local settings = require "settings"

local SECONDS = 120             -- with the pull of an image

-- Takes the same time wherever the two differ, so that nobody can guess a token
-- letter by letter.
local function same(given, wanted)
  local difference = bit.bxor(#given, #wanted)
  for i = 1, #given do
    local at = (i - 1) % #wanted + 1
    difference = bit.bor(difference, bit.bxor(given:byte(i), wanted:byte(at)))
  end
  return difference == 0
end

local function is_allowed()
  local given = (ngx.var.http_authorization or ""):match("^[Bb]earer +(.+)$")
  return settings.token and given and same(given, settings.token)
end

-- @return what is to be deployed; nil and why not
local function read_wish()
  ngx.req.read_body()
  local ok, wish = pcall(luft.json.decode, ngx.req.get_body_data() or "")
  if not ok then return nil, wish.message end
  for _, field in ipairs { "host", "name", "image" } do
    if type(wish) ~= "table" or type(wish[field]) ~= "string"
      or wish[field] == "" then
      return nil, "a text is missing: " .. field
    end
  end
  return wish
end

return reply.handler(function()
  if not is_allowed() then
    ngx.header.www_authenticate = 'Bearer realm="deploy"'
    return reply.refuse(401, "credentials", "the right token is missing")
  end
  local wish, why = read_wish()
  if not wish then return reply.refuse(400, "invalid_argument", why) end
  local cloud = clouds.by_name[wish.host]
  if not cloud then
    return reply.refuse(404, "not_found", "there is no host of this name")
  end

  local container, err = luft.timeout(SECONDS, function()
    return cloud.docker.try:deploy_container(wish.name, wish.image)
  end)
  if not container then return reply.failure(err) end
  reply.json(201, { host = cloud.name, id = container.id,
    name = container.name, image = container.image.name,
    state = container.state })
end)
