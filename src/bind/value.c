/* value.c -- Lua values as JSON and back.
 *
 * null is a light userdata NULL, which is what other Lua JSON libraries and
 * ngx.null are; an array has a metatable, so that an empty one stays one.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind.h"
#include "../core/number.h"

static const char array_key = 'a';      /* its address names the metatable */

/* --- JSON to Lua -------------------------------------------------------- */

#if LUFT_HAS_INTEGERS

void push_int64(lua_State *L, int64_t value)
{
    lua_pushinteger(L, (lua_Integer)value);
}

bool text_to_int64(lua_State *L, int index, int64_t *value)
{
    (void)L, (void)index, (void)value;
    return false;
}

#else

/* A double holds every whole number up to this. */
static const int64_t most = INT64_C(1) << 53;

void push_int64(lua_State *L, int64_t value)
{
    char digits[24];

    if (value >= -most && value <= most) {
        lua_pushnumber(L, (lua_Number)value);
    } else {
        snprintf(digits, sizeof digits, "%lld", (long long)value);
        lua_pushstring(L, digits);
    }
}

bool text_to_int64(lua_State *L, int index, int64_t *value)
{
    size_t length;
    const char *digits = lua_tolstring(L, index, &length);

    return digits[*digits == '-'] != '0'
        && number_to_int64(digits, length, value)
        && (*value < -most || *value > most);
}

#endif

static void push_text(lua_State *L, const struct json_text *text)
{
    char small[256], *to = small;

    if (!text->escaped) {
        lua_pushlstring(L, text->s, text->length);
        return;
    }
    if (text->length > sizeof small)
        to = lua_newuserdatauv(L, text->length, 0);
    lua_pushlstring(L, to, json_unescape(text, to));
    if (to != small)
        lua_remove(L, -2);
}

static bool push_array(lua_State *L, struct json *j)
{
    lua_Integer n = 0;

    lua_newtable(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key);
    lua_setmetatable(L, -2);
    json_enter(j);
    while (json_more(j)) {
        if (!json_to_lua(L, j))
            return false;
        lua_rawseti(L, -2, (int)++n);
    }
    return !j->problem;
}

static bool push_object(lua_State *L, struct json *j)
{
    struct json_text name;

    lua_newtable(L);
    json_enter(j);
    while (json_key(j, &name)) {
        push_text(L, &name);
        if (!json_to_lua(L, j))
            return false;
        lua_rawset(L, -3);
    }
    return !j->problem;
}

static bool push_scalar(lua_State *L, struct json *j)
{
    struct json_value v;

    if (!json_scalar(j, &v))
        return false;
    switch (v.type) {
    case JSON_STRING:
        push_text(L, &v.text);
        break;
    case JSON_BOOLEAN:
        lua_pushboolean(L, (int)v.integer);
        break;
    case JSON_INTEGER:
        push_int64(L, v.integer);
        break;
    case JSON_NUMBER:
        lua_pushnumber(L, v.number);
        break;
    default:
        lua_pushlightuserdata(L, NULL);
    }
    return true;
}

/* Recursion is bounded by JSON_DEPTH. */
bool json_to_lua(lua_State *L, struct json *j)
{
    luaL_checkstack(L, 6, "JSON");
    switch (json_peek(j)) {
    case JSON_ARRAY:
        return push_array(L, j);
    case JSON_OBJECT:
        return push_object(L, j);
    case JSON_BROKEN:
        return false;
    default:
        return push_scalar(L, j);
    }
}

/* --- Lua to JSON -------------------------------------------------------- */

struct writing {
    lua_State *L;
    struct json_writer *w;
    bool sorted;
    char *why;
};

static bool refuse(struct writing *to, const char *format, const char *detail)
{
    if (!*to->why)
        snprintf(to->why, 200, format, detail);
    return false;
}

static bool write_value(struct writing *to, int index);

static bool is_marked_array(lua_State *L, int index)
{
    bool same;

    if (!lua_getmetatable(L, index))
        return false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key);
    same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

