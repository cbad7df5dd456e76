#!/bin/sh
# install.sh -- puts luft into a folder such as /usr/local, or takes it away;
# make install and make uninstall call it.
#
#   scripts/install.sh PREFIX BUILD LUA...     LUA: 5.4, 5.1
#   scripts/install.sh PREFIX
#
# PREFIX/share/luft/installed lists what was put there, folders with a slash:
# only that goes away again.  What an earlier install left goes first, so that
# no file of an older version is mixed in.
set -eu

prefix=$1
record=$prefix/share/luft/installed

make_folder() {
    [ ! -d "$prefix/$1" ] || return 0
    make_folder "$(dirname "$1")"
    mkdir -m 755 "$prefix/$1"
    echo "$1/" >> "$list"
}

# put MODE FILE PLACE
put() {
    make_folder "$(dirname "$3")"
    install -m "$1" "$2" "$prefix/$3"
    echo "$3" >> "$list"
}

# put_module LUA
put_module() {
    put 755 "$build/module/$1/luft/core.so" "lib/lua/$1/luft/core.so"
    for file in $(cd lua && find luft -name '*.lua' | sort); do
        put 644 "lua/$file" "share/lua/$1/$file"
    done
}

# Also when something went wrong: what was put there is known.
write_record() {
    [ ! -d "${record%/*}" ] || install -m 644 "$list" "$record"
    rm -f "$list"
}

put_all() {
    install -d -m 755 "$prefix"
    list=$(mktemp)
    trap write_record EXIT
    make_folder share/luft
    echo share/luft/installed >> "$list"
    put 755 "$build/luft" bin/luft
    for file in docs/types/*.lua; do
        put 644 "$file" "share/luft/types/${file##*/}"
    done
    for file in scripts/*.lua; do
        put 644 "$file" "share/luft/scripts/${file##*/}"
    done
    for lua in "$@"; do put_module "$lua"; done
}

take_away() {
    tac "$record" | while read -r name; do
        case $name in
        */) rmdir "$prefix/$name" 2> /dev/null || true ;;   # not empty: kept
        *) rm -f "$prefix/$name" ;;
        esac
    done
}

if [ -f "$record" ]; then
    take_away
elif [ $# = 1 ]; then
    echo "Nothing was taken away: there is no $record"
fi
if [ $# -gt 1 ]; then
    build=$2
    shift 2
    put_all "$@"
    echo "In $prefix: luft, and the module for Lua" "$@" "(5.1: LuaJIT)"
fi
