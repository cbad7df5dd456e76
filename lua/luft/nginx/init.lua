-- init.lua -- the host in an nginx worker: light threads, semaphores, timers.
--
-- A task is a light thread of the request that started it, and waits on that
-- light thread's semaphore; the worker is never blocked.  The code of a handler
-- that luft did not start is a root task of its own.  When nginx ends a
-- request, its tasks are gone without a word; what they had in hand is taken
-- back then.  Tasks that no request owns work in backstage.lua.

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
  local tasks = setmetatable({}, { __mode = "k" })      -- by light thread
  local requests, number = {}, 0                        -- roots by number
  local stage, worker, outside    -- worker: the root that no request owns

  -- Whose code this is ------------------------------------------------------

  local function enter(thread, task, bell)
    tasks[thread] = task
    if task then task.semaphore = bell end
  end

  local function hire(members)
    ngx.thread.spawn(members.work, members)
    members.bell:post(1)
  end

  -- own: its tasks, as a set
  local function make_root(root, thread, request)
    root.request, root.semaphore = request, assert(semaphore.new(0))
    root.root, root.own = root, {}
    root.crew = crew.new(hire, enter)
    tasks[thread] = root
    return root
  end

  local function new_root(thread, request)
    local root = make_root(host.new_root(), thread, request)
    root.name = ngx.get_phase()
    number = number + 1
    if request ~= stage.request and core.watch_request(number) then
      requests[number] = root
    end
    return root
  end

  local function end_request(root)
    if root.top.failure ~= nil then host.on_unhandled(root.top.failure) end
    host.abandon(root)
    for task in pairs(root.own) do host.abandon(task) end
    root.request = nil
  end

  --- Takes back what tasks had whose request has ended.
  function host.end_requests()
    for ended in core.ended do
      local root = requests[ended]
      requests[ended] = nil
      end_request(root)
    end
  end

  -- A coroutine object may serve one request after the other, so both must be
  -- the same.
  local function running()
    local thread = coroutine.running()
    local request, any_ended = core.request()
    if any_ended then host.end_requests() end
    if not thread then return outside end
    local task = tasks[thread]
    local root = task and task.root
    if root and (root == worker or root.request == request) then return task end
    return new_root(thread, request)
  end

  setmetatable(host, {
    __index = function(_, name)
      if name == "running" then return running() end
    end,
  })

  --- The root of tasks that no request owns; or, as an option, of the handler
  -- that is running.
  function host.adopt(task)
    if options.here then
      make_root(task, coroutine.running(), (core.request()))
      task = host.new_root()
    end
    worker, outside = task, host.new_root()
    worker.root, outside.root = worker, outside
    worker.own = {}
    worker.name, outside.name = "the worker", "no handler"
  end

  -- Tasks -------------------------------------------------------------------

  --- Raises where no task can be started: ngx.thread.spawn yields, and where it
  -- cannot, nginx's records are left broken.
  function host.check_start(owner)
    local phase = ngx.get_phase()
    if phase == "init" or (owner ~= worker and running() == outside) then
      errors.misuse(("no task can be started in %s_by_lua; ngx.timer.at(0, "
        .. "...) gives a place where it can"):format(phase))
    elseif owner ~= worker and not core.can_yield() then
      errors.misuse("cannot wait for a task to start here: " .. WHY_NOT)
    end
  end

  local function give_to(root, task)
    task.root = root
    root.own[task] = true
  end

  --- Runs body() as the task: in the running request, or backstage.
  function host.start(task, body)
    function task.body()
      body()
      task.root.own[task] = nil
    end
    if task.owner.owner == worker then
      give_to(worker, task)
      if stage.add(task) then return end
      worker.own[task] = nil
    end
    local root = running().root
    give_to(root, task)
    root.crew:add(task)
  end

  function host.suspend(task, until_time)
    local seconds = until_time and until_time - host.now() or FOREVER
    if not stage.request then
      stage.open()
      seconds = math.min(seconds, LOOK)
    end
    task.semaphore:wait(math.max(SHORTEST, seconds))
    if not stage.request then host.collect() end
  end

  function host.wake(task)
    local bell = task.semaphore
    if bell and bell:count() <= 0 then bell:post(1) end
  end

  function host.can_suspend(task)
    return task ~= outside and core.can_yield()
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

  stage = require "luft.nginx.backstage"(host, enter, function()
    host.leave()
  end)

  return host
end

return nginx
