-- bad_input_spec.lua -- wrong options, arguments, places, certificates and
-- answers: each gives one line that says who, what, why and what to do, and
-- exit status 1; a script's own mistake points at the script's line.

local spec = require "spec"
local program = require "host.program"

local ENGINE_GONE = "; is the Docker Engine running there? Say where it is "
  .. "with DOCKER_HOST or the option endpoint"

-- Runs a line of a script, the third of its file, and compares what is printed.
local function check(line, wanted, options)
  local result = program.run_script('local luft = require "luft"\n\n' .. line,
    "", options)
  spec.equal(result.out, "", line)
  spec.equal(result.err, "luft: script:3: " .. wanted .. "\n", line)
  spec.equal(result.status, 1, line)
end

-- Options --------------------------------------------------------------------

local options = {
  { '{ timeuot = 5 }',
    "there is no option 'timeuot'; did you mean 'timeout'?" },
  { '{ zzz = 5 }',
    [[there is no option 'zzz'; luft.help("docker") lists them]] },
  { '"tcp://h"', "the options must be a table, not a string" },
  { '{ "tcp://h" }', "the options have a number where a name belongs" },
  { '{ timeout = "5" }',
    "the option 'timeout' must be a number or a table, not string" },
  { '{ timeout = -1 }', "timeout must be 0 or more seconds" },
  { '{ timeout = 0 / 0 }', "timeout must be 0 or more seconds" },
  { '{ timeout = { conect = 5 } }',
    "timeout has no 'conect'; it has connect, first_byte, stall and total" },
  { '{ timeout = { connect = "5" } }',
    "timeout.connect must be a number of seconds" },
  { '{ retries = 1.5 }',
    "the option 'retries' must be an integer, not number" },
  { '{ retries = -1 }', "retries must be between 0 and 100" },
  { '{ max_connections = 0 }', "max_connections must be between 1 and 100000" },
  { '{ rate = 0 }', "rate must be more than 0 requests a second" },
  { '{ verify = "no" }',
    "the option 'verify' must be true or false, not string" },
  { '{ port = 80 }', "port and secure need host" },
  { '{ host = "h", port = 99999 }', "port must be between 1 and 65535" },
  { '{ host = "h", endpoint = "tcp://h" }', "endpoint and host, port, secure "
    .. "exclude each other; give one or the other" },
  { '{ endpoint = "tcp://" }', "the endpoint has no host name" },
  { '{ endpoint = "unix://" }',
    "the endpoint has no socket path; write unix:///path" },
  { '{ endpoint = "/run/x" }',
    "the endpoint has no host name; did you mean unix:///run/x?" },
  { '{ endpoint = "http://h/?x" }', "the endpoint has a query or a fragment, "
    .. "which an endpoint cannot have" },
  { '{ proxy = "http://user:hidden@h:x" }', "the option proxy has a port that "
    .. "is not a number up to 65535" },
  { '{ endpoint = "tcp://h:x" }',
    "the endpoint has a port that is not a number up to 65535" },
  { '{ endpoint = "tcp://h h" }', "the endpoint has a host name with "
    .. "characters that no host name can have" },
  { '{ endpoint = "tcp://h\\n" }',
    "the endpoint has a control character in it" },
  { '{ endpoint = "tcp://h\\0" }',
    "the option 'endpoint' holds a NUL character" },
  { '{ key_file = "key.pem" }', "key_file needs cert_file" },
}

for _, row in ipairs(options) do
  spec.test("docker's options: " .. row[1], function()
    check("luft.container.docker(" .. row[1] .. ")", "docker: " .. row[2])
  end)
end

-- Arguments and names --------------------------------------------------------

