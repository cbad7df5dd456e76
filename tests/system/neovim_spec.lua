-- neovim_spec.lua -- luft in Neovim's event loop; neovim_test.sh runs it.
--
-- luacheck: globals vim

local luft = require "luft"
local playground = require "luft.playground"
local server = require "server".start {}
local spec = require "spec"

local api, uv = vim.api, vim.loop

local MOST = 60000              -- milliseconds, of a wait that is in vain

function spec.output(line) io.stdout:write(line, "\n") end

spec.at_end(server.stop)

-- Lets the editor go on until ready() is true.
local function wait_for(ready)
  spec.ok(vim.wait(MOST, ready, 1), "what was waited for did not come")
end

-- Runs fn as a task, to its end.
local function in_task(fn)
  local ok, err
  luft.run(function() ok, err = xpcall(fn, debug.traceback) end)
  wait_for(function() return ok ~= nil end)
  if not ok then error(err, 0) end
end

-- Calls fn in one of luv's callbacks, where most of vim.api is forbidden.
local function from_callback(fn)
  local timer = uv.new_timer()
  timer:start(1, 0, function()
    timer:close()
    fn()
  end)
end

local function use_playground()
  local before = playground.install()
  spec.at_end(function()
    luft.transport(before)
    playground.configure("*", {})
  end)
end

local function lines_of(buffer)
  return api.nvim_buf_get_lines(buffer, 0, -1, true)
end

