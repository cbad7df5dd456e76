-- signals_spec.lua -- what Ctrl-C and other signals do to the program.

local spec = require "spec"
local program = require "host.program"

local READY = 'print "ready" io.stdout:flush()\n'
local LUFT = 'local luft = require "luft"\n'

-- Runs a script until it says that it is ready, sends it signals, one after the
-- other was taken, and gives how it ended.
local function interrupted(text, ...)
  local child <close> = program.start(text)
  child:expect("ready")
  for _, name in ipairs { ... } do child:signal(name) end
  return child:finish()
end

local function check(result, out, err, status)
  spec.equal(result.out, "ready\n" .. out)
  spec.equal(result.err, err)
  spec.equal(result.status, status)
end

-- The first Ctrl-C ------------------------------------------------------------

local waits = {
  sleep = "luft.sleep(1000)",
  event = "luft.spawn(luft.sleep, 1000) luft.event():wait()",
  children = "luft.spawn(luft.sleep, 1000)",
  map = "luft.map({ 1, 2, 3 }, function() luft.sleep(1000) end)",
  detached = "luft.detach(luft.sleep, 1000)",
  scope = "local _ <close> = luft.scope() luft.spawn(luft.sleep, 1000)",
  coroutine = "coroutine.wrap(function() luft.sleep(1000) end)()",
  sort = [[table.sort({ 1, 2 }, function() luft.sleep(1000) end)]],
  request = [[luft.transport(function() luft.sleep(1000) end)
    luft.http.get("http://host/")]],
  pcall = "while true do pcall(luft.sleep, 1000) end",
}

for name, text in pairs(waits) do
  spec.test("Ctrl-C ends a wait: " .. name, function()
    check(interrupted(LUFT .. READY .. text, "INT"), "",
      "luft: interrupted\n", 130)
  end)
end

local loops = {
  empty = "while true do end",
  pcall = "while true do pcall(function() for _ = 1, 1000 do end end) end",
  ["pcall(error)"] = "while true do pcall(error) end",
  xpcall = "while true do xpcall(error, function(e) return e end, 1) end",
  coroutine = [[while true do
    coroutine.resume(coroutine.create(function() while true do end end))
  end]],
  wrap = [[local next = coroutine.wrap(function()
    while true do pcall(coroutine.yield) end end)
    while true do pcall(next) end]],
  recursion = "local function f(n) return f(n + 1) end f(1)",
  metamethods = [[local t = setmetatable({}, { __index = function(_, n)
    return n end }) while true do local _ = t[1] end]],
}

for name, text in pairs(loops) do
  spec.test("Ctrl-C ends a busy loop: " .. name, function()
    local result = interrupted(READY .. text, "INT")
    spec.equal(result.out, "ready\n")
    spec.match(result.err, "^luft: [^\n]*interrupted!\nstack traceback:\n")
    spec.equal(result.status, 130)
  end)
  spec.test("... with luft loaded: " .. name, function()
    check(interrupted(LUFT .. READY .. text, "INT"), "",
      "luft: interrupted\n", 130)
  end)
  spec.test("... in a task: " .. name, function()
    check(interrupted(LUFT .. READY .. "luft.spawn(function() " .. text
      .. " end) luft.sleep(1000)", "INT"), "", "luft: interrupted\n", 130)
  end)
end

spec.test("a loop of luft calls that never wait is ended", function()
  check(interrupted(LUFT .. READY .. [[
    while true do pcall(luft.json.decode, "[1") luft.now() end]], "INT"), "",
    "luft: interrupted\n", 130)
end)

-- Clean-up -------------------------------------------------------------------

-- %s: what is done meanwhile.
local cleaning = LUFT .. [[
  luft.transport(function(request)
    luft.sleep(0.001)
    return { status = 200, body = request.target }
  end)
  local function guard(name)
    return setmetatable({}, { __close = function()
      luft.sleep(0.001)
      local answer = luft.http.get("http://host/" .. name)
      print(name, answer.body, pcall(error, "caught", 0))
    end })
  end
  local outer <close> = guard "main"
]]

