-- init.lua -- the playground: clouds simulated inside this program.
--
--   luft --playground script.lua        or LUFT_PLAYGROUND=1 luft script.lua
--
-- The script's drivers are the real ones; what they send goes to simulated
-- hosts instead of the network, one for each endpoint, each with a state of
-- its own.  What hosts have at the start, ids and delays depend on the endpoint
-- alone, so that a script meets the same world at every run.
--
--   local playground = require "luft.playground"
--   playground.configure("*", { latency = 0.1 })
--   playground.configure("tcp://beta:2375", { down = true })
--
-- LUFT_PLAYGROUND="latency=0.1,down=tcp://beta:2375" says that from outside.
--
-- A cloud is one file beside this one.  It gives a table:
--
--   title                           what it simulates, for error messages
--   is_asked(endpoint, target)      whether a request is for such a host
--   new(name, delay)                a host; delay(what) waits as long as a
--                                   further piece of an answer takes
--   answer(host, request)           as luft.transport wants it; may raise what
--                                   tools.refuse does
--   refusal(status, message)        an error as an answer

local core = require "luft.core"
local errors = require "luft.errors"

core.mine()

local T = require "luft.world"
local tools = require "luft.playground.tools"

local playground = {}

local raw_pcall = require "luft.raw".pcall

local clouds = { (require "luft.playground.docker") }

local LATENCY = 0.02            -- seconds, on the average

local configured                -- name or "*" -> options
local hosts                     -- name -> {name=, cloud=, host=, counts=}
local totals                    -- counts of all hosts

-- Names -----------------------------------------------------------------------

local default_ports = { tcp = "2375", http = "80", https = "443" }

-- "tcp://Alpha", "http://alpha:2375" and "alpha" are all alpha:2375; a socket
-- is its path.
local function name_of(endpoint)
  local path = endpoint:match("^unix://(.*)$")
  if path then return path end
  local scheme = endpoint:match("^(%w+)://") or "tcp"
  local authority = endpoint:gsub("^%w+://", ""):gsub("/.*$", ""):lower()
  if authority:find(":%d+$") then return authority end
  return authority .. ":" .. (default_ports[scheme] or "2375")
end

-- Options ---------------------------------------------------------------------

-- For each option, a function that says what is wrong with a value, if it is.
local check = {}

function check.latency(value)
  if type(value) ~= "function"
    and (type(value) ~= "number" or value ~= value or value < 0) then
    return "takes seconds, or a function that waits"
  end
end

function check.down(value)
  if type(value) ~= "boolean" then return "takes true or false" end
end

function check.fail(value)
  if type(value) ~= "table" then
    return 'takes a table such as {["POST /containers/create"] = '
      .. '{status = 500, message = "..."}}'
  end
  for request, failure in pairs(value) do
    if type(request) ~= "string" or not request:find("^%u+ /")
      or type(failure) ~= "table" or type(failure.status) ~= "number" then
      return ("has '%s', which is no request with a status"):format(
        tostring(request))
    end
  end
end

local function check_option(name, value)
  if not check[name] then
    local best = core.nearest(tostring(name), tools.sorted_names(check))
    errors.misuse("playground.configure has no option '" .. tostring(name)
      .. "'" .. (best and "; did you mean '" .. best .. "'?" or ""))
  end
  local problem = check[name](value)
  if problem then
    errors.misuse(("playground.configure: the option %s %s"):format(name,
      problem))
  end
end

--- Says how an endpoint behaves, or ("*") all of which nothing else is said;
-- in place of what was said of it before.
-- @param options.latency  seconds that a request takes on the average (0.02),
--   or a function(request) that waits
-- @param options.down  true: nobody listens there
-- @param options.fail  {["POST /containers/*/start"] = {status=, message=,
--   times=}}: these requests fail, the first `times` of them or all
function playground.configure(endpoint, options)
  if type(endpoint) ~= "string" or type(options) ~= "table" then
    errors.misuse('playground.configure takes an endpoint or "*", and a table '
      .. "of options")
  end
  local copy = { met = {} }     -- how often each of `fail` was met
  for name, value in pairs(options) do
    check_option(name, value)
    copy[name] = value
  end
  configured[endpoint == "*" and "*" or name_of(endpoint)] = copy
end

-- "latency=0.1,down=tcp://beta:2375"; 1 says no more than: simulate.
local function read_environment(text)
  for part in text:gmatch("[^,]+") do
    local name, value = part:match("^%s*(%a+)=(%S+)%s*$")
    if name == "down" then
      playground.configure(value, { down = true })
    elseif name == "latency" and tonumber(value) then
      playground.configure("*", { latency = tonumber(value) })
    elseif part ~= "1" and part ~= "0" then
      error(errors.new("invalid_argument", ("LUFT_PLAYGROUND has '%s'; it is "
        .. "1, or latency=SECONDS and down=ENDPOINT with commas between")
        :format(part)), 0)
    end
  end
