/* system.c -- what the Lua half asks of the system and of Lua: the time, the
 * environment, where in the script it is. */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "bind.h"
#include "../core/text.h"

static double offset;               /* of the monotonic clock to 1970 */
static pthread_once_t offset_once = PTHREAD_ONCE_INIT;

static double read_clock(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void measure_offset(void)
{
    offset = read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC);
}

double clock_offset(void)
{
    pthread_once(&offset_once, measure_offset);
    return offset;
}

/* core.now() -> seconds since 1970, never going back */
int read_now(lua_State *L)
{
    lua_pushnumber(L, read_clock(CLOCK_MONOTONIC) + clock_offset());
    return 1;
}

/* core.place() -> "script.lua:12", where the script called luft */
int script_place(lua_State *L)
{
    push_script_place(L);
    return 1;
}

/* core.in_finalizer(): whether a finalizer is running, as far as this Lua
 * tells: from 5.4.4 on its collector answers -1 there. */
int in_finalizer(lua_State *L)
{
#if LUFT_HAS_INTEGERS
    lua_pushboolean(L, lua_gc(L, LUA_GCISRUNNING) < 0);
#else
    lua_pushboolean(L, 0);
#endif
    return 1;
}

/* core.environment() -> all variables, by name */
int whole_environment(lua_State *L)
{
    extern char **environ;

    lua_newtable(L);
    for (char **at = environ; at && *at; at++) {
        const char *equals = strchr(*at, '=');

        if (!equals)
            continue;
        lua_pushlstring(L, *at, (size_t)(equals - *at));
        lua_pushstring(L, equals + 1);
        lua_rawset(L, -3);
    }
    return 1;
}

/* core.can_yield(): whether the running coroutine may be suspended here. */
int may_yield(lua_State *L)
{
    lua_pushboolean(L, lua_isyieldable(L));
    return 1;
}

/* core.nearest(word, names) -> the name that was probably meant, or nil */
int nearest_word(lua_State *L)
{
    struct nearest n;

    nearest_start(&n, luaL_checkstring(L, 1));
    luaL_checktype(L, 2, LUA_TTABLE);
    for (int i = 1; i <= (int)lua_rawlen(L, 2); i++) {
        lua_rawgeti(L, 2, i);
        if (lua_type(L, -1) == LUA_TSTRING)
            nearest_offer(&n, lua_tostring(L, -1));
        lua_pop(L, 1);              /* the table keeps the names alive */
    }
    lua_pushstring(L, n.best);
    return 1;
}
