-- docker_create.lua -- POST /containers/create: what may be asked for, and the
-- container that comes of it.

local core = require "luft.core"

core.mine()

local T = require "luft.world"
local container_module = require "luft.playground.container"
local digest = require "luft.playground.digest"
local images = require "luft.playground.images"
local wire = require "luft.playground.wire"

local json = core.json

local LEAST_MEMORY = 6 * 1024 * 1024

-- Bodies of POST /containers/create -------------------------------------------

local function read_body(request)
  local body, why = wire.decode(request.body)
  if type(body) ~= "table" then
    wire.refuse(400, "invalid JSON: %s", why or "it is no object")
  elseif next(body) == nil then
    wire.refuse(400, "config cannot be empty in order to create a container")
  end
  return body
end

local function member(body, name)
  local value = wire.given(body[name])
  if value ~= nil and type(value) ~= "table" then
    wire.refuse(400, "invalid JSON: %s has the wrong type", name)
  end
  return value or {}
end

local function check_ports(names)
  for name in pairs(names) do
    if not name:find("^%d+/[a-z]+$") then
      wire.refuse(400, "invalid port specification: %q", name)
    end
  end
end

local function check_bindings(bindings)
  check_ports(bindings)
  for _, list in pairs(bindings) do
    for _, binding in ipairs(wire.given(list) or {}) do
      local port = wire.given(binding.HostPort)
      if port and (type(port) ~= "string" or not port:find("^%d+$")) then
        wire.refuse(400, "invalid port specification: %q", tostring(port))
      end
    end
  end
end

local function check_memory(host_config)
  local memory = wire.given(host_config.Memory) or 0
  if type(memory) ~= "number" then
    wire.refuse(400, "invalid JSON: Memory has the wrong type")
  elseif memory ~= 0 and memory < LEAST_MEMORY then
    wire.refuse(400, "Minimum memory limit allowed is 6MB")
  end
end

local function merged(own, of_image)
  local all = {}
  for name, value in pairs(of_image) do all[name] = value end
  for name, value in pairs(own) do all[name] = value end
  return all
end

local function joined(of_image, own)
  local all = {}
  for _, value in ipairs(of_image) do all[#all + 1] = value end
  for _, value in ipairs(own) do all[#all + 1] = value end
  return json.array(all)
end

-- Cmd and Entrypoint: the image's command does not go with an entrypoint that
-- is not the image's.
local function set_command(config, of_image)
  if not wire.given(config.Entrypoint) then
    config.Entrypoint = of_image.Entrypoint
    if not wire.given(config.Cmd) then config.Cmd = of_image.Cmd end
  end
end

-- What was asked for, with what the image says besides.
local function config_of(body, image)
  local config, of_image = {}, image.config
  for name, value in pairs(body) do
    if name ~= "HostConfig" and name ~= "NetworkingConfig" then
      config[name] = value
    end
  end
  config.ExposedPorts = merged(member(body, "ExposedPorts"),
    of_image.ExposedPorts)
  config.Volumes = merged(member(body, "Volumes"), of_image.Volumes)
  config.Labels = merged(member(body, "Labels"), of_image.Labels)
  config.Env = joined(of_image.Env, member(body, "Env"))
  config.WorkingDir = wire.given(body.WorkingDir) or of_image.WorkingDir
  config.User = wire.given(body.User) or of_image.User
  set_command(config, of_image)
  return config
end

local function check_volumes_from(host, names)
  for _, name in ipairs(names) do
    local found = host:look_for(name:gsub(":r[ow]$", ""))
    if not found then wire.refuse(400, "No such container: %s", name) end
  end
end

-- Names -----------------------------------------------------------------------

local moods = { "bold", "brisk", "calm", "eager", "gentle", "happy", "keen",
  "lucid", "mellow", "nimble", "quiet", "sunny" }
local animals = { "badger", "crane", "dolphin", "falcon", "heron", "ibis",
  "lynx", "marten", "otter", "plover", "stoat", "wren" }

local function make_up_name(id)
  return moods[digest.between("mood " .. id, 1, #moods)] .. "_"
    .. animals[digest.between("animal " .. id, 1, #animals)] .. "_"
    .. id:sub(1, 4)
end

--- Adds it to the host's routes.
return function(Host, route)

  --- The container with exactly that name, or nil.
  function Host:find_by_name(name)
    for _, container in pairs(self.containers) do
      if container.name == name then return container end
    end
  end

  --- The name without its slash, once it is one that nobody has.
  -- @param before  words before those of a refusal
  function Host:check_name(name, before)
    if not name:find("^/?[%w][%w_.-]+$") then
      wire.refuse(400, "%sInvalid container name (%s), only "
        .. "[a-zA-Z0-9][a-zA-Z0-9_.-] are allowed", before or "", name)
    end
    name = name:gsub("^/", "")
    local other = self:find_by_name(name)
    if other then
      wire.refuse(409, '%sConflict. The container name "/%s" is already in use '
        .. 'by container "%s". You have to remove (or rename) that container '
        .. "to be able to reuse that name.", before or "", name, other.id)
    end
    return name
  end

  --- A new container, from what POST /containers/create has for a body.
  -- @param name  nil: one is made up
  function Host:create(body, name, time)
    local wanted = tostring(wire.given(body.Image) or "")
    if name then name = self:check_name(name) end
    local image = self:find_image(wanted)
    if not image then
      wire.refuse(404, "No such image: %s", images.full_name(wanted))
    end
    local host_config = member(body, "HostConfig")
    check_ports(member(body, "ExposedPorts"))
    check_bindings(member(host_config, "PortBindings"))
    check_memory(host_config)
    check_volumes_from(self, member(host_config, "VolumesFrom"))
    local config = config_of(body, image)
    local id = self:new_id()
    local container = container_module.new(self, {
      id = id, name = name or make_up_name(id), image = image,
      config = config, host_config = host_config, created = time,
    })
    if #container:command() == 0 then
      wire.refuse(400, "no command specified")
    end
    self.containers[id] = container
    return container
  end

  route("POST", "/containers/create", function(host, request)
    local container = host:create(read_body(request),
      wire.given(request.query.name), T.now())
    return wire.value({ Id = container.id, Warnings = json.array {} }, 201)
  end)
end
