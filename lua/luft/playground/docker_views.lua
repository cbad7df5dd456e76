-- docker_views.lua -- what a simulated Docker host has, as the Docker API shows
-- it: lists and inspections of containers and images.

local core = require "luft.core"

core.mine()

local T = require "luft.world"
local tools = require "luft.playground.tools"

local views = {}

local array, null = core.json.array, core.json.null
local given = tools.given

local DAY = 86400

-- States ----------------------------------------------------------------------

-- Up to how many seconds which unit is used, and how a single one is called.
local scales = {
  { 60, 1, "seconds", "1 second" }, { 3600, 60, "minutes", "About a minute" },
  { 2 * DAY, 3600, "hours", "About an hour" }, { 14 * DAY, DAY, "days" },
  { 60 * DAY, 7 * DAY, "weeks" }, { math.huge, 30 * DAY, "months" },
}

local function in_words(seconds)
  if seconds < 1 then return "Less than a second" end
  for _, scale in ipairs(scales) do
    if seconds < scale[1] then
      local count = math.floor(seconds / scale[2])
      return count == 1 and scale[4] or ("%d %s"):format(count, scale[3])
    end
  end
end

-- "Up 5 minutes (Paused)", "Exited (0) 2 hours ago".
local function status_of(container)
  local state, now = container.state, T.now()
  if state == "created" then return "Created" end
  if state == "dead" then return "Dead" end
  if state == "exited" or state == "restarting" then
    return ("%s (%d) %s ago"):format(
      state == "exited" and "Exited" or "Restarting", container.exit_code,
      in_words(now - container.finished))
  end
  return "Up " .. in_words(now - container.started)
    .. (state == "paused" and " (Paused)" or "")
end

local function state_of(container)
  local state = container.state
  return {
    Status = state, Paused = state == "paused", Dead = state == "dead",
    Running = container:is_up(), Restarting = state == "restarting",
    OOMKilled = false, ExitCode = container.exit_code, Error = container.error,
    StartedAt = tools.rfc3339(container.started),
    FinishedAt = tools.rfc3339(container.finished),
  }
end

-- Networks, ports, mounts -----------------------------------------------------

local function networks_of(container)
  local mode = container.host_config.NetworkMode
  if mode:find("^container:") or container.config.NetworkDisabled == true then
    return {}
  end
  return { [mode] = { IPAddress = container.address or "",
    IPPrefixLen = container.address and 16 or 0,
    Gateway = container.address and "172.17.0.1" or "" } }
end

local function port_map(container)
  local map = {}
  for name, bindings in pairs(container.ports) do
    map[name] = #bindings > 0 and array(bindings) or null
  end
  return map
end

local function port_list(container)
  local list = {}
  for _, name in ipairs(tools.sorted_names(container.ports)) do
    local port, protocol = name:match("^(%d+)/(.*)$")
    local bindings = container.ports[name]
    for i = 1, math.max(1, #bindings) do
      local binding = bindings[i] or {}
      list[#list + 1] = { IP = binding.HostIp, PrivatePort = tonumber(port),
        PublicPort = tonumber(binding.HostPort), Type = protocol }
    end
  end
  return array(list)
end

-- Those of "/here:/there:ro", and the volumes that have no place of the host's.
local function mounts_of(container)
  local list = {}
  for _, bind in ipairs(given(container.host_config.Binds) or {}) do
    local source, target, mode = bind:match("^([^:]*):([^:]*):?(.*)$")
    list[#list + 1] = { Type = source:find("^/") and "bind" or "volume",
      Source = source, Destination = target, Mode = mode, RW = mode ~= "ro" }
  end
  for _, target in ipairs(tools.sorted_names(container.config.Volumes)) do
    local name = tools.hex("volume " .. target .. container.id, 64)
    list[#list + 1] = { Type = "volume", Name = name, Destination = target,
      Source = "/var/lib/docker/volumes/" .. name .. "/_data", Mode = "",
      RW = true }
  end
  table.sort(list, function(a, b) return a.Destination < b.Destination end)
  return array(list)
end

-- Containers ------------------------------------------------------------------

--- GET /containers/{id}/json.
function views.inspection(container)
  local words = container:command()
  local networks = networks_of(container)
  return {
    Id = container.id, Name = "/" .. container.name,
    Path = table.remove(words, 1), Args = array(words),
    Created = tools.rfc3339(container.created), State = state_of(container),
    Image = container.image.id, Config = container.config,
    HostConfig = container.host_config, RestartCount = 0, Platform = "linux",
    Mounts = mounts_of(container), NetworkSettings = {
      IPAddress = networks.bridge and networks.bridge.IPAddress or "",
      Ports = port_map(container), Networks = networks,
    },
  }
end

--- One of GET /containers/json.
function views.summary(container)
  return {
    Id = container.id, Names = array { "/" .. container.name },
    Image = container.config.Image, ImageID = container.image.id,
    Command = table.concat(container:command(), " "),
    Created = math.floor(container.created), State = container.state,
    Status = status_of(container), Ports = port_list(container),
    Labels = container.config.Labels, Mounts = mounts_of(container),
    HostConfig = { NetworkMode = container.host_config.NetworkMode },
    NetworkSettings = { Networks = networks_of(container) },
  }
end

-- Images ----------------------------------------------------------------------

--- One of GET /images/json.
function views.image_summary(image)
  return {
    Id = image.id, ParentId = "", RepoTags = array { image.tag and image.name },
    RepoDigests = array { image.repository .. "@" .. image.digest },
    Created = image.created, Size = image.size, SharedSize = -1,
    Containers = -1, Labels = image.config.Labels,
  }
end

--- GET /images/{name}/json.
function views.image_inspection(image)
  local view = views.image_summary(image)
  view.Created, view.Config = tools.rfc3339(image.created), image.config
  view.Architecture, view.Os = "amd64", "linux"
  return view
end

return views
