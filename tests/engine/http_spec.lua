-- http_spec.lua -- luft.http: what is sent, what comes back, and how broken,
-- lying and hostile answers end.

local luft = require "luft"
local spec = require "spec"
local server = require "server".start {}

local http, url = luft.http, server.url

spec.at_end(server.stop)

local function echo(request)
  request.url = url .. (request.path or "/echo")
  request.path = nil
  return http.request(request):json()
end

-- What is sent --------------------------------------------------------------

spec.test("the methods", function()
  for _, method in ipairs { "get", "post", "put", "patch", "delete" } do
    local answer = http[method](url .. "/echo")
    spec.equal(answer.status, 200)
    spec.equal(answer:json().method, method:upper())
    spec.equal(answer.json().body_bytes, 0)
  end
  local head = http.head(url .. "/bytes?n=100")
  spec.equal(head.status, 200)
  spec.equal(head.body, "")
  spec.equal(head.headers["content-length"], "100")
  spec.equal(echo { method = "OPTIONS" }.method, "OPTIONS")
end)

spec.test("headers, query, bodies", function()
  local got = echo { method = "POST",
    query = { b = 2, a = "x y", c = { 1, 2 } },
    headers = { ["X-One"] = "1", ["X-Empty"] = "" }, body = "text\0more" }
  spec.equal(got.target, "/echo?a=x%20y&b=2&c=1&c=2")
  spec.equal(got.headers["x-one"], "1")
  spec.equal(got.headers["x-empty"], "")
  spec.equal(got.headers["content-type"], nil)
  spec.equal(got.headers.expect, nil)
  spec.equal(got.body_bytes, 9)
  got = echo { method = "PUT", json = { a = { 1, luft.null } } }
  spec.equal(got.body, '{"a":[1,null]}')
  spec.equal(got.headers["content-type"], "application/json")
  got = echo { method = "PUT", json = {}, headers =
    { ["content-type"] = "application/x" } }
  spec.equal(got.headers["content-type"], "application/x")
  spec.equal(echo {}.headers["user-agent"], "luft/0.1.0")
  spec.equal(echo { headers = { ["User-Agent"] = "me" } }.headers["user-agent"],
    "me")
end)

spec.test("authorization", function()
  spec.equal(echo { auth = { user = "u", password = "p" } }.headers
    .authorization, "Basic dTpw")
  spec.equal(echo { auth = { bearer = "token" } }.headers.authorization,
    "Bearer token")
  local answer = http.get(url:gsub("//", "//me:secret%%40@") .. "/echo")
  spec.equal(answer:json().headers.authorization, "Basic bWU6c2VjcmV0QA==")
end)

spec.test("addresses", function()
  local function target(path)
    local got
    luft.transport(function(request)
      got = request.endpoint .. " " .. request.target
      return { status = 200 }
    end)
    http.get(path)
    luft.transport(nil)
    return got
  end
  spec.equal(target "http://H:80//a//../b?x#f", "http://h //a//../b?x")
  spec.equal(target "https://[::1]:8080/ä b", "https://[::1]:8080 /%C3%A4%20b")
  spec.equal(target "http://h/%2F%41", "http://h /%2F%41")
  spec.equal(target "http://h", "http://h /")
  spec.equal(http.get((url:gsub("127.0.0.1", "localhost")) .. "/echo").status,
    200)
  for address, problem in pairs {
    ["no scheme"] = "must start with http",
    ["ftp://x/"] = "must start with http",
    ["http://"] = "has no host name",
    ["http://h:99999/"] = "port",
    ["http://h\r\nX: y/"] = "control character",
  } do
    spec.fails(function() http.get(address) end, "invalid_argument", problem)
  end
end)

spec.test("nothing a script passes can add a header or a request", function()
  for _, request in ipairs {
    { headers = { ["X-A"] = "b\r\nX-Evil: 1" } },
    { headers = { ["X-A\r\nX-Evil"] = "1" } },
    { headers = { ["X-A"] = "b\0c" } },
    { headers = { ["X A"] = "b" } },
    { method = "GET / HTTP/1.1\r\nX: y\r\n\r\nGET" },
    { method = "get" },
    { auth = { bearer = "a\r\nX-Evil: 1" } },
  } do
    request.url = url .. "/echo"
    spec.fails(function() http.request(request) end, "invalid_argument")
  end
end)

