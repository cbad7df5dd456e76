-- interrupt.lua -- what signals do to tasks: see signals.c.

local core = require "luft.core"
local errors = require "luft.errors"

core.mine()

local function print_tasks(T)
  for _, info in ipairs(T.tasks()) do
    local since = info.since and (" for %.1f s"):format(T.now() - info.since)
    io.stderr:write(("luft: %s waits for %s%s (spawned at %s)\n"):format(
      info.name, info.waiting, since or "", info.site))
  end
end

--- Tells the program's signal handling about the tasks.
return function(T, program)
  program.wake_with(core.wake_descriptor())

  --- Called between two turns of the loop, or from within the script's code.
  function program.on_signal(name)
    if name == "SIGQUIT" then return print_tasks(T) end
    T.interrupt(errors.new("cancelled", "interrupted", { code = name }))
    local task = T.current()
    if not task.waiting and not T.host.blocked then T.checkpoint(task) end
  end
end
