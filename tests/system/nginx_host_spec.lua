-- nginx_host_spec.lua -- luft inside nginx's workers: tasks, phases, the ends
-- of requests.

local luft = require "luft"
local spec = require "spec"
local nginx = require "system.nginx"
local server = require "server".start {}
local observer = require "engine.observer"(server)

local run = nginx.run
local values = { url = server.url }

-- Runs a chunk and cuts the connection once the server has what `count` says.
local function leave_when(count, value, chunk)
  local task = luft.spawn(run, chunk, values)
  observer.wait(count, value)
  task:cancel()
  task:pawait()
end

local function nothing_is_left()
  nginx.wait_for("the worker to have nothing under way", nginx.is_idle)
end

-- Handlers ------------------------------------------------------------------

spec.test("a handler calls, one after the other and at once", function()
  spec.equal(run([[
    print(luft.http.get($url .. "/bytes?n=5").body)
    print(table.concat(luft.map({ 3, 1, 2 }, function(n)
      return #luft.http.get($url .. "/bytes?n=" .. n).body
    end), " "))
    local results = luft.gather {
      a = function() return luft.http.get($url .. "/bytes?n=1").status end,
      b = luft.spawn(function() luft.sleep(0.01) return "slept" end),
    }
    print(results.a, results.b)
  ]], values), "01234\n3 1 2\n200\tslept")
end)

spec.test("calls overlap: all are under way before one is answered",
  function()
    local counted, count = observer.keyed("/bytes?n=1&stall_head=1")
    local task = luft.spawn(run, [[
      luft.map({ 1, 2, 3, 4, 5, 6, 7, 8 }, function()
        return luft.http.get($url)
      end)
    ]], { url = counted })
    observer.wait_for(function() return count() == 8 end)
    spec.equal(luft.http.get(nginx.url .. "/alive").body, "alive")
    task:cancel()
    task:pawait()
    nothing_is_left()
  end)

spec.test("scopes, time limits, cancellation, errors", function()
  spec.equal(run([[
    print(pcall(luft.timeout, 0.01, luft.sleep, 60))
    print(pcall(luft.timeout, 0.1, luft.http.get,
      $url .. "/bytes?n=1&stall_head=1", { timeout = 60 }))
    local task = luft.spawn(luft.sleep, 60)
    luft.sleep(0)
    task:cancel("not needed")
    print(task:pawait())
    local ok, err = pcall(luft.scope, function(scope)
      scope:spawn(function() error("one", 0) end)
      scope:spawn(luft.sleep, 60)
      luft.sleep(60)
    end)
    print(ok, err)
    print(luft.race { function() luft.sleep(60) end, function() return 2 end })
    local ok, err = pcall(luft.http.get, "http://127.0.0.1:1/", { retries = 0 })
    print(err.kind, err.provider)
    local docker = luft.container.docker { endpoint = "tcp://127.0.0.1:1" }
    local _, why = docker.try:list_containers { retries = 0 }
    print(_, why.kind)
  ]], values), "false\tnot done within 0.01 s\nfalse\tnot done within 0.1 s\n"
    .. "false\tnot needed\nfalse\tone\n2\t2\nnetwork\thttp\n"
    .. "nil\tinvalid_argument")
end)

spec.test("a failure nobody waits for is raised where the handler waits",
  function()
    spec.equal(run [[
      luft.spawn(function() error("lost?", 0) end)
      print(pcall(luft.sleep, 60))
      print(pcall(luft.timeout, 0.01, luft.sleep, 60))
    ]], "false\tlost?\nfalse\tnot done within 0.01 s")
  end)

spec.test("and logged when it waits no more", function()
  nginx.mark()
  spec.equal(run [[
    luft.spawn(function() luft.sleep(0.01) error("nobody heard", 0) end)
    print("done")
  ]], "done")
  nginx.wait_for("the log", function()
    return nginx.log():find("luft: .*nobody heard")
  end)
end)

spec.test("luft.run gives the error log the text of an error object",
  function()
    nginx.mark()
    spec.match(run [[
      luft.run(function()
        luft.http.get("http://127.0.0.1:1/", { retries = 0 })
      end)
    ]], "^error: http: request: cannot connect")
    spec.match(nginx.log(), "luft: http: request: cannot connect to http://127")
  end)

