-- observer.lua -- what the server of tests has counted, and waiting for it.
--
--   local observer = require "engine.observer"(server)
--   observer.wait("in_flight", 7)
--
-- It asks in a queue of its own, which a test's full queue does not hold up.

local luft = require "luft"

local MOST_SECONDS = 60             -- of a wait that is in vain

local OWN_QUEUE = { max_connections = 4000 }

return function(server)
  local observer = {}
  local serial = 0

  --- All counts, by the names that /counts gives them.
  function observer.counts()
    return luft.http.get(server.url .. "/counts", OWN_QUEUE):json()
  end

  --- Sets all but the present ones to nothing.
  function observer.reset()
    luft.http.get(server.url .. "/reset", OWN_QUEUE)
  end

  --- Waits until ready() is true.
  function observer.wait_for(ready)
    luft.timeout(MOST_SECONDS, function()
      while not ready() do luft.sleep(0.005) end
    end)
  end

  --- Waits until a count has that value: of a close the server learns a moment
  -- later.
  function observer.wait(name, value)
    observer.wait_for(function() return observer.counts()[name] == value end)
  end

  --- An address that is counted by itself.
  -- @param path  with a query
  -- @return the address, and a function that gives how often it was asked for
  function observer.keyed(path)
    serial = serial + 1
    local key = ("key%d.%.0f"):format(serial, luft.now() * 1e6)
    return server.url .. path .. "&key=" .. key, function()
      return observer.counts().by_key[key] or 0
    end
  end

  return observer
end
