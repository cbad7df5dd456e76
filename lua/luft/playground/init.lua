-- init.lua -- the playground: clouds simulated inside this program.
--
--   luft --playground script.lua
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

local core = require "luft.core"
local errors = require "luft.errors"

core.mine()

local T = require "luft.world"
local behaviour = require "luft.playground.behaviour"
local digest = require "luft.playground.digest"
local docker = require "luft.playground.docker"

local playground = {}

local raw_pcall = require "luft.raw".pcall

-- What can be simulated: title, is_asked(endpoint, target), new(name, delay),
-- failure(status, message).
local kinds = { docker }

-- Hosts -----------------------------------------------------------------------

local hosts = {}                -- name -> {name=, kind=, host=, counts=}
local totals

local function new_counts()
  return { requests = 0, in_flight = 0, most_in_flight = 0 }
end

-- Between half the seconds and twice as long, and that long on the average.
local function wait(what, seconds)
  if seconds == 0 then return end
  local share = digest.fraction(what)
  T.sleep(seconds * (0.5 + 1.5 * share * share))
end

-- A function by which a host waits between pieces of an answer.
local function delay_of(name)
  return function(what)
    local latency = behaviour.latency(name)
    if type(latency) == "number" then wait(what, latency) end
  end
end

local function kind_of(request)
  local titles = {}
  for i, kind in ipairs(kinds) do
    if kind.is_asked(request.endpoint, request.target) then return kind end
    titles[i] = kind.title
  end
  error(errors.new("unsupported", ("the playground simulates %s, not %s")
    :format(table.concat(titles, " and "), request.endpoint)), 0)
end

local function entry_of(request)
  local name = behaviour.name_of(request.endpoint)
  if not hosts[name] then
    local kind = kind_of(request)
    hosts[name] = { name = name, kind = kind, counts = new_counts(),
      host = kind.new(name, delay_of(name)) }
  end
  return hosts[name]
end

-- Serving ---------------------------------------------------------------------

local function handle(entry, request, number)
  if behaviour.is_down(entry.name) then
    error(errors.new("network", ("cannot connect to %s: Connection refused")
      :format(request.endpoint)), 0)
  end
  local status, message = behaviour.failure(entry.name, request, number)
  if status then return entry.kind.failure(status, message) end
  return entry.host:answer(request)
end

-- A request is half of its time on the way there, half on the way back.
local function serve(entry, request, number)
  local latency = behaviour.latency(entry.name)
  local what = ("request %d of %s"):format(number, entry.name)
  if type(latency) == "function" then
    latency(request)
    return handle(entry, request, number)
  end
  wait(what, latency / 2)
  local answer = handle(entry, request, number)
  wait(what, latency / 2)
  return answer
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
  local ok, answer = raw_pcall(serve, entry, request, entry.counts.requests)
  count(entry.counts, -1)
  count(all, -1)
  if not ok then error(answer, 0) end
  return answer
end

-- What scripts use ------------------------------------------------------------

--- From now on requests go to the playground instead of the network.
-- @return the transport before
function playground.install()
  return T.transport(transport)
end

--- Says how an endpoint behaves, or ("*") all of which nothing else is said;
-- in place of what was said of it before.
-- @param options.latency  seconds that a request takes on the average (0.02),
--   or a function(request) that waits
-- @param options.down  true: nobody listens there
-- @param options.fail  {["POST /containers/*/start"] = {status=, message=,
--   times=}}: these requests fail, the first `times` of them or all
-- @param options.fail_every  every n-th request fails with status 503
function playground.configure(endpoint, options)
  behaviour.configure(endpoint, options)
end

--- Forgets all hosts and what was configured; LUFT_PLAYGROUND holds again.
function playground.reset()
  hosts, totals = {}, new_counts()
  behaviour.reset(os.getenv("LUFT_PLAYGROUND"))
end

--- How many requests there were, there are now, and there were at most at a
-- time: {requests=, in_flight=, most_in_flight=}; of an endpoint, or of all.
function playground.statistics(endpoint)
  local counts = totals
  if endpoint then
    local entry = hosts[behaviour.name_of(endpoint)]
    counts = entry and entry.counts or new_counts()
  end
  return { requests = counts.requests, in_flight = counts.in_flight,
    most_in_flight = counts.most_in_flight }
end

playground.reset()

return playground
