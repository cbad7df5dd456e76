-- The module itself keeps to what Lua 5.4 and LuaJIT share; tests, scripts and
-- the build's own Lua run in luft.
std = "max"
max_line_length = 80
files["lua/luft/nginx"] = { read_globals = { "ngx" } }
files["examples/nginx"] = { globals = { "ngx" } }
files["tests/system/nginx*.lua"] = { globals = { "ngx" } }
files["tests"] = { ignore = { "211/guard", "211/g[0-9]", "231/guard", "512" } }
