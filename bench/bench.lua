-- bench.lua -- the budgets, as ratios in one run: each thing is done in turn by
-- luft and by what it is held against, and the best of several turns counts.
--
--   luft bench/bench.lua BUILD      prints the table of docs/PERFORMANCE.md

local build = arg[1]
local luft, reference = build .. "/luft", build .. "/reference"
local TURNS = tonumber(os.getenv("TURNS") or 5)

-- Programs --------------------------------------------------------------------

local function output_of(command)
  local pipe = assert(io.popen(command, "r"))
  local text = pipe:read("a")
  assert(pipe:close(), command .. " failed:\n" .. text)
  return text
end

local function figure(text, name)
  return tonumber(text:match("%f[%w]" .. name .. "=([%d.]+)"))
    or error("no " .. name .. " in: " .. text)
end

-- Wall time of a whole process, and of the shell that becomes it.
local function timed(command)
  local start = require "luft".now()
  assert(os.execute("exec " .. command .. " > /dev/null 2>&1"), command)
  return { wall = require "luft".now() - start }
end

local function printed(command, ...)
  local text, figures = output_of(command), {}
  for _, name in ipairs { ... } do figures[name] = figure(text, name) end
  return figures
end

-- The best of each side, taken in turn so that both meet the same machine.
local function in_turn(ours, theirs, turns)
  local best = { {}, {} }
  for _ = 1, turns or TURNS do
    for side, run in ipairs { ours, theirs } do
      for name, value in pairs(run()) do
        best[side][name] = math.min(best[side][name] or math.huge, value)
      end
    end
  end
  return best[1], best[2]
end

local LIST = "/v1.41/containers/json"

-- The server ------------------------------------------------------------------

local function start_server(items, delay)
  local pipe = io.popen(("exec %s/tests/server --items %d --delay %d "
    .. "--parent $PPID"):format(build, items, delay))
  local port, pid = pipe:read("l"):match("^PORT=(%d+) PID=(%d+)")
  return { port = port, pid = pid, pipe = pipe,
    url = "http://127.0.0.1:" .. port, endpoint = "tcp://127.0.0.1:" .. port }
end

local function stop_server(server)
  os.execute("kill " .. server.pid)
  server.pipe:close()
end

-- Rows ------------------------------------------------------------------------

local function row(what, got, budget, met, figures)
  print(("| %s | %s | %s | %s | %s |"):format(what, got, budget,
    met and "met" or "**missed**", figures))
  io.stdout:flush()
end

local function ratio_row(what, got, budget, figures)
  row(what, ("%.2f"):format(got), "≤ " .. budget, got <= budget, figures)
end

local function milliseconds(a, b)
  return ("%.1f and %.1f ms"):format(a * 1000, b * 1000)
end

local function seconds(a, b) return ("%.3f and %.3f s"):format(a, b) end

local function start_up(folder)
  local script = folder .. "/start.lua"
  local file = assert(io.open(script, "w"))
  file:write('local luft = require "luft"\n')
  file:close()
  local ours, theirs = in_turn(function() return timed(luft .. " " .. script)
  end, function() return timed("lua5.4 /dev/null") end, TURNS * 5)
  local more = (ours.wall - theirs.wall) * 1000
  row("start to the first line, beyond an empty script of lua5.4",
    ("%.1f ms"):format(more), "≤ 10 ms", more <= 10,
    milliseconds(ours.wall, theirs.wall))
end

local function cold_call(server)
  local ours, theirs = in_turn(function()
    return timed(("%s bench/list.lua %s 1 1"):format(luft, server.endpoint))
  end, function()
    return timed(("curl -s %s%s"):format(server.url, LIST))
  end, TURNS * 5)
  ratio_row("one list call, cold, against `curl`", ours.wall / theirs.wall,
    1.0, milliseconds(ours.wall, theirs.wall))
end

local function lists(server, total, limit)
  return in_turn(function()
    return printed(("%s bench/list.lua %s %d %d"):format(luft,
      server.endpoint, total, limit), "wall", "cpu")
  end, function()
    return printed(("%s %s%s %d %d"):format(reference, server.url, LIST,
      total, limit), "wall", "cpu")
  end)
