-- programs.lua -- what runs in simulated containers, of whatever cloud.
--
-- A program is an iterator over what it does: {after=seconds, source=1 or 2,
-- text=} for what it writes, {after=} for time that passes, {exit=status} at
-- the end.  Nothing runs in the background: whoever looks at a container first
-- takes what its program has done up to then.
--
-- Known are some servers by name, with the lines they write at their start, and
-- as commands of their own or behind sh -c (see shell.lua):
--
--   echo [-n]   sleep SECONDS   true   :   false   env   pwd   id -u   hostname
--
-- Of anything else it is said that it is not simulated, and it just stays.

local core = require "luft.core"

core.mine()

local shell = require "luft.playground.shell"
local tools = require "luft.playground.tools"

local programs = {}

local yield = coroutine.yield

local KILLED = 137              -- the status of what does not heed SIGTERM
local OUT, ERR = 1, 2

-- Servers ---------------------------------------------------------------------

-- Their lines as {seconds after the line before, where to, text}; {%H:%M:%S} in
-- a text is the time.  `stop` is the status of one that is told to stop; one
-- with `ends` does not stay.
local servers = {
  ["catalina.sh"] = { stop = 143,
    { 0.8, ERR, "{%d-%b-%Y %H:%M:%S} INFO [main] org.apache.catalina.startup."
      .. "Catalina.start Server startup in [512] milliseconds" } },
  hello = { ends = 0,
    { 0.01, OUT, "" }, { 0, OUT, "Hello from Docker!" },
    { 0, OUT, "This message shows that your installation appears to be "
      .. "working correctly." }, { 0, OUT, "" } },
  ["httpd-foreground"] = { stop = 0,
    { 0.05, ERR, "[{%a %b %d %H:%M:%S %Y}] [mpm_event:notice] [pid 1:tid 1] "
      .. "AH00489: Apache/2.4 (Unix) configured -- resuming normal "
      .. "operations" } },
  mysqld = { stop = 0,
    { 1, ERR, "{%Y-%m-%dT%H:%M:%S}Z 0 [System] mysqld: ready for "
      .. "connections. port: 3306" } },
  nginx = { stop = 0,
    { 0.01, OUT, "/docker-entrypoint.sh: Configuration complete; ready for "
      .. "start up" },
    { 0.02, ERR, '{%Y/%m/%d %H:%M:%S} [notice] 1#1: using the "epoll" event '
      .. "method" },
    { 0, ERR, "{%Y/%m/%d %H:%M:%S} [notice] 1#1: start worker processes" },
    { 0, ERR, "{%Y/%m/%d %H:%M:%S} [notice] 1#1: start worker process 29" } },
  postgres = { stop = 0,
    { 0.4, OUT, "PostgreSQL init process complete; ready for start up." },
    { 0.2, ERR, "{%Y-%m-%d %H:%M:%S} UTC [1] LOG:  database system is ready "
      .. "to accept connections" } },
  ["redis-server"] = { stop = 0,
    { 0.02, OUT, "1:M {%d %b %Y %H:%M:%S} * Ready to accept connections "
      .. "tcp" } },
  tail = {},                    -- with -f, which is why it is there
  top = {},
}

local function write(source, text)
  yield { after = 0, source = source, text = text }
end

local function stay()
  yield { after = math.huge }
end

local function serve(lines)
  for _, line in ipairs(lines) do
    yield { after = line[1], source = line[2], text = line[3] .. "\n",
      timed = true }
  end
  if not lines.ends then stay() end
  return lines.ends
end

-- Commands --------------------------------------------------------------------

-- command(words, setting, source) gives its status.
local commands = {}

function commands.echo(words, _, source)
  local ending, first = "\n", 2
  if words[2] == "-n" then ending, first = "", 3 end
  write(source, table.concat(words, " ", first) .. ending)
  return 0
end

local units = { [""] = 1, s = 1, m = 60, h = 3600, d = 86400 }

function commands.sleep(words, setting)
  local number, unit = (words[2] or ""):match("^([%d.]+)([smhd]?)$")
  local seconds = tonumber(number) and tonumber(number) * units[unit]
    or (words[2] or ""):find("^inf") and math.huge
  if not seconds then
    write(ERR, ("sleep: invalid time interval '%s'\n"):format(words[2] or ""))
    return 1
  end
  setting.pass(seconds)
  return 0
end

commands["true"] = function() return 0 end
commands[":"] = commands["true"]
commands["false"] = function() return 1 end

function commands.env(_, setting, source)
  for _, name in ipairs(tools.sorted_names(setting.variables)) do
    write(source, name .. "=" .. setting.variables[name] .. "\n")
  end
  return 0
end

-- Commands that write one of the container's properties.
for command, property in pairs { pwd = "directory", hostname = "hostname",
  id = "user" } do
  commands[command] = function(_, setting, source)
    write(source, setting[property] .. "\n")
    return 0
  end
end

-- Any program -----------------------------------------------------------------

local shells = { sh = true, bash = true, ash = true, dash = true }
local prompts = { python3 = true, node = true }
local wrappers = { ["docker-entrypoint.sh"] = true, exec = true, tini = true }

local function base_name(path)
  return path:match("[^/]*$")
end

-- The words without programs that only start another one.
local function unwrapped(words)
  local first = 1
  while words[first + 1] and wrappers[base_name(words[first])] do
    first = first + 1
  end
  local rest = { base_name(words[first]) }
  for i = first + 1, #words do rest[#rest + 1] = words[i] end
  return rest
end

local function not_simulated(what)
  write(ERR, ("playground: what '%s' does is not simulated; it just keeps "
    .. "running\n"):format(what))
  stay()
end

-- A setting of its own: what it does to variables is not seen outside.
local function copy_of(setting)
  local copy, variables = {}, {}
  for name, value in pairs(setting) do copy[name] = value end
  for name, value in pairs(setting.variables) do variables[name] = value end
  copy.variables = variables
  return copy
end

local function run_script(text, setting)
  local script = shell.compile(text)
  return script and script(copy_of(setting)) or not_simulated(text)
end

local function run(words, setting, source)
  words = unwrapped(words)
  local name = words[1]
  if commands[name] then return commands[name](words, setting, source) end
  if servers[name] then return serve(servers[name]) end
  if shells[name] and words[2] == "-c" and words[3] then
    return run_script(words[3], setting)
  elseif (shells[name] or prompts[name]) and #words == 1 then
    return setting.stdin_open and stay() or 0
  end
  return not_simulated(table.concat(words, " "))
end

local function pass(seconds)
  yield { after = seconds }
end

--- A program from its start.
-- @param words  the command
-- @param setting  variables directory hostname user stdin_open: what it is in
-- @return the iterator, and the status it has when it is told to stop
function programs.start(words, setting)
  local own = copy_of(setting)
  local server = servers[unwrapped(words)[1]]
  own.run, own.pass = run, pass
  return coroutine.wrap(function()
    yield { after = 0, exit = run(words, own, OUT) }
  end), server and server.stop or KILLED
end

--- Whether there may be such a program: in an image's usual places.
function programs.is_there(path)
  return not path:find("/") or path:find("^/[^/]+$") ~= nil
    or path:find("bin/[^/]+$") ~= nil
end

--- The text that an event writes at that time.
function programs.text_at(event, time)
  if not event.timed then return event.text end
  return (event.text:gsub("{(%%[^}]*)}", function(format)
    return os.date("!" .. format, math.floor(time))
  end))
end

return programs
