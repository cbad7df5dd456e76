-- blocking_54_spec.lua -- waits in metamethods that C calls in Lua 5.4, but not
-- in LuaJIT, in variables that are closed, in finalizers; see
-- blocking_places.lua.

local luft = require "luft"
local spec = require "spec"
local places = require "lua.blocking_places"

local fetch = places.fetch

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

-- Finalizers -----------------------------------------------------------------

-- Runs fn in a finalizer and gives what it gave.
local function in_finalizer(fn)
  local result
  setmetatable({}, { __gc = function() result = spec.pack(fn()) end })
  repeat collectgarbage() until result
  return spec.unpack(result, 1, result.n)
end

spec.test("every wait in a finalizer is refused", function()
  local event, other = luft.event(), luft.spawn(luft.sleep, 0)
  for what, wait in pairs {
    call = fetch, sleep = function() luft.sleep(0) end,
    event = function() event:wait() end,
    task = function() other:await() end,
    coroutine = function() coroutine.wrap(fetch)() end,
  } do
    for _, run in ipairs { function(fn) return fn() end,
      function(fn) return luft.spawn(fn):await() end } do
      local ok, err = run(function() return in_finalizer(function()
        return pcall(wait)
      end) end)
      spec.equal(ok, false, what)
      spec.equal(err.kind, "invalid_argument", what)
    end
  end
  spec.equal(fetch(), 200)
end)

spec.done()