spec.test("a task that was detached outlives its request", function()
  local counted, count = observer.keyed("/bytes?n=1")
  nginx.mark()
  run([[luft.detach(function()
    luft.sleep(0.02)
    luft.http.get($url)
    error("at its end", 0)
  end)]], { url = counted })
  nginx.wait_for("the detached task", function() return count() == 1 end)
  nginx.wait_for("the log", function()
    return nginx.log():find("in a detached task: at its end", 1, true)
  end)
  nothing_is_left()
end)

spec.test("a stream, a body from a function, a file", function()
  spec.equal(run([[
    local size, count = 0, 0
    local answer = luft.http.get($url .. "/bytes?n=3000000", { stream = true })
    for chunk in answer:chunks() do size = size + #chunk end
    print(size)
    local parts = { "a", "b", "c" }
    print(luft.http.put($url .. "/echo", { body = function()
      count = count + 1
      return parts[count]
    end }):json().body)
  ]], values), "3000000\nabc")
end)

spec.test("a transport and its body work backstage", function()
  spec.equal(run [[
    local before = luft.transport(function(request)
      luft.sleep(0.01)
      return { status = 200, body = request.method .. " " .. request.target }
    end)
    local bodies = luft.map({ 1, 2, 3 }, function(n)
      return luft.http.get("http://simulated/" .. n).body
    end)
    luft.transport(before)
    print(table.concat(bodies, ", "))
  ]], "GET /1, GET /2, GET /3")
end)

spec.test("a coroutine of the handler's own may call", function()
  spec.equal(run([[
    local bodies = coroutine.wrap(function()
      for n = 1, 3 do
        coroutine.yield(luft.http.get($url .. "/bytes?n=" .. n).body)
      end
    end)
    print(bodies(), bodies(), bodies())
  ]], values), "0\t01\t012")
end)

spec.test("a task is a light thread of its request: cosockets, ngx.ctx",
  function()
    spec.equal(run([[
      ngx.ctx.count = 0
      local answers = luft.map({ 1, 2, 3 }, function()
        local socket = ngx.socket.tcp()
        assert(socket:connect("127.0.0.1", tonumber($port)))
        socket:send("GET /alive HTTP/1.0\r\n\r\n")
        local text = assert(socket:receive("*a"))
        ngx.ctx.count = ngx.ctx.count + 1
        return text:match("%w+$")
      end)
      print(ngx.ctx.count, unpack(answers))
    ]], { port = nginx.url:match("%d+$") }), "3\talive\talive\talive")
  end)

spec.test("where a handler cannot wait, a call is refused", function()
  local said = run([[
    print(pcall(table.sort, { 1, 2, 3 }, function(a, b)
      luft.http.get($url .. "/bytes?n=1")
      return a < b
    end))
    print(pcall(string.gsub, "x", "x", function() luft.sleep(1) end))
  ]], values)
  spec.match(said, "false\tposted:2: cannot wait for http GET .* here: the "
    .. "code runs inside require, a sort function")
  spec.match(said, "\nfalse\tposted:5: cannot wait for time to pass here")
  nothing_is_left()
end)

spec.test("phases: access waits, a header filter cannot", function()
  spec.equal(run([[
    if luft.http.get($url .. "/bytes?n=1").body ~= "0" then ngx.exit(403) end
  ]], values, "/access"), "content")
  local _, response = run([[
    print(pcall(luft.http.get, $url .. "/bytes?n=1"))
    print(pcall(luft.spawn, print))
  ]], values, "/filter")
  spec.match(response.headers["x-said"], "^false\tposted:1: cannot wait for "
    .. "http GET .*log_by_lua and the filters; ngx.timer.at")
  spec.match(response.headers["x-said"],
    "no task can be started in header_filter_by_lua")
  nothing_is_left()
end)

-- nginx hides what it was not told to show; luft has kept it.
spec.test("the environment is that of nginx's start", function()
  spec.equal(run [[
    print(os.getenv("DOCKER_HOST"))
    print(luft.container.docker())
  ]], "nil\n<docker http://127.0.0.1:1>")
end)

-- The end of a request ------------------------------------------------------

