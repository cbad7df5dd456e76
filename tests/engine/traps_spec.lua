-- traps_spec.lua -- libcurl's and TLS's defaults that we do not want, and what
-- the process around us must not be made to feel; see docs/design/traps.md.

local luft = require "luft"
local spec = require "spec"
local start_server = require "server".start
local scratch <close> = require "engine.scratch".open()
local server <close> = start_server {}

local http, url = luft.http, server.url
local PROGRAM = os.getenv("LUFT") or arg[-1]

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- What a script prints, and stderr with it, in an environment of its own; and
-- how it ended.
local function script(text, environment)
  local name = scratch:write("script.lua", text)
  local pipe = io.popen(("%s %s %s 2>&1"):format(environment or "",
    quoted(PROGRAM), name), "r")
  local output = pipe:read("a")
  local _, how, status = pipe:close()
  return output, how, status
end

-- An authority of one certificate, which is a server's, too.
local CERTIFICATE, KEY = scratch:path("cert.pem"), scratch:path("key.pem")
assert(os.execute(("openssl req -x509 -newkey rsa:2048 -nodes -days 2 "
  .. "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1,DNS:localhost "
  .. "-keyout %s -out %s 2>/dev/null"):format(KEY, CERTIFICATE)))
local TLS = { cert = CERTIFICATE, key = KEY }

-- TLS ------------------------------------------------------------------------

spec.test("TLS 1.2 and 1.3 are spoken, 1.1 is not", function()
  for _, version in ipairs { "1.2", "1.3" } do
    local secure <close> = start_server { tls = TLS, tls_max = version }
    spec.equal(http.get(secure.url .. "/bytes?n=3", { ca_cert = CERTIFICATE })
      .body, "012")
  end
  local old <close> = start_server { tls = TLS, tls_max = "1.1" }
  spec.fails(function()
    http.get(old.url .. "/bytes?n=3", { ca_cert = CERTIFICATE, retries = 0 })
  end, "tls", "no TLS connection to https://127.0.0.1")
end)

spec.test("nothing is trusted that the system or ca_cert does not", function()
  local secure <close> = start_server { tls = TLS }
  spec.fails(function() http.get(secure.url .. "/bytes?n=3") end, "tls",
    "not to be trusted")
  spec.fails(function()
    http.get(secure.url .. "/", { ca_cert = CERTIFICATE,
      server_name = "other.example" })
  end, "tls", "not to be trusted")
  spec.equal(http.get(secure.url .. "/bytes?n=3", { ca_cert = CERTIFICATE,
    server_name = "localhost" }).body, "012")
end)

spec.test("a connection that was verified is not one that was not", function()
  local secure <close> = start_server { tls = TLS }
  http.get(secure.url .. "/bytes?n=3", { ca_cert = CERTIFICATE })
  spec.fails(function() http.get(secure.url .. "/bytes?n=3") end, "tls",
    "not to be trusted")
end)

