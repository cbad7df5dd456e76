-- views.lua -- containers as the Docker API shows them, and filters on lists.

local core = require "luft.core"

core.mine()

local T = require "luft.world"
local images = require "luft.playground.images"
local network = require "luft.playground.network"
local times = require "luft.playground.times"
local wire = require "luft.playground.wire"

local views = {}

local array, null = core.json.array, core.json.null

-- States ----------------------------------------------------------------------

--- "Up 5 minutes (Paused)", "Exited (0) 2 hours ago".
function views.status(container)
  local state, now = container.state, T.now()
  local function ago(time) return times.words(now - (time or now)) end
  if state == "created" then return "Created" end
  if state == "dead" then return "Dead" end
  if state == "exited" or state == "restarting" then
    return ("%s (%d) %s ago"):format(
      state == "exited" and "Exited" or "Restarting", container.exit_code,
      ago(container.finished))
  end
  return "Up " .. ago(container.started)
    .. (state == "paused" and " (Paused)" or "")
end

local function state_of(container)
  local state = container.state
  return {
    Status = state, Paused = state == "paused",
    Running = state == "running" or state == "paused"
      or state == "restarting",
    Restarting = state == "restarting", Dead = state == "dead",
    OOMKilled = false, Pid = container.pid or 0,
    ExitCode = container.exit_code, Error = container.error,
    StartedAt = times.rfc3339(container.started),
    FinishedAt = times.rfc3339(container.finished),
  }
end

-- Mounts ----------------------------------------------------------------------

-- Those of "/here:/there:ro", and the volumes that have no place of the host's.
local function mounts_of(container)
  local list = {}
  for _, bind in ipairs(wire.given(container.host_config.Binds) or {}) do
    local source, target, mode = bind:match("^([^:]*):([^:]*):?(.*)$")
    if source then
      local is_bind = source:sub(1, 1) == "/"
      list[#list + 1] = {
        Type = is_bind and "bind" or "volume", Source = is_bind and source
          or "/var/lib/docker/volumes/" .. source .. "/_data",
        Name = not is_bind and source or nil, Destination = target,
        Mode = mode, RW = not ("," .. mode .. ","):find(",ro,"),
        Propagation = "rprivate",
      }
    end
  end
  for target in pairs(wire.given(container.config.Volumes) or {}) do
    local name = container:digits("volume " .. target, 64)
    list[#list + 1] = {
      Type = "volume", Name = name, Destination = target, Driver = "local",
      Source = "/var/lib/docker/volumes/" .. name .. "/_data", Mode = "",
      RW = true, Propagation = "",
    }
  end
  table.sort(list, function(a, b) return a.Destination < b.Destination end)
  return array(list)
end

-- One container ---------------------------------------------------------------

local function copy_with(given, defaults)
  local copy = {}
  for name, value in pairs(defaults) do copy[name] = value end
  for name, value in pairs(given) do
    if value ~= null or copy[name] == nil then copy[name] = value end
  end
  return copy
end

local function config_of(container)
  return copy_with(container.config, {
    Hostname = container.id:sub(1, 12), Domainname = "", User = "",
    AttachStdin = false, AttachStdout = false, AttachStderr = false,
    OpenStdin = false, StdinOnce = false, Tty = false, OnBuild = null,
  })
end

local function host_config_of(container)
  return copy_with(container.host_config, {
    NetworkMode = network.mode(container), AutoRemove = false, Binds = null,
    RestartPolicy = { Name = "no", MaximumRetryCount = 0 }, CpuShares = 0,
    LogConfig = { Type = "json-file", Config = {} }, Memory = 0,
    MemorySwap = 0, NanoCpus = 0, PortBindings = {}, Privileged = false,
    PublishAllPorts = false, ReadonlyRootfs = false, Runtime = "runc",
    VolumesFrom = null,
  })
end

local function network_settings_of(container)
  local networks = network.networks(container)
  local bridge = networks.bridge or {}
  return {
    Gateway = bridge.Gateway or "", IPAddress = bridge.IPAddress or "",
    IPPrefixLen = bridge.IPPrefixLen or 0,
    MacAddress = bridge.MacAddress or "",
    Ports = network.port_map(container), Networks = networks,
  }