local arguments = {
  { "lst_images()", "there is no method 'lst_images'; did you mean "
    .. "'list_images'?" },
  { "frobnicate()", [[there is no method 'frobnicate'; luft.help("docker") ]]
    .. "lists them" },
  { "list_images(5)", "list_images: a number stands where the table of options "
    .. "belongs; the call is docker:list_images()" },
  { "list_containers{ al = true }", "list_containers: there is no argument "
    .. "'al'; did you mean 'all'?; the call is "
    .. "docker:list_containers({options})" },
  { "list_containers({}, {})", "list_containers: there are too many arguments; "
    .. "the call is docker:list_containers({options})" },
  { 'list_containers{ all = "yes" }', "list_containers: 'all' must be true or "
    .. "false, not string; the call is docker:list_containers({options})" },
  { 'deploy_container("web")', "deploy_container: 'image' must be a "
    .. "ContainerImage or its path, not nothing; the call is "
    .. "docker:deploy_container(name, image, {options})" },
  { 'deploy_container({}, "image")', "deploy_container: 'name' must be a "
    .. "string, not table; the call is "
    .. "docker:deploy_container(name, image, {options})" },
  { 'deploy_container("web", "image", { name = "x" })', "deploy_container: "
    .. "'name' comes by position; the call is "
    .. "docker:deploy_container(name, image, {options})" },
  { 'deploy_container("web", "image", { command = 5 })', "deploy_container: "
    .. "'command' must be a string or a list, not number; the call is "
    .. "docker:deploy_container(name, image, {options})" },
  { 'deploy_container("web", "image", { port_bindings = { f = print } })',
    "deploy_container: 'port_bindings': JSON has no form for a function; the "
    .. "call is docker:deploy_container(name, image, {options})" },
  { "stop_container()", "stop_container: 'container' must be a Container or "
    .. "its id, not nothing; the call is "
    .. "docker:stop_container(container, {options})" },
  { 'get_container("we\\0b")', "get_container: id holds a NUL character" },
}

for _, row in ipairs(arguments) do
  spec.test("docker's methods: " .. row[1], function()
    check("luft.transport(function() return { status = 200, headers = { "
      .. "['Api-Version'] = '1.41' } } end) luft.container.docker():" .. row[1],
      "docker: " .. row[2])
  end)
end

local others = {
  { "luft.container.dokcer()",
    "there is no container provider 'dokcer'; did you mean 'docker'?" },
  { "luft.container.docker().list_images()",
    "methods of a driver are called with a colon: driver:method(...)" },
  { "luft.container.docker().async:list_imags()",
    "docker: there is no method 'list_imags'; did you mean 'list_images'?" },
  { 'luft.sleep("soon")', "sleep takes a number of seconds, not soon" },
  { "luft.spawn(5)", "spawn takes a function, not a number" },
  { "luft.map(5, print)",
    "map takes a list, a table or an iterator, not a number" },
  { "luft.map({}, print, { limt = 5 })",
    "map has no option 'limt'; did you mean 'limit'?" },
  { "luft.scope{ timout = 1 }",
    "scope has no option 'timout'; it has timeout and limit" },
  { "luft.semaphore()", "semaphore takes a whole number of 1 or more" },
  { "luft.transport(5)", "transport takes a function, not a number" },
  { "luft.http.get()", "http: request: 'url' must be a string, not nothing; "
    .. "the call is http:request(url, {options})" },
  { 'luft.http.get("name.invalid")',
    "http: request: the URL must start with http:// or https://" },
  { 'luft.http.get("http://h/\\0x")', "http: request: url holds a NUL "
    .. "character" },
  { 'luft.http.request{ url = "http://h/", method = "G T" }',
    "http: request: the method holds a character that no method can have" },
  { 'luft.http.get("http://h/", 5)', "http: the options must be a table, not a "
    .. "number; the call is luft.http.get(url, {options})" },
  { 'luft.http.get("http://h/", { tiemout = 5 })',
    "http: there is no option 'tiemout'; did you mean 'timeout'?" },
  { 'luft.http.get("http://h/", { zzz = 5 })',
    "http: there is no option 'zzz'; "
    .. [[luft.help("http.request") lists them]] },
  { 'luft.http.request("http://h/")',
    "http: request takes a table: luft.http.request{url = ...}" },
  { 'luft.http.post("http://h/", { body = "a", json = {} })',
    "http: request: body and json exclude each other" },
  { 'luft.http.get("http://h/", { headers = { a = "x\\ny" } })',
    "http: request: the header 'a' has a character that headers cannot hold" },
  { 'luft.http.post("http://h/", { body = { file = "/nonexistent" } })',
    "http: request: cannot open /nonexistent: No such file or directory" },
  { 'luft.json.decode("[1,")',
    "json: decode: it ends in the middle of a value, at byte 3 of 3" },
}

