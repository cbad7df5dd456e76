-- wire.lua -- requests to a simulated Docker Engine, and its answers.

local core = require "luft.core"

core.mine()

local wire = {}

local json = core.json
local raw_pcall = require "luft.raw".pcall

-- Requests --------------------------------------------------------------------

--- Text with its %20 and their like as the characters they mean.
function wire.decoded(text)
  return (text:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

--- "/a%2Fb/json?all=true" as "/a%2Fb/json", {all="true"}.
function wire.parse_target(target)
  local path, rest = target:match("^([^?]*)%??(.*)$")
  local query = {}
  for pair in rest:gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    query[wire.decoded(name)] = wire.decoded((value:gsub("%+", " ")))
  end
  return path, query
end

local said_no = {
  [""] = true, ["0"] = true, no = true, ["false"] = true, none = true,
}

--- A flag of the query, as the engine reads it.
function wire.flag(value)
  return value ~= nil and not said_no[value:lower()]
end

--- A JSON value, or nil and why it is none.
function wire.decode(text)
  local ok, value = raw_pcall(json.decode, text or "")
  if ok then return value end
  return nil, type(value) == "table" and value.message or tostring(value)
end

--- A member of decoded JSON; null and "" are nil.
function wire.given(value)
  if value == json.null or value == "" then return nil end
  return value
end

--- Whether the API version "1.9" is smaller than "1.10".
function wire.is_older(a, b)
  local a_major, a_minor = a:match("^(%d+)%.(%d+)$")
  local b_major, b_minor = b:match("^(%d+)%.(%d+)$")
  if a_major ~= b_major then return tonumber(a_major) < tonumber(b_major) end
  return tonumber(a_minor) < tonumber(b_minor)
end

-- Answers ---------------------------------------------------------------------

local function headers(kind)
  return {
    ["Api-Version"] = wire.API_VERSION, ["Docker-Experimental"] = "false",
    ["Ostype"] = "linux", ["Server"] = "Docker/" .. wire.VERSION .. " (linux)",
    ["Content-Type"] = kind,
  }
end

wire.API_VERSION, wire.OLDEST_API_VERSION = "1.47", "1.24"
wire.VERSION = "27.3.1"

--- An answer with a JSON value.
function wire.value(value, status)
  return {
    status = status or 200, headers = headers("application/json"),
    body = json.encode(value, { sorted = true }) .. "\n",
  }
end

--- An answer with this text, or with what a function gives piece by piece.
function wire.text(body, kind)
  return {
    status = 200, headers = headers(kind or "text/plain; charset=utf-8"),
    body = body,
  }
end

--- An answer without a body: 204, or 304 for what was so already.
function wire.nothing(status)
  return { status = status or 204, headers = headers(nil) }
end

local Refusal = {}

--- Leaves the handler with an error answer.
function wire.refuse(status, message, ...)
  if select("#", ...) > 0 then message = message:format(...) end
  error(setmetatable({ status = status, message = message }, Refusal), 0)
end

--- What handler(...) answers, refusals too.
function wire.answer(handler, ...)
  local ok, answer = raw_pcall(handler, ...)
  if ok then return answer end
  if getmetatable(answer) ~= Refusal then error(answer, 0) end
  return wire.value({ message = answer.message }, answer.status)
end

return wire
