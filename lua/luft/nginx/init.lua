-- init.lua -- the host in an nginx worker: light threads, semaphores, timers.
--
-- A task is a light thread of the request that started it, and waits on that
-- light thread's semaphore; the worker is never blocked.  The code of a handler
-- that luft did not start is a root task of its own: requests.lua.  Tasks that
-- no request owns work in backstage.lua; reader.lua hears of the engine's news.

local core = require "luft.core"
local errors = require "luft.errors"
local crew = require "luft.nginx.crew"
local environment = require "luft.nginx.environment"

core.mine()

local raw_log = require "ngx.errlog".raw_log
local semaphore = require "ngx.semaphore"

local nginx = {}

local WHY_NOT = "the code runs inside require, a sort function, gsub or "
  .. "another call through C, or in a phase that cannot wait, as log_by_lua "
  .. "and the filters; ngx.timer.at(0, function) gives a place that can"

local FOREVER = 1e6               -- seconds
local CLEAN_UP_TIME = 10          -- seconds
local SHORTEST = 0.001            -- seconds; 0 would not let others run
local LOOK = 0.01                 -- seconds, where nobody tells of news

-- Phases whose code may wait.
local WAITING = {}
for phase in ("rewrite server_rewrite access content timer ssl_cert "
  .. "ssl_session_fetch ssl_client_hello"):gmatch("%S+") do
  WAITING[phase] = true
end

local function is_starting()
  local phase = ngx.get_phase()
  return phase == "init" or phase == "init_worker"
end

--- A host.
-- @param options.now  a clock other than the real one
-- @param options.here  the root task is the code that makes the host
function nginx.new(options)
  local host = {
    now = options.now or core.now, why_not = WHY_NOT,
    getenv = environment.get, explain = environment.explain,
    clean_up_time = CLEAN_UP_TIME,
  }
  local worker, outside           -- roots: for no request; for no light thread
  local requests, stage, reader

  -- Whose code this is ------------------------------------------------------

  local function enter(task, bell)
    requests.enter(task)
    if task then task.semaphore = bell end
  end

  local function hire(members)
    ngx.thread.spawn(members.work, members)
    members.bell:post(1)
  end

  local function prepare(root)
    root.semaphore = assert(semaphore.new(0))
    root.crew = crew.new(hire, enter)
  end

  setmetatable(host, {
    __index = function(_, name)
      if name == "running" then return requests.running(outside) end
    end,
  })

  local function new_root(name)
    local root = host.new_root()
    root.name, root.root, root.own = name, root, {}
    return root
  end

  --- The root of tasks that no request owns; or, as an option, of the handler
  -- that is running.
  function host.adopt(task)
    worker, outside = new_root "the worker", new_root "no handler"
    task.root, task.own = task, {}
    if options.here then
      prepare(task)
      requests.enter(task)
    else
      worker, task.name = task, worker.name
    end
  end

  -- Tasks -------------------------------------------------------------------

  --- Raises where no task can be started: ngx.thread.spawn yields, and where it
  -- cannot, nginx's records are left broken.
  function host.check_start(owner)
    local phase = ngx.get_phase()
    local here = owner ~= worker or stage.is_over
    if phase == "init" or here and not WAITING[phase] then
      errors.misuse(("no task can be started in %s_by_lua; ngx.timer.at(0, "
        .. "...) gives a place where it can"):format(phase))
    elseif here and not host.can_suspend() then
      errors.misuse("cannot wait for a task to start here: " .. WHY_NOT)
    end
  end

  --- Runs body() as the task: in the running request, or backstage.
  function host.start(task, body)
    local is_detached = task.owner.owner == worker and not stage.is_over
    local root = is_detached and worker or host.running.root
    task.root = root
    root.own[task] = true
    function task.body()
      body()
      root.own[task] = nil
    end
    if is_detached then
      reader.open()
      stage.add(task)
    else
      root.crew:add(task)
    end
  end

  function host.suspend(task, until_time)
    local seconds = until_time and until_time - host.now() or FOREVER
    if not reader.is_open then
      reader.open()
      seconds = math.min(seconds, LOOK)
    end
    local ok, err = task.semaphore:wait(math.max(SHORTEST, seconds))
    if not ok and err ~= "timeout" then
      error(errors.new("local", "nginx cannot wait: " .. tostring(err)), 0)
    end
    if not reader.is_open then host.collect() end
  end

  function host.wake(task)
    local bell = task.semaphore
    if bell and bell:count() <= 0 then bell:post(1) end
  end

  function host.can_suspend()
    return core.can_yield() and WAITING[ngx.get_phase()] == true
  end

  --- Only a worker that does not serve yet may stand still.
  function host.may_block() return is_starting() end

  -- calls.lua replaces the first two.
  function host.collect() end
  function host.expects_news() return false end
  function host.on_signal() end

  function host.complain(text, level)
    raw_log(level == "warning" and ngx.WARN or ngx.ERR, "luft: " .. text)
  end

  --- nginx logs an error that is no text as "unknown reason".
  function host.note_failure(err)
    host.complain(tostring(err))
  end

  local function abandon_begun()
    for task in pairs(worker.own) do
      if task.semaphore then
        worker.own[task] = nil
        host.abandon(task)
      end
    end
  end

  -- What would keep the worker from its exit, and no request waits for.
  local function leave()
    host.leave()
    host.drop_calls(outside)
    requests.each_of_phase("timer", host.cancel)
  end

  requests = require "luft.nginx.requests"(host, prepare)
  stage = require "luft.nginx.backstage"(host, requests, enter, abandon_begun)
  reader = require "luft.nginx.reader"(host, requests, stage, function()
    requests.enter(worker)
  end, leave)

  return host
end

return nginx
