-- host.lua -- which host this is: luft itself, nginx, another event loop, or
-- plain Lua.

local core = require "luft.core"

core.mine()

local adapter = package.loaded["luft.adapter"]

if adapter then return adapter end

if vim and (vim.uv or vim.loop) then            -- luacheck: globals vim
  return require "luft.luv"
end

if ngx and ngx.thread then                      -- luacheck: globals ngx
  return require "luft.nginx".new {}
end

local program = package.loaded["luft.program"]

if not program then
  local host = require "luft.loop".new { concludes = false }
  host.in_finalizer = core.in_finalizer
  host.why_not = "a task cannot be suspended inside require, a sort function, "
    .. "gsub, a finalizer, another call through C or a coroutine of your own"
  return host
end

local host = require "luft.loop".new {
  state = program.state, resume = program.resume, token = program.token,
  can_suspend = program.can_suspend,
}

host.in_finalizer = program.in_finalizer
host.on_signal = program.check_signals
program.drive_with(host.drive)

return host
