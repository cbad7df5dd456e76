-- blocking_program_spec.lua -- in the luft program others go on during a wait
-- inside a script's own coroutine, and a wait in a finalizer is refused; see
-- blocking_places.lua.

local luft = require "luft"
local spec = require "spec"
local places = require "lua.blocking_places"

local fetch = places.fetch

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
