-- luv.lua -- the host on luv's event loop, in Neovim and after "luft.luv".
--
-- A turn of the tasks is a callback of the loop.  Three handles bring the next
-- one; none is active when there is nothing to do, so that uv.run() returns.

local core = require "luft.core"
local errors = require "luft.errors"
local loaded = package.loaded

core.mine()

if loaded["luft.program"] or type(loaded["luft.host"]) == "table" then
  errors.misuse("luft has a loop already: the luft program's, or the one that "
    .. 'require "luft" chose, where that stands before require "luft.luv"')
end

local vim = vim                                 -- luacheck: globals vim
local uv = vim and (vim.uv or vim.loop) or require "luv"
local host = require "luft.loop".new { concludes = false }
local wake, misuse, at_work, turn = host.wake, errors.misuse, false, nil
local ready, due, news = uv.new_idle(), uv.new_timer(), nil

-- In Neovim a callback of luv's may do little; what it schedules may do all.
local function go_on()
  ready:stop()
  core.forget_news()
  if vim then vim.schedule(turn) else turn() end
end

-- A task may let the loop run, as vim.wait does; turns do not nest.
function turn()
  if at_work then return end
  at_work = true
  local ok, result, seconds = pcall(host.turn)
  at_work = false
  if not ok then host.on_unhandled(result) end
  if core.busy() > 0 then                       -- the engine has a descriptor
    news = news or assert(uv.new_poll(core.news_descriptor()))
    if not news:is_active() then news:start("r", go_on) end
    if not core.will_wait() then seconds = 0 end
  elseif news then
    news:stop()
  end
  if seconds == 0 or not ok then ready:start(go_on) end
  local milliseconds = math.min(math.ceil((seconds or 0) * 1000), 1e9)
  if milliseconds > 0 then due:start(milliseconds, 0, go_on) else due:stop() end
end

function host.wake(task)
  wake(task)
  if not at_work then ready:start(go_on) end
end

function host.can_suspend(task)
  return coroutine.running() == task.thread and coroutine.isyieldable()
end

host.why_not = "the event loop must go on; luft.run(function() ... end) starts "
  .. "a task, which can wait, if not inside require, sort, gsub or a coroutine"
function host.may_block() return false end
function host.launch(...) return require "luft.world".detach(...) end
function host.check_start(owner, scope)
  if owner.owner or scope ~= owner.top and not scope.outer then return end
  errors.misuse("only a task has children; luft.run(fn) starts a task")
end

-- What leaves a callback is a text: luv prints no other, Neovim dies of it.
function errors.misuse(...)
  local _, err = pcall(misuse, ...)
  local as_text = vim and vim.in_fast_event()
    or not host.running.owner and uv.loop_mode()
  error(as_text and tostring(err) or err, 0)
end

host.complain = vim and vim.schedule_wrap(function(text, level)
  local levels = vim.log.levels
  vim.notify("luft: " .. text, levels[level:upper()] or levels.WARN)
end)
loaded["luft.adapter"] = host
return host
