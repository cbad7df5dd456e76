-- errors_spec.lua -- error objects: each kind that a call can end with, their
-- one line, what hangs on them, and that no secret ever stands in one.

local luft = require "luft"
local spec = require "spec"
local errors = require "luft.errors"
local server = require "server".start {}

spec.at_end(server.stop)

-- Kinds -----------------------------------------------------------------------

-- Calls a method of a Docker driver whose engine gives this answer.
local function engine(answer, call, options)
  luft.transport(function(request)
    if request.target == "/_ping" then
      return { status = 200, headers = { ["Api-Version"] = "1.41" } }
    end
    return type(answer) == "function" and answer(request) or answer
  end)
  options = options or {}
  options.endpoint = options.endpoint or "tcp://engine:2375"
  options.retries = options.retries or 0
  local docker = luft.container.docker(options)
  local result = spec.pack(pcall(call or docker.list_images, docker))
  luft.transport(nil)
  return spec.unpack(result, 1, result.n)
end

local function get(path, options)
  options = options or {}
  options.retries = 0
  return luft.http.get(server.url .. path, options)
end

local function status(number, message)
  return function()
    error(select(2, engine { status = number,
      body = luft.json.encode { message = message or "said the engine" } }), 0)
  end
end

local kinds = {
  invalid_argument = function() luft.container.docker { nonsuch = 1 } end,
  unsupported = function()
    luft.container.docker { endpoint = "ftp://host" }
  end,
  credentials = status(401),
  permission = status(403),
  not_found = status(404),
  already_exists = status(409, "The name is already in use by container 1"),
  conflict = status(409, "It is running"),
  quota = status(500, "no space left on device"),
  rate_limited = status(429),
  unavailable = status(503),
  timeout = function() get("/x?delay=60", { timeout = 0.01 }) end,
  network = function()
    luft.http.get("http://127.0.0.1:1/", { retries = 0 })
  end,
  tls = status(400, "Client sent an HTTP request to an HTTPS server."),
  protocol = function() get "/bytes?n=100&cut_after=5" end,
  cancelled = function()
    local task = luft.spawn(luft.sleep, 1000)
    task:cancel("not needed")
    task:await()
  end,
  ["local"] = function() get("/x", { save = "/nonexistent/file" }) end,
  provider = status(500),
}

for kind, fn in pairs(kinds) do
  spec.test("kind " .. kind, function()
    local err = spec.fails(fn, kind)
    spec.ok(errors.is(err))
    spec.match(err, "^[^%c]+$")
    spec.match(err, err.message:gsub("%p", "%%%0"))
    spec.equal(err.kind, kind)
    if err.operation then
      spec.match(err, err.provider .. ": " .. err.operation .. ": ")
    end
    spec.ok(rawget(err, "retryable") ~= nil or kind == "cancelled"
      or kind == "invalid_argument")
  end)
end

spec.test("an error of a service says all that is known", function()
  local ok, err = engine({ status = 404,
    body = '{"message":"No such image: x"}' })
  spec.equal(ok, false)
  spec.equal({ err.provider, err.operation, err.message, err.status,
    err.attempts, err.retryable }, { "docker", "list_images",
    "No such image: x", 404, 1, false })
  spec.equal(tostring(err),
    "docker: list_images: No such image: x (HTTP 404)")
end)

spec.test("Retry-After and the attempts are told", function()
  local _, err = engine({ status = 429, headers = { ["Retry-After"] = "0" },
    body = '{"message":"slower"}' }, nil, { retries = 2 })
  spec.equal({ err.kind, err.attempts, err.retryable }, { "rate_limited", 3,
    true })
  _, err = engine({ status = 503, headers = { ["Retry-After"] = "7" } })
  spec.equal(err.retry_after, 7)
end)

spec.test("a message is one line, whatever a service says", function()
  local message = "first\nsecond\r\n\27[31mred\0 end"
  for _, number in ipairs { 400, 404, 409, 500, 503 } do
    local _, err = engine({ status = number,
      body = luft.json.encode { message = message } })
    spec.match(err, "first")
    spec.match(err, "^[^%c]+$")
  end
  local err = spec.fails(function()
    luft.http.request { url = server.url, method = "GET /\r\nX: y" }
  end, "invalid_argument")
  spec.match(err, "^[^%c]+$")
end)

spec.test("the script's line stands in front of a misuse, only", function()
  local err = spec.fails(kinds.invalid_argument)
  spec.match(err, "^tests/lua/errors_spec%.lua:%d+: docker: ")
  spec.match(spec.fails(kinds.not_found).where,
    "^tests/lua/errors_spec%.lua:%d+$")
  spec.match(spec.fails(kinds.not_found), "^docker: ")
end)

