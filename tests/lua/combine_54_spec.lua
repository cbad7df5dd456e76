-- combine_54_spec.lua -- race and stream with what Lua 5.4 closes by itself.

local spec = require "spec"
local virtual = require "lua.virtual"

local time = virtual.time

local function range(n)
  local i = 0
  return function()
    i = i + 1
    if i <= n then return i end
  end
end

spec.test("race waits for the losers' clean-up", function()
  time(function(T)
    local cleaned = false
    T.race { function() T.sleep(1) end, function()
      local _ <close> = setmetatable({}, {
        __close = function() T.sleep(3) cleaned = true end })
      T.sleep(100)
    end }
    spec.ok(cleaned)
    spec.equal(T.now(), 1004)
  end)
end)

spec.test("breaking out of a stream cancels what is under way", function()
  time(function(T)
    local cancelled = 0
    local function work(x)
      local _ <close> = setmetatable({}, { __close = function(_, err)
        if err then cancelled = cancelled + 1 end
      end })
      T.sleep(x == 1 and 1 or 100)
    end
    for _ in T.stream(range(100), work, { limit = 5 }) do
      break
    end
    T.sleep(1)
    spec.equal(cancelled, 4)
    spec.equal(#T.tasks(), 1)
    spec.equal(T.now(), 1002)
  end)
end)

spec.done()
