/* compat.h -- what LuaJIT's C API lacks of Lua 5.4's, as far as we use it. */
#ifndef LUFT_COMPAT_H
#define LUFT_COMPAT_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#if LUA_VERSION_NUM < 502

#define LUFT_HAS_INTEGERS 0
#define lua_rawlen(L, i) lua_objlen((L), (i))
#define lua_newuserdatauv(L, size, values) lua_newuserdata((L), (size))

static inline int lua_absindex(lua_State *L, int i)
{
    return i > 0 || i <= LUA_REGISTRYINDEX ? i : lua_gettop(L) + i + 1;
}

static inline void lua_rawsetp(lua_State *L, int i, const void *key)
{
    i = lua_absindex(L, i);
    lua_pushlightuserdata(L, (void *)key);
    lua_insert(L, -2);
    lua_rawset(L, i);
}

static inline int lua_rawgetp(lua_State *L, int i, const void *key)
{
    i = lua_absindex(L, i);
    lua_pushlightuserdata(L, (void *)key);
    lua_rawget(L, i);
    return lua_type(L, -1);
}

#else

#define LUFT_HAS_INTEGERS 1

#endif

#endif
