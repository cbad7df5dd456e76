-- spec.lua -- the frame of Lua tests: name them, check, count.
--
--   local spec = require "spec"
--   spec.test("maps a list", function()
--     spec.equal(luft.map({1, 2}, double), {2, 4})
--   end)
--   spec.done()
--
-- A spec ends with the line that tests/run adds up.  Its file's name says where
-- it runs:
--
--   NAME_spec.lua          in every host: luft, lua5.4, luajit, nginx; it keeps
--                          to what Lua 5.4 and LuaJIT share
--   NAME_54_spec.lua       luft and lua5.4: what only Lua 5.4 can say, such as
--                          <close>, integers, finalizers of tables
--   NAME_51_spec.lua       luajit and nginx: what a Lua without integers does
--   NAME_program_spec.lua  luft alone: its pcall, which lets cancellations
--                          through, coroutines of the script's own that pass
--                          waits on, finalizers that refuse them
--
-- That holds in tests/lua, tests/cases and for those of tests/engine that
-- tests/run names; the other folders test the program.
--
-- LUFT_GC_STRESS=1 has the collector run without pause, a whole cycle every
-- few hundred bytes, so that what nothing holds on to is gone at once.

local spec = {}

local passed, failed, skipped = 0, 0, 0
local SKIP = {}

--- Where results are written, a line at a time; a host whose print goes
-- elsewhere puts its own function here.
spec.output = print

-- What Lua 5.4 and LuaJIT call differently ----------------------------------

spec.unpack = table.unpack or unpack

--- The arguments as a list, with their number as n.
function spec.pack(...)
  return { n = select("#", ...), ... }
end

-- Has fn called once, when the collector finds what nobody holds.
local function on_collection(fn)
  if not newproxy then return setmetatable({}, { __gc = fn }) end
  local proxy = newproxy(true)          -- a userdata: tables have no __gc
  getmetatable(proxy).__gc = fn
  return proxy
end

local collections
if os.getenv("LUFT_GC_STRESS") then
  collections = 0
  if newproxy then
    collectgarbage("setpause", 1)
    collectgarbage("setstepmul", 1000)
  else
    collectgarbage("incremental", 1, 1000, 8)   -- steps of 2^8 bytes
  end
  local function count()
    collections = collections + 1
    on_collection(count)
  end
  on_collection(count)
end

-- Checks ----------------------------------------------------------------------

local function show(value, depth)
  if type(value) == "string" then return ("%q"):format(value) end
  if type(value) ~= "table" or (depth or 0) > 4
    or (getmetatable(value) and getmetatable(value).__tostring) then
    return tostring(value)
  end
  local keys, parts = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for _, key in ipairs(keys) do
    parts[#parts + 1] = tostring(key) .. "=" .. show(value[key],
      (depth or 0) + 1)
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

--- Fails the test unless both are alike, tables member by member.
function spec.equal(got, wanted, what)
  if same(got, wanted) then return end
  error((what and what .. ": " or "") .. "got " .. show(got) .. ", wanted "
    .. show(wanted), 2)
end

--- Fails the test unless the value is true.
function spec.ok(value, what)
  if not value then error(what or "a true value was expected", 2) end
  return value
end

--- Fails the test unless the text matches.
function spec.match(text, pattern)
  if not tostring(text):find(pattern) then
    error(("%s does not match %s"):format(show(tostring(text)),
      show(pattern)), 2)
  end
end

--- Calls fn and gives the error it must raise; kind: of a luft error.
function spec.fails(fn, kind, pattern)
  local ok, err = pcall(fn)
  if ok then error("an error was expected", 2) end
  if kind and (type(err) ~= "table" or err.kind ~= kind) then
    error(("an error of kind %s was expected, not %s (%s)"):format(kind,
      type(err) == "table" and tostring(err.kind) or type(err),
      tostring(err)), 2)
  end
  if pattern and not tostring(err):find(pattern) then
    error(("the error %s does not match %s"):format(show(tostring(err)),
      show(pattern)), 2)
  end
  return err
end

--- Leaves the test; it counts as skipped, for a reason that is printed.
function spec.skip(reason)
  error({ SKIP, reason }, 0)
end

--- Leaves the test where specs run in a coroutine of the host's, which cannot
-- do what Lua's main thread can.
function spec.needs_main_thread()
  local thread, is_main = coroutine.running()
  if thread and not is_main then
    spec.skip("this host has no main thread for scripts")
  end
end

--- Leaves the test where nothing may ever stand still for one task's sake.
function spec.needs_to_block()
  local world = require "luft.world"
  if not world.may_block() then
    spec.skip("this host never stands still for one task")
  end
end

-- Cleaning up -----------------------------------------------------------------

local endings = {}              -- of the running test, or else of the file

--- Has fn called when the running test has ended, however it did; outside of
-- tests: in done().  The last comes first.
function spec.at_end(fn)
  endings[#endings + 1] = fn
end

local function end_all(list)
  local ok, problem = true, nil
  for i = #list, 1, -1 do
    local fine, err = pcall(list[i])
    if not fine then ok, problem = false, err end
  end
  return ok, problem
end

--- Calls fn, and clean_up(err) when it has ended, as a <close> variable would:
-- err is what fn raised, or nil.  Cancellations do it too.
-- @return what fn gave
function spec.finally(fn, clean_up)
  local results = spec.pack(require "luft.raw".pcall(fn))
  if results[1] then
    clean_up(nil)
    return spec.unpack(results, 2, results.n)
  end
  clean_up(results[2])
  error(results[2], 0)
end

-- Other programs --------------------------------------------------------------

--- What a command of the shell writes.
function spec.output_of(command)
  local pipe = assert(io.popen(command, "r"))
  local text = pipe:read("*a")
  pipe:close()
  return text
end

--- The shell's word for the interpreter that runs this, so that a spec can have
-- another process of the same kind; in hosts that have none: for luft.
function spec.interpreter()
  local name = os.getenv("LUFT") or arg and arg[-1]
    or (os.getenv("LUFT_BUILD") or "build") .. "/luft"
  return "'" .. name:gsub("'", "'\\''") .. "'"
end

-- Tests -----------------------------------------------------------------------

--- Runs one test.
function spec.test(name, fn)
  local outer = endings
  endings = {}
  local ok, err = xpcall(fn, function(err)
    if type(err) == "table" and err[1] == SKIP then return err end
    return debug.traceback(tostring(err), 2)
  end)
  local calm, problem = end_all(endings)
  endings = outer
  if ok and not calm then ok, err = false, problem end
  if ok then
    passed = passed + 1
  elseif type(err) == "table" and err[1] == SKIP then
    skipped = skipped + 1
    spec.output("skipped: " .. name .. ": " .. err[2])
  else
    failed = failed + 1
    spec.output("FAILED: " .. name .. "\n    "
      .. tostring(err):gsub("\n", "\n    "))
  end
end

--- Skips all of the file.
function spec.skip_all(count, reason)
  skipped = skipped + count
  spec.output("skipped: " .. reason)
end

--- Cleans up and prints the sum; raises an error when a test failed, which
-- fails a program.
function spec.done()
  local calm, problem = end_all(endings)
  endings = {}
  if not calm then
    failed = failed + 1
    spec.output("FAILED: cleaning up: " .. tostring(problem))
  end
  if collections then
    spec.output(("(%d collections)"):format(collections))
  end
  spec.output(("%d passed, %d failed, %d skipped"):format(passed, failed,
    skipped))
  io.stdout:flush()
  local bad = failed > 0
  passed, failed, skipped = 0, 0, 0     -- where one process runs many specs
  if bad then error("tests failed", 0) end
end

return spec
