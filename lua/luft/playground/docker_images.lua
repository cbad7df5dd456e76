-- docker_images.lua -- the requests about images that a Docker host answers.

local core = require "luft.core"

core.mine()

local images = require "luft.playground.images"
local wire = require "luft.playground.wire"

local json = core.json

--- Adds them to the host's routes.
return function(Host, route)

  local function check_name(name)
    if not name:find("^[%w._/:@-]*$") then
      wire.refuse(400, "invalid reference format")
    elseif images.parse_name(name):find("%u") then
      wire.refuse(400, "invalid reference format: repository name must be "
        .. "lowercase")
    end
  end

  --- The image with that name, id, or start of an id; nil when it is not here.
  function Host:find_image(name)
    check_name(name)
    local by_name = self.images[images.full_name(name)]
    if by_name then return by_name end
    local start = name:gsub("^sha256:", "")
    if #start < 4 or not start:find("^%x+$") then return nil end
    for _, image in pairs(self.images) do
      if image.id:sub(8, 7 + #start) == start then return image end
    end
  end

  --- Puts an image of the registry on the host.
  function Host:add_image(name)
    local image = images.new(name)
    self.images[image.name] = image
    return image
  end

  route("GET", "/images/json", function(host)
    local list = {}
    for _, image in pairs(host.images) do list[#list + 1] = image end
    table.sort(list, function(a, b)
      if a.created ~= b.created then return a.created > b.created end
      return a.name < b.name
    end)
    for i, image in ipairs(list) do list[i] = images.summary(image) end
    return wire.value(json.array(list))
  end)

  route("GET", "/images/(.+)/json", function(host, request)
    local image = host:find_image(request.name)
    if not image then
      wire.refuse(404, "No such image: %s", images.full_name(request.name))
    end
    return wire.value(images.inspection(image))
  end)

  -- Pulls ---------------------------------------------------------------------

  local function wanted_name(query)
    local name = wire.given(query.fromImage)
    if not name then
      wire.refuse(400, "the playground makes images only with fromImage")
    end
    check_name(name)
    local tag = wire.given(query.tag)
    if not tag then return name end
    return name .. (tag:find("^sha256:") and "@" or ":") .. tag
  end

  local function lines(values)
    local parts = {}
    for i, value in ipairs(values) do
      parts[i] = json.encode(value, { sorted = true })
    end
    return table.concat(parts, "\r\n") .. "\r\n"
  end

  -- Its pieces come one after the other; with the last of them, it is here.
  local function pull(host, name)
    local is_here = host:find_image(name) ~= nil
    local pieces = images.progress(images.new(name), is_here)
    local i = 0
    return function()
      i = i + 1
      if not pieces[i] then return nil end
      if i > 1 then host:delay(("pull %s %d"):format(name, i)) end
      if i == #pieces then host:add_image(name) end
      return lines(pieces[i])
    end
  end

  route("POST", "/images/create", function(host, request)
    local name = wanted_name(request.query)
    local known, status, why = images.is_known(name)
    if known then return wire.text(pull(host, name), "application/json") end
    if status ~= 200 then wire.refuse(status, "%s", why) end
    return wire.text(lines { { errorDetail = { message = why }, error = why } },
      "application/json")
  end)
end
