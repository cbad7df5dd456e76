-- shell.lua -- the little of the shell's language that the playground knows.
--
--   A; B   A && B   A || B   exit [N]   NAME=WORD   COMMAND >&2
--   while A; do B; done   for NAME in WORDS; do B; done
--   'text' "text" \c   $NAME ${NAME} $((A + B))
--
-- A script becomes a function that runs it; commands are somebody else's work.

local core = require "luft.core"

core.mine()

local shell = {}

local raw_pcall = require "luft.raw".pcall

local NOT_UNDERSTOOD, EXIT = {}, {}        -- raised
local LOOP_SECONDS = 0.01       -- for a turn of a loop, so that time goes on

-- Words -----------------------------------------------------------------------

-- Patterns of text as it is, bare and between double quotes.
local as_it_is = {
  [false] = { "^'([^']*)'()", "^\\(.)()", "^([^%s;&|<>()`'\"\\$]+)()" },
  [true] = { '^([^"\\$`]+)()', '^\\([$`"\\])()', "^(\\)()" },
}

local function read_part(text, i, quoted)
  local a, operator, b, behind = text:match("^%$%(%(%s*%$?([%w_]+)%s*"
    .. "([-+*])%s*%$?([%w_]+)%s*%)%)()", i)
  if a then return { a = a, operator = operator, b = b }, behind end
  local found, stop = text:match("^%${([%a_][%w_]*)}()", i)
  if not found then found, stop = text:match("^%$([%a_][%w_]*)()", i) end
  if found then return { variable = found }, stop end
  for _, pattern in ipairs(as_it_is[quoted]) do
    found, stop = text:match(pattern, i)
    if found then return found, stop end
  end
end

