-- docker_spec.lua -- the docker driver against a real engine: ENGINE says
-- where, IMAGE what to run, ENGINE_KIND whether it is docker or podman; or,
-- with --playground and ENGINE_KIND=playground, against a simulated one.

local luft = require "luft"
local spec = require "spec"

local ENGINE, IMAGE = os.getenv("ENGINE"), os.getenv("IMAGE")
local IS_PODMAN = os.getenv("ENGINE_KIND") == "podman"
local IS_PLAYGROUND = os.getenv("ENGINE_KIND") == "playground"
local docker = luft.container.docker { endpoint = ENGINE }

-- What a run before this one may have left behind.
for _, container in ipairs(docker:list_containers()) do
  if container.name:find("^luft%-") then pcall(container.destroy, container) end
end

-- A container with a name of its own that is gone at the test's end.
local serial = 0
local function deploy(command, options)
  serial = serial + 1
  local all = {
    command = command and { "sh", "-c", command }, network_mode = "host",
    tty = false,
  }
  for name, value in pairs(options or {}) do all[name] = value end
  local container = docker:deploy_container("luft-test-" .. serial, IMAGE, all)
  return container, setmetatable({}, {
    __close = function() pcall(container.destroy, container) end,
  })
end

local function wait_for_state(container, state)
  luft.timeout(30, function()
    while container:refresh().state ~= state do luft.sleep(0.05) end
  end)
  return container:refresh()
end

spec.test("list_images gives what is installed", function()
  local found
  for _, image in ipairs(docker:list_images()) do
    if image.name:find(IMAGE, 1, true) then found = image end
  end
  spec.ok(found, IMAGE .. " is not in the list")
  spec.match(found.id, "%x+")
  spec.equal(found.path, found.name)
  spec.ok(found.extra.size > 1000)
  spec.ok(found.extra.created > 1e9)
end)

