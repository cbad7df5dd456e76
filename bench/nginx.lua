-- nginx.lua -- one nginx worker under handlers that wait for a slow upstream:
-- how long they take against what they wait for, and what another location of
-- the same worker notices of it.
--
--   luft bench/nginx.lua BUILD      prints the tables of docs/PERFORMANCE.md
--
-- NGINX: where tests/servers/nginx.sh has started it.  Each handler asks ten
-- times at once for what takes the upstream 100 ms.

local luft = require "luft"

local build, NGINX = arg[1], os.getenv("NGINX")
local IDEAL, CALLS, SECONDS = 0.1, 10, 8

local upstream = io.popen(("exec %s/tests/server --parent $PPID"):format(build))
local port, pid = upstream:read("l"):match("^PORT=(%d+) PID=(%d+)")

local HANDLER = ([[
  luft.map({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, function()
    return luft.http.get("http://127.0.0.1:%s/bytes?n=1000&delay=%g",
      { max_connections = 4000 }).status
  end)
]]):format(port, IDEAL)

-- wrk posts the handler's code as its body.
local function write_script()
  local name = os.tmpname()
  local file = assert(io.open(name, "w"))
  file:write(("wrk.method = 'POST'\nwrk.body = %q\n"):format(HANDLER))
  file:close()
  return name
end

local script = write_script()
local units = { us = 1e-3, ms = 1, s = 1000 }

-- What wrk prints: "99%   12.34ms", "Requests/sec: 123.45".  In milliseconds.
local function read_wrk(pipe)
  local text = pipe:read("a")
  local found = { rate = tonumber(text:match("Requests/sec:%s*([%d.]+)")) }
  for percent, value, unit in text:gmatch("\n%s+(%d+)%%%s+([%d.]+)(%l+)") do
    found[tonumber(percent)] = tonumber(value) * units[unit]
  end
  assert(found[99], text)
  assert(not text:find("Non%-2xx") and not text:find("Socket errors"), text)
  return found
end

local function start_wrk(seconds, connections, path, options)
  return assert(io.popen(("wrk -t1 -c%d -d%ds --latency --timeout 20s %s %s%s")
    :format(connections, seconds, options or "", NGINX, path)))
end

local function fan_out(seconds, connections)
  return start_wrk(seconds, connections, "/run", "-s " .. script)
end

-- Other handlers ------------------------------------------------------------

local function row(...)
  print("| " .. table.concat({ ... }, " | ") .. " |")
end

local function ms(value) return ("%.2f ms"):format(value) end

local function latencies(name, figures, before)
  row(name, ms(figures[50]), ms(figures[99]), ("%.0f"):format(figures.rate),
    before and ("%.1f"):format(figures[99] / before[99]) or "1")
end

read_wrk(fan_out(2, 20))                        -- connections, light threads
local quiet = read_wrk(start_wrk(SECONDS, 1, "/alive"))

print "| second location | p50 | p99 | a second | p99 against alone |"
print "|---|---|---|---|---|"
latencies("alone", quiet)

local walls = {}
for _, connections in ipairs { 20, 50, 100, 200 } do
  local load = fan_out(SECONDS + 2, connections)
  luft.sleep(1)
  latencies(("beside %d handlers"):format(connections),
    read_wrk(start_wrk(SECONDS, 1, "/alive")), quiet)
  walls[#walls + 1] = { connections = connections, read_wrk(load) }
end

-- Handlers against what they wait for ---------------------------------------

local function burst(count)
  local numbers = {}
  for i = 1, count do numbers[i] = i end
  local start = luft.now()
  luft.map(numbers, function()
    assert(luft.http.post(NGINX .. "/run", { body = HANDLER,
      max_connections = count }).status == 200)
  end, { limit = count })
  return luft.now() - start
end

local function best_burst(count)
  local best = math.huge
  for _ = 1, 5 do best = math.min(best, burst(count)) end
  return best
end

print "\n| handlers at once | p50 | p99 | calls a second | p50 against ideal |"
print "|---|---|---|---|---|"
local one = best_burst(1)
row("1", ms(one * 1000), "", "", ("%.2f"):format(one / IDEAL))
for _, wall in ipairs(walls) do
  local figures = wall[1]
  row(wall.connections, ms(figures[50]), ms(figures[99]),
    ("%.0f"):format(figures.rate * CALLS),
    ("%.2f"):format(figures[50] / (IDEAL * 1000)))
end

local best = best_burst(200)
print(("\nTwo hundred handlers at once, 2,000 calls: all done in %.0f ms, %.2f "
  .. "of the ideal."):format(best * 1000, best / IDEAL))

os.remove(script)
os.execute("kill " .. pid)
upstream:close()
