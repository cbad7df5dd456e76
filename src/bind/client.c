/* client.c -- drivers as userdata: luft.container.docker{...}. */
#include <stdlib.h>
#include <string.h>

#include "bind.h"

/* Each driver has a metatable of its own, kept in the registry under the
 * driver's address; this one marks it as a driver's. */
static const char mark[] = "__luft_driver";

struct client *check_client(lua_State *L, int index)
{
    struct client **box = lua_touserdata(L, index);
    bool ours = false;

    if (box && lua_getmetatable(L, index)) {
        lua_getfield(L, -1, mark);
        ours = lua_toboolean(L, -1);
        lua_pop(L, 2);
    }
    if (!ours || !*box)
        raise_misuse(L, NULL, NULL, "methods of a driver are called with a "
                     "colon: driver:method(...)");
    return *box;
}

static int collect(lua_State *L)
{
    struct client **box = lua_touserdata(L, 1);

    client_release(*box);
    *box = NULL;
    return 0;
}

static const struct driver *find_driver(const char *area, const char *name)
{
    for (size_t i = 0; drivers[i]; i++)
        if (strcmp(drivers[i]->area, area) == 0
            && strcmp(drivers[i]->name, name) == 0)
            return drivers[i];
    return NULL;
}

/* The environment function of the Lua half, on top of the stack: a host may
 * know more than getenv does. */
static const char *get_environment(void *context, const char *name)
{
    lua_State *L = context;
    const char *value;

    lua_pushvalue(L, 4);
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
    value = lua_tostring(L, -1);
    lua_replace(L, 5);              /* keeps it alive until the next one */
    return value;
}

static void push_metatable(lua_State *L, const struct driver *d)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, d);
    if (!lua_isnil(L, -1))
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, mark);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, d);
}

/* core.driver_metatable(area, name) -> the metatable of its clients */
int client_metatable(lua_State *L)
{
    const struct driver *d = find_driver(luaL_checkstring(L, 1),
                                         luaL_checkstring(L, 2));

    if (!d)
        return luaL_error(L, "no such driver");
    push_metatable(L, d);
    return 1;
}

static struct client **push_box(lua_State *L, const struct driver *d)
{
    struct client **box = lua_newuserdatauv(L, sizeof *box, 1);

    *box = NULL;
    push_metatable(L, d);
    lua_setmetatable(L, -2);
    return box;
}

static int refuse(lua_State *L, struct client *k)
{
    struct error e = k->error;

    push_error(L, &e);
    push_script_place(L);
    lua_setfield(L, -2, "where");
    return lua_error(L);
}

/* core.open(area, name, options, getenv) */
int open_client(lua_State *L)
{
    const struct driver *d = find_driver(luaL_checkstring(L, 1),
                                         luaL_checkstring(L, 2));
    struct client *k, **box;

    if (!d)
        return luaL_error(L, "no such driver");
    luaL_checktype(L, 4, LUA_TFUNCTION);
    lua_settop(L, 5);
    box = push_box(L, d);              /* at 6 */
    *box = k = client_new(d);
    if (!k)
        return luaL_error(L, "not enough memory");
    if (!lua_isnoneornil(L, 3)) {
        if (!lua_istable(L, 3))
            return raise_misuse(L, d->name, NULL, "the options must be a "
                                "table, not a %s", luaL_typename(L, 3));
        take_options(L, 3, k);
    }
    if (!client_configure(k, (struct environment){get_environment, L}))
        return refuse(L, k);
    lua_settop(L, 6);
    return 1;
}

int client_origin(lua_State *L)
{
    struct client *k = check_client(L, 1);
    struct arena a = {0};
    const char *text = origin_text(&k->origin, &a);

    lua_pushstring(L, text ? text : "?");
    arena_free(&a);
    lua_pushboolean(L, !k->origin.tls.insecure);
    return 2;
}