-- The word at i, as a list of parts, and where it stops.
local function read_word(text, i)
  local parts, quoted = {}, false
  while true do
    local part, stop = read_part(text, i, quoted)
    if text:sub(i, i) == '"' then
      quoted, part, stop = not quoted, "", i + 1
    end
    if not part then break end
    parts[#parts + 1], i = part, stop
  end
  if quoted or #parts == 0 then error(NOT_UNDERSTOOD, 0) end
  return parts, i
end

local operators = { "^(&&)()", "^(||)()", "^(;)()", "^(\n)()", "^1?(>&2)()" }

-- {operator=} and {word=, plain=}; plain is a word without $ in it.
local function tokens_of(text)
  local tokens, i = {}, text:match("^%s*()")
  while i <= #text do
    local token, stop
    for _, pattern in ipairs(operators) do
      local found, place = text:match(pattern, i)
      if found then token, stop = { operator = found }, place end
    end
    if not token then
      token = {}
      token.word, stop = read_word(text, i)
      token.plain = #token.word == 1 and token.word[1] or nil
    end
    tokens[#tokens + 1] = token
    i = text:match("^[ \t]*()", stop)
  end
  return tokens
end

-- A + B, A - B or A * B of numbers and variables.
local function sum_of(part, variables)
  local a = tonumber(part.a) or tonumber(variables[part.a]) or 0
  local b = tonumber(part.b) or tonumber(variables[part.b]) or 0
  if part.operator == "-" then b = -b end
  return ("%d"):format(math.floor(part.operator == "*" and a * b or a + b))
end

local function expand(word, variables)
  local texts = {}
  for i, part in ipairs(word) do
    if type(part) == "string" then texts[i] = part
    elseif part.operator then texts[i] = sum_of(part, variables)
    else texts[i] = variables[part.variable] or "" end
  end
  return table.concat(texts)
end

-- Grammar ---------------------------------------------------------------------

local read_list

local function accept(reader, name, value)
  local token = reader.tokens[reader.at]
  if not token or token[name] ~= value then return false end
  reader.at = reader.at + 1
  return true
end

local function read_while(reader)
  local condition, body = read_list(reader, "do"), read_list(reader, "done")
  return function(setting)
    while condition(setting) == 0 do
      body(setting)
      setting.pass(LOOP_SECONDS)
    end
    return 0
  end
end

local function read_words(reader, words)
  while reader.tokens[reader.at] and reader.tokens[reader.at].word do
    words[#words + 1] = reader.tokens[reader.at].word
    reader.at = reader.at + 1
  end
  return words
end

local function read_for(reader)
  local words = read_words(reader, {})
  local separated = accept(reader, "operator", ";")
    or accept(reader, "operator", "\n")
  if #words < 2 or words[2][1] ~= "in" or not separated
    or not accept(reader, "plain", "do") then
    error(NOT_UNDERSTOOD, 0)
  end
  local body = read_list(reader, "done")
  return function(setting)
    for i = 3, #words do
      setting.variables[words[1][1]] = expand(words[i], setting.variables)
      body(setting)
    end
    return 0
  end
end

local not_simple = { ["if"] = true, ["until"] = true, case = true,
  ["do"] = true, done = true, ["{"] = true, ["!"] = true }

-- NAME=WORD, the name being the start of the word's first part.
local function assignment(words, variables)
  local first = words[1][1]
  local name = type(first) == "string" and first:match("^([%a_][%w_]*)=")
  if not name or #words > 1 then return false end
  variables[name] = expand(words[1], variables):sub(#name + 2)
  return true
end

local function read_simple(reader)
  local words = read_words(reader, {})
  local source = accept(reader, "operator", ">&2") and 2 or 1
  read_words(reader, words)
  if #words == 0 or not_simple[words[1][1]] then
    error(NOT_UNDERSTOOD, 0)
  end
  return function(setting)
    if assignment(words, setting.variables) then return 0 end
    local texts = {}
    for i, word in ipairs(words) do
      texts[i] = expand(word, setting.variables)
    end
    if texts[1] ~= "exit" then return setting.run(texts, setting, source) end
    setting.status = (tonumber(texts[2]) or setting.status) % 256
    error(EXIT, 0)
  end
end

local function read_command(reader)
  if accept(reader, "plain", "while") then return read_while(reader) end
  if accept(reader, "plain", "for") then return read_for(reader) end
  return read_simple(reader)
end

local function read_and_or(reader)
  local first = read_command(reader)
  while true do
    local wants_success = accept(reader, "operator", "&&")
    if not wants_success and not accept(reader, "operator", "||") then
      return first
    end
    local before, second = first, read_command(reader)
    function first(setting)
      local status = before(setting)
      if (status == 0) ~= wants_success then return status end
      return second(setting)
    end
  end
end

-- Commands up to that word, or (nil) up to the end.
function read_list(reader, closing)
  local list = {}
  while true do
    while accept(reader, "operator", ";")
      or accept(reader, "operator", "\n") do end
    if closing and accept(reader, "plain", closing) then break end
    if not reader.tokens[reader.at] then
      if closing then error(NOT_UNDERSTOOD, 0) end
      break
    end
    list[#list + 1] = read_and_or(reader)
  end
  return function(setting)
    for _, command in ipairs(list) do setting.status = command(setting) end
    return setting.status
  end
end

-- Scripts ---------------------------------------------------------------------

--- A function(setting) that runs a script and gives its status; nil when the
-- script has what is not understood.  The setting has variables, takes the
-- status, and has run(words, setting, source), which runs a command and gives
-- its status, and pass(seconds), which lets time go by.
function shell.compile(text)
  local ok, body = raw_pcall(function()
    return read_list({ tokens = tokens_of(text), at = 1 })
  end)
  if not ok then
    if body ~= NOT_UNDERSTOOD then error(body, 0) end
    return nil
  end
  return function(setting)
    setting.status = 0
    local done, err = raw_pcall(body, setting)
    if not done and err ~= EXIT then error(err, 0) end
    return setting.status
  end
end

return shell
