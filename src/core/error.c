/* error.c -- see error.h. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"

static const struct {
    const char *name;
    const char *meaning;
} kinds[ERROR_KIND_COUNT] = {
#define X(name, text, meaning) {text, meaning},
    ERROR_KINDS(X)
#undef X
};

const char *error_kind_name(enum error_kind kind)
{
    return kinds[kind].name;
}

const char *error_kind_meaning(enum error_kind kind)
{
    return kinds[kind].meaning;
}

void error_set(struct error *e, enum error_kind kind, const char *format, ...)
{
    va_list args;
    int length;

    if (e->kind)
        return;
    e->kind = kind;
    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    e->message = length < 0 ? NULL : mem_alloc((size_t)length + 1);
    if (!e->message) {
        e->kind = ERROR_LOCAL;
        return;
    }
    va_start(args, format);
    vsnprintf(e->message, (size_t)length + 1, format, args);
    va_end(args);
}

void error_no_memory(struct error *e)
{
    if (!e->kind)
        e->kind = ERROR_LOCAL;
}

static bool copy_text(char **to, const char *from)
{
    *to = from ? mem_copy(from, strlen(from)) : NULL;
    return *to || !from;
}

bool error_copy(struct error *to, const struct error *from)
{
    bool ok;

    *to = *from;
    ok = copy_text(&to->message, from->message);
    ok = copy_text(&to->code, from->code) && ok;
    ok = copy_text(&to->request_id, from->request_id) && ok;
    ok = copy_text(&to->made, from->made) && ok;
    if (ok)
        return true;
    error_free(to);
    error_no_memory(to);
    return false;
}

void error_free(struct error *e)
{
    mem_free(e->message);
    mem_free(e->code);
    mem_free(e->request_id);
    mem_free(e->made);
    memset(e, 0, sizeof *e);
}
