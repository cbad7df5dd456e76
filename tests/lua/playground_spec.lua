-- playground_spec.lua -- the simulated Docker hosts, seen by the real driver.

local spec = require "spec"
local hosts = require "lua.playground_hosts"
local luft = require "luft"
local playground = require "luft.playground"

local docker, names_of, test = hosts.docker, hosts.names_of, hosts.test
local call, EMPTY = hosts.call, hosts.EMPTY

-- Hosts -----------------------------------------------------------------------

test("the default socket has two containers, another one has none", function()
  spec.equal(names_of(docker("unix:///var/run/docker.sock"):list_containers()),
    { "blog", "nightly" })
  spec.equal(#docker(EMPTY):list_containers(), 0)
  spec.equal(names_of(docker(EMPTY):list_images()),
    { "busybox:1", "nginx:1.27", "postgres:16" })
end)

test("each TCP host has 1 to 4 containers, with images", function()
  local different = {}
  for i = 1, 40 do
    local host = docker(("tcp://host%d:2375"):format(i))
    local list, images = host:list_containers(), {}
    for _, image in ipairs(host:list_images()) do images[image.name] = true end
    spec.ok(#list >= 1 and #list <= 4)
    for _, container in ipairs(list) do
      spec.ok(images[container.image.name])
      spec.ok(container.state ~= "unknown")
      spec.ok(container.created_at < luft.now() - 60)
      different[container.state] = true
      container:refresh()
    end
  end
  for _, state in ipairs { "running", "stopped", "pending", "paused",
    "rebooting" } do
    spec.ok(different[state], "no host has one that is " .. state)
  end
end)

test("a host is the same at every run, two hosts are not", function()
  local function ids(endpoint)
    local list = {}
    for i, c in ipairs(docker(endpoint):list_containers()) do list[i] = c.id end
    list[#list + 1] = docker(endpoint):deploy_container("new", "busybox:1").id
    return list
  end
  local first = ids("tcp://beta:2375")
  playground.reset()
  spec.equal(ids("tcp://beta:2375"), first)
  for _, id in ipairs(ids("tcp://gamma:2375")) do
    spec.match(id, "^" .. ("%x"):rep(64) .. "$")
    spec.ok(id ~= first[1])
  end
end)

test("ids do not depend on what else goes on", function()
  local function ids(names)
    playground.reset()
    local made = luft.map(names, function(name)
      return docker(EMPTY):deploy_container(name, "busybox:1").id
    end)
    local by_name = {}
    for i, name in ipairs(names) do by_name[name] = made[i] end
    return by_name
  end
  spec.equal(ids { "a1", "b1", "c1" }, ids { "c1", "a1", "b1" })
  local again = docker(EMPTY):deploy_container("d1", "busybox:1")
  again:destroy()
  spec.ok(docker(EMPTY):deploy_container("d1", "busybox:1").id ~= again.id)
end)

test("each endpoint has a state of its own, whatever it is called", function()
  docker("tcp://a1:2375"):deploy_container("mine", "nginx:1.27")
  spec.fails(function() docker("tcp://b1:2375"):get_container("mine") end,
    "not_found", "No such container: mine")
  spec.equal(docker("a1"):get_container("mine").name, "mine")
end)

test("what is no Docker host is refused by name", function()
  local err = spec.fails(function() luft.http.get("http://example.com/") end)
  spec.match(err, "the playground simulates Docker hosts.*not http://example")
end)

-- Images ----------------------------------------------------------------------

test("install_image reports layers, and the image is there", function()
  local host, seen = docker(EMPTY), {}
  local image = host:install_image("redis:7", { on_progress = function(p)
    seen[#seen + 1] = p
  end })
  spec.equal(image.name, "redis:7")
  spec.match(image.id, "^sha256:%x+$")
  local layers, extracted = {}, 0
  for _, progress in ipairs(seen) do
    if progress.status == "Downloading" then
      layers[progress.id] = progress.total
      spec.ok(progress.current <= progress.total)
    elseif progress.status == "Pull complete" then
      spec.ok(layers[progress.id], "complete without a download")
      extracted = extracted + 1
    end
  end
  spec.ok(extracted >= 2)
  spec.equal(seen[1].status, "Pulling from library/redis")
  spec.equal(seen[#seen].status,
    "Status: Downloaded newer image for redis:7")
  spec.equal(#host:list_images(), 4)
end)

test("a pull of what is there says so", function()
  local last
  docker(EMPTY):install_image("docker.io/library/nginx:1.27", {
    on_progress = function(progress) last = progress.status end,
  })
  spec.equal(last, "Status: Image is up to date for nginx:1.27")
end)

test("two hosts pull the same image", function()
  spec.equal(docker("tcp://a1:2375"):install_image("ubuntu:24.04").id,
    docker("tcp://b1:2375"):install_image("ubuntu:24.04").id)
end)

test("unknown images and tags are not found", function()
  for _, name in ipairs { "nosuch:1", "nginx:nosuch", "quay.io/a/b:1" } do
    spec.fails(function() docker(EMPTY):install_image(name) end, "not_found",
      "manifest for .* not found: manifest unknown")
  end
  spec.equal(#docker(EMPTY):list_images(), 3)
end)

test("images are found by name, id, and start of an id", function()
  local image = docker():list_images()[1]
  for _, name in ipairs { image.name, image.id, image.id:sub(8, 19) } do
    local status, value = call("GET", "/images/" .. name .. "/json")
    spec.equal(status, 200)
    spec.equal(value.Id, image.id)
  end
  hosts.refuses("GET", "/images/quay.io/team/app/json", 404,
    "No such image: quay.io/team/app:latest")
end)

-- Containers ------------------------------------------------------------------

test("deploy_container makes what was asked for", function()
  local container = docker(EMPTY):deploy_container("web", "nginx:1.27", {
    hostname = "front", environment = { COLOUR = "blue" },
    labels = { team = "a" }, mem_limit = 64 * 1024 * 1024,
    ports = { "443/tcp" }, port_bindings = { ["80/tcp"] = 8080 },
    volumes = { "/srv:/usr/share/nginx/html:ro", "/data" },
    working_dir = "/tmp", user = "nobody",
  })
  local raw = container.raw
  spec.equal(container.state, "running")
  spec.equal(container.ip_addresses, { "172.17.0.2" })
  spec.equal(container.image.name, "nginx:1.27")
  spec.equal(raw.Config.Hostname, "front")
  spec.equal(raw.Config.Labels.team, "a")
  spec.equal(raw.Config.Env[#raw.Config.Env], "COLOUR=blue")
  spec.equal(raw.Config.Cmd, { "nginx", "-g", "daemon off;" })
  spec.equal(raw.HostConfig.Memory, 64 * 1024 * 1024)
  spec.equal(raw.NetworkSettings.Ports["80/tcp"][1].HostPort, "8080")
  spec.equal(raw.NetworkSettings.Ports["443/tcp"][1].HostPort, "49153")
  spec.equal(#raw.Mounts, 2)
  spec.equal(raw.Mounts[2].RW, false)
  spec.equal(raw.Path, "/docker-entrypoint.sh")
end)

test("deploy_container pulls what is missing, and can leave it be", function()
  local host = docker(EMPTY)
  local container = host:deploy_container("cache", "redis:7",
    { start = false })
  spec.equal(container.state, "pending")
  spec.equal(container:start().state, "running")
  spec.fails(function() host:deploy_container("other", "nosuch:1") end,
    "not_found", "manifest unknown")
  spec.equal(names_of(host:list_containers()), { "cache" })
end)

test("network modes", function()
  local host = docker(EMPTY)
  local function addresses(name, options)
    return host:deploy_container(name, "nginx:1.27", options).ip_addresses
  end
  spec.equal(addresses("one", {}), { "172.17.0.2" })
  spec.equal(#addresses("two", { network_mode = "host" }), 0)
  spec.equal(#addresses("three", { network_mode = "none" }), 0)
  spec.equal(#addresses("four", { network_mode = "container:one" }), 0)
  spec.equal(#addresses("five", { network_disabled = true }), 0)
  spec.equal(addresses("six", {}), { "172.17.0.3" })
  spec.fails(function() addresses("seven", { network_mode = "nosuch" }) end,
    "not_found", "network nosuch not found")
end)

test("a name is taken once", function()
  local host = docker(EMPTY)
  local id = host:deploy_container("web", "nginx:1.27").id
  local err = spec.fails(function()
    host:deploy_container("web", "nginx:1.27")
  end, "already_exists")
  spec.equal(err.message, 'Conflict. The container name "/web" is already in '
    .. 'use by container "' .. id .. '". You have to remove (or rename) that '
    .. "container to be able to reuse that name.")
  spec.equal(err.status, 409)
  spec.fails(function() host:deploy_container("-x", "nginx:1.27") end,
    "invalid_argument", "Invalid container name")
end)

test("a port of the host is taken once, and free again after a stop", function()
  local host = docker(EMPTY)
  local options = { port_bindings = { ["80/tcp"] = 8080 } }
  local first = host:deploy_container("one", "nginx:1.27", options)
  local err = spec.fails(function()
    host:deploy_container("two", "nginx:1.27", options)
  end, nil, "driver failed programming external connectivity on endpoint two "
    .. "%(%x+%): Bind for 0%.0%.0%.0:8080 failed: port is already allocated")
  spec.equal(err.status, 500)
  local second = err.made:refresh()
  spec.equal(second.state, "pending")
  spec.match(second.raw.State.Error, "port is already allocated")
  first:stop()
  spec.equal(second:start().state, "running")
  spec.equal(first:refresh().ip_addresses, {})
end)

test("containers are found by id, start of an id, and name", function()
  local host = docker(EMPTY)
  local id = host:deploy_container("web", "nginx:1.27").id
  for _, name in ipairs { id, id:sub(1, 12), "web" } do
    spec.equal(host:get_container(name).id, id)
  end
  local err = spec.fails(function() host:get_container("nosuch") end,
    "not_found", "No such container: nosuch")
  spec.equal(err.status, 404)
end)

test("list_containers: of one image, of all states, newest first", function()
  local host = docker(EMPTY)
  host:deploy_container("web", "nginx:1.27")
  host:deploy_container("done", "busybox:1", { command = "true" })
  host:deploy_container("idle", "nginx:1.27", { start = false })
  local list = host:list_containers()
  spec.equal({ list[1].name, list[2].name, list[3].name },
    { "idle", "done", "web" })
  spec.equal(names_of(host:list_containers { all = false }), { "web" })
  spec.equal(names_of(host:list_containers { image = "nginx:1.27" }),
    { "idle", "web" })
  local names = {}
  for container in host:iterate_containers() do
    names[#names + 1] = container.name
  end
  spec.equal(#names, 3)
  spec.match(list[2].extra.status, "^Exited %(0%) ")
  spec.equal(list[3].image.name, "nginx:1.27")
end)

test("start, stop, restart and destroy", function()
  local host = docker(EMPTY)
  local web = host:deploy_container("web", "nginx:1.27")
  spec.equal(web:start().state, "running")
  spec.equal(web:stop { t = 1 }.raw.State.ExitCode, 0)
  spec.equal(web:stop().state, "stopped")
  spec.equal(web:restart().state, "running")
  local idle = host:deploy_container("idle", "busybox:1",
    { command = "sleep infinity" })
  spec.equal(idle:stop().raw.State.ExitCode, 137)
  spec.fails(function() web:destroy { force = false } end, "conflict",
    "You cannot remove a running container " .. web.id)
  spec.ok(web:destroy())
  spec.ok(idle:destroy { force = false, v = true })
  spec.fails(function() web:destroy() end, "not_found")
  spec.equal(#host:list_containers(), 0)
end)

-- Misbehaviour ----------------------------------------------------------------

test("a host that is down", function()
  playground.configure("tcp://beta:2375", { down = true, latency = 0 })
  local lists, failures = luft.map({ "tcp://alpha:2375", "tcp://beta:2375" },
    function(host) return docker(host):list_containers() end,
    { on_error = "collect" })
  spec.ok(#lists[1] > 0)
  spec.equal(failures[2].kind, "network")
  spec.match(failures[2], "cannot connect to http://beta:2375: Connection "
    .. "refused")
  playground.configure("tcp://beta:2375", {})
  spec.ok(#docker("tcp://beta:2375"):list_containers() > 0)
end)

test("requests that fail, for ever or a few times", function()
  playground.configure(EMPTY, { latency = 0, fail = {
    ["POST /containers/create"] = { status = 507, message = "disk is full" },
    ["GET /images/json"] = { status = 503, times = 2 },
    ["POST /containers/*/stop"] = { status = 409, message = "not now" },
  } })
  local host = docker(EMPTY)
  spec.fails(function() host:deploy_container("web", "nginx:1.27") end,
    "quota", "disk is full")
  local before = playground.statistics(EMPTY).requests
  spec.equal(#host:list_images(), 3)
  spec.equal(playground.statistics(EMPTY).requests, before + 3)
  spec.fails(function() host:stop_container("web") end, "conflict", "not now")
end)

test("configure refuses what it does not know", function()
  local function refused(options, pattern)
    local err = spec.fails(function() playground.configure("*", options) end,
      "invalid_argument", pattern)
    spec.match(err, "^tests/lua/playground_spec.lua:%d+: ")
  end
  refused({ latancy = 1 }, "no option 'latancy'; did you mean 'latency'")
  refused({ latency = -1 }, "latency takes seconds")
  refused({ down = "yes" }, "down takes true or false")
  refused({ fail = { ["GET"] = { status = 500 } } }, "no request")
  refused({ fail = { ["GET /x"] = 500 } }, "no request with a status")
end)

-- Concurrency -----------------------------------------------------------------

test("50 deployments on 10 hosts are under way at the same time", function()
  local all_there, waiting = luft.event(), 0
  playground.configure("*", { latency = function(request)
    if not request.target:find("/containers/create") then return end
    waiting = waiting + 1
    if waiting == 50 then all_there:set() end
    all_there:wait()
  end })
  local places = {}
  for i = 1, 50 do
    places[i] = { host = ("tcp://node%d:2375"):format(i % 10), name = "n" .. i }
  end
  local made = luft.timeout(20, luft.map, places, function(place)
    return docker(place.host):deploy_container(place.name, "busybox:1",
      { command = "sleep inf" })
  end)
  local ids = {}
  for i = 1, 50 do
    spec.equal(made[i].state, "running")
    spec.ok(not ids[made[i].id], "an id was given twice")
    ids[made[i].id] = true
  end
  spec.equal(playground.statistics().most_in_flight, 50)
  spec.equal(playground.statistics("tcp://node3:2375").most_in_flight, 5)
end)

test("with latency, also where a task cannot yield", function()
  spec.needs_to_block()
  playground.configure("*", { latency = 0.001 })
  local host, state = docker(EMPTY), nil
  local web = host:deploy_container("web", "redis:7")
  luft.spawn(function()
    table.sort({ 1, 2 }, function(a, b)
      state = host:get_container("web").state
      return a < b
    end)
  end):await()
  spec.equal(state, "running")
  spec.ok(web:destroy())
end)

test("a request that is cut is over at its host too", function()
  local arrived, never
  playground.configure("*", { latency = function()
    arrived:set()
    never:wait()
  end })
  luft.timeout(20, function()
    for _ = 1, 20 do
      arrived, never = luft.event(), luft.event()
      local task = luft.spawn(call, "GET", "/version")
      arrived:wait()
      task:cancel()
      spec.equal(select(2, task:pawait()).kind, "cancelled")
      while playground.statistics().in_flight > 0 do luft.sleep(0) end
    end
    playground.configure("*", { latency = 0 })
    spec.equal(call("GET", "/version"), 200)
  end)
end)

-- Form ------------------------------------------------------------------------

test("answers are plain ASCII", function()
  hosts.watch = function(answer)
    if type(answer.body) == "string" then
      spec.ok(not answer.body:find("[\128-\255]"), "not ASCII: "
        .. answer.body:sub(1, 80))
    end
  end
  for i = 1, 10 do
    local host = docker(("tcp://plain%d:2375"):format(i))
    host:list_images()
    for _, container in ipairs(host:list_containers()) do
      container:refresh()
    end
  end
end)

-- Streams that are left -------------------------------------------------------

test("a followed log can be left, and the host answers on", function()
  local host = docker(EMPTY)
  local web = host:deploy_container("web", "nginx:1.27", { tty = false })
  luft.timeout(20, function()
    for _ = 1, 10 do
      local log = web:ex_get_logs { stream = true }
      for line in log do
        if line:find("Configuration complete") then break end
      end
      log:close()
      spec.equal(host:get_container("web").state, "running")
    end
  end)
end)

test("a pull that is cut leaves no image", function()
  local host = docker(EMPTY)
  luft.timeout(20, function()
    spec.fails(function()
      luft.scope(function()
        host:install_image("redis:7", { on_progress = function(progress)
          if progress.status == "Downloading" then error("enough", 0) end
        end })
      end)
    end, nil, "enough")
    spec.equal(#host:list_images(), 3)
  end)
end)

spec.done()
