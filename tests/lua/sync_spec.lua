-- sync_spec.lua -- semaphore channel event limiter, on a virtual clock.

local spec = require "spec"
local virtual = require "lua.virtual"

local time = virtual.time

spec.test("a semaphore lets n in, first come, first served", function()
  time(function(T)
    local semaphore, order, now, most = T.semaphore(2), {}, 0, 0
    T.scope(function(scope)
      for i = 1, 6 do
        scope:spawn(function()
          semaphore:with(function()
            now = now + 1
            most = math.max(most, now)
            order[#order + 1] = i
            T.sleep(1)
            now = now - 1
          end)
        end)
      end
    end)
    spec.equal(most, 2)
    spec.equal(order, { 1, 2, 3, 4, 5, 6 })
    spec.equal(T.now(), 1003)
  end)
end)

spec.test("semaphore:with gives back whatever happens", function()
  time(function(T)
    local semaphore = T.semaphore(1)
    spec.equal({ semaphore:with(function(...) return ..., 2 end, 1) },
      { 1, 2 })
    spec.fails(function()
      semaphore:with(function() error("inside", 0) end)
    end, nil, "inside")
    spec.fails(function() T.timeout(1, function()
      semaphore:with(T.sleep, 100)
    end) end, "timeout")
    T.timeout(1, function() semaphore:acquire():release() end)
  end)
end)

spec.test("who is cancelled in the queue takes nobody's turn", function()
  time(function(T)
    local semaphore = T.semaphore(1)
    local hold = semaphore:acquire()
    local cancelled = T.spawn(function() semaphore:acquire() end)
    local served = T.spawn(function()
      semaphore:acquire():release()
      return T.now()
    end)
    T.sleep(1)
    cancelled:cancel()
    T.sleep(1)
    hold:release()
    hold:release()                      -- a second time is no second turn
    spec.equal(served:await(), 1002)
    spec.equal(cancelled:pawait(), false)
    spec.equal(semaphore.free, 1)
  end)
end)

spec.test("a turn that comes with a cancellation is passed on", function()
  time(function(T)
    local semaphore = T.semaphore(1)
    local hold = semaphore:acquire()
    local first = T.spawn(function()
      semaphore:with(T.sleep, 100)
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

spec.test("a channel hands values over in order", function()
  time(function(T)
    for _, room in ipairs { 0, 1, 3, 100 } do
      local channel, got = T.channel(room), {}
      T.spawn(function()
        for i = 1, 20 do channel:put(i) end
        channel:close()
      end)
      for value in channel do got[#got + 1] = value end
      spec.equal(#got, 20)
      for i = 1, 20 do spec.equal(got[i], i) end
      spec.equal(channel:get(), nil)
    end
  end)
end)

spec.test("put waits while the channel is full", function()
  time(function(T)
    local channel, put = T.channel(2), 0
    T.spawn(function()
      for i = 1, 10 do channel:put(i) put = i end
    end)
    T.sleep(1)
    spec.equal(put, 2)
    spec.equal(channel:get(), 1)
    T.sleep(1)
    spec.equal(put, 3)
    for i = 2, 10 do spec.equal(channel:get(), i) end
  end)
end)

spec.test("many putters and getters lose and double nothing", function()
  time(function(T)
    local channel, sum, count = T.channel(3), 0, 0
    T.scope(function(scope)
      scope:spawn(function()
        T.scope(function(putters)
          for i = 1, 50 do
            putters:spawn(function()
              for j = 1, 4 do T.sleep(i % 3) channel:put(i * 4 + j) end
            end)
          end
        end)
        channel:close()
      end)
      for i = 1, 7 do
        scope:spawn(function()
          for value in channel do
            sum, count = sum + value, count + 1
            T.sleep(i % 2)
          end
        end)
      end
    end)
    spec.equal(count, 200)
    spec.equal(sum, 4 * 4 * 50 * 51 / 2 + 50 * 10)
  end)
end)

spec.test("a getter that is cancelled loses no value", function()
  time(function(T)
    local channel = T.channel(0)
    local getter = T.spawn(function() return channel:get() end)
    T.sleep(1)
    T.spawn(function() channel:put("kept") end)
    getter:cancel()
    local ok, value = getter:pawait()
    if ok then
      spec.equal(value, "kept")
    else
      spec.equal(channel:get(), "kept")
    end
  end)
end)

spec.test("a closed channel gives nil, and takes nothing", function()
  time(function(T)
    local channel = T.channel(1)
    local getter = T.spawn(function() return channel:get() end)
    T.sleep(1)
    channel:close()
    spec.equal(getter:await(), nil)
    spec.fails(function() channel:put(1) end, "invalid_argument", "closed")
    spec.fails(function() T.channel():put(nil) end, "invalid_argument",
      "luft.null")
    local full = T.channel(0)
    local putter = T.spawn(function() full:put(1) end)
    T.sleep(1)
    full:close()
    local ok, err = putter:pawait()
    spec.equal(ok, false)
    spec.match(err, "was closed while a value waited")
  end)
end)

spec.test("an event wakes all who wait", function()
  time(function(T)
    local event, woken = T.event(), 0
    for _ = 1, 10 do
      T.spawn(function() event:wait() woken = woken + 1 end)
    end
    T.sleep(1)
    spec.equal(woken, 0)
    spec.equal(event:is_set(), false)
    event:set()
    T.sleep(0)
    spec.equal(woken, 10)
    event:wait()
    event:clear()
    spec.fails(function() T.timeout(1, event.wait, event) end, "timeout")
  end)
end)

spec.test("a limiter spreads calls over time", function()
  time(function(T)
    local limiter = T.limiter { rate = 2, burst = 3 }
    local times = {}
    T.scope(function(scope)
      for i = 1, 7 do
        scope:spawn(function()
          limiter:acquire()
          times[i] = T.now() - 1000
        end)
      end
    end)
    spec.equal(times, { 0, 0, 0, 0.5, 1, 1.5, 2 })
    spec.fails(function() T.limiter {} end, "invalid_argument", "rate")
    spec.fails(function() T.semaphore(0) end, "invalid_argument")
  end)
end)

spec.done()
