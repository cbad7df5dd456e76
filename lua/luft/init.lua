-- init.lua -- require "luft": everything a script sees.

local core = require "luft.core"

local VERSION = "0.1.0"         -- of this half; src/core/version.h: the other's

if core.version ~= VERSION then
  error(("luft's Lua files are of version %s, but luft/core.so is of %s (%s); "
    .. "install both from one release"):format(VERSION, tostring(core.version),
    package.searchpath("luft.core", package.cpath) or "built in"), 0)
end

local errors = require "luft.errors"

core.mine()

local T = require "luft.world"

local luft = {
  _VERSION = "luft " .. core.version,
  json = core.json,
  null = core.json.null,
  run = T.run, spawn = T.spawn, detach = T.detach, scope = T.scope,
  sleep = T.sleep,
  timeout = T.timeout, now = T.now, tasks = T.tasks, pcall = T.pcall,
  gather = T.gather, map = T.map, each = T.each, stream = T.stream,
  race = T.race, any = T.any,
  semaphore = T.semaphore, channel = T.channel, event = T.event,
  limiter = T.limiter, transport = T.transport,
}

local drivers = require "luft.driver"(T, T.host.getenv or os.getenv)
local described = core.describe()

for _, desc in ipairs(described) do
  if desc.area ~= "http" then
    luft[desc.area] = luft[desc.area] or {}
    luft[desc.area][desc.name] = drivers.opener(desc)
  else
    luft.http = require "luft.http"(T, drivers.opener(desc), desc,
      described.options)
  end
end

--- luft.providers(): for each area and provider, the methods it has.
function luft.providers()
  local matrix = {}
  for _, desc in ipairs(described) do
    if desc.area ~= "http" then
      local methods = {}
      for _, row in ipairs(desc.methods) do methods[row.name] = true end
      matrix[desc.area] = matrix[desc.area] or {}
      matrix[desc.area][desc.name] = methods
    end
  end
  return matrix
end

--- luft.help(topic): what "docker", "docker.list_containers", "map" are.
function luft.help(topic)
  return require "luft.help"(described)(topic)
end

-- An area or provider that is not there names the nearest one that is.
local function explain_missing(what, known)
  return function(_, name)
    local names = {}
    for known_name in pairs(known) do names[#names + 1] = known_name end
    local best = core.nearest(tostring(name), names)
    table.sort(names)
    errors.misuse(("there is no %s '%s'; %s"):format(what, tostring(name),
      best and "did you mean '" .. best .. "'?"
      or "there is " .. table.concat(names, ", ")))
  end
end

for _, desc in ipairs(described) do
  local area = luft[desc.area]
  if desc.area ~= "http" and not getmetatable(area) then
    setmetatable(area, { __index = explain_missing(desc.area .. " provider",
      area) })
  end
end

return luft
