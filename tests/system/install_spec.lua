-- install_spec.lua -- make module, install and uninstall, the rock and opm's
-- dist.ini: of a copy of the sources, into scratch folders.

local program = require "host.program"
local spec = require "spec"

local scratch <close> = program.new_folder()
local tree, root = scratch .. "/tree", scratch .. "/root"
local prefix = root .. "/usr/local"

assert(os.execute(("chmod 755 '%s' && mkdir '%s' && cp -R src drivers lua "
  .. "scripts docs examples Makefile README.md dist.ini luft-scm-1.rockspec "
  .. "'%s'"):format(scratch, tree, tree)))

-- Programs --------------------------------------------------------------------

--- Runs a line of the shell in a folder of its own, with few variables.
local function try(line, options)
  options = options or {}
  options.program = "sh"
  return program.run({ "-c", line }, options)
end

local function must(line, options)
  local result = try(line, options)
  if result.status ~= 0 then
    error(("%s\nstatus %d: %s%s"):format(line, result.status, result.out,
      result.err), 2)
  end
  return result.out
end

local function is_there(command)
  return try("command -v " .. command).status == 0
end

local function make(words, options)
  return must(("make -s -j2 -C '%s' CFLAGS=-O0 %s"):format(tree, words),
    options)
end

local function install(options)
  return make(("DESTDIR='%s' install"):format(root), options)
end

local function uninstall()
  return make(("DESTDIR='%s' uninstall"):format(root))
end

--- Names of what is in a folder, at any depth, each on a line.
-- @param tests  find's
local function found(folder, tests)
  return must(("cd '%s' && find . -mindepth 1 %s | sed 's,^./,,' | sort")
    :format(folder, tests or ""))
end

-- The Luas --------------------------------------------------------------------

local luas = {
  { abi = "5.4", command = "lua5.4", headers = "lua5.4" },
  { abi = "5.1", command = "luajit", headers = "luajit" },
}

for _, lua in ipairs(luas) do
  lua.is_made = try("pkg-config --exists " .. lua.headers).status == 0
  if not lua.is_made then
    lua.missing = "no headers for " .. lua.command
  elseif not is_there(lua.command) then
    lua.missing = "no " .. lua.command
  end
end

local function each_lua(name, test)
  for _, lua in ipairs(luas) do
    spec.test(lua.command .. ": " .. name, function()
      if lua.missing then spec.skip(lua.missing) end
      test(lua)
    end)
  end
end

local listing = [[
local luft = require "luft"
require("luft.playground").install()
local docker = luft.container.docker { endpoint = "tcp://alpha:2375" }
for _, container in ipairs(docker:list_containers()) do
  print(container.name, container.state)
end
]]

local function list(command, variables)
  return must(command .. " script", { env = variables,
    files = { script = listing } })
end

local wanted_list = list(("'%s'"):format(program.luft))

