-- virtual.lua -- a world of tasks with a clock that only waiting moves, and an
-- order of turns that a seed decides.
--
--   local ok, err, T = virtual.run(seed, function(T) ... end)
--
-- It stands on the loop of loop.lua, under the program's coroutines or under
-- plain Lua's.  A host in which that cannot be puts a virtual.enter of its own
-- in place of this one.

local loop = require "luft.loop"
local raw = require "luft.raw"
local program = package.loaded["luft.program"]

local virtual = {}

--- Numbers from 0 up to n - 1, the same for the same seed; whole numbers that a
-- double holds, so that every Lua has the same.
function virtual.random(seed)
  local state = seed % 2147483646 + 1
  local function step()
    state = state * 48271 % 2147483647
  end
  for _ = 1, 3 do step() end            -- seeds that follow each other part
  return function(n)
    step()
    return state % n
  end
end

--- The host of a new world, entered.
-- @param options.now  the clock
-- @param options.poll  function(host, seconds): time passes; nil: none does
-- @param options.pick  which of the ready tasks goes next, or nil
-- @return the host, and a function that leaves it
function virtual.enter(options)
  local host
  if not program then
    return loop.new(options), function() end
  end
  options.state, options.resume = program.state, program.resume
  options.token, options.can_suspend = program.token, program.can_suspend
  host = loop.new(options)
  program.drive_with(host.drive)
  return host, function() program.state.task = nil end
end

--- Runs fn(T) as the root task of a new world.
-- @param seed  nil: turns in the order they became due
-- @return true, or false and the error it ended with; and the world
function virtual.run(seed, fn)
  local clock = 1000
  local random = seed and virtual.random(seed)
  local host, leave = virtual.enter {
    now = function() return clock end,
    poll = function(_, seconds) clock = clock + (seconds or 0) end,
    pick = random and function(first, last)
      return first + random(last - first + 1)
    end,
  }
  local T = require "luft.task".new(host)
  require "luft.sync"(T, host)
  require "luft.combine"(T, host)
  T.adopt_main()
  local ok, err = raw.pcall(fn, T)
  ok, err = T.finish(ok, err)
  leave()
  return ok, err, T
end

--- Runs fn(T), which must end well.
-- @return how long it took, in the world's seconds
function virtual.time(fn)
  local took
  local ok, err = virtual.run(nil, function(T)
    local start = T.now()
    fn(T)
    took = T.now() - start
  end)
  if not ok then error(err, 0) end
  return took
end

return virtual
