-- container.lua -- one simulated container: what it is, and its life.
--
-- The state is brought up to date when somebody looks (settle): its program
-- catches up with the present, and may turn out to have ended meanwhile.

local core = require "luft.core"

core.mine()

local T = require "luft.world"
local digest = require "luft.playground.digest"
local network = require "luft.playground.network"
local programs = require "luft.playground.programs"
local wire = require "luft.playground.wire"

local Container = {}
Container.__index = Container

local raw_pcall = require "luft.raw".pcall

local KILLED, FIRST_PID = 137, 1000

-- Its command -----------------------------------------------------------------

local function append(to, list)
  if type(list) == "string" then list = { list } end
  for _, word in ipairs(wire.given(list) or {}) do to[#to + 1] = word end
end

--- What runs in it: entrypoint and command.
function Container:command()
  local words = {}
  append(words, self.config.Entrypoint)
  append(words, self.config.Cmd)
  return words
end

local function environment_of(config)
  local environment = {}
  for _, pair in ipairs(wire.given(config.Env) or {}) do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    environment[name] = value
  end
  return environment
end

-- Birth -----------------------------------------------------------------------

--- A container that has not been started.
-- @param host  the host that has it
-- @param fields  id name image config host_config created mounts
local function new(host, fields)
  local container = setmetatable(fields, Container)
  container.host = host
  container.state, container.exit_code, container.error = "created", 0, ""
  container.restarts = 0
  container.log = {}                    -- {at=, source=, text=}, oldest first
  container.changes = 0
  container.followers = {}              -- tasks that wait for a change
  return container
end

-- Its end ---------------------------------------------------------------------

--- Something about it is different: wakes whoever follows it.
function Container:tell()
  self.changes = self.changes + 1
  for _, task in ipairs(self.followers) do
    if task.waiting then T.host.wake(task) end
  end
end

local function writer(container)
  return function(at, source, text)
    container.log[#container.log + 1] = { at = at, source = source,
      text = text }
  end
end

local function will_restart(container)
  local policy = wire.given(container.host_config.RestartPolicy) or {}
  if policy.Name == "on-failure" then return container.exit_code ~= 0 end
  return policy.Name == "always" or policy.Name == "unless-stopped"
end

--- It has ended, at that time, with that exit status.
function Container:finish(time, code)
  self.state, self.exit_code, self.finished = "exited", code, time
  self.pid, self.paused = nil, nil
  network.disconnect(self)
  self:tell()
end

--- Brings it up to date.  One whose policy is to be restarted stays in the
-- state restarting: the playground does not try over and over.
-- @param time  the present; another one only for what is said to be older
function Container:settle(time)
  if self.state ~= "running" then return self end
  self.program:run(time or T.now(), writer(self))
  if self.program.exit_code then
    self:finish(self.program.clock, self.program.exit_code)
    if will_restart(self) then
      self.state, self.restarts = "restarting", self.restarts + 1
    end
  end
  return self
end

--- Whether it has a process.
function Container:is_up()
  self:settle()
  return self.state == "running" or self.state == "paused"
end

--- Whether it is up, or will be again by itself.
function Container:is_alive()
  return self:is_up() or self.state == "restarting"
end

-- What can be done with it ----------------------------------------------------

--- Starts it, as of a time; it must not be running.
function Container:start(time)
  if self.state == "dead" then
    wire.refuse(409, "container is marked for removal and cannot be started")
  end
  network.connect(self)
  self.state, self.started, self.exit_code = "running", time, 0
  self.error = ""
  self.host.pids = (self.host.pids or FIRST_PID) + 1
  self.pid = self.host.pids
  self.program = programs.start(self:command(), time, {
    environment = environment_of(self.config),
    stdin_open = self.config.OpenStdin == true,
  })
  self:tell()
end

--- Ends it with that signal.
function Container:kill(signal)
  local code = KILLED
  if signal == "TERM" or signal == "INT" or signal == "QUIT" then
    code = self.program and self.program.on_stop or KILLED
  elseif signal ~= "KILL" then
    return                              -- it catches that, and goes on
  end
  self:finish(T.now(), code)
end

function Container:pause()
  self.state, self.paused = "paused", T.now()
  self:tell()
end

function Container:unpause()
  self.program:delay(T.now() - self.paused)
  self.state, self.paused = "running", nil
  self:tell()
end

--- When it will do something by itself; nil when that is never, or unknown.
function Container:next_time()
  return self.state == "running" and self.program:next_time() or nil
end

local function remove(list, value)
  for i = 1, #list do
    if list[i] == value then return table.remove(list, i) end
  end
end

--- Waits until something is different, or its program goes on.
function Container:wait()
  local task, before = T.current(), self.changes
  table.insert(self.followers, task)
  local ok, err = raw_pcall(T.wait_for, "a container", function()
    return self.changes ~= before
  end, self:next_time())
  remove(self.followers, task)
  if not ok then error(err, 0) end
end

--- Hexadecimal digits that are always the same for this container.
function Container:digits(what, length)
  return digest.hex(what .. " " .. self.id, length)
end

return { new = new }
