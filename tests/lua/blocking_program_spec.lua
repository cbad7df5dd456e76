-- blocking_program_spec.lua -- in the luft program others go on during a wait
-- inside a script's own coroutine; see blocking_places.lua.

local spec = require "spec"
local places = require "lua.blocking_places"

places.test_open {
  ["a coroutine"] = function(fn) return coroutine.wrap(fn)() end,
  ["nested coroutines"] = function(fn)
    return coroutine.wrap(function()
      local ok, result = coroutine.resume(coroutine.create(function()
        return coroutine.wrap(fn)()
      end))
      return ok and result
    end)()
  end,
  ["an iterator of a for loop"] = function(fn)
    for result in coroutine.wrap(function() coroutine.yield(fn()) end) do
      return result
    end
  end,
}

spec.done()
