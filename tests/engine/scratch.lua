-- scratch.lua -- a folder for a spec's files, and the memory that work needs.
--
--   local scratch = require "engine.scratch".open()
--   scratch:sparse("large", 1073741824)

local luft = require "luft"
local spec = require "spec"

local scratch = {}
scratch.__index = scratch

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- Makes an empty folder; it goes at the end of the spec, or of the test that
-- opens it.
function scratch.open()
  local folder = assert(spec.output_of("mktemp -d"):match("^[^\n]+"),
    "no folder for temporary files")
  local one = setmetatable({ folder = folder }, scratch)
  spec.at_end(function() one:remove() end)
  return one
end

--- Removes it before that; again does nothing.
function scratch:remove()
  os.execute("rm -rf " .. quoted(self.folder))
end

scratch.__close = scratch.remove

--- The path of a file in it.
function scratch:path(name)
  return self.folder .. "/" .. name
end

--- Makes a file, and gives its path.
function scratch:write(name, text)
  local file = assert(io.open(self:path(name), "wb"))
  file:write(text)
  file:close()
  return self:path(name)
end

--- Makes a file of so many zeros that takes no room on the disk, or gives one
-- that is there another length.
-- @return its path
function scratch:sparse(name, bytes)
  local done = os.execute(("truncate -s %d %s"):format(bytes,
    quoted(self:path(name))))
  assert(done == true or done == 0, "cannot make a sparse file")
  return self:path(name)
end

--- What is in a file, or nil when it is not there.
function scratch:read(name)
  local file = io.open(self:path(name), "rb")
  if not file then return nil end
  local text = file:read("*a")
  file:close()
  return text
end

--- The names of all files, hidden ones too.
function scratch:names()
  local list = {}
  local text = spec.output_of("ls -A " .. quoted(self.folder))
  for name in text:gmatch("[^\n]+") do list[#list + 1] = name end
  return list
end

-- Memory ----------------------------------------------------------------------

local function status_number(name)
  for line in io.lines("/proc/self/status") do
    local kibibytes = line:match("^" .. name .. ":%s*(%d+) kB")
    if kibibytes then return kibibytes * 1024 end
  end
end

--- Whether memory is counted by a sanitizer, which keeps what was freed.
function scratch.is_sanitized()
  if os.getenv("LUFT_SANITIZED") then return true end
  for line in io.lines("/proc/self/maps") do
    if line:find("lib[at]san%.so") then return true end
  end
  return false
end

--- How much memory, at its most, fn needs beyond what there was before, in
-- bytes; 0 where a sanitizer makes that meaningless.
function scratch.memory_for(fn)
  if scratch.is_sanitized() then
    fn()
    return 0
  end
  collectgarbage()
  local before = status_number("VmRSS")
  local file = assert(io.open("/proc/self/clear_refs", "w"))
  file:write("5")                   -- the peak starts anew
  file:close()
  fn()
  return status_number("VmHWM") - before
end

--- Waits until a number has stayed the same for a while, and gives it.
function scratch.settled(read)
  local before, same = nil, 0
  while same < 50 do
    local now = read()
    same = now == before and same + 1 or 0
    before = now
    luft.sleep(0.01)
  end
  return before
end

return scratch
