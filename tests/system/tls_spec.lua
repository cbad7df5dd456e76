-- tls_spec.lua -- TLS with client certificates against a real Docker Engine:
-- ENGINE_TLS says where, CERTS is the folder with certificates that
-- tests/servers/docker.sh fills.

local luft = require "luft"
local spec = require "spec"

local ENGINE, CERTS = os.getenv("ENGINE_TLS"), os.getenv("CERTS")
local PORT = ENGINE:match(":(%d+)$")

local function open(options)
  local all = { endpoint = ENGINE, retries = 0 }
  for name, value in pairs(options) do all[name] = value end
  return luft.container.docker(all)
end

local function file(name) return CERTS .. "/" .. name .. ".pem" end

local function fails(kind, pattern, options)
  return spec.fails(function() open(options):list_images() end, kind, pattern)
end

-- First of all: a connection that is open already needs no key any more.
spec.test("a key behind a password", function()
  local options = { ca_cert = file "ca", cert_file = file "cert",
    key_file = file "locked-key", key_password = "wrong secret" }
  local err = fails("credentials", "client certificate.*key_password",
    options)
  spec.ok(not tostring(err):find("wrong secret", 1, true))
  options.key_password = "opens"
  spec.ok(#open(options):list_images() >= 1)
end)

spec.test("a client certificate opens the engine", function()
  local docker = open { ca_cert = file "ca", cert_file = file "cert",
    key_file = file "key" }
  spec.ok(#docker:list_images() >= 1)
  spec.equal(tostring(docker), "<docker https://127.0.0.1:" .. PORT .. ">")
end)

spec.test("host, port and secure as Libcloud has them", function()
  local docker = luft.container.docker { host = "127.0.0.1",
    port = tonumber(PORT), secure = true, ca_cert = file "ca",
    cert_file = file "cert", key_file = file "key" }
  spec.ok(#docker:list_images() >= 1)
  docker = luft.container.docker { host = "https://localhost",
    port = tonumber(PORT), ca_cert = file "ca", cert_file = file "cert",
    key_file = file "key" }
  spec.ok(#docker:list_images() >= 1)
end)

spec.test("a server name other than the host's", function()
  spec.ok(#open { ca_cert = file "ca", cert_file = file "cert",
    key_file = file "key", server_name = "localhost" }:list_images() >= 1)
  fails("tls", "not to be trusted.*server_name", { ca_cert = file "ca",
    cert_file = file "cert", key_file = file "key",
    server_name = "other.example" })
end)

spec.test("no certificate, and somebody else's, are refused", function()
  fails("tls", "check the options", { ca_cert = file "ca" })
  fails("tls", nil, { ca_cert = file "ca", cert_file = file "stranger",
    key_file = file "stranger-key" })
end)

spec.test("an engine that the authority did not sign is refused", function()
  fails("tls", "docker: list_images: the certificate of https://127.0.0.1:"
    .. PORT .. " is not to be trusted", { ca_cert = file "other-ca",
    cert_file = file "cert", key_file = file "key" })
  fails("tls", "not to be trusted", { cert_file = file "cert",
    key_file = file "key" })
end)

spec.test("files that are missing or no certificates are named", function()
  fails("credentials", "/no/such.pem", { ca_cert = file "ca",
    cert_file = "/no/such.pem", key_file = file "key" })
  fails("credentials", "/no/such%-ca.pem", { ca_cert = "/no/such-ca.pem",
    cert_file = file "cert", key_file = file "key" })
  fails("credentials", "client certificate", { ca_cert = file "ca",
    cert_file = file "key", key_file = file "key" })
end)

spec.test("plain HTTP to an engine that speaks TLS", function()
  fails("tls", "the engine speaks TLS only", { endpoint =
    "http://127.0.0.1:" .. PORT })
end)

spec.test("verify = false is said aloud, and works", function()
  local script = ([[local luft = require "luft"
    print(#luft.container.docker { endpoint = %q, verify = false,
      cert_file = %q, key_file = %q }:list_images())]]):format(ENGINE,
    file "cert", file "key")
  local name = os.tmpname()
  local out = io.open(name, "w")
  out:write(script)
  out:close()
  local pipe = io.popen((os.getenv("LUFT") or "build/luft") .. " " .. name
    .. " 2>&1")
  local text = pipe:read("a")
  pipe:close()
  os.remove(name)
  spec.match(text, "TLS certificates of https://127.0.0.1:" .. PORT
    .. " are not verified")
  spec.match(text, "\n%d+\n")
end)

spec.test("the environment as the docker program reads it", function()
  local pipe = io.popen(("DOCKER_HOST=%s DOCKER_TLS_VERIFY=1 "
    .. "DOCKER_CERT_PATH=%s %s -e %q 2>&1"):format(ENGINE, CERTS,
    os.getenv("LUFT") or "build/luft",
    "print(#luft.container.docker():list_images())"))
  spec.match(pipe:read("a"), "^%d+\n$")
  pipe:close()
end)

spec.test("the authority's file is read once for all connections", function()
  local copy = os.tmpname()
  os.execute("cp " .. file "ca" .. " " .. copy)
  local docker = open { ca_cert = copy, cert_file = file "cert",
    key_file = file "key" }
  docker:list_images()
  os.remove(copy)
  local numbers = {}
  for i = 1, 20 do numbers[i] = i end
  luft.map(numbers, function() spec.ok(#docker:list_images() >= 1) end,
    { limit = 20 })
end)

spec.done()
