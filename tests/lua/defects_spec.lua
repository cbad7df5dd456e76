-- defects_spec.lua -- defects of Apache Libcloud that luft must not have; their
-- numbers are those of the study that found them.

local luft = require "luft"
local spec = require "spec"

-- A driver whose engine is this function; gives the requests it got, too.
local function docker_on(answer, options)
  local sent = {}
  luft.transport(function(request)
    sent[#sent + 1] = request
    if request.target == "/_ping" then
      return { status = 200, headers = { ["Api-Version"] = "1.41" } }
    end
    return answer(request) or { status = 200, body = "[]" }
  end)
  return luft.container.docker(options or { endpoint = "tcp://host:2375" }),
    sent
end

local function nothing() end

-- A frame of a log: 1 is stdout, 2 stderr.
local function frame(source, text)
  return string.char(source, 0, 0, 0, 0, 0, 0, #text) .. text
end

spec.test("B1: a host's scheme is cut off, not its letters", function()
  local places = {
    ["http://test-host"] = "http://test-host:2375",
    ["https://shop.example.com"] = "https://shop.example.com",
    ["pstt"] = "http://pstt:2375",
    ["https://s"] = "https://s",
  }
  for host, wanted in pairs(places) do
    local docker, sent = docker_on(nothing, { host = host, port =
      wanted:find("2375") and 2375 or 443 })
    docker:list_images()
    spec.equal(sent[1].endpoint, wanted)
  end
end)

spec.test("B2: a command that was not given is not sent", function()
  local docker, sent = docker_on(function(request)
    if request.method == "POST" then
      return { status = 201, body = '{"Id":"x"}' }
    end
    return { status = 200, body = '{"Id":"x"}' }
  end)
  docker:deploy_container("web", "image", { start = false })
  local body = luft.json.decode(sent[2].body)
  spec.equal(body.Cmd, nil)
  spec.ok(not sent[2].body:find("None"))
end)

spec.test("B3: what belongs to the host stands in HostConfig", function()
  local docker, sent = docker_on(function(request)
    return { status = request.method == "POST" and 201 or 200,
      body = '{"Id":"x"}' }
  end)
  docker:deploy_container("web", "image", {
    start = false, port_bindings = { ["80/tcp"] = { { HostPort = "8080" } } },
    network_mode = "bridge", mem_limit = 5, volumes_from = { "a" },
    dns = { "1.1.1.1" },
  })
  local body = luft.json.decode(sent[2].body)
  spec.equal(body.HostConfig, {
    PortBindings = { ["80/tcp"] = { { HostPort = "8080" } } },
    PublishAllPorts = true, NetworkMode = "bridge", Memory = 5,
    VolumesFrom = { "a" }, Dns = { "1.1.1.1" },
  })
  for _, name in ipairs { "PortBindings", "PublishAllPorts", "NetworkMode",
    "Memory", "VolumesFrom", "Dns" } do
    spec.equal(body[name], nil, name)
  end
end)

spec.test("B4: a running container's log comes as it is written", function()
  local docker = docker_on(function(request)
    if request.target:find("/logs") then
      spec.match(request.target, "follow=true")
      local i = 0
      return { status = 200, body = function()     -- it never ends
        i = i + 1
        return frame(i % 2 + 1, "line " .. i % 10 .. "\n")
      end }
    end
    return { status = 200, body = '{"Config":{"Tty":false}}' }
  end)
  local lines = {}
  local log = docker:ex_get_logs("x", { stream = true })
  for line, source in log do
    lines[#lines + 1] = source .. " " .. line
    if #lines == 3 then break end
  end
  log:close()
  spec.equal(lines, { "stderr line 1", "stdout line 2", "stderr line 3" })
end)

spec.test("B10: an engine that does not run is said to", function()
  luft.transport(nil)
  local docker = luft.container.docker { endpoint = "tcp://127.0.0.1:1",
    retries = 0 }
  local err = spec.fails(function() docker:list_images() end, "network",
    "docker: list_images: cannot connect to http://127.0.0.1:1: Connection "
    .. "refused; is the Docker Engine running there%?")
  spec.equal(err.retryable, true)
end)

spec.test("B24: what could be done twice by it is not sent again", function()
  local docker, sent = docker_on(function(request)
    if request.method == "POST" then
      return { status = 503, body = '{"message":"busy"}' }
    end
  end)
  local err = spec.fails(function()
    docker:deploy_container("web", "image")
  end, "unavailable", "busy")
  spec.equal(#sent, 2)
  spec.equal(err.attempts, 1)
end)

spec.test("B24: what reads is, also after a 503 with Retry-After", function()
  local answers = { 503, 429, 200 }
  local docker, sent = docker_on(function()
    local status = table.remove(answers, 1)
    return { status = status, body = "[]",
      headers = { ["Retry-After"] = "0" } }
  end)
  spec.equal(docker:list_images(), {})
  spec.equal(#sent, 4)
end)

spec.test("B25: versions compare as numbers, and are asked once", function()
  for theirs, wanted in pairs { ["1.9"] = "1.9", ["1.10"] = "1.10",
    ["1.41"] = "1.41", ["1.100"] = "1.47", ["2.0"] = "1.47" } do
    local pings, targets = 0, {}
    luft.transport(function(request)
      if request.target == "/_ping" then
        pings = pings + 1
        luft.sleep(0.01)
        return { status = 200, headers = { ["Api-Version"] = theirs } }
      end
      targets[request.target] = true
      return { status = 200, body = "[]" }
    end)
    local docker = luft.container.docker { endpoint = "tcp://host:2375" }
    luft.gather { function() docker:list_images() end,
      function() docker:list_images() end,
      function() docker:list_images() end }
    luft.container.docker { endpoint = "tcp://host:2375" }:list_images()
    spec.equal(pings, 1)
    spec.equal(targets, { ["/v" .. wanted .. "/images/json"] = true })
  end
end)

spec.test("B28: making a driver talks to nobody", function()
  local _, sent = docker_on(nothing)
  for i = 1, 100 do
    luft.container.docker { endpoint = "tcp://dead-" .. i .. ":2375" }
  end
  spec.equal(#sent, 0)
end)

spec.test("B29: an option that nobody knows is refused", function()
  spec.fails(function() luft.container.docker { timeuot = 5 } end,
    "invalid_argument", "no option 'timeuot'; did you mean 'timeout'")
  spec.fails(function()
    luft.container.docker():list_containers { al = true }
  end, "invalid_argument", "no argument 'al'; did you mean 'all'")
end)

luft.transport(nil)
spec.done()