end

local function path_and_arguments(container)
  local words = container:command()
  local path = table.remove(words, 1)
  return path or "", array(words)
end

--- GET /containers/{id}/json.
function views.inspection(container)
  local path, arguments = path_and_arguments(container)
  return {
    Id = container.id, Name = "/" .. container.name, Path = path,
    Args = arguments, Created = times.rfc3339(container.created),
    State = state_of(container), Image = container.image.id,
    Config = config_of(container), HostConfig = host_config_of(container),
    RestartCount = container.restarts, Driver = "overlay2", ExecIDs = null,
    Platform = "linux", Mounts = mounts_of(container),
    NetworkSettings = network_settings_of(container),
  }
end

--- One of GET /containers/json.
function views.summary(container)
  return {
    Id = container.id, Names = array { "/" .. container.name },
    Image = container.config.Image, ImageID = container.image.id,
    Command = table.concat(container:command(), " "),
    Created = math.floor(container.created), State = container.state,
    Status = views.status(container), Ports = network.port_list(container),
    Labels = wire.given(container.config.Labels) or {},
    HostConfig = { NetworkMode = network.mode(container) },
    NetworkSettings = { Networks = network.networks(container) },
    Mounts = mounts_of(container),
  }
end

--- GET /containers/{id}/top.
function views.processes(container)
  local started = os.date("!%H:%M", math.floor(container.started))
  return {
    Titles = array { "UID", "PID", "PPID", "C", "STIME", "TTY", "TIME",
      "CMD" },
    Processes = array { array { "root", tostring(container.pid),
      tostring(container.pid - 21), "0", started,
      container.config.Tty == true and "pts/0" or "?", "00:00:00",
      table.concat(container:command(), " ") } },
  }
end

-- Filters ---------------------------------------------------------------------

local filters = {}

function filters.id(container, wanted)
  return container.id:sub(1, #wanted) == wanted
end

-- A part of the name; ^/web$ is all of it.
function filters.name(container, wanted)
  local part, whole = wanted:gsub("^%^?/?", ""), wanted:match("^%^/?(.*)%$$")
  return container.name == whole
    or (not whole and container.name:find(part, 1, true) ~= nil)
end

local states = { created = true, running = true, paused = true,
  restarting = true, removing = true, exited = true, dead = true }

function filters.status(container, wanted)
  if not states[wanted] then
    wire.refuse(400, "invalid filter 'status=%s'", wanted)
  end
  return container.state == wanted
end

function filters.exited(container, wanted)
  return container.state == "exited"
    and container.exit_code == tonumber(wanted)
end

function filters.ancestor(container, wanted)
  local image = container.image
  local id = wanted:gsub("^sha256:", "")
  return image.name == images.full_name(wanted)
    or (#id >= 4 and image.id:sub(8, 7 + #id) == id)
end

function filters.label(container, wanted)
  local name, value = wanted:match("^([^=]*)=?(.*)$")
  local is = (wire.given(container.config.Labels) or {})[name]
  return is ~= nil and (not wanted:find("=") or is == value)
end

-- ["a", "b"], or {"a": true} as older clients write it.
local function values_of(wanted)
  local values = {}
  for key, value in pairs(type(wanted) == "table" and wanted or {}) do
    if type(key) == "number" then values[#values + 1] = tostring(value)
    elseif value == true then values[#values + 1] = key end
  end
  return values
end

local function matches_one(filter, container, values)
  for _, value in ipairs(values) do
    if filter(container, value) then return true end
  end
  return #values == 0
end

--- A function that says whether a container is wanted, for a query's filters.
-- @return it, and whether they ask for states, so that all count
function views.filter(text)
  local given, why = wire.decode(text)
  if type(given) ~= "table" then
    wire.refuse(400, "invalid filter: %s", why or "it is no object")
  end
  local wanted = {}
  for name, value in pairs(given) do
    if not filters[name] then wire.refuse(400, "invalid filter '%s'", name) end
    wanted[name] = values_of(value)
  end
  return function(container)
    for name, values in pairs(wanted) do
      if not matches_one(filters[name], container, values) then
        return false
      end
    end
    return true
  end, wanted.status ~= nil or wanted.exited ~= nil
end

return views