for _, row in ipairs(others) do
  spec.test(row[1], function() check(row[1], row[2]) end)
end

spec.test("an unknown provider lists those that are there", function()
  local result = program.run_script(
    'require "luft".container.openvz()')
  spec.match(result.err, "^luft: script:1: there is no container provider "
    .. "'openvz'; there is [^\n]*docker[^\n]*\n$")
end)

-- Places ---------------------------------------------------------------------

spec.test("DOCKER_HOST that is no place", function()
  for value, wanted in pairs {
    ["nonsense://h"] = "DOCKER_HOST's scheme 'nonsense' is not one of unix, "
      .. "tcp, http, https",
    ["tcp://h:99999"] =
      "DOCKER_HOST has a port that is not a number up to 65535",
    ["/var/run/docker.sock"] = "DOCKER_HOST has no host name; did you mean "
      .. "unix:///var/run/docker.sock?",
    ["tcp://user:hidden@h:1x"] =
      "DOCKER_HOST has a port that is not a number up to 65535",
    ["ssh://user:hidden@h"] = "DOCKER_HOST's scheme 'ssh' is not supported "
      .. "yet; forward the socket, ssh -N -L "
      .. "/tmp/engine.sock:/var/run/docker.sock h, and use "
      .. "unix:///tmp/engine.sock",
  } do
    local result = program.run_script(
      'require "luft".container.docker():list_images()', "",
      { env = { DOCKER_HOST = value } })
    spec.equal(result.status, 1)
    spec.match(result.err, "^luft: script:1: docker: [^\n]*"
      .. wanted:gsub("%p", "%%%0") .. "[^\n]*\n$")
    spec.ok(not result.err:find("hidden", 1, true), result.err)
  end
end)

spec.test("places where nobody is", function()
  check('luft.container.docker{ host = "name.invalid", retries = 0 }'
    .. ":list_images()", "docker: list_images: cannot find the address of "
    .. "http://name.invalid:2375: Could not resolve host: name.invalid"
    .. ENGINE_GONE)
  check('luft.http.get("http://name.invalid/", { retries = 0 })',
    "http: request: cannot find the address of http://name.invalid: Could not "
    .. "resolve host: name.invalid")
  check('luft.http.get("http://127.0.0.1:1/", { retries = 0 })',
    "http: request: cannot connect to http://127.0.0.1:1: Connection refused")
  check('luft.container.docker{ endpoint = "unix:///nonexistent/sock" }'
    .. ":list_images()", "docker: list_images: cannot connect to "
    .. "unix:///nonexistent/sock: No such file or directory" .. ENGINE_GONE)
  check("luft.container.docker{ retries = 0 }:list_images()", "docker: "
    .. "list_images: cannot connect to https://127.0.0.1:1: Connection refused"
    .. ENGINE_GONE, { env = { DOCKER_HOST = "tcp://127.0.0.1:1",
      DOCKER_TLS_VERIFY = "1" } })
  check('luft.http.get("http://h/", { retries = 0, '
    .. 'proxy = "http://name.invalid:1" })', "http: request: cannot find the "
    .. "address of the proxy for http://h: Could not resolve proxy: "
    .. "name.invalid")
end)

spec.test("a proxy of the environment that is none", function()
  for _, row in ipairs {
    { "http_proxy", "http://user:hidden@h:x", "http://h/" },
    { "https_proxy", "ftp://user:hidden@h", "https://h/" },
    { "HTTPS_PROXY", "http://user:hidden@", "https://h/" },
    { "all_proxy", "http://user:hidden@h:memory", "http://h/" },
  } do
    check(('luft.http.get("%s", { retries = 0 })'):format(row[3]),
      "http: request: the proxy for " .. row[3]:gsub("/$", "")
      .. " cannot be used: the environment variable " .. row[1]
      .. " is no URL of a proxy", { env = { [row[1]] = row[2] } })
  end
end)

-- Root may open every socket: another user has to try.
local AS_NOBODY = "--reuid=65534 --regid=65534 --clear-groups "

