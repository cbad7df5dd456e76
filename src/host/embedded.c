/* embedded.c -- the Lua files inside the program: see embed.c, which writes the
 * table they stand in. */
#include <string.h>

#include "host.h"

struct embedded_file {
    const char *name;                   /* "luft.task" */
    const char *chunk_name;             /* "=luft/task.lua" */
    const unsigned char *bytes;
    size_t length;
};

extern const struct embedded_file embedded_files[];

static const struct embedded_file *find(const char *name)
{
    for (const struct embedded_file *f = embedded_files; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

/* A searcher of package.searchers. */
static int search(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const struct embedded_file *f = find(name);

    if (!f) {
        lua_pushfstring(L, "no file '%s' inside luft", name);
        return 1;
    }
    if (luaL_loadbuffer(L, (const char *)f->bytes, f->length, f->chunk_name))
        return lua_error(L);
    lua_pushstring(L, f->chunk_name);
    return 2;
}

/* Right behind package.preload: a luft of another version that lies about on
 * package.path must not be mixed in. */
void embedded_install(lua_State *L)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchers");
    for (lua_Integer i = luaL_len(L, -1); i >= 2; i--) {
        lua_geti(L, -1, i);
        lua_seti(L, -2, i + 1);
    }
    lua_pushcfunction(L, search);
    lua_seti(L, -2, 2);
    lua_pop(L, 2);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, luaopen_luft_core);
    lua_setfield(L, -2, "luft.core");
    lua_pop(L, 1);
}
