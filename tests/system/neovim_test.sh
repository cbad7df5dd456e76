#!/bin/sh
# neovim_test.sh -- luft inside Neovim: neovim_spec.lua, in an editor without a
# screen.
set -eu

cd "$(dirname "$0")/../.."

skip() {
    echo "skipped: $1"
    echo "0 passed, 0 failed, 11 skipped"
    exit 0
}

module=${LUFT_BUILD:-build}/module/5.1
command -v nvim > /dev/null || skip "nvim is missing; Debian: neovim"
[ -f "$module/luft/core.so" ] || skip "there is no $module; make module"

LUA_PATH="tests/?.lua;lua/?.lua;lua/?/init.lua;;"
LUA_CPATH="$module/?.so;;"
HOME=$(mktemp -d)                       # nobody's plugins, nobody's history
export LUA_PATH LUA_CPATH HOME
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME
trap 'rm -rf "$HOME"' EXIT

nvim --headless -u NONE -i NONE -n -c "luafile tests/system/neovim_spec.lua" \
    < /dev/null
