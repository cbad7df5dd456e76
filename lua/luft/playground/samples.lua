-- samples.lua -- the containers that simulated hosts have from the start.

local core = require "luft.core"

core.mine()

local digest = require "luft.playground.digest"

local samples = {}

local MINUTE, DAY = 60, 86400

-- A host has some that stand one behind the other here.
local roles = {
  { name = "web", image = "nginx:1.27", port = "80/tcp", host_port = "80" },
  { name = "db", image = "postgres:16", port = "5432/tcp",
    host_port = "5432" },
  { name = "cache", image = "redis:7", port = "6379/tcp" },
  { name = "worker", image = "python:3.12", command = { "sh", "-c",
    "while true; do echo one job done; sleep 3600; done" } },
  { name = "queue", image = "rabbitmq:3", port = "5672/tcp" },
  { name = "metrics", image = "prom/prometheus:v2.54.1", port = "9090/tcp",
    host_port = "9090" },
}

-- Most containers run; what else they may be, and with which exit status.
local states = {
  { "running" }, { "running" }, { "running" }, { "running" }, { "running" },
  { "exited", 0 }, { "exited", 1 }, { "exited", 137 }, { "paused" },
  { "restarting", 1 }, { "created" }, { "dead", 137 },
}

local local_host = {
  { name = "blog", image = "nginx:1.27", port = "80/tcp", host_port = "8000",
    state = "running", age = 3 * DAY },
  { name = "nightly", image = "busybox:1", state = "exited", exit_code = 0,
    age = 20 * DAY, ran = 40,
    command = { "sh", "-c", "echo backup done" } },
}

local function sample_of(name, i, first)
  local role = roles[(first + i - 2) % #roles + 1]
  local label = ("%s %s"):format(name, role.name)
  local state = states[digest.between("state " .. label, 1, #states)]
  local sample = { state = state[1], exit_code = state[2] or 0,
    age = digest.between("age " .. label, 10 * MINUTE, 60 * DAY) }
  sample.ran = digest.between("ran " .. label, 1, sample.age - 2 * MINUTE)
  if sample.state == "restarting" then sample.ran = sample.age - MINUTE end
  for key, value in pairs(role) do sample[key] = value end
  return sample
end

--- What a host has: 1 to 4 containers that depend on its name, two on the
-- default socket, none on another socket.
function samples.of(name)
  if name == "/var/run/docker.sock" then return local_host end
  if name:sub(1, 1) == "/" then return {} end
  local list = {}
  local first = digest.between("first " .. name, 1, #roles)
  for i = 1, digest.between("samples " .. name, 1, 4) do
    list[i] = sample_of(name, i, first)
  end
  return list
end

local function body_of(sample)
  local body = { Image = sample.image, Cmd = sample.command,
    Labels = { role = sample.name }, HostConfig = {} }
  if sample.port then body.ExposedPorts = { [sample.port] = {} } end
  if sample.host_port then
    body.HostConfig.PortBindings = {
      [sample.port] = { { HostPort = sample.host_port } },
    }
  end
  return body
end

--- Puts one on a host, as if it had been there for as long as it says.
function samples.add(host, sample, now)
  if not host:find_image(sample.image) then host:add_image(sample.image) end
  local created = now - sample.age
  local container = host:create(body_of(sample), sample.name, created)
  if sample.state == "created" then return end
  container:start(created + 1)
  if sample.state == "running" then return end
  if sample.state == "paused" then
    container:settle()
    container:pause()
    return
  end
  local finished = created + 1 + sample.ran
  container:settle(finished)
  container:finish(finished, sample.exit_code)
  container.state = sample.state
  container.restarts = sample.state == "restarting" and 7 or 0
end

return samples
