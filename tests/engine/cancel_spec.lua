-- cancel_spec.lua -- time limits, cancellation, waits where none can yield.

local luft = require "luft"
local spec = require "spec"
local server = require "server".start {}
local observer = require "engine.observer"(server)

local http, url = luft.http, server.url

spec.at_end(server.stop)

-- Beyond this, what ended a wait was not the limit but something else.
local MUCH_TOO_LONG = 30

-- A port where connections are never accepted, and whose queue is full; until
-- the test ends.
local function deaf_port()
  local pipe = io.popen([[exec perl -MSocket -e '
    $| = 1; my $parent = getppid(); socket(S, PF_INET, SOCK_STREAM, 0);
    bind(S, sockaddr_in(0, INADDR_LOOPBACK)); listen(S, 0);
    ($port) = sockaddr_in(getsockname(S));
    for (1..3) { socket(my $c, PF_INET, SOCK_STREAM | 2048, 0);
      connect($c, sockaddr_in($port, INADDR_LOOPBACK)); push @keep, $c }
    print "$$ $port\n"; sleep 1 while getppid() == $parent']], "r")
  local pid, port = pipe:read("*l"):match("^(%d+) (%d+)$")
  spec.at_end(function()
    os.execute("kill " .. pid)
    pipe:close()
  end)
  return "http://127.0.0.1:" .. port
end

-- Time limits -----------------------------------------------------------------

local function times_out(address, timeout, pattern, request)
  request = request or {}
  request.url, request.timeout, request.retries = address, timeout, 0
  spec.fails(function()
    luft.timeout(MUCH_TOO_LONG, http.request, request)
  end, "timeout", pattern)
end

spec.test("connect", function()
  local deaf = deaf_port()
  times_out(deaf, { connect = 0.1 },
    "no connection within 0.1 s %(the option timeout.connect%)")
end)

spec.test("first byte", function()
  local pattern = "no answer within 0.1 s %(the option timeout.first_byte%)"
  times_out(url .. "/bytes?n=10&delay=600", { first_byte = 0.1 }, pattern)
  times_out(url .. "/echo?not_read=1", { first_byte = 0.1 }, pattern,
    { method = "PUT", body = "small enough for the system to take it" })
end)

-- What a peer never reads stays in the system's buffers, and with it the news
-- that the connection is closed; so that server is one of its own.
spec.test("stall: in the head, in the body, in an upload", function()
  local other = require "server".start {}
  spec.at_end(other.stop)
  times_out(url .. "/bytes?n=10&stall_head=1", { first_byte = 0.1 },
    "no answer within 0.1 s")
  times_out(url .. "/bytes?n=1000&stall_after=500", { stall = 0.1 },
    "the answer stood still for 0.1 s %(the option timeout.stall%)")
  local function endless() return ("x"):rep(100000) end
  times_out(other.url .. "/echo?not_read=1", { stall = 0.1 },
    "upload stood still", { method = "PUT", body = endless })
end)

spec.test("an upload that its function held up can stall all the same",
  function()
    local other = require "server".start {}
    spec.at_end(other.stop)
    local slept = false
    times_out(other.url .. "/echo?not_read=1", { stall = 0.1 },
      "upload stood still", { method = "PUT", body = function()
        if not slept then luft.sleep(0.5) end
        slept = true
        return ("x"):rep(100000)
      end })
  end)

-- Its head and body take three seconds, a few bytes at a time.
spec.test("a slow answer that moves does not stall", function()
  spec.equal(#http.get(url .. "/bytes?n=150&rate=100",
    { timeout = { stall = 2 } }).body, 150)
end)

spec.test("total, also over redirects and in the queue", function()
  times_out(url .. "/bytes?n=10&delay=600", 0.1, "no result within 0.1 s")
  times_out(url .. "/bytes?n=100000&rate=10", { total = 0.2 },
    "no result within")
  times_out(url .. "/x?redirect=%2Fbytes%3Fdelay%3D600", 0.2,
    "no result within 0.2 s")
  local blocker = luft.spawn(http.get, url .. "/bytes?n=1&delay=600",
    { max_connections = 1 })
  observer.wait("in_flight", 1)
  times_out(url .. "/bytes?n=10", 0.1, "no result within",
    { max_connections = 1 })
  blocker:cancel()
end)

spec.test("luft.timeout reaches a request", function()
  local start = luft.now()
  spec.fails(function()
    luft.timeout(0.1, http.get, url .. "/bytes?n=10&delay=600")
  end, "timeout", "not done within 0.1 s")
  spec.ok(luft.now() - start < MUCH_TOO_LONG)
  observer.wait("in_flight", 0)
end)

-- Cancellation ----------------------------------------------------------------

-- Nothing would end the function but the cancellation.
local function cancel_once(ready, fn)
  local task = luft.spawn(fn)
  observer.wait_for(ready)
  task:cancel()
  luft.timeout(MUCH_TOO_LONG, function()
    spec.equal(task:pawait(), false)
  end)
  spec.equal(task:status(), "cancelled")
end

spec.test("a cancelled request closes its connection at once", function()
  for _, path in ipairs { "/bytes?n=10&delay=600", "/bytes?n=9&stall_after=5",
    "/bytes?n=10&stall_head=1" } do
    observer.wait("in_flight", 0)
    cancel_once(function() return observer.counts().in_flight == 1 end,
      function() http.get(url .. path) end)
    observer.wait("in_flight", 0)
  end
end)

spec.test("a connection that is being made can be cancelled", function()
  local deaf = deaf_port()
  for _ = 1, 20 do
    local began = false
    cancel_once(function() return began end, function()
      began = true
      http.get(deaf)
    end)
  end
  spec.equal(http.get(url .. "/bytes?n=1").status, 200)
end)

spec.test("what waits in the queue or for a retry can be cancelled", function()
  local began = false
  local blocker = luft.spawn(http.get, url .. "/bytes?n=1&delay=600",
    { max_connections = 1 })
  observer.wait("in_flight", 1)
  cancel_once(function() return began end, function()
    began = true
    http.get(url .. "/bytes?n=1", { max_connections = 1 })
  end)
  blocker:cancel()
  local address, count = observer.keyed "/x?fail_first=9&retry_after=59"
  cancel_once(function() return count() == 1 end, function()
    http.get(address)
  end)
end)

spec.test("a change that was sent gets time to be answered", function()
  observer.wait("in_flight", 0)
  local task = luft.spawn(http.post, url .. "/echo?delay=2")
  observer.wait("in_flight", 1)
  task:cancel("enough")
  local ok, err = task:pawait()
  spec.equal(ok, false)
  spec.match(err, "^enough; cancelled; POST /echo had already been answered$")
end)

spec.test("a change that is not answered is of unknown outcome", function()
  observer.wait("in_flight", 0)
  local task = luft.spawn(http.post, url .. "/echo?delay=600")
  observer.wait("in_flight", 1)
  local start = luft.now()
  task:cancel()
  local _, err = task:pawait()
  spec.match(err, "while POST /echo was under way; whether it took effect is "
    .. "unknown")
  spec.ok(luft.now() - start >= 4.9, "it got too little time")
  spec.ok(luft.now() - start < MUCH_TOO_LONG, "it got too much time")
end)

spec.test("mass cancellation", function()
  local numbers = {}
  for i = 1, 500 do numbers[i] = i end
  local crowd = luft.spawn(luft.map, numbers, function()
    http.get(url .. "/bytes?n=1&delay=600", { max_connections = 300 })
  end, { limit = 500 })
  observer.wait("in_flight", 300)
  crowd:cancel()
  spec.equal(crowd:pawait(), false)
  observer.wait("in_flight", 0)
end)

-- Where a task cannot be suspended --------------------------------------------

spec.test("a request inside sort or gsub blocks, and works",
  function()
    spec.needs_to_block()
    local others = 0
    local ticker = luft.spawn(function()
      while true do
        luft.sleep(0)
        others = others + 1
      end
    end)
    local function fetch() return http.get(url .. "/echo").status end
    luft.spawn(function()
      local list = { 3, 1, 2 }
      table.sort(list, function(a, b)
        local before = others
        spec.equal(fetch(), 200)
        spec.equal(others, before)            -- nothing else ran
        return a < b
      end)
      spec.equal(list, { 1, 2, 3 })
      spec.equal(("ab"):gsub(".", function() return fetch() end), "200200")
      spec.equal(tostring(setmetatable({}, {    -- LuaJIT can suspend it there
        __tostring = function() return tostring(fetch()) end })), "200")
    end):await()
    ticker:cancel()
  end)

spec.done()
