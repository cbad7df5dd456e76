/* describe.c -- the drivers' tables as Lua tables, for everything that is made
 * from them: methods, help, the manual, types, the capability matrix. */
#include <string.h>

#include "bind.h"

static void set_text(lua_State *L, const char *name, const char *text)
{
    if (!text)
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static void set_flag(lua_State *L, const char *name, bool value)
{
    if (!value)
        return;
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, name);
}

static void push_types(lua_State *L, unsigned type)
{
    static const struct {
        unsigned type;
        const char *name;
    } names[] = {
        {TEXT, "string"}, {INTEGER, "integer"}, {NUMBER, "number"},
        {BOOLEAN, "boolean"}, {LIST, "list"}, {TABLE, "table"},
        {OBJECT, "object"}, {FUNCTION, "function"}
    };
    int n = 0;

    lua_newtable(L);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (type & names[i].type) {
            lua_pushstring(L, names[i].name);
            lua_rawseti(L, -2, ++n);
        }
}

static void push_argument(lua_State *L, const struct argument *row)
{
    lua_newtable(L);
    set_text(L, "name", row->name);
    set_text(L, "help", row->help);
    set_flag(L, "required", argument_is_required(row));
    set_flag(L, "secret", row->type & SECRET);
    if (!argument_is_required(row))
        set_text(L, "default", row->otherwise);
    if (row->object) {
        set_text(L, "object", row->object->name);
        set_text(L, "reference", row->object->reference);
    }
    push_types(L, row->type);
    lua_setfield(L, -2, "types");
}

static void push_arguments(lua_State *L, const struct argument *rows)
{
    lua_newtable(L);
    for (int i = 0; rows && rows[i].name; i++) {
        push_argument(L, &rows[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

static const char *gives_name(enum gives gives)
{
    static const char *const names[] = {
        [GIVES_NOTHING] = "nothing", [GIVES_TRUE] = "true",
        [GIVES_TEXT] = "text", [GIVES_TABLE] = "table", [GIVES_ONE] = "one",
        [GIVES_LIST] = "list", [GIVES_RESPONSE] = "response",
        [GIVES_TEXTS] = "texts"
    };

    return names[gives];
}

static void push_method(lua_State *L, const struct method *m)
{
    lua_newtable(L);
    set_text(L, "name", m->name);
    set_text(L, "help", m->help);
    set_text(L, "request", m->request);
    set_text(L, "stream_if", m->stream_if);
    set_text(L, "gives", gives_name(m->gives));
    if (m->shape)
        set_text(L, "shape", m->shape->name);
    push_arguments(L, m->arguments);
    lua_setfield(L, -2, "arguments");
}

static void push_fields(lua_State *L, const struct field *fields)
{
    lua_newtable(L);
    for (int i = 0; fields && fields[i].name; i++) {
        lua_newtable(L);
        set_text(L, "name", fields[i].name);
        set_text(L, "help", fields[i].help);
        set_text(L, "path", fields[i].path);
        if (fields[i].object)
            set_text(L, "object", fields[i].object->name);
        set_flag(L, "list", fields[i].type == FIELD_LIST);
        set_flag(L, "time", fields[i].type == FIELD_TIME);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_shape(lua_State *L, struct shape *shape)
{
    lua_newtable(L);
    set_text(L, "name", shape->name);
    set_text(L, "help", shape->help);
    set_text(L, "reference", shape->reference);
    push_fields(L, shape->fields);
    lua_setfield(L, -2, "fields");
    push_fields(L, shape->extra);
    lua_setfield(L, -2, "extra");
    lua_newtable(L);
    for (int i = 0; shape->verbs && shape->verbs[i].name; i++) {
        lua_newtable(L);
        set_text(L, "name", shape->verbs[i].name);
        set_text(L, "method", shape->verbs[i].method);
        lua_pushinteger(L, shape->verbs[i].position);
        lua_setfield(L, -2, "position");
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "verbs");
    lua_pushlightuserdata(L, shape);
    lua_setfield(L, -2, "handle");
}

static void push_driver(lua_State *L, const struct driver *d)
{
    lua_newtable(L);
    set_text(L, "area", d->area);
    set_text(L, "name", d->name);
    set_text(L, "title", d->title);
    set_text(L, "help", d->help);
    push_arguments(L, d->options);
    lua_setfield(L, -2, "options");
    lua_newtable(L);
    for (int i = 0; d->methods[i].name; i++) {
        push_method(L, &d->methods[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "methods");
    lua_newtable(L);
    for (int i = 0; d->shapes && d->shapes[i]; i++) {
        push_shape(L, d->shapes[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "shapes");
}

static void push_kinds(lua_State *L)
{
    lua_newtable(L);
    for (int kind = ERROR_NONE + 1; kind < ERROR_KIND_COUNT; kind++) {
        lua_newtable(L);
        set_text(L, "name", error_kind_name((enum error_kind)kind));
        set_text(L, "help", error_kind_meaning((enum error_kind)kind));
        lua_rawseti(L, -2, kind);
    }
}

int describe_drivers(lua_State *L)
{
    lua_newtable(L);
    for (int i = 0; drivers[i]; i++) {
        push_driver(L, drivers[i]);
        lua_rawseti(L, -2, i + 1);
    }
    push_arguments(L, common_options);
    lua_setfield(L, -2, "options");
    push_kinds(L);
    lua_setfield(L, -2, "kinds");
    return 1;
}