static bool write_array(struct writing *to, int index)
{
    size_t length = lua_rawlen(to->L, index);

    json_open(to->w, '[');
    for (size_t i = 1; i <= length; i++) {
        bool ok;

        lua_rawgeti(to->L, index, (int)i);
        ok = write_value(to, lua_gettop(to->L));
        lua_pop(to->L, 1);
        if (!ok)
            return false;
    }
    json_close(to->w, ']');
    return true;
}

struct key {
    const char *s;
    size_t length;
};

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    size_t shorter = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->s, y->s, shorter);

    return order ? order : (x->length > y->length) - (x->length < y->length);
}

static size_t count_keys(lua_State *L, int index)
{
    size_t count = 0;

    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        count++;
    return count;
}

/* The names of a table; numbers are no names of JSON. */
static struct key *gather_keys(struct writing *to, int index, size_t count)
{
    lua_State *L = to->L;
    struct key *keys = lua_newuserdatauv(L, (count + 1) * sizeof *keys, 0);
    size_t n = 0;

    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            refuse(to, "a table has a %s as a name", luaL_typename(L, -2));
            lua_pop(L, 2);
            return NULL;
        }
        keys[n].s = lua_tolstring(L, -2, &keys[n].length);
        n++;
    }
    if (to->sorted)
        qsort(keys, count, sizeof *keys, compare_keys);
    return keys;
}

static bool write_object(struct writing *to, int index)
{
    lua_State *L = to->L;
    size_t count = count_keys(L, index);
    struct key *keys = gather_keys(to, index, count);
    bool ok = keys != NULL;

    json_open(to->w, '{');
    for (size_t i = 0; ok && i < count; i++) {
        json_name(to->w, keys[i].s, keys[i].length);
        lua_pushlstring(L, keys[i].s, keys[i].length);
        lua_rawget(L, index);
        ok = write_value(to, lua_gettop(L));
        lua_pop(L, 1);
    }
    json_close(to->w, '}');
    lua_pop(L, 1);
    return ok;
}

/* An object of luft's own is what its fields say. */
static bool write_fields(struct writing *to, int index)
{
    lua_State *L = to->L;
    bool ok;

    lua_pushvalue(L, index);
    if (lua_pcall(L, 1, 1, 0)) {
        lua_pop(L, 1);
        return refuse(to, "%s cannot be written", "an object");
    }
    ok = write_value(to, lua_gettop(L));
    lua_pop(L, 1);
    return ok;
}

static bool write_table(struct writing *to, int index)
{
    lua_State *L = to->L;
    bool array;

    if (to->w->depth >= JSON_DEPTH)
        return refuse(to, "%s", "it is nested more than 512 levels deep, or "
                                "holds itself");
    luaL_checkstack(L, 12, "JSON");
    if (luaL_getmetafield(L, index, "__luft_fields"))
        return write_fields(to, index);
    array = lua_rawlen(L, index) > 0 || is_marked_array(L, index);
    if (array && count_keys(L, index) != lua_rawlen(L, index))
        return refuse(to, "%s", "a list has holes, which luft.null fills, or "
                                "names beside its values");
    return array ? write_array(to, index) : write_object(to, index);
}

/* On a Lua without integers a whole number is one, but -0 and what is beyond
 * int64: few services read 1e+15 where they want an integer. */
static void write_number(struct writing *to, int index)
{
    lua_Number n = lua_tonumber(to->L, index);

#if LUFT_HAS_INTEGERS
    if (lua_isinteger(to->L, index))
        json_integer(to->w, lua_tointeger(to->L, index));
    else
#else
    if (n == floor(n) && fabs(n) < 9223372036854775808.0
        && !(n == 0 && signbit(n)))
        json_integer(to->w, (int64_t)n);
    else
#endif
        json_number(to->w, n);
}

