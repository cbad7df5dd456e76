-- crew.lua -- light threads that work off tasks and are used again.
--
-- nginx keeps a record of each light thread until its request ends, and goes
-- through them one by one, so a crew starts no more than have to work at the
-- same time.  A light thread belongs to the request that started it; so does a
-- crew.

local core = require "luft.core"

core.mine()

local semaphore = require "ngx.semaphore"

local FOREVER = 1e6               -- seconds

local Crew = {}
Crew.__index = Crew

local crew = {}

--- A crew without anybody in it.
-- @param hire  function(crew): sees to it that crew:work() runs in one more
--   light thread, and then crew.bell:post(1)
-- @param enter  function(task, semaphore): the task is at work in the running
--   light thread; without a task: none is
-- @param on_done  function(crew): nobody is at work any more.  With it, light
--   threads rest until crew:dismiss(), else only while others are at work
function crew.new(hire, enter, on_done)
  return setmetatable({
    hire = hire, enter = enter, on_done = on_done, stays = on_done ~= nil,
    queue = {}, first = 1, last = 0, idle = 0, busy = 0,
  }, Crew)
end

--- How many tasks wait for a light thread beyond those that rest.
function Crew:lacks()
  return self.last - self.first + 1 - self.idle
end

--- A task that shall run when the one that adds it next waits: task.body().
function Crew:add(task)
  -- not in crew.new, which may run in init_by_lua: what is made there logs to
  -- what a reload has closed
  self.bell = self.bell or assert(semaphore.new(0))
  self.last = self.last + 1
  self.queue[self.last] = task
  if self:lacks() > 0 then self:hire() else self.bell:post(1) end
end

--- Whether nobody works, nor has to.
function Crew:is_done()
  return self.busy == 0 and self.first > self.last
end

--- Those who rest need not stay.
function Crew:dismiss()
  self.stays = false
  if self.idle > 0 then self.bell:post(self.idle) end
end

--- The next task that nobody has begun, taken from the queue; or nil.
function Crew:next_task()
  local task = self.queue[self.first]
  if not task then return nil end
  self.queue[self.first] = nil
  self.first = self.first + 1
  return task
end

local function work_off(self, bell)
  local task = self:next_task()
  if not task then return end
  self.busy = self.busy + 1
  while task do
    self.enter(task, bell)
    task.body()
    task = self:next_task()
  end
  self.enter(nil)
  self.busy = self.busy - 1
  if not self:is_done() then return end
  if self.stays then self:on_done() else self:dismiss() end
end

--- What each light thread of the crew does.
function Crew:work()
  local bell = assert(semaphore.new(0))
  repeat
    self.idle = self.idle + 1
    self.bell:wait(FOREVER)
    self.idle = self.idle - 1
    work_off(self, bell)
  until self:is_done() and not self.stays
end

return crew
