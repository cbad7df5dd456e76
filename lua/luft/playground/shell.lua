-- shell.lua -- shell scripts as lists of steps for a simulated program.
--
-- Only a little of the shell's language is understood:
--
--   echo [-n] WORDS [>&2]   sleep SECONDS   exit [N]   true   :   false
--   A; B   A && B   A || B   while A; do B; done   "$NAME" ${NAME} 'text'
--
-- Steps are {write=, source=} {sleep=} {status=} {exit=} {jump=, only=}, the
-- last with only = "ok" or "failed" as a condition on the status before, and
-- {program=words} for a command that is not the shell's own.

local core = require "luft.core"

core.mine()

local shell = {}

-- Words and operators ---------------------------------------------------------

local function variable(text, i, environment)
  local name, stop = text:match("^%${([%a_][%w_]*)}()", i)
  if not name then name, stop = text:match("^%$([%a_][%w_]*)()", i) end
  if not name then return "$", i + 1 end
  return environment[name] or "", stop
end

-- A piece of a word that starts at i: its text and where it stops, or nil.
local function piece_at(text, i, environment)
  local c = text:sub(i, i)
  if c == "'" then
    return text:match("^'([^']*)'()", i)
  elseif c == "\\" then
    return text:sub(i + 1, i + 1), i + 2
  elseif c == "$" then
    return variable(text, i, environment)
  elseif c ~= '"' then
    return text:match("^([^%s;&|<>()`'\"\\$]+)()", i)
  end
  local parts = {}
  i = i + 1
  while text:sub(i, i) ~= '"' do
    local part, stop = text:match('^([^"\\$]+)()', i)
    if not part then part, stop = text:match('^\\([$`"\\])()', i) end
    if not part then part, stop = text:match("^(\\)()", i) end
    if not part and text:sub(i, i) == "$" then
      part, stop = variable(text, i, environment)
    end
    if not part then return nil end             -- the quote is not closed
    parts[#parts + 1] = part
    i = stop
  end
  return table.concat(parts), i + 1
end

local function word_at(text, i, environment)
  local parts = {}
  while true do
    local part, stop = piece_at(text, i, environment)
    if not part then break end
    parts[#parts + 1] = part
    i = stop
  end
  if #parts == 0 then return nil end
  return table.concat(parts), i
end

local operators = { "^(&&)()", "^(||)()", "^;%s*()", "^\n%s*()",
  "^1?(>&2)()" }

-- The token at i: {word=} or {operator=}, and where it stops; nil for what is
-- not understood.
local function token_at(text, i, environment)
  for _, pattern in ipairs(operators) do
    local operator, stop = text:match(pattern, i)
    if operator and not stop then operator, stop = ";", operator end
    if operator then return { operator = operator }, stop end
  end
  local word, stop = word_at(text, i, environment)
  if word then return { word = word }, stop end
  return nil
end

local function tokens_of(text, environment)
  local tokens, i = {}, text:match("^%s*()")
  while i <= #text do
    local token, stop = token_at(text, i, environment)
    if not token then return nil end
    tokens[#tokens + 1] = token
    i = text:match("^[ \t]*()", stop)
  end
  return tokens
end

-- Commands --------------------------------------------------------------------

local units = { s = 1, m = 60, h = 3600, d = 86400 }

local function seconds_of(word)
  if word == "infinity" or word == "inf" then return math.huge end
  local number, unit = (word or ""):match("^([%d.]+)([smhd]?)$")
  number = tonumber(number)
  return number and number * (units[unit] or 1)
end

local commands = {}

function commands.echo(words, source)
  local ending, first = "\n", 2
  if words[2] == "-n" then ending, first = "", 3 end
  return { write = table.concat(words, " ", first) .. ending, source = source }
end

function commands.sleep(words)
  local seconds = seconds_of(words[2])
  if seconds then return { sleep = seconds } end
  return { write = ("sleep: invalid time interval '%s'\n"):format(
    words[2] or ""), source = 2, status = 1 }
end

function commands.exit(words)
  return { exit = tonumber(words[2]) or true }
end

commands["true"] = function() return { status = 0 } end
commands[":"] = commands["true"]
commands["false"] = function() return { status = 1 } end

--- The step that a command of the shell's own is; nil for any other.
function shell.step(words, source)
  local command = commands[words[1]]
  return command and command(words, source or 1)
end

-- Grammar ---------------------------------------------------------------------

local Reader = {}
Reader.__index = Reader

function Reader:peek() return self.tokens[self.at] end

function Reader:accept(name, value)
  local token = self:peek()
  if not token or token[name] ~= value then return false end
  self.at = self.at + 1
  return true
end

function Reader:add(step)
  self.steps[#self.steps + 1] = step
  return step
end

local reserved = { ["if"] = true, ["for"] = true, ["until"] = true,
  ["case"] = true, ["function"] = true, ["{"] = true, ["do"] = true,
  ["done"] = true }

function Reader:read_loop()
  local start = #self.steps + 1
  if not self:read_list("do") then return false end
  local leave = self:add { only = "failed" }
  if not self:read_list("done") then return false end
  self:add { jump = start }
  leave.jump = #self.steps + 1
  return true
end

function Reader:read_command()
  if self:accept("word", "while") then return self:read_loop() end
  local words, source = {}, 1
  while self:peek() do
    local token = self:peek()
    if token.word then
      words[#words + 1] = token.word
    elseif token.operator == ">&2" then
      source = 2
    else
      break
    end
    self.at = self.at + 1
  end
  if #words == 0 or reserved[words[1]] then return false end
  self:add(shell.step(words, source) or { program = words })
  return true
end

function Reader:read_and_or()
  if not self:read_command() then return false end
  while true do
    local only = self:accept("operator", "&&") and "failed"
      or self:accept("operator", "||") and "ok"
    if not only then return true end
    local skip = self:add { only = only }
    if not self:read_command() then return false end
    skip.jump = #self.steps + 1
  end
end

--- Commands up to that word, or up to the end.
function Reader:read_list(closing)
  while true do
    while self:accept("operator", ";") do end   -- luacheck: ignore
    if closing and self:accept("word", closing) then return true end
    if not self:peek() then return closing == nil end
    if not self:read_and_or() then return false end
  end
end

--- The steps of a script, or nil when it has what is not understood.
function shell.compile(text, environment)
  local tokens = tokens_of(text, environment)
  local reader = setmetatable({ tokens = tokens, at = 1, steps = {} }, Reader)
  if not tokens or not reader:read_list() then return nil end
  return reader.steps
end

return shell
