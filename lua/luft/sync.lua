-- sync.lua -- how tasks wait for one another: semaphore channel event limiter.
--
-- Whoever waits stands in a queue and is handed what it waits for, first come,
-- first served; one that is cancelled while it stands there leaves the queue.

local core = require "luft.core"
local errors = require "luft.errors"

core.mine()

local raw_pcall = require "luft.raw".pcall

--- Adds them to T, a world of tasks (see task.lua).
return function(T, host)

  local function wake(task)
    if task.waiting then host.wake(task) end
  end

  --- Leaves a queue; what was granted already, but not taken yet, is given
  -- back.  All it needs stands in the place: where a host has ended the task,
  -- closures of its functions have lost their variables.
  function T.leave_queue(place)
    if place.granted then
      if place.give_back then place.give_back(place) end
      return
    end
    for i = 1, #place.queue do
      if place.queue[i] == place then table.remove(place.queue, i) break end
    end
  end

  -- Stands in the queue until place.granted is set.
  -- @param place  {of=, give_back=}: give_back(place), when it was granted to a
  --   task that is cancelled at that very moment
  local function stand_in(queue, place, what)
    local task = host.running
    place.task, place.queue = task, queue
    queue[#queue + 1] = place
    task.place = place
    local ok, err = raw_pcall(T.wait_for, what, function()
      return place.granted
    end)
    task.place = nil
    if ok then return end
    T.leave_queue(place)
    error(err, 0)
  end

  local function grant(queue)
    local place = table.remove(queue, 1)
    if not place then return nil end
    place.granted = true
    wake(place.task)
    return place
  end

  -- Semaphore ---------------------------------------------------------------

  local Semaphore, Hold = {}, {}
  Semaphore.__index, Hold.__index = Semaphore, Hold
  Semaphore.__name = "luft.semaphore"

  --- luft.semaphore(n): at most n hold it at a time.
  function T.semaphore(n)
    if type(n) ~= "number" or n < 1 or n % 1 ~= 0 then
      errors.misuse("semaphore takes a whole number of 1 or more")
    end
    return setmetatable({ free = n, queue = {}, holds = {} }, Semaphore)
  end

  local function give_turn(semaphore)
    if not grant(semaphore.queue) then semaphore.free = semaphore.free + 1 end
  end

  local function pass_turn(place) give_turn(place.of) end

  -- A task that its host ends without a word gives back what it holds.
  local function new_hold(semaphore, task)
    local hold = setmetatable({ semaphore = semaphore, task = task }, Hold)
    task.holds = task.holds or {}
    task.holds[hold], semaphore.holds[hold] = true, true
    return hold
  end

  --- Waits for a turn.
  -- @return a hold: local hold <close> = semaphore:acquire()
  function Semaphore:acquire()
    local task = host.running       -- may take back what an ended task held
    if self.free > 0 then
      T.checkpoint(task)
      self.free = self.free - 1
    else
      stand_in(self.queue, { of = self, give_back = pass_turn }, "a semaphore")
    end
    return new_hold(self, task)
  end

  --- Gives a turn back, the running task's or else another's; a hold that is
  -- closed does it.  Does nothing when nobody has one.
  function Semaphore:release()
    for hold in pairs(host.running.holds or {}) do
      if hold.semaphore == self then return hold:release() end
    end
    local hold = next(self.holds)
    if hold then hold:release() end
  end

  --- semaphore:with(fn, ...): holds it while fn runs.
  function Semaphore:with(fn, ...)
    local hold = self:acquire()
    return (function(ok, ...)
      hold:release()
      if not ok then error((...), 0) end
      return ...
    end)(raw_pcall(fn, ...))
  end

  function Hold:release()
    local semaphore = self.semaphore
    if not semaphore then return end
    self.semaphore = nil
    self.task.holds[self], semaphore.holds[self] = nil, nil
    give_turn(semaphore)
  end

  Hold.__close = Hold.release
  Hold.__name = "luft.hold"

  -- Channel -----------------------------------------------------------------

  local Channel = {}
  Channel.__index = Channel
  Channel.__name = "luft.channel"

  --- luft.channel(n): hands values from tasks to tasks; holds n of them (0: put
  -- waits until somebody gets).
  function T.channel(n)
    n = n or 0
    if type(n) ~= "number" or n < 0 then
      errors.misuse("channel takes a number of 0 or more")
    end
    return setmetatable({
      room = n, first = 1, last = 0, values = {}, getters = {}, putters = {},
    }, Channel)
  end

  -- From a waiting putter into the room that a getter made.
  local function refill(channel)
    local place = grant(channel.putters)
    if not place then return end
    channel.last = channel.last + 1
    channel.values[channel.last] = place.value
  end

  --- Puts a value in; waits while the channel is full.
  function Channel:put(value)
    if value == nil then
      errors.misuse("a channel cannot carry nil; use luft.null")
    elseif self.closed then
      errors.misuse("the channel is closed; nothing can be put into it")
    end
    T.checkpoint(host.running)
    local getter = grant(self.getters)
    if getter then
      getter.value = value
    elseif self.last - self.first + 1 < self.room then
      self.last = self.last + 1
      self.values[self.last] = value
    else
      local place = { value = value }
      stand_in(self.putters, place, "room in a channel")
      if place.closed then
        errors.misuse("the channel was closed while a value waited for it")
      end
    end
  end

  -- To another one who waits, or to the front; unless the channel was closed.
  local function put_back(place)
    local channel = place.of
    if place.value == nil then return end
    local getter = grant(channel.getters)
    if getter then
      getter.value = place.value
      return
    end
    channel.first = channel.first - 1
    channel.values[channel.first] = place.value
  end

  --- Takes the oldest value out; waits while there is none.
  -- @return the value; nil once the channel is closed and empty
  function Channel:get()
    T.checkpoint(host.running)
    if self.last >= self.first then
      local value = self.values[self.first]
      self.values[self.first] = nil
      self.first = self.first + 1
      refill(self)
      return value
    end
    local putter = grant(self.putters)
    if putter then return putter.value end
    if self.closed then return nil end
    local place = { of = self, give_back = put_back }
    stand_in(self.getters, place, "a channel's next value")
    return place.value
  end

  --- No more values: who waits to get gets nil, who waits to put an error.
  function Channel:close()
    self.closed = true
    while grant(self.getters) do end          -- luacheck: ignore
    for _, place in ipairs(self.putters) do place.closed = true end
    while grant(self.putters) do end          -- luacheck: ignore
  end

  Channel.__call = Channel.get                -- for value in channel do
  Channel.__close = Channel.close

  -- Event -------------------------------------------------------------------

  local Event = {}
  Event.__index = Event
  Event.__name = "luft.event"

  --- luft.event(): something that has happened or not.
  function T.event()
    return setmetatable({ queue = {}, happened = false }, Event)
  end

  --- It has happened: all who wait go on.
  function Event:set()
    self.happened = true
    while grant(self.queue) do end            -- luacheck: ignore
  end

  function Event:clear() self.happened = false end

  function Event:is_set() return self.happened end

  --- Waits until it is set.
  function Event:wait()
    if self.happened then return T.checkpoint(host.running) end
    stand_in(self.queue, {}, "an event")
  end

  -- Limiter -----------------------------------------------------------------

  local Limiter = {}
  Limiter.__index = Limiter
  Limiter.__name = "luft.limiter"

  --- luft.limiter{rate=, burst=1}: at most `rate` times a second, `burst` of
  -- them at once after a pause.
  function T.limiter(options)
    options = options or {}
    local rate, burst = options.rate, options.burst or 1
    if type(rate) ~= "number" or rate <= 0 or type(burst) ~= "number"
      or burst < 1 then
      errors.misuse("limiter takes {rate=, burst=}: a rate above 0, a burst "
        .. "of 1 or more")
    end
    return setmetatable({ interval = 1 / rate, burst = burst, due = 0 },
      Limiter)
  end

  --- Waits for its turn.
  function Limiter:acquire()
    local now = host.now()
    local earliest = now - (self.burst - 1) * self.interval
    local turn = math.max(self.due, earliest)
    self.due = turn + self.interval
    if turn > now then
      T.sleep(turn - now)
    else
      T.checkpoint(host.running)
    end
  end
end
