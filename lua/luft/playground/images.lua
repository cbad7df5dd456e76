-- images.lua -- images as a Docker Engine has them: names, records, layers.

local core = require "luft.core"

core.mine()

local digest = require "luft.playground.digest"
local registry = require "luft.playground.registry"
local times = require "luft.playground.times"

local images = {}

local array = core.json.array

local DAY = 86400
local NEWEST = 1735689600                       -- the start of 2025

-- Names -----------------------------------------------------------------------

local function shorter(repository)
  return (repository:gsub("^docker%.io/", ""):gsub("^library/", ""))
end

--- "docker.io/library/nginx:1.27@sha256:..." as "nginx", "1.27", "sha256:...".
-- @return repository, tag or nil, digest or nil
function images.parse_name(name)
  local rest, hash = name:match("^([^@]*)@(.+)$")
  rest = rest or name
  local repository, tag = rest:match("^(.*):([^:/]*)$")
  return shorter(repository or rest), tag, hash
end

--- The name in its usual form, with a tag: what lists show.
function images.full_name(name)
  local repository, tag, hash = images.parse_name(name)
  if hash then return repository .. "@" .. hash end
  return repository .. ":" .. (tag or "latest")
end

--- Whether the registry has it: true, or the status and words of the refusal.
function images.is_known(name)
  local repository, tag, hash = images.parse_name(name)
  if repository:find("^private/") then
    return false, 404, ("pull access denied for %s, repository does not exist "
      .. "or may require 'docker login': denied: requested access to the "
      .. "resource is denied"):format(repository)
  end
  local known = registry.repositories[repository]
    and (hash and hash:find("^sha256:%x+$") and #hash == 71
         or not hash and registry.is_sensible_tag(tag or "latest"))
  if known then return true end
  return false, 200, ("manifest for %s not found: manifest unknown: manifest "
    .. "unknown"):format(images.full_name(name))
end

-- Records ---------------------------------------------------------------------

local function as_set(list)
  local set = {}
  for _, name in ipairs(list or {}) do set[name] = {} end
  return set
end

local function copy_of_list(list)
  if not list then return core.json.null end
  local copy = {}
  for i, value in ipairs(list) do copy[i] = value end
  return array(copy)
end

local function config_of(row)
  return {
    Cmd = copy_of_list(row.command), Entrypoint = copy_of_list(row.entrypoint),
    Env = array { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
      .. "/sbin:/bin" },
    ExposedPorts = as_set(row.ports), Volumes = as_set(row.volumes),
    WorkingDir = row.directory or "", User = row.user or "",
    Labels = {},
  }
end

-- Between two and six, the first of them the largest.
local function layers_of(name, size)
  local layers, left = {}, size
  local count = size < 1e6 and 1 or digest.between("layers " .. name, 2, 6)
  for i = 1, count do
    local part = i == count and left or math.floor(left * 0.6)
    left = left - part
    layers[i] = { id = digest.hex("layer " .. i .. " " .. name, 64),
      size = part }
  end
  return layers
end

--- The record of an image that the registry has.  It depends on the name alone,
-- as its content does: two hosts have the same.
function images.new(name)
  local full = images.full_name(name)
  local repository, tag, hash = images.parse_name(full)
  local row = registry.repositories[repository]
  local size = math.floor(row.size * 1e6
    * (0.9 + 0.2 * digest.fraction("size " .. full)))
  return {
    id = digest.sha256("image " .. full), name = full, tag = tag,
    repository = repository, digest = hash or digest.sha256(full), size = size,
    created = NEWEST - math.floor(DAY * 200
      * digest.fraction("created " .. full)),
    config = config_of(row), layers = layers_of(full, size),
  }
end

-- As the API shows them -------------------------------------------------------

local function tags(image)
  return array(image.tag and { image.name } or {})
end

local function digests(image)
  return array { image.repository .. "@" .. image.digest }
end

--- One of GET /images/json.
function images.summary(image)
  return {
    Id = image.id, ParentId = "", RepoTags = tags(image),
    RepoDigests = digests(image), Created = image.created, Size = image.size,
    SharedSize = -1, Containers = -1, Labels = image.config.Labels,
  }
end

--- GET /images/{name}/json.
function images.inspection(image)
  local layers = {}
  for i, layer in ipairs(image.layers) do layers[i] = "sha256:" .. layer.id end
  return {
    Id = image.id, RepoTags = tags(image), RepoDigests = digests(image),
    Parent = "", Comment = "", Author = "", DockerVersion = "",
    Created = times.rfc3339(image.created), Config = image.config,
    Architecture = "amd64", Os = "linux", Size = image.size,
    GraphDriver = { Name = "overlay2", Data = core.json.null },
    RootFS = { Type = "layers", Layers = array(layers) },
    Metadata = { LastTagTime = times.rfc3339(nil) },
  }
end

-- Pulls -----------------------------------------------------------------------

local UNITS = { "B", "kB", "MB", "GB" }

local function in_words(bytes)
  local unit = 1
  while bytes >= 1000 and unit < #UNITS do
    bytes, unit = bytes / 1000, unit + 1
  end
  return ("%.4g%s"):format(bytes, UNITS[unit])
end

local function bar(current, total)
  local full = math.floor(50 * current / total)
  return ("[%s>%s]  %s/%s"):format(("="):rep(full), (" "):rep(50 - full),
    in_words(current), in_words(total))
end

local function step(layer, status, share)
  local progress = { id = layer.id:sub(1, 12), status = status,
    progressDetail = {} }
  if share then
    local current = math.floor(layer.size * share)
    progress.progressDetail = { current = current, total = layer.size }
    progress.progress = bar(current, layer.size)
  end
  return progress
end

-- What each layer goes through, a row at a time for all of them.
local LIFE = {
  { "Pulling fs layer" }, { "Downloading", 0.3 }, { "Downloading", 0.7 },
  { "Downloading", 1 }, { "Verifying Checksum" }, { "Download complete" },
  { "Extracting", 0.5 }, { "Extracting", 1 }, { "Pull complete" },
}

local function opening(image)
  return { id = image.tag or image.digest,
    status = "Pulling from " .. (image.repository:find("/")
      and image.repository or "library/" .. image.repository) }
end

local function closing(image, text)
  return {
    { status = "Digest: " .. image.digest },
    { status = "Status: " .. text .. " " .. image.name },
  }
end

--- What a pull reports, in the pieces that it comes in: lists of values.
function images.progress(image, is_here)
  if is_here then
    return { { opening(image) }, closing(image, "Image is up to date for") }
  end
  local pieces = { { opening(image) } }
  for _, stage in ipairs(LIFE) do
    local piece = {}
    for i, layer in ipairs(image.layers) do
      piece[i] = step(layer, stage[1], stage[2])
    end
    pieces[#pieces + 1] = piece
  end
  pieces[#pieces + 1] = closing(image, "Downloaded newer image for")
  return pieces
end

return images
