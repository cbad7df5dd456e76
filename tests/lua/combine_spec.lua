-- combine_spec.lua -- gather map each stream race any, on a virtual clock.

local spec = require "spec"
local virtual = require "lua.virtual"

local time = virtual.time

local function range(n)
  local i = 0
  return function()
    i = i + 1
    if i <= n then return i end
  end
end

-- map -----------------------------------------------------------------------

spec.test("map keeps the order of a list and the keys of a table", function()
  time(function(T)
    spec.equal(T.map({ 3, 1, 2 }, function(x) T.sleep(x) return x * 10 end),
      { 30, 10, 20 })
    spec.equal(T.now(), 1003)
    spec.equal(T.map({ a = 1, b = 2, 5 }, function(x, key)
      T.sleep(1)
      return key .. x
    end), { a = "a1", b = "b2", "15" })
    spec.equal(T.map({}, print), {})
  end)
end)

spec.test("map takes iterators, also such that wait", function()
  time(function(T)
    spec.equal(T.map(range(5), function(x) return x * x end),
      { 1, 4, 9, 16, 25 })
    local page = 0
    local function pages()
      T.sleep(1)
      page = page + 1
      return page <= 4 and page or nil
    end
    spec.equal(T.map(pages, function(x) T.sleep(10) return x end),
      { 1, 2, 3, 4 })
    spec.equal(T.now(), 1014)
    local channel = T.channel(2)
    T.spawn(function()
      for i = 1, 3 do channel:put(i) end
      channel:close()
    end)
    spec.equal(T.map(channel, function(x) return -x end), { -1, -2, -3 })
  end)
end)

spec.test("map runs at most limit at a time, 64 if nothing is said", function()
  time(function(T)
    local now, most
    local function watch()
      now = now + 1
      most = math.max(most, now)
      T.sleep(1)
      now = now - 1
    end
    for limit, expected in pairs { [1] = 1, [7] = 7, [false] = 64 } do
      now, most = 0, 0
      T.map(range(100), watch, { limit = limit or nil })
      spec.equal(most, expected)
    end
    now, most = 0, 0
    T.map(range(300), watch, { limit = math.huge })
    spec.equal(most, 300)
  end)
end)

spec.test("map fails with the first failure and cancels the rest", function()
  time(function(T)
    local ended = 0
    local err = spec.fails(function()
      T.map({ 5, 1, 9 }, function(x)
        T.sleep(x)
        if x == 1 then error("one", 0) end
        ended = ended + 1
      end)
    end, "local", "^one$")
    spec.equal(err.also, nil)
    spec.equal(ended, 0)
    spec.equal(T.now(), 1001)
  end)
end)

spec.test("map collects errors when it is asked to", function()
  time(function(T)
    local results, failures = T.map({ a = 1, b = 2, c = 3 }, function(x)
      T.sleep(x)
      if x == 2 then error("two", 0) end
      return x
    end, { on_error = "collect" })
    spec.equal(results, { a = 1, c = 3 })
    spec.equal(tostring(failures.b), "two")
    spec.equal(next(failures, "b"), nil)
    spec.equal(T.now(), 1003)
  end)
end)

spec.test("an item that is collected ends with all it spawned", function()
  time(function(T)
    local _, failures = T.map({ 1, 2 }, function(x)
      T.spawn(function()
        T.sleep(x)
        if x == 2 then error("from a child", 0) end
      end)
      return x
    end, { on_error = "collect" })
    spec.equal(tostring(failures[2]), "from a child")
    spec.equal(failures[1], nil)
  end)
end)

spec.test("a cancelled map is not a collected error", function()
  time(function(T)
    spec.fails(function()
      T.timeout(2, function()
        T.map({ 1, 100 }, T.sleep, { on_error = "collect" })
      end)
    end, "timeout")
  end)
end)

spec.test("a failing iterator fails the map", function()
  time(function(T)
    spec.fails(function()
      T.map(function() error("source", 0) end, print)
    end, nil, "source")
  end)
end)

spec.test("map, each and stream explain misuse", function()
  time(function(T)
    spec.fails(function() T.map(5, print) end, "invalid_argument",
      "map takes a list, a table or an iterator, not a number")
    spec.fails(function() T.map({}, 5) end, "invalid_argument",
      "map takes a function, not a number")
    spec.fails(function() T.map({}, print, { limt = 3 }) end,
      "invalid_argument", "did you mean 'limit'")
    spec.fails(function() T.map({}, print, { on_error = "x" }) end,
      "invalid_argument", "on_error")
    spec.fails(function() T.each({}, print, { on_error = "collect" }) end,
      "invalid_argument", "each has no option")
    spec.fails(function() T.stream({}, print, { limit = 0 }) end,
      "invalid_argument", "limit must be 1 or more")
    spec.fails(function() T.gather(print) end, "invalid_argument", "gather")
    spec.fails(function() T.race {} end, "invalid_argument", "at least one")
    spec.fails(function() T.any { 5 } end, "invalid_argument", "any takes")
  end)
end)

-- each ----------------------------------------------------------------------

