-- nginx.lua -- for specs: Lua chunks that run in nginx, and its processes.
--
-- NGINX says where it is, NGINX_FOLDER where its log is; see
-- tests/servers/nginx.sh.

local luft = require "luft"

local nginx = { url = os.getenv("NGINX") }

local folder = os.getenv("NGINX_FOLDER")

--- Runs a chunk in a handler and gives what it printed, without the last line's
-- end.
-- @param chunk  Lua, in which $name stands for values.name
-- @param values  strings and numbers, or nil
-- @param place  "/run", "/access", ...; nil: /run
-- @param headers  of the request, or nil
function nginx.run(chunk, values, place, headers)
  local text = chunk:gsub("%$(%a+)", function(name)
    local value = values and values[name]
    return value and ("%q"):format(value) or nil
  end)
  -- GET, as a request that changes nothing is cut at once when cancelled
  local response = luft.http.get(nginx.url .. (place or "/run"),
    { body = text, timeout = 100, retries = 0, headers = headers })
  return (response.body:gsub("\n$", "")), response
end

local function contents(path)
  local file = assert(io.open(path))
  local text = file:read("a")
  file:close()
  return text
end

--- The error log, without what was there at nginx.mark().
function nginx.log()
  return contents(folder .. "/error.log"):sub((nginx.marked or 0) + 1)
end

function nginx.mark() nginx.marked = #contents(folder .. "/error.log") end

function nginx.master()
  return contents(folder .. "/nginx.master"):match("%d+")
end

--- The process that answers.
function nginx.worker()
  return luft.http.get(nginx.url .. "/worker").body:match("%d+")
end

function nginx.signal(pid, name)
  assert(os.execute(("kill -%s %s"):format(name, pid)))
end

--- How many entries a folder of the process has: "fd", "task".
function nginx.count(pid, what)
  local count = 0
  local pipe = assert(io.popen(("ls /proc/%s/%s"):format(pid, what)))
  for _ in pipe:lines() do count = count + 1 end
  pipe:close()
  return count
end

--- Resident memory in KiB.
function nginx.memory(pid)
  return tonumber(contents(("/proc/%s/status"):format(pid))
    :match("VmRSS:%s*(%d+)"))
end

--- Waits until fn() is true; an error after 20 s.
function nginx.wait_for(what, fn)
  for _ = 1, 2000 do
    local value = fn()
    if value then return value end
    luft.sleep(0.01)
  end
  error("in vain: waited for " .. what, 2)
end

--- What a worker said or did that none may: the sanitizer's reports, signals
-- other than KILL, statuses other than 0; "": nothing.
function nginx.breakages()
  local pipe = io.popen("cat " .. folder .. "/asan.* 2>/dev/null")
  local found = { (pipe:read("a")) }
  pipe:close()
  for line in contents(folder .. "/error.log"):gmatch("[^\n]+") do
    local signal = line:match("exited on signal (%d+)")
    local status = line:match("exited with code (%d+)")
    if signal and signal ~= "9" or status and status ~= "0"
      or line:find("lua user thread aborted", 1, true) then
      found[#found + 1] = line
    end
  end
  return table.concat(found, "\n")
end

--- Whether the worker has nothing under way: no task beside its root, no call.
function nginx.is_idle()
  return nginx.run [[
    print(#luft.tasks() - 1, require("luft.core").busy())
  ]] == "0\t0"
end

--- Whether the process is there, other than as a zombie.
function nginx.is_alive(pid)
  local file = io.open(("/proc/%s/stat"):format(pid))
  local text = file and file:read("a")
  if file then file:close() end
  return text ~= nil and text:match("%) (%a)") ~= "Z"
end

return nginx
