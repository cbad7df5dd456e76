-- blocking_spec.lua -- waits where a task cannot be suspended, because C stands
-- between it and its start: a call blocks for its one answer, a wait for other
-- tasks is refused.  Elsewhere, coroutines of the script's own included, the
-- others go on.

local luft = require "luft"
local spec = require "spec"
local server <close> = require "server".start {}

local http, url = luft.http, server.url .. "/echo"

local function fetch() return http.get(url).status end

-- How often another task had a turn while fn ran, in a task of its own.
local function turns_during(fn)
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

-- Places where Lua cannot yield: each runs fn once or more, and gives what it
-- gave.
local places = {
  ["a sort function"] = function(fn)
    local result
    table.sort({ 2, 1 }, function(a, b)
      result = result or table.pack(fn())
      return a < b
    end)
    return table.unpack(result)
  end,
  gsub = function(fn)
    local result
    assert(("x"):gsub("x", function() result = table.pack(fn()) end))
    return table.unpack(result)
  end,
  require = function(fn)
    local result
    package.loaded.blocking_module = nil
    package.preload.blocking_module = function()
      result = table.pack(fn())
      return true
    end
    require "blocking_module"
    package.preload.blocking_module = nil
    return table.unpack(result)
  end,
  __tostring = function(fn)
    local result
    tostring(setmetatable({}, { __tostring = function()
      result = table.pack(fn())
      return ""
    end }))
    return table.unpack(result)
  end,
  ["__len of table.concat"] = function(fn)
    local result
    table.concat(setmetatable({}, { __len = function()
      result = table.pack(fn())
      return 0
    end }))
    return table.unpack(result)
  end,
  load = function(fn)
    local result
    load(function()
      result = result or table.pack(fn())
      return nil
    end)
    return table.unpack(result)
  end,
  ["a coroutine in a sort function"] = function(fn)
    local result
    table.sort({ 2, 1 }, function(a, b)
      result = result or table.pack(coroutine.wrap(function()
        return fn()
      end)())
      return a < b
    end)
    return table.unpack(result)
  end,
  ["a sort function in coroutines"] = function(fn)
    local result
    coroutine.wrap(function()
      coroutine.wrap(function()
        table.sort({ 2, 1 }, function(a, b)
          result = result or table.pack(fn())
          return a < b
        end)
      end)()
    end)()
    return table.unpack(result)
  end,
}

for name, place in pairs(places) do
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
        spec.match(err, "^tests/lua/blocking_spec%.lua:%d+: cannot wait for "
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

spec.test("a deadline ends a call that blocks", function()
  for name, place in pairs(places) do
    local start = luft.now()
    luft.spawn(function()
      spec.fails(function()
        luft.timeout(0.02, function()
          place(function() return http.get(url .. "?delay=60") end)
        end)
      end, "timeout", "not done within 0.02 s")
    end):await()
    spec.ok(luft.now() - start < 30, name)
  end
end)

-- Finalizers -----------------------------------------------------------------

-- Runs fn in a finalizer and gives what it gave.
local function in_finalizer(fn)
  local result
  setmetatable({}, { __gc = function() result = table.pack(fn()) end })
  repeat collectgarbage() until result
  return table.unpack(result, 1, result.n)
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

-- Where the others go on -----------------------------------------------------

local open_places = {
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
  pcall = function(fn) return select(2, pcall(fn)) end,
  xpcall = function(fn) return select(2, xpcall(fn, debug.traceback)) end,
  __index = function(fn)
    return setmetatable({}, { __index = function() return fn() end }).x
  end,
  __close = function(fn)
    local result
    do
      local _ <close> = setmetatable({}, { __close = function()
        result = fn()
      end })
    end
    return result
  end,
  ["the function of a for loop"] = function(fn)
    local result
    for _ in (function() result = result or { fn() } end) do break end
    return result[1]
  end,
}

for name, place in pairs(open_places) do
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

spec.test("the main thread lets others go on inside a sort function", function()
  local other = luft.spawn(function() luft.sleep(0) return 7 end)
  local got
  table.sort({ 2, 1 }, function(a, b)
    got = got or other:await()
    return a < b
  end)
  spec.equal(got, 7)
end)

spec.test("a generator may yield to its loop between two calls", function()
  local function pages()
    for page = 1, 3 do
      coroutine.yield(page, http.get(url).status)
    end
  end
  local seen = {}
  luft.map({ "a", "b" }, function(name)
    for page, status in coroutine.wrap(pages) do
      seen[#seen + 1] = name .. page .. " " .. status
    end
  end)
  table.sort(seen)
  spec.equal(seen, { "a1 200", "a2 200", "a3 200", "b1 200", "b2 200",
    "b3 200" })
end)

spec.done()
