-- stream_spec.lua -- answers read piece by piece, or into a file.

local luft = require "luft"
local spec = require "spec"
local server = require "server".start {}
local observer = require "engine.observer"(server)
local scratch_module = require "engine.scratch"
local scratch = scratch_module.open()

local http, url = luft.http, server.url

spec.at_end(server.stop)

local MIB, GIB = 1048576, 1073741824
local ENDLESS = "/bytes?n=1099511627776"

-- Beyond what the system's socket buffers and two chunks of ours hold.
local MOST_HELD = 24 * MIB
-- What a transfer may need, of whatever size it is.
local MOST_MEMORY = 32 * MIB

-- Checks bytes of /bytes: 0123456789abcdef again and again.
local pattern = ("0123456789abcdef"):rep(65536)

local function check_bytes(at, bytes)
  local from, done = at % 16, 0
  while done < #bytes do
    local n = math.min(#bytes - done, #pattern - 16)
    local part = n == #bytes and bytes or bytes:sub(done + 1, done + n)
    if part ~= pattern:sub(from + 1, from + n) then
      error("wrong bytes behind byte " .. at + done, 2)
    end
    from, done = (from + n) % 16, done + n
  end
end

-- Reads to the end.  Gives how much came, all of it checked; and the error.
local function drain(response)
  local at = 0
  local ok, err = pcall(function()
    for chunk in response:chunks() do
      check_bytes(at, chunk)
      at = at + #chunk
    end
  end)
  return at, not ok and err or nil
end

local function stream(path, options)
  options = options or {}
  options.stream = true
  return http.get(url .. path, options)
end

-- Whole answers ---------------------------------------------------------------

spec.test("chunks are the body, in whatever split it comes", function()
  for _, how in ipairs { "", "&chunked=1", "&no_length=1", "&http10=1",
    "&close=1", "&early_100=1", "&chunked=1&trailer=1" } do
    for _, size in ipairs { 1, 15, 16385, 262144, 262145, 3000000 } do
      local response = stream("/bytes?n=" .. size .. how)
      spec.equal(response.status, 200)
      spec.equal({ drain(response) }, { size }, how)
    end
  end
  for _, how in ipairs { "", "&chunked=1", "&chunked=1&trailer=1" } do
    spec.equal(drain(stream("/bytes?n=300&slice=1" .. how)), 300)
  end
  observer.wait("in_flight", 0)
end)

spec.test("a body without a byte has no chunk", function()
  for _, how in ipairs { "", "&chunked=1", "&status=204", "&no_length=1" } do
    for _ in stream("/bytes?n=0" .. how):chunks() do
      error "a chunk"
    end
  end
end)

spec.test("the head is there before the body", function()
  local response = stream "/bytes?n=100&stall_after=5&header=X-A:b"
  spec.equal(response.status, 200)
  spec.equal(response.headers["X-A"], "b")
  spec.equal(response.headers["content-length"], "100")
  spec.match(response, "^<response 200, streamed>$")
  spec.equal(response:chunks()(), "01234")
  response:close()
  observer.wait("in_flight", 0)
end)

spec.test("an answer that is no success is whole, and a stream too", function()
  local response = stream "/x?status=404"
  spec.equal(response.status, 404)
  spec.equal(response:json().message, "status 404")
  local text = ""
  for chunk in response:chunks() do text = text .. chunk end
  spec.equal(text, response.body)
end)

spec.test("redirects and retries come before the stream", function()
  spec.equal(drain(stream "/bytes?n=100&hops=3"), 100)
  local address, count = observer.keyed "/bytes?n=100&fail_first=2"
  spec.equal(drain(http.get(address, { stream = true })), 100)
  spec.equal(count(), 3)
end)

spec.test("compressed streams are passed on as they come", function()
  local response = stream "/bytes?n=100&gzip=1"
  spec.equal(response.headers["content-encoding"], "gzip")
  spec.equal(response:chunks()():sub(1, 3), "\x1f\x8b\x08")
  response:close()
end)

spec.test("compressed answers, byte by byte, cut short, or bombs", function()
  for _, how in ipairs { "", "&chunked=1" } do
    check_bytes(0, http.get(url .. "/bytes?n=300&slice=1&gzip=1" .. how).body)
    for _, at in ipairs { 0, 5, 12, 100, 315, 322 } do
      spec.fails(function()
        http.get(url .. "/bytes?n=300&gzip=1&cut_after=" .. at .. how,
          { retries = 0 })
      end, "protocol", "ended before its time")
    end
    spec.fails(function()
      http.get(url .. "/x?bomb=50000000" .. how)
    end, "protocol", "more than 200%-fold")
    spec.equal(#http.get(url .. "/x?fixed=1&bomb=1000000" .. how).body,
      1000000)
  end
end)

spec.test("a gzip stream cut by the connection's end is not whole", function()
  for _, at in ipairs { 5, 100, 315 } do
    spec.fails(function()
      http.get(url .. "/bytes?n=300&gzip=1&no_length=1&cut_after=" .. at,
        { retries = 0 })
    end, "protocol", "ended before its time")
  end
  spec.fails(function()         -- HTTP says it is whole; gzip knows better
    http.get(url .. "/bytes?n=300&gzip=1&length=100&close=1", { retries = 0 })
  end, "protocol", "ended before its time")
  check_bytes(0, http.get(url .. "/bytes?n=300&gzip=1&no_length=1").body)
  spec.equal(http.request { method = "HEAD", url = url
    .. "/bytes?n=300&gzip=1" }.status, 200)
end)

-- Backpressure ----------------------------------------------------------------

-- A server that sends as much as it can; sent() gives how much that was.  It
-- ends with the test.
local function pushing_server()
  local progress = scratch:write("progress", "0")
  local pipe = io.popen(([[exec perl -MSocket -e '
    $| = 1; my $parent = getppid(); socket(S, PF_INET, SOCK_STREAM, 0);
    bind(S, sockaddr_in(0, INADDR_LOOPBACK)); listen(S, 1);
    ($port) = sockaddr_in(getsockname(S)); print "$$ $port\n";
    $SIG{PIPE} = "IGNORE"; accept(C, S); sysread(C, my $request, 4096);
    open(P, "+<", "%s"); my $sent = 0; my $zeros = "\0" x 65536;
    syswrite(C, "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
    while ($sent < 1073741824) {
      my $n = syswrite(C, $zeros) or last; $sent += $n;
      sysseek(P, 0, 0); syswrite(P, $sent) }
    sleep 1 while getppid() == $parent']]):format(progress), "r")
  local pid, port = pipe:read("*l"):match("^(%d+) (%d+)$")
  spec.at_end(function()
    os.execute("kill " .. pid)
    pipe:close()
  end)
  return {
    url = "http://127.0.0.1:" .. port,
    sent = function() return tonumber(scratch:read("progress")) or 0 end,
  }
end

spec.test("who takes nothing holds the sender back, and gets all the same",
  function()
    local sender = pushing_server()
    local response = http.get(sender.url, { stream = true })
    local chunks, taken = response:chunks(), 0
    local function hold()
      local ahead = scratch_module.settled(sender.sent) - taken
      spec.ok(ahead < MOST_HELD, "the sender was " .. ahead .. " bytes ahead")
    end
    hold()
    for _ = 1, 3 do
      for _ = 1, 100 do taken = taken + #chunks() end
      hold()
    end
    for chunk in chunks do taken = taken + #chunk end
    spec.equal(taken, GIB)
  end)

spec.test("a consumer may be slower than timeout.stall allows the peer",
  function()
    local response = stream("/bytes?n=" .. 20 * MIB,
      { timeout = { stall = 1.5 } })
    local chunks, at = response:chunks(), 0
    for _ = 1, 2 do
      local chunk = chunks()
      check_bytes(at, chunk)
      at = at + #chunk
      luft.sleep(2)
    end
    for chunk in chunks do
      check_bytes(at, chunk)
      at = at + #chunk
    end
    spec.equal(at, 20 * MIB)
  end)

spec.test("a gibibyte by chunks needs no memory", function()
  local size = scratch_module.is_sanitized() and 64 * MIB or GIB
  local needed = scratch_module.memory_for(function()
    spec.equal({ drain(stream("/bytes?n=" .. size)) }, { size })
  end)
  spec.ok(needed < MOST_MEMORY, needed .. " bytes of memory")
end)

-- Broken answers --------------------------------------------------------------

spec.test("what came is right, and then there is an error", function()
  for _, case in ipairs {
    { "&cut_after=%d", "protocol", "ended before its time" },
    { "&chunked=1&cut_after=%d", "protocol", "ended before its time" },
    { "&reset_after=%d", "network", "reset by peer" },
    { "&chunked=1&reset_after=%d", "network", "reset by peer" },
    { "&stall_after=%d", "timeout", "the answer stood still for 0.3 s" },
  } do
    for _, at in ipairs { 1, 1000, 400000, 1999999 } do
      local at_most, err = drain(stream("/bytes?n=2000000"
        .. case[1]:format(at), { retries = 0, timeout = { stall = 0.3 } }))
      spec.ok(at_most <= at and err, case[1])
      spec.equal(err.kind, case[2])
      spec.match(err, case[3])
      if case[2] ~= "network" then spec.equal(at_most, at, case[1]) end
    end
  end
  local at, err = drain(stream("/bytes?n=1000&length=1001&close=1"))
  spec.equal(at, 1000)
  spec.equal(err.kind, "protocol")
end)

spec.test("a stream that was begun is not begun anew", function()
  local address, count = observer.keyed "/bytes?n=1000&cut_after=500"
  local _, err = drain(http.get(address, { stream = true }))
  spec.equal(err.kind, "protocol")
  spec.equal(count(), 1)
end)

spec.test("B22: timeouts hold for downloads and uploads too", function()
  local other = require "server".start {}
  spec.at_end(other.stop)
  local file = scratch:sparse("upload", 64 * MIB)
  local function ends(path, request)
    request.url, request.retries = other.url .. path, 0
    spec.fails(function()
      luft.timeout(30, function()
        local response = http.request(request)
        if request.stream then error((select(2, drain(response))), 0) end
      end)
    end, "timeout", "%(the option timeout")
  end
  for _, timeout in ipairs { 0.2, { total = 0.2 }, { first_byte = 0.2 } } do
    ends("/bytes?delay=600", { stream = true, timeout = timeout })
    ends("/bytes?delay=600", { save = scratch:path("x"), timeout = timeout })
    ends("/echo?delay=600", { method = "PUT", body = { file = file },
      timeout = timeout })
  end
  for _, timeout in ipairs { 0.2, { total = 0.2 }, { stall = 0.2 } } do
    ends("/bytes?n=9&stall_after=5", { stream = true, timeout = timeout })
    ends("/bytes?n=9&stall_after=5", { save = scratch:path("x"),
      timeout = timeout })
    ends("/echo?not_read=1", { method = "PUT", body = { file = file },
      timeout = timeout })
  end
  observer.wait_for(function() return #scratch:names() == 2 end)
end)

-- Streams that are left -------------------------------------------------------

-- The connection of what fn left is closed.
local function leaves_none(fn)
  fn()
  observer.wait("in_flight", 0)
end

spec.test("a stream that is left is closed", function()
  local held = stream(ENDLESS)
  leaves_none(function()                        -- by hand
    spec.ok(#held:chunks()() > 0)
    held:close()
  end)
  leaves_none(function()                        -- break, and the block ends
    luft.scope(function()
      for _ in stream(ENDLESS):chunks() do break end
    end)
  end)
  leaves_none(function()                        -- an error
    local task = luft.spawn(function()
      for _ in stream(ENDLESS):chunks() do error "enough" end
    end)
    spec.match(select(2, task:pawait()), "enough")
  end)
  leaves_none(function()                        -- a task that is cancelled
    local task = luft.spawn(function()
      for _ in stream(ENDLESS):chunks() do luft.sleep(600) end
    end)
    observer.wait("in_flight", 1)
    task:cancel()
    task:pawait()
  end)
  leaves_none(function() stream(ENDLESS):close() end)
end)

spec.test("luft.timeout ends a stream, wherever its consumer is", function()
  for _, work in ipairs { function() end, function() luft.sleep(600) end } do
    leaves_none(function()
      spec.fails(function()
        luft.timeout(0.3, function()
          for _ in stream "/bytes?n=1000&stall_after=500":chunks() do
            work()
          end
        end)
      end, "timeout", "not done within 0.3 s")
    end)
  end
end)

spec.test("what was closed early does not look complete", function()
  local response = luft.scope(function() return stream "/bytes?n=3000000" end)
  local _, err = drain(response)
  spec.match(err, "closed before its end")
  response = stream "/bytes?n=3000000"
  local chunks = response:chunks()
  chunks()
  response:close()
  spec.fails(chunks, "local", "closed before its end")
  response = stream "/bytes?n=10"
  spec.equal(drain(response), 10)
  response:close()                              -- it is over already
  spec.equal(drain(response), 0)
end)

spec.test("another task may close a stream that is waited for", function()
  local response = stream "/bytes?n=10&stall_after=5"
  local chunks = response:chunks()
  spec.equal(chunks(), "01234")
  local reader = luft.spawn(chunks)
  observer.wait_for(function()
    for _, info in ipairs(luft.tasks()) do
      if info.waiting:find "GET" then return true end
    end
  end)
  response:close()
  local ok, err = luft.timeout(30, function() return reader:pawait() end)
  spec.equal(ok, false)
  spec.match(err, "closed before its end")
end)

-- Files -----------------------------------------------------------------------

local function save(path, options)
  options = options or {}
  options.save, options.retries = scratch:path("out/saved"), 0
  return http.get(url .. path, options)
end

local function out_is_empty()
  return spec.output_of("ls -A '" .. scratch:path("out") .. "'") == ""
end

os.execute("mkdir '" .. scratch:path("out") .. "'")

spec.test("an answer into a file", function()
  for _, how in ipairs { "", "&chunked=1", "&no_length=1", "&hops=2" } do
    for _, size in ipairs { 0, 1, 262144, 262145, 3000001 } do
      spec.equal(save("/bytes?n=" .. size .. how).status, 200)
      local text = scratch:read("out/saved")
      spec.equal(#text, size, how)
      check_bytes(0, text)
    end
  end
  spec.equal(save("/bytes?n=100&slice=1&chunked=1").status, 200)
  spec.equal(#scratch:read("out/saved"), 100)
  local address = observer.keyed "/bytes?n=50&fail_first=2"
  http.get(address, { save = scratch:path("out/saved") })
  check_bytes(0, scratch:read("out/saved"))
  os.remove(scratch:path("out/saved"))
  spec.ok(out_is_empty(), "a partial file was left")
end)

spec.test("a file stays as it was, and no part is left, on failure", function()
  for _, before in ipairs { false, "as it was" } do
    if before then scratch:write("out/saved", before) end
    for _, how in ipairs { "&cut_after=0", "&cut_after=500000",
      "&chunked=1&cut_after=500000", "&reset_after=0",
      "&reset_after=500000", "&length=1000001&close=1", "&stall_after=500000",
      "&garbage=1" } do
      spec.fails(function()
        save("/bytes?n=1000000" .. how, { timeout = { stall = 0.2 } })
      end)
      spec.equal(scratch:read("out/saved") or false, before, how)
    end
    spec.equal(save("/x?status=404").status, 404)
    spec.equal(scratch:read("out/saved") or false, before)
    os.remove(scratch:path("out/saved"))
    observer.wait_for(out_is_empty)
  end
end)

spec.test("a download that is cancelled leaves nothing", function()
  local task = luft.spawn(save, "/bytes?n=1000000&stall_after=900000")
  observer.wait_for(function() return not out_is_empty() end)
  task:cancel()
  spec.equal(task:pawait(), false)
  observer.wait_for(out_is_empty)
  observer.wait("in_flight", 0)
end)

spec.test("a file that cannot be written", function()
  spec.fails(function()
    http.get(url .. "/bytes?n=10", { save = scratch:path("no/such") })
  end, "local", "cannot write .*No such file")
  spec.fails(function()
    http.get(url .. "/bytes?n=10", { save = scratch:path("out") })
  end, "local", "cannot write .*Is a directory")
  spec.equal(#scratch:names(), 3)
  -- Half of it is written when the limit of its size is met.
  local program = ("ulimit -f 2000; exec %s -e \"print(pcall("
    .. "require 'luft'.http.get, '%s/bytes?n=5000000', { save = '%s' }))\"")
    :format(spec.interpreter(), url, scratch:path("out/saved"))
  spec.match(spec.output_of(program), "^false.*cannot write .*too large")
  spec.ok(out_is_empty(), "a partial file was left")
end)

spec.test("a large file needs no memory", function()
  local size = scratch_module.is_sanitized() and 32 * MIB or 256 * MIB
  local needed = scratch_module.memory_for(function()
    save("/bytes?n=" .. size)
  end)
  spec.ok(needed < MOST_MEMORY, needed .. " bytes of memory")
  local file = io.open(scratch:path("out/saved"), "rb")
  local at = 0
  for piece in file:lines(MIB) do
    check_bytes(at, piece)
    at = at + #piece
  end
  file:close()
  spec.equal(at, size)
  os.remove(scratch:path("out/saved"))
end)

spec.done()
