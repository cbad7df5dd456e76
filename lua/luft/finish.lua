-- finish.lua -- the end of the program: wait for tasks, report, exit status.

local core = require "luft.core"
local errors = require "luft.errors"
local T = require "luft.world"

core.mine()

local EXIT_FAILURE, EXIT_DEADLOCK = 1, 70

-- A stack as lua.c prints it, without luft's own part of it.
local function script_part(traceback)
  local lines = {}
  for line in traceback:gmatch("[^\n]+") do
    if not line:find("^%s+luft/") and not line:find("^stack traceback")
      and not line:find("in function 'luft%.") then
      lines[#lines + 1] = line
    end
  end
  return table.concat(lines, "\n")
end

local function story(err)
  local lines = { "stack traceback:" }
  if err.traceback then lines[#lines + 1] = script_part(err.traceback) end
  for _, line in ipairs(err.tasks or {}) do
    lines[#lines + 1] = "\t" .. line
  end
  return table.concat(lines, "\n")
end

local function report(err, indent, whole)
  local text = tostring(err)
  if errors.is(err) and err.where and err.kind ~= "invalid_argument"
    and err.where ~= "" then
    text = err.where .. ": " .. text
  end
  io.stderr:write(indent, text, "\n")
  if errors.is(err) and (err.plain or whole) then
    io.stderr:write(story(err), "\n")
  end
  if type(err) ~= "table" then return end
  local also = rawget(err, "also")
  for _, other in ipairs(type(also) == "table" and also or {}) do
    report(other, indent .. "also: ", whole)
  end
  if whole and errors.is(err) and err.cause then
    report(err.cause, indent .. "because: ", whole)
  end
end

--- Waits for all tasks and prints what went wrong.
-- @param ok, err  how the main chunk ended
-- @param whole  print all that is known (--traceback)
-- @return the exit status
return function(ok, err, whole)
  ok, err = T.finish(ok, err)
  io.stdout:flush()
  if ok then return T.unhandled and EXIT_FAILURE or 0 end
  report(err, "luft: ", whole)
  if errors.is(err) and err.code == "deadlock" then return EXIT_DEADLOCK end
  return EXIT_FAILURE
end
