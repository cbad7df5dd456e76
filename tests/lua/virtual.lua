-- virtual.lua -- a world of tasks with a clock that only waiting moves, and an
-- order of turns that a seed decides.

local loop = require "luft.loop"
local raw = require "luft.raw"
local program = package.loaded["luft.program"]

local virtual = {}

--- Numbers from 0 up to n - 1, the same for the same seed.
function virtual.random(seed)
  local state = (seed * 2654435761 + 12345) % 4294967296
  return function(n)
    state = (state * 1103515245 + 12345) % 2147483648
    return math.floor(state / 65536) % n
  end
end

--- Runs fn(T) as the root task of a new world.
-- @param seed  nil: turns in the order they became due
-- @return true, or false and the error it ended with; and the world
function virtual.run(seed, fn)
  local clock = 1000
  local random = seed and virtual.random(seed)
  local host = loop.new {
    now = function() return clock end,
    poll = function(_, seconds) clock = clock + (seconds or 0) end,
    pick = random and function(first, last)
      return first + random(last - first + 1)
    end,
    state = program.state, resume = program.resume, token = program.token,
    can_suspend = program.can_suspend,
  }
  local T = require "luft.task".new(host)
  require "luft.sync"(T, host)
  require "luft.combine"(T, host)
  T.adopt_main()
  program.drive_with(host.drive)
  local ok, err = raw.pcall(fn, T)
  ok, err = T.finish(ok, err)
  program.state.task = nil
  return ok, err, T
end

return virtual
