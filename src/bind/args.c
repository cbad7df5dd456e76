/* args.c -- what a script passes, checked against the rows and copied.
 *
 * Required arguments come by position, in the order of their rows; all others
 * by name in one last table.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bind.h"
#include "../core/text.h"

/* --- one value ---------------------------------------------------------- */

static bool keep_text(lua_State *L, int index, unsigned type, struct arg *to,
                      struct arena *a)
{
    const char *s = lua_tolstring(L, index, &to->length);

    to->type = type;
    to->text = arena_copy(a, s, to->length);
    return to->text != NULL;
}

static bool keep_json(lua_State *L, int index, unsigned type, struct arg *to,
                      struct arena *a, char why[300])
{
    struct buf *text = push_buffer(L);
    struct json_writer w;
    bool ok;

    json_write_start(&w, text);
    ok = lua_to_json(L, index, &w, true, why) && buf_ok(text);
    if (ok) {
        to->type = type;
        to->length = text->len;
        to->text = arena_copy(a, text->s, text->len);
    }
    lua_pop(L, 1);
    return ok && to->text;
}

static bool keep_integer(lua_State *L, int index, struct arg *to)
{
    lua_Number n = lua_tonumber(L, index);
#if LUFT_HAS_INTEGERS
    int whole;

    to->integer = lua_tointegerx(L, index, &whole);
    if (!whole)
        return false;
#else
    if (n != floor(n) || fabs(n) >= 9223372036854775808.0)
        return false;
    to->integer = (int64_t)n;
#endif
    to->type = INTEGER;
    to->number = n;
    return true;
}

/* An integer that this Lua has as text only: see push_int64. */
static bool keep_digits(lua_State *L, int index, struct arg *to)
{
    if (!text_to_int64(L, index, &to->integer))
        return false;
    to->type = INTEGER;
    to->number = (double)to->integer;
    return true;
}

/* An object stands for itself by the text of its reference field. */
static bool keep_object(lua_State *L, int index, const struct argument *row,
                        struct arg *to, struct arena *a)
{
    bool ok = false;

    if (lua_istable(L, index)) {
        lua_getfield(L, index, row->object->reference);
        if (lua_type(L, -1) == LUA_TSTRING)
            ok = keep_text(L, -1, OBJECT, to, a);
        lua_pop(L, 1);
    }
    return ok;
}

/* A table is a list when it has elements, or when nothing else will do. */
static bool keep_table(lua_State *L, int index, const struct argument *row,
                       struct arg *to, struct arena *a, char why[300])
{
    bool list = lua_rawlen(L, index) > 0
        || (!(row->type & TABLE) && row->type & LIST);

    if (list ? !(row->type & LIST) : !(row->type & TABLE))
        return false;
    if (!keep_json(L, index, list ? LIST : TABLE, to, a, why))
        return false;
    if (list && strcmp(to->text, "{}") == 0)
        to->text = "[]";
    return true;
}

static bool convert(lua_State *L, int index, const struct argument *row,
                    struct arg *to, struct arena *a, char why[300])
{
    unsigned wanted = row->type;

    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        if (wanted & OBJECT)
            return keep_text(L, index, OBJECT, to, a);
        if (wanted & TEXT)
            return keep_text(L, index, TEXT, to, a);
        return wanted & INTEGER && keep_digits(L, index, to);
    case LUA_TNUMBER:
        if (wanted & INTEGER && keep_integer(L, index, to))
            return true;
        if (wanted & NUMBER) {
            to->type = NUMBER;
            to->number = lua_tonumber(L, index);
            return true;
        }
        return false;
    case LUA_TBOOLEAN:
        to->type = BOOLEAN;
        to->integer = lua_toboolean(L, index);
        return wanted & BOOLEAN;
    case LUA_TTABLE:
        if (wanted & OBJECT && keep_object(L, index, row, to, a))
            return true;
        return keep_table(L, index, row, to, a, why);
    case LUA_TFUNCTION:
        to->type = FUNCTION;
        return wanted & FUNCTION;
    default:
        return false;
    }
}

static const char *type_name(lua_State *L, int index)
{
    if (luaL_getmetafield(L, index, "__name")) {
        const char *name = lua_tostring(L, -1);

        lua_pop(L, 1);
        if (name)
            return name;
    }
    if (lua_isnil(L, index))
        return "nothing";
    return luaL_typename(L, index);
}

bool convert_argument(lua_State *L, int index, const struct argument *row,
                      struct arg *to, struct arena *a, char why[300])
{
    char expected[100], problem[300] = "";

    memset(to, 0, sizeof *to);
    if (convert(L, index, row, to, a, problem))
        return true;
    memset(to, 0, sizeof *to);
    if (*problem)
        snprintf(why, 300, "'%.60s': %.200s", row->name, problem);
    else
        snprintf(why, 300, "'%s' must be %s, not %s", row->name,
                 argument_expects(row, expected), type_name(L, index));
    return false;
}

bool fill_defaults(const struct argument *rows, struct arg *values)
{
    for (size_t i = 0; rows && rows[i].name; i++) {
        const char *text = rows[i].otherwise;

        if (values[i].type || !text || text == REQUIRED)
            continue;
        if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
            values[i].type = BOOLEAN;
            values[i].integer = *text == 't';
        } else if (text_is_digit(*text)) {
            values[i].type = INTEGER;
            sscanf(text, "%lld", (long long *)&values[i].integer);
            values[i].number = (double)values[i].integer;
        } else {
            values[i].type = TEXT;
            values[i].text = text;
            values[i].length = strlen(text);
        }
    }
    return true;
}

