-- behaviour.lua -- how simulated hosts behave: slow, down, failing at times.

local core = require "luft.core"
local errors = require "luft.errors"

core.mine()

local behaviour = {}

local LATENCY = 0.02            -- seconds, on the average

local configured = {}           -- name or "*" -> options

-- Names -----------------------------------------------------------------------

local default_ports = { tcp = "2375", http = "80", https = "443" }

--- "tcp://Alpha", "http://alpha:2375" and "alpha" are all alpha:2375; a socket
-- is its path.
function behaviour.name_of(endpoint)
  local path = endpoint:match("^unix://(.*)$")
  if path then return path end
  local scheme = endpoint:match("^(%w+)://") or "tcp"
  local authority = endpoint:gsub("^%w+://", ""):gsub("/.*$", ""):lower()
  if authority:find(":%d+$") then return authority end
  return authority .. ":" .. (default_ports[scheme] or "2375")
end

-- Options ---------------------------------------------------------------------

local function refuse(name, why)
  errors.misuse(("playground.configure: the option %s %s"):format(name, why))
end

local check = {}

function check.latency(value)
  if type(value) == "function" then return end
  if type(value) ~= "number" or value ~= value or value < 0 then
    refuse("latency", "takes seconds, or a function that waits")
  end
end

function check.down(value)
  if type(value) ~= "boolean" then refuse("down", "takes true or false") end
end

function check.fail(value)
  if type(value) ~= "table" then
    refuse("fail", 'takes a table such as {["POST /containers/create"] = '
      .. '{status = 500, message = "..."}}')
  end
  for request, failure in pairs(value) do
    if type(request) ~= "string" or not request:find("^%u+ /")
      or type(failure) ~= "table" or type(failure.status) ~= "number" then
      refuse("fail", ("has '%s', which is no request with a status"):format(
        tostring(request)))
    end
  end
end

function check.fail_every(value)
  if type(value) ~= "number" or value < 1 or value % 1 ~= 0 then
    refuse("fail_every", "takes a whole number of 1 or more")
  end
end

local function sorted_names(t)
  local names = {}
  for name in pairs(t or {}) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function refuse_name(name)
  local best = core.nearest(tostring(name), sorted_names(check))
  errors.misuse("playground.configure has no option '" .. tostring(name) .. "'"
    .. (best and "; did you mean '" .. best .. "'?" or ""))
end

--- See playground.configure.
function behaviour.configure(endpoint, options)
  if type(endpoint) ~= "string" or type(options) ~= "table" then
    errors.misuse('playground.configure takes an endpoint or "*", and a table '
      .. "of options")
  end
  local copy = {}
  for name, value in pairs(options) do
    if not check[name] then refuse_name(name) end
    check[name](value)
    copy[name] = value
  end
  copy.counts = {}              -- how often each of `fail` was met
  copy.requests = sorted_names(options.fail)
  configured[endpoint == "*" and "*" or behaviour.name_of(endpoint)] = copy
end

-- The environment -------------------------------------------------------------

local function read_part(part, all)
  local name, value = part:match("^%s*([%a_]+)=(%S+)%s*$")
  local number = tonumber(value)
  if name == "down" then
    behaviour.configure(value, { down = true })
  elseif (name == "latency" or name == "fail_every") and number then
    all[name] = number
  else
    error(errors.new("invalid_argument", ("LUFT_PLAYGROUND has '%s'; it takes "
      .. "latency=SECONDS, fail_every=N and down=ENDPOINT, with commas between")
      :format(part)), 0)
  end
end

--- Forgets all that was configured but what the environment says.
-- @param text  "latency=0.1,down=tcp://beta:2375", or nil
function behaviour.reset(text)
  local all = {}
  configured = {}
  for part in (text or ""):gmatch("[^,]+") do read_part(part, all) end
  if next(all) then behaviour.configure("*", all) end
end

-- What holds for a host -------------------------------------------------------

-- An option, and the options that it is one of.
local function option(name, key)
  local own, all = configured[name], configured["*"]
  if own and own[key] ~= nil then return own[key], own end
  if all then return all[key], all end
end

--- Seconds that a request takes on the average, or a function that waits.
function behaviour.latency(name)
  return option(name, "latency") or LATENCY
end

--- Whether nobody listens there.
function behaviour.is_down(name)
  return option(name, "down") == true
end

-- "POST /containers/*/start" stands for any container.
local function matches(wanted, request)
  local path = request.target:gsub("%?.*$", ""):gsub("^/v%d+%.%d+/", "/")
  local pattern = wanted:gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0")
    :gsub("%*", "[^/]+")
  return (request.method .. " " .. path):find("^" .. pattern .. "$") ~= nil
end

--- The failure that a request is to meet: status and message, or nil.
-- @param number  of the request at its host, from 1
function behaviour.failure(name, request, number)
  local fail, options = option(name, "fail")
  for _, wanted in ipairs(fail and options.requests or {}) do
    if matches(wanted, request) then
      local failure = fail[wanted]
      local count = (options.counts[wanted] or 0) + 1
      options.counts[wanted] = count
      if count <= (failure.times or math.huge) then
        return failure.status,
          failure.message or "the playground was told to fail"
      end
    end
  end
  local every = option(name, "fail_every")
  if every and number % every == 0 then
    return 503, ("the playground was told to fail one request in %d"):format(
      every)
  end
end

return behaviour
