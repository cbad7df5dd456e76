-- program.lua -- runs luft, or another program, as a child of a test.
--
--   local program = require "host.program"
--   program.run("-e 'print(1)'")               -- { out=, err=, status= }
--   program.run_script("print(...)", "1 2")    -- its name is `script`
--   local child <close> = program.start("print 'ready' ...")
--   child:expect("ready") child:signal("INT") child:finish()
--
-- A child sees none of this process's variables but those it needs to run, and
-- those that a test gives it.

local program = {}

--- A text as one word of the shell.
local function quoted(text)
  return "'" .. tostring(text):gsub("'", "'\\''") .. "'"
end

program.quoted = quoted

local function output_of(command)
  local pipe = io.popen(command, "r")
  local text = pipe:read("a")
  pipe:close()
  return text
end

local build = os.getenv("LUFT_BUILD") or "build"
local here = output_of("pwd"):gsub("\n", "")

program.luft = (build:find("^/") and build or here .. "/" .. build) .. "/luft"

--- The bytes of a file.
function program.read_file(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

--- Writes a file and gives its name.
function program.write_file(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
  return path
end

local Folder = { __name = "folder" }

function Folder.__close(folder)
  os.execute("rm -rf " .. quoted(folder.name))
end

function Folder.__concat(a, b) return tostring(a) .. tostring(b) end

function Folder.__tostring(folder) return folder.name end

--- A new folder, which goes with its variable: local folder <close> = ...
function program.new_folder()
  return setmetatable({ name = output_of("mktemp -d"):gsub("\n", "") .. "" },
    Folder)
end

-- The command line ----------------------------------------------------------

local kept_variables = { "PATH", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS",
  "LSAN_OPTIONS", "TSAN_OPTIONS" }

local function words_of(arguments)
  if type(arguments) ~= "table" then return arguments or "" end
  local words = {}
  for i, word in ipairs(arguments) do words[i] = quoted(word) end
  return table.concat(words, " ")
end

-- "env -i PATH='...' LUA_INIT='...' luft arguments"
local function command(arguments, options)
  local words = { "env", "-i", "HOME=/nonexistent" }
  for _, name in ipairs(kept_variables) do
    local value = os.getenv(name)
    if value then words[#words + 1] = name .. "=" .. quoted(value) end
  end
  for name, value in pairs(options.env or {}) do
    words[#words + 1] = name .. "=" .. quoted(value)
  end
  words[#words + 1] = quoted(options.program or program.luft)
  words[#words + 1] = words_of(arguments)
  return table.concat(words, " ")
end

-- As the shell's $?.
local function exit_status(_, how, number)
  return how == "signal" and 128 + number or number
end

-- Runs ------------------------------------------------------------------------

--- Runs a program to its end, in a folder of its own.
-- @param arguments  as a shell understands them, or a list of words
-- @param options  stdin = a text, env = {NAME = "value"}, program = its name,
--   files = {name = a text} to be there
-- @return { out=, err=, status= }
function program.run(arguments, options)
  options = options or {}
  local folder <close> = program.new_folder()
  local at = folder.name
  os.execute("mkdir " .. quoted(at .. "/in"))
  program.write_file(at .. "/stdin", options.stdin or "")
  for name, text in pairs(options.files or {}) do
    program.write_file(at .. "/in/" .. name, text)
  end
  local status = exit_status(os.execute(
    ("cd %s/in; exec %s <../stdin >../stdout 2>../stderr"):format(quoted(at),
      command(arguments, options))))
  return { out = program.read_file(at .. "/stdout"),
    err = program.read_file(at .. "/stderr"), status = status }
end

--- Runs a script's text; its name in messages is `script`.
function program.run_script(text, arguments, options)
  options = options or {}
  options.files = options.files or {}
  options.files.script = text
  return program.run((options.before or "") .. " script "
    .. words_of(arguments), options)
end

-- Children that are watched --------------------------------------------------

local Child = {}
Child.__index = Child

--- Waits for a line of the child's output.
function Child:expect(wanted)
  repeat
    local line = self.output:read("l")
    if not line then
      error(("the child ended without '%s': %s"):format(wanted,
        program.read_file(self.folder .. "/stderr")), 2)
    end
    self.lines[#self.lines + 1] = line
  until line == wanted
end

--- Sends a signal, and waits until it was taken.
function Child:signal(name)
  os.execute(("kill -%s %d"):format(name, self.pid))
  repeat
    local file = io.open(("/proc/%d/status"):format(self.pid))
    local pending = file and file:read("a"):match("\nShdPnd:%s*(%x+)")
    if file then file:close() end
  until not pending or pending:find("^0*$")
end

-- Clock ticks that the child has computed, of which a second has 100.
local function ticks_of(child)
  local stat = program.read_file(("/proc/%d/stat"):format(child.pid))
  return tonumber(stat:match("%) " .. ("%S+ "):rep(11) .. "(%d+)"))
end

--- Waits until the child has been at work for a while since its last line.
function Child:expect_work()
  local before = ticks_of(self)
  repeat until ticks_of(self) >= before + 5
end

--- Waits until what the child wrote to stderr has this in it.
function Child:expect_error(pattern)
  repeat
    local text = program.read_file(self.folder .. "/stderr")
  until text:find(pattern)
end

--- Waits for its end; as program.run.
function Child:finish()
  local rest = self.output:read("a")
  local status = exit_status(self.output:close())
  self.output = nil
  local head = table.concat(self.lines, "\n")
  return { out = head .. (#self.lines > 0 and "\n" or "") .. rest,
    err = program.read_file(self.folder .. "/stderr"), status = status }
end

function Child.__close(child)
  if child.output then
    os.execute(("kill -KILL %d"):format(child.pid))
    child.output:close()
  end
  child.folder:__close()
end

Folder.__index = Folder

--- Starts a script's text and goes on; local child <close> = program.start(...)
-- @param options  env, shell = what the shell does before
function program.start(text, options)
  options = options or {}
  local folder = program.new_folder()
  program.write_file(folder .. "/script", text)
  local output = io.popen(("cd %s; %s echo $$; exec %s 2>stderr"):format(
    quoted(folder), options.shell or "", command("script", options)), "r")
  return setmetatable({ folder = folder, output = output, lines = {},
    pid = assert(tonumber(output:read("l"))) }, Child)
end

return program