spec.test("each sees everything once, in constant memory", function()
  time(function(T)
    local sum = 0
    T.each(range(20000), function(x) sum = sum + x T.sleep(1) end,
      { limit = 100 })
    spec.equal(sum, 20000 * 20001 / 2)
    spec.equal(T.now(), 1200)
    spec.equal(#T.tasks(), 1)
  end)
end)

-- gather --------------------------------------------------------------------

spec.test("gather gives results under the same keys", function()
  time(function(T)
    local task = T.spawn(function() T.sleep(2) return "task" end)
    spec.equal(T.gather {
      a = function() T.sleep(1) return "a" end,
      task,
      function() T.sleep(3) return "b" end,
    }, { a = "a", "task", "b" })
    spec.equal(T.now(), 1003)
  end)
end)

spec.test("gather's first failure cancels functions and tasks", function()
  time(function(T)
    local task = T.spawn(T.sleep, 100)
    spec.fails(function()
      T.gather { task, function() T.sleep(1) error("gone", 0) end,
        function() T.sleep(50) end }
    end, nil, "gone")
    spec.equal(task:pawait(), false)
    spec.equal(task:status(), "cancelled")
    spec.equal(T.now(), 1001)
  end)
end)

-- race and any --------------------------------------------------------------

spec.test("race gives the first to end, well or not", function()
  time(function(T)
    local value, key = T.race {
      slow = function() T.sleep(5) return 1 end,
      fast = function() T.sleep(1) return 2 end,
    }
    spec.equal({ value, key }, { 2, "fast" })
    spec.equal(T.now(), 1001)
    spec.fails(function()
      T.race { function() T.sleep(5) end, function() error("first", 0) end }
    end, nil, "first")
    local loser = T.spawn(T.sleep, 100)
    spec.equal({ T.race { loser, function() return "won" end } },
      { "won", 2 })
    loser:pawait()
    spec.equal(loser:status(), "cancelled")
    spec.equal(T.now(), 1001)
  end)
end)

spec.test("race waits for the losers' clean-up", function()
  time(function(T)
    local cleaned = false
    T.race { function() T.sleep(1) end, function()
      spec.finally(function() T.sleep(100) end, function()
        T.sleep(3)
        cleaned = true
      end)
    end }
    spec.ok(cleaned)
    spec.equal(T.now(), 1004)
  end)
end)

spec.test("any gives the first to succeed", function()
  time(function(T)
    spec.equal({ T.any {
      function() error("early", 0) end,
      function() T.sleep(2) return "good" end,
      function() T.sleep(5) return "late" end,
    } }, { "good", 2 })
    spec.equal(T.now(), 1002)
    local err = spec.fails(function()
      T.any { function() error("one", 0) end, function()
        T.sleep(1) error("two", 0) end }
    end, "local", "^one$")
    spec.equal(tostring(err.also[1]), "two")
  end)
end)

-- stream --------------------------------------------------------------------

spec.test("stream gives results as they come", function()
  time(function(T)
    local got = {}
    for key, value in T.stream({ 3, 1, 2 }, function(x)
      T.sleep(x)
      return x * 10
    end) do
      got[#got + 1] = key .. "=" .. value
    end
    spec.equal(got, { "2=10", "3=20", "1=30" })
    spec.equal(T.now(), 1003)
  end)
end)

spec.test("an ordered stream gives them in order, nil results too", function()
  time(function(T)
    local keys = {}
    for key in T.stream({ 3, 1, 2 }, T.sleep, { ordered = true }) do
      keys[#keys + 1] = key
    end
    spec.equal(keys, { 1, 2, 3 })
    spec.equal(T.now(), 1003)
  end)
end)

spec.test("a slow consumer holds the source back", function()
  time(function(T)
    local pulled, taken, most = 0, 0, 0
    local function source()
      if pulled == 30 then return nil end
      pulled = pulled + 1
      most = math.max(most, pulled - taken)
      return pulled
    end
    for _ in T.stream(source, function(x) return x end, { limit = 4 }) do
      T.sleep(1)
      taken = taken + 1
    end
    spec.equal(taken, 30)
    spec.ok(most <= 5, "pulled " .. most .. " ahead")
  end)
end)

spec.test("closing a stream cancels what is under way", function()
  time(function(T)
    local cancelled = 0
    local function work(x)
      spec.finally(function() T.sleep(x == 1 and 1 or 100) end,
        function(err) if err then cancelled = cancelled + 1 end end)
    end
    local stream = T.stream(range(100), work, { limit = 5 })
    spec.ok(stream())
    stream:close()
    spec.equal(stream(), nil)
    T.sleep(1)
    spec.equal(cancelled, 4)
    spec.equal(#T.tasks(), 1)
    spec.equal(T.now(), 1002)
  end)
end)

spec.test("a stream that nobody closed ends with its scope", function()
  time(function(T)
    T.scope(function()
      local stream = T.stream(range(100), function() T.sleep(100) end)
      spec.ok(stream)
      T.sleep(1)
    end)
    spec.equal(T.now(), 1001)
    spec.equal(#T.tasks(), 1)
  end)
end)

spec.test("a failing item fails the loop", function()
  time(function(T)
    spec.fails(function()
      for _ in T.stream({ 1, 2, 100 }, function(x)
        T.sleep(x)
        if x == 2 then error("two", 0) end
      end) do end -- luacheck: ignore
    end, nil, "two")
    T.sleep(0)
    spec.equal(#T.tasks(), 1)
    spec.equal(T.now(), 1002)
  end)
end)

spec.test("a list with holes, as collect leaves it", function()
  time(function(T)
    local seen = {}
    T.each({ "a", nil, "c", "d" }, function(value, i)
      seen[#seen + 1] = tostring(value) .. i
    end)
    table.sort(seen)
    spec.equal(seen, { "a1", "c3", "d4" })
  end)
end)

spec.done()
