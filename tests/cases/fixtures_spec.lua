-- fixtures_spec.lua -- answers of real engines that Apache Libcloud recorded
-- (engine 1.9.1 and 1.12, on Linux and macOS), and the objects that its tests
-- expect of them.  Where they differ from Libcloud's, the difference is one of
-- its defects, which is named.

local luft = require "luft"
local spec = require "spec"

local FOLDER = (os.getenv("LUFT_FIXTURES") or "../shared/fixtures")
  .. "/libcloud/container/docker/"

local function read(name)
  local file = io.open(FOLDER .. name, "rb")
  if not file then return nil end
  local text = file:read("*a")
  file:close()
  return text
end

if not read "linux_124/version.json" then
  spec.skip_all(10, "fixtures: no recorded answers in " .. FOLDER
    .. "; LUFT_FIXTURES says where they are")
  spec.done()
  return
end

-- The engine of a folder; engines before 1.12 had no /_ping with a version.
local function engine(folder)
  local answers = {
    ["GET /version"] = read(folder .. "/version.json"),
    ["GET /images/json"] = read "linux_124/images.json",
    ["GET /containers/json"] = read(folder .. "/containers.json"),
    ["POST /images/create"] = read(folder .. "/create_image.txt"),
    ["POST /containers/create"] = read(folder .. "/create_container.json"),
    ["GET /containers/ID/json"] = read "linux_124/container_a68.json",
    ["POST /containers/ID/start"] = "", ["POST /containers/ID/stop"] = "",
    ["POST /containers/ID/restart"] = "", ["DELETE /containers/ID"] = "",
  }
  local sent = {}
  luft.transport(function(request)
    local path = request.target:gsub("%?.*", ""):gsub("^/v1%.%d+", "")
      :gsub("/containers/a68c18%x+", "/containers/ID")
    sent[#sent + 1] = request.method .. " " .. request.target
    local body = answers[request.method .. " " .. path]
    return { status = body and 200 or 404, headers = {},
      body = body or '{"message":"page not found"}' }
  end)
  return luft.container.docker { endpoint = "tcp://recorded:2375" }, sent
end

local A68 =
  "a68c1872c74630522c7aa74b85558b06824c5e672cee334296c50fb209825303"

local function find(list, id)
  for _, object in ipairs(list) do
    if object.id:sub(1, #id) == id then return object end
  end
  error("no object with id " .. id, 2)
end

spec.test("the version comes from GET /version without a ping", function()
  local docker, sent = engine "linux_124"
  docker:list_images()
  spec.equal(sent, { "GET /_ping", "GET /version", "GET /v1.21/images/json" })
  docker, sent = engine "mac_124"
  docker:list_images()
  spec.equal(sent[3], "GET /v1.24/images/json")
end)

spec.test("list_images", function()
  local images = engine "linux_124":list_images()
  spec.equal(#images, 4)
  spec.equal(images[1].id,
    "cf55d61f5307b7a18a45980971d6cfd40b737dd661879c4a6b3f2aecc3bc37b0")
  spec.equal(images[1].name, "mongo:latest")
  spec.equal(images[1].path, "mongo:latest")
  spec.equal(images[1].extra, { created = 1449618009, size = 0,
    virtual_size = 316957672 })
end)

spec.test("install_image gives the digest of an unseen image", function()
  for _, folder in ipairs { "linux_124", "mac_124" } do
    local image = engine(folder):install_image "ubuntu:12.04"
    spec.equal(image.id, "sha256:992069aee4016783df6345315302fa59681aae51a8"
      .. "eeb2f889dea59290f21787")
    spec.equal(image.name, "ubuntu:12.04")
    spec.equal(image.path, "ubuntu:12.04")
  end
end)

spec.test("install_image reports every step", function()
  local statuses, bytes = {}, 0
  engine "linux_124":install_image("ubuntu:12.04", {
    on_progress = function(progress)
      statuses[progress.status] = true
      bytes = math.max(bytes, progress.total or 0)
    end,
  })
  spec.ok(statuses["Downloading"] and statuses["Pull complete"])
  spec.ok(bytes > 50000)
end)

spec.test("list_containers of an engine that tells no State", function()
  local containers = engine "linux_124":list_containers()
  spec.equal(#containers, 6)
  local hubot = find(containers, "160936dc54fe")
  spec.equal(hubot.name, "hubot")
  spec.equal(hubot.state, "stopped")
  spec.equal(hubot.created_at, 1450130345)
  spec.equal(hubot.image.name, "stackstorm/hubot")
  spec.equal(hubot.image.id,
    "05c5761707b3970a9bf17c00886176add79ac087b4d6a500ac87985bf8ec07b1")
  spec.equal(hubot.extra.status, "Exited (137) 11 minutes ago")
  spec.equal(hubot.extra.command, "/app/bin/hubot")
  local mongo = find(containers, "f159072147ee")
  spec.equal(mongo.name, "mongo")
  spec.equal(mongo.state, "stopped")
end)

spec.test("list_containers of an engine that does", function()
  local containers = engine "mac_124":list_containers()
  spec.equal(#containers, 6)
  local hubot = containers[1]
  spec.equal(hubot.state, "running")
  -- Libcloud gives the addresses ports are bound to; these are the container's.
  spec.equal(hubot.ip_addresses, { "172.17.0.7" })
  spec.equal(hubot.extra.ports[1].PrivatePort, 443)
end)

spec.test("get_container", function()
  local container = engine "linux_124":get_container(A68)
  spec.equal(container.id, A68)
  spec.equal(container.name, "gigantic_goldberg")
  spec.equal(container.state, "running")
  spec.equal(container.image.name, "mongo:latest")
  spec.ok(math.abs(container.created_at - 1450832740.569) < 0.001)
  spec.equal(container.raw.Args[1], "None")       -- B2, as recorded
end)

spec.test("deploy_container creates, starts and looks", function()
  local docker, sent = engine "linux_124"
  local container = docker:deploy_container("hello", "ubuntu:12.04")
  spec.equal(container.id, A68)
  spec.equal(container.name, "gigantic_goldberg")
  spec.equal({ spec.unpack(sent, 3) }, {
    "POST /v1.21/containers/create?name=hello",
    "POST /v1.21/containers/" .. A68 .. "/start",
    "GET /v1.21/containers/" .. A68 .. "/json",
  })
  spec.equal(docker:deploy_container("hello", "ubuntu:12.04",
    { start = false }).id, A68)
end)

spec.test("start, stop, restart give the container, destroy true", function()
  local docker = engine "linux_124"
  local container = docker:get_container(A68)
  for _, verb in ipairs { "start", "stop", "restart" } do
    spec.equal(container[verb](container).id, A68)
  end
  spec.equal(container:destroy(), true)
end)

spec.test("ex_get_logs of a container with a terminal", function()
  local text = read "linux_124/logs.txt"
  luft.transport(function(request)
    if request.target:find("/logs") then
      return { status = 200, body = text }
    end
    return { status = 200, headers = { ["Api-Version"] = "1.24" },
      body = '{"Config":{"Tty":true}}' }
  end)
  local docker = luft.container.docker { endpoint = "tcp://recorded:2375" }
  spec.equal(docker:ex_get_logs(A68), text)
  spec.match(text, "exec: None: not found")           -- B2, as recorded
end)

luft.transport(nil)
spec.done()
