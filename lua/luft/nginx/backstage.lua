-- backstage.lua -- where the tasks work that no request owns: those that were
-- detached, and the answers of a transport.
--
-- They are light threads of a timer, apart from the reader's, since a task that
-- calls ngx.exit ends all of its timer.

local core = require "luft.core"
local crew = require "luft.nginx.crew"

core.mine()

local semaphore = require "ngx.semaphore"

local FOREVER = 1e6               -- seconds
local TOO_LATE = 2                -- seconds after which a timer was not started

--- @param host  the nginx host, with complain
-- @param requests  see requests.lua
-- @param enter  see crew.lua
-- @param abandon  function(): its tasks are gone
return function(host, requests, enter, abandon)
  local stage = {}                -- is_open, is_over
  local bell, due, members

  local function ring()
    if bell then bell:post(1) end
  end

  local function new_crew()
    members = crew.new(ring, enter, function() core.signal() end)
  end

  -- Only here can light threads of this timer be started.
  local function hire()
    while not stage.is_over do
      while members:lacks() > 0 do
        assert(ngx.thread.spawn(members.work, members))
        members.bell:post(1)
      end
      bell:wait(FOREVER)
    end
    members:dismiss()
  end

  local perform

  local function open()
    if due and core.now() < due + TOO_LATE then return end
    due = ngx.timer.at(0, perform) and core.now()
  end

  -- Tasks that had not begun are for the next one.
  local function lose()
    local before = members
    stage.is_open = false
    if stage.is_over then return end
    host.complain("a detached task or a transport has called ngx.exit, which "
      .. "ended all others of the worker")
    new_crew()
    abandon()
    for task in before.next_task, before do stage.add(task) end
  end

  function perform(premature)
    due = nil
    if premature or stage.is_open then return end
    bell = assert(semaphore.new(0))
    stage.is_open = true
    requests.watch(lose)
    hire()
  end

  --- A task that shall work here.
  function stage.add(task)
    if not stage.is_open then open() end
    members:add(task)
  end

  --- Whether nobody works here, nor has to.
  function stage.is_idle() return members:is_done() end

  --- The worker is to exit, and everything is done.
  function stage.close()
    stage.is_over = true
    ring()
  end

  new_crew()
  return stage
end