spec.test("misuse is explained", function()
  spec.fails(function() http.request "x" end, "invalid_argument", "table")
  spec.fails(function() http.request {} end, "invalid_argument", "'url'")
  spec.fails(function() http.get(url, { heders = {} }) end,
    "invalid_argument", "did you mean 'headers'")
  spec.fails(function() http.get(url, { body = 5 }) end, "invalid_argument",
    "'body' must be")
  spec.fails(function() http.post(url, { body = "a", json = {} }) end,
    "invalid_argument", "exclude each other")
  spec.fails(function()
    http.get(url .. "/echo", { stream = true, save = "/nonexistent/x" })
  end, "invalid_argument", "stream and save exclude each other")
  spec.fails(function() http.get(url .. "/echo", { method = "PUT" }) end,
    "invalid_argument", "luft.http.get sends GET, not PUT")
  spec.fails(function() http.get(url, { query = { a = { b = 1 } } }) end,
    "invalid_argument")
  spec.fails(function() http.get(url, { timeout = -1 }) end,
    "invalid_argument", "timeout must be")
  spec.fails(function() http.get(url, { timeout = { fist_byte = 1 } }) end,
    "invalid_argument", "connect, first_byte, stall and total")
  spec.fails(function() http.get(url, { endpoint = "x" }) end,
    "invalid_argument", "whole URLs")
end)

-- What comes back -----------------------------------------------------------

spec.test("any status is an answer", function()
  for _, status in ipairs { 201, 204, 301, 304, 400, 404, 418, 501 } do
    spec.equal(http.get(url .. "/x?status=" .. status).status, status)
  end
  local answer = http.get(url .. "/x?status=404")
  spec.equal(answer:json().message, "status 404")
  spec.match(tostring(answer), "^<response 404, %d+ bytes>$")
end)

spec.test("headers are found whatever their case", function()
  local answer = http.get(url .. "/bytes?n=3&header=X-One:1&header=X-One:2"
    .. "&header=Set-Cookie:a%3D1&header=Set-Cookie:b%3D2")
  spec.equal(answer.headers["X-One"], "1, 2")
  spec.equal(answer.headers["x-ONE"], "1, 2")
  spec.equal(answer.headers["Set-Cookie"], "a=1\nb=2")
  spec.equal(answer.headers.nothing, nil)
end)

spec.test("bodies of every coding", function()
  local wanted = ("0123456789abcdef"):rep(1000):sub(1, 10001)
  for _, how in ipairs { "", "&chunked=1", "&gzip=1", "&gzip=1&chunked=1",
    "&no_length=1", "&http10=1", "&close=1", "&early_100=1",
    "&chunked=1&trailer=1" } do
    spec.equal(http.get(url .. "/bytes?n=10001" .. how).body, wanted, how)
  end
  spec.equal(http.get(url .. "/bytes?n=300&slice=1&chunked=1").body,
    wanted:sub(1, 300))
  spec.equal(http.get(url .. "/bytes?n=0").body, "")
end)

