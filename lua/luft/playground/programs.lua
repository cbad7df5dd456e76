-- programs.lua -- programs that run in simulated containers.
--
-- A program is a list of steps (see shell.lua) and a clock of its own.  Nothing
-- runs in the background: whoever looks at a container first lets its program
-- catch up with the present.

local core = require "luft.core"

core.mine()

local daemons = require "luft.playground.daemons"
local shell = require "luft.playground.shell"

local programs = {}

local Program = {}
Program.__index = Program

local LOOP_SECONDS = 0.01       -- for a turn of a loop, so that time goes on

-- Which program ---------------------------------------------------------------

local function base_name(path)
  return path:match("[^/]*$")
end

local shells = { sh = true, bash = true, ash = true, dash = true }
local interactive = { sh = true, bash = true, ash = true, dash = true,
  python3 = true, python = true, node = true, irb = true }
local wrappers = { tini = true, ["--"] = true, exec = true,
  ["docker-entrypoint.sh"] = true, ["entrypoint.sh"] = true }

local function stay()
  return { sleep = math.huge }
end

local function note(words)
  return { write = ("playground: what '%s' does is not simulated; it just "
    .. "keeps running\n"):format(table.concat(words, " ")), source = 2 }
end

local function steps_of_daemon(row)
  local steps = {}
  for _, line in ipairs(row) do
    steps[#steps + 1] = { sleep = line[1] }
    steps[#steps + 1] = { write = line[3] .. "\n", source = line[2],
      timed = true }
  end
  steps[#steps + 1] = row.ends and { exit = row.ends } or stay()
  return steps
end

local function without_wrappers(words)
  local first = 1
  while words[first + 1] and wrappers[base_name(words[first])] do
    first = first + 1
  end
  local rest = {}
  for i = first, #words do rest[#rest + 1] = words[i] end
  return rest
end

-- The steps of a command, and its exit status when it is told to stop.
local function steps_of(words, environment, stdin_open)
  words = without_wrappers(words)
  local name = base_name(words[1])
  words[1] = name
  if daemons[name] then
    return steps_of_daemon(daemons[name]), daemons[name].on_stop
  elseif shell.step(words) then
    return { shell.step(words) }
  elseif shells[name] and words[2] == "-c" and words[3] then
    local steps = shell.compile(words[3], environment)
    return steps or { note { words[3] }, stay() }
  elseif interactive[name] and #words == 1 then
    return { stdin_open and stay() or { exit = 0 } }
  end
  return { note(words), stay() }
end

--- A program that starts at that time.
-- @param words  the command
-- @param options.environment  its variables
-- @param options.stdin_open  whether somebody may type something
function programs.start(words, time, options)
  local steps, on_stop = steps_of(words, options.environment,
    options.stdin_open)
  return setmetatable({
    steps = steps, place = 1, status = 0, clock = time, on_stop = on_stop,
    environment = options.environment, stdin_open = options.stdin_open,
  }, Program)
end

-- Running ---------------------------------------------------------------------

local function with_times(text, time)
  return (text:gsub("{(%%[^}]*)}", function(format)
    return os.date("!" .. format, math.floor(time))
  end))
end

local does = {}

function does.write(program, step, write)
  local text = step.write
  if step.timed then text = with_times(text, program.clock) end
  write(program.clock, step.source, text)
  program.status = step.status or 0
end

function does.sleep(program, step)
  program.clock = program.clock + step.sleep
  program.status = 0
end

function does.status(program, step) program.status = step.status end

function does.exit(program, step)
  program.exit_code = (step.exit == true and program.status or step.exit) % 256
end

function does.jump(program, step)
  if step.only and step.only ~= (program.status == 0 and "ok" or "failed") then
    return
  end
  if step.jump < program.place then
    program.clock = program.clock + LOOP_SECONDS
  end
  program.place = step.jump
end

-- Another program in its place: the steps of the one that was called, then
-- those behind the call.
function does.program(program, step)
  local steps, on_stop = steps_of(step.program, program.environment,
    program.stdin_open)
  program.inner = setmetatable({ steps = steps, place = 1, status = 0,
    clock = program.clock, environment = program.environment,
    stdin_open = program.stdin_open }, Program)
  program.on_stop = on_stop
end

local ORDER = { "write", "sleep", "exit", "jump", "program", "status" }

local function run_step(program, step, write)
  for _, kind in ipairs(ORDER) do
    if step[kind] then return does[kind](program, step, write) end
  end
end

--- Lets it run up to that time; write(time, source, text) gets what it says.
function Program:run(time, write)
  while not self.exit_code and self.clock <= time do
    if self.inner then
      self.inner:run(time, write)
      self.clock = self.inner.clock
      if not self.inner.exit_code then return end
      self.status, self.inner = self.inner.exit_code, nil
    else
      local step = self.steps[self.place]
      self.place = self.place + 1
      if step then
        run_step(self, step, write)
      else
        self.exit_code = self.status
      end
    end
  end
end

--- When it goes on; nil when that is never.
function Program:next_time()
  if self.exit_code or self.clock == math.huge then return nil end
  return self.clock
end

--- It stood still for that long.
function Program:delay(seconds)
  self.clock = self.clock + seconds
  if self.inner then self.inner:delay(seconds) end
end

return programs
