-- combine_program_spec.lua -- generators that wait as sources: in the luft
-- program a script's own coroutines pass waits on.

local spec = require "spec"
local virtual = require "lua.virtual"

spec.test("map takes a generator that waits", function()
  local ok, err = virtual.run(nil, function(T)
    local pages = coroutine.wrap(function()
      for i = 1, 4 do T.sleep(1) coroutine.yield(i) end
    end)
    spec.equal(T.map(pages, function(x) T.sleep(10) return x end),
      { 1, 2, 3, 4 })
    spec.equal(T.now(), 1014)
  end)
  if not ok then error(err, 0) end
end)

spec.done()