-- Others on it ----------------------------------------------------------------

spec.test("also: what failed besides, its clean-up included", function()
  local err = spec.fails(function()
    luft.scope(function(scope)
      for i = 1, 3 do
        scope:spawn(function()
          spec.finally(function() luft.sleep(1000) end, function()
            error("clean-up " .. i, 0)
          end)
        end)
      end
      scope:spawn(function()
        luft.sleep(0)
        luft.container.docker { nonsuch = 1 }
      end)
    end)
  end, "invalid_argument")
  local also = {}
  for i, other in ipairs(err.also) do also[i] = tostring(other) end
  table.sort(also)
  spec.equal(also, { "clean-up 1", "clean-up 2", "clean-up 3" })
  spec.match(err, "^[^%c]+$")
end)

spec.test("cause: why a task was cancelled", function()
  local seen
  spec.fails(function()
    luft.scope(function(scope)
      scope:spawn(function()
        spec.finally(function() luft.sleep(1000) end, function(err)
          seen = err
        end)
      end)
      scope:spawn(function() luft.sleep(0) error("the first", 0) end)
    end)
  end, "local", "^the first$")
  spec.equal(seen.kind, "cancelled")
  spec.match(seen, "the first")
  local cause = seen
  while cause.cause do cause = cause.cause end
  spec.match(cause, "^the first$")
end)

spec.test("texts stay usable as texts", function()
  local _, err = luft.spawn(error, "a text", 0):pawait()
  spec.equal({ err:match("(%a+) (%a+)") }, { "a", "text" })
  spec.equal("(" .. err .. ")", "(a text)")
  spec.equal(err.kind, "local")
end)

-- Secrets --------------------------------------------------------------------

local SECRET = "hunter2hunter2"
local ENCODED = { SECRET, "aHVudGVyMmh1bnRlcj",       -- base64, and behind a:
  "h1bnRlcjJodW50ZXIy", "odW50ZXIyaHVudGVyM" }

-- Whether it stands anywhere in what can be reached from a value.
local function holds_secret(value, seen)
  if type(value) == "string" then
    for _, text in ipairs(ENCODED) do
      if value:find(text, 1, true) then return value end
    end
  elseif type(value) == "table" and not seen[value] then
    seen[value] = true
    local found = holds_secret(tostring(value), seen)
    for name, member in next, value do
      found = found or holds_secret(name, seen) or holds_secret(member, seen)
    end
    return found
  end
  return nil
end

local function refused(options)
  options.endpoint = options.endpoint or "tcp://127.0.0.1:1"
  options.retries = 0
  luft.container.docker(options):list_images()
end

local function http(options)
  options.retries = 0
  luft.http.get(options.url or "http://127.0.0.1:1/", options)
end

