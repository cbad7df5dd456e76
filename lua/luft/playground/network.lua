-- network.lua -- addresses and ports of a simulated host's containers.

local core = require "luft.core"

core.mine()

local digest = require "luft.playground.digest"
local wire = require "luft.playground.wire"

local network = {}

local raw_pcall = require "luft.raw".pcall

local FIRST_PORT, LAST_PORT = 49153, 65535      -- for ports nobody chose
local ANYWHERE = "0.0.0.0"

-- Modes -----------------------------------------------------------------------

--- bridge, host, none, container:NAME, or a network's name.
function network.mode(container)
  local mode = wire.given(container.host_config.NetworkMode) or "default"
  if mode == "default" then return "bridge" end
  return mode
end

local built_in = { bridge = true, host = true, none = true }

local function check_mode(container)
  local mode = network.mode(container)
  local other = mode:match("^container:(.*)$")
  if other then
    local target = container.host:find(other)
    if not target:is_alive() then
      wire.refuse(409, "cannot join network of a non running container: %s",
        target.id)
    end
  elseif not built_in[mode] then
    wire.refuse(404, "network %s not found", mode)
  end
end

-- Ports -----------------------------------------------------------------------

local function sorted_names(set)
  local names = {}
  for name in pairs(set or {}) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function overlaps(a, b)
  return a == b or a == ANYWHERE or b == ANYWHERE
end

-- Whether a running container of the host has it.
local function is_taken(host, address, port, protocol)
  for _, container in pairs(host.containers) do
    for name, bindings in pairs(container.ports or {}) do
      for _, binding in ipairs(bindings) do
        if binding.HostPort == port and overlaps(binding.HostIp, address)
          and name:match("/(.*)$") == protocol then
          return true
        end
      end
    end
  end
  return false
end

local function free_port(host, protocol)
  for port = FIRST_PORT, LAST_PORT do
    port = ("%d"):format(port)
    if not is_taken(host, ANYWHERE, port, protocol) then return port end
  end
  wire.refuse(500, "all ports are allocated")
end

local function bind(container, name, wanted)
  local host, protocol = container.host, name:match("/(.*)$")
  local address = wire.given(wanted.HostIp) or ANYWHERE
  local port = wire.given(wanted.HostPort)
  if not port or port == "0" then
    port = free_port(host, protocol)
  elseif is_taken(host, address, port, protocol) then
    wire.refuse(500, "driver failed programming external connectivity on "
      .. "endpoint %s (%s): Bind for %s:%s failed: port is already allocated",
      container.name, container:digits("endpoint", 64), address, port)
  end
  table.insert(container.ports[name], { HostIp = address, HostPort = port })
end

local function bind_all(container)
  local host_config = container.host_config
  local bindings = wire.given(host_config.PortBindings) or {}
  for _, name in ipairs(sorted_names(container.config.ExposedPorts)) do
    local wanted = wire.given(bindings[name]) or {}
    container.ports[name] = {}
    for _, one in ipairs(wanted) do bind(container, name, one) end
    if #wanted == 0 and host_config.PublishAllPorts == true then
      bind(container, name, {})
    end
  end
end

-- Connecting ------------------------------------------------------------------

local function free_address(host)
  local taken, last = {}, 2                     -- .1 is the host's own
  for _, container in pairs(host.containers) do
    if container.address then taken[container.address] = true end
  end
  local function address()
    return ("172.17.%d.%d"):format(math.floor(last / 256), last % 256)
  end
  while taken[address()] do last = last + 1 end
  return address()
end

--- Gives it an address and its ports, as far as its mode has such; raises what
-- is in the way, and then has given nothing.
function network.connect(container)
  for _, other in pairs(container.host.containers) do other:settle() end
  container.ports = {}
  local ok, err = raw_pcall(function()
    check_mode(container)
    if network.mode(container) ~= "bridge"
      or container.config.NetworkDisabled == true then return end
    bind_all(container)
    container.address = free_address(container.host)
  end)
  if ok then return end
  container.ports = {}
  if container.state == "created" then container.exit_code = 128 end
  container.error = type(err) == "table" and err.message or tostring(err)
  error(err, 0)
end

function network.disconnect(container)
  container.address, container.ports = nil, {}
end

-- As the API shows them -------------------------------------------------------

local function mac_address(address)
  local c, d = address:match("(%d+)%.(%d+)$")
  return ("02:42:ac:11:%02x:%02x"):format(tonumber(c), tonumber(d))
end

--- NetworkSettings.Networks of both lists and inspections.
function network.networks(container)
  local mode, address = network.mode(container), container.address or ""
  if not built_in[mode] or container.config.NetworkDisabled == true then
    return {}
  end
  local up = address ~= ""
  return { [mode] = {
    IPAddress = address, IPPrefixLen = up and 16 or 0,
    Gateway = up and "172.17.0.1" or "",
    MacAddress = up and mac_address(address) or "",
    NetworkID = digest.hex("network " .. mode .. container.host.name, 64),
    EndpointID = up and container:digits("endpoint", 64) or "",
    Aliases = core.json.null, Links = core.json.null,
  } }
end

--- NetworkSettings.Ports of an inspection.
function network.port_map(container)
  local map = {}
  for name, bindings in pairs(container.ports or {}) do
    map[name] = #bindings > 0 and core.json.array(bindings) or core.json.null
  end
  return map
end

--- Ports of a list.
function network.port_list(container)
  local list = {}
  for _, name in ipairs(sorted_names(container.ports)) do
    local port, protocol = name:match("^(%d+)/(.*)$")
    local private = tonumber(port)
    for _, binding in ipairs(container.ports[name]) do
      list[#list + 1] = { IP = binding.HostIp, PrivatePort = private,
        PublicPort = tonumber(binding.HostPort), Type = protocol }
    end
    if #container.ports[name] == 0 then
      list[#list + 1] = { PrivatePort = private, Type = protocol }
    end
  end
  return core.json.array(list)
end

return network
