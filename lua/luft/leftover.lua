-- leftover.lua -- in plain Lua nobody waits for a script's tasks at its end:
-- says so, where some were left.

local core = require "luft.core"

core.mine()

-- An object whose finalizer is fn, for Lua 5.4 and LuaJIT.
local function at_close(fn)
  if newproxy then                              -- luacheck: globals newproxy
    local proxy = newproxy(true)
    getmetatable(proxy).__gc = fn
    return proxy
  end
  return setmetatable({}, { __gc = fn })
end

--- @param T  a world of tasks
return function(T)
  T.leftover = at_close(function()
    local count, failure = T.left_behind()
    if failure ~= nil then
      T.complain("a task failed and nobody waited for it: "
        .. tostring(failure))
    end
    if count > 0 then
      T.complain(("%d task%s did not run to the end, as nothing waited for %s; "
        .. "%s does"):format(count, count == 1 and "" or "s",
        count == 1 and "it" or "them", T.host.launch and "the event loop's run"
        or "luft.run(function() ... end)"))
    end
  end)
end