end

local function many_calls()
  local server = start_server(10, 20)
  local ours, theirs = lists(server, 10000, 256)
  ratio_row("10,000 lists of 16 kB, 256 in flight: CPU against the reference",
    ours.cpu / theirs.cpu, 0.65, seconds(ours.cpu, theirs.cpu))
  local _, h2load = in_turn(function() return {} end, function()
    return { wall = tonumber(output_of(("h2load --h1 -n 10000 -c 256 -t 1 "
      .. "%s%s"):format(server.url, LIST)):match("finished in ([%d.]+)s")) }
  end)
  ratio_row("the same: wall time against h2load", ours.wall / h2load.wall,
    1.1, seconds(ours.wall, h2load.wall))
  ours, theirs = lists(server, 1000, 1000)
  ratio_row("1,000 lists, 1,000 in flight: wall time against the reference",
    ours.wall / theirs.wall, 1.0, seconds(ours.wall, theirs.wall))
  stop_server(server)
end

local function parsing(folder)
  local server, file = start_server(10000, 0), folder .. "/list.json"
  output_of(("curl -sf -o %s %s%s"):format(file, server.url, LIST))
  stop_server(server)
  local ours, theirs = in_turn(function()
    return printed(luft .. " bench/parse.lua " .. file, "parse")
  end, function() return printed(reference .. " --parse " .. file, "parse")
  end)
  ratio_row("a list of 10,000 containers, JSON to objects, against cJSON_Parse",
    ours.parse / theirs.parse, 0.4, seconds(ours.parse, theirs.parse))
end

local function memory()
  local text = output_of(luft .. " bench/memory.lua")
  local task, stack = figure(text, "task"), figure(text, "stack")
  row("a waiting task, beyond its Lua stack", task .. " bytes", "≤ 2048",
    task <= 2048, ("a coroutine as deep has %d"):format(stack))
  text = output_of(("LUFT_BUILD=%s %s/tests/engine/engine_load_test"):format(
    build, build))
  local request = tonumber(text:match("queued request takes (%d+)"))
  row("a queued request, beyond its task", request .. " bytes", "≤ 2048",
    request <= 2048, "10,000 of them, counted by mallinfo2")
end

local function throughput(server, folder)
  local size = 2 ^ 30
  local url = ("%s/bytes?n=%d"):format(server.url, size)
  local to = folder .. "/body"
  local function get(how)
    return timed(("%s -e \"luft.http.get([[%s]], %s)\""):format(luft, url,
      how:format(to)))
  end
  local ours, theirs = in_turn(function() return get "{ save = [[%s]] }" end,
    function() return timed(("curl -s -o %s \"%s\""):format(to, url)) end, 3)
  row("1 GiB to a file: throughput against `curl -o`",
    ("%.2f"):format(theirs.wall / ours.wall), "≥ 0.95",
    theirs.wall / ours.wall >= 0.95, seconds(ours.wall, theirs.wall))
  output_of(("rm -f %s; truncate -s %d %s"):format(to, size, to))
  local put = server.url .. "/bytes?n=1"
  ours, theirs = in_turn(function()
    return timed(("%s -e \"luft.http.put([[%s]], { body = { file = [[%s]] } })"
      .. "\""):format(luft, put, to))
  end, function()
    return timed(("curl -s -H Expect: -T %s \"%s\""):format(to, put))
  end, 3)
  row("1 GiB from a file: throughput against `curl -T`",
    ("%.2f"):format(theirs.wall / ours.wall), "≥ 0.95",
    theirs.wall / ours.wall >= 0.95, seconds(ours.wall, theirs.wall))
end

-- All of it -------------------------------------------------------------------

local folder = output_of("mktemp -d"):match("%S+")
local server = start_server(10, 0)
print("| work | got | budget | | luft, and what it is held against |")
print("|---|---|---|---|---|")
start_up(folder)
cold_call(server)
many_calls()
parsing(folder)
memory()
throughput(server, folder)
stop_server(server)
output_of("rm -rf " .. folder)
