-- blocking_spec.lua -- waits where a task cannot be suspended, and where it
-- can: the places that all hosts share; see blocking_places.lua.

local luft = require "luft"
local spec = require "spec"
local places = require "lua.blocking_places"

local http, url = luft.http, places.url

local closed = {
  ["a sort function"] = function(fn)
    local result
    table.sort({ 2, 1 }, function(a, b)
      result = result or spec.pack(fn())
      return a < b
    end)
    return spec.unpack(result)
  end,
  gsub = function(fn)
    local result
    assert(("x"):gsub("x", function() result = spec.pack(fn()) end))
    return spec.unpack(result)
  end,
  require = function(fn)
    local result
    package.loaded.blocking_module = nil
    package.preload.blocking_module = function()
      result = spec.pack(fn())
      return true
    end
    require "blocking_module"
    package.preload.blocking_module = nil
    return spec.unpack(result)
  end,
  load = function(fn)
    local result
    load(function()
      result = result or spec.pack(fn())
      return nil
    end)
    return spec.unpack(result)
  end,
  ["a coroutine in a sort function"] = function(fn)
    local result
    table.sort({ 2, 1 }, function(a, b)
      result = result or spec.pack(coroutine.wrap(function()
        return fn()
      end)())
      return a < b
    end)
    return spec.unpack(result)
  end,
  ["a sort function in coroutines"] = function(fn)
    local result
    coroutine.wrap(function()
      coroutine.wrap(function()
        table.sort({ 2, 1 }, function(a, b)
          result = result or spec.pack(fn())
          return a < b
        end)
      end)()
    end)()
    return spec.unpack(result)
  end,
}

-- A coroutine that is resumed inside of sort breaks ngx_lua's own records: the
-- request may hang, or the worker crash, later.
if rawget(_G, "ngx") then
  closed["a coroutine in a sort function"] = nil
end

places.test_closed(closed)

places.test_open {
  pcall = function(fn) return select(2, pcall(fn)) end,
  xpcall = function(fn) return select(2, xpcall(fn, debug.traceback)) end,
  __index = function(fn)
    return setmetatable({}, { __index = function() return fn() end }).x
  end,
  ["the function of a for loop"] = function(fn)
    local result
    for _ in (function() result = result or { fn() } end) do break end
    return result[1]
  end,
}

spec.test("the main thread lets others go on inside a sort function", function()
  spec.needs_main_thread()
  local other = luft.spawn(function() luft.sleep(0) return 7 end)
  local got
  table.sort({ 2, 1 }, function(a, b)
    got = got or other:await()
    return a < b
  end)
  spec.equal(got, 7)
end)

spec.test("a call inside a coroutine of the script's own works", function()
  spec.equal(coroutine.wrap(places.fetch)(), 200)
  luft.spawn(function()
    local ok, status = coroutine.resume(coroutine.create(places.fetch))
    spec.equal({ ok, status }, { true, 200 })
  end):await()
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
