-- examples.lua -- the examples of the reference, and which errors are worth
-- knowing.
--
-- By topic, as in luft.help: {code=, prints=, errors=, guide=}.  Every method
-- of every driver has one.  tests/docs/examples_spec.lua runs them in the
-- playground; `prints` is what they must print there.

local examples = {}

-- The index -----------------------------------------------------------------

examples.calls = { code = [[
local luft = require "luft"
local docker = luft.container.docker()

local web = docker:deploy_container("web", "nginx:1.27", {
  port_bindings = { ["80/tcp"] = 8080 },
})
docker:stop_container(web)              -- an object ...
docker:start_container("web")           -- ... or its id, or its name
print(docker:get_container("web").state)
]], prints = "running" }

examples.views = { code = [[
local luft = require "luft"
local docker = luft.container.docker()

local task = docker.async:list_images() -- on its way
local containers = docker:list_containers()
print(#containers > 0, #task:await() > 0)

local container, err = docker.try:get_container("no-such")
print(container, err.kind)
]], prints = "true\ttrue\nnil\tnot_found" }

-- Docker --------------------------------------------------------------------

examples.docker = { code = [[
local luft = require "luft"

local here = luft.container.docker()
local there = luft.container.docker { endpoint = "tcp://alpha:2375" }
print(here, there)
]], prints = "<docker unix:///var/run/docker.sock>\t<docker http://alpha:2375>",
  guide = "The guide [docs/docker.md](../docker.md) tells how to reach an "
    .. "engine, and what the states and logs mean.",
  errors = {
    { "network", "nothing answers at the endpoint." },
    { "tls", "the engine's certificate is not trusted, or the engine asks "
      .. "for TLS." },
    { "credentials", "it wants a user and a password (`key`, `secret`) or a "
      .. "client certificate." },
    { "protocol", "what answers is no Docker Engine, or the answer broke "
      .. "off." },
    { "timeout", "the option `timeout` says how long is too long." },
  } }

examples["docker.install_image"] = { code = [[
local luft = require "luft"
local docker = luft.container.docker()

local layers = {}
local image = docker:install_image("redis:7", {
  on_progress = function(step)
    if step.total then layers[step.id] = step.total end
  end,
})
print(image.name, next(layers) ~= nil)
]], prints = "redis:7\ttrue", errors = {
  { "not_found", "the registry has no such image or tag, or does not show "
    .. "it without a login." },
  { "rate_limited", "the registry has had enough of us for now." },
  { "quota", "the disk of the host is full." },
} }

examples["docker.list_images"] = { code = [[
local luft = require "luft"
local docker = luft.container.docker()

for _, image in ipairs(docker:list_images()) do
  print(image.name, image.extra.size > 0)
end
]], prints = "busybox:1\ttrue\nnginx:1.27\ttrue\npostgres:16\ttrue" }

examples["docker.list_containers"] = { code = [[
local luft = require "luft"
local docker = luft.container.docker()

for _, container in ipairs(docker:list_containers()) do
  print(container.name, container.state, container.image.name)
end
print(#docker:list_containers { all = false })
]], prints = "blog\trunning\tnginx:1.27\nnightly\tstopped\tbusybox:1\n1" }

examples["docker.deploy_container"] = { code = [[
local luft = require "luft"
local docker = luft.container.docker()

local container = docker:deploy_container("cache", "redis:7", {
  port_bindings = { ["6379/tcp"] = 6379 },
  volumes = { "/srv/cache:/data" },
  mem_limit = 256 * 1024 * 1024,
  labels = { team = "shop" },
})
print(container.name, container.state)
]], prints = "cache\trunning", errors = {
  { "already_exists", "another container has the name." },
  { "not_found", "no registry has the image, or there is no such network." },
  { "provider", "the container was created, but does not start: a port of "
    .. "the host is taken, or its program does not exist. `err.made` is the "
    .. "container." },
} }

examples["docker.get_container"] = { code = [[
local luft = require "luft"
local docker = luft.container.docker()

local blog = docker:get_container("blog")
print(blog.name, blog.state, blog.extra.status)
]], prints = "blog\trunning\trunning", errors = {
  { "not_found", "there is no such container." },
} }

examples["docker.start_container"] = { code = [[
local luft = require "luft"
local docker = luft.container.docker()

local container = docker:deploy_container("worker", "busybox:1", {
  start = false,
  command = { "sleep", "60" },
})
print(container.state)
container = docker:start_container(container)
print(container.state)
]], prints = "pending\nrunning", errors = {
  { "not_found", "there is no such container." },
  { "provider", "it does not start: a port of the host is taken, or its "
    .. "program does not exist." },
} }

examples["docker.stop_container"] = { code = [[
local luft = require "luft"
local docker = luft.container.docker()

local blog = docker:stop_container("blog", { t = 3 })
print(blog.state)
]], prints = "stopped", errors = {
  { "not_found", "there is no such container." },
} }

examples["docker.restart_container"] = { code = [[
local luft = require "luft"
local docker = luft.container.docker()

print(docker:restart_container("blog").state)
]], prints = "running", errors = {
  { "not_found", "there is no such container." },
} }

examples["docker.destroy_container"] = { code = [[
local luft = require "luft"
local docker = luft.container.docker()

print(docker:destroy_container("nightly"))
local done, err = docker.try:destroy_container("blog", { force = false })
print(done, err.kind)
]], prints = "true\nnil\tconflict", errors = {
  { "not_found", "there is no such container." },
  { "conflict", "it runs, and `force` is false." },
} }

examples["docker.ex_get_logs"] = { code = [[
local luft = require "luft"
local docker = luft.container.docker()

io.write(docker:ex_get_logs("nightly", { tail = 1 }))

local container = docker:deploy_container("count", "busybox:1", {
  tty = false,
  command = { "sh", "-c", "echo one; echo two >&2; echo three" },
})
for line, source in docker:ex_get_logs(container, { stream = true }) do
  print(source, line)
end
]], prints = "backup done\nstdout\tone\nstderr\ttwo\nstdout\tthree", errors = {
  { "not_found", "there is no such container." },
} }

-- Tasks ---------------------------------------------------------------------

examples.spawn = { code = [[
local luft = require "luft"

local task = luft.spawn(function(seconds)
  luft.sleep(seconds)
  return "done"
end, 0.1)
print("meanwhile")
print(task:await())
]], prints = "meanwhile\ndone" }

examples.run = { code = [[
local luft = require "luft"

print(luft.run(function(first, last)
  luft.spawn(function() luft.sleep(0.01) print("a task") end)
  return first + last
end, 1, 2))
]], prints = "a task\n3" }

examples.scope = { code = [[
local luft = require "luft"

luft.scope(function(scope)
  for i = 1, 3 do
    scope:spawn(function()
      luft.sleep(i / 100)
      print("task", i)
    end)
  end
end)
print("all have ended")
]], prints = "task\t1\ntask\t2\ntask\t3\nall have ended" }

examples.timeout = { code = [[
local luft = require "luft"

local ok, err = pcall(luft.timeout, 0.05, function()
  luft.sleep(60)
end)
print(ok, err.kind, err)
]], prints = "false\ttimeout\tnot done within 0.05 s" }

examples.detach = { code = [[
local luft = require "luft"

luft.scope(function()
  luft.detach(function()
    luft.sleep(0.05)
    print("later")
  end)
end)
print("the scope has ended")
]], prints = "the scope has ended\nlater" }

examples.tasks = { code = [[
local luft = require "luft"

local task = luft.spawn(luft.sleep, 60)
luft.sleep(0)
for _, info in ipairs(luft.tasks()) do
  print(info.name, info.status, info.waiting)
end
task:cancel()
]], prints = "main\trunning\tits turn\ntask 1\trunning\ttime to pass" }

examples.map = { code = [[
local luft = require "luft"

local hosts = { a = "tcp://alpha:2375", b = "tcp://beta:2375" }
local counts, errors = luft.map(hosts, function(host)
  return #luft.container.docker { endpoint = host }:list_containers()
end, { on_error = "collect" })
print(type(counts.a), type(counts.b), next(errors))
]], prints = "number\tnumber\tnil" }

examples.each = { code = [[
local luft = require "luft"
local docker = luft.container.docker()

luft.each(docker:iterate_containers(), function(container)
  container:destroy()
end, { limit = 8 })
print(#docker:list_containers())
]], prints = "0" }

examples.stream = { code = [[
local luft = require "luft"

local seconds = { 0.03, 0.01, 0.02 }
for i, text in luft.stream(seconds, function(pause)
  luft.sleep(pause)
  return "after " .. pause
end, { ordered = true }) do
  print(i, text)
end
]], prints = "1\tafter 0.03\n2\tafter 0.01\n3\tafter 0.02" }

examples.gather = { code = [[
local luft = require "luft"
local docker = luft.container.docker()

local found = luft.gather {
  containers = function() return docker:list_containers() end,
  images = docker.async:list_images(),
}
print(found.containers[1].name, #found.images > 0)
]], prints = "blog\ttrue" }

examples.race = { code = [[
local luft = require "luft"

print(luft.race {
  hare = function() luft.sleep(60) return "slept" end,
  tortoise = function() luft.sleep(0.05) return "walked" end,
})
]], prints = "walked\ttortoise" }

examples.any = { code = [[
local luft = require "luft"

print(luft.any {
  function() error("no luck") end,
  function() luft.sleep(0.05) return "from the second mirror" end,
})
]], prints = "from the second mirror\t2" }

examples.semaphore = { code = [[
local luft = require "luft"

local disk = luft.semaphore(1)
luft.each({ "a", "b", "c" }, function(name)
  local turn <close> = disk:acquire()
  print(name .. " alone")
  luft.sleep(0.01)
end)
]], prints = "a alone\nb alone\nc alone" }

examples.channel = { code = [[
local luft = require "luft"

local lines = luft.channel(10)
luft.spawn(function()
  for i = 1, 3 do lines:put("line " .. i) end
  lines:close()
end)
for line in lines do print(line) end
]], prints = "line 1\nline 2\nline 3" }

examples.event = { code = [[
local luft = require "luft"

local ready = luft.event()
luft.spawn(function()
  ready:wait()
  print("go")
end)
print("steady")
ready:set()
]], prints = "steady\ngo" }

examples.limiter = { code = [[
local luft = require "luft"

local limiter = luft.limiter { rate = 100, burst = 2 }
for i = 1, 4 do
  limiter:acquire()
  print("request", i)
end
]], prints = "request\t1\nrequest\t2\nrequest\t3\nrequest\t4" }

-- HTTP ----------------------------------------------------------------------

examples.http = { code = [[
local luft = require "luft"

local url = "http://alpha:2375/v1.41/containers/json"
local response = luft.http.get(url, {
  query = { all = true },
  timeout = 10,
})
if response.status ~= 200 then error("HTTP " .. response.status) end
print(response.headers["Content-Type"], #response.json() > 0)
]], prints = "application/json\ttrue" }

examples["http.request"] = { code = [[
local luft = require "luft"

local response = luft.http.request {
  method = "GET",
  url = "http://alpha:2375/version",
  stream = true,
}
local length = 0
for chunk in response:chunks() do length = length + #chunk end
print(response.status, length > 0)
]], prints = "200\ttrue" }

examples["http.post"] = { code = [[
local luft = require "luft"

local url = "http://alpha:2375/v1.41/containers/create"
local response = luft.http.post(url, {
  json = { Image = "no-such-image" },
})
print(response.status, response.json().message)
]], prints = "404\tNo such image: no-such-image:latest" }

-- The module ----------------------------------------------------------------

examples.transport = { code = [[
local luft = require "luft"

luft.transport(function(request)
  return { status = 200, headers = {}, body = "you asked for "
    .. request.target }
end)
print(luft.http.get("http://example.com/a").body)
]], prints = "you asked for /a" }

examples.providers = { code = [[
local luft = require "luft"

for area, providers in pairs(luft.providers()) do
  for name, methods in pairs(providers) do
    print(area, name, methods.list_containers)
  end
end
]], prints = "container\tdocker\ttrue" }

examples.help = { code = [[
local luft = require "luft"

print(luft.help("not_found"))
]], prints = "An error of kind not_found: the thing named does not exist.\n"
  .. 'More: luft.help("errors")' }

examples.json = { code = [[
local luft = require "luft"

local text = luft.json.encode({
  name = "web", ports = { 80, 443 }, tags = luft.json.array {},
  owner = luft.null,
}, { sorted = true })
print(text)

local value = luft.json.decode(text)
print(value.ports[1], value.owner == luft.null)
]], prints = '{"name":"web","owner":null,"ports":[80,443],"tags":[]}\n'
  .. "80\ttrue" }

examples.playground = { code = [[
local luft = require "luft"
local playground = require "luft.playground"

playground.install()
playground.configure("tcp://beta:2375", { down = true })

local docker = luft.container.docker { endpoint = "tcp://beta:2375" }
local list, err = docker.try:list_containers()
print(list, err.kind)
]], prints = "nil\tnetwork" }

-- Errors --------------------------------------------------------------------

examples.errors = { code = [[
local luft = require "luft"
local docker = luft.container.docker()

local ok, err = pcall(docker.get_container, docker, "no-such")
print(ok, err.kind, err.status)
print(err)
]], prints = "false\tnot_found\t404\ndocker: get_container: No such container: "
  .. "no-such (HTTP 404)" }

return examples
