-- nginx_cut_spec.lua -- what nginx cuts without a word: phases, timers, light
-- threads; and what is left in hands that are gone.

local luft = require "luft"
local spec = require "spec"
local nginx = require "system.nginx"
local server = require "server".start {}
local observer = require "engine.observer"(server)

spec.at_end(server.stop)

local run = nginx.run
local values = { url = server.url }

-- Runs in a request that nginx ends with ngx.exit.
local function run_cut(chunk)
  return run(chunk .. " ngx.exit(204)", values)
end

local function nothing_is_left()
  nginx.wait_for("the worker to have nothing under way", nginx.is_idle)
end

-- Phases and locations ------------------------------------------------------

-- What goes on in the first handler when it is cut.
local cuts = {
  ["a time limit"] = [[luft.timeout(0.2, function()
    luft.sleep(0.01) $cut
  end)]],
  ["a task"] = [[luft.spawn(luft.sleep, 60) luft.sleep(0.01) $cut]],
  ["tasks, one of them resting"] = [[luft.spawn(luft.sleep, 60)
    luft.spawn(luft.sleep, 0.01) luft.sleep(0.05) $cut]],
  ["a call"] = [[luft.spawn(luft.http.get, $url .. "/bytes?n=1&stall_head=1")
    luft.sleep(0.01) $cut]],
}

local SECOND = [[

---
  print(pcall(luft.sleep, 0.3))
  print(#luft.map({ 1, 2, 3 }, function()
    luft.sleep(0.001)
    return luft.http.get($url .. "/bytes?n=1").body
  end))
]]

for name, first in pairs(cuts) do
  for place, cut in pairs { ["/two"] = "ngx.exit(ngx.OK)",
    ["/first"] = "ngx.exit(502)", ["/first "] = [[ngx.exec("/second")]] } do
    spec.test(("%s, cut by %s"):format(name, cut), function()
      spec.equal(run(first:gsub("%$cut", cut) .. SECOND, values,
        (place:gsub(" ", ""))), "true\n3")
      nothing_is_left()
      observer.wait("in_flight", 0)
    end)
  end
end

spec.test("what a handler holds is its request's, whatever the phase",
  function()
    run [[package.loaded.gate = luft.semaphore(1)]]
    spec.equal(run([[
      package.loaded.gate:acquire()
---
      luft.sleep(0.001)
      print(package.loaded.gate.free)
    ]], nil, "/two"), "0")
    spec.equal(run [[luft.sleep(0) print(package.loaded.gate.free)]], "1")
  end)

-- Backstage -----------------------------------------------------------------

spec.test("a detached task that calls ngx.exit ends the detached, no more",
  function()
    nginx.mark()
    run [[
      luft.detach(luft.sleep, 60)
      luft.detach(function() luft.sleep(0.01) ngx.exit(500) end)
    ]]
    nginx.wait_for("the log", function()
      return nginx.log():find("has called ngx.exit")
    end)
    spec.equal(run([[
      print(luft.http.get($url .. "/bytes?n=2").body)
      local done = luft.event()
      luft.detach(function() luft.sleep(0.01) done:set() end)
      luft.timeout(10, function() done:wait() end)
      print(luft.timeout(1, function() return 1 end))
    ]], values), "01\n1")
    nothing_is_left()
  end)

spec.test("so does a transport", function()
  run [[luft.timeout(0.3, pcall, function()
    luft.transport(function() ngx.exit(500) end)
    pcall(luft.http.get, "http://simulated/", { timeout = 0.1 })
    luft.transport(nil)
  end)]]
  spec.equal(run([[print(luft.http.get($url .. "/bytes?n=2").body)]], values),
    "01")
  nothing_is_left()
end)

spec.test("a coroutine in a header filter cannot wait either", function()
  local _, response = run([[
    print(coroutine.wrap(function()
      return pcall(luft.http.get, $url .. "/bytes?n=3")
    end)())
    print(coroutine.wrap(function() return pcall(luft.sleep, 1) end)())
  ]], values, "/filter")
  spec.match(response.headers["x-said"], "^false\tcannot wait for http GET "
    .. ".*; false\tcannot wait for time")
  nothing_is_left()
end)

-- What others wait for ------------------------------------------------------

spec.test("a turn is given to who comes just when its holder is gone",
  function()
    run [[package.loaded.gate = luft.semaphore(1)
      package.loaded.bell = require "ngx.semaphore".new(0)]]
    local waiter = luft.spawn(run, [[
      package.loaded.bell:wait(30)
      luft.timeout(10, function() package.loaded.gate:acquire() end)
      print("acquired")
    ]])
    nginx.wait_for("the waiter", function()
      return run [[print(package.loaded.bell:count())]] == "-1"
    end)
    run_cut [[package.loaded.gate:acquire() package.loaded.bell:post(1)]]
    spec.equal(waiter:await(), "acquired")
  end)

spec.test("a turn that another task gives back is given back once", function()
  run [[
    package.loaded.gate = luft.semaphore(1)
    package.loaded.gate:acquire()
    luft.spawn(function() package.loaded.gate:release() end):await()
  ]]
  spec.equal(run [[luft.sleep(0) print(package.loaded.gate.free)]], "1")
end)

spec.test("a value that its getter could not take goes to the next", function()
  run [[package.loaded.line = luft.channel()
    package.loaded.kick = require "ngx.semaphore".new(0)]]
  local getters = [[print(#package.loaded.line.getters)]]
  local first = luft.spawn(run_cut, [[
    luft.spawn(function() package.loaded.line:get() end)
    luft.sleep(0)
    package.loaded.kick:wait(30)
  ]])
  nginx.wait_for("the first", function() return run(getters) == "1" end)
  local second = luft.spawn(run, [[
    print(luft.timeout(10, function() return package.loaded.line:get() end))
  ]])
  nginx.wait_for("the second", function() return run(getters) == "2" end)
  run [[package.loaded.kick:post(1) package.loaded.line:put("value")]]
  spec.equal(second:await(), "value")
  first:await()
end)

spec.test("a stream of a request that is gone reads nobody else's", function()
  run([[
    package.loaded.left = luft.http.get($url .. "/bytes?n=9&stall_after=5",
      { stream = true }):chunks()
  ]], values)
  nothing_is_left()
  spec.equal(run([[
    local mine = luft.http.get($url .. "/bytes?n=2000000", { stream = true })
    local ok, err = pcall(package.loaded.left)
    print(ok, err)
    local size = 0
    for chunk in mine:chunks() do size = size + #chunk end
    print(size)
  ]], values), "false\tthe stream was closed before its end, as it is when the "
    .. "block that opened it ends\n2000000")
end)

spec.test("who was killed while it waited for a task waits no more", function()
  nginx.mark()
  run [[
    local gate = luft.event()
    package.loaded.gate = gate
    package.loaded.shared = luft.detach(function()
      gate:wait()
      error("heard by nobody", 0)
    end)
  ]]
  local waiter = luft.spawn(run, [[package.loaded.shared:await()]])
  local waiters = [[
    local list = package.loaded.shared.waiters
    print(list and #list or 0)
  ]]
  nginx.wait_for("the waiter", function() return run(waiters) == "1" end)
  waiter:cancel()
  waiter:pawait()
  nginx.wait_for("its end", function() return run(waiters) == "0" end)
  run [[package.loaded.gate:set()]]
  nginx.wait_for("the log", function()
    return nginx.log():find("in a detached task: heard by nobody", 1, true)
  end)
  nothing_is_left()
end)

spec.test("no worker broke", function()
  spec.equal(nginx.breakages(), "")
end)

spec.done()
