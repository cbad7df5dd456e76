-- nginx.lua -- the host in an nginx worker: light threads, semaphores, timers.
--
-- A task is a light thread; it waits on a semaphore of its own.  The engine
-- writes a byte to a unix socket when it has news; one light thread, which a
-- timer started and no request owns, reads it by cosocket and wakes who waits.
-- The worker is never blocked.

local core = require "luft.core"

core.mine()

local semaphore = require "ngx.semaphore"     -- luacheck: globals ngx

local host = { now = core.now }

local FOREVER = 1e6               -- seconds

-- Tasks by their light thread; each request's first one is a root.
local tasks = setmetatable({}, { __mode = "k" })

local function give_semaphore(task)
  task.semaphore = assert(semaphore.new(0))
end

--- The running light thread's task; a handler that has none yet becomes a root
-- of its own.
local function running()
  local thread = coroutine.running()
  local task = tasks[thread]
  if not task then
    task = host.new_root()
    give_semaphore(task)
    tasks[thread] = task
  end
  return task
end

setmetatable(host, {
  __index = function(_, name)
    if name == "running" then return running() end
  end,
})

function host.adopt() end

function host.start(task, body)
  give_semaphore(task)
  ngx.thread.spawn(function()
    tasks[coroutine.running()] = task
    ngx.sleep(0)                  -- not before the spawner waits
    body()
  end)
end

function host.suspend(task, until_time)
  host.listen()
  local seconds = until_time and math.max(0, until_time - host.now())
  task.semaphore:wait(seconds or FOREVER)
end

function host.wake(task)
  if task.semaphore:count() <= 0 then task.semaphore:post(1) end
end

function host.can_suspend() return true end

function host.on_signal() end

-- The engine's news ---------------------------------------------------------

local listening = false

local function read_news(socket)
  while not ngx.worker.exiting() do
    host.collect()
    if core.will_wait() then
      local byte, err = socket:receive(1)
      if not byte and err ~= "timeout" then return err end
    end
  end
end

local function serve_news(premature)
  if premature then return end
  local path = core.wake_listen()
  local socket = ngx.socket.tcp()
  socket:settimeout(1000)         -- looks whether the worker is to exit
  local ok, err = socket:connect("unix:" .. path)
  if ok then
    core.wake_accept()
    err = read_news(socket)
  end
  listening = false
  if err then ngx.log(ngx.ERR, "luft: ", err) end
end

--- Starts the thread that reads the engine's news, once for each worker.
function host.listen()
  if listening then return end
  listening = true
  assert(ngx.timer.at(0, serve_news))
end

return host