/* --- a method's arguments ----------------------------------------------- */

/* "deploy_container(name, image, {command=, ...})" */
static void describe_call(const struct method *m, char text[200])
{
    size_t n = (size_t)snprintf(text, 200, "%s(", m->name);
    const char *separator = "";
    bool options = false;

    for (const struct argument *row = m->arguments; row && row->name; row++) {
        if (!argument_is_required(row)) {
            options = true;
        } else if (n < 150) {
            n += (size_t)snprintf(text + n, 200 - n, "%s%s", separator,
                                  row->name);
            separator = ", ";
        }
    }
    snprintf(text + n, 200 - n, "%s)", !options ? ""
             : *separator ? ", {options}" : "{options}");
}

static int misuse(lua_State *L, struct call *c, const char *format,
                  const char *detail)
{
    const char *provider = c->client->driver->name;
    char call[200], text[300];

    describe_call(c->method, call);
    snprintf(text, sizeof text, format, detail);
    return raise_misuse(L, provider, c->method->name, "%s; the call is "
                        "%s:%s", text, provider, call);
}

static int unknown_name(lua_State *L, struct call *c, const char *name)
{
    struct nearest n;
    char text[200];

    nearest_start(&n, name);
    for (const struct argument *row = c->method->arguments; row && row->name;
         row++)
        nearest_offer(&n, row->name);
    snprintf(text, sizeof text, "there is no argument '%.60s'%s%s%s", name,
             n.best ? "; did you mean '" : "", n.best ? n.best : "",
             n.best ? "'?" : "");
    return misuse(L, c, "%s", text);
}

static void take_named(lua_State *L, int table, struct call *c)
{
    char why[300];

    if (luaL_getmetafield(L, table, "__luft_fields"))
        misuse(L, c, "a %s stands where the table of options belongs",
               type_name(L, table));
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING
            ? lua_tostring(L, -2) : NULL;
        int i = name ? argument_index(c->method->arguments, name) : -1;

        if (!name)
            misuse(L, c, "the options have a %s where a name belongs",
                   luaL_typename(L, -2));
        if (i < 0)
            unknown_name(L, c, name);
        if (argument_is_required(&c->method->arguments[i]))
            misuse(L, c, "'%s' comes by position", name);
        if (!convert_argument(L, lua_gettop(L), &c->method->arguments[i],
                              &c->args[i], &c->arena, why))
            misuse(L, c, "%s", why);
    }
}

void take_arguments(lua_State *L, int first, struct call *c)
{
    int at = first, top = lua_gettop(L);
    char why[300];

    for (size_t i = 0; i < argument_count(c->method->arguments); i++) {
        const struct argument *row = &c->method->arguments[i];

        if (!argument_is_required(row))
            continue;
        if (at > top)
            lua_settop(L, ++top);
        if (!convert_argument(L, at, row, &c->args[i], &c->arena, why))
            misuse(L, c, "%s", why);
        at++;
    }
    if (at < top && !(at + 1 == top && lua_isnil(L, top)))
        misuse(L, c, "there are too many arguments%s", "");
    if (at <= top && !lua_isnil(L, at)) {
        if (!lua_istable(L, at))
            misuse(L, c, "a %s stands where the table of options belongs",
                   type_name(L, at));
        take_named(L, at, c);
    }
    fill_defaults(c->method->arguments, c->args);
    if (c->arena.failed)
        luaL_error(L, "not enough memory");
}

/* --- a driver's options ------------------------------------------------- */

static int option_index(const struct client *k, const char *name)
{
    const struct argument *row;

    for (int i = 0; (row = client_option_row(k->driver, (size_t)i)) != NULL;
         i++)
        if (strcmp(row->name, name) == 0)
            return i;
    return -1;
}

static int unknown_option(lua_State *L, struct client *k, const char *name)
{
    const struct argument *row;
    struct nearest n;

    nearest_start(&n, name);
    for (size_t i = 0; (row = client_option_row(k->driver, i)) != NULL; i++)
        nearest_offer(&n, row->name);
    if (n.best)
        return raise_misuse(L, k->driver->name, NULL, "there is no option "
                            "'%.60s'; did you mean '%s'?", name, n.best);
    return raise_misuse(L, k->driver->name, NULL, "there is no option "
                        "'%.60s'; luft.help(\"%s\") lists them", name,
                        k->driver->name);
}

void take_options(lua_State *L, int index, struct client *k)
{
    char why[300];

    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING
            ? lua_tostring(L, -2) : NULL;
        int i = name ? option_index(k, name) : -1;

        if (!name)
            raise_misuse(L, k->driver->name, NULL, "the options have a %s "
                         "where a name belongs", luaL_typename(L, -2));
        if (i < 0)
            unknown_option(L, k, name);
        if (!convert_argument(L, lua_gettop(L),
                              client_option_row(k->driver, (size_t)i),
                              &k->options[i], &k->arena, why))
            raise_misuse(L, k->driver->name, NULL, "the option %s", why);
        if (k->options[i].type == TEXT
            && memchr(k->options[i].text, '\0', k->options[i].length))
            raise_misuse(L, k->driver->name, NULL,
                         "the option '%s' holds a NUL character", name);
    }
}
