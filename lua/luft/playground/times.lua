-- times.lua -- times as a Docker Engine writes them.

local core = require "luft.core"

core.mine()

local times = {}

--- "2024-05-01T12:00:00.250000000Z"; a time that never was is the year 1.
function times.rfc3339(time)
  if not time then return "0001-01-01T00:00:00Z" end
  local whole = math.floor(time)
  return os.date("!%Y-%m-%dT%H:%M:%S", whole)
    .. (".%09dZ"):format(math.floor((time - whole) * 1e9))
end

--- A duration in the engine's words: "5 minutes", "About an hour".
function times.words(seconds)
  local minutes = math.floor(seconds / 60)
  local hours = math.floor(seconds / 3600 + 0.5)
  local days = math.floor(hours / 24)
  if seconds < 1 then return "Less than a second" end
  if seconds < 2 then return "1 second" end
  if seconds < 60 then return ("%d seconds"):format(math.floor(seconds)) end
  if minutes == 1 then return "About a minute" end
  if minutes < 60 then return ("%d minutes"):format(minutes) end
  if hours == 1 then return "About an hour" end
  if hours < 48 then return ("%d hours"):format(hours) end
  if days < 14 then return ("%d days"):format(days) end
  if days < 60 then return ("%d weeks"):format(math.floor(days / 7)) end
  if days < 730 then return ("%d months"):format(math.floor(days / 30)) end
  return ("%d years"):format(math.floor(days / 365))
end

return times
