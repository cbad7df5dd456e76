-- docker_container.lua -- a container of a simulated Docker host: its life, its
-- address and ports, its log.
--
-- The state is brought up to date when somebody looks (settle): its program
-- catches up with the present, and may turn out to have ended meanwhile.

local core = require "luft.core"

core.mine()

local T = require "luft.world"
local programs = require "luft.playground.programs"
local tools = require "luft.playground.tools"

local Container = {}
Container.__index = Container

local raw_pcall = require "luft.raw".pcall
local given, refuse = tools.given, tools.refuse

local KILLED, NOT_FOUND = 137, 127              -- exit statuses
local FIRST_PORT = 49153                        -- of those that nobody chose

--- A container that has not been started.
-- @param host  the host that has it: taken next_free find(name)
-- @param fields  id name image config host_config created
local function new(host, fields)
  local container = setmetatable(fields, Container)
  container.host, container.state, container.exit_code = host, "created", 0
  container.error, container.ports = "", {}
  container.log = {}                    -- {at=, source=, text=}, oldest first
  container.changes, container.followers = 0, {}
  return container
end

--- What runs in it: entrypoint and command.
function Container:command()
  local words = {}
  for _, part in ipairs { "Entrypoint", "Cmd" } do
    for _, word in ipairs(given(self.config[part]) or {}) do
      words[#words + 1] = word
    end
  end
  return words
end

-- Its network -----------------------------------------------------------------

local function check_network(container)
  local mode = container.host_config.NetworkMode
  local other = mode:match("^container:(.*)$")
  if other and not container.host:find(other):is_up() then
    refuse(409, "cannot join network of a non running container: %s", other)
  elseif not other and mode ~= "bridge" and mode ~= "host"
    and mode ~= "none" then
    refuse(404, "network %s not found", mode)
  end
end

-- Takes an address or a port of the host, until the container ends.
-- @return whether it was free
local function take(container, what)
  local taken = container.host.taken
  if taken[what] then taken[what]:settle() end    -- it may have ended meanwhile
  if taken[what] then return false end
  taken[what] = container
  return true
end

-- Takes the first one that is free.
-- @param naming  how they are called: a format for the number
-- @return its number
local function take_any(container, naming, first)
  local next_free = container.host.next_free
  local number = next_free[naming] or first
  while not take(container, naming:format(number)) do number = number + 1 end
  next_free[naming] = number + 1
  return number
end

local function give_back(container)
  local host = container.host
  for what, owner in pairs(host.taken) do
    if owner == container then host.taken[what] = nil end
  end
  host.next_free = {}
  container.address, container.ports = nil, {}
end

local function bind(container, name, wanted)
  local protocol = name:match("/.*$")
  local address, port = given(wanted.HostIp) or "0.0.0.0",
    given(wanted.HostPort)
  if port and not take(container, port .. protocol) then
    refuse(500, "driver failed programming external connectivity on endpoint "
      .. "%s (%s): Bind for %s:%s failed: port is already allocated",
      container.name, tools.hex("endpoint " .. container.id, 64), address, port)
  end
  port = port or take_any(container, "%d" .. protocol, FIRST_PORT)
  table.insert(container.ports[name], { HostIp = address,
    HostPort = tostring(port) })
end

local function bind_all(container)
  local bindings = given(container.host_config.PortBindings) or {}
  for _, name in ipairs(tools.sorted_names(container.config.ExposedPorts)) do
    local wanted = given(bindings[name]) or {}
    container.ports[name] = {}
    if #wanted == 0 and container.host_config.PublishAllPorts == true then
      wanted = { {} }
    end
    for _, one in ipairs(wanted) do bind(container, name, one) end
  end
end

local function connect(container)
  check_network(container)
  if container.host_config.NetworkMode ~= "bridge"
    or container.config.NetworkDisabled == true then return end
  bind_all(container)
  local number = take_any(container, "address %d", 2)     -- 1 is the host's
  container.address = ("172.17.%d.%d"):format(math.floor(number / 256),
    number % 256)
end

-- Its life --------------------------------------------------------------------

-- Something about it is different: wakes whoever follows it.
function Container:tell()
  self.changes = self.changes + 1
  for task in pairs(self.followers) do
    if task.waiting then T.host.wake(task) end
  end
end

--- It has ended, at that time, with that exit status.
function Container:finish(time, code)
  self.state, self.exit_code, self.finished = "exited", code, time
  give_back(self)
  self:tell()
end

-- What its program does next, as of a time.
local function look_ahead(container, time)
  container.next = container.program()
  container.next.at = time + container.next.after
end

--- Brings it up to date.
-- @param time  the present; another one only for what is said to be older
function Container:settle(time)
  time = time or T.now()
  while self.state == "running" and self.next.at <= time do
    local event = self.next
    if event.exit then
      self:finish(event.at, event.exit)
    else
      if event.text then
        table.insert(self.log, { at = event.at, source = event.source,
          text = programs.text_at(event, event.at) })
      end
      look_ahead(self, event.at)
    end
  end
  return self
end

--- Whether it has a process, or will have one again by itself.
function Container:is_up()
  self:settle()
  return self.state == "running" or self.state == "paused"
    or self.state == "restarting"
end

local function setting_of(container)
  local config, variables = container.config, {}
  for _, pair in ipairs(config.Env) do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    variables[name] = value
  end
  return { variables = variables, hostname = config.Hostname,
    directory = given(config.WorkingDir) or "/",
    user = given(config.User) or "0", stdin_open = config.OpenStdin == true }
end

local function check_program(container)
  local path = container:command()[1]
  if programs.is_there(path) then return end
  container.exit_code = NOT_FOUND
  refuse(400, "failed to create task for container: failed to create shim "
    .. "task: OCI runtime create failed: runc create failed: unable to start "
    .. 'container process: exec: "%s": stat %s: no such file or directory: '
    .. "unknown", path, path)
end

--- Starts it, as of a time; it must not be up.
function Container:start(time)
  local ok, err = tools.try(function()
    connect(self)
    check_program(self)
  end)
  if not ok then
    give_back(self)
    self.error = err.message
    error(err, 0)
  end
  self.state, self.started, self.exit_code = "running", time, 0
  self.error = ""
  self.program, self.stop_status = programs.start(self:command(),
    setting_of(self))
  look_ahead(self, time)
  self:tell()
end

--- Ends it: with SIGTERM, or by force.
function Container:stop(by_force)
  self:finish(T.now(), not by_force and self.stop_status or KILLED)
end

function Container:pause()
  self.state, self.paused = "paused", T.now()
end

function Container:unpause()
  self.next.at = self.next.at + T.now() - self.paused
  self.state = "running"
  self:tell()
end

--- Waits until something is different, or its program goes on.
function Container:wait()
  local task, before = T.current(), self.changes
  local next_time = self.state == "running" and self.next.at or math.huge
  self.followers[task] = true
  local ok, err = raw_pcall(T.wait_for, "a container", function()
    return self.changes ~= before
  end, next_time < math.huge and next_time or nil)
  self.followers[task] = nil
  if not ok then error(err, 0) end
end

-- Its log ---------------------------------------------------------------------

-- {source, 0, 0, 0, size (4 bytes, the high one first)}, and the text; with a
-- terminal, the text alone.
local function written(container, entry, timestamps)
  local text = timestamps and tools.rfc3339(entry.at) .. " " .. entry.text
    or entry.text
  if container.config.Tty == true then return (text:gsub("\n", "\r\n")) end
  local size = #text
  return string.char(entry.source, 0, 0, 0, 0, math.floor(size / 65536) % 256,
    math.floor(size / 256) % 256, size % 256) .. text
end

--- What it wrote, as far as it is wanted; an iterator if it is followed.
-- @param wanted  stdout stderr since tail follow timestamps
function Container:read_log(wanted)
  local function wants(entry)
    return (entry.source == 2 and wanted.stderr or entry.source == 1
      and wanted.stdout) and entry.at >= (wanted.since or 0)
  end
  local place, left = #self:settle().log, wanted.tail or math.huge
  while place > 0 and left > 0 do
    if wants(self.log[place]) then left = left - 1 end
    place = place - 1
  end
  local function unread()
    local parts = {}
    for i = place + 1, #self.log do
      if wants(self.log[i]) then
        parts[#parts + 1] = written(self, self.log[i], wanted.timestamps)
      end
    end
    place = #self.log
    return table.concat(parts)
  end
  if not wanted.follow then return unread() end
  return function()
    while true do
      local goes_on = self:is_up()
      local piece = unread()
      if piece ~= "" then return piece end
      if not goes_on then return nil end
      self:wait()
    end
  end
end

return { new = new }
