-- dns_spec.lua -- names that are slow to resolve, or have no address.
--
-- The system's resolver is replaced, see slow_resolver.c; so this runs itself
-- again, as a child with that library.

local luft = require "luft"
local spec = require "spec"

local build = os.getenv("LUFT_BUILD") or "build"
local library = build .. "/tests/slow_resolver.so"
local scratch_module = require "engine.scratch"

local program = os.getenv("LUFT") or arg[-1]

-- How luft is run with the library, and with what the resolver reads.
local function with_library(folder)
  return ("SLOW_RESOLVER='%s' LD_PRELOAD='%s' exec '%s'"):format(folder,
    library, program)
end

local function run_again()
  assert(io.open(library)):close()
  local scratch <close> = scratch_module.open()
  local ok, _, status = os.execute(with_library(scratch.folder) .. " "
    .. arg[0])
  return ok and 0 or status
end

if not os.getenv("SLOW_RESOLVER") then
  if not scratch_module.is_sanitized() then os.exit(run_again(), true) end
  spec.skip_all(11, "a sanitizer's library must be loaded first")
  return spec.done()
end

local server <close> = require "server".start {}
local observer = require "engine.observer"(server)
local http = luft.http
local folder = os.getenv("SLOW_RESOLVER")
local hosts = 0

local MUCH_TOO_LONG = 30

-- A host that nobody has asked for yet.
local function new_host(kind)
  hosts = hosts + 1
  return ("h%d.%s.test"):format(hosts, kind)
end

local function address(host)
  return ("http://%s:%d/echo"):format(host, server.port)
end

-- How often a name was looked up, or all names that end so.
local function lookups(host)
  local file <close>, n = io.open(folder .. "/calls"), 0
  if not file then return 0 end
  for line in file:lines() do
    if line == host then n = n + 1 end
  end
  return n
end

local function wait_for_lookups(host, count)
  observer.wait_for(function() return lookups(host) >= count end)
end

local function let_go()
  assert(io.open(folder .. "/go", "w")):close()
end

local function hold_back()
  os.remove(folder .. "/go")
end

local function works()
  spec.equal(http.get(server.url .. "/echo").status, 200)
end

-- n tasks that ask for the same at once; each gives what pcall does.
local function crowd(n, host, options)
  local tasks = {}
  for i = 1, n do
    tasks[i] = luft.spawn(pcall, http.get, address(host), options)
  end
  return tasks
end

local function succeeds(task)
  local ok, answer = task:await()
  if not ok then error(answer, 2) end
  spec.equal(answer.status, 200)
  return answer
end

spec.test("a name is looked up once for two hundred who ask at once",
  function()
    for _, kind in ipairs { "quick", "slow" } do
      local host = new_host(kind)
      local tasks = crowd(200, host)
      wait_for_lookups(host, 1)
      let_go()
      for _, task in ipairs(tasks) do
        spec.equal(succeeds(task):json().headers.host, host .. ":"
          .. server.port)
      end
      spec.equal(lookups(host), 1)
      spec.equal(http.get(address(host)).status, 200)
      spec.equal(lookups(host), 1)
      hold_back()
    end
  end)

spec.test("others are answered while a lookup hangs", function()
  local host = new_host "slow"
  local task = luft.spawn(http.get, address(host))
  wait_for_lookups(host, 1)
  for _ = 1, 20 do works() end
  spec.equal(http.get(address(new_host "quick")).status, 200)
  spec.equal(task:status(), "running")
  let_go()
  spec.equal(task:await().status, 200)
  hold_back()
end)

spec.test("a lookup that hangs can be cancelled", function()
  local host = new_host "never"
  local task = luft.spawn(http.get, address(host))
  wait_for_lookups(host, 1)
  task:cancel()
  luft.timeout(MUCH_TOO_LONG, function()
    spec.equal(task:pawait(), false)
    works()
  end)
  spec.equal(task:status(), "cancelled")
end)

