-- blocking_54_spec.lua -- waits in metamethods that C calls in Lua 5.4, but not
-- in LuaJIT, and in variables that are closed; see blocking_places.lua.

local spec = require "spec"
local places = require "lua.blocking_places"

places.test_closed {
  __tostring = function(fn)
    local result
    tostring(setmetatable({}, { __tostring = function()
      result = spec.pack(fn())
      return ""
    end }))
    return spec.unpack(result)
  end,
  ["__len of table.concat"] = function(fn)
    local result
    table.concat(setmetatable({}, { __len = function()
      result = spec.pack(fn())
      return 0
    end }))
    return spec.unpack(result)
  end,
}

places.test_open {
  __close = function(fn)
    local result
    do
      local _ <close> = setmetatable({}, { __close = function()
        result = fn()
      end })
    end
    return result
  end,
}

spec.done()