-- Runs commands in an editor of their own.
local function run_editor(...)
  local words = { "nvim --headless -u NONE -i NONE -n" }
  for _, command in ipairs { ... } do
    words[#words + 1] = "-c '" .. command:gsub("'", "'\\''") .. "'"
  end
  return spec.output_of(table.concat(words, " ")
    .. " 2>&1 < /dev/null; echo status $?")
end

-- Tests -----------------------------------------------------------------------

spec.test("Neovim's loop is chosen by itself", function()
  spec.ok(require "luft.host" == require "luft.luv")
end)

spec.test("a buffer is filled with containers while a timer ticks", function()
  use_playground()
  local buffer, order, ticked = api.nvim_create_buf(false, true), {},
    luft.event()
  playground.configure("*", { latency = function() ticked:wait() end })
  local timer = uv.new_timer()
  spec.at_end(function() timer:close() end)
  timer:start(1, 1, function()
    order[#order + 1] = "tick"
    if #order == 3 then
      timer:stop()
      ticked:set()
    end
  end)
  in_task(function()
    for _, container in ipairs(luft.container.docker { endpoint = "tcp://alpha",
    }:list_containers()) do
      api.nvim_buf_set_lines(buffer, -1, -1, true, { container.name })
    end
    order[#order + 1] = "filled"
  end)
  spec.equal(order, { "tick", "tick", "tick", "filled" })
  spec.equal(lines_of(buffer), { "", "web", "db", "worker" })
end)

spec.test("tasks may use all of vim.api, after any wait", function()
  in_task(function()
    local event = luft.event()
    from_callback(function() event:set() end)
    event:wait()
    spec.equal(vim.in_fast_event(), false)
    luft.sleep(0.001)
    spec.equal(vim.in_fast_event(), false)
    luft.http.get(server.url .. "/bytes?n=1")
    spec.equal(vim.in_fast_event(), false)
    spec.equal(vim.fn.strlen("abc"), 3)
  end)
end)

spec.test("map, timeout and failures", function()
  in_task(function()
    spec.equal(luft.map({ 3, 1, 2 }, function(n)
      return #luft.http.get(server.url .. "/bytes?n=" .. n).body
    end), { 3, 1, 2 })
    spec.fails(function()
      luft.timeout(0.01, luft.http.get, server.url .. "/bytes?stall_head=1")
    end, "timeout")
    spec.fails(function() luft.http.get("http://127.0.0.1:1/") end, "network")
  end)
end)

spec.test("nothing waits outside of a task", function()
  spec.fails(function() luft.http.get(server.url) end, "invalid_argument",
    "neovim_spec%.lua:%d+: cannot wait for http GET .*luft%.run%(function")
  local err
  vim.schedule(function() err = select(2, pcall(luft.sleep, 1)) end)
  wait_for(function() return err end)
  spec.equal(err.kind, "invalid_argument")
end)

spec.test("Neovim survives a refusal in a callback of luv's", function()
  local said = run_editor([[lua
    vim.loop.new_timer():start(0, 0, function() require "luft".sleep(1) end)
    vim.wait(20)
    io.stdout:write("alive\n")]], "qa!")
  spec.match(said, "alive\n")
  spec.match(said, "cannot wait for time to pass here")
  spec.match(said, "status 0\n$")
end)

spec.test("a failure that nobody waits for is a notification", function()
  local notify, said = vim.notify, {}
  spec.at_end(function() vim.notify = notify end)
  function vim.notify(text, level) said[#said + 1] = { text, level } end
  luft.run(error, "alone", 0)
  wait_for(function() return #said > 0 end)
  in_task(function()
    spec.fails(function() luft.run(error, "awaited", 0):await() end, "local",
      "awaited")
  end)
  luft.container.docker { endpoint = "https://alpha", verify = false }
  wait_for(function() return #said > 1 end)
  spec.equal(said[1], { "luft: in a detached task: alone",
    vim.log.levels.ERROR })
  spec.match(said[2][1], "^luft: docker: TLS certificates .* not verified")
  spec.equal(said[2][2], vim.log.levels.WARN)
  spec.equal(#said, 2)
end)

spec.test("a task that waits by vim.wait keeps the others waiting", function()
  local event, ticks = luft.event(), 0
  in_task(function()
    local ticker = luft.spawn(function()
      while true do
        luft.sleep(0.005)
        ticks = ticks + 1
      end
    end)
    from_callback(function() event:set() end)
    event:wait()
    local before = ticks
    vim.wait(20, function() return ticks > before end, 1)
    spec.equal(ticks, before)
    ticker:cancel()
  end)
end)

spec.test("Neovim quits in the middle of a call", function()
  local said = run_editor(([[lua
    local luft = require "luft"
    luft.run(luft.http.get, "%s/bytes?stall_head=1")
    vim.wait(60000, function() return require "luft.core".busy() == 1 end, 1)
    io.stdout:write("under way\n")]]):format(server.url), "qa!")
  spec.match(said, "under way\n")
  spec.match(said, "status 0\n$")
end)

spec.test("docs/EMBEDDING.md", function()
  use_playground()
  playground.configure("*", { latency = 0 })
  api.nvim_win_set_buf(0, api.nvim_create_buf(false, true))
  local file = assert(io.open("docs/EMBEDDING.md"))
  local page = file:read("*a")
  file:close()
  for code in page:gmatch("\n```Lua\n(.-)\n```") do
    if code:find("vim.", 1, true) then assert(loadstring(code))() end
  end
  wait_for(function() return #lines_of(0) == 4 end)
  spec.equal(lines_of(0), { "", "web", "db", "worker" })
end)

spec.test("examples/neovim", function()
  spec.at_end(function() luft.transport(nil) end)
  playground.configure("*", { latency = 0 })
  vim.cmd("luafile examples/neovim/containers.lua")
  vim.cmd("Containers!")
  wait_for(function() return #lines_of(0) == 13 end)
  local text = table.concat(lines_of(0), "\n")
  spec.match(text, "<docker http://alpha:2375>\n  running    web\n")
  spec.match(text, "<docker http://gamma:2375>\n  running    cache\n")
  vim.cmd("Containers tcp://127.0.0.1:1")
  wait_for(function() return #lines_of(0) == 3 end)
  spec.match(lines_of(0)[3], "^  docker: list_containers: cannot connect")
end)

-- Neovim says nothing of its own and ends.
vim.cmd(pcall(spec.done) and "qa!" or "cquit")
