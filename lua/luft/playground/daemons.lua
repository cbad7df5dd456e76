-- daemons.lua -- programs that the playground knows by name, and what they log.
--
-- Each row is a program: its lines as {seconds after the line before, where to,
-- text}; `ends` is the exit status of one that does not stay, `on_stop` that of
-- one that does when it is told to stop.  {%H:%M:%S} in a text is the time.

local core = require "luft.core"

core.mine()

local OUT, ERR = 1, 2

local apache = {
  on_stop = 0,
  { 0.05, ERR, "AH00558: httpd: Could not reliably determine the server's "
    .. "fully qualified domain name, using 172.17.0.2. Set the 'ServerName' "
    .. "directive globally to suppress this message" },
  { 0.01, ERR, "[{%a %b %d %H:%M:%S %Y}] [mpm_event:notice] [pid 1:tid 1] "
    .. "AH00489: Apache/2.4 (Unix) configured -- resuming normal operations" },
}

local mysql = {
  on_stop = 0,
  { 0.02, OUT, "{%Y-%m-%d %H:%M:%S}+00:00 [Note] [Entrypoint]: Entrypoint "
    .. "script for MySQL Server started." },
  { 0.4, ERR, "{%Y-%m-%dT%H:%M:%S}Z 0 [System] mysqld: starting as "
    .. "process 1" },
  { 0.6, ERR, "{%Y-%m-%dT%H:%M:%S}Z 0 [System] mysqld: ready for "
    .. "connections. port: 3306" },
}

local hello = {
  ends = 0,
  { 0.01, OUT, "" },
  { 0, OUT, "Hello from Docker!" },
  { 0, OUT, "This message shows that your installation appears to be "
    .. "working correctly." },
  { 0, OUT, "" },
}

return {
  ["caddy"] = {
    on_stop = 0,
    { 0.02, ERR, '{"level":"info","msg":"using config from file",'
      .. '"file":"/etc/caddy/Caddyfile"}' },
    { 0.03, ERR, '{"level":"info","msg":"serving initial configuration"}' },
  },
  ["catalina.sh"] = {
    on_stop = 143,
    { 0.3, ERR, "{%d-%b-%Y %H:%M:%S} INFO [main] org.apache.coyote."
      .. 'AbstractProtocol.init Initializing ProtocolHandler '
      .. '["http-nio-8080"]' },
    { 0.5, ERR, "{%d-%b-%Y %H:%M:%S} INFO [main] org.apache.catalina.startup."
      .. "Catalina.start Server startup in [512] milliseconds" },
  },
  ["grafana"] = {
    on_stop = 0,
    { 0.2, OUT, "logger=settings t={%Y-%m-%dT%H:%M:%S}Z level=info "
      .. 'msg="Starting Grafana"' },
    { 0.4, OUT, "logger=http.server t={%Y-%m-%dT%H:%M:%S}Z level=info "
      .. 'msg="HTTP Server Listen" address=[::]:3000 protocol=http' },
  },
  ["haproxy"] = {
    on_stop = 0,
    { 0.02, ERR, "[NOTICE]   (1) : New worker (8) forked" },
    { 0.01, ERR, "[NOTICE]   (1) : Loading success." },
  },
  ["hello"] = hello,
  ["httpd"] = apache,
  ["httpd-foreground"] = apache,
  ["mariadbd"] = mysql,
  ["memcached"] = { on_stop = 0 },
  ["mongod"] = {
    on_stop = 0,
    { 0.3, OUT, '{"t":{"$date":"{%Y-%m-%dT%H:%M:%S}Z"},"s":"I",'
      .. '"c":"NETWORK","msg":"Listening on","attr":{"address":"0.0.0.0"}}' },
    { 0.1, OUT, '{"t":{"$date":"{%Y-%m-%dT%H:%M:%S}Z"},"s":"I",'
      .. '"c":"NETWORK","msg":"Waiting for connections",'
      .. '"attr":{"port":27017}}' },
  },
  ["mysqld"] = mysql,
  ["nats-server"] = {
    on_stop = 1,
    { 0.01, ERR, "[1] {%Y/%m/%d %H:%M:%S} [INF] Starting nats-server" },
    { 0.01, ERR, "[1] {%Y/%m/%d %H:%M:%S} [INF] Listening for client "
      .. "connections on 0.0.0.0:4222" },
    { 0, ERR, "[1] {%Y/%m/%d %H:%M:%S} [INF] Server is ready" },
  },
  ["nginx"] = {
    on_stop = 0,
    { 0.01, OUT, "/docker-entrypoint.sh: Configuration complete; ready for "
      .. "start up" },
    { 0.02, ERR, '{%Y/%m/%d %H:%M:%S} [notice] 1#1: using the "epoll" event '
      .. "method" },
    { 0, ERR, "{%Y/%m/%d %H:%M:%S} [notice] 1#1: start worker processes" },
    { 0, ERR, "{%Y/%m/%d %H:%M:%S} [notice] 1#1: start worker process 29" },
  },
  ["postgres"] = {
    on_stop = 0,
    { 0.02, OUT, "The files belonging to this database system will be owned "
      .. 'by user "postgres".' },
    { 0.4, OUT, "PostgreSQL init process complete; ready for start up." },
    { 0.1, ERR, "{%Y-%m-%d %H:%M:%S} UTC [1] LOG:  listening on IPv4 address "
      .. '"0.0.0.0", port 5432' },
    { 0.1, ERR, "{%Y-%m-%d %H:%M:%S} UTC [1] LOG:  database system is ready "
      .. "to accept connections" },
  },
  ["prometheus"] = {
    on_stop = 0,
    { 0.1, ERR, "ts={%Y-%m-%dT%H:%M:%S}Z level=info "
      .. 'msg="Start listening for connections" address=0.0.0.0:9090' },
    { 0.2, ERR, "ts={%Y-%m-%dT%H:%M:%S}Z level=info "
      .. 'msg="Server is ready to receive web requests."' },
  },
  ["rabbitmq-server"] = {
    on_stop = 0,
    { 0.5, OUT, "{%Y-%m-%d %H:%M:%S} [info] <0.230.0> Starting RabbitMQ" },
    { 0.9, OUT, "{%Y-%m-%d %H:%M:%S} [info] <0.9.0> Server startup complete" },
  },
  ["redis-server"] = {
    on_stop = 0,
    { 0.01, OUT, "1:C {%d %b %Y %H:%M:%S} * oO0OoO0OoO0Oo Redis is starting "
      .. "oO0OoO0OoO0Oo" },
    { 0.01, OUT, "1:M {%d %b %Y %H:%M:%S} * Ready to accept connections tcp" },
  },
  ["registry"] = {
    on_stop = 2,
    { 0.02, ERR, 'time="{%Y-%m-%dT%H:%M:%S}Z" level=info '
      .. 'msg="listening on [::]:5000"' },
  },
  ["tail"] = {},                -- with -f, which is why it is there
  ["top"] = {},
  ["traefik"] = { on_stop = 0 },
}
