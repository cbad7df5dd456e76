-- luv_spec.lua -- luft on luv's event loop, lua/luft/luv.lua.
--
--   lua5.4 tests/system/luv_spec.lua        or luajit
--
-- Scripts of their own have a process of their own: what a callback lets
-- escape ends the process, and the loop is chosen once.

local spec = require "spec"

local has_luv, uv = pcall(require, "luv")
if not has_luv then
  spec.skip_all(28, "luv is missing; Debian and Ubuntu: lua-luv")
  return spec.done()
end

require "luft.luv"
local luft = require "luft"
local playground = require "luft.playground"
local server = require "server".start {}
local observer = require "engine.observer"(server)

spec.at_end(server.stop)

-- Runs fn as a task, and the loop until nothing is left to do.
local function in_loop(fn)
  local ok, err = nil, "the loop ended before the task"
  luft.run(function() ok, err = xpcall(fn, debug.traceback) end)
  uv.run()
  if not ok then error(err, 0) end
  spec.equal(#luft.tasks(), 1, "tasks besides main")
  spec.equal(uv.loop_alive(), false)
end

-- Calls fn from the loop, outside of tasks.
local function from_callback(fn)
  local timer = uv.new_timer()
  timer:start(1, 0, function()
    timer:close()
    fn()
  end)
end

-- A timer that ticks until the test ends; at the given tick the event is set.
local function start_ticking(at, event, order)
  local timer, count = uv.new_timer(), 0
  spec.at_end(function() timer:close() end)
  timer:start(1, 1, function()
    count = count + 1
    if order and count <= at then order[count] = "tick" end
    if count == at then
      timer:stop()
      event:set()
    end
  end)
end

-- What fn has luft say on stderr.
local function complaints(fn)
  local stderr, list = io.stderr, {}
  -- luacheck: push ignore 122
  io.stderr = { write = function(_, ...) list[#list + 1] =
    table.concat { ... } end }
  spec.finally(fn, function() io.stderr = stderr end)
  -- luacheck: pop
  return list
end

-- Runs a script as a process of its own.
local function run_script(text)
  local name = os.tmpname()
  local file = assert(io.open(name, "w"))
  file:write(text)
  file:close()
  local said = spec.output_of(("%s %s 2>&1; echo status $?"):format(
    spec.interpreter(), name))
  os.remove(name)
  return said
end

-- Calls -----------------------------------------------------------------------

spec.test("calls are under way at once, and a timer ticks meanwhile", function()
  local url, count = observer.keyed("/bytes?stall_head=1")
  local ticked = luft.event()
  in_loop(function()
    local calls = luft.run(luft.map, { 1, 2, 3 }, function()
      return luft.http.get(url)
    end)
    observer.wait_for(function() return count() == 3 end)
    start_ticking(5, ticked)
    ticked:wait()
    spec.equal(calls:status(), "running")
    calls:cancel()
    spec.equal(select(2, calls:pawait()).kind, "cancelled")
    observer.wait("in_flight", 0)
  end)
end)

spec.test("a call that is answered later leaves the loop to others",
  function()
    local order, ticked = {}, luft.event()
    spec.at_end(function() luft.transport(nil) end)
    luft.transport(function()
      ticked:wait()
      return { status = 200 }
    end)
    start_ticking(3, ticked, order)
    in_loop(function()
      luft.each({ 1, 2, 3 }, function()
        luft.http.get("http://alpha/")
        order[#order + 1] = "answer"
      end)
      order[#order + 1] = "end"
    end)
    spec.equal(order, { "tick", "tick", "tick", "answer", "answer", "answer",
      "end" })
  end)

spec.test("map, gather, scope and failures", function()
  in_loop(function()
    spec.equal(luft.map({ 3, 1, 2 }, function(n)
      return #luft.http.get(server.url .. "/bytes?n=" .. n).body
    end), { 3, 1, 2 })
    local results = luft.gather {
      a = function() return luft.http.get(server.url .. "/bytes?n=1").body end,
      b = luft.spawn(function() luft.sleep(0.001) return "slept" end),
    }
    spec.equal(results, { a = "0", b = "slept" })
    local sibling
    local err = spec.fails(function()
      luft.scope(function(scope)
        sibling = scope:spawn(luft.http.get,
          server.url .. "/bytes?stall_head=1")
        scope:spawn(error, "no more", 0)
      end)
    end, "local", "no more")
    spec.equal(err.also, nil)
    spec.equal(sibling:status(), "cancelled")
  end)
end)

spec.test("a timeout and a cancellation cut calls and sleeps", function()
  in_loop(function()
    local stalled = server.url .. "/bytes?stall_head=1"
    spec.fails(function() luft.timeout(0.01, luft.http.get, stalled) end,
      "timeout")
    spec.fails(function() luft.timeout(0.01, luft.sleep, 1e6) end, "timeout")
    local sleeper = luft.spawn(luft.sleep, math.huge)
    luft.sleep(0)
    sleeper:cancel("enough")
    local ok, err = sleeper:pawait()
    spec.equal({ ok, err.kind, err.message }, { false, "cancelled", "enough" })
    observer.wait("in_flight", 0)
  end)
end)

spec.test("a body comes in pieces", function()
  in_loop(function()
    local response = luft.http.get(server.url .. "/bytes?n=1000000",
      { stream = true })
    local count = 0
    for chunk in response:chunks() do count = count + #chunk end
    spec.equal(count, 1000000)
  end)
end)

spec.test("the playground's hosts", function()
  local before = playground.install()
  spec.at_end(function() luft.transport(before) end)
  in_loop(function()
    local counts = luft.map({ "tcp://alpha", "tcp://beta" }, function(host)
      local docker = luft.container.docker { endpoint = host }
      docker:deploy_container("luv", "alpine:3.20", { start = false })
      return #docker:list_containers()
    end)
    spec.ok(counts[1] > 0 and counts[2] > 0)
  end)
end)

-- The loop --------------------------------------------------------------------

spec.test("luft.run gives a task, which begins with the loop", function()
  local order = {}
  local task = luft.run(function(...)
    order[#order + 1] = "begins"
    return ...
  end, 1, nil, 3)
  order[#order + 1] = "after run"
  spec.equal(task:status(), "running")
  in_loop(function() spec.equal(spec.pack(task:await()),
    { 1, nil, 3, n = 3 }) end)
  spec.equal(order, { "after run", "begins" })
  spec.equal(task:status(), "done")
  uv.run()                              -- nothing is left: returns at once
end)

spec.test("the loop can be run step by step", function()
  local done
  luft.run(function()
    luft.http.get(server.url .. "/bytes?n=1")
    luft.sleep(0.001)
    done = true
  end)
  while not done do uv.run("once") end
  spec.equal(uv.run("nowait"), false)
end)

spec.test("tasks that are always ready leave the loop to others", function()
  local ticked = luft.event()
  start_ticking(3, ticked)
  in_loop(function()
    luft.map({ 1, 2, 3 }, function()
      while not ticked:is_set() do luft.sleep(0) end
    end)
  end)
end)

spec.test("a call that was dropped does not hold the loop up", function()
  in_loop(function()
    local response = luft.http.get(server.url .. "/bytes?n=10&stall_after=5",
      { stream = true })
    spec.equal(response:chunks()(), "01234")
  end)
end)

spec.test("a task that lets the loop run does not let tasks nest", function()
  local event, ticks = luft.event(), 0
  in_loop(function()
    local ticker = luft.spawn(function()
      while true do
        luft.sleep(0.005)
        ticks = ticks + 1
      end
    end)
    from_callback(function() event:set() end)
    event:wait()
    local before, later = ticks, luft.now() + 0.02
    while luft.now() < later do uv.run("nowait") end
    spec.equal(ticks, before)
    ticker:cancel()
  end)
end)

spec.test("a turn that fails is told, and the loop goes on", function()
  local host = require "luft.host"
  local collect = host.collect
  function host.collect()
    host.collect = collect
    error("out of order", 0)
  end
  local said = complaints(function()
    in_loop(function() luft.sleep(0) end)
  end)
  spec.equal(#said, 1)
  spec.match(said[1], "out of order")
end)

spec.test("while everything waits, the loop sleeps", function()
  local url, count = observer.keyed("/bytes?stall_head=1")
  local ticked, prepare, rounds = luft.event(), uv.new_prepare(), 0
  in_loop(function()
    local call = luft.spawn(luft.http.get, url)
    observer.wait_for(function() return count() == 1 end)
    prepare:start(function() rounds = rounds + 1 end)
    start_ticking(5, ticked)
    ticked:wait()
    prepare:stop()
    call:cancel()
  end)
  prepare:close()
  spec.ok(rounds < 50, rounds .. " rounds for 5 ticks")
end)

-- Failures of tasks -----------------------------------------------------------

spec.test("a failure that nobody waits for is told once", function()
  local said = complaints(function()
    luft.run(error, "alone", 0)
    luft.run(function()
      luft.gather { function() error("in a child", 0) end }
    end)
    uv.run()
    uv.run()
  end)
  spec.equal(said, { "luft: in a detached task: alone\n",
    "luft: in a detached task: in a child\n" })
end)

spec.test("a failure that somebody waits for is his", function()
  local said = complaints(function()
    in_loop(function()
      local task = luft.run(error, "awaited", 0)
      spec.fails(function() task:await() end, "local", "awaited")
    end)
  end)
  spec.equal(said, {})
end)

-- Outside of tasks ------------------------------------------------------------

local function refuse(fn)
  return spec.fails(fn, "invalid_argument",
    "luv_spec%.lua:%d+: cannot wait for .* here: .*luft%.run%(function")
end

spec.test("nothing waits outside of a task", function()
  local docker = luft.container.docker { endpoint = server.url }
  refuse(function() docker:list_containers() end)
  refuse(function() docker.async:list_containers() end)
  refuse(function() luft.http.get(server.url) end)
  refuse(function() luft.sleep(0) end)
  refuse(function() luft.event():wait() end)
  refuse(function() luft.run(tostring, 1):await() end)
  refuse(coroutine.wrap(function() luft.sleep(0) end))
  local results = { docker.try:list_containers() }
  spec.equal({ results[1], results[2].kind }, { nil, "invalid_argument" })
end)

spec.test("nor does a task inside of a call through C or a coroutine",
  function()
    in_loop(function()
      refuse(function()
        table.sort({ 2, 1 }, function() luft.sleep(0) end)
      end)
      refuse(coroutine.wrap(function() luft.sleep(0) end))
    end)
  end)

spec.test("a stream is not read outside of a task", function()
  local docker = luft.container.docker { endpoint = server.url }
  local iterator, held
  luft.run(function()
    iterator = docker:iterate_containers()
    held = luft.event()
    held:wait()
  end)
  while not held do uv.run("once") end
  refuse(function() iterator() end)
  held:set()
  in_loop(function() end)
end)

spec.test("no task has its parent outside of tasks", function()
  local function fails(fn)
    spec.fails(fn, "invalid_argument", "luv_spec%.lua:%d+: only a task has "
      .. "children; luft%.run%(fn%) starts a task$")
  end
  fails(function() luft.spawn(print) end)
  fails(function() luft.map({ 1 }, print) end)
  fails(function() luft.scope(function(scope) scope:spawn(print) end) end)
  in_loop(function() end)
end)

spec.test("a callback gets the refusal as a text, which luv can print",
  function()
    local refusal
    from_callback(function()
      refusal = select(2, pcall(luft.http.get, server.url))
    end)
    uv.run()
    spec.equal(type(refusal), "string")
    spec.match(refusal, "^[^ ]*luv_spec%.lua:%d+: cannot wait for http GET "
      .. ".*luft%.run%(function")
    spec.match(run_script [[
      local uv = require "luv"
      require "luft.luv"
      local luft = require "luft"
      local timer = uv.new_timer()
      timer:start(0, 0, function() luft.sleep(1) end)
      uv.run()
    ]], "Uncaught Error: [^\n]*:5: cannot wait for time to pass here")
  end)

-- What a script has beside tasks ----------------------------------------------

spec.test("a callback wakes a task by an event, and feeds it by a channel",
  function()
    local event, channel = luft.event(), luft.channel(10)
    from_callback(function()
      event:set()
      channel:put("a")
      channel:put("b")
      channel:close()
    end)
    in_loop(function()
      event:wait()
      local got = {}
      for value in channel do got[#got + 1] = value end
      spec.equal(got, { "a", "b" })
    end)
  end)

spec.test("a callback starts tasks and cancels them", function()
  local ending
  from_callback(function()
    local sleeper = luft.run(luft.sleep, 1e6)
    luft.run(function() ending = select(2, sleeper:pawait()).kind end)
    from_callback(function() sleeper:cancel() end)
  end)
  uv.run()
  spec.equal(ending, "cancelled")
end)

spec.test("coroutines of the script's own go on beside tasks", function()
  local order, started = {}, luft.event()
  coroutine.wrap(function()
    local thread = coroutine.running()
    from_callback(function() coroutine.resume(thread, "resumed") end)
    order[#order + 1] = coroutine.yield()
    started:set()
  end)()
  in_loop(function()
    started:wait()
    order[#order + 1] = "task"
  end)
  spec.equal(order, { "resumed", "task" })
end)

spec.test("a task that yields by itself has its next turn soon", function()
  local order = {}
  in_loop(function()
    luft.spawn(function() order[#order + 1] = "other" end)
    order[#order + 1] = "one"
    coroutine.yield()
    order[#order + 1] = "one again"
  end)
  spec.equal(order, { "one", "other", "one again" })
end)

-- Choosing it, leaving it -----------------------------------------------------

spec.test("it must be chosen before luft is loaded", function()
  local said = run_script [[
    require "luft"
    local ok, err = pcall(require, "luft.luv")
    print(ok, err.kind, err)
  ]]
  spec.match(said, "^false\tinvalid_argument\t[^\n]*:2: luft has a loop "
    .. "already: [^\n]*\nstatus 0\n$")
  spec.match(run_script [[
    package.loaded["luft.program"] = {}         -- as in the luft program
    print(pcall(require, "luft.luv"))
  ]], "^false\t[^\n]*:2: luft has a loop already")
  spec.match(run_script [[
    require "luft.luv"
    require "luft"
    print(require "luft.host" == require "luft.luv")
  ]], "^true\nstatus 0\n$")
end)

spec.test("a script may end in the middle of a call", function()
  local said = run_script(([[
    local uv = require "luv"
    require "luft.luv"
    local luft = require "luft"
    luft.run(luft.http.get, "%s/bytes?stall_head=1")
    while require "luft.core".busy() == 0 do uv.run("once") end
    print("the end")
  ]]):format(server.url))
  spec.match(said, "the end\n")
  spec.match(said, "luft: 1 task did not run to the end")
  spec.match(said, "status 0\n$")
end)

-- What is shown ---------------------------------------------------------------

-- Blocks of docs/EMBEDDING.md that need another loop are marked ```Lua;
-- tests/docs runs the others.
spec.test("docs/EMBEDDING.md", function()
  local file = assert(io.open("docs/EMBEDDING.md"))
  local page, outputs = file:read("*a"), {}
  file:close()
  for code in page:gmatch("\n```Lua\n(.-)\n```") do
    if code:find("luft.luv", 1, true) then
      outputs[#outputs + 1] = run_script([[
        require "luft.luv"
        require "luft.playground".install()
      ]] .. code)
    end
  end
  spec.equal(outputs, {
    "web\trunning\ndb\tstopped\nworker\trunning\nstatus 0\n",
    "127.0.0.1\nstatus 0\n",
  })
end)

spec.test("examples/luv", function()
  local command = spec.interpreter() .. " examples/luv/audit.lua "
  spec.match(spec.output_of(command .. "2>/dev/null"),
    "^tcp://alpha:2375\t3 containers\n\tweb\trunning\n.*"
    .. "tcp://gamma:2375\t2 containers\n")
  spec.match(spec.output_of(command .. "tcp://127.0.0.1:1 2>/dev/null"),
    "^tcp://127.0.0.1:1\tdocker: list_containers: cannot connect")
end)

spec.done()
