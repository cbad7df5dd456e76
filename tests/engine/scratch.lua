-- scratch.lua -- a folder for a spec's files, and the memory that work needs.
--
--   local scratch <close> = require "engine.scratch".open()
--   scratch.sparse("large", 1 << 30)

local luft = require "luft"

local scratch = {}
scratch.__index = scratch

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- Makes an empty folder; it goes when the variable does.
function scratch.open()
  local pipe <close> = io.popen("mktemp -d", "r")
  local folder = assert(pipe:read("l"), "no folder for temporary files")
  return setmetatable({ folder = folder }, scratch)
end

function scratch:__close()
  os.execute("rm -rf " .. quoted(self.folder))
end

--- The path of a file in it.
function scratch:path(name)
  return self.folder .. "/" .. name
end

--- Makes a file, and gives its path.
function scratch:write(name, text)
  local file <close> = assert(io.open(self:path(name), "wb"))
  file:write(text)
  return self:path(name)
end

--- Makes a file of so many zeros that takes no room on the disk, or gives one
-- that is there another length.
-- @return its path
function scratch:sparse(name, bytes)
  assert(os.execute(("truncate -s %d %s"):format(bytes,
    quoted(self:path(name)))))
  return self:path(name)
end

--- What is in a file, or nil when it is not there.
function scratch:read(name)
  local file <close> = io.open(self:path(name), "rb")
  return file and file:read("a")
end

--- The names of all files, hidden ones too.
function scratch:names()
  local list = {}
  local pipe <close> = io.popen("ls -A " .. quoted(self.folder), "r")
  for name in pipe:lines() do list[#list + 1] = name end
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
  local file <close> = assert(io.open("/proc/self/clear_refs", "w"))
  file:write("5")                   -- the peak starts anew
  file:flush()
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
