-- upload_spec.lua -- requests whose body is a file, or comes from a function.

local luft = require "luft"
local spec = require "spec"
local server = require "server".start {}
local observer = require "engine.observer"(server)
local scratch_module = require "engine.scratch"
local scratch = scratch_module.open()

local http, url = luft.http, server.url

spec.at_end(server.stop)

local MIB, GIB = 1048576, 1073741824

-- Beyond what the system's socket buffers hold.
local MOST_HELD = 24 * MIB
-- What a transfer may need, of whatever size it is.
local MOST_MEMORY = 32 * MIB

-- CRC-32 of so many zeros.
local CRC = { [64 * MIB] = 3001757933, [GIB] = 1533330096 }

local function is_root()
  return spec.output_of("id -u") == "0\n"
end

local function put(path, body, options)
  local request = { method = "PUT", url = url .. path, body = body }
  for name, value in pairs(options or {}) do request[name] = value end
  return http.request(request)
end

-- A function that gives the texts one by one.
local function giving(...)
  local texts, at = { ... }, 0
  return function()
    at = at + 1
    return texts[at]
  end
end

local function endless()
  return ("x"):rep(100000)
end

-- Files -----------------------------------------------------------------------

spec.test("a file, or a part of it", function()
  local path = scratch:write("digits", "0123456789")
  local function sent(offset, length)
    local got = put("/echo", { file = path, offset = offset,
      length = length }):json()
    spec.equal(got.headers["content-length"], tostring(#got.body))
    spec.equal(got.headers["transfer-encoding"], nil)
    return got.body
  end
  spec.equal(sent(), "0123456789")
  spec.equal(sent(3), "3456789")
  spec.equal(sent(3, 4), "3456")
  spec.equal(sent(10), "")
  spec.equal(sent(0, 0), "")
end)

spec.test("a file that cannot be sent", function()
  local path = scratch:write("digits", "0123456789")
  local fifo = scratch:path("pipe")
  os.execute("mkfifo '" .. fifo .. "'")
  local before = observer.counts().requests
  for problem, body in pairs {
    ["cannot open .*No such file"] = { file = scratch:path("none") },
    ["is no plain file"] = { file = scratch.folder },
    ["pipe is no plain file"] = { file = fifo },
    ["has only 10 bytes"] = { file = path, offset = 11 },
    ["has only 10 bytes "] = { file = path, offset = 9, length = 2 },
    ["has only 10 bytes  "] = { file = path, offset = -1 },
  } do
    spec.fails(function()
      luft.timeout(30, put, "/echo", body)
    end, "local", (problem:gsub(" +$", "")))
  end
  if not is_root() then
    os.execute("chmod 0 '" .. path .. "'")
    spec.fails(function() put("/echo", { file = path }) end, "local",
      "cannot open .*Permission denied")
    os.execute("chmod 600 '" .. path .. "'")
  end
  spec.equal(observer.counts().requests, before)
end)

spec.test("a file that shrinks meanwhile is an error", function()
  local path = scratch:sparse("shrinking", 256 * MIB)
  local task = luft.spawn(put, "/echo?read_rate=20000000", { file = path })
  observer.wait("in_flight", 1)
  scratch:sparse("shrinking", 100)
  local ok, err = task:pawait()
  spec.equal(ok, false)
  spec.equal(err.kind, "local")
  spec.match(err, "shrinking became shorter while it was sent$")
  observer.wait("in_flight", 0)
end)

spec.test("a file is sent again where a request is", function()
  local size = 64 * MIB
  local path = scratch:sparse("again", size)
  local function arrives(address)
    local got = http.put(address, { body = { file = path } }):json()
    spec.equal({ got.body_bytes, got.crc }, { size, CRC[size] })
  end
  arrives(url .. "/x?status=307&redirect=%2Fecho")
  local address, count = observer.keyed "/echo?fail_first=2"
  arrives(address)
  spec.equal(count(), 3)
  http.get(url .. "/bytes?n=1")
  address, count = observer.keyed "/echo?close_after_request=1"
  arrives(address)
  spec.equal(count(), 2)
  -- The connection ends in the middle of the upload.
  http.get(url .. "/bytes?n=1")
  address, count = observer.keyed "/echo?early=1&close_after_request=1"
  spec.equal(http.put(address, { body = { file = path } }).status, 200)
  spec.equal(count(), 2)
end)

-- Functions -------------------------------------------------------------------

spec.test("a function gives the body", function()
  for _, texts in ipairs { {}, { "" }, { "one" }, { "", "a", "", "b" },
    { ("x"):rep(1000000), "y" } } do
    local got = put("/echo", giving(spec.unpack(texts))):json()
    local wanted = table.concat(texts)
    spec.equal(got.body_bytes, #wanted)
    spec.equal(got.body, wanted:sub(1, 1000))
    spec.equal(got.headers["transfer-encoding"], "chunked")
  end
end)

spec.test("the function may wait, and make requests itself", function()
  local at = 0
  local got = put("/echo", function()
    at = at + 1
    luft.sleep(0.01)
    return at <= 3 and http.get(url .. "/bytes?n=" .. at).body or nil
  end):json()
  spec.equal(got.body, "001012")
end)

spec.test("a function that fails", function()
  for _, fn in ipairs {
    function() error "no more" end,
    function() error({ text = "no more" }) end,
    function() return 5 end,
    function() return {} end,
  } do
    spec.fails(function() put("/echo", fn) end, "local")
  end
  local first = giving("some")
  local err = spec.fails(function()
    put("/echo", function() return first() or error "no more" end)
  end, "local", "no more")
  spec.equal(err.attempts, 1)
  spec.fails(function() put("/echo", function() return 5 end) end, "local",
    "gave a number, not a string or nil")
  observer.wait("in_flight", 0)
end)

spec.test("a function that is cancelled while it waits", function()
  for _, streamed in ipairs { false, true } do
    local began = false
    local task = luft.spawn(put, "/echo", function()
      if began then luft.sleep(600) end
      began = true
      return "some"
    end, { stream = streamed })
    observer.wait("in_flight", 1)
    task:cancel("enough")
    local ok, err = luft.timeout(30, function() return task:pawait() end)
    spec.equal(ok, false)
    spec.equal(task:status(), "cancelled")
    spec.match(err, "^enough")
    observer.wait("in_flight", 0)
  end
  spec.fails(function()
    luft.timeout(0.2, put, "/echo", function() luft.sleep(600) end)
  end, "timeout", "not done within 0.2 s")
  observer.wait("in_flight", 0)
end)

spec.test("a body from a function is not sent again", function()
  spec.fails(function()
    put("/x?status=307&redirect=%2Fecho", giving("once"))
  end, "protocol", "from a function can be sent only once")
  spec.equal(put("/x?status=303&redirect=%2Fecho", giving("once")):json()
    .method, "GET")
  local address, count = observer.keyed "/echo?fail_first=1"
  spec.equal(http.put(address, { body = giving("once") }).status, 503)
  spec.equal(count(), 1)
  http.get(url .. "/bytes?n=1")
  address, count = observer.keyed "/echo?close_after_request=1"
  spec.fails(function() http.put(address, { body = giving("once") }) end,
    "network")
  spec.equal(count(), 1)
end)

-- Both ------------------------------------------------------------------------

spec.test("an answer may come before the upload is done", function()
  local path = scratch:sparse("large", 64 * MIB)
  for _, status in ipairs { 200, 413 } do
    for _, body in ipairs { "text", { file = path }, giving("a", "b") } do
      spec.equal(put("/echo?early=1&status=" .. status, body).status, status)
    end
  end
  spec.equal(put("/echo?early=1&status=413", endless).status, 413)
end)

spec.test("both ways at once", function()
  local response = put("/echo", giving("a", "b", "c"), { stream = true })
  local text = ""
  for chunk in response:chunks() do text = text .. chunk end
  spec.equal(luft.json.decode(text).body, "abc")
end)

spec.test("a peer that reads nothing holds the function back", function()
  local other = require "server".start {}
  spec.at_end(other.stop)
  local given = 0
  local task = luft.spawn(http.put, other.url .. "/echo?not_read=1", {
    body = function()
      given = given + 100000
      return endless()
    end,
    retries = 0, timeout = { stall = 3 },
  })
  observer.wait_for(function() return given > 0 end)
  local most = scratch_module.settled(function() return given end)
  spec.ok(most < MOST_HELD, most .. " bytes were asked for")
  local ok, err = task:pawait()
  spec.equal(ok, false)
  spec.equal(err.kind, "timeout")
end)

spec.test("a gibibyte from a file or a function needs no memory", function()
  local size = scratch_module.is_sanitized() and 64 * MIB or GIB
  local path, zeros = scratch:sparse("large", size), ("\0"):rep(MIB)
  local function from_function()
    local left = size
    return function()
      left = left - MIB
      return left >= 0 and zeros or nil
    end
  end
  for _, body in ipairs { { file = path }, from_function() } do
    local got
    local needed = scratch_module.memory_for(function()
      got = put("/echo", body):json()
    end)
    spec.equal({ got.body_bytes, got.crc }, { size, CRC[size] })
    spec.ok(needed < MOST_MEMORY, needed .. " bytes of memory")
  end
end)

spec.done()
