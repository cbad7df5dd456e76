-- blocking_places.lua -- what must hold where a task cannot be suspended,
-- because C stands between it and its start: a call blocks for its one answer,
-- a wait for other tasks is refused; in a host whose loop must go on, both are
-- refused.  And where it can: the others go on.
--
-- Which places are which differs between Luas and hosts; the specs name them.

local luft = require "luft"
local spec = require "spec"
local server = require "server".start {}

spec.at_end(server.stop)

local places = { url = server.url .. "/echo" }
local http, url = luft.http, places.url
local may_block = require "luft.world".may_block()

--- A call, and what it gives.
function places.fetch() return http.get(url).status end

local fetch = places.fetch

--- How often another task had a turn while fn ran, in a task of its own.
function places.turns_during(fn)
  local turns, before, during = 0, nil, nil
  local ticker = luft.spawn(function()
    while true do luft.sleep(0) turns = turns + 1 end
  end)
  luft.spawn(function()
    luft.sleep(0)
    before = turns
    fn()
    during = turns - before
  end):await()
  ticker:cancel()
  return during
end

local turns_during = places.turns_during

local function check_calls(name, place)
  spec.test("a call blocks inside " .. name, function()
    local status
    spec.equal(turns_during(function() status = place(fetch) end), 0)
    spec.equal(status, 200)
  end)

  spec.test("a driver's call, a transport and a sleep do inside " .. name,
    function()
        luft.transport(function(request)
        return { status = 200, body = request.target == "/_ping" and ""
          or '[{"Id":"sha256:1"}]', headers = { ["Api-Version"] = "1.41" } }
      end)
      local docker = luft.container.docker { endpoint = "tcp://blocked:1" }
      local images, slept
      spec.equal(turns_during(function()
        images = place(function() return docker:list_images() end)
        slept = place(function() luft.sleep(0.001) return true end)
      end), 0)
      luft.transport(nil)
      spec.equal(#images, 1)
      spec.ok(slept)
    end)

  spec.test("a call's failure is raised inside " .. name, function()
    luft.spawn(function()
      local ok, err = place(function()
        return pcall(http.get, "http://127.0.0.1:1/", { retries = 0 })
      end)
      spec.equal(ok, false)
      spec.equal(err.kind, "network")
      spec.equal(place(fetch), 200)
    end):await()
  end)
end

local function check_waits(name, place)
  spec.test("waiting for others is refused inside " .. name, function()
    local channel, event, gate = luft.channel(), luft.event(), luft.event()
    local taken = luft.semaphore(1)
    taken:acquire()
    local other = luft.spawn(function() gate:wait() return 5 end)
    local waits = {
      ["a task"] = function() other:await() end,
      ["a value"] = function() channel:get() end,
      ["a taker"] = function() channel:put(1) end,
      ["an event"] = function() event:wait() end,
      ["a permit"] = function() taken:acquire() end,
      ["children"] = function() luft.map({ 1 }, fetch) end,
    }
    luft.spawn(function()
      for what, wait in pairs(waits) do
        local ok, err = place(function() return pcall(wait) end)
        spec.equal(ok, false, what)
        spec.equal(err.kind, "invalid_argument", what)
        spec.match(err, "^tests/lua/blocking_places%.lua:%d+: cannot wait for "
          .. "[^\n]* here: a task cannot be suspended inside require")
      end
    end):await()
    -- What is there already needs no wait, and nobody was left in a queue.
    gate:set()
    spec.equal(other:await(), 5)
    luft.spawn(function()
      spec.equal(place(function() return other:await() end), 5)
      event:set()
      place(function() event:wait() return true end)
      taken:release()
      place(function() taken:acquire() return true end)
    end):await()
    local got = luft.spawn(function() return channel:get() end)
    channel:put("free")
    spec.equal(got:await(), "free")
  end)
end

local function check_deadline(name, place)
  spec.test("a deadline ends a call that blocks inside " .. name, function()
    local start = luft.now()
    luft.spawn(function()
      spec.fails(function()
        luft.timeout(0.02, function()
          place(function() return http.get(url .. "?delay=60") end)
        end)
      end, "timeout", "not done within 0.02 s")
    end):await()
    spec.ok(luft.now() - start < 30)
  end)
end

-- In a host whose loop must go on.
local function check_refused(name, place)
  spec.test("every wait is refused inside " .. name, function()
    local event = luft.event()
    local waits = {
      ["a call"] = fetch,
      ["a failing call"] = function()
        http.get("http://127.0.0.1:1/", { retries = 0 })
      end,
      ["a sleep"] = function() luft.sleep(0) end,
      ["an event"] = function() event:wait() end,
      ["children"] = function() luft.map({ 1 }, fetch) end,
    }
    luft.spawn(function()
      for what, wait in pairs(waits) do
        local ok, err = place(function() return pcall(wait) end)
        spec.equal(ok, false, what)
        spec.equal(err.kind, "invalid_argument", what)
        spec.match(err, "tests/lua/blocking_places%.lua:%d+: cannot wait")
      end
    end):await()
    spec.equal(fetch(), 200)
  end)
end

--- Tests of places where Lua cannot yield.
-- @param list  name -> function(fn) that runs fn once or more in such a place,
--   and gives what it gave
function places.test_closed(list)
  for name, place in pairs(list) do
    if may_block then
      check_calls(name, place)
      check_waits(name, place)
      check_deadline(name, place)
    else
      check_refused(name, place)
    end
  end
end

--- Tests of places where it can; list: as above.
function places.test_open(list)
  for name, place in pairs(list) do
    spec.test("others go on during a call inside " .. name, function()
      local status
      spec.ok(turns_during(function()
        status = place(function()
          return http.get(url .. "?delay=0.01").status
        end)
      end) > 0)
      spec.equal(status, 200)
    end)
    spec.test("... and tasks can be waited for there", function()
      luft.spawn(function()
        spec.equal(place(function()
          return luft.spawn(function() luft.sleep(0) return 7 end):await()
        end), 7)
      end):await()
    end)
  end
end

return places