spec.test("JSON answers", function()
  local list = http.get(url .. "/json?items=20"):json()
  spec.equal(#list, 20)
  spec.equal(list[1].Created % 1, 0)
  spec.fails(function() http.get(url .. "/bytes?n=10"):json() end, "protocol",
    "the answer is no JSON: ")
end)

-- Broken answers ------------------------------------------------------------

local function breaks(path, kind, pattern, options)
  options = options or {}
  options.retries = 0
  return spec.fails(function() http.get(url .. path, options) end, kind,
    pattern)
end

spec.test("an answer cut anywhere is an error", function()
  for _, how in ipairs { "", "&chunked=1", "&gzip=1" } do
    for _, at in ipairs { 0, 1, 50, 99 } do
      breaks("/bytes?n=100&cut_after=" .. at .. how, "protocol", "ended")
    end
  end
  breaks("/bytes?n=100&cut_after=-1", "network", "without an answer")
  breaks("/bytes?n=100&length=101&close=1", "protocol", "ended")
end)

spec.test("a connection that is reset is an error", function()
  for _, at in ipairs { -1, 0, 50 } do
    breaks("/bytes?n=100&reset_after=" .. at, "network", "reset by peer")
  end
end)

spec.test("what is longer than it claims is cut there", function()
  spec.equal(http.get(url .. "/bytes?n=100&length=10&close=1").body,
    "0123456789")
end)

spec.test("what is no HTTP is said to be none", function()
  breaks("/bytes?n=10&garbage=1", "protocol")
  breaks("/bytes?n=10&length=nonsense", "protocol")
end)

spec.test("ceilings: headers, body, decompression", function()
  breaks("/bytes?n=10&headers=3000", "protocol", "headers are larger than")
  breaks("/bytes?n=5000", "protocol", "larger than 4999 bytes",
    { max_answer = 4999 })
  spec.equal(#http.get(url .. "/bytes?n=5000", { max_answer = 5000 }).body,
    5000)
  breaks("/bytes?bomb=50000000", "protocol", "more than 200%-fold")
  spec.equal(#http.get(url .. "/bytes?bomb=1000000&fixed=1").body, 1000000)
end)

-- Redirects -----------------------------------------------------------------

spec.test("redirects are followed, five at most", function()
  spec.equal(http.get(url .. "/echo?hops=5").status, 200)
  breaks("/echo?hops=6", "protocol", "more than 5 redirects")
  breaks("/echo?loop=1", "protocol", "more than 5 redirects")
  local function to(place, status, request)
    request = request or {}
    request.url = url .. "/x?status=" .. (status or 302) .. "&redirect="
      .. place:gsub("[^%w]", function(c) return ("%%%02X"):format(c:byte()) end)
    return http.request(request)
  end
  spec.equal(to("/echo?a=1"):json().target, "/echo?a=1")
  spec.equal(to("echo"):json().target, "/echo")
  spec.equal(to(url .. "/echo"):json().target, "/echo")
  for _, status in ipairs { 301, 302, 303 } do
    local got = to("/echo", status, { method = "POST", body = "x" }):json()
    spec.equal({ got.method, got.body_bytes }, { "GET", 0 })
  end
  for _, status in ipairs { 307, 308 } do
    local got = to("/echo", status, { method = "POST", body = "x" }):json()
    spec.equal({ got.method, got.body_bytes }, { "POST", 1 })
  end
  for _, place in ipairs { "file:///etc/passwd", "gopher://x/", "unix:///x" } do
    spec.fails(function() to(place) end, "protocol",
      "only http and https are")
  end
end)

spec.test("no secret leaves for another origin", function()
  local other = require "server".start {}
  spec.at_end(other.stop)
  local headers = { Authorization = "secret", Cookie = "secret",
    ["X-Auth-Token"] = "secret", ["X-Api-Key"] = "secret", ["X-Plain"] = "ok" }
  local function follow(place)
    return http.get(url .. "/x?redirect=" .. place:gsub("[^%w]", function(c)
      return ("%%%02X"):format(c:byte()) end), { headers = headers }):json()
      .headers
  end
  local there, here = follow(other.url .. "/echo"), follow(url .. "/echo")
  for _, name in ipairs { "authorization", "cookie", "x-auth-token",
    "x-api-key" } do
    spec.equal(there[name], nil, name)
    spec.equal(here[name], "secret", name)
  end
  spec.equal(there["x-plain"], "ok")
end)

-- Ways there ----------------------------------------------------------------

spec.test("a unix socket, and one that is not there", function()
  local path = os.tmpname()
  os.remove(path)
  local local_server = require "server".start { unix = path }
  spec.at_end(local_server.stop)
  spec.equal(http.get("http://any/echo", { unix_socket = local_server.unix })
    :json().headers.host, "any")
  spec.fails(function()
    http.get("http://any/", { unix_socket = "/no/such" })
  end, "network", "unix:///no/such: No such file")
end)

spec.test("a proxy by option and by environment", function()
  local answer = http.get("http://there.example/echo?x=1", { proxy = url })
  spec.match(answer:json().target, "^http://there.example/echo%?x=1$")
  local child = "http_proxy=" .. url .. " " .. spec.interpreter()
    .. [[ -e "print(require 'luft'.http.get('http://there.example/echo')]]
    .. [[:json().target)"]]
  spec.match(spec.output_of(child), "^http://there.example/echo\n$")
  spec.equal(http.get(url .. "/echo", { proxy = "" }).status, 200)
  spec.fails(function()
    http.get("http://there.example/", { proxy = "http://127.0.0.1:1",
      retries = 0 })
  end, "network")
end)

spec.test("a name that nobody has", function()
  local err = spec.fails(function()
    http.get("http://no-such-host.invalid/", { retries = 0 })
  end, "network", "cannot find the address of http://no%-such%-host.invalid")
  spec.equal(err.provider, "http")
end)

spec.done()