spec.test("a container deployed, seen, stopped, started, destroyed", function()
  local container, guard <close> = deploy("sleep 100")
  spec.equal(container.state, "running")
  spec.equal(container.name, "luft-test-" .. serial)
  spec.equal(#container.id, 64)
  spec.ok(math.abs(container.created_at - os.time()) < 60)
  spec.match(container.image.name, "busybox")
  spec.match(tostring(container), "^<Container luft%-test%-%d+ id=%x+…? state=")
  spec.equal(docker:get_container(container.id).name, container.name)
  spec.equal(docker:get_container(container.name).id, container.id)
  spec.equal(docker:get_container(container.id:sub(1, 12)).id, container.id)
  spec.equal(container:stop { t = 0 }.state, "stopped")
  spec.equal(container:stop().state, "stopped")       -- it had stopped: 304
  spec.equal(container:start().state, "running")
  spec.equal(container:start().state, "running")
  spec.equal(container:restart { t = 0 }.state, "running")
  spec.equal(container:destroy(), true)
  spec.fails(function() container:refresh() end, "not_found")
end)

-- What the driver has no method for.
local function order(container, what)
  local socket = ENGINE:match("^unix://(.+)$")
  local place = socket and "http://docker" or ENGINE:gsub("^tcp:", "http:")
  return luft.http.post(("%s/v1.40/containers/%s/%s"):format(place,
    container.id, what), { unix_socket = socket }).status
end

spec.test("every state an engine can be brought to", function()
  local created, g1 <close> = deploy("sleep 100", { start = false })
  spec.equal(created.state, "pending")
  local exited, g2 <close> = deploy("exit 3")
  spec.equal(wait_for_state(exited, "stopped").state, "stopped")
  spec.equal(exited:refresh().raw.State.ExitCode, 3)
  local paused, g3 <close> = deploy("sleep 100")
  if not IS_PODMAN then
    spec.equal(order(paused, "pause"), 204)
    spec.equal(paused:refresh().state, "paused")
    for _, container in ipairs(docker:list_containers()) do
      if container.id == paused.id then
        spec.equal(container.state, "paused")
      end
    end
    spec.equal(order(paused, "unpause"), 204)
    spec.equal(paused:refresh().state, "running")
  end
end)

spec.test("list_containers: all, running only, by image", function()
  local running, g1 <close> = deploy("sleep 100")
  local created, g2 <close> = deploy("sleep 100", { start = false })
  local function names(options)
    local found = {}
    for _, container in ipairs(docker:list_containers(options)) do
      found[container.name] = container.state
    end
    return found
  end
  spec.equal(names()[running.name], "running")
  spec.equal(names()[created.name], "pending")
  spec.equal(names { all = false }[running.name], "running")
  spec.equal(names { all = false }[created.name], nil)
  if not IS_PODMAN then           -- it wants the name with its registry
    spec.equal(names { image = IMAGE }[running.name], "running")
  end
  local image
  for _, one in ipairs(docker:list_images()) do
    if one.name:find(IMAGE, 1, true) then image = one end
  end
  spec.equal(names { image = image }[running.name], "running")
  spec.equal(next(names { image = "no/such:image" }), nil)
  local count = 0
  for container in docker:iterate_containers { all = false } do
    spec.ok(container.id)
    count = count + 1
  end
  spec.ok(count >= 1)
end)

spec.test("environment, labels, user and limits arrive", function()
  local container, guard <close> = deploy("env; pwd; id -u; hostname", {
    environment = { COLOUR = "blue", ["QUOTED"] = 'a "b" c' },
    labels = { team = "luft", number = 5 }, working_dir = "/tmp",
    user = "1000", mem_limit = 64 * 1024 * 1024, volumes = { "/data" },
  })
  wait_for_state(container, "stopped")
  local log = docker:ex_get_logs(container)
  spec.match(log, "COLOUR=blue\n")
  spec.match(log, 'QUOTED=a "b" c\n')
  spec.match(log, "\n/tmp\n1000\n")
  local raw = container:refresh().raw
  spec.equal(raw.Config.Labels.team, "luft")
  spec.equal(raw.Config.Labels.number, "5")
  spec.equal(raw.HostConfig.Memory, 64 * 1024 * 1024)
  spec.equal(raw.HostConfig.NetworkMode, "host")
  spec.equal(raw.Mounts[1].Destination, "/data")
end)

spec.test("a bind mount, a command line, a terminal", function()
  if IS_PLAYGROUND then spec.skip("the playground has no files") end
  local folder = os.getenv("FOLDER")
  local container, guard <close> = deploy(nil, {
    command = "sh -c 'cat /here/env | head -1'", tty = true,
    volumes = { folder .. ":/here:ro" },
  })
  wait_for_state(container, "stopped")
  spec.match(docker:ex_get_logs(container), "^ENGINE=")
  spec.equal(container:refresh().raw.Config.Tty, true)
end)

spec.test("port bindings stand in HostConfig", function()
  local container, guard <close> = deploy("sleep 100", {
    port_bindings = { ["80/tcp"] = 8080, ["53/udp"] = { { HostPort = "5353",
      HostIp = "127.0.0.1" } } },
    start = false, network_mode = "none",
  })
  local host = container.raw.HostConfig
  spec.equal(host.NetworkMode, "none")
  if IS_PODMAN then return end      -- it drops bindings without a network
  spec.equal(host.PortBindings["80/tcp"][1].HostPort, "8080")
  spec.equal(host.PortBindings["53/udp"][1].HostIp, "127.0.0.1")
end)

spec.test("logs as one text, split, and line by line", function()
  local container, guard <close> =
    deploy("for i in 1 2 3; do echo out $i; echo err $i >&2; done")
  wait_for_state(container, "stopped")
  spec.equal(docker:ex_get_logs(container, { stderr = false }),
    "out 1\nout 2\nout 3\n")
  spec.equal(docker:ex_get_logs(container, { stdout = false }),
    "err 1\nerr 2\nerr 3\n")
  local got = { stdout = {}, stderr = {} }
  for line, source in container:ex_get_logs { stream = true } do
    table.insert(got[source], line)
  end
  spec.equal(got.stdout, { "out 1", "out 2", "out 3" })
  spec.equal(got.stderr, { "err 1", "err 2", "err 3" })
  spec.match(docker:ex_get_logs(container, { tail = 1 }), "^%a+ 3\n$")
end)

spec.test("a log is followed while others work, and can be left", function()
  local container, guard <close> =
    deploy("i=0; while true; do i=$((i+1)); echo line $i; sleep 0.05; done")
  local lines, other = 0, 0
  local worker = luft.spawn(function()
    while true do docker:list_images() other = other + 1 end
  end)
  for line in container:ex_get_logs { stream = true } do
    lines = lines + 1
    spec.equal(line, "line " .. lines)
    if lines == 10 then break end
  end
  worker:cancel()
  worker:pawait()
  spec.equal(lines, 10)
  spec.ok(other > 0)
end)

spec.test("a stream ends when its container does", function()
  local container, guard <close> = deploy("echo one; sleep 0.2; echo two")
  local lines = {}
  for line in container:ex_get_logs { stream = true } do
    lines[#lines + 1] = line
  end
  spec.equal(lines, { "one", "two" })
end)

spec.test("what is not there, what is there already", function()
  local err = spec.fails(function() docker:get_container("no-such") end,
    "not_found", "docker: get_container: .*no%-such")
  spec.equal(err.status, 404)
  spec.equal(err.provider, "docker")
  spec.equal(err.operation, "get_container")
  local container, guard <close> = deploy("sleep 100")
  spec.fails(function()
    docker:deploy_container(container.name, IMAGE,
      { network_mode = "host", command = "true" })
  end, "already_exists", container.name:gsub("%-", "%%-"))
  spec.fails(function() docker:ex_get_logs("no-such") end, "not_found")
  spec.fails(function() docker:destroy_container("no-such") end, "not_found")
  if not IS_PODMAN then
    spec.fails(function() container:destroy { force = false } end, "conflict")
  end
end)

spec.test("a start that fails says what was made", function()
  serial = serial + 1
  local name = "luft-test-" .. serial
  local err = spec.fails(function()
    docker:deploy_container(name, IMAGE,
      { command = { "/no/such/program" }, network_mode = "host" })
  end)
  spec.match(err, "made before that and still there: <Container")
  spec.equal(docker:get_container(name).id, err.made.id)
  spec.equal(err.made:destroy(), true)
end)

spec.test("a missing image is asked for, and its absence told", function()
  local err = spec.fails(function()
    docker:deploy_container("never", "127.0.0.1:9/no/such:1",
      { network_mode = "host" })
  end)
  spec.equal(err.operation, "deploy_container")
  spec.equal(err.made, nil)
  spec.fails(function() docker:install_image("127.0.0.1:9/no/such:1") end)
  spec.fails(function() docker:get_container("never") end, "not_found")
end)

spec.test("fifty deploys at once", function()
  local containers <close> = setmetatable({}, { __close = function(all)
    luft.each(all, function(container) pcall(container.destroy, container) end)
  end })
  local names = {}
  for i = 1, 50 do names[i] = "luft-many-" .. i end
  for i, container in pairs(luft.map(names, function(name)
    return docker:deploy_container(name, IMAGE,
      { command = "sleep 100", network_mode = "host" })
  end, { limit = 50 })) do
    containers[i] = container
  end
  spec.equal(#containers, 50)
  for i, container in ipairs(containers) do
    spec.equal(container.name, names[i])
    spec.equal(container.state, "running")
  end
  luft.map(containers, function(container) container:destroy() end)
  for _, container in ipairs(docker:list_containers()) do
    spec.ok(not container.name:find("^luft%-many"), container.name)
  end
end)

spec.test("one driver, a thousand tasks, each answer at its asker", function()
  local a, g1 <close> = deploy("sleep 100")
  local b, g2 <close> = deploy("sleep 100")
  local numbers = {}
  for i = 1, 1000 do numbers[i] = i end
  luft.map(numbers, function(i)
    local wanted = i % 2 == 0 and a or b
    spec.equal(docker:get_container(wanted.id).name, wanted.name)
  end, { limit = 1000 })
end)

spec.test("cancelled deploys leave nothing unsaid", function()
  serial = serial + 1
  local name = "luft-test-" .. serial
  local task = luft.spawn(function()
    return docker:deploy_container(name, IMAGE,
      { command = "sleep 100", network_mode = "host" })
  end)
  luft.sleep(0)
  luft.sleep(0)
  task:cancel()
  local ok, result = task:pawait()
  local there = pcall(docker.get_container, docker, name)
  if there then
    spec.ok(ok or result.made, "a container was left behind unsaid")
  end
  pcall(docker.destroy_container, docker, name)
end)

spec.test("views: async gives tasks, try gives nil and the error", function()
  local container, guard <close> = deploy("sleep 100")
  local first = docker.async:get_container(container.id)
  local second = docker.async:list_images()
  spec.equal(first:await().id, container.id)
  spec.ok(#second:await() >= 1)
  spec.fails(function() docker.async:get_container() end, "invalid_argument")
  local nothing, err = docker.try:get_container("no-such")
  spec.equal(nothing, nil)
  spec.equal(err.kind, "not_found")
  spec.equal(docker.try:get_container(container.id).id, container.id)
end)

spec.done()
