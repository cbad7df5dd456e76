-- random_spec.lua -- ten thousand random trees of tasks: see random_trees.lua.

local spec = require "spec"
local trees = require "lua.random_trees"
local virtual = require "lua.virtual"

trees.test(10000, {
  pcall = function(T, ...) return T.pcall(...) end,
  finally = spec.finally, forgets = true,
})

spec.test("the same seed gives the same tree", function()
  local function trace(seed)
    local events = {}
    virtual.run(seed, function(T)
      local random = virtual.random(seed)
      for i = 1, 20 do
        T.spawn(function()
          T.sleep(random(5))
          events[#events + 1] = i .. "@" .. T.now()
        end)
      end
    end)
    return table.concat(events, " ")
  end
  spec.equal(trace(7), trace(7))
  spec.ok(trace(7) ~= trace(8))
end)

spec.done()
