-- requests.lua -- whose code is running in an nginx worker, and what ends with
-- it.
--
-- The code of a handler that luft did not start is a root task of its own; so
-- is that of a coroutine or light thread of the handler's.  nginx ends a
-- request, or one of its phases, without a word to its Lua code: light threads
-- are gone, and what their tasks had in hand is taken back here.

local core = require "luft.core"

core.mine()

--- @param host  the nginx host, with new_root, abandon, on_unhandled
-- @param prepare  function(root): gives a root what the host needs
return function(host, prepare)
  local requests = { number = 0 }
  local tasks = setmetatable({}, { __mode = "k" })      -- by light thread
  local groups, watched = {}, {}  -- of roots: by request; by number
  local can_watch = ngx.config.subsystem == "http"

  --- The task is at work in the running light thread; nil: none is.
  function requests.enter(task)
    local request, _, record = core.request()
    tasks[coroutine.running()] = task
    if task then task.request, task.record = request, record end
  end

  -- Has over() called when the running request has ended.
  local function watch(over)
    requests.number = requests.number + 1
    if can_watch and core.watch_request(requests.number) then
      watched[requests.number] = over
    end
  end

  requests.watch = watch

  local function end_root(root)
    if root.is_over then return end
    root.is_over = true
    if root.top.failure ~= nil then host.on_unhandled(root.top.failure) end
    host.abandon(root)
    for task in pairs(root.own) do host.abandon(task) end
  end

  -- What a handler itself holds is the request's: log_by_lua may give back what
  -- access_by_lua took.
  local function end_handler(root)
    local group = groups[root.request]
    if root.is_over then return end
    for hold in pairs(group and root.holds or {}) do
      root.holds[hold] = nil
      group.holds[hold] = true
    end
    end_root(root)
  end

  local function end_group(group)
    for root in pairs(group.roots) do end_root(root) end
    for hold in pairs(group.holds) do hold:release() end
  end

  -- The roots of a request; none keeps that of a coroutine which is gone.
  local function group_of(request)
    local group = groups[request]
    if group then return group end
    group = { roots = setmetatable({}, { __mode = "k" }), holds = {} }
    groups[request] = group
    watch(function()
      if groups[request] == group then groups[request] = nil end
      end_group(group)
    end)
    return group
  end

  -- One phase follows the other, so those of another phase are over.
  local function end_other_phases(group, phase)
    for root in pairs(group.roots) do
      if root.name ~= phase then end_handler(root) end
    end
  end

  local function new_root(request)
    local root = host.new_root()
    local group, phase = group_of(request), ngx.get_phase()
    end_other_phases(group, phase)
    root.name, root.phase, root.root, root.own = phase, phase, root, {}
    group.roots[root] = true
    prepare(root)
    requests.enter(root)
    return root
  end

  --- Takes back what tasks had whose request has ended.
  function requests.end_ended()
    for number in core.ended do
      local over = watched[number]
      watched[number] = nil
      over()
    end
  end

  local function is_cut(root)
    return root.is_over or root.phase and root.phase ~= ngx.get_phase()
  end

  --- The running task; where there is no light thread, `outside`.
  -- A coroutine object serves one handler after the other: what is noted of it
  -- holds for the same request, phase and record of ngx_lua's.
  function requests.running(outside)
    local thread = coroutine.running()
    local request, any_ended, record = core.request()
    if any_ended then requests.end_ended() end
    if not thread then return outside end
    local task = tasks[thread]
    if task and task.request == request and task.record == record
      and not is_cut(task.root) then
      return task
    elseif task and task.root.request == request then
      end_handler(task.root)      -- cut by ngx.exit, ngx.exec or an error
    end
    return new_root(request)
  end

  --- Calls fn(root) for each handler of that phase.
  function requests.each_of_phase(phase, fn)
    for _, group in pairs(groups) do
      for root in pairs(group.roots) do
        if root.name == phase then fn(root) end
      end
    end
  end

  return requests
end
