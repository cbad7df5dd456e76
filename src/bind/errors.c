/* errors.c -- struct error as the error object that scripts catch. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bind.h"

static const char metatable_key = 'e', own_key = 'o';

/* core.mine() marks the file of its caller as one of luft's. */
int mark_as_own(lua_State *L)
{
    lua_Debug ar;

    if (!lua_getstack(L, 1, &ar) || !lua_getinfo(L, "S", &ar))
        return 0;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &own_key);
    if (lua_isnil(L, -1)) {
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &own_key);
    }
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, ar.source);
    return 0;
}

static bool is_own(lua_State *L, const char *source)
{
    bool own = false;

    lua_rawgetp(L, LUA_REGISTRYINDEX, &own_key);
    if (lua_istable(L, -1)) {
        lua_getfield(L, -1, source);
        own = lua_toboolean(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return own;
}

void push_script_place(lua_State *L)
{
    lua_Debug ar;

    for (int level = 1; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0 && !is_own(L, ar.source)) {
            lua_pushfstring(L, "%s:%d", ar.short_src, ar.currentline);
            return;
        }
    }
    lua_pushliteral(L, "");
}

static void set_text(lua_State *L, const char *name, const char *text)
{
    if (!text)
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static void set_number(lua_State *L, const char *name, double value)
{
    if (value == 0)
        return;
    if (value == (double)(int)value)
        lua_pushinteger(L, (int)value);
    else
        lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
}

/* What is said of a URL, by a service or a library, may hold what stood in
 * front of its host: http://user:password@host. */
static void push_without_passwords(lua_State *L, const char *text)
{
    const char *mark;
    luaL_Buffer b;

    luaL_buffinit(L, &b);
    while ((mark = strstr(text, "://")) != NULL) {
        const char *from = mark + 3;
        size_t length = strcspn(from, "/?#'\" \t\r\n");

        luaL_addlstring(&b, text, (size_t)(from - text));
        for (text = from; length-- > 0; from++)
            if (*from == '@')
                text = from + 1;
    }
    luaL_addstring(&b, text);
    luaL_pushresult(&b);
}

void push_error(lua_State *L, const struct error *e)
{
    lua_createtable(L, 0, 10);
    set_text(L, "kind", error_kind_name(e->kind));
    set_text(L, "provider", e->provider);
    set_text(L, "operation", e->operation);
    push_without_passwords(L, e->message ? e->message : "out of memory");
    lua_setfield(L, -2, "message");
    set_text(L, "code", e->code);
    set_text(L, "request_id", e->request_id);
    set_text(L, "made", e->made);
    set_number(L, "status", e->status);
    set_number(L, "retry_after", e->retry_after);
    set_number(L, "attempts", e->attempts);
    lua_pushboolean(L, e->retryable);
    lua_setfield(L, -2, "retryable");
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
    lua_setmetatable(L, -2);
}

int raise_misuse(lua_State *L, const char *provider, const char *operation,
                 const char *format, ...)
{
    struct error e = {.kind = ERROR_INVALID_ARGUMENT};
    char text[600];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    e.message = text;
    e.provider = provider;
    e.operation = operation;
    push_error(L, &e);
    push_script_place(L);
    lua_setfield(L, -2, "where");
    return lua_error(L);
}

/* core.error_metatable() -> the table that every error object has; Lua fills
 * it in. */
int error_metatable(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key) == LUA_TNIL) {
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
    }
    return 1;
}
