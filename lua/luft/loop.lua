-- loop.lua -- the host that owns its loop: luft itself, and plain Lua.
--
-- Tasks are coroutines; the root task is Lua's main thread, and while it waits
-- it runs the others.  docs/EMBEDDING.md says what a host is; luft.nginx and
-- luft.luv are others.

local core = require "luft.core"

core.mine()

local loop = {}

local yield, status = coroutine.yield, coroutine.status

-- A binary heap of tasks by the time they want to be woken at.
local timers = {}
timers.__index = timers

local function place(heap, i, task)
  heap[i] = task
  task.timer_place = i
end

local function is_before(a, b)
  if a.wake_at ~= b.wake_at then return a.wake_at < b.wake_at end
  return a.wake_order < b.wake_order
end

local function sift_up(heap, i)
  local task = heap[i]
  while i > 1 do
    local above = math.floor(i / 2)
    if is_before(heap[above], task) then break end
    place(heap, i, heap[above])
    i = above
  end
  place(heap, i, task)
end

local function sift_down(heap, i)
  local task, count = heap[i], #heap
  while 2 * i <= count do
    local below = 2 * i
    if below < count and is_before(heap[below + 1], heap[below]) then
      below = below + 1
    end
    if is_before(task, heap[below]) then break end
    place(heap, i, heap[below])
    i = below
  end
  place(heap, i, task)
end

function timers:add(task, at)
  self.added = self.added + 1     -- of two with the same time, the older first
  task.wake_at, task.wake_order = at, self.added
  self[#self + 1] = task
  sift_up(self, #self)
end

function timers:remove(task)
  local i, last = task.timer_place, self[#self]
  if not i then return end
  self[#self] = nil
  task.timer_place = nil
  if last ~= task then
    self[i] = last
    last.timer_place = i
    sift_up(self, i)
    sift_down(self, last.timer_place)
  end
end

local function poll_engine(host, seconds)
  core.wait(seconds)
  host.collect()
end

--- A host.
-- @param options.now, options.poll  clock and waiting, other than the real ones
-- @param options.pick  which of n ready tasks goes next; nil: the oldest
-- @param options.state  table whose field `task` follows the running task
-- @param options.concludes  false: nobody calls T.finish at the end
-- @param options.resume, options.token, options.can_suspend  as the program
--   has them; nil: those of plain Lua
function loop.new(options)
  local host = {
    now = options.now or core.now, concludes = options.concludes ~= false,
    clean_up_time = not options.resume and 10 or nil,
  }
  local heap = setmetatable({ added = 0 }, timers)
  local ready, first, last = {}, 1, 0
  local resume = options.resume or coroutine.resume
  local pick, state = options.pick, options.state or {}
  local poll = options.poll or poll_engine
  local root

  --- The root task: Lua's main thread.
  function host.adopt(task)
    root = task
    host.running = task
    state.task = task
  end

  function host.wake(task)
    if task.queued then return end
    task.queued = true
    last = last + 1
    ready[last] = task
  end

  function host.start(task, body)
    task.thread = coroutine.create(body)
    host.wake(task)
  end

  local function next_ready()
    if first > last then return nil end
    if pick then
      local i = pick(first, last)
      ready[first], ready[i] = ready[i], ready[first]
    end
    local task = ready[first]
    ready[first] = nil
    first = first + 1
    task.queued = false
    return task
  end

  local function run(task)
    host.running = task
    state.task = task
    local ok, err = resume(task.thread)
    host.running = root
    state.task = root
    if not ok then error(err, 0) end        -- bodies are protected: luft's own
    if status(task.thread) == "suspended"
      and not task.waiting and not task.queued then
      host.wake(task)                       -- a bare coroutine.yield()
    end
  end

  local function wake_due()
    local now = host.now()
    while heap[1] and heap[1].wake_at <= now do
      local task = heap[1]
      heap:remove(task)
      host.wake(task)
    end
  end

  -- Seconds until there is something to do; nil: nobody knows.
  local function pause()
    if first <= last then return 0 end
    return heap[1] and math.max(0, heap[1].wake_at - host.now())
  end

  --- Runs some of the tasks whose turn it is, and hears of news.
  -- @return the root task, when it is its turn; else nil, and the seconds until
  --   there is something to do, or nil when only news can bring it
  function host.turn()
    for _ = 1, 100 do
      local task = next_ready()
      if task == root then return root end
      if not task then break end
      run(task)
    end
    host.collect()
    host.on_signal()
    wake_due()
    return nil, pause()
  end

  --- Runs the other tasks until it is the root task's turn; host.hopeless says
  -- that nothing can ever wake it.
  function host.drive()
    host.hopeless = false
    while true do
      local task, seconds = host.turn()
      if task then return end
      if not seconds and not host.expects_news() then
        host.hopeless = true
        return
      elseif seconds ~= 0 then
        poll(host, seconds)
        host.on_signal()
        wake_due()
      end
    end
  end

  --- @return false only for the root task, when nothing can ever wake it
  function host.suspend(task, until_time)
    if until_time then heap:add(task, until_time) end
    if task == root and host.on_main_thread() then
      host.drive()
    else
      yield(options.token)
    end
    if task.timer_place then heap:remove(task) end
    return not host.hopeless
  end

  function host.on_main_thread()
    local thread, is_main = coroutine.running()
    return is_main or thread == nil
  end

  host.can_suspend = options.can_suspend or function(task)
    if task == root then
      return host.on_main_thread()
        and not (host.in_finalizer and host.in_finalizer())
    end
    return coroutine.running() == task.thread and coroutine.isyieldable()
  end

  -- calls.lua replaces the first two, the program the third.
  function host.expects_news() return false end
  function host.collect() end
  function host.on_signal() end

  return host
end

return loop
