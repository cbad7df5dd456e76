-- luft-scm-1.rockspec -- luft as a rock, for Lua 5.4 and for LuaJIT.
--
--   luarocks --lua-version 5.4 make
--   luarocks --lua-version 5.1 make LUA_INCDIR=/usr/include/luajit-2.1
--
-- The second is LuaJIT's: luarocks counts it as Lua 5.1, whose own headers it
-- would take on Debian; of plain Lua 5.1 luft makes nothing.  Packages there:
-- gcc make libcurl4-openssl-dev libssl-dev libuv1-dev zlib1g-dev, and
-- liblua5.4-dev or libluajit2-5.1-dev (libluajit-5.1-dev would remove nginx's
-- Lua module).
--
-- What is compiled, and how, stands in the Makefile.

rockspec_format = "3.0"
package = "luft"
version = "scm-1"

source = {
  url = "git+https://example.org/luft.git",     -- where it is published
}

description = {
  summary = "Many clouds at once, in plain sequential code",
  detailed = "Drivers for cloud services with Apache Libcloud's method names. "
    .. "Each call suspends only the task it stands in, in lua5.4, LuaJIT and "
    .. "nginx alike.",
  license = "MIT",
}

supported_platforms = { "linux" }

dependencies = {
  "lua >= 5.1, < 5.5, ~= 5.2, ~= 5.3",
}

-- libcurl's headers are where luarocks does not look on Debian; the library it
-- finds.  CURL_DIR=, CURL_INCDIR= and the like name other places.
external_dependencies = {
  CURL = { library = "curl" },
  CRYPTO = { header = "openssl/evp.h", library = "crypto" },
  UV = { header = "uv.h", library = "uv" },
  ZLIB = { header = "zlib.h", library = "z" },
}

build = {
  type = "make",
  build_target = "rock",
  install_target = "rock_install",
  variables = {
    BUILD = "build/rock",
    LUA_HEADERS = "$(LUA_INCDIR)",
  },
  build_variables = {
    CFLAGS = "$(CFLAGS) -I$(CURL_INCDIR) -I$(CRYPTO_INCDIR) -I$(UV_INCDIR) "
      .. "-I$(ZLIB_INCDIR)",
    LDFLAGS = "-L$(CURL_LIBDIR) -L$(CRYPTO_LIBDIR) -L$(UV_LIBDIR) "
      .. "-L$(ZLIB_LIBDIR)",
  },
  install_variables = {
    LUADIR = "$(LUADIR)",
    LIBDIR = "$(LIBDIR)",
  },
}
