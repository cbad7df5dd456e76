-- nginx_example_spec.lua -- examples/nginx as a stranger starts it: its audit,
-- its downloads, its deploys.  See tests/servers/nginx_example.sh.

local luft = require "luft"
local spec = require "spec"
local nginx = require "system.nginx"

local SIMULATED, REAL, UPSTREAM, FOLDER, TOKEN = os.getenv("NGINX_EXAMPLE"),
  os.getenv("NGINX_EXAMPLE_REAL"), os.getenv("NGINX_EXAMPLE_UPSTREAM"),
  os.getenv("NGINX_EXAMPLE_FOLDER"), os.getenv("NGINX_EXAMPLE_TOKEN")

local observer = require "engine.observer" { url = UPSTREAM }

local MEMORY_KIB = 8 * 1024    -- what a worker may need for a download

local function download(name, options)
  options = options or {}
  options.retries, options.max_connections = 0, 100
  return luft.http.get(REAL .. "/download?name=" .. name, options)
end

-- Requests that end with a time limit, on their way while others are tested.
local slow_audit = luft.spawn(luft.http.get, REAL .. "/audit")
local slow_page = luft.spawn(luft.http.get, REAL .. "/audit?format=html")
local stalled = luft.spawn(download, "stalled")

-- The configuration -----------------------------------------------------------

local function run_nginx(variables, options)
  return spec.output_of(("%s nginx %s -e stderr -p %s/simulated/examples/nginx "
    .. "-c nginx.conf 2>&1; echo status $?"):format(variables, options, FOLDER))
end

spec.test("nginx takes the configuration", function()
  spec.match(run_nginx("", "-t"), "test is successful.*status 0")
end)

spec.test("nginx does not start with clouds that are none", function()
  spec.match(run_nginx("CLOUDS=tcp://alpha:2375", ""),
    "CLOUDS takes NAME=VALUE NAME=VALUE .*, not tcp://alpha.*status 1")
end)

-- The audit -------------------------------------------------------------------

local function audit(url)
  return luft.http.get((url or SIMULATED) .. "/audit"):json()
end

local function names_of(containers)
  local names = {}
  for i, container in ipairs(containers) do names[i] = container.name end
  table.sort(names)
  return names
end

