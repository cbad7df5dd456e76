-- scripts_spec.lua -- the scripts in scripts/, as child processes that run on
-- simulated hosts.

local spec = require "spec"

local ALPHA, BETA, GAMMA = " tcp://alpha:2375", " tcp://beta:2375",
  " tcp://gamma:2375"

-- Runs a script: what it printed (watch.lua's lines too), its exit status.
-- @param options.playground  LUFT_PLAYGROUND
-- @param options.at  LUFT_TEST_AT, see watch.lua
-- @param options.first  Lua code that runs before it
local function run(arguments, options)
  options = options or {}
  if not package.loaded["luft.program"] then
    spec.skip("only the luft program has --playground")
  end
  local pipe = io.popen(("LUFT_PLAYGROUND='latency=0.001,%s' LUFT_TEST_AT='%s' "
    .. "'%s' --playground -e '%s' -e 'dofile \"tests/scripts/watch.lua\"' "
    .. "scripts/%s 2>&1"):format(options.playground or "1", options.at or "",
    arg[-1], options.first or "", arguments))
  local text = pipe:read("a")
  local _, _, status = pipe:close()
  return text, status
end

local function count(text, word)
  return select(2, text:gsub(word, ""))
end

-- Every container that was created is removed again, and at least one was.
local function nothing_is_left(text)
  local left, created = {}, 0
  for name in text:gmatch("created ([^\n]+)") do
    created, left[name] = created + 1, true
  end
  for name in text:gmatch("removed ([^\n]+)") do left[name] = nil end
  spec.ok(created > 0, "nothing was created:\n" .. text)
  spec.equal(left, {}, text)
end

spec.test("bad arguments: a usage line, exit 2, no request", function()
  for _, arguments in ipairs { "audit.lua --help", "audit.lua tcp://a -v",
    "deploy.lua", "deploy.lua shop", "deploy.lua shop redis:7",
    "deploy.lua --help a b", "deploy.lua shop redis:7 -h",
    "demo.lua --help", "demo.lua -h" .. ALPHA } do
    local text, status = run(arguments)
    spec.equal(text, ("usage: luft scripts/%s %s\n"):format(
      arguments:match("%S+"), text:match("%.lua (.-)\n")), arguments)
    spec.equal(status, 2, arguments)
  end
end)

-- audit -----------------------------------------------------------------------

spec.test("audit: hosts, their containers, a sum", function()
  local text, status = run("audit.lua tcp://alpha tcp://gamma")
  spec.equal(status, 0, text)
  spec.match(text, "^HOST +NAME +IMAGE +STATE +DAYS\n")
  spec.match(text, "\ntcp://alpha +web +nginx:1.27 +running +%d+%.%d\n")
  spec.match(text, "\n%d+ containers on 2 hosts, asked in %d+%.%d+ s\n$")
end)

spec.test("audit: the same lines each time, whatever the order", function()
  local function lines() return (run("audit.lua" .. ALPHA .. BETA .. GAMMA))
    :gsub("%d+%.%d+ s", "") end
  spec.equal(lines(), lines())
end)

spec.test("audit: no argument means this machine's engine", function()
  local text, status = run("audit.lua")
  spec.equal(status, 0, text)
  spec.match(text, "\nunix:///var/run/docker.sock +blog +nginx:1.27 +running")
  spec.match(text, "\n2 containers on 1 host, asked")
end)

spec.test("audit: a host that is down is said, the others are shown", function()
  local text, status = run("audit.lua" .. ALPHA .. BETA,
    { playground = "down=tcp://beta:2375" })
  spec.equal(status, 1, text)
  spec.match(text, "tcp://beta:2375: docker: list_containers: cannot connect")
  spec.match(text, "\ntcp://alpha:2375 +web ")
  spec.match(text, "on 2 hosts, asked in ")
end)

-- deploy ----------------------------------------------------------------------

spec.test("deploy: on all hosts", function()
  local text, status = run("deploy.lua shop redis:7" .. ALPHA .. BETA .. GAMMA)
  spec.equal(status, 0, text)
  spec.equal(count(text, "created shop on "), 3)
  spec.equal(count(text, "removed "), 0)
  spec.match(text, "\ntcp://alpha:2375: <Container shop id=%x+… state=running>"
    .. "\ntcp://beta:2375: <Container shop .*\ntcp://gamma:2375: <Container ")
end)

-- `web` is a container that alpha has from the start.
spec.test("deploy: the name is taken on one host", function()
  local text, status = run("deploy.lua web redis:7" .. GAMMA .. ALPHA)
  spec.equal(status, 1, text)
  spec.ok(not text:find("removed [^\n]* on http://alpha"), text)
  spec.match(text, "luft: .*: tcp://alpha:2375: Conflict. The container name "
    .. '"/web" is already in use')
end)

spec.test("deploy: what stands is taken down when a later host fails",
  function()
    -- gamma refuses only when alpha's container runs
    local text, status = run("deploy.lua shop nginx:1.27" .. ALPHA .. GAMMA, {
      first = [[local luft = require "luft"
        local playground, started = require "luft.playground", luft.event()
        playground.configure("tcp://gamma", { latency = function(request)
          if request.target:find("/create") then started:wait() end
        end, fail = { ["POST /containers/create"] = { status = 507,
          message = "disk is full" } } })
        playground.configure("tcp://alpha", { latency = function(request)
          if request.method == "GET" and request.target:find("/containers")
            then started:set() end
        end })]],
    })
    spec.equal(status, 1, text)
    spec.match(text, "created shop on http://alpha:2375\n")
    spec.match(text, "\ntcp://alpha:2375: taken down again\n")
    spec.match(text, "tcp://gamma:2375: disk is full")
    nothing_is_left(text)
  end)

spec.test("deploy: a container that does not start goes, too", function()
  local text, status = run("deploy.lua shop nginx:1.27" .. ALPHA, {
    first = [[require "luft.playground".configure("*", { fail = {
      ["POST /containers/*/start"] = { status = 400, message = "no" } } })]],
  })
  spec.equal(status, 1, text)
  nothing_is_left(text)
end)

spec.test("deploy: an image that does not exist, a host that is down",
  function()
    local text, status = run("deploy.lua shop nosuch:1" .. ALPHA .. BETA)
    spec.equal(status, 1, text)
    spec.match(text, "tcp://%a+:2375: manifest for nosuch:1 not found")
    spec.equal(count(text, "created"), 0)
    text, status = run("deploy.lua shop redis:7" .. ALPHA .. BETA,
      { playground = "down=tcp://beta" })
    spec.equal(status, 1, text)
    spec.match(text, "tcp://beta:2375: cannot connect to ")
  end)

spec.test("deploy: what cannot be taken down is said", function()
  local text, status = run("deploy.lua shop nginx:1.27" .. ALPHA, {
    first = [[require "luft.playground".configure("*", { fail = {
      ["POST /containers/*/start"] = { status = 400, message = "no" },
      ["DELETE /containers/*"] = { status = 500, message = "stuck" } } })]],
  })
  spec.equal(status, 1, text)
  spec.match(text, "\ntcp://alpha:2375: LEFT BEHIND: <Container %x+[^\n]*\n"
    .. "  docker: destroy_container: stuck")
end)

for _, at in ipairs { "POST /containers/create 2 INT", "POST /start 1 INT",
  "POST /containers/create 3 TERM" } do
  spec.test("deploy: interrupted at " .. at, function()
    local text, status = run("deploy.lua shop nginx:1.27" .. ALPHA .. BETA
      .. GAMMA, { at = at })
    spec.equal(status, at:find("INT") and 130 or 143, text)
    nothing_is_left(text)
  end)
end

-- demo ------------------------------------------------------------------------

spec.test("demo: four containers on each host, and none at the end", function()
  local text, status = run("demo.lua" .. ALPHA .. BETA)
  spec.equal(status, 0, text)
  spec.match(text, "^Deploying 8 containers of busybox:1.36 at once, on "
    .. "tcp://alpha:2375 tcp://beta:2375:\n")
  spec.equal(count(text, "tcp://%a+:2375 says: hello from luft%-demo%-%d\n"), 8)
  spec.match(text, "\nIn sum %d+%.%d+ s, by the clock %d+%.%d+ s%.\n"
    .. "  tcp://alpha:2375 has %d+ containers now\n")
  spec.match(text, "\nNothing is left behind.\n$")
  nothing_is_left(text)
end)

spec.test("demo: what cannot be destroyed is said", function()
  local text, status = run("demo.lua" .. ALPHA, {
    first = [[require "luft.playground".configure("*", { latency = 0.001,
      fail = { ["DELETE /containers/*"] = { status = 409, message = "stuck",
        times = 1 } } })]],
  })
  spec.equal(status, 1, text)
  spec.equal(count(text, "LEFT BEHIND:\t<Container luft%-demo%-%d id="), 1)
  spec.match(text, "destroy_container: stuck %(HTTP 409%)\n")
  spec.equal(count(text, "removed "), 3)
end)

spec.test("demo: this machine's engine, another image", function()
  local text, status = run("demo.lua alpine:3")
  spec.equal(status, 0, text)
  spec.match(text, "^Deploying 4 containers of alpine:3 at once, on "
    .. "unix:///var/run/docker.sock:\n")
  nothing_is_left(text)
end)

for _, at in ipairs { "POST /containers/create 12 INT", "POST /start 2 INT",
  "GET /logs 3 INT" } do
  spec.test("demo: interrupted at " .. at, function()
    local text, status = run("demo.lua" .. ALPHA .. BETA, { at = at })
    spec.equal(status, 130, text)
    spec.match(text, "\nNothing is left behind.\n")
    nothing_is_left(text)
  end)
end

-- The environment -------------------------------------------------------------

spec.test("LUFT_PLAYGROUND is checked", function()
  local text, status = run("audit.lua", { playground = "latency=fast" })
  spec.equal(status, 1)
  spec.match(text, "LUFT_PLAYGROUND has 'latency=fast'; it is 1, or latency=")
end)

spec.done()
