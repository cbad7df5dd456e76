-- world.lua -- the one world of tasks of this Lua state.

local core = require "luft.core"

core.mine()

local host = require "luft.host"
local T = require "luft.task".new(host)

require "luft.sync"(T, host)
require "luft.combine"(T, host)
require "luft.calls"(T, host)
T.adopt_main()

local program = package.loaded["luft.program"]

if program then
  require "luft.interrupt"(T, program)
end

if not program and not T.host.complain then
  require "luft.leftover"(T)
end

return T
