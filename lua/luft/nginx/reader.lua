-- reader.lua -- how an nginx worker hears of the engine's news.
--
-- The engine writes a byte to a unix socket.  A light thread, which a timer
-- started and no request owns, reads it by cosocket and wakes who waits.  When
-- the worker is to exit, it stays until nothing is under way.  Before it has
-- opened, and after it has closed, who waits looks for news himself.

local core = require "luft.core"

core.mine()

local A_TURN = 32                 -- pieces of news between two looks at sockets
local MONTH = 2 ^ 31 - 1          -- milliseconds, the longest that nginx knows
local DAY = 86400                 -- seconds
local TOO_LATE = 2                -- seconds after which a timer was not started

--- @param host  the nginx host, with collect
-- @param requests  see requests.lua
-- @param stage  see backstage.lua
-- @param enter  function(): the running light thread is the worker's own
-- @param leave  function(): the worker is to exit
return function(host, requests, stage, enter, leave)
  local reader = { leaving = false }    -- is_open
  local due                             -- when it should have opened

  local function start_leaving()
    if reader.leaving then return end
    reader.leaving = true
    leave()
    core.signal()
  end

  -- nginx may drop the timer that is due at the worker's exit.
  local function watch_exit()
    while reader.is_open and not reader.leaving do
      if ngx.worker.exiting() then start_leaving() end
      ngx.sleep(1)
    end
  end

  local function at_exit(premature)
    if premature then return start_leaving() end
    ngx.timer.at(20 * DAY, at_exit)
  end

  local function is_done()
    return reader.leaving and core.busy() == 0 and stage.is_idle()
  end

  local function read_news(socket)
    while true do
      requests.end_ended()
      local more = host.collect(A_TURN)
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

  local function open_after(seconds)
    due = ngx.timer.at(seconds, perform) and core.now() + seconds
  end

  -- It ends well only when the worker is to exit.
  local function close(ok, trouble)
    reader.is_open = false
    if ok and not trouble then return stage.close() end
    host.complain("cannot hear of the engine's news: " .. tostring(trouble))
    open_after(1)
  end

  function perform(premature)
    if premature or reader.is_open then return end
    close(pcall(function()
      local socket = connect()
      reader.is_open = true
      enter()
      requests.watch(function() reader.is_open = false end)
      ngx.thread.spawn(watch_exit)
      local trouble = read_news(socket)
      reader.is_open = false
      socket:close()
      return trouble
    end))
  end

  --- Opens it, unless it is open or cannot be: once for each worker.
  function reader.open()
    if reader.is_open or reader.leaving then return end
    if due and core.now() < due + TOO_LATE then return end
    open_after(0)
    if due and not reader.watches then
      reader.watches = ngx.timer.at(20 * DAY, at_exit)
    end
  end

  return reader
end
