-- backstage.lua -- what an nginx worker does for no request in particular.
--
-- The engine writes a byte to a unix socket when it has news.  One light
-- thread, which a timer started, reads it by cosocket and wakes who waits.
-- Beside it, in the same timer's context, work the tasks that no request owns:
-- those that were detached, and the answers of a transport.
--
-- When the worker is to exit, it stays until nothing is under way.  Before it
-- has opened, and after it has closed, who waits looks for news himself.

local core = require "luft.core"
local crew = require "luft.nginx.crew"

core.mine()

local A_TURN = 32                 -- pieces of news between two looks at sockets
local MONTH = 2 ^ 31 - 1          -- milliseconds, the longest that nginx knows
local DAY = 86400                 -- seconds

--- @param host  the nginx host, with collect and end_requests
-- @param enter  see crew.lua
-- @param leave  function(): the worker is to exit
return function(host, enter, leave)
  local stage = {}                -- request: nginx's, while it is open
  local opening, leaving, watching = false, false, false

  local members = crew.new(core.signal, enter, function()
    if leaving then core.signal() end
  end)

  -- Only here can light threads of this context be started.
  local function serve_tasks()
    while members:lacks() > 0 do
      assert(ngx.thread.spawn(members.work, members))
      members.bell:post(1)
    end
  end

  local function is_done()
    return leaving and core.busy() == 0 and members:is_done()
  end

  local function read_news(socket)
    while true do
      host.end_requests()
      local more = host.collect(A_TURN)
      serve_tasks()
      if is_done() then return nil end
      if more then core.signal() end    -- after the worker's other events
      if more or core.will_wait() then
        local bytes, err = socket:receiveany(64)
        if not bytes and err ~= "timeout" then return err end
      end
    end
  end

  local function connect()
    local path = core.wake_listen()
    local socket = ngx.socket.tcp()
    socket:settimeout(MONTH)
    assert(socket:connect("unix:" .. path))
    core.wake_accept()
    return socket
  end

  local perform

  local function reopen_after(seconds)
    opening = not leaving and ngx.timer.at(seconds, perform) or false
  end

  -- It ends well only when the worker is to exit.
  local function close(ok, trouble)
    stage.request = nil
    if ok and not trouble then
      members:dismiss()
    else
      ngx.log(ngx.ERR, "luft: cannot hear of the engine's news: ",
        tostring(trouble))
      reopen_after(1)
    end
  end

  function perform(premature)
    opening = false
    if premature then return end
    close(pcall(function()
      local socket = connect()
      stage.request = core.request()
      local trouble = read_news(socket)
      socket:close()
      return trouble
    end))
  end

  -- A timer that is due when the worker is to exit.
  local function watch_exit(premature)
    if not premature then return ngx.timer.at(20 * DAY, watch_exit) end
    leaving = true
    leave()
    core.signal()
  end

  --- Opens it, unless it is open or cannot be: once for each worker.
  function stage.open()
    if stage.request or opening or leaving then return end
    reopen_after(0)
    if opening and not watching then
      watching = ngx.timer.at(20 * DAY, watch_exit)
    end
  end

  --- A task that shall work here.  False: it is closed for good.
  function stage.add(task)
    if leaving and not stage.request then return false end
    stage.open()
    members:add(task)
    return true
  end

  return stage
end
