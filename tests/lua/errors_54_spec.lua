-- errors_54_spec.lua -- what hangs on an error when <close> cleans up.

local luft = require "luft"
local spec = require "spec"

spec.test("also: what failed besides, its clean-up included", function()
  local function guard(text)
    return setmetatable({}, { __close = function() error(text, 0) end })
  end
  local err = spec.fails(function()
    luft.scope(function(scope)
      for i = 1, 3 do
        scope:spawn(function()
          local _ <close> = guard("clean-up " .. i)
          luft.sleep(1000)
        end)
      end
      scope:spawn(function()
        luft.sleep(0)
        luft.container.docker { nonsuch = 1 }
      end)
    end)
  end, "invalid_argument")
  local also = {}
  for i, other in ipairs(err.also) do also[i] = tostring(other) end
  table.sort(also)
  spec.equal(also, { "clean-up 1", "clean-up 2", "clean-up 3" })
  spec.match(err, "^[^%c]+$")
end)

spec.test("cause: why a task was cancelled", function()
  local seen
  spec.fails(function()
    luft.scope(function(scope)
      scope:spawn(function()
        local _ <close> = setmetatable({}, { __close = function(_, err)
          seen = err
        end })
        luft.sleep(1000)
      end)
      scope:spawn(function() luft.sleep(0) error("the first", 0) end)
    end)
  end, "local", "^the first$")
  spec.equal(seen.kind, "cancelled")
  spec.match(seen, "the first")
  local cause = seen
  while cause.cause do cause = cause.cause end
  spec.match(cause, "^the first$")
end)

spec.done()