spec.test("every time limit holds for a lookup that hangs", function()
  for pattern, timeout in pairs {
    ["no connection within 0.1 s %(the option timeout.connect%)"] =
      { connect = 0.1 },
    ["no result within 0.1 s"] = 0.1,
  } do
    spec.fails(function()
      luft.timeout(MUCH_TOO_LONG, http.get, address(new_host "never"),
        { timeout = timeout, retries = 0 })
    end, "timeout", pattern)
    luft.timeout(MUCH_TOO_LONG, works)
  end
  spec.fails(function()
    luft.timeout(0.1, http.get, address(new_host "never"))
  end, "timeout", "not done within 0.1 s")
  luft.timeout(MUCH_TOO_LONG, works)
end)

spec.test("when who looked it up gives up, one other does it for all",
  function()
    local host = new_host "slow"
    local tasks = crowd(50, host)
    wait_for_lookups(host, 1)
    tasks[1]:cancel()
    spec.equal(tasks[1]:pawait(), false)
    wait_for_lookups(host, 2)
    let_go()
    for i = 2, 50 do succeeds(tasks[i]) end
    spec.equal(lookups(host), 2)
    hold_back()
  end)

spec.test("a name without an address fails for all who wait", function()
  local host = new_host "nowhere"
  local tasks = crowd(200, host, { retries = 0 })
  wait_for_lookups(host, 1)
  luft.sleep(0)
  let_go()
  for _, task in ipairs(tasks) do
    local ok, err = task:await()
    spec.equal(ok, false)
    spec.equal({ err.kind, err.attempts }, { "network", 1 })
    spec.match(err, "cannot find the address of http://"
      .. host:gsub("%p", "%%%0"))
  end
  spec.equal(lookups(host), 1)
end)

-- More of them than go at once: the first one's failure is theirs, but not that
-- of others.
spec.test("a name that fails or hangs is nobody else's problem", function()
  local bad = crowd(100, new_host "nowhere", { retries = 0 })
  local hanging = crowd(100, new_host "never")
  local good = crowd(100, new_host "quick")
  for _, task in ipairs(good) do succeeds(task) end
  works()
  let_go()
  for _, task in ipairs(bad) do spec.equal(task:await(), false) end
  for _, task in ipairs(hanging) do
    spec.equal(task:status(), "running")
    task:cancel()
  end
  hold_back()
end)

spec.test("a lookup that times out makes nobody wait in turn", function()
  local start = luft.now()
  for _, task in ipairs(crowd(60, new_host "never", {
    timeout = { connect = 1 }, retries = 0 })) do
    local ok, err = task:await()
    spec.equal({ ok, err.kind }, { false, "timeout" })
  end
  spec.ok(luft.now() - start < MUCH_TOO_LONG)
end)

spec.test("a failed lookup is not kept, and is tried again", function()
  local host = new_host "nowhere"
  let_go()
  local err = spec.fails(function() http.get(address(host)) end, "network")
  spec.equal(err.attempts, 4)
  spec.equal(lookups(host), 4)
  spec.fails(function() http.get(address(host), { retries = 0 }) end,
    "network")
  spec.equal(lookups(host), 5)
  hold_back()
end)

spec.test("hundreds of hosts at once, and the lanes of those that are idle",
  function()
    local tasks = {}
    for i = 1, 400 do tasks[i] = crowd(1, new_host "quick")[1] end
    for _, task in ipairs(tasks) do succeeds(task) end
    works()
  end)

spec.test("the program ends while a lookup hangs", function()
  for _, ending in ipairs { "os.exit(7)", "os.exit(7, true)",
    "task:cancel() task:pawait() os.exit(7, true)" } do
    local host = new_host "never"
    local script = folder .. "/script.lua"
    local file <close> = assert(io.open(script, "w"))
    file:write(([[
      local luft = require "luft"
      local task = luft.spawn(luft.http.get, %q)
      local function is_asked()
        local calls <close> = io.open(%q)
        return calls:read("a"):find(%q, 1, true)
      end
      luft.sleep(0)
      while not is_asked() do luft.sleep(0.005) end
      %s]]):format(address(host), folder .. "/calls", host, ending))
    file:close()
    local ended = luft.now()
    local _, how, status = os.execute("exec '" .. program .. "' '" .. script
      .. "'")
    spec.equal({ how, status }, { "exit", 7 }, ending)
    spec.ok(luft.now() - ended < MUCH_TOO_LONG, "it took its time to end")
  end
end)

spec.done()
