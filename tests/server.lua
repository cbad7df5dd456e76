-- server.lua -- starts the HTTP server of tests/server, which misbehaves.
--
--   local server = require "server".start { items = 20 }
--   spec.at_end(server.stop)
--   luft.http.get(server.url .. "/bytes?n=10&cut_after=5")
--
-- It dies with the process that started it, however that ends.

-- running: those not stopped yet, so that the collector does not end one whose
-- url is still in use.
local server = { running = {} }

local program = (os.getenv("LUFT_BUILD") or "build") .. "/tests/server"

local function quoted(text)
  return "'" .. tostring(text):gsub("'", "'\\''") .. "'"
end

local function arguments(options)
  local list = {}
  local function add(name, ...)
    list[#list + 1] = name
    for _, value in ipairs { ... } do list[#list + 1] = quoted(value) end
  end
  if options.port then add("--port", options.port) end
  if options.unix then add("--unix", options.unix) end
  if options.items then add("--items", options.items) end
  if options.tls then add("--tls", options.tls.cert, options.tls.key) end
  if options.client_ca then add("--client-ca", options.client_ca) end
  if options.tls_max then add("--tls-max", options.tls_max) end
  return table.concat(list, " ")
end

--- Starts one and returns it as { url=, port=, pid=, unix=, stop= }.
-- @param options  port, unix (a path), items, tls = { cert=, key= },
--   client_ca, tls_max; see server --help
function server.start(options)
  options = options or {}
  -- The shell's parent is this process; the server takes the shell's place.
  local output = assert(io.popen(("exec %s --parent $PPID %s"):format(
    quoted(program), arguments(options)), "r"))
  local line = output:read("l")
  local port, pid = (line or ""):match("^PORT=(%d+) PID=(%d+)")
  if not port then
    output:close()
    error("cannot start " .. program, 2)
  end

  local one = {
    port = tonumber(port), pid = tonumber(pid), unix = options.unix,
    url = ("%s://127.0.0.1:%s"):format(options.tls and "https" or "http",
      port),
  }

  --- Ends it and waits for its end; again does nothing.
  function one.stop()
    if not output then return end
    os.execute("kill " .. pid)
    output:close()
    output, server.running[one] = nil, nil
  end

  server.running[one] = true
  return setmetatable(one, { __gc = one.stop, __close = one.stop })
end

return server
