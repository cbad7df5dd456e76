#!/bin/sh
# nginx.sh -- starts nginx for bench/nginx.lua, and ends it.
#
#   bench/nginx.sh BUILD
set -eu

build=$1
folder=$(mktemp -d)
trap 'tests/servers/nginx.sh stop "$folder"' EXIT
tests/servers/nginx.sh start "$folder" > /dev/null
. "$folder/env"
export NGINX
"$build/luft" bench/nginx.lua "$build"
