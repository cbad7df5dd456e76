-- stream_54_spec.lua -- streams that Lua 5.4 closes by itself: at the end of a
-- for loop, of a block, and when nobody has them any more.

local luft = require "luft"
local spec = require "spec"
local server = require "server".start {}
local observer = require "engine.observer"(server)

spec.at_end(server.stop)

local function stream()
  return luft.http.get(server.url .. "/bytes?n=1099511627776",
    { stream = true })
end

spec.test("a stream that is left by break is closed", function()
  for _ in stream():chunks() do break end
  observer.wait("in_flight", 0)
  local held = stream()
  for _ in held:chunks() do break end
  observer.wait("in_flight", 0)
end)

spec.test("a stream that is left by return or an error is closed", function()
  local function first()
    for chunk in stream():chunks() do return #chunk end
  end
  spec.ok(first() > 0)
  observer.wait("in_flight", 0)
  spec.fails(function()
    for _ in stream():chunks() do error("enough", 0) end
  end, nil, "enough")
  observer.wait("in_flight", 0)
end)

spec.test("a stream in a closed variable is closed", function()
  do
    local response <close> = stream()
    spec.ok(#response:chunks()() > 0)
  end
  observer.wait("in_flight", 0)
end)

spec.test("the collector closes a stream that nobody has any more", function()
  local function hold()
    local held = { stream(), stream() }
    spec.ok(#held[1]:chunks()() > 0)
    observer.wait("in_flight", 2)
    return #held
  end
  spec.equal(hold(), 2)
  collectgarbage()
  collectgarbage()
  observer.wait("in_flight", 0)
end)

spec.done()
