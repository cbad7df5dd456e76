-- images.lua -- the images that the playground can pull, and their records.
--
-- Each row is a repository: what its containers run, the ports they listen at,
-- roughly how many megabytes it has.  Any sensible tag of it exists.  A record
-- depends on the name alone, as an image's content does: all hosts have the
-- same.

local core = require "luft.core"

core.mine()

local tools = require "luft.playground.tools"

local images = {}

local array = core.json.array

local wrapper = { "docker-entrypoint.sh" }      -- passes its arguments on

local repositories = {
  alpine = { size = 8, command = { "/bin/sh" } },
  busybox = { size = 4, command = { "sh" } },
  debian = { size = 117, command = { "bash" } },
  ["hello-world"] = { size = 0.01, command = { "/hello" } },
  httpd = { size = 148, command = { "httpd-foreground" },
    ports = { "80/tcp" } },
  mysql = { size = 586, entrypoint = wrapper, command = { "mysqld" },
    ports = { "3306/tcp" }, volumes = { "/var/lib/mysql" } },
  nginx = { size = 187, entrypoint = { "/docker-entrypoint.sh" },
    command = { "nginx", "-g", "daemon off;" }, ports = { "80/tcp" } },
  node = { size = 1100, entrypoint = wrapper, command = { "node" } },
  postgres = { size = 432, entrypoint = wrapper, command = { "postgres" },
    ports = { "5432/tcp" }, volumes = { "/var/lib/postgresql/data" } },
  python = { size = 1020, command = { "python3" } },
  redis = { size = 117, entrypoint = wrapper, command = { "redis-server" },
    ports = { "6379/tcp" }, volumes = { "/data" }, directory = "/data" },
  tomcat = { size = 480, command = { "catalina.sh", "run" },
    ports = { "8080/tcp" }, directory = "/usr/local/tomcat" },
  ubuntu = { size = 78, command = { "/bin/bash" } },
}

-- Names -----------------------------------------------------------------------

--- "docker.io/library/nginx:1.27@sha256:..." as "nginx", "1.27", "sha256:...".
-- @return repository, tag or nil, digest or nil
function images.parse_name(name)
  local rest, digest = name:match("^([^@]*)@(.+)$")
  rest = (rest or name):gsub("^docker%.io/", ""):gsub("^library/", "")
  local repository, tag = rest:match("^(.*):([^:/]*)$")
  return repository or rest, tag, digest
end

--- Refuses what cannot be an image's name.
function images.check_name(name)
  if not name:find("^[%w._/:@-]*$") then
    tools.refuse(400, "invalid reference format")
  elseif images.parse_name(name):find("%u") then
    tools.refuse(400, "invalid reference format: repository name must be "
      .. "lowercase")
  end
end

--- The name in its usual form, with a tag: what lists show.
function images.full_name(name)
  local repository, tag, digest = images.parse_name(name)
  if digest then return repository .. "@" .. digest end
  return repository .. ":" .. (tag or "latest")
end

-- 1.27, v3, alpine, stable-slim; not 1.27x/y, not nosuch.
local function is_sensible(tag)
  local known = { alpine = true, bookworm = true, edge = true, jammy = true,
    latest = true, lts = true, noble = true, slim = true, stable = true }
  return tag:find("^[%w_][%w_.-]*$") ~= nil
    and (tag:find("^v?%d") ~= nil or known[tag:match("^%a*")] == true)
end

--- Whether the registry has it: true, or false and the words of the refusal.
function images.is_known(name)
  local repository, tag, digest = images.parse_name(name)
  local there
  if digest then
    there = digest:find("^sha256:%x+$") and #digest == 71
  else
    there = is_sensible(tag or "latest")
  end
  if repositories[repository] and there then return true end
  return false, ("manifest for %s not found: manifest unknown: manifest "
    .. "unknown"):format(images.full_name(name))
end

-- Records ---------------------------------------------------------------------

local function as_set(list)
  local set = {}
  for _, name in ipairs(list or {}) do set[name] = {} end
  return set
end

local function config_of(row)
  local function list(value)
    return value and array { (table.unpack or unpack)(value) } or core.json.null
  end
  return {
    Cmd = list(row.command), Entrypoint = list(row.entrypoint),
    Env = array { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
      .. "/sbin:/bin" },
    ExposedPorts = as_set(row.ports), Volumes = as_set(row.volumes),
    WorkingDir = row.directory or "", User = "", Labels = {},
  }
end

-- Up to six, the first of them the largest.
local function layers_of(name, size)
  local layers, left = {}, size
  local count = size < 1e6 and 1 or tools.between("layers " .. name, 2, 6)
  for i = 1, count do
    local part = i == count and left or math.floor(left * 0.6)
    left = left - part
    layers[i] = { id = tools.hex("layer " .. i .. " " .. name, 12),
      size = part }
  end
  return layers
end

local NEWEST, DAY = 1735689600, 86400           -- the start of 2025

--- The record of an image that the registry has: id name repository tag digest
-- size created config layers.
function images.new(name)
  local full = images.full_name(name)
  local repository, tag, digest = images.parse_name(full)
  local row = repositories[repository]
  local size = math.floor(row.size * 1e6
    * (0.9 + 0.2 * tools.fraction("size " .. full)))
  return {
    id = "sha256:" .. tools.hex("image " .. full, 64), name = full,
    repository = repository, tag = tag,
    digest = digest or "sha256:" .. tools.hex(full, 64), size = size,
    created = NEWEST - DAY * tools.between("created " .. full, 0, 200),
    config = config_of(row), layers = layers_of(full, size),
  }
end

-- Pulls -----------------------------------------------------------------------

-- What each layer goes through, a row at a time for all of them.
local stages = {
  { "Pulling fs layer" }, { "Downloading", 0.3 }, { "Downloading", 1 },
  { "Download complete" }, { "Extracting", 1 }, { "Pull complete" },
}

--- What a pull of it reports, in the pieces that it comes in: lists of values.
function images.progress(image, is_here)
  local name = image.repository
  local pieces = { { { id = image.tag or image.digest, status = "Pulling from "
    .. (name:find("/") and name or "library/" .. name) } } }
  for _, stage in ipairs(is_here and {} or stages) do
    local piece = {}
    for i, layer in ipairs(image.layers) do
      piece[i] = { id = layer.id, status = stage[1], progressDetail = stage[2]
        and { current = math.floor(layer.size * stage[2]), total = layer.size }
        or {} }
    end
    pieces[#pieces + 1] = piece
  end
  pieces[#pieces + 1] = {
    { status = "Digest: " .. image.digest },
    { status = ("Status: %s %s"):format(is_here and "Image is up to date for"
      or "Downloaded newer image for", image.name) },
  }
  return pieces
end

return images
