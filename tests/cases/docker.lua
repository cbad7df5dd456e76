-- docker.lua -- what each method of the docker driver sends, and what it makes
-- of the answers.  A row: the method, its arguments, the requests in order
-- (after the version was settled) with their answers, and what comes out:
-- gives (compared member by member) or fails (kind, and a pattern of the text).

local ID = ("a68c1872c746"):rep(5) .. "3052"

local inspected = [[{"Id":"]] .. ID .. [[","Created":"2015-12-23T01:05:40Z",
  "Name":"/web","State":{"Status":"running"},"Image":"sha256:cf55",
  "Config":{"Image":"busybox:1","Tty":false,"Cmd":["sh"]},
  "NetworkSettings":{"IPAddress":"","Networks":{"bridge":{"IPAddress":
  "172.17.0.2"},"other":{"IPAddress":"10.0.0.2"},"none":{"IPAddress":""}}}}]]

local web = {
  id = ID, name = "web", state = "running", created_at = 1450832740,
  ip_addresses = { "172.17.0.2", "10.0.0.2" },
  image = { id = "sha256:cf55", name = "busybox:1", path = "busybox:1" },
}

local inspect = { "GET /containers/" .. ID .. "/json", answer = inspected }

-- A frame of a log: who wrote it, and what.
local function frame(source, text)
  return string.char(source, 0, 0, 0, 0, 0, 0, #text) .. text
end

local pull_stream = [[
{"status":"Pulling from library/busybox","id":"1"}
{"status":"Downloading","progressDetail":{"current":5,"total":9},"id":"3e32"}
{"status":"Digest: sha256:9920"}{"status":"Status: Downloaded newer image"}]]

local minimal = {
  Image = "busybox:1", Tty = true, OpenStdin = true,
  HostConfig = { PublishAllPorts = true },
}

local function body_with(fields)
  local body = { HostConfig = { PublishAllPorts = true } }
  for name, value in pairs(minimal) do
    if name ~= "HostConfig" then body[name] = value end
  end
  for name, value in pairs(fields) do
    if name ~= "HostConfig" then body[name] = value end
  end
  for name, value in pairs(fields.HostConfig or {}) do
    body.HostConfig[name] = value
  end
  return body
end

-- deploy_container with one option, and what that adds to the body.
local function deploys(options, fields)
  options.start = false
  return {
    "deploy_container", "web", "busybox:1", options,
    requests = {
      { "POST /containers/create?name=web", body = body_with(fields),
        status = 201, answer = '{"Id":"' .. ID .. '","Warnings":[]}' },
      inspect,
    },
    gives = web,
  }
end

return {
  -- Images -------------------------------------------------------------------

  { "list_images", requests = { { "GET /images/json", answer = [[[
      {"Id":"sha256:1","RepoTags":["busybox:1","busybox:latest"],
       "Created":1449618009,"Size":7,"VirtualSize":8},
      {"Id":"sha256:2","RepoTags":["<none>:<none>"],"Created":5,"Size":1},
      {"Id":"sha256:3","RepoTags":null}]
    ]] } },
    gives = {
      { id = "sha256:1", name = "busybox:1", path = "busybox:1",
        extra = { created = 1449618009, size = 7, virtual_size = 8 } },
      { id = "sha256:2", name = "sha256:2", path = "sha256:2",
        extra = { created = 5, size = 1 } },
      { id = "sha256:3", name = "sha256:3", extra = {} },
    } },
  { "list_images", requests = { { "GET /images/json", answer = "[]" } },
    gives = {} },
  { "list_images", requests = { { "GET /images/json", answer = "null" } },
    gives = {} },
  { "list_images", requests = { { "GET /images/json", answer = "[{}]x" } },
    fails = { "protocol", "cannot be understood: text stands behind" } },
  { "list_images", requests = { { "GET /images/json", answer = '{"a":1}' } },
    fails = { "protocol", "a list was expected" } },
  { "list_images", requests = { { "GET /images/json", answer = "" } },
    fails = { "protocol", "ends in the middle" } },

  { "install_image", "busybox:1", requests = {
      { "POST /images/create?fromImage=busybox&tag=1", answer = pull_stream },
      { "GET /images/busybox%3A1/json", answer = [[{"Id":"sha256:7",
        "RepoTags":["other:2","busybox:1"],"Created":"2015-12-23T01:05:40Z",
        "Size":5}]] } },
    gives = { id = "sha256:7", name = "busybox:1", path = "busybox:1",
      extra = { size = 5, created = 1450832740 } } },
  { "install_image", "quay.io:5000/team/app@sha256:99", requests = {
      { "POST /images/create?fromImage=quay.io%3A5000%2Fteam%2Fapp%40sha256"
        .. "%3A99", answer = pull_stream },
      { "GET /images/quay.io%3A5000/team/app%40sha256%3A99/json",
        status = 404, answer = '{"message":"no such image"}' } },
    gives = { id = "sha256:9920", path = "quay.io:5000/team/app@sha256:99" } },
  { "install_image", "localhost:5000/app", requests = {
      { "POST /images/create?fromImage=localhost%3A5000%2Fapp&tag=latest",
        answer = "" },
      { "GET /images/localhost%3A5000/app/json", answer =
        '{"Id":"sha256:8"}' } },
    gives = { id = "sha256:8", name = "localhost:5000/app" } },
  { "install_image", "no/such", requests = {
      { "POST /images/create?fromImage=no%2Fsuch&tag=latest", answer =
        '{"status":"Pulling"}\n{"errorDetail":{"message":"manifest for '
        .. 'no/such:latest not found: manifest unknown"},"error":"x"}' } },
    fails = { "not_found", "install_image: manifest for no/such" } },
  { "install_image", "secret/app", requests = {
      { "POST /images/create?fromImage=secret%2Fapp&tag=latest", status = 404,
        answer = '{"message":"pull access denied for secret/app"}' } },
    fails = { "not_found", "pull access denied" } },
  { "install_image", "busybox:1", requests = {
      { "POST /images/create?fromImage=busybox&tag=1",
        answer = '{"status":"Pulling"}{"status":"Dow' } },
    fails = { "protocol", "ends in the middle" } },
  { "install_image", "busybox:1", requests = {
      { "POST /images/create?fromImage=busybox&tag=1",
        answer = '{"status":"x"}{"error":"toomanyrequests: You have reached '
        .. 'your pull rate limit"}' } },
    fails = { "rate_limited", "pull rate limit" } },

  -- Containers --------------------------------------------------------------

  { "list_containers", requests = { { "GET /containers/json?all=true",
      answer = [[[{"Id":"]] .. ID .. [[","Names":["/web"],"Image":"busybox:1",
       "ImageID":"sha256:cf55","Command":"sh -c x","Created":1450832740,
       "State":"running","Status":"Up 4 seconds","Ports":[{"PrivatePort":80}],
       "NetworkSettings":{"Networks":{"bridge":{"IPAddress":"172.17.0.2"},
       "other":{"IPAddress":"10.0.0.2"}}}}]
    ]] } },
    gives = { { id = ID, name = "web", state = "running",
      created_at = 1450832740, ip_addresses = { "172.17.0.2", "10.0.0.2" },
      image = web.image,
      extra = { id = ID, status = "Up 4 seconds", created = 1450832740,
        image = "busybox:1", ports = { { PrivatePort = 80 } },
        command = "sh -c x" },
    } } },
  { "list_containers", { all = false, image = "busybox:1" }, requests = {
      { "GET /containers/json?all=false&filters=%7B%22ancestor%22%3A%5B%22"
        .. "busybox%3A1%22%5D%7D", answer = "[]" } },
    gives = {} },

  { "get_container", ID, requests = { inspect }, gives = web },
  { "get_container", "a/../b", requests = {
      { "GET /containers/a%2F..%2Fb/json", answer = inspected } },
    gives = web },
  { "get_container", "no", requests = { { "GET /containers/no/json",
      status = 404, answer = '{"message":"No such container: no"}' } },
    fails = { "not_found",
      "^docker: get_container: No such container: no %(HTTP 404%)$" } },
  { "get_container", "x", requests = { { "GET /containers/x/json",
      status = 500, times = 4, answer = "no JSON at all\nmore" } },
    fails = { "provider", "no JSON at all %(HTTP 500%)$" } },
  { "get_container", "x", requests = { { "GET /containers/x/json",
      status = 401, answer = "" } },
    fails = { "credentials", "^docker: get_container: the answer to GET "
      .. "/v[%d.]+/containers/x/json is Unauthorized, without a message "
      .. "%(HTTP 401%)$" } },
  { "get_container", "x", requests = { { "GET /containers/x/json",
      status = 403, answer = " {}\n" } },
    fails = { "permission", "is Forbidden, without a message %(HTTP 403%)$" },
  },
  { "get_container", "x", requests = { { "GET /containers/x/json",
      status = 400, answer = '{"message":""}' } },
    fails = { "invalid_argument",
      "is Bad Request, without a message %(HTTP 400%)$" } },
  { "get_container", "x", requests = { { "GET /containers/x/json",
      status = 418, answer = "" } },
    fails = { "provider", "is an error without a message %(HTTP 418%)$" } },
  { "get_container", "x", requests = { { "GET /containers/x/json",
      status = 502, times = 4, answer =
        "\n<html><head><title>502</title></head><body>x</body></html>" } },
    fails = { "unavailable", "^docker: get_container: Bad Gateway, in HTML: "
      .. "what answers there is no Docker Engine %(a proxy%?%) "
      .. "%(HTTP 502%)$" } },
  { "get_container", "x", requests = { { "GET /containers/x/json",
      status = 401, answer = "<!DOCTYPE html>unauthorized" } },
    fails = { "credentials", "get_container: Unauthorized, in HTML: " } },
  { "get_container", "x", requests = { { "GET /containers/x/json",
      answer = "{}" } },
    fails = { "protocol", "a Container without its id, at byte 1 of 2$" } },
  { "list_containers", requests = { { "GET /containers/json?all=true",
      answer = '[{"Id":"a"},{"Names":["/b"]}]' } },
    fails = { "protocol", "a Container without its id, at byte 13 of 29$" } },
  { "list_images", requests = { { "GET /images/json", answer = "[{}]" } },
    fails = { "protocol", "a ContainerImage without its path, at byte 2 of" } },
  { "install_image", "busybox:1", requests = {
      { "POST /images/create?fromImage=busybox&tag=1", answer = pull_stream },
      { "GET /images/busybox%3A1/json", answer = "{}" } },
    fails = { "protocol", "a ContainerImage without its path" } },
  { "install_image", "", requests = {},
    fails = { "invalid_argument", "path is empty" } },
  { "deploy_container", "web", "", requests = {},
    fails = { "invalid_argument", "image is empty" } },
  { "get_container", "", requests = {},
    fails = { "invalid_argument", "id is empty" } },

  { "start_container", ID, requests = {
      { "POST /containers/" .. ID .. "/start", status = 204 }, inspect },
    gives = web },
  { "start_container", ID, requests = {
      { "POST /containers/" .. ID .. "/start", status = 304 }, inspect },
    gives = web },
  { "start_container", ID, requests = {
      { "POST /containers/" .. ID .. "/start", status = 500, times = 4,
        answer = '{"message":"driver failed: port is already allocated"}' } },
    fails = { "provider", "port is already allocated" } },
  { "stop_container", ID, requests = {
      { "POST /containers/" .. ID .. "/stop", status = 204 }, inspect },
    gives = web },
  { "stop_container", ID, { t = 3 }, requests = {
      { "POST /containers/" .. ID .. "/stop?t=3", status = 304 }, inspect },
    gives = web },
  { "restart_container", ID, { t = 0 }, requests = {
      { "POST /containers/" .. ID .. "/restart?t=0", status = 204 },
      inspect },
    gives = web },
  { "destroy_container", ID, requests = {
      { "DELETE /containers/" .. ID .. "?force=true", status = 204 } },
    gives = true },
  { "destroy_container", ID, { force = false, v = true }, requests = {
      { "DELETE /containers/" .. ID .. "?force=false&v=true", status = 409,
        answer = '{"message":"You cannot remove a running container"}' } },
    fails = { "conflict", "cannot remove a running container" } },

  -- Logs --------------------------------------------------------------------

  { "ex_get_logs", ID, requests = { inspect,
      { "GET /containers/" .. ID .. "/logs?stdout=true&stderr=true"
        .. "&follow=false",
        answer = frame(1, "one\ntwo") .. frame(2, "oops\n")
          .. frame(1, "") .. frame(1, "\n") } },
    gives = "one\ntwooops\n\n" },
  { "ex_get_logs", ID, { stderr = false, tail = 5, since = 7,
      timestamps = true, follow = true }, requests = { inspect,
      { "GET /containers/" .. ID .. "/logs?stdout=true&stderr=false&since=7"
        .. "&tail=5&timestamps=true&follow=true", answer = "" } },
    gives = "" },
  { "ex_get_logs", ID, requests = {
      { "GET /containers/" .. ID .. "/json",
        answer = '{"Config":{"Tty":true}}' },
      { "GET /containers/" .. ID .. "/logs?stdout=true&stderr=true"
        .. "&follow=false", answer = "raw\r\ntext" } },
    gives = "raw\r\ntext" },
  { "ex_get_logs", ID, requests = { inspect,
      { "GET /containers/" .. ID .. "/logs?stdout=true&stderr=true"
        .. "&follow=false", answer = frame(1, "whole") .. "\1\0\0\0" } },
    fails = { "protocol", "ends in the middle of a frame" } },
  { "ex_get_logs", ID, requests = { inspect,
      { "GET /containers/" .. ID .. "/logs?stdout=true&stderr=true"
        .. "&follow=false", answer = "these are no frames" } },
    fails = { "protocol", "not in the frames" } },
  { "ex_get_logs", ID, { stream = true }, requests = { inspect,
      { "GET /containers/" .. ID .. "/logs?stdout=true&stderr=true"
        .. "&follow=true",
        answer = frame(1, "one\ntw") .. frame(2, "oops\n") .. frame(1, "o\n")
          .. frame(2, "end") } },
    items = { { "one", "stdout" }, { "oops", "stderr" }, { "two", "stdout" },
      { "end", "stderr" } } },

  -- Deploy ------------------------------------------------------------------

  { "deploy_container", "web", "busybox:1", requests = {
      { "POST /containers/create?name=web", body = minimal, status = 201,
        answer = '{"Id":"' .. ID .. '","Warnings":null}' },
      { "POST /containers/" .. ID .. "/start", status = 204 },
      inspect },
    gives = web },
  deploys({}, {}),
  deploys({ command = "echo 'a b' \"c\"" }, { Cmd = { "echo", "a b", "c" } }),
  deploys({ command = { "sh", "-c", "x" }, entrypoint = "run it" },
    { Cmd = { "sh", "-c", "x" }, Entrypoint = { "run", "it" } }),
  deploys({ hostname = "h", domainname = "d", user = "u:g", tty = false,
    stdin_open = false, working_dir = "/w", network_disabled = true },
    { Hostname = "h", Domainname = "d", User = "u:g", Tty = false,
      OpenStdin = false, WorkingDir = "/w", NetworkDisabled = true }),
  deploys({ mem_limit = 5000000, memswap_limit = -1, cpu_shares = 512,
    network_mode = "host", dns = { "1.1.1.1" }, volumes_from = { "db:ro" } },
    { HostConfig = { Memory = 5000000, MemorySwap = -1, CpuShares = 512,
      NetworkMode = "host", Dns = { "1.1.1.1" }, VolumesFrom = { "db:ro" } },
    }),
  deploys({ environment = { B = 2, A = 'x "y"' } },
    { Env = { 'A=x "y"', "B=2" } }),
  deploys({ environment = { "A=b", "C" } }, { Env = { "A=b", "C" } }),
  deploys({ ports = { 80, "53/udp" } },
    { ExposedPorts = { ["80/tcp"] = {}, ["53/udp"] = {} } }),
  deploys({ ports = { 80, "80", "80/tcp" }, port_bindings = { ["80"] = 1 } },
    { ExposedPorts = { ["80/tcp"] = {} },
      HostConfig = { PortBindings = { ["80/tcp"] = { { HostPort = "1" } } } },
    }),
  deploys({ ports = { ["80/tcp"] = {} }, port_bindings = {
      ["80/tcp"] = { { HostPort = "8080" } }, ["443"] = 8443,
      ["53/udp"] = { 1, { HostIp = "127.0.0.1", HostPort = 2 } } } },
    { ExposedPorts = { ["80/tcp"] = {}, ["443/tcp"] = {}, ["53/udp"] = {} },
      HostConfig = { PortBindings = {
        ["80/tcp"] = { { HostPort = "8080" } },
        ["443/tcp"] = { { HostPort = "8443" } },
        ["53/udp"] = { { HostPort = "1" },
          { HostIp = "127.0.0.1", HostPort = "2" } } } } }),
  deploys({ volumes = { "/a:/b:ro", "/data" } },
    { Volumes = { ["/data"] = {} }, HostConfig = { Binds = { "/a:/b:ro" } } }),
  deploys({ volumes = { ["/data"] = {} } }, { Volumes = { ["/data"] = {} } }),
  deploys({ labels = { a = "b", n = 5, t = true } },
    { Labels = { a = "b", n = "5", t = "true" } }),
  { "deploy_container", "web", "x", { volumes = { ["/a"] = { bind = "/b" } } },
    requests = {},
    fails = { "invalid_argument", "a bind is written" } },
  { "deploy_container", "web", "x", { command = "echo 'open" },
    requests = {},
    fails = { "invalid_argument", "a quote in the command is not closed" } },
  { "deploy_container", "web", "busybox:1", requests = {
      { "POST /containers/create?name=web", status = 404,
        answer = '{"message":"No such image: busybox:1"}' },
      { "POST /images/create?fromImage=busybox&tag=1", answer = pull_stream },
      { "POST /containers/create?name=web", body = minimal, status = 201,
        answer = '{"Id":"' .. ID .. '"}' },
      { "POST /containers/" .. ID .. "/start", status = 204 }, inspect },
    gives = web },
  { "deploy_container", "web", "busybox:1", requests = {
      { "POST /containers/create?name=web", status = 404,
        answer = '{"message":"No such image: busybox:1"}' },
      { "POST /images/create?fromImage=busybox&tag=1",
        answer = '{"errorDetail":{"message":"manifest unknown"}}' } },
    fails = { "not_found", "deploy_container: manifest unknown" } },
  { "deploy_container", "web", "busybox:1", requests = {
      { "POST /containers/create?name=web", status = 404,
        answer = '{"message":"network x not found"}' } },
    fails = { "not_found", "network x not found" } },
  { "deploy_container", "web", "busybox:1", requests = {
      { "POST /containers/create?name=web", status = 409,
        answer = '{"message":"Conflict. The container name \\"/web\\" is '
          .. 'already in use by container"}' } },
    fails = { "already_exists", "already in use" } },
  { "deploy_container", "web", "busybox:1", requests = {
      { "POST /containers/create?name=web", status = 201,
        answer = '{"Id":"' .. ID .. '"}' },
      { "POST /containers/" .. ID .. "/start", status = 500,
        answer = '{"message":"no such program"}' } },
    fails = { "provider", "no such program .*made before that and still "
      .. "there: <Container", made = ID } },
  { "deploy_container", "web", "busybox:1", requests = {
      { "POST /containers/create?name=web", status = 201, answer = "{}" } },
    fails = { "protocol", "without an Id" } },
}
