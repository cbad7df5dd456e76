-- registry.lua -- the images that the playground can pull.
--
-- Each row is a repository: what its containers run, the ports they listen at,
-- roughly how many megabytes it has.  Any sensible tag of it exists.

local core = require "luft.core"

core.mine()

local registry = {}

local wrapper = { "docker-entrypoint.sh" }      -- passes its arguments on

registry.repositories = {
  ["alpine"] = { size = 8, command = { "/bin/sh" } },
  ["busybox"] = { size = 4, command = { "sh" } },
  ["caddy"] = {
    size = 50, ports = { "80/tcp", "443/tcp" },
    command = { "caddy", "run", "--config", "/etc/caddy/Caddyfile" },
  },
  ["debian"] = { size = 117, command = { "bash" } },
  ["golang"] = { size = 822, command = { "bash" }, directory = "/go" },
  ["grafana/grafana"] = {
    size = 485, command = { "grafana", "server" }, ports = { "3000/tcp" },
    user = "472",
  },
  ["haproxy"] = {
    size = 103, entrypoint = wrapper, user = "haproxy",
    command = { "haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg" },
  },
  ["hello-world"] = { size = 0.01, command = { "/hello" } },
  ["httpd"] = {
    size = 148, command = { "httpd-foreground" }, ports = { "80/tcp" },
  },
  ["mariadb"] = {
    size = 405, entrypoint = wrapper, command = { "mariadbd" },
    ports = { "3306/tcp" }, volumes = { "/var/lib/mysql" },
  },
  ["memcached"] = {
    size = 84, entrypoint = wrapper, command = { "memcached" },
    ports = { "11211/tcp" }, user = "memcache",
  },
  ["mongo"] = {
    size = 797, entrypoint = wrapper, command = { "mongod" },
    ports = { "27017/tcp" }, volumes = { "/data/db" },
  },
  ["mysql"] = {
    size = 586, entrypoint = wrapper, command = { "mysqld" },
    ports = { "3306/tcp" }, volumes = { "/var/lib/mysql" },
  },
  ["nats"] = {
    size = 17, entrypoint = wrapper, command = { "nats-server" },
    ports = { "4222/tcp" },
  },
  ["nginx"] = {
    size = 187, entrypoint = { "/docker-entrypoint.sh" },
    command = { "nginx", "-g", "daemon off;" }, ports = { "80/tcp" },
  },
  ["node"] = { size = 1100, entrypoint = wrapper, command = { "node" } },
  ["postgres"] = {
    size = 432, entrypoint = wrapper, command = { "postgres" },
    ports = { "5432/tcp" }, volumes = { "/var/lib/postgresql/data" },
  },
  ["prom/prometheus"] = {
    size = 271, entrypoint = { "/bin/prometheus" }, ports = { "9090/tcp" },
    command = { "--config.file=/etc/prometheus/prometheus.yml" },
  },
  ["python"] = { size = 1020, command = { "python3" } },
  ["rabbitmq"] = {
    size = 217, entrypoint = wrapper, command = { "rabbitmq-server" },
    ports = { "5672/tcp" },
  },
  ["redis"] = {
    size = 117, entrypoint = wrapper, command = { "redis-server" },
    ports = { "6379/tcp" }, volumes = { "/data" }, directory = "/data",
  },
  ["registry"] = {
    size = 25, command = { "registry", "serve" }, ports = { "5000/tcp" },
    volumes = { "/var/lib/registry" },
  },
  ["ruby"] = { size = 1000, command = { "irb" } },
  ["tomcat"] = {
    size = 480, command = { "catalina.sh", "run" }, ports = { "8080/tcp" },
    directory = "/usr/local/tomcat",
  },
  ["traefik"] = {
    size = 185, entrypoint = { "/entrypoint.sh" }, command = { "traefik" },
    ports = { "80/tcp" },
  },
  ["ubuntu"] = { size = 78, command = { "/bin/bash" } },
  ["quay.io/podman/hello"] = { size = 0.6, command = { "/hello" } },
}

local first_words = {}

for word in ([[alpine beta bookworm bullseye bionic edge fpm focal jammy latest
  lts mainline management noble nightly otel perl rc slim stable trixie
  unstable]]):gmatch("%S+") do
  first_words[word] = true
end

--- Whether a tag is one that a repository may well have: 1.27, v3, alpine,
-- stable-slim.
function registry.is_sensible_tag(tag)
  if #tag > 128 or not tag:find("^[%w_][%w_.-]*$") then return false end
  return tag:find("^v?%d") ~= nil or first_words[tag:match("^%a*")] == true
end

return registry
