-- nginx_timers_spec.lua -- a worker whose timers are few:
-- lua_max_pending_timers 1, lua_max_running_timers 2.

local spec = require "spec"
local nginx = require "system.nginx"
local server = require "server".start {}

spec.at_end(server.stop)

local FETCH = [[print(luft.http.get($url .. "/bytes?n=2").body)]]

spec.test("calls are answered while others have all timers", function()
  nginx.run [[
    for _ = 1, 2 do
      assert(ngx.timer.at(0, function()
        repeat ngx.sleep(0.01) until package.loaded.enough
      end))
      ngx.sleep(0.02)
    end
  ]]
  spec.equal(nginx.run(FETCH, { url = server.url }), "01")
  nginx.run [[package.loaded.enough = true]]
end)

spec.test("what was detached runs when there is a timer again", function()
  spec.equal(nginx.run [[
    luft.timeout(20, function()
      local done = luft.event()
      luft.detach(function() done:set() end)
      repeat
        luft.sleep(0.1)
        luft.detach(function() end)
      until done:is_set()
      print("done")
    end)
  ]], "done")
end)

spec.test("the worker ends all the same", function()
  local before = nginx.worker()
  spec.equal(nginx.run(FETCH, { url = server.url }), "01")
  nginx.signal(nginx.master(), "HUP")
  nginx.wait_for("the old worker's end", function()
    return not nginx.is_alive(before)
  end)
end)

spec.test("no worker broke", function()
  spec.equal(nginx.breakages(), "")
end)

spec.done()