spec.test("verify = false says so on stderr, once", function()
  local secure <close> = start_server { tls = TLS }
  local output = script(([[
    local luft = require "luft"
    local docker = luft.container.docker { endpoint = %q, verify = false }
    print(#docker:list_containers())
    print(#docker:list_containers())
  ]]):format(secure.url))
  local warning = "luft: docker: TLS certificates of " .. secure.url
    .. " are not verified"
  spec.equal(output:sub(1, #warning), warning)
  spec.match(output, "\n10\n10\n$")
  spec.equal(select(2, output:gsub("not verified", "")), 1)
end)

spec.test("authorities that cannot be read are an error", function()
  local secure <close> = start_server { tls = TLS }
  for _, file in ipairs { "/no/such.pem", "/dev/null", KEY } do
    spec.fails(function()
      http.get(secure.url .. "/", { ca_cert = file })
    end, "credentials", "ca_cert")
  end
end)

spec.test("an answer that TLS cuts short is an error", function()
  local secure <close> = start_server { tls = TLS }
  local options = { ca_cert = CERTIFICATE, retries = 0 }
  spec.equal(#http.get(secure.url .. "/bytes?n=100&close_notify=0&close=1",
    options).body, 100)
  for _, how in ipairs { "", "&chunked=1" } do
    spec.fails(function()
      http.get(secure.url .. "/bytes?n=100&cut_after=50&close_notify=0" .. how,
        options)
    end, "protocol", "ended before its time")
  end
end)

spec.test("only HTTP/1.1 is offered", function()
  local pipe = io.popen(("openssl s_server -accept 127.0.0.1:0 -cert %s "
    .. "-key %s -alpn h2,http/1.1 -HTTP -naccept 1 2>&1"):format(CERTIFICATE,
    KEY), "r")
  local port
  while not port do
    port = assert(pipe:read("l"), "no openssl s_server"):match(
      "^ACCEPT.*:(%d+)")
  end
  pcall(http.get, "https://127.0.0.1:" .. port .. "/none", {
    ca_cert = CERTIFICATE, retries = 0 })
  local text = pipe:read("a")                   -- it ends behind one
  pipe:close()
  spec.match(text, "ALPN protocols selected: http/1.1")
  spec.match(text, "ALPN protocols advertised by the client: http/1.1\n")
end)

-- What is sent ---------------------------------------------------------------

spec.test("a large body is sent at once, without 100-continue", function()
  local large = ("x"):rep(3 << 20)
  local file = scratch:write("large", large)
  local function once()
    local given
    return function()
      if given then return end
      given = true
      return large
    end
  end
  for _, method in ipairs { "post", "put" } do
    for _, body in ipairs { large, { file = file }, once } do
      if type(body) == "function" then body = body() end
      local got = http[method](url .. "/echo", { body = body }):json()
      spec.equal(got.body_bytes, #large)
      spec.equal(got.headers.expect, nil)
    end
  end
end)

-- Proxies --------------------------------------------------------------------

local GET = "local luft = require 'luft' "
  .. "print(luft.http.get(%q, { retries = 0 }):json().target)"

spec.test("NO_PROXY and no_proxy are heeded", function()
  local variables = "http_proxy=" .. url
  spec.equal(script(GET:format("http://there.example/echo"), variables),
    "http://there.example/echo\n")
  for _, name in ipairs { "NO_PROXY", "no_proxy" } do
    local list = variables .. " " .. name
    spec.equal(script(GET:format(url .. "/echo"), list .. "=127.0.0.1"),
      "/echo\n")
    spec.equal(script(GET:format(url .. "/echo"), list .. "='*'"), "/echo\n")
    spec.match(script(GET:format("http://a.there.example/"),
      list .. "=.there.example"), "cannot find the address of http://a.there")
    spec.equal(script(GET:format("http://there.example/echo"),
      list .. "=other.example"), "http://there.example/echo\n")
  end
end)

spec.test("HTTP_PROXY in capitals is somebody's header, not a proxy", function()
  spec.equal(script(GET:format(url .. "/echo"),
    "HTTP_PROXY=http://127.0.0.1:1"), "/echo\n")
end)

spec.test("the option proxy goes before the environment", function()
  local text = "local luft = require 'luft' print(luft.http.get(%q, "
    .. "{ retries = 0, proxy = %q }):json().target)"
  spec.equal(script(text:format("http://there.example/echo", url),
    "http_proxy=http://127.0.0.1:1"), "http://there.example/echo\n")
  spec.equal(script(text:format(url .. "/echo", ""),
    "http_proxy=http://127.0.0.1:1"), "/echo\n")
end)

spec.test("a unix socket is not reached through a proxy", function()
  local path = scratch:path("socket")
  local here <close> = start_server { unix = path }
  local text = ("local luft = require 'luft' print(luft.http.get("
    .. "'http://any/echo', { unix_socket = %q, retries = 0 }):json().target)")
    :format(here.unix)
  for _, name in ipairs { "http_proxy", "all_proxy", "ALL_PROXY" } do
    spec.equal(script(text, name .. "=http://127.0.0.1:1"), "/echo\n")
    spec.equal(script(text, name .. "=" .. url), "/echo\n")
  end
  spec.equal(http.get("http://any/echo", { unix_socket = path, proxy = url })
    :json().target, "/echo")
end)

spec.test("what opens a proxy is told to nobody else", function()
  local with = url:gsub("//", "//me:secret@")
  local function headers(address, proxy)
    return http.get(address .. "/echo", { proxy = proxy }):json().headers
  end
  spec.equal(headers("http://there.example", with)["proxy-authorization"],
    "Basic bWU6c2VjcmV0")
  spec.equal(headers("http://there.example", url)["proxy-authorization"], nil)
  spec.equal(headers(url, "")["proxy-authorization"], nil)
end)

-- The process around ---------------------------------------------------------

spec.test("peers that went away end nobody by SIGPIPE", function()
  local secure <close> = start_server { tls = TLS }
  for _, how in ipairs { "close_idle=1", "close_idle=1&close_notify=0" } do
    -- Behind the answer the peer closes; TLS says goodbye to it in the end.
    local output, ended, status = script(([[
      local luft = require "luft"
      local options = { ca_cert = %q, retries = 0 }
      for _ = 1, 3 do
        print(luft.http.get(%q, options).body)
      end
      local late = luft.http.get(%q, options)
    ]]):format(CERTIFICATE, secure.url .. "/bytes?n=3&" .. how,
      secure.url .. "/bytes?n=3&" .. how))
    spec.equal({ output, ended, status }, { "012\n012\n012\n", "exit", 0 })
  end
  for _, how in ipairs { "reset_after=0", "early=1&close=1" } do
    pcall(http.put, url .. "/echo?" .. how, { retries = 0,
      body = ("x"):rep(8 << 20) })
  end
  spec.equal(http.get(url .. "/bytes?n=3").body, "012")
end)

spec.test("os.exit in the middle of everything ends the program", function()
  local _, how, status = script(([[
    local luft = require "luft"
    luft.spawn(luft.http.get, %q)
    luft.spawn(luft.http.get, %q, { stream = true })
    luft.http.get(%q)
    os.exit(3)
  ]]):format(url .. "/bytes?n=1&delay=100", url .. "/bytes?n=1000000",
    url .. "/bytes?n=1"))
  spec.equal({ how, status }, { "exit", 3 })
end)

spec.done()
