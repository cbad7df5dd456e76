#!/bin/sh
# nginx_example.sh -- nginx with the configuration of examples/nginx, in which
# only the port is replaced: once with simulated clouds, one of them down, and
# once with a server of tests/server as host and as source of downloads.
. "$(dirname "$0")/lib.sh"
packages="nginx libnginx-mod-http-lua libluajit2-5.1-dev"

# copy NAME  the example in FOLDER/NAME, where its paths lead to the same things
copy() {
    prefix=$FOLDER/$1/examples/nginx
    port=$(free_port)
    mkdir -p "$prefix/run"
    ln -s "$(pwd)/lua" "$(pwd)/build" "$FOLDER/$1"
    cp -r examples/nginx/lua "$prefix"
    sed "s/127\.0\.0\.1:8080/127.0.0.1:$port/" examples/nginx/nginx.conf \
        > "$prefix/nginx.conf"
}

# serve NAME VARIABLE=VALUE...  runs that copy with that environment
serve() {
    name=$1; shift
    copy "$name"
    background "$name" env "$@" nginx -e stderr -p "$prefix" -c nginx.conf
    wait_for curl -s "http://127.0.0.1:$port/deploy"
}

# server NAME OPTION...  a server of tests/server
server() {
    name=$1; shift
    port=$(free_port)
    background "$name" build/tests/server --port "$port" "$@"
    wait_for curl -sf "http://127.0.0.1:$port/_ping"
}

start() {
    [ -e build/module/5.1/luft/core.so ] || die "make module comes first"
    server upstream
    upstream=127.0.0.1:$port
    server slow --delay 60000
    slow=127.0.0.1:$port
    bytes="http://$upstream/bytes?n"
    unset CLOUDS DOWNLOADS LUFT_PLAYGROUND
    serve simulated DEPLOY_TOKEN=swordfish \
        LUFT_PLAYGROUND=down=tcp://gamma:2375
    simulated=127.0.0.1:$port
    unset DEPLOY_TOKEN
    serve real \
        CLOUDS="up=tcp://$upstream down=tcp://127.0.0.1:1 slow=tcp://$slow" \
        DOWNLOADS="small=$bytes=1000 empty=$bytes=0 gzip=$bytes=1000&gzip=1 \
            chunked=$bytes=50000&chunked=1 endless=$bytes=50000&no_length=1 \
            large=$bytes=20000000 huge=$bytes=400000000 \
            missing=$bytes=30&status=404 broken=$bytes=30&status=500 \
            cut=$bytes=1000000&cut_after=500000 \
            cut.chunked=$bytes=1000000&cut_after=500000&chunked=1 \
            garbage=$bytes=10&garbage=1 reset=$bytes=10&reset_after=-1 \
            sticky=$bytes=10&stall_after=5 \
            stalled=http://$slow/bytes?n=10&stall_head=1 \
            refused=http://127.0.0.1:1/"
    tell "NGINX_EXAMPLE=http://$simulated" "NGINX_EXAMPLE_TOKEN=swordfish" \
        "NGINX_EXAMPLE_REAL=http://127.0.0.1:$port" \
        "NGINX_EXAMPLE_UPSTREAM=http://$upstream" \
        "NGINX_EXAMPLE_FOLDER=$FOLDER"
}

stop() {
    end_background
    rm -rf "$FOLDER"
}

main "$@"
