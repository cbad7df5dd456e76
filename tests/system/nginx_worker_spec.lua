-- nginx_worker_spec.lua -- nginx's workers under load: many requests,
-- upstreams that misbehave, reload, kill.
local luft = require "luft"
local spec = require "spec"
local nginx = require "system.nginx"
local server = require "server".start {}

local run = nginx.run
local values = { url = server.url }

local function nothing_is_left()
  nginx.wait_for("the worker to have nothing under way", nginx.is_idle)
end

-- Upstreams -----------------------------------------------------------------

spec.test("upstreams that reset, stall and lie", function()
  local cases = {
    { "/bytes?n=10&reset_after=-1", "network" },
    { "/bytes?n=10&reset_after=5", "network" },
    { "/bytes?n=10&stall_head=1", "timeout" },
    { "/bytes?n=10&stall_after=5", "timeout" },
    { "/bytes?n=10&length=20", "protocol" },
    { "/bytes?n=10&garbage=1", "protocol" },
    { "/bytes?n=10&bomb=100000000", "protocol" },
  }
  for i, case in ipairs(cases) do cases[i] = ("%q, %q"):format(case[1], case[2])
  end
  spec.equal(run(([[
    local cases = { {%s} }
    for round = 1, 3 do
      luft.map(cases, function(case)
        local ok, err = pcall(luft.http.get, $url .. case[1],
          { retries = 0, timeout = { first_byte = 0.2, stall = 0.2 } })
        if ok or err.kind ~= case[2] then
          print(case[1], ok, not ok and err.kind, err)
        end
      end)
    end
    print("all")
  ]]):format(table.concat(cases, "}, {")), values), "all")
  nothing_is_left()
end)

-- Workers -------------------------------------------------------------------

spec.test("two hundred handlers with ten calls each, and the worker answers",
  function()
    local numbers = {}
    for i = 1, 200 do numbers[i] = i end
    local done = false
    local others = luft.spawn(function()
      local count = 0
      while not done do
        spec.equal(luft.http.get(nginx.url .. "/alive").body, "alive")
        count = count + 1
      end
      return count
    end)
    luft.map(numbers, function(i)
      spec.equal(run([[
        print(#table.concat(luft.map({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 },
          function(n)
            return luft.http.get($url .. "/bytes?delay=0.1&n=" .. n,
              { max_connections = 2000 }).body
          end)))
      ]], values), "55", "request " .. i)
    end, { limit = 200 })
    done = true
    spec.ok(others:await() > 10)
    nothing_is_left()
  end)

spec.test("ten thousand requests leave no descriptor and no thread",
  function()
    local worker = nginx.worker()
    local function round(count)
      local i = 0
      luft.each(function() i = i + 1 return i <= count and i or nil end,
        function()
          spec.equal(run([[
            luft.map({ 1, 2 }, function(n)
              return luft.http.get($url .. "/bytes?n=" .. n).body
            end)
            print(luft.http.get($url .. "/bytes?n=3").body)
          ]], values), "012")
        end)
      nothing_is_left()
    end
    round(500)
    local files = nginx.count(worker, "fd")
    local threads = nginx.count(worker, "task")
    round(10000)
    spec.equal(nginx.worker(), worker)
    nginx.wait_for("the descriptors", function()
      return nginx.count(worker, "fd") <= files
    end)
    spec.ok(nginx.count(worker, "task") <= threads)
  end)

-- Runs requests without end and counts those that went wrong.  Each has a
-- connection of its own: one that is kept may be closed by a worker that is to
-- end just when the next request is on its way.
local function load_while(fn)
  local over, done, failed = false, 0, {}
  local tasks = {}
  for i = 1, 20 do
    tasks[i] = luft.spawn(function()
      while not over do
        local ok, err = pcall(function()
          spec.equal(run([[
            print(luft.http.get($url .. "/bytes?delay=0.005&n=2").body)
          ]], values, nil, { Connection = "close" }), "01")
        end)
        if ok then done = done + 1 else failed[#failed + 1] = tostring(err) end
      end
    end)
  end
  nginx.wait_for("the load", function() return done > 40 end)
  fn(function() return done end)
  local so_far = done
  nginx.wait_for("the load afterwards", function()
    return done > so_far + 40
  end)
  over = true
  for _, task in ipairs(tasks) do task:await() end
  return failed
end

local function wake_folders()
  local pipe = io.popen("ls -d /tmp/luft.??????/wake 2>/dev/null")
  local list = pipe:read("a")
  pipe:close()
  return list
end

spec.test("a reload under load loses no request, and the old worker ends",
  function()
    for _ = 1, 3 do
      local before = nginx.worker()
      spec.equal(load_while(function()
        nginx.signal(nginx.master(), "HUP")
        nginx.wait_for("the new worker", function()
          return nginx.worker() ~= before
        end)
      end), {})
      nginx.wait_for("the old worker's end", function()
        return not nginx.is_alive(before)
      end)
    end
    nothing_is_left()
  end)

spec.test("a worker that is to end cancels what was detached", function()
  nginx.mark()
  local before = run [[
    local begun = luft.event()
    luft.detach(function()
      begun:set()
      local ok, err = pcall(luft.sleep, 1e6)
      ngx.log(ngx.NOTICE, "cleaned up: ", tostring(err))
      error(err, 0)
    end)
    begun:wait()
    print(ngx.worker.pid())
  ]]
  nginx.signal(nginx.master(), "HUP")
  nginx.wait_for("the old worker's end", function()
    return not nginx.is_alive(before)
  end)
  spec.match(nginx.log(), "cleaned up: the host is to end")
end)

spec.test("a worker that is killed under load is replaced", function()
  local before = nginx.worker()
  load_while(function()
    nginx.signal(before, "KILL")
    nginx.wait_for("another worker", function()
      local ok, pid = pcall(nginx.worker)
      return ok and pid ~= before
    end)
  end)
  spec.ok(not nginx.is_alive(before))
  spec.equal(wake_folders(), "")
  nothing_is_left()
end)

spec.test("no worker broke", function()
  spec.equal(nginx.breakages(), "")
end)

server.stop()
spec.done()
