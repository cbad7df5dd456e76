-- random_54_spec.lua -- random trees of tasks that clean up by <close>: Lua
-- tells such a clean-up's block of both errors, and neither is lost.

local spec = require "spec"
local trees = require "lua.random_trees"

trees.test(5000, {
  pcall = function(T, ...) return T.pcall(...) end,
  finally = function(fn, clean_up)
    local _ <close> = setmetatable({}, {
      __close = function(_, err) clean_up(err) end })
    fn()
  end,
})

spec.done()
