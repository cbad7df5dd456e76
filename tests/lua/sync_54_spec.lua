-- sync_54_spec.lua -- a semaphore's hold as a variable that Lua 5.4 closes.

local spec = require "spec"
local virtual = require "lua.virtual"

local time = virtual.time

spec.test("a semaphore lets n in, first come, first served", function()
  time(function(T)
    local semaphore, order, now, most = T.semaphore(2), {}, 0, 0
    T.scope(function(scope)
      for i = 1, 6 do
        scope:spawn(function()
          local _ <close> = semaphore:acquire()
          now = now + 1
          most = math.max(most, now)
          order[#order + 1] = i
          T.sleep(1)
          now = now - 1
        end)
      end
    end)
    spec.equal(most, 2)
    spec.equal(order, { 1, 2, 3, 4, 5, 6 })
    spec.equal(T.now(), 1003)
  end)
end)

spec.test("a turn that comes with a cancellation is passed on", function()
  time(function(T)
    local semaphore = T.semaphore(1)
    local hold = semaphore:acquire()
    local first = T.spawn(function()
      local _ <close> = semaphore:acquire()
      T.sleep(100)
    end)
    local second = T.spawn(function() semaphore:acquire():release() end)
    T.sleep(1)
    hold:release()
    first:cancel()
    second:await()
    spec.equal(first:pawait(), false)
    spec.equal(semaphore.free, 1)
    spec.equal(T.now(), 1001)
  end)
end)

spec.test("a channel as a closed variable ends its getters", function()
  time(function(T)
    local getter
    do
      local channel <close> = T.channel()
      getter = T.spawn(function() return channel:get() end)
      T.sleep(1)
    end
    spec.equal(getter:await(), nil)
  end)
end)

spec.done()
