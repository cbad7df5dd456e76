-- nginx_virtual.lua -- for lua/virtual.lua inside nginx: tasks are its light
-- threads, but the clock is the test's and goes on when all of them wait.

local semaphore = require "ngx.semaphore"
local virtual = require "lua.virtual"

local FOREVER = 1e6

-- Of the tasks that wait, those whose time comes next.
local function next_due(parked)
  local earliest, due = math.huge, {}
  for _, place in pairs(parked) do
    if place.at < earliest then earliest, due = place.at, {} end
    if place.at == earliest then due[#due + 1] = place end
  end
  table.sort(due, function(a, b) return a.order < b.order end)
  return earliest, due
end

--- As virtual.enter; options.pick is not heeded: nginx has an order of its own.
function virtual.enter(options)
  local host = require "luft.nginx".new { now = options.now, here = true }
  local start, wake, adopt = host.start, host.wake, host.adopt
  local parked, count, active, root, over = {}, 0, 1, nil, false
  local bell = semaphore.new(0)

  host.concludes = true

  function host.adopt(task)
    root = task
    adopt(task)
  end

  local function go_on(task)
    if parked[task] then
      parked[task] = nil
      active = active + 1
    end
    wake(task)
  end

  local function advance()
    local at, due = next_due(parked)
    host.hopeless = at == math.huge
    if host.hopeless then return go_on(root) end
    options.poll(host, math.max(0, at - options.now()))
    for _, place in ipairs(due) do go_on(place.task) end
  end

  -- A light thread of its own, so that all others do wait by then.
  ngx.thread.spawn(function()
    while not over do
      bell:wait(FOREVER)
      if active == 0 then advance() end
    end
  end)

  local function rest()
    active = active - 1
    if active == 0 then bell:post(1) end
  end

  host.wake = go_on

  function host.start(task, body)
    active = active + 1
    start(task, function()
      body()
      rest()
    end)
  end

  function host.suspend(task, until_time)
    host.hopeless = false
    if task.semaphore:count() <= 0 then
      count = count + 1
      parked[task] = { task = task, at = until_time or math.huge,
        order = count }
      rest()
    end
    task.semaphore:wait(FOREVER)
    return not (task == root and host.hopeless)
  end

  return host, function()
    over = true
    bell:post(1)
  end
end