spec.test("a socket that is not ours to open", function()
  local folder <close> = program.new_folder()
  local server <close> = require "server".start { unix = folder .. "/s" }
  os.execute(("chmod 755 %s; chmod 0 %s"):format(program.quoted(folder),
    program.quoted(server.unix)))
  local runner, before = program.luft, ""
  if program.run("-u", { program = "id" }).out == "0\n" then
    runner, before = "setpriv", AS_NOBODY .. program.quoted(program.luft)
    if program.run(before .. " -v", { program = runner }).status ~= 0 then
      spec.skip("this is root, and no other user can run luft")
    end
  end
  local result = program.run(before .. " -e " .. program.quoted(
    'luft.container.docker{ endpoint = "unix://' .. server.unix
    .. '" }:list_images()'), { program = runner })
  spec.equal(result.err, "luft: (command line):1: docker: list_images: cannot "
    .. "connect to unix://" .. server.unix .. ": Permission denied"
    .. ENGINE_GONE .. "\n")
  spec.equal(result.status, 1)
end)

-- Certificates ---------------------------------------------------------------

local CHECK = "; check the options ca_cert, cert_file, key_file and "
  .. "key_password"

spec.test("certificates that are missing, wrong or none", function()
  local folder <close> = program.new_folder()
  local here = folder .. "/"
  spec.ok(os.execute("cd " .. program.quoted(folder) .. [[ &&
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
    -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 2>/dev/null &&
    openssl ecparam -genkey -name prime256v1 -noout -out other.pem]]),
    "openssl makes no certificate")
  program.write_file(here .. "none.pem", "no certificate")
  local server <close> = require "server".start {
    tls = { cert = here .. "cert.pem", key = here .. "key.pem" } }
  local function get(given, wanted)
    local text = given:gsub("[%w_]+%.pem", here .. "%0")
    check(('luft.http.get("%s/", { retries = 0, %s })'):format(server.url,
      text), "http: request: " .. wanted:gsub("URL", server.url)
        :gsub("[%w_]+%.pem", here .. "%0"))
  end
  get("", "the certificate of URL is not to be trusted: SSL certificate "
    .. "problem: self-signed certificate; check the options ca_cert and "
    .. "server_name, or cert_file and key_file where the service asks for a "
    .. "certificate")
  local NONE = ": No such file or directory"
  get('ca_cert = "missing.pem"', "cannot read ca_cert missing.pem" .. NONE)
  get('ca_cert = "cert.pem", cert_file = "missing.pem"',
    "cannot read cert_file missing.pem" .. NONE)
  get('ca_cert = "cert.pem", cert_file = "cert.pem", key_file = "missing.pem"',
    "cannot read key_file missing.pem" .. NONE)
  os.execute("mkdir " .. program.quoted(here .. "folder.pem"))
  get('ca_cert = "folder.pem"', "cannot read ca_cert folder.pem: Is a "
    .. "directory")
  get('ca_cert = "none.pem"', "the file of certificate authorities for URL "
    .. "cannot be used: error setting certificate file: none.pem" .. CHECK)
  get('ca_cert = "cert.pem", cert_file = "cert.pem", key_file = "other.pem"',
    "the client certificate for URL cannot be used: unable to set private key "
    .. "file: 'other.pem' type PEM" .. CHECK)
  -- What OpenSSL says stands in the middle and differs between its versions.
  local result = program.run_script(('require "luft".http.get("%s/", { '
    .. 'ca_cert = "%scert.pem", cert_file = "%snone.pem" })'):format(server.url,
    here, here))
  spec.equal(result.status, 1)
  spec.match(result.err, "^luft: script:1: http: request: the client "
    .. "certificate for [^\n]* cannot be used: could not load PEM client "
    .. "certificate from " .. (here .. "none.pem"):gsub("%p", "%%%0")
    .. ",[^\n]*" .. CHECK:gsub("%p", "%%%0") .. "\n$")
end)

-- Lying answers --------------------------------------------------------------

local NOT_UNDERSTOOD = "the answer cannot be understood: "

