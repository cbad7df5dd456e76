-- playground_api_spec.lua -- the simulated Docker hosts: what their containers
-- do, and what only the API has.

local spec = require "spec"
local hosts = require "lua.playground_hosts"
local luft = require "luft"

local docker, test, EMPTY = hosts.docker, hosts.test, hosts.EMPTY
local call, refuses, API = hosts.call, hosts.refuses, hosts.API

-- Programs and logs -----------------------------------------------------------

-- Runs a command to its end: what it wrote, line by line, and its exit status.
local function run(command, options)
  local host, lines = docker(EMPTY), {}
  options = options or {}
  options.command, options.tty = command, options.tty or false
  local container = host:deploy_container("run", "busybox:1", options)
  for line, source in container:ex_get_logs { stream = true } do
    lines[#lines + 1] = source .. " " .. line
  end
  local code = container:refresh().raw.State.ExitCode
  container:destroy()
  return table.concat(lines, "\n"), code
end

test("programs: what they write, and how they end", function()
  for _, case in ipairs {
    { "echo hello", "stdout hello", 0 },
    { { "sh", "-c", "echo a; echo b >&2; sleep 0.01; exit 3" },
      "stdout a\nstderr b", 3 },
    { { "/bin/sh", "-c", "false && echo no; true && echo yes" },
      "stdout yes", 0 },
    { { "sh", "-c", "false || echo \"it's $COLOUR\"" },
      "stdout it's blue", 0 },
    { { "sh", "-c", "echo -n a; echo 'b  c'; false" }, "stdout ab  c", 1 },
    { { "sh", "-c", "echo 1>&2 ${COLOUR}ish" }, "stderr blueish", 0 },
    { { "sh", "-c", "while false; do echo no; done; echo out" },
      "stdout out", 0 },
    { { "sh", "-c", "while true; do echo one; exit 2; done" },
      "stdout one", 2 },
    { { "sh", "-c", "sleep x" },
      "stderr sleep: invalid time interval 'x'", 1 },
    { { "sh", "-c", "exit 300" }, "", 44 },
    { { "sh", "-c", "sh -c 'exit 5' || echo inner" }, "stdout inner", 0 },
    { { "sh", "-c", "for i in 1 2; do n=$((i*10)); echo n is $n >&2; done" },
      "stderr n is 10\nstderr n is 20", 0 },
    { { "sh", "-c", "sh -c 'COLOUR=red; exit 3'; echo $COLOUR" },
      "stdout blue", 0 },
    { "false", "", 1 },
  } do
    local text, code = run(case[1], { environment = { COLOUR = "blue" } })
    local what = luft.json.encode(case[1])
    spec.equal(text, case[2], what)
    spec.equal(code, case[3], what)
  end
end)

test("what is not simulated says so and stays", function()
  local host = docker(EMPTY)
  for i, command in ipairs { "make all", "sh -c 'ls | wc'", "sh -c 'a; b'",
    "sh -c 'echo $((1 + 2 + 3))'", "sh -c 'if true; then echo no; fi'",
    "sh -c 'echo no > file'", "sh -c 'echo \"no'",
    "sh -c 'while true; do echo no'", "sh -c 'echo $(pwd)'" } do
    local container = host:deploy_container("run" .. i, "busybox:1",
      { command = command, tty = false })
    spec.match(container:ex_get_logs(), "playground: what '.*' does is not "
      .. "simulated")
    spec.equal(container:refresh().state, "running")
  end
end)

test("a shell needs somebody who types", function()
  local host = docker(EMPTY)
  spec.equal(host:deploy_container("one", "busybox:1").state, "running")
  spec.equal(host:deploy_container("two", "busybox:1",
    { stdin_open = false }).state, "stopped")
end)

test("logs: raw with a terminal, in frames without", function()
  local host = docker(EMPTY)
  local command = { "sh", "-c", "echo one; echo two >&2; echo three" }
  local raw = host:deploy_container("raw", "busybox:1", { command = command })
  spec.equal(raw:ex_get_logs(), "one\r\ntwo\r\nthree\r\n")
  local framed = host:deploy_container("framed", "busybox:1",
    { command = command, tty = false })
  spec.equal(framed:ex_get_logs(), "one\ntwo\nthree\n")
  spec.equal(framed:ex_get_logs { stdout = false }, "two\n")
  spec.equal(framed:ex_get_logs { tail = 2 }, "two\nthree\n")
  spec.equal(framed:ex_get_logs { tail = 1, stderr = false }, "three\n")
  spec.equal(framed:ex_get_logs { since = math.floor(luft.now()) + 60 }, "")
  spec.match(framed:ex_get_logs { timestamps = true, tail = 1 },
    "^%d+%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d+Z three\n$")
  spec.fails(function()
    framed:ex_get_logs { stdout = false, stderr = false }
  end, "invalid_argument", "choose at least one stream")
end)

test("a followed log ends when its container is stopped", function()
  local host = docker(EMPTY)
  local web = host:deploy_container("web", "nginx:1.27", { tty = false })
  local lines = {}
  for line, source in web:ex_get_logs { stream = true } do
    lines[#lines + 1] = source
    if line:find("start worker process 29", 1, true) then web:stop() end
  end
  spec.equal(lines, { "stdout", "stderr", "stderr", "stderr" })
end)

test("known programs write their start-up lines", function()
  local host = docker(EMPTY)
  for image, pattern in pairs {
    ["nginx:1.27"] = "start worker processes",
    ["postgres:16"] = "database system is ready to accept connections",
    ["redis:7"] = "Ready to accept connections",
  } do
    local container = host:deploy_container(image:match("^%a+"), image)
    for line in container:ex_get_logs { stream = true } do
      if line:find(pattern) then container:stop() end
    end
    spec.match(container:ex_get_logs(), pattern)
  end
  spec.match(host:deploy_container("hello", "hello-world:latest",
    { start = true }):ex_get_logs { follow = true }, "Hello from Docker!")
end)

-- What only the API has -------------------------------------------------------

local function create(name, body)
  local status, value = call("POST", "/containers/create?name=" .. name, body)
  spec.equal(status, 201)
  spec.equal(call("POST", "/containers/" .. name .. "/start"), 204)
  return value.Id
end

local function state(name)
  local _, value = call("GET", "/containers/" .. name .. "/json")
  return value.State.Status
end

test("versions", function()
  local response = luft.http.get("http://alpha:2375/_ping")
  spec.equal(response.body, "OK")
  spec.equal(response.headers["api-version"], "1.47")
  spec.equal(luft.http.get("http://alpha:2375/version").json().ApiVersion,
    "1.47")
  for version, words in pairs {
    ["1.99"] = "client version 1.99 is too new. Maximum supported API version "
      .. "is 1.47",
    ["1.9"] = "client version 1.9 is too old. Minimum supported API version "
      .. "is 1.24",
  } do
    local answer = luft.http.get("http://alpha:2375/v" .. version
      .. "/images/json")
    spec.equal(answer.status, 400)
    spec.equal(answer.json().message:sub(1, #words), words)
  end
  refuses("GET", "/nosuch", 501, "the playground does not know GET /nosuch")
  refuses("POST", "/containers/web/exec", 501,
    "does not know POST /containers/web/exec")
end)

test("bad requests", function()
  local response = luft.http.post(API .. "/containers/create",
    { body = "{", headers = { ["Content-Type"] = "application/json" } })
  spec.equal(response.status, 400)
  spec.match(response.json().message, "^invalid JSON: ")
  refuses("POST", "/containers/create?name=new", 404, "No such image: no:1",
    { Image = "no:1" })
  refuses("POST", "/containers/create?name=new", 400, "invalid port",
    { Image = "busybox:1", ExposedPorts = { http = {} } })
  refuses("POST", "/containers/create?name=new", 400, "6MB",
    { Image = "busybox:1", HostConfig = { Memory = 1 } })
  refuses("POST", "/containers/create?name=new", 400, "container: nosuch",
    { Image = "busybox:1", HostConfig = { VolumesFrom = { "nosuch" } } })
  refuses("POST", "/containers/create", 400, "config cannot be empty", {})
  refuses("POST", "/images/create?fromImage=Nginx", 400, "must be lowercase")
  refuses("GET", "/containers/json?filters=%7B", 400, "invalid filter")
  refuses("GET", "/containers/json?filters=%7B%22x%22:[]%7D", 400,
    "invalid filter 'x'")
end)

test("pause and unpause", function()
  create("job", { Image = "busybox:1", Cmd = { "sleep", "inf" } })
  spec.equal(call("POST", "/containers/job/pause"), 204)
  spec.equal(state("job"), "paused")
  spec.equal(docker():get_container("job").state, "paused")
  refuses("POST", "/containers/job/pause", 409, "is already paused")
  refuses("POST", "/containers/job/start", 409, "try unpause instead")
  refuses("DELETE", "/containers/job", 409, "cannot remove a paused container")
  spec.equal(call("POST", "/containers/job/unpause"), 204)
  spec.equal(state("job"), "running")
  refuses("POST", "/containers/job/unpause", 500, "is not paused")
  spec.equal(call("POST", "/containers/job/stop"), 204)
  refuses("POST", "/containers/job/pause", 409, "is not running")
end)

spec.done()
