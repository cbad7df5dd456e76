-- limits_spec.lua -- connections, queues, stale connections, retries.

local luft = require "luft"
local spec = require "spec"
local server = require "server".start {}
local observer = require "engine.observer"(server)

local http, url = luft.http, server.url

spec.at_end(server.stop)

local counts, reset, keyed = observer.counts, observer.reset, observer.keyed

local function many(n, fn)
  local numbers = {}
  for i = 1, n do numbers[i] = i end
  return luft.map(numbers, fn, { limit = n })
end

-- What the system lets this process have open.
local function most_descriptors()
  return tonumber(spec.output_of("ulimit -Hn")) or math.huge
end

-- Connections -----------------------------------------------------------------

spec.test("connections are kept and shared", function()
  reset()
  for _ = 1, 50 do http.get(url .. "/bytes?n=10") end
  spec.equal(counts().connections, 0)       -- the one that reset came by
  many(20, function() http.get(url .. "/bytes?n=10&delay=0.02") end)
  many(20, function() http.get(url .. "/bytes?n=10&delay=0.02") end)
  spec.ok(counts().connections <= 20, "a fan-out's connections were lost")
end)

-- So many requests are under way at a time: all that may be are, when none is
-- answered, and never more.
local function holds_limit(limit, options)
  reset()
  local crowd = luft.spawn(many, limit + 200, function()
    http.get(url .. "/bytes?n=10&delay=600", options)
  end)
  observer.wait("in_flight", limit)
  spec.equal(counts().most_in_flight, limit)
  crowd:cancel()
  crowd:pawait()
  observer.wait("in_flight", 0)
  reset()
  many(limit + 200, function()
    http.get(url .. "/bytes?n=10&delay=0.01", options)
  end)
  spec.ok(counts().most_in_flight <= limit, "too many at a time")
end

spec.test("at most 64 requests to an endpoint at a time", function()
  holds_limit(64)
end)

spec.test("max_connections sets another limit", function()
  for _, limit in ipairs { 1, 7, 150 } do
    holds_limit(limit, { max_connections = limit })
  end
end)

spec.test("rate sets requests a second", function()
  local start = luft.now()
  many(11, function() http.get(url .. "/bytes?n=1", { rate = 100 }) end)
  spec.ok(luft.now() - start >= 0.1, "eleven requests at 100 a second")
end)