static bool write_value(struct writing *to, int index)
{
    lua_State *L = to->L;
    size_t length;
    const char *s;

    switch (lua_type(L, index)) {
    case LUA_TNIL:
        json_word(to->w, "null");
        break;
    case LUA_TBOOLEAN:
        json_word(to->w, lua_toboolean(L, index) ? "true" : "false");
        break;
    case LUA_TNUMBER:
        write_number(to, index);
        break;
    case LUA_TSTRING:
        s = lua_tolstring(L, index, &length);
        json_string(to->w, s, length);
        break;
    case LUA_TTABLE:
        if (!write_table(to, index))
            return false;
        break;
    case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(L, index) == NULL) {
            json_word(to->w, "null");
            break;
        }
        /* fall through */
    default:
        return refuse(to, "JSON has no form for a %s",
                      luaL_typename(L, index));
    }
    return to->w->problem ? refuse(to, "%s", to->w->problem) : true;
}

bool lua_to_json(lua_State *L, int index, struct json_writer *w, bool sorted,
                 char why[200])
{
    struct writing to = {.L = L, .w = w, .sorted = sorted, .why = why};

    *why = '\0';
    return write_value(&to, lua_absindex(L, index));
}

/* --- luft.json ---------------------------------------------------------- */

static int free_buffer(lua_State *L)
{
    buf_free(lua_touserdata(L, 1));
    return 0;
}

struct buf *push_buffer(lua_State *L)
{
    struct buf *b = lua_newuserdatauv(L, sizeof *b, 0);

    memset(b, 0, sizeof *b);
    if (luaL_newmetatable(L, "luft.buffer")) {
        lua_pushcfunction(L, free_buffer);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return b;
}

static bool take_sorted(lua_State *L, int index)
{
    bool sorted = false;

    if (lua_isnoneornil(L, index))
        return false;
    luaL_checktype(L, index, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING
            ? lua_tostring(L, -2) : luaL_typename(L, -2);

        if (strcmp(name, "sorted") != 0)
            raise_misuse(L, "json", "encode", "there is no option '%.60s'; "
                         "there is 'sorted'", name);
        sorted = lua_toboolean(L, -1);
    }
    return sorted;
}

/* json.encode(value [, {sorted=true}]) -> string */
static int encode(lua_State *L)
{
    struct json_writer w;
    struct buf *b;
    char why[200];
    bool sorted;

    luaL_checkany(L, 1);
    sorted = take_sorted(L, 2);
    lua_settop(L, 1);
    b = push_buffer(L);
    json_write_start(&w, b);
    if (!lua_to_json(L, 1, &w, sorted, why))
        return raise_misuse(L, "json", "encode", "%s", why);
    if (!buf_ok(b))
        return luaL_error(L, "not enough memory");
    lua_pushlstring(L, b->s, b->len);
    buf_free(b);
    return 1;
}

/* json.decode(text) -> value; raises when it is no JSON. */
static int decode(lua_State *L)
{
    size_t length, at;
    const char *text = luaL_checklstring(L, 1, &length);
    struct json j;

    json_start(&j, text, length);
    if (json_to_lua(L, &j) && json_finish(&j))
        return 1;
    at = (size_t)(j.at - j.start) + 1;
    return raise_misuse(L, "json", "decode", "%s, at byte %d of %d",
                        j.problem, (int)(at < length ? at : length),
                        (int)length);
}

/* json.array(t) -> t, marked: it is an array even when it is empty. */
static int array(lua_State *L)
{
    lua_settop(L, 1);
    if (lua_isnoneornil(L, 1))
        lua_newtable(L);
    else
        luaL_checktype(L, 1, LUA_TTABLE);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key);
    lua_setmetatable(L, -2);
    return 1;
}

void push_json_library(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"encode", encode}, {"decode", decode}, {"array", array}, {NULL, NULL}
    };

    lua_newtable(L);
    lua_pushliteral(L, "luft.array");
    lua_setfield(L, -2, "__name");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &array_key);
    lua_newtable(L);
    luaL_setfuncs(L, functions, 0);
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
}
