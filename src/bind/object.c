/* object.c -- results as Lua tables.
 *
 * An object is a table of its fields, with the metatable of its shape, its
 * driver, and the provider's whole record as a string, which is converted when
 * .raw or .extra is first touched.  The string is the object's own: it does not
 * keep the answer it came from alive.
 */
#include <string.h>

#include "bind.h"

static const char raw_key = 'r';    /* its address names the record's string */

/* --- slots -------------------------------------------------------------- */

static void push_json(lua_State *L, const struct slot *slot)
{
    struct json j;

    json_start(&j, slot->text, slot->length);
    if (!json_to_lua(L, &j)) {
        lua_settop(L, lua_gettop(L) - 1);
        lua_pushnil(L);
    }
}

static void push_slot(lua_State *L, const struct slot *slot)
{
    switch (slot->type) {
    case SLOT_TEXT:
        lua_pushlstring(L, slot->text, slot->length);
        break;
    case SLOT_INTEGER:
        push_int64(L, slot->integer);
        break;
    case SLOT_NUMBER:
        lua_pushnumber(L, slot->number);
        break;
    case SLOT_BOOLEAN:
        lua_pushboolean(L, (int)slot->integer);
        break;
    case SLOT_LIST:
        lua_createtable(L, (int)slot->length, 0);
        for (uint32_t i = 0; i < slot->length; i++) {
            push_slot(L, &slot->list[i]);
            lua_rawseti(L, -2, (int)i + 1);
        }
        break;
    case SLOT_JSON:
        push_json(L, slot);
        break;
    default:
        lua_pushnil(L);
    }
}

/* --- objects ------------------------------------------------------------ */

/* others: fields that come besides, so that the table is of the right size at
 * once: most of a list's cost is its tables. */
static const struct slot *push_fields(lua_State *L, struct shape *shape,
                                      const struct field *fields,
                                      const struct slot *slots, int driver,
                                      int others)
{
    int count = others + 1;             /* driver */

    for (const struct field *f = fields; f->name; f++)
        count++;
    lua_createtable(L, 0, count);
    for (const struct field *f = fields; f->name; f++) {
        if (f->fields) {
            slots = push_fields(L, (struct shape *)f->object, f->fields,
                                slots, driver, 0);
        } else {
            push_slot(L, slots);
            /* a list that is empty is a list all the same */
            if (f->type == FIELD_LIST && slots->type == SLOT_ABSENT) {
                lua_pop(L, 1);
                lua_newtable(L);
            }
            slots++;
        }
        lua_setfield(L, -2, f->name);
    }
    lua_pushvalue(L, driver);
    lua_setfield(L, -2, "driver");
    lua_rawgetp(L, LUA_REGISTRYINDEX, shape);
    lua_setmetatable(L, -2);
    return slots;
}

static void push_record(lua_State *L, struct shape *shape,
                        const struct record *record, int driver)
{
    push_fields(L, shape, shape->fields, record->slots, driver, 1);
    lua_pushlstring(L, record->raw, record->raw_length);
    lua_rawsetp(L, -2, &raw_key);
}

/* (driver, result) -> list */
static int make_records(lua_State *L)
{
    const struct result *r = lua_touserdata(L, 2);

    lua_createtable(L, (int)r->records.count, 0);
    for (size_t i = 0; i < r->records.count; i++) {
        push_record(L, r->shape, &r->records.list[i], 1);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* Nothing of a list is garbage while it grows: the collector would go through
 * a long one again and again. */
static void push_records(lua_State *L, struct result *r, int driver)
{
    bool pause = false;
    int status;

#ifdef LUA_GCISRUNNING
    enum { LONG_LIST = 256 };

    pause = r->records.count >= LONG_LIST && lua_gc(L, LUA_GCISRUNNING, 0);
#endif
    lua_pushcfunction(L, make_records);
    lua_pushvalue(L, driver);
    lua_pushlightuserdata(L, r);
    if (pause)
        lua_gc(L, LUA_GCSTOP, 0);
    status = lua_pcall(L, 2, 1, 0);
    if (pause)
        lua_gc(L, LUA_GCRESTART, 0);
    if (status)
        lua_error(L);
}

/* A batch of texts as { text, tag, text, tag, ... }. */
static void push_pieces(lua_State *L, const struct result *r)
{
    const char *at = buf_string(&r->bytes);
    int n = 0;

    lua_createtable(L, (int)r->piece_count * 2, 0);
    for (size_t i = 0; i < r->piece_count; i++) {
        lua_pushlstring(L, at, r->pieces[i].length);
        lua_rawseti(L, -2, ++n);
        lua_pushinteger(L, r->pieces[i].tag);
        lua_rawseti(L, -2, ++n);
        at += r->pieces[i].length;
    }
}

/* Values of a header that came twice are joined, as RFC 9110 allows, but for
 * Set-Cookie, which it does not. */
static void push_headers(lua_State *L, const struct headers *headers)
{
    lua_newtable(L);
    for (size_t i = 0; i < headers->count; i++) {
        const struct header *h = &headers->list[i];

        luaL_Buffer name;

        luaL_buffinit(L, &name);
        for (const char *s = h->name; *s; s++)
            luaL_addchar(&name, *s >= 'A' && *s <= 'Z' ? (char)(*s + 32) : *s);
        luaL_pushresult(&name);
        lua_pushvalue(L, -1);
        lua_rawget(L, -3);          /* headers, name, value before | nil */
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            lua_pushstring(L, h->value);
        } else {
            lua_pushfstring(L, strcmp(lua_tostring(L, -2), "set-cookie")
                            ? "%s, %s" : "%s\n%s", lua_tostring(L, -1),
                            h->value);
            lua_remove(L, -2);
        }
        lua_rawset(L, -3);
    }
}

static void push_response(lua_State *L, const struct result *r)
{
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, r->response.status);
    lua_setfield(L, -2, "status");
    push_headers(L, &r->response.headers);
    lua_setfield(L, -2, "headers");
    lua_pushlstring(L, buf_string(&r->bytes), r->bytes.len);
    lua_setfield(L, -2, "body");
}