-- Who asks for much, asked first, and is not answered yet when somebody else
-- asks for one thing.  That one is granted among the next few.
spec.test("a group that asks for much does not starve one that asks once",
  function()
    local order, answers = {}, luft.event()
    luft.transport(function(request)
      order[#order + 1] = request.target
      answers:wait()
      return { status = 200 }
    end)
    local function get(path)
      http.get("http://crowd.test" .. path, { max_connections = 4 })
    end
    local crowd = luft.spawn(many, 200, function() get "/crowd" end)
    observer.wait_for(function() return #order == 4 end)
    local one = luft.spawn(get, "/one")
    luft.sleep(0)
    answers:set()
    one:await()
    crowd:await()
    luft.transport(nil)
    for place, target in ipairs(order) do
      if target == "/one" then
        spec.ok(place <= 8, "it was number " .. place .. " of " .. #order)
      end
    end
    spec.equal(#order, 201)
  end)

spec.test("a thousand tasks, each answer at its own asker", function()
  many(1000, function(i)
    local got = http.post(url .. "/echo", { body = "task " .. i }):json()
    spec.equal(got.body, "task " .. i)
  end)
end)

spec.test("a thousand requests in flight at once", function()
  if most_descriptors() < 1200 then
    spec.skip("the system allows too few open files")
  end
  local crowd = luft.spawn(many, 1000, function()
    http.get(url .. "/bytes?n=1&delay=600", { max_connections = 1000 })
  end)
  observer.wait("in_flight", 1000)
  crowd:cancel()
  crowd:pawait()
  observer.wait("in_flight", 0)
end)

-- Stale connections -----------------------------------------------------------

-- Who asks by the other way does not take the kept connection himself, and sees
-- when the server has closed it.
spec.test("a kept connection that was closed costs no request", function()
  local path = os.tmpname()
  os.remove(path)
  local other = require "server".start { unix = path }
  spec.at_end(other.stop)
  local function is_closed()
    return http.get("http://any/counts", { unix_socket = path }):json()
      .open == 1
  end
  for _, method in ipairs { "get", "post", "put", "delete" } do
    for _ = 1, 5 do
      spec.equal(http[method](other.url .. "/echo?close_idle=1").status, 200)
      observer.wait_for(is_closed)
    end
  end
  local requests = http.get(other.url .. "/counts"):json().requests
  spec.equal(requests, 20)
end)

spec.test("a request that a dying connection swallowed is sent again once,",
  function()
    local address, count = keyed "/bytes?n=1&close_after_request=1"
    http.get(url .. "/bytes?n=1")
    spec.equal(http.get(address).status, 200)
    spec.equal(count(), 2)
  end)

spec.test("... but not when that could do harm twice", function()
  local address, count = keyed "/echo?close_after_request=1"
  http.get(url .. "/bytes?n=1")
  local err = spec.fails(function() http.post(address) end, "network",
    "closed the connection without an answer")
  spec.equal(count(), 1)
  spec.equal(err.attempts, 1)
end)

-- Retries ---------------------------------------------------------------------

spec.test("passing statuses are tried again, four times in all", function()
  for _, status in ipairs { 408, 429, 500, 502, 503, 504 } do
    local address, count = keyed("/x?fail_first=2&retry_after=0&status="
      .. status)
    spec.equal(http.get(address).status, 200)
    spec.equal(count(), 3)
  end
  local address, count = keyed "/x?fail_first=9&status=503"
  spec.equal(http.get(address).status, 503)
  spec.equal(count(), 4)
  address, count = keyed "/x?fail_first=9&status=503"
  spec.equal(http.get(address, { retries = 0 }).status, 503)
  spec.equal(count(), 1)
  address, count = keyed "/x?fail_first=1&status=404"
  spec.equal(http.get(address).status, 404)
  spec.equal(count(), 1)
end)

spec.test("PUT and DELETE are tried again, POST and PATCH are not", function()
  for method, wanted in pairs { put = 2, delete = 2, post = 1, patch = 1 } do
    local address, count = keyed "/echo?fail_first=1"
    http[method](address, { body = "x" })
    spec.equal(count(), wanted, method)
  end
end)

spec.test("Retry-After is waited for, in both forms", function()
  local start = luft.now()
  http.get((keyed "/x?fail_first=1&retry_after=1"))
  spec.ok(luft.now() - start >= 1)
  -- A date is meant by the clock of the server, which its answer shows.
  start = luft.now()
  http.get((keyed("/x?fail_first=1&status=429&date=0"
    .. "&header=Date:Sun%2C%2006%20Nov%201994%2008%3A49%3A37%20GMT"
    .. "&retry_after=Sun%2C%2006%20Nov%201994%2008%3A49%3A38%20GMT")))
  spec.ok(luft.now() - start >= 1)
end)

spec.test("nobody waits for what comes after the deadline", function()
  local address, count = keyed "/x?fail_first=9&retry_after=50"
  local start = luft.now()
  spec.equal(http.get(address, { timeout = 40 }).status, 503)
  spec.equal(luft.timeout(40, function()
    return http.get(address).status
  end), 503)
  spec.ok(luft.now() - start < 30)
  spec.equal(count(), 2)
end)

spec.test("a body from a function is sent once", function()
  local address, count = keyed "/echo?fail_first=1"
  local sent = false
  spec.equal(http.put(address, { body = function()
    sent = not sent
    return sent and "once" or nil
  end }).status, 503)
  spec.equal(count(), 1)
end)

spec.done()
