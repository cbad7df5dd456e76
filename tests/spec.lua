-- spec.lua -- the frame of Lua tests: name them, check, count.
--
--   local spec = require "spec"
--   spec.test("maps a list", function()
--     spec.equal(luft.map({1, 2}, double), {2, 4})
--   end)
--   spec.done()
--
-- A spec ends with the line that tests/run adds up.
--
-- LUFT_GC_STRESS=1 has the collector run without pause, a whole cycle every
-- few hundred bytes, so that what nothing holds on to is gone at once.

local spec = {}

local passed, failed, skipped = 0, 0, 0
local SKIP = {}

local collections
if os.getenv("LUFT_GC_STRESS") then
  collections = 0
  collectgarbage("incremental", 1, 1000, 8)     -- steps of 2^8 bytes
  local counter = {}
  function counter.__gc()
    collections = collections + 1
    setmetatable({}, counter)
  end
  setmetatable({}, counter)
end

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

--- Runs one test.
function spec.test(name, fn)
  local ok, err = xpcall(fn, function(err)
    if type(err) == "table" and err[1] == SKIP then return err end
    return debug.traceback(tostring(err), 2)
  end)
  if ok then
    passed = passed + 1
  elseif type(err) == "table" and err[1] == SKIP then
    skipped = skipped + 1
    print("skipped: " .. name .. ": " .. err[2])
  else
    failed = failed + 1
    print("FAILED: " .. name .. "\n    " .. tostring(err):gsub("\n", "\n    "))
  end
end

--- Skips all of the file.
function spec.skip_all(count, reason)
  skipped = skipped + count
  print("skipped: " .. reason)
end

--- Prints the sum; fails the program when a test failed.
function spec.done()
  if collections then print(("(%d collections)"):format(collections)) end
  print(("%d passed, %d failed, %d skipped"):format(passed, failed, skipped))
  io.stdout:flush()
  if failed > 0 then error("tests failed", 0) end
end

return spec