static void push_table(lua_State *L, const struct buf *bytes)
{
    struct slot whole = {.type = SLOT_JSON};

    whole.text = buf_string(bytes);
    whole.length = (uint32_t)bytes->len;
    push_json(L, &whole);
}

void push_result(lua_State *L, struct result *r, int driver)
{
    driver = lua_absindex(L, driver);
    luaL_checkstack(L, 20, "a result");
    switch (r->gives) {
    case GIVES_TRUE:
        lua_pushboolean(L, 1);
        break;
    case GIVES_TEXT:
        lua_pushlstring(L, buf_string(&r->bytes), r->bytes.len);
        break;
    case GIVES_TABLE:
        push_table(L, &r->bytes);
        break;
    case GIVES_ONE:
        push_record(L, r->shape, &r->records.list[0], driver);
        break;
    case GIVES_LIST:
        push_records(L, r, driver);
        break;
    case GIVES_TEXTS:
        push_pieces(L, r);
        break;
    case GIVES_RESPONSE:
        push_response(L, r);
        break;
    default:
        lua_pushnil(L);
    }
}

/* --- what is converted when touched ------------------------------------- */

/* core.shape_metatable(shape, metatable) */
int set_shape_metatable(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TLIGHTUSERDATA);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, lua_touserdata(L, 1));
    return 0;
}

/* core.raw(object) -> the provider's record as Lua values, or nil */
int object_raw(lua_State *L)
{
    struct slot whole = {.type = SLOT_JSON};
    size_t length;

    luaL_checktype(L, 1, LUA_TTABLE);
    if (lua_rawgetp(L, 1, &raw_key) != LUA_TSTRING)
        return 1;
    whole.text = lua_tolstring(L, -1, &length);
    whole.length = (uint32_t)length;
    push_json(L, &whole);
    return 1;
}

static int free_arena(lua_State *L)
{
    arena_free(lua_touserdata(L, 1));
    return 0;
}

static struct arena *new_arena(lua_State *L)
{
    struct arena *a = lua_newuserdatauv(L, sizeof *a, 0);

    memset(a, 0, sizeof *a);
    if (luaL_newmetatable(L, "luft.arena")) {
        lua_pushcfunction(L, free_arena);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return a;
}

/* core.extra(shape, object) -> a table of the shape's extra fields */
int object_extra(lua_State *L)
{
    struct shape *shape = lua_touserdata(L, 1);
    struct arena *a;
    struct slot *slots;
    const char *raw;
    size_t length;

    luaL_checktype(L, 1, LUA_TLIGHTUSERDATA);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    a = new_arena(L);
    lua_newtable(L);
    if (!shape->extra || lua_rawgetp(L, 2, &raw_key) != LUA_TSTRING) {
        lua_settop(L, 4);
        return 1;
    }
    raw = lua_tolstring(L, -1, &length);
    slots = arena_alloc(a, shape_columns(shape->extra) * sizeof *slots);
    if (!slots || !read_extra(shape, raw, length, a, slots))
        return luaL_error(L, "not enough memory");
    for (size_t i = 0; shape->extra[i].name; i++) {
        push_slot(L, &slots[i]);
        lua_setfield(L, 4, shape->extra[i].name);
    }
    lua_settop(L, 4);
    arena_free(a);
    return 1;
}