spec.test("clean-up runs on the first, and may wait", function()
  local result = interrupted(cleaning .. [[
    luft.spawn(function()
      local _ <close> = guard "task"
      luft.sleep(1000)
    end)
    luft.sleep(0)]] .. "\n" .. READY .. "luft.sleep(1000)", "INT")
  local lines = {}
  for line in result.out:gmatch("[^\n]+") do lines[#lines + 1] = line end
  table.sort(lines)
  spec.equal(lines, { "main\t/main\tfalse\tcaught", "ready",
    "task\t/task\tfalse\tcaught" })
  spec.equal(result.err, "luft: interrupted\n")
  spec.equal(result.status, 130)
end)

spec.test("... out of a busy loop too", function()
  check(interrupted(cleaning .. READY .. "while true do pcall(error) end",
    "INT"), "main\t/main\tfalse\tcaught\n", "luft: interrupted\n", 130)
end)

spec.test("... without luft, where pcall catches other errors again", function()
  local result = interrupted([[
    local _ <close> = setmetatable({}, { __close = function()
      print(pcall(error, "caught", 0)) end })
  ]] .. READY .. "while true do pcall(error) end", "INT")
  spec.equal(result.out, "ready\nfalse\tcaught\n")
  spec.equal(result.status, 130)
end)

spec.test("what clean-up fails with is told", function()
  local result = interrupted(LUFT .. [[
    luft.spawn(function()
      local _ <close> = setmetatable({}, { __close = function()
        error("the clean-up failed", 0) end })
      luft.sleep(1000)
    end)
    luft.sleep(0)
  ]] .. READY .. "luft.sleep(1000)", "INT")
  spec.match(result.err, "the clean%-up failed")
  spec.equal(result.status, 130)
end)

-- The second -----------------------------------------------------------------

spec.test("a second Ctrl-C ends at once, clean-up or not", function()
  for first, luft in pairs { sleep = "luft.sleep(1000)",
    busy = "while true do pcall(error) end" } do
    local child <close> = program.start(LUFT .. [[
      local _ <close> = setmetatable({}, { __close = function()
        print "cleaning" io.stdout:flush() ]] .. luft .. [[ end })
    ]] .. READY .. "luft.sleep(1000)")
    child:expect("ready")
    child:signal("INT")
    child:expect("cleaning")
    child:signal("INT")
    local result = child:finish()
    spec.equal(result.out, "ready\ncleaning\n", first)
    spec.equal(result.err, "")
    spec.equal(result.status, 130)
  end
end)

-- Sends two signals into a search that never ends, in C.
local function search_interrupted(second)
  local child <close> = program.start(READY
    .. 'print(("a"):rep(200):find(("a-"):rep(10) .. "b"))')
  child:expect("ready")
  child:expect_work()
  child:signal("INT")
  child:signal(second)
  return child:finish()
end

spec.test("... and reaches what the first cannot: C", function()
  check(search_interrupted("INT"), "", "", 130)
end)

spec.test("a second signal counts with its own number", function()
  check(search_interrupted("TERM"), "", "", 143)
end)

-- Others ---------------------------------------------------------------------

spec.test("SIGTERM is as Ctrl-C, exit status 143", function()
  check(interrupted(cleaning .. READY .. "luft.sleep(1000)", "TERM"),
    "main\t/main\tfalse\tcaught\n", "luft: interrupted\n", 143)
  local result = interrupted(READY .. "while true do end", "TERM")
  spec.match(result.err, "^luft: interrupted!\nstack traceback:\n")
  spec.equal(result.status, 143)
end)

spec.test("SIGQUIT prints the tasks, and the program goes on", function()
  local child <close> = program.start(LUFT .. [[
    local channel = luft.channel()
    local task = luft.spawn(function() return channel:get() end)
    luft.spawn(luft.sleep, 1000)
    luft.sleep(0)
  ]] .. READY .. [[
    while not io.open("go on") do luft.sleep(0.001) end
    channel:put("went on")
    print(task:await())
    os.exit(0)]])
  child:expect("ready")
  child:signal("QUIT")
  child:expect_error("task 2[^\n]*\n")
  program.write_file(child.folder .. "/go on", "")
  local result = child:finish()
  check(result, "went on\n", result.err, 0)
  spec.match(result.err, "^luft: main waits for [^\n]+ "
    .. "%(spawned at the start%)\nluft: task 1 waits for [^\n]+ for %d+%.%d s "
    .. "%(spawned at script:3%)\nluft: task 2 waits for time to pass for "
    .. "%d+%.%d s %(spawned at script:4%)\n$")
end)

spec.test("... from a busy loop too; without luft it does nothing", function()
  for _, luft in ipairs { LUFT, "" } do
    local child <close> = program.start(luft .. READY .. [[
      while not io.open("go on") do end
      print "went on"]])
    child:expect("ready")
    child:signal("QUIT")
    if luft ~= "" then child:expect_error("main waits for its turn") end
    program.write_file(child.folder .. "/go on", "")
    local result = child:finish()
    check(result, "went on\n", result.err, 0)
    if luft == "" then spec.equal(result.err, "") end
  end
end)

spec.test("os.exit on the way out of Ctrl-C keeps its own status", function()
  check(interrupted([[
    local _ <close> = setmetatable({}, { __close = function()
      os.exit(5) end })
  ]] .. READY .. "while true do end", "INT"), "", "", 5)
end)

spec.test("a signal that the parent ignored is heeded all the same", function()
  local child <close> = program.start(READY .. "while true do end",
    { shell = "trap '' INT; " })
  child:expect("ready")
  child:signal("INT")
  spec.equal(child:finish().status, 130)
end)

spec.done()