-- Of the places where a Lua looks by itself, those below /usr/local, as if
-- the scratch folder were the machine's root.
local function local_places(lua, field)
  local places = {}
  local all = must(("%s -e 'io.write(package.%s)'"):format(lua.command, field))
  for place in all:gmatch("[^;]+") do
    if place:find("^/usr/local/") then places[#places + 1] = root .. place end
  end
  return table.concat(places, ";")
end

local function where_it_looks(lua)
  return { LUA_PATH = local_places(lua, "path"),
    LUA_CPATH = local_places(lua, "cpath") }
end

-- The module ------------------------------------------------------------------

make("all module")

-- Calls make where pkg-config does not know some packages.
local function make_without(packages, target)
  local folder = must("mktemp -d -p " .. scratch):gsub("\n", "")
  program.write_file(folder .. "/pkg-config", ([[
#!/bin/sh
for name in %s; do
    case " $* " in *" $name "*) exit 1;; esac
done
PATH=${PATH#*:} exec pkg-config "$@"
]]):format(packages))
  must(("chmod +x '%s/pkg-config'"):format(folder))
  return try(("make -s -C '%s' CFLAGS=-O0 %s"):format(tree, target),
    { env = { PATH = folder .. ":" .. os.getenv("PATH") } })
end

spec.test("headers that are not there are named, the rest is made", function()
  local result = make_without("luajit", "module")
  spec.equal(result.status, 0)
  spec.match(result.err, "^No module for LuaJIT.*libluajit2%-5.1%-dev\n$")
  result = make_without("luajit lua5.4", "module")
  spec.equal(result.status, 2)
  spec.match(result.err, "No module for Lua 5.4.*No module for LuaJIT")
end)

spec.test("a module that is asked for fails without its headers", function()
  local result = make_without("luajit", "module-5.1")
  spec.equal(result.status, 2)
  spec.match(result.err, "^No module for LuaJIT")
  result = make_without("lua5.4", "build/module/5.4/luft/core.so")
  spec.equal(result.status, 2)
  spec.match(result.err, "^No module for Lua 5.4.*liblua5.4%-dev")
end)

each_lua("the module stays in memory and brings no Lua along", function(lua)
  local text = must(("readelf -d '%s/build/module/%s/luft/core.so'"):format(
    tree, lua.abi))
  spec.match(text, "NODELETE")
  spec.match(text, "NEEDED.*libcurl")
  spec.ok(not text:find("liblua"), text)
end)

-- Installing ------------------------------------------------------------------

local function wanted_files()
  local names = { "bin/luft", "share/luft/installed" }
  local function add(folder, there, pattern)
    for name in found(tree .. "/" .. folder, ("-type f -name '%s'"):format(
      pattern)):gmatch("[^\n]+") do
      names[#names + 1] = there .. name
    end
  end
  add("docs/types", "share/luft/types/", "*.lua")
  add("scripts", "share/luft/scripts/", "*.lua")
  for _, lua in ipairs(luas) do
    if lua.is_made then
      names[#names + 1] = ("lib/lua/%s/luft/core.so"):format(lua.abi)
      add("lua", ("share/lua/%s/"):format(lua.abi), "*.lua")
    end
  end
  table.sort(names)
  return table.concat(names, "\n") .. "\n"
end

spec.test("what install puts where", function()
  must(("mkdir -p '%s/lib' '%s/share/lua'"):format(prefix, prefix))
  install()
  spec.equal(found(prefix, "-type f"), wanted_files())
  spec.equal(found(prefix, "-type f ! -perm 644 ! -name core.so"),
    "bin/luft\n")
  spec.equal(list(("'%s/bin/luft'"):format(prefix)), wanted_list)
end)

each_lua("what was installed is found without being told where", function(lua)
  spec.equal(list(lua.command, where_it_looks(lua)), wanted_list)
end)

each_lua("two halves of different versions do not go together", function(lua)
  local name = ("%s/share/lua/%s/luft/init.lua"):format(prefix, lua.abi)
  local text = program.read_file(name)
  local changed, count = text:gsub('(VERSION = ")[%d.]+"', '%19.9.9"', 1)
  if count == 0 then spec.skip("the Lua half does not know its version") end
  program.write_file(name, changed)
  local result = try(lua.command .. " -e 'require [[luft]]'",
    { env = where_it_looks(lua) })
  program.write_file(name, text)
  spec.equal(result.status, 1)
  spec.match(result.err, "9%.9%.9")
  spec.match(result.err, "core%.so")
end)

spec.test("an older version's files go, one's own stay", function()
  local folder = prefix .. "/share/lua/5.4/luft"
  must(("touch '%s/old.lua' '%s/own.lua'; "):format(folder, folder)
    .. ("echo share/lua/5.4/luft/old.lua >> '%s/share/luft/installed'")
    :format(prefix))
  install()
  spec.equal(found(folder, "-name old.lua -o -name own.lua"), "own.lua\n")
  uninstall()
  spec.equal(found(prefix), "lib\nshare\nshare/lua\nshare/lua/5.4\n"
    .. "share/lua/5.4/luft\nshare/lua/5.4/luft/own.lua\n")
end)

spec.test("uninstall leaves what was there before, and nothing else", function()
  must(("rm -r '%s'; mkdir -p '%s/lib'"):format(prefix, prefix))
  install()
  uninstall()
  spec.equal(found(prefix), "lib\n")
  spec.match(uninstall(), "^Nothing was taken away: ")
end)

spec.test("a home folder needs no root", function()
  local home = scratch .. "/home"
  local nobody = try("id -u").out == "0\n"
    and "setpriv --reuid=65534 --regid=65534 --clear-groups" or ""
  must(("mkdir '%s'; [ -z '%s' ] || chown 65534:65534 '%s'"):format(home,
    nobody, home))
  local options = { env = { HOME = home, TMPDIR = home } }
  must(("cd '%s' && %s make -s CFLAGS=-O0 PREFIX=$HOME/.local install"):format(
    tree, nobody), options)
  spec.equal(list(home .. "/.local/bin/luft"), wanted_list)
  must(("cd '%s' && %s make -s PREFIX=$HOME/.local uninstall"):format(
    tree, nobody), options)
  spec.equal(found(home), ".local\n")
end)

-- The rock --------------------------------------------------------------------

local headers = { ["5.4"] = "", ["5.1"] = "LUA_INCDIR=$(pkg-config "
  .. "--variable=includedir luajit)" }

local function luarocks(lua, words)
  return ("luarocks --lua-version %s %s --tree '%s/rocks'"):format(lua.abi,
    words, scratch)
end

each_lua("luarocks make, from the sources as they are", function(lua)
  if not is_there("luarocks") then spec.skip("no luarocks") end
  local options = { env = { HOME = scratch.name } }
  must(("cd '%s' && %s %s"):format(tree, luarocks(lua, "make"),
    headers[lua.abi]), options)
  local function path(flag)
    return (must(luarocks(lua, "path " .. flag), options):gsub("\n$", ""))
  end
  spec.equal(list(lua.command, { LUA_PATH = path("--lr-path"),
    LUA_CPATH = path("--lr-cpath") }), wanted_list)
  must(luarocks(lua, "remove luft"), options)
  spec.equal(found(scratch .. "/rocks", "-path '*/luft*'"), "")
end)

spec.test("luarocks make for a Lua that is none of ours says so", function()
  local result = try(("make -s -C '%s' rock LUA_HEADERS=/none"):format(tree))
  spec.equal(result.status, 2)
  spec.match(result.err, "^LUA_INCDIR=/none has .*luajit%-2.1")
end)

-- dist.ini --------------------------------------------------------------------

-- As opm reads it: one section without a name.
local function read_ini(path)
  local values = {}
  for line in io.lines(path) do
    local key, value = line:match("^%s*([%w_]+)%s*=%s*(.-)%s*$")
    if key then
      spec.equal(values[key], nil, key .. " twice")
      values[key] = value
    elseif not line:find("^%s*$") and not line:find("^%s*[#;]") then
      error("no line of dist.ini: " .. line)
    end
  end
  return values
end

local opm_keys = { name = true, abstract = true, author = true,
  is_original = true, license = true, repo_link = true, version = false,
  lib_dir = false, doc_dir = false, main_module = false, requires = false,
  exclude_files = false }

spec.test("dist.ini has what opm wants, and promises what is there", function()
  local ini = read_ini(tree .. "/dist.ini")
  for key in pairs(ini) do spec.ok(opm_keys[key] ~= nil, key) end
  for key, is_needed in pairs(opm_keys) do
    spec.ok(ini[key] or not is_needed, key)
  end
  spec.ok(ini.is_original == "yes" or ini.is_original == "no")
  spec.match(ini.repo_link, "^https?://[%w./-]+$")
  spec.equal("luft " .. ini.version, require "luft"._VERSION)
  must(("cd '%s' && test -f '%s' && test -d '%s' && test -f README.md")
    :format(tree, ini.main_module, ini.doc_dir))
  spec.equal(ini.main_module, ini.lib_dir .. "/luft/init.lua")
  spec.match(found(tree .. "/" .. ini.doc_dir, "-name '*.md'"), "docker.md")
end)

spec.test("what opm packs is Lua that LuaJIT reads", function()
  if not is_there("luajit") then spec.skip("no luajit") end
  local folder = ("%s/%s"):format(tree, read_ini(tree .. "/dist.ini").lib_dir)
  must(("cd '%s' && for file in $(find . -type f); do luajit -b $file "
    .. "/dev/null || exit 1; done"):format(folder))
  spec.equal(found(folder, "-type f ! -name '*.lua'"), "")
end)

spec.done()
