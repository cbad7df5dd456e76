-- tools.lua -- what every simulated cloud needs: stable numbers, the parts of a
-- request, answers, routes.
--
-- Ids, sizes and delays look random but belong to a text, such as the name of a
-- host, so that a script meets the same world at every run.  No cryptography:
-- two generators of Park and Miller's kind, whose products stay exact in a Lua
-- without integers.

local core = require "luft.core"

core.mine()

local tools = {}

local json = core.json
local raw_pcall = require "luft.raw".pcall

-- Stable numbers --------------------------------------------------------------

local PRIME = 2147483647
local MULTIPLIERS = { 48271, 69621 }

-- A few rounds more, so that the last character changes every digit.
local function seed(text, multiplier)
  local state = multiplier
  for i = 1, #text do
    state = (state * multiplier + text:byte(i) + 1) % PRIME
  end
  if state == 0 then state = 1 end
  for _ = 1, 4 do state = state * multiplier % PRIME end
  return state
end

--- `length` hexadecimal digits that belong to the text.
function tools.hex(text, length)
  local states, parts, which = {}, {}, 1
  for i, multiplier in ipairs(MULTIPLIERS) do
    states[i] = seed(text, multiplier)
  end
  for i = 1, math.ceil(length / 4) do
    states[which] = states[which] * MULTIPLIERS[which] % PRIME
    parts[i] = ("%04x"):format(math.floor(states[which] / 32768) % 65536)
    which = 3 - which
  end
  return table.concat(parts):sub(1, length)
end

--- A number from 0 up to, but not including, 1 that belongs to the text.
function tools.fraction(text)
  return seed(text, MULTIPLIERS[1]) / PRIME
end

--- A whole number from `least` to `most` that belongs to the text.
function tools.between(text, least, most)
  return least + math.floor(tools.fraction(text) * (most - least + 1))
end

-- Texts -----------------------------------------------------------------------

--- "2024-05-01T12:00:00.250000000Z"; a time that never was is the year 1.
function tools.rfc3339(time)
  if not time then return "0001-01-01T00:00:00Z" end
  local whole = math.floor(time)
  return os.date("!%Y-%m-%dT%H:%M:%S", whole)
    .. (".%09dZ"):format(math.floor((time - whole) * 1e9))
end

--- The names of a table's members, sorted.
function tools.sorted_names(t)
  local names = {}
  for name in pairs(t or {}) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function decoded(text)
  return (text:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

--- "/a%2Fb/json?all=true" as "/a%2Fb/json", {all="true"}.
function tools.parse_target(target)
  local path, rest = target:match("^([^?]*)%??(.*)$")
  local query = {}
  for pair in rest:gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    query[decoded(name)] = decoded((value:gsub("%+", " ")))
  end
  return path, query
end

--- A member of decoded JSON or of a query; null and "" are nil.
function tools.given(value)
  if value == json.null or value == "" then return nil end
  return value
end

--- A JSON value, or nil and why it is none.
function tools.decode(text)
  local ok, value = raw_pcall(json.decode, text or "")
  if ok then return value end
  return nil, type(value) == "table" and value.message or tostring(value)
end

-- Answers ---------------------------------------------------------------------

--- The JSON text of a value, the same each time.
function tools.encode(value)
  return json.encode(value, { sorted = true }) .. "\n"
end

local Refusal = {}

--- Ends the work on a request: its answer is an error.
function tools.refuse(status, message, ...)
  if select("#", ...) > 0 then message = message:format(...) end
  error(setmetatable({ status = status, message = message }, Refusal), 0)
end

--- As pcall, for refusals alone.
-- @return true and the result, or false and the refusal: {status=, message=}
function tools.try(fn, ...)
  local ok, result = raw_pcall(fn, ...)
  if not ok and getmetatable(result) ~= Refusal then error(result, 0) end
  return ok, result
end

-- Routes ----------------------------------------------------------------------

local Routes = {}
Routes.__index = Routes

--- A table of who answers what.
function tools.new_routes()
  return setmetatable({}, Routes)
end

--- Adds a row: requests with that method, whose whole path matches, go to
-- handler(host, request, name), where name is what the pattern's () holds.
function Routes:add(method, pattern, handler)
  self[#self + 1] = { method = method, pattern = "^" .. pattern .. "$",
    handler = handler }
end

--- What the handler for that request gives; nil: there is none.
function Routes:answer(host, request, path)
  for _, row in ipairs(self) do
    local name = row.method == request.method and path:match(row.pattern)
    if name then return row.handler(host, request, decoded(name)) end
  end
end

return tools
