-- docker_host.lua -- a simulated Docker host: the images and containers it has,
-- at the start and later.

local core = require "luft.core"

core.mine()

local T = require "luft.world"
local container_module = require "luft.playground.docker_container"
local images = require "luft.playground.images"
local tools = require "luft.playground.tools"

local Host = {}
Host.__index = Host

local array, null = core.json.array, core.json.null
local given, refuse = tools.given, tools.refuse

-- Finding ---------------------------------------------------------------------

--- The image with that name, id, or start of an id; nil when it is not here.
function Host:look_for_image(name)
  images.check_name(name)
  local by_name = self.images[images.full_name(name)]
  if by_name then return by_name end
  local start = name:gsub("^sha256:", "")
  if #start < 4 or not start:find("^%x+$") then return nil end
  for _, image in pairs(self.images) do
    if image.id:sub(8, 7 + #start) == start then return image end
  end
end

function Host:find_image(name)
  local image = self:look_for_image(name)
  if image then return image end
  refuse(404, "No such image: %s", images.full_name(name))
end

--- The container with that id, name, or start of an id, up to date.
function Host:find(name, status)
  local found = self.containers[name] or self.by_name[name]
  for id, container in pairs(found and {} or self.containers) do
    if id:sub(1, #name) == name then
      if found then refuse(400, "Multiple IDs found with provided prefix: %s",
        name) end
      found = container
    end
  end
  if not found then refuse(status or 404, "No such container: %s", name) end
  return found:settle()
end

-- Creating --------------------------------------------------------------------

local function check_name(host, name)
  if not name:find("^[%w][%w_.-]+$") then
    refuse(400, "Invalid container name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-] "
      .. "are allowed", name)
  end
  local other = host.by_name[name]
  if other then
    refuse(409, 'Conflict. The container name "/%s" is already in use by '
      .. 'container "%s". You have to remove (or rename) that container to be '
      .. "able to reuse that name.", name, other.id)
  end
end

local function check_ports(names)
  for name in pairs(given(names) or {}) do
    if not name:find("^%d+/[a-z]+$") then
      refuse(400, 'invalid port specification: "%s"', name)
    end
  end
end

local function check_host_config(host, config)
  local memory = given(config.Memory) or 0
  if memory ~= 0 and memory < 6 * 1024 * 1024 then
    refuse(400, "Minimum memory limit allowed is 6MB")
  end
  for _, name in ipairs(given(config.VolumesFrom) or {}) do
    host:find(name:gsub(":r[ow]$", ""), 400)
  end
  check_ports(config.PortBindings)
end

local function merged(first, second)
  local all = {}
  for name, member in pairs(first) do all[name] = member end
  for name, member in pairs(given(second) or {}) do all[name] = member end
  return all
end

local config_defaults = { Domainname = "", OpenStdin = false, Tty = false }

local host_config_defaults = { NetworkMode = "bridge", Binds = null,
  AutoRemove = false, PortBindings = {}, PublishAllPorts = false, Memory = 0,
  RestartPolicy = { Name = "no", MaximumRetryCount = 0 }, CpuShares = 0 }

-- What was asked for, with what the image says besides.
local function config_of(body, image, id)
  local config, of_image = merged(config_defaults, body), image.config
  config.HostConfig = nil
  for _, name in ipairs { "ExposedPorts", "Volumes", "Labels" } do
    config[name] = merged(of_image[name], body[name])
  end
  config.Env = array { of_image.Env[1] }
  for _, pair in ipairs(given(body.Env) or {}) do
    table.insert(config.Env, pair)
  end
  config.Hostname = given(body.Hostname) or id:sub(1, 12)
  config.WorkingDir = given(body.WorkingDir) or of_image.WorkingDir
  config.User = given(body.User) or of_image.User
  if not given(body.Entrypoint) then    -- the image's command goes with its own
    config.Entrypoint = of_image.Entrypoint
    config.Cmd = given(body.Cmd) or of_image.Cmd
  end
  return config
end

-- The n-th container of that name has always the same id.
local function new_id(host, name)
  host.made[name] = (host.made[name] or 0) + 1
  return tools.hex(("container %d %s of %s"):format(host.made[name], name,
    host.name), 64)
end

--- A new container, from what POST /containers/create has for a body.
-- @param name  nil: one is made up
function Host:create(body, name, time)
  if name then check_name(self, name) end
  local image = self:find_image(tostring(given(body.Image) or ""))
  local host_config = merged(host_config_defaults, body.HostConfig)
  check_host_config(self, host_config)
  check_ports(body.ExposedPorts)
  if host_config.NetworkMode == "default" then
    host_config.NetworkMode = "bridge"
  end
  local id = new_id(self, name or "")
  local container = container_module.new(self, { id = id, image = image,
    name = name or "quiet_otter_" .. id:sub(1, 4), created = time,
    config = config_of(body, image, id), host_config = host_config })
  self.containers[id], self.by_name[container.name] = container, container
  return container
end

--- It is gone from the host.
function Host:remove(container)
  self.containers[container.id], self.by_name[container.name] = nil, nil
end

-- At the start ----------------------------------------------------------------

local MINUTE, DAY = 60, 86400

-- A host has some that stand one behind the other here.
local roles = {
  { name = "web", image = "nginx:1.27", port = "80/tcp", host_port = "80" },
  { name = "db", image = "postgres:16", port = "5432/tcp", host_port = "5432" },
  { name = "cache", image = "redis:7", port = "6379/tcp" },
  { name = "worker", image = "python:3.12", command = { "sh", "-c",
    "while true; do echo one job done; sleep 3600; done" } },
}

-- Most containers run; what else they may be, and with which exit status.
local states = {
  { "running" }, { "running" }, { "running" }, { "running" }, { "running" },
  { "exited", 0 }, { "exited", 1 }, { "exited", 137 }, { "paused" },
  { "restarting", 1 }, { "created" }, { "dead", 137 },
}

local local_host = {
  { name = "blog", image = "nginx:1.27", port = "80/tcp", host_port = "8000",
    age = 3 * DAY, state = "running" },
  { name = "nightly", image = "busybox:1", age = 20 * DAY, state = "exited",
    exit_code = 0, command = { "sh", "-c", "echo backup done" } },
}

local function sample_of(name, role)
  local label = name .. " " .. role.name
  local state = states[tools.between("state " .. label, 1, #states)]
  return merged(role, { state = state[1], exit_code = state[2],
    age = tools.between("age " .. label, 10 * MINUTE, 60 * DAY) })
end

-- 1 to 4 containers that depend on the host's name, two on the default socket,
-- none on another socket.
local function samples_of(name)
  if name == "/var/run/docker.sock" then return local_host end
  local list = {}
  if name:sub(1, 1) == "/" then return list end
  local first = tools.between("first " .. name, 1, #roles)
  for i = 1, tools.between("samples " .. name, 1, 4) do
    list[i] = sample_of(name, roles[(first + i - 2) % #roles + 1])
  end
  return list
end

-- Puts one on a host, as if it had been there for as long as it says.
local function add_sample(host, sample, now)
  local name, port = images.full_name(sample.image), sample.port
  host.images[name] = host.images[name] or images.new(name)
  local created = now - sample.age
  local container = host:create({ Image = name, Cmd = sample.command,
    Labels = { role = sample.name }, ExposedPorts = port and { [port] = {} },
    HostConfig = { PortBindings = port and sample.host_port and {
      [port] = { { HostPort = sample.host_port } } } },
  }, sample.name, created)
  if sample.state == "created" then return end
  container:start(created + 1)
  local finished = sample.state == "restarting" and now - MINUTE
    or created + sample.age / 2
  container:settle(sample.exit_code and finished)
  if sample.state == "paused" then container:pause() end
  if not sample.exit_code then return end
  container:finish(finished, sample.exit_code)
  container.state = sample.state
end

--- A host; see init.lua.
function Host.new(name, delay)
  local host = setmetatable({ name = name, delay = delay,
    images = {}, containers = {},       -- by name in full, by id
    by_name = {},                       -- containers
    made = {},                          -- how many had that name so far
    taken = {}, next_free = {},         -- see docker_container.lua
  }, Host)
  for _, image in ipairs { "busybox:1", "nginx:1.27", "postgres:16" } do
    host.images[image] = images.new(image)
  end
  local now = T.now()
  for _, sample in ipairs(samples_of(name)) do add_sample(host, sample, now) end
  return host
end

return Host
