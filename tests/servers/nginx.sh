#!/bin/sh
# nginx.sh -- nginx with luft in its workers.  What is posted to /run is a Lua
# chunk that runs as a handler there and prints into the answer; /access and
# /filter run it in other phases; /two, /first and /second a part of it each.
# FLAVOUR: plain or asan, whose module make module built.  LATE=1: luft is
# loaded by the first request, not before.  DIRECTIVES: more of them for http.
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
worker_shutdown_timeout 20s;
working_directory $root;
pid $FOLDER/nginx.master;
error_log $FOLDER/error.log notice;
env LUFT_SHOWN=shown;
env LUFT_BUILD=$folder;
env LUFT_FLAVOUR=${FLAVOUR:-plain};
env LUFT_FIXTURES;
env PATH;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_buffer_size 1m;
    client_body_temp_path $FOLDER/temp;
    proxy_temp_path $FOLDER/temp;
    fastcgi_temp_path $FOLDER/temp;
    uwsgi_temp_path $FOLDER/temp;
    scgi_temp_path $FOLDER/temp;
    lua_package_path "$root/tests/?.lua;$root/lua/?.lua;$root/lua/?/init.lua;;";
    lua_package_cpath "$root/$folder/module/5.1/?.so;;";
    lua_check_client_abort on;
    lua_socket_log_errors off;
    ${DIRECTIVES:-}
    init_by_lua_block {
        ${LATE:+--} luft = require "luft"
        run_posted = require "system.nginx_run"
    }
    server {
        listen 127.0.0.1:$port;
        location = /alive { return 200 "alive"; }
        location = /worker {
            content_by_lua_block { ngx.say(ngx.worker.pid()) }
        }
        location = /run { content_by_lua_block { run_posted() } }
        location = /access {
            access_by_lua_block { run_posted() }
            content_by_lua_block { ngx.say("content") }
        }
        location = /filter {
            rewrite_by_lua_block { ngx.req.read_body() }
            header_filter_by_lua_block { run_posted.quietly("X-Said") }
            content_by_lua_block { ngx.say("content") }
        }
        location = /two {
            access_by_lua_block { run_posted.part(1) }
            content_by_lua_block { run_posted.part(2) }
        }
        location = /first {
            error_page 502 = /second;
            content_by_lua_block { run_posted.part(1) }
        }
        location = /second {
            content_by_lua_block { run_posted.part(2) }
        }
    }
}
X
}

start() {
    folder=build
    [ "${FLAVOUR:-plain}" = plain ] || folder=build/$FLAVOUR
    [ -e "$folder/module/5.1/luft/core.so" ] || die "make module comes first"
    port=$(free_port)
    mkdir -p "$FOLDER/temp"
    configuration > "$FOLDER/nginx.conf"
    if [ "${FLAVOUR:-plain}" = asan ]; then
        # what nginx and LuaJIT keep until the end is not ours to judge
        LD_PRELOAD=$(gcc -print-file-name=libasan.so)
        ASAN_OPTIONS=detect_leaks=0:log_path=$FOLDER/asan:handle_segv=0
        export LD_PRELOAD ASAN_OPTIONS
    fi
    # found by who looks in time: nginx hides it from its workers
    export DOCKER_HOST=tcp://127.0.0.1:1
    background nginx nginx -c "$FOLDER/nginx.conf" -p "$FOLDER"
    unset LD_PRELOAD
    wait_for curl -sf "http://127.0.0.1:$port/alive"
    tell "NGINX=http://127.0.0.1:$port" "NGINX_FOLDER=$FOLDER"
}

stop() {
    end_background
    rm -rf "$FOLDER"
}

main "$@"