spec.test("the audit gives what runs, and the error of a host that is down",
  function()
    local response = luft.http.get(SIMULATED .. "/audit")
    spec.equal(response.status, 200)
    spec.equal(response.headers["Content-Type"], "application/json")
    local hosts = response:json()
    spec.equal({ hosts[1].name, hosts[2].name, hosts[3].name, #hosts },
      { "alpha", "beta", "gamma", 3 })
    spec.equal(names_of(hosts[1].containers), { "db", "web", "worker" })
    local web = hosts[1].containers[1]
    spec.equal({ web.name, web.image, web.state, #web.id },
      { "web", "nginx:1.27", "running", 64 })
    spec.match(web.since, "^Up ")
    spec.equal(hosts[3], { name = "gamma", error = { kind = "network",
      message = "cannot connect to http://gamma:2375: Connection refused" } })
  end)

spec.test("the audit as a page, for who asks for one", function()
  local browser = { headers = { Accept = "text/html,*/*;q=0.8" } }
  local response = luft.http.get(SIMULATED .. "/audit", browser)
  spec.equal(response.headers["Content-Type"], "text/html; charset=utf-8")
  spec.equal(response.headers["Vary"], "Accept")
  local text = response.body
  spec.equal(luft.http.get(SIMULATED .. "/audit?format=html").body, text)
  spec.match(text, '<th scope="rowgroup" rowspan="3">alpha</th><td>web</td>'
    .. "<td><code>nginx:1%.27</code></td>")
  spec.match(text, ">gamma</th><td [^>]*error\">network: cannot connect to ")
  spec.match(text, "7 containers on 3 hosts, of which 1 failed")
  spec.ok(not text:find("src=") and not text:find("href=")
    and not text:find("url%("), "the page asks for something")
  spec.match(luft.http.get(SIMULATED .. "/audit?format=json", browser).headers
    ["Content-Type"], "json")
end)

spec.test("names are shown in the page, not obeyed", function()
  local printed, header = {}, {}
  local page = assert(loadfile("examples/nginx/lua/page.lua", "t",
    setmetatable({ ngx = { header = header, print = function(...)
      for i = 1, select("#", ...) do printed[#printed + 1] = select(i, ...) end
    end } }, { __index = _G })))()
  page.show { { name = "<a>", containers = { { name = "<b>{image}</b>",
    image = "\"'&", state = "running", since = "%1" } } } }
  spec.match(table.concat(printed), '>&lt;a&gt;</th><td>&lt;b&gt;{image}&lt;/b'
    .. "&gt;</td><td><code>&quot;&#39;&amp;</code></td>.*>%%1</td>")
end)

-- Downloads -------------------------------------------------------------------

local function direct(path)
  return luft.http.get(UPSTREAM .. path).body
end

spec.test("a download is what the other server has, in each framing", function()
  local cases = { small = "/bytes?n=1000", empty = "/bytes?n=0",
    chunked = "/bytes?n=50000", endless = "/bytes?n=50000",
    gzip = "/bytes?n=1000" }
  for name, path in pairs(cases) do
    local response = download(name)
    spec.equal(response.status, 200)
    spec.ok(response.body == direct(path), name)
    spec.equal(response.headers["Content-Type"], "application/octet-stream")
    spec.equal(response.headers["Content-Disposition"],
      'attachment; filename="' .. name .. '"')
  end
  spec.equal(download("small").headers["Content-Length"], "1000")
end)

spec.test("HEAD gives the head", function()
  for _, url in ipairs { REAL .. "/download?name=small",
    SIMULATED .. "/download?name=lines.txt" } do
    local response = luft.http.head(url)
    spec.equal(response.status, 200)
    spec.ok(tonumber(response.headers["Content-Length"]) >= 1000)
    spec.equal(response.body, "")
  end
end)

spec.test("the simulated file", function()
  local body = luft.http.get(SIMULATED .. "/download?name=lines.txt").body
  spec.equal({ #body, body:sub(1, 12), body:sub(-12) },
    { 1200000, "line 000001\n", "line 100000\n" })
end)

spec.test("the other server's status is passed on", function()
  spec.equal(download("missing").status, 404)
  spec.equal(#download("missing").body, 30)
  spec.equal(download("broken").status, 500)
end)

local function refusal(response)
  spec.equal(response.headers["Content-Type"], "application/json")
  return { response.status, response:json().error.kind }
end

spec.test("only what has a name can be downloaded", function()
  for _, query in ipairs { "", "?name=", "?name=nothing",
    "?name=http://127.0.0.1/", "?url=" .. UPSTREAM } do
    spec.equal(refusal(luft.http.get(REAL .. "/download" .. query)),
      { 404, "not_found" })
  end
  spec.equal(luft.http.post(REAL .. "/download?name=small").status, 405)
end)

spec.test("a server that fails is a bad gateway", function()
  spec.equal(refusal(download("refused")), { 502, "network" })
  spec.equal(refusal(download("garbage")), { 502, "protocol" })
  spec.equal(refusal(download("reset")), { 502, "network" })
end)

spec.test("a download that was cut does not look whole", function()
  for _, name in ipairs { "cut", "cut.chunked" } do
    spec.fails(function() download(name) end, "protocol", "ended before")
  end
end)

local function contents(path)
  local file = assert(io.open(path))
  local text = file:read("a")
  file:close()
  return text
end

-- The processes of "simulated" or "real": the master, and its one worker.
local function processes(name)
  local master = contents(("%s/%s/examples/nginx/run/nginx.pid"):format(FOLDER,
    name)):match("%d+")
  return master, contents(("/proc/%s/task/%s/children"):format(master, master))
    :match("^(%d+) $")
end

-- Gives a function that tells by how much the worker has been larger since.
local function watch_memory()
  local _, pid = processes("real")
  local file = assert(io.open(("/proc/%s/clear_refs"):format(pid), "w"))
  file:write("5")               -- forgets what was the most so far
  file:close()
  local function most()
    return tonumber(contents(("/proc/%s/status"):format(pid))
      :match("VmHWM:%s*(%d+)"))
  end
  local before = most()
  return function() return most() - before end
end

local function check_memory(growth)
  spec.ok(growth() < MEMORY_KIB, "the worker grew by " .. growth() .. " KiB")
end

spec.test("a large download passes through little memory", function()
  local wanted, growth = direct("/bytes?n=20000000"), watch_memory()
  spec.ok(download("large").body == wanted, "other bytes")
  check_memory(growth)
end)

spec.test("a client that does not read holds the other server up", function()
  observer.wait("in_flight", 0)
  local growth = watch_memory()
  local response = download("huge", { stream = true })
  spec.ok(#response:chunks()() > 0)
  for _ = 1, 300 do download("small") end
  spec.equal(observer.counts().in_flight, 1)
  check_memory(growth)
  response:close()
  observer.wait("in_flight", 0)
end)

-- Without that, the handler would complain about the other server at last.
spec.test("a client that leaves ends what was fetched for it", function()
  local response = download("sticky", { stream = true })
  spec.equal(#response:chunks()(), 5)
  spec.equal(observer.counts().in_flight, 1)
  response:close()
  observer.wait("in_flight", 0)
  for line in io.lines(FOLDER .. "/real.log") do
    spec.ok(not line:find("stood still", 1, true), line)
  end
end)

-- Deploys ---------------------------------------------------------------------

local function deploy(wish, token, url)
  return luft.http.post((url or SIMULATED) .. "/deploy", {
    [type(wish) == "string" and "body" or "json"] = wish,
    headers = { Authorization = token or "Bearer " .. TOKEN },
  })
end

local function has(host, name)
  for _, one in ipairs(audit()) do
    for _, container in ipairs(one.name == host and one.containers or {}) do
      if container.name == name then return true end
    end
  end
  return false
end

local WISH = { host = "alpha", name = "never", image = "redis:7" }

spec.test("who has not the token is refused", function()
  local wrong = { "", "Bearer", "Bearer ", "Bearer x", TOKEN, "Basic " .. TOKEN,
    "Bearer " .. TOKEN:sub(1, -2), "Bearer " .. TOKEN .. TOKEN,
    "Bearer x" .. TOKEN:sub(2), "Bearer " .. TOKEN:sub(1, -2) .. "x" }
  for _, token in ipairs(wrong) do
    local response = deploy(WISH, token)
    spec.equal(refusal(response), { 401, "credentials" }, token)
    spec.equal(response.headers["WWW-Authenticate"], 'Bearer realm="deploy"')
  end
  local without = luft.http.post(SIMULATED .. "/deploy", { json = WISH })
  spec.equal(without.status, 401)
  spec.ok(not has("alpha", "never"))
end)

spec.test("where no token is set, nobody may deploy", function()
  for _, token in ipairs { "Bearer ", "Bearer nil", "Bearer " .. TOKEN } do
    spec.equal(deploy({ host = "up", name = "never", image = "redis:7" }, token,
      REAL).status, 401)
  end
end)

spec.test("a wish that is none is refused", function()
  local function with(field, value)
    local wish = { host = "alpha", name = "never", image = "redis:7" }
    wish[field] = value
    return wish
  end
  local wrong = { "", "{", "[]", "7", "null", "\"text\"", with("host"),
    with("name"), with("image"), with("image", ""), with("name", 7),
    with("image", {}), with("name", luft.null), with("name", "no name") }
  for _, wish in ipairs(wrong) do
    spec.equal(refusal(deploy(wish)), { 400, "invalid_argument" })
  end
  spec.equal(refusal(deploy(with("host", "delta"))), { 404, "not_found" })
  spec.equal(refusal(deploy(with("image", "no-such:1"))), { 404, "not_found" })
  spec.equal(refusal(deploy(with("host", "gamma"))), { 502, "network" })
  spec.equal(deploy(("x"):rep(70000)).status, 413)
  spec.equal(luft.http.get(SIMULATED .. "/deploy").status, 405)
  spec.ok(not has("alpha", "never"))
end)

spec.test("a deploy makes a container, once", function()
  local wish = { host = "alpha", name = "shop", image = "redis:7" }
  local response = deploy(wish)
  spec.equal(response.status, 201)
  local made = response:json()
  spec.equal(#made.id, 64)
  made.id = nil
  wish.state = "running"
  spec.equal(made, wish)
  spec.ok(has("alpha", "shop"))
  wish.state = nil
  local again = deploy(wish)
  spec.equal(refusal(again), { 409, "already_exists" })
end)

spec.test("many deploys at once", function()
  local wishes = {}
  for i = 1, 60 do
    wishes[i] = { host = i % 2 == 0 and "alpha" or "beta", image = "redis:7",
      name = i <= 40 and "many" .. i or "same" }
  end
  local counts = { [201] = 0, [409] = 0 }
  luft.each(wishes, function(wish)
    local response = deploy(wish)
    counts[response.status] = counts[response.status] + 1
    if response.status == 201 then
      spec.equal(response:json().name, wish.name)
    end
  end)
  spec.equal(counts, { [201] = 42, [409] = 18 })
  for i = 1, 40 do spec.ok(has(wishes[i].host, "many" .. i)) end
end)

spec.test("a deploy goes on when the client has left", function()
  local body = '{"host":"beta","name":"left","image":"postgres:16"}'
  local path = FOLDER .. "/left"
  local file = assert(io.open(path, "w"))
  file:write(("POST /deploy HTTP/1.0\r\nAuthorization: Bearer %s\r\n"
    .. "Content-Length: %d\r\n\r\n%s"):format(TOKEN, #body, body))
  file:close()
  spec.output_of(("bash -c 'cat %s > /dev/tcp/127.0.0.1/%s'"):format(path,
    SIMULATED:match("%d+$")))
  nginx.wait_for("the container", function() return has("beta", "left") end)
end)

-- What took its time ----------------------------------------------------------

spec.test("a host that stalls, and one that is down, do not hold up the audit",
  function()
    local response = slow_audit:await()
    spec.equal(response.status, 200)
    local hosts = response:json()
    spec.equal(#hosts[1].containers, 10)
    spec.equal({ hosts[2].error.kind, hosts[3].error.kind },
      { "network", "timeout" })
    spec.match(hosts[3].error.message, "^not done within 3 s")
    local text = slow_page:await().body
    spec.match(text, "10 containers on 3 hosts, of which 2 failed")
    spec.match(text, ">slow</th><td [^>]*>timeout: not done within 3 s<")
  end)

spec.test("a server that stalls is a gateway's time-out", function()
  spec.equal(refusal(stalled:await()), { 504, "timeout" })
end)

spec.test("a reload changes nothing", function()
  local master, before = processes("simulated")
  nginx.signal(master, "HUP")
  local _, after
  nginx.wait_for("another worker, alone", function()
    _, after = processes("simulated")
    return after and after ~= before
  end)
  for _ = 1, 5 do
    local body = luft.http.get(SIMULATED .. "/download?name=lines.txt").body
    spec.equal(#body, 1200000)
  end
  spec.equal(#audit(), 3)
  spec.equal(select(2, processes("simulated")), after)
end)

spec.test("no handler made a mistake", function()
  for _, name in ipairs { "simulated", "real" } do
    for line in io.lines(FOLDER .. "/" .. name .. ".log") do
      spec.ok(line:find("luft: http: request: ", 1, true)
        or line:find("too large body", 1, true), line)
    end
  end
end)

spec.done()