local answers = {
  { '{ body = "[{]" }', "list_images()",
    NOT_UNDERSTOOD .. "a name in quotes was expected" },
  { '{ body = "{}" }', "list_images()",
    NOT_UNDERSTOOD .. "a list was expected" },
  { '{ body = "[5]" }', "list_images()",
    NOT_UNDERSTOOD .. "an object was expected" },
  { '{ body = "" }', "list_images()",
    NOT_UNDERSTOOD .. "it ends in the middle of a value" },
  { '{ body = "<html>" }', "list_containers()",
    NOT_UNDERSTOOD .. "a value was expected" },
  { '{ body = "[]" }', 'get_container("x")',
    NOT_UNDERSTOOD .. "an object was expected" },
  { [[{ status = 404, body = '{"message":"No such container: x"}' }]],
    'get_container("x")', "No such container: x (HTTP 404)" },
  { [[{ status = 500, body = '{"message":"broken"}' }]], "list_images()",
    "broken (HTTP 500)" },
  { '{ status = 500, body = "" }', "list_images()", "the answer to GET "
    .. "/v1.41/images/json is Internal Server Error, without a message "
    .. "(HTTP 500)" },
  { '{ status = 502, body = "<html>x</html>" }', "list_images()", "Bad "
    .. "Gateway, in HTML: what answers there is no Docker Engine (a proxy?) "
    .. "(HTTP 502)" },
  { '{ body = "{}" }', 'get_container("x")',
    NOT_UNDERSTOOD .. "a Container without its id, at byte 1 of 2" },
  { [[{ status = 201, body = '{"Warnings":null}' }]],
    'deploy_container("web", "image")',
    "the engine created a container without an Id" },
  { [[{ body = '{"errorDetail":{"message":"manifest unknown"}}' }]],
    'install_image("image")', "manifest unknown" },
  { [[{ body = '{"status":"Pulling"}\n{"stat' }]], 'install_image("image")',
    "the engine's report on the pull ends in the middle" },
  { [[{ status = 301, headers = { Location = "http://other/" } }]],
    "list_images()", "more than 5 redirects, the last one to http://other/" },
  { "5", "list_images()", "the transport must give a table with a status" },
  { 'error("of mine", 0)', "list_images()", "of mine" },
  { "{ headers = { ['Api-Version'] = 'x' } }", "list_images()", "what answers "
    .. "there is no Docker Engine: it names no API version", true },
}

for _, row in ipairs(answers) do
  spec.test("an engine that lies: " .. row[1], function()
    local result = program.run_script(([[local luft = require "luft"
      local pinged = %s
      luft.transport(function()
        if not pinged then
          pinged = true
          return { status = 200, headers = { ["Api-Version"] = "1.41" } }
        end
        local answer = %s
        if type(answer) == "table" then answer.status = answer.status or 200 end
        return answer
      end)
      local docker = luft.container.docker{ retries = 0 }
      docker:%s]]):format(row[4] and "true" or "false", row[1], row[2]))
    spec.equal(result.out, "")
    spec.equal(result.status, 1, result.err)
    -- What stands behind it says where in the answer.
    spec.match(result.err, "^luft: script:13: docker: "
      .. row[2]:match("^[%w_]+") .. ": " .. row[3]:gsub("%p", "%%%0")
      .. "[^\n]*\n$")
  end)
end

spec.test("an HTTP server that lies", function()
  local server <close> = require "server".start {}
  check(('luft.http.get("%s/bytes?n=100&cut_after=5", { retries = 0 })')
    :format(server.url), "http: request: the answer of " .. server.url
    .. " ended before its time: transfer closed with 95 bytes remaining to "
    .. "read")
  check(('luft.http.post("%s/bytes?cut_after=-1")'):format(server.url),
    "http: request: " .. server.url .. " closed the connection without an "
    .. "answer: Empty reply from server")
  local result = program.run_script(('require "luft".http.get("%s/bytes?n=10")'
    .. ":json()"):format(server.url))
  spec.match(result.err, "^luft: script:1: http: the answer is no JSON: [^\n]*"
    .. "at byte 1 of 10\n$")
  result = program.run_script(
    ('require "luft".http.get("%s/x", { save = "/nonexistent/x" })'):format(
      server.url))
  spec.equal(result.status, 1)
  spec.match(result.err, "^luft: script:1: http: request: cannot write "
    .. "/nonexistent/x[^\n]*: No such file or directory\n$")
end)

spec.done()
