#!/bin/sh
# nginx.sh -- nginx with luft in its handlers; ENGINE says which Docker Engine
# they ask.  The module is the one that make module built.
. "$(dirname "$0")/lib.sh"
packages="nginx libnginx-mod-http-lua libluajit2-5.1-dev"

configuration() {
    root=$(pwd)
    cat <<X
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
user root;
daemon off;
worker_processes 1;
pid $FOLDER/nginx.master;
error_log $FOLDER/error.log notice;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path $FOLDER/temp;
    proxy_temp_path $FOLDER/temp;
    fastcgi_temp_path $FOLDER/temp;
    uwsgi_temp_path $FOLDER/temp;
    scgi_temp_path $FOLDER/temp;
    lua_package_path "$root/lua/?.lua;$root/lua/?/init.lua;;";
    lua_package_cpath "$root/build/module/5.1/?.so;;";
    init_worker_by_lua_block {
        luft = require "luft"
        docker = luft.container.docker { endpoint = "$ENGINE" }
        function reply(value)
            ngx.header.content_type = "application/json"
            ngx.print(luft.json.encode(value))
        end
    }
    server {
        listen 127.0.0.1:$port;
        location = /alive { return 200 "alive"; }
        location = /containers {
            content_by_lua_block { reply(docker:list_containers()) }
        }
        location = /fan-out {
            content_by_lua_block {
                local counts = luft.map({ 1, 2, 3, 4, 5, 6, 7, 8 }, function()
                    return #docker:list_containers()
                end)
                reply(counts)
            }
        }
        location = /missing {
            content_by_lua_block {
                local container, err = docker.try:get_container("no-such-one")
                ngx.status = err.kind == "not_found" and 404 or 500
                ngx.print(tostring(err))
            }
        }
    }
}
X
}

start() {
    [ -e build/module/5.1/luft/core.so ] || die "make module comes first"
    port=$(free_port)
    mkdir -p "$FOLDER/temp"
    configuration > "$FOLDER/nginx.conf"
    background nginx nginx -c "$FOLDER/nginx.conf" -p "$FOLDER"
    wait_for curl -sf "http://127.0.0.1:$port/alive"
    tell "NGINX=http://127.0.0.1:$port"
}

stop() {
    end_background
    rm -rf "$FOLDER"
}

main "$@"
