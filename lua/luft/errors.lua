-- errors.lua -- error objects: what luft raises and scripts catch.
--
-- An error is a table: kind provider operation message status code request_id
-- retryable retry_after attempts cause also.  tostring gives the one line that
-- a person can act on.  Plain Lua errors become such objects when they leave
-- the task they were raised in; they still can be matched and searched like the
-- text they were.

local core = require "luft.core"

core.mine()

local errors = {}

local metatable = core.error_metatable()

--- True for luft's own error objects.
function errors.is(value)
  return type(value) == "table" and getmetatable(value) == metatable
end

--- A new error object.
-- @param kind  one of the kinds in docs/reference/errors.md
-- @param message  why, and what to do
-- @param fields  optional table of further fields, taken over
function errors.new(kind, message, fields)
  local err = fields or {}
  err.kind = kind
  err.message = message
  return setmetatable(err, metatable)
end

--- Raises kind invalid_argument at the script's call.
function errors.misuse(message, fields)
  local err = errors.new("invalid_argument", message, fields)
  err.where = core.place()
  error(err, 0)
end

local function status_text(err)
  if err.status and err.status >= 400 then
    return " (HTTP " .. err.status .. ")"
  end
  return ""
end

local function made_text(err)
  if err.made == nil then return "" end
  return "; made before that and still there: " .. tostring(err.made)
end

--- The line: place (for misuse), provider, operation, message, status.
function metatable.__tostring(err)
  local parts = {}
  if err.kind == "invalid_argument" and err.where and err.where ~= "" then
    parts[#parts + 1] = err.where
  end
  if err.provider then parts[#parts + 1] = err.provider end
  if err.operation then parts[#parts + 1] = err.operation end
  local message = tostring(err.message)
  if err.provider then message = message:gsub("%c+", " ") end
  parts[#parts + 1] = message .. status_text(err) .. made_text(err)
  return table.concat(parts, ": ")
end

function metatable.__concat(a, b)
  return tostring(a) .. tostring(b)
end

-- err:match("x"), err:find("x") work as on the text that a plain error was.
local as_text = {}
for name, method in pairs(string) do
  if type(method) == "function" then
    as_text[name] = function(err, ...) return method(tostring(err), ...) end
  end
end

function metatable.__index(err, name)
  return rawget(err, "plain") and as_text[name] or nil
end

metatable.__name = "luft.error"
metatable.__luft_error = true

--- What leaves a task: texts become objects, all else stays what it is.
-- @param value  what was raised
-- @param traceback  of the place where it was raised, or nil
function errors.leaving(value, traceback)
  if type(value) == "string" or type(value) == "number" then
    value = errors.new("local", tostring(value), { plain = true })
  end
  if errors.is(value) and not rawget(value, "traceback") then
    value.traceback = traceback
  end
  return value
end

--- Notes a task that the error came through, innermost first.
function errors.passed(value, name, site)
  if not errors.is(value) then return end
  value.tasks = value.tasks or {}
  value.tasks[#value.tasks + 1] = "in task " .. name .. ", spawned at " .. site
end

--- Attaches what failed besides; a foreign table gets the field too.
-- @return the error: an object, where it was a text and has to carry others
function errors.add_also(value, others)
  if #others == 0 then return value end
  value = errors.leaving(value)
  if type(value) ~= "table" then return value end
  local also = rawget(value, "also")
  if type(also) ~= "table" then
    also = {}
    rawset(value, "also", also)
  end
  for _, other in ipairs(others) do
    if other ~= value then also[#also + 1] = other end
  end
  return value
end

return errors
