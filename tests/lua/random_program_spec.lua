-- random_program_spec.lua -- random trees of tasks as scripts of the luft
-- program have them: <close>, its own pcall, generators that wait.

local spec = require "spec"
local trees = require "lua.random_trees"

trees.test(10000, {
  pcall = function(_, ...) return pcall(...) end,
  finally = function(fn, clean_up)
    local _ <close> = setmetatable({}, {
      __close = function(_, err) clean_up(err) end })
    fn()
  end,
  generators = true,
})

spec.done()