local leaks = {
  ["options of a service that is not there"] = function()
    refused { key = "user", secret = SECRET }
  end,
  ["a service that refuses them"] = function()
    error(select(2, engine({ status = 401, body = "" }, nil,
      { key = "user", secret = SECRET })), 0)
  end,
  ["a secret of the wrong type"] = function()
    refused { key = "user", secret = { SECRET } }
  end,
  ["a secret under a wrong name"] = function()
    refused { secrett = SECRET }
  end,
  ["a secret with a NUL"] = function()
    refused { key = "user", secret = SECRET .. "\0" }
  end,
  ["an endpoint with user and password"] = function()
    refused { endpoint = "http://user:" .. SECRET .. "@127.0.0.1:1" }
  end,
  ["... that cannot be read"] = function()
    refused { endpoint = "http://user:" .. SECRET .. "@127.0.0.1:x" }
  end,
  ["... of an unknown scheme"] = function()
    refused { endpoint = "ftp://user:" .. SECRET .. "@host" }
  end,
  ["... without a host"] = function()
    refused { endpoint = "http://user:" .. SECRET .. "@" }
  end,
  ["... with an @ in the password"] = function()
    refused { endpoint = "http://user:a@" .. SECRET .. "@127.0.0.1:1" }
  end,
  ["a URL with user and password"] = function()
    http { url = "http://user:" .. SECRET .. "@127.0.0.1:1/" }
  end,
  ["a URL with a password, on a host that is not found"] = function()
    http { url = "http://user:" .. SECRET .. "@name.invalid/" }
  end,
  ["a URL with a password that cannot be read"] = function()
    http { url = "http://user:" .. SECRET .. "@host:port/" }
  end,
  ["... that times out"] = function()
    http { url = server.url:gsub("//", "//user:" .. SECRET .. "@")
      .. "/x?delay=60", timeout = 0.01 }
  end,
  ["a proxy's password"] = function()
    http { url = "http://127.0.0.1:2/",
      proxy = "http://user:" .. SECRET .. "@127.0.0.1:1" }
  end,
  ["a proxy's password, on a host that is not found"] = function()
    http { proxy = "http://user:" .. SECRET .. "@name.invalid:1" }
  end,
  ["... with a port that is none"] = function()
    http { proxy = "http://user:" .. SECRET .. "@127.0.0.1:x" }
  end,
  ["a bearer token"] = function() http { auth = { bearer = SECRET } } end,
  ["a bearer token with a line break"] = function()
    http { auth = { bearer = SECRET .. "\r\nX: y" } }
  end,
  ["a password of luft.http"] = function()
    http { auth = { user = "user", password = SECRET } }
  end,
  ["an Authorization header"] = function()
    http { headers = { Authorization = "Bearer " .. SECRET } }
  end,
  ["an Authorization header with a line break"] = function()
    http { headers = { Authorization = "Bearer " .. SECRET .. "\n" } }
  end,
  ["... on a connection that breaks"] = function()
    get("/bytes?n=100&cut_after=5", { headers = { Cookie = SECRET,
      ["X-Registry-Auth"] = SECRET, ["X-Auth-Token"] = SECRET } })
  end,
  ["a query on a connection that breaks"] = function()
    get("/bytes?n=100&cut_after=5&key=" .. SECRET)
  end,
  ["a redirect with a signed query"] = function()
    error(select(2, engine { status = 302, headers = {
      Location = "http://engine:2375/?X-Amz-Signature=" .. SECRET } }), 0)
  end,
  ["a redirect with a password"] = function()
    error(select(2, engine { status = 302, headers = {
      Location = "http://user:" .. SECRET .. "@engine:2375/x" } }), 0)
  end,
  ["a redirect that cannot be read"] = function()
    error(select(2, engine { status = 302, headers = {
      Location = "http://user:" .. SECRET .. "@host:port/" } }), 0)
  end,
  ["the password of a key file"] = function()
    refused { endpoint = "https://127.0.0.1:1", cert_file = "/nonexistent",
      key_file = "/nonexistent", key_password = SECRET }
  end,
  ["an environment that cannot be written"] = function()
    local docker = luft.container.docker()
    docker:deploy_container("web", "image", { environment = {
      PASSWORD = SECRET, WRONG = print } })
  end,
  ["JSON that is none"] = function()
    luft.json.decode('{"password":"' .. SECRET .. '"} x')
  end,
  ["a cancelled request"] = function()
    local task = luft.spawn(http, { url = server.url:gsub("//", "//user:"
      .. SECRET .. "@") .. "/bytes?n=1&delay=60&key=" .. SECRET })
    luft.sleep(0)
    for _, record in ipairs(luft.tasks()) do
      spec.equal(holds_secret(record.waiting, {}), nil)
    end
    task:cancel()
    task:await()
  end,
}

for name, fn in pairs(leaks) do
  spec.test("no secret: " .. name, function()
    local ok, err = pcall(fn)
    spec.equal(ok, false, "an error was expected; ok")
    spec.equal(holds_secret(err, {}), nil)
  end)
end

spec.test("no secret in what drivers print as", function()
  local docker = luft.container.docker { key = "user", secret = SECRET,
    endpoint = "http://user:" .. SECRET .. "@127.0.0.1:1" }
  spec.equal(holds_secret(tostring(docker), {}), nil)
end)

-- What a transport says -------------------------------------------------------

local function through(transport, options)
  local before = luft.transport(transport)
  local ok, value = pcall(luft.http.get, "http://api.test/x", options)
  luft.transport(before)
  spec.equal(ok, false)
  return value
end

spec.test("a transport's error keeps its kind", function()
  local err = through(function()
    luft.timeout(0.01, luft.sleep, 60)
  end)
  spec.equal(err.kind, "timeout")
  spec.match(err, "^http: request: not done within 0.01 s$")
  err = through(function() error("no such cassette", 0) end, { retries = 0 })
  spec.equal(err.kind, "network")
  spec.match(err, "no such cassette")
end)

spec.test("what a transport gives is not saved, and that is said", function()
  local err = through(function()
    return { status = 200, body = "abc" }
  end, { save = "/nonexistent/file" })
  spec.equal(err.kind, "unsupported")
end)

spec.done()