spec.test("a client that leaves cancels the calls of its request", function()
  leave_when("in_flight", 9, [[
    luft.spawn(function() luft.http.get($url .. "/bytes?n=1&stall_head=1") end)
    luft.map({ 1, 2, 3, 4, 5, 6, 7, 8 }, function()
      luft.http.get($url .. "/bytes?n=1&stall_head=1")
    end)
  ]])
  observer.wait("in_flight", 0)
  nothing_is_left()
end)

spec.test("so do streams left open", function()
  leave_when("in_flight", 2, [[
    local s = luft.http.get($url .. "/bytes?n=9&stall_after=5",
      { stream = true })
    local t = luft.spawn(luft.http.get, $url .. "/bytes?n=1&stall_head=1")
    luft.sleep(60)
  ]])
  observer.wait("in_flight", 0)
  nothing_is_left()
end)

spec.test("and ngx.exit, with calls under way", function()
  local _, response = run([[
    luft.spawn(luft.http.get, $url .. "/bytes?n=1&stall_head=1")
    repeat
      luft.sleep(0.005)
    until luft.http.get($url .. "/counts"):json().in_flight == 1
    ngx.exit(204)
  ]], values)
  spec.equal(response.status, 204)
  observer.wait("in_flight", 0)
  nothing_is_left()
end)

spec.test("what a killed request held is given back", function()
  run [[package.loaded.gate = luft.semaphore(1)]]
  leave_when("in_flight", 1, [[
    local hold = package.loaded.gate:acquire()
    luft.http.get($url .. "/bytes?n=1&stall_head=1")
  ]])
  spec.equal(run [[
    luft.timeout(10, function() package.loaded.gate:acquire():release() end)
    print("free")
  ]], "free")
end)

spec.test("one that is killed in a queue leaves it", function()
  run [[package.loaded.gate, package.loaded.line =
    luft.semaphore(1), luft.channel(0)]]
  local holder = luft.spawn(run, [[
    package.loaded.gate:with(function()
      package.loaded.line:get()
      print("over")
    end)
  ]])
  local waiter = luft.spawn(run, [[package.loaded.gate:acquire()]])
  nginx.wait_for("both to wait", function()
    return run [[print(#package.loaded.gate.queue)]] == "1"
  end)
  waiter:cancel()
  waiter:pawait()
  nginx.wait_for("the queue to be empty", function()
    return run [[print(#package.loaded.gate.queue)]] == "0"
  end)
  run [[package.loaded.line:put(1)]]
  spec.equal(holder:await(), "over")
  spec.equal(run [[print(package.loaded.gate.free)]], "1")
end)

spec.test("who waits for a task of a killed request is told", function()
  run [[package.loaded.shared = {}]]
  local owner = luft.spawn(run, [[
    package.loaded.shared.task = luft.spawn(luft.sleep, 60)
    luft.sleep(60)
  ]])
  nginx.wait_for("the task", function()
    return run [[print(package.loaded.shared.task ~= nil)]] == "true"
  end)
  local other = luft.spawn(run, [[
    package.loaded.shared.waits = true
    local ok, err = package.loaded.shared.task:pawait()
    print(ok, err.kind, err)
  ]])
  nginx.wait_for("the other", function()
    return run [[print(package.loaded.shared.waits)]] == "true"
  end)
  owner:cancel()
  owner:pawait()
  spec.equal(other:await(), "false\tcancelled\tits request has ended")
end)

spec.test("a request feels nothing of those killed beside it", function()
  local tasks = {}
  for i = 1, 60 do
    tasks[i] = luft.spawn(run, ([[
      local sum = 0
      for _ = 1, 10 do
        local ok = pcall(luft.timeout, 0.002, luft.sleep, 0.001)
        sum = sum + #luft.map({ 1, 2, 3 }, function(n)
          return luft.http.get($url .. "/bytes?n=" .. n).body
        end)
      end
      print("request %d", sum)
    ]]):format(i), values)
  end
  for i = 2, 60, 2 do
    luft.sleep(0.002)
    tasks[i]:cancel()
  end
  for i = 1, 60, 2 do
    spec.equal(tasks[i]:await(), ("request %d\t30"):format(i))
  end
  for i = 2, 60, 2 do tasks[i]:pawait() end
  nothing_is_left()
end)

spec.test("no worker broke", function()
  spec.equal(nginx.breakages(), "")
end)

server.stop()
spec.done()