end

-- An option of a host, and the options that it is one of.
local function option(name, key)
  local own, all = configured[name], configured["*"]
  if own and own[key] ~= nil then return own[key], own end
  if all then return all[key], all end
end

-- Failures --------------------------------------------------------------------

-- "POST /containers/*/start" stands for any container.
local function matches(wanted, request)
  local path = request.target:gsub("%?.*$", ""):gsub("^/v%d+%.%d+/", "/")
  local pattern = wanted:gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0")
    :gsub("%*", "[^/]+")
  return (request.method .. " " .. path):find("^" .. pattern .. "$") ~= nil
end

-- Raises the failure that a request is to meet, if any.
local function fail_as_told(name, request)
  if option(name, "down") then
    error(errors.new("network", ("cannot connect to %s: Connection refused")
      :format(request.endpoint)), 0)
  end
  local fail, options = option(name, "fail")
  for _, wanted in ipairs(tools.sorted_names(fail)) do
    local failure, count = fail[wanted], (options.met[wanted] or 0) + 1
    if matches(wanted, request) then
      options.met[wanted] = count
      if count <= (failure.times or math.huge) then
        tools.refuse(failure.status, "%s", failure.message
          or "the playground was told to fail")
      end
    end
  end
end

-- Serving ---------------------------------------------------------------------

local function new_counts()
  return { requests = 0, in_flight = 0, most_in_flight = 0 }
end

-- Between half the seconds and twice as long, and that long on the average.
local function wait(what, seconds)
  local share = tools.fraction(what)
  if seconds > 0 then T.sleep(seconds * (0.5 + 1.5 * share * share)) end
end

local function latency_of(name)
  return option(name, "latency") or LATENCY
end

local function cloud_of(request)
  local titles = {}
  for i, cloud in ipairs(clouds) do
    if cloud.is_asked(request.endpoint, request.target) then return cloud end
    titles[i] = cloud.title
  end
  error(errors.new("unsupported", ("the playground simulates %s, not %s")
    :format(table.concat(titles, " and "), request.endpoint)), 0)
end

local function entry_of(request)
  local name = name_of(request.endpoint)
  if not hosts[name] then
    local cloud = cloud_of(request)
    local function delay(what)
      local latency = latency_of(name)
      if type(latency) == "number" then wait(name .. what, latency) end
    end
    hosts[name] = { name = name, cloud = cloud, counts = new_counts(),
      host = cloud.new(name, delay) }
  end
  return hosts[name]
end

local function answer(entry, request)
  local ok, result = tools.try(function()
    fail_as_told(entry.name, request)
    return entry.cloud.answer(entry.host, request)
  end)
  return ok and result or entry.cloud.refusal(result.status, result.message)
end

-- A request is half of its time on the way there, half on the way back.
local function serve(entry, request, number)
  local latency = latency_of(entry.name)
  local what = ("request %d of %s"):format(number, entry.name)
  if type(latency) == "function" then
    latency(request)
    return answer(entry, request)
  end
  wait(what, latency / 2)
  local result = answer(entry, request)
  wait(what, latency / 2)
  return result
end

local function count(counts, change)
  counts.in_flight = counts.in_flight + change
  counts.most_in_flight = math.max(counts.most_in_flight, counts.in_flight)
  if change > 0 then counts.requests = counts.requests + 1 end
end

-- The transport: see luft.transport.
local function transport(request)
  local entry, all = entry_of(request), totals
  count(entry.counts, 1)
  count(all, 1)
  local ok, result = raw_pcall(serve, entry, request, entry.counts.requests)
  count(entry.counts, -1)
  count(all, -1)
  if not ok then error(result, 0) end
  return result
end

-- What scripts use besides configure ------------------------------------------

--- From now on requests go to the playground instead of the network.
-- @return the transport before
function playground.install()
  return T.transport(transport)
end

--- Forgets all hosts and what was configured; LUFT_PLAYGROUND holds again.
function playground.reset()
  configured, hosts, totals = {}, {}, new_counts()
  read_environment(os.getenv("LUFT_PLAYGROUND") or "")
end

--- How many requests there were, there are now, and there were at most at a
-- time: {requests=, in_flight=, most_in_flight=}; of an endpoint, or of all.
function playground.statistics(endpoint)
  local counts = totals
  if endpoint then
    local entry = hosts[name_of(endpoint)]
    counts = entry and entry.counts or new_counts()
  end
  return { requests = counts.requests, in_flight = counts.in_flight,
    most_in_flight = counts.most_in_flight }
end

playground.reset()

return playground
