/* json_walk.h -- two ways through a document, which must agree: past it in one
 * step, and into everything with the cursor.  Both read a copy that ends where
 * its memory ends, so that a sanitizer sees a step too far. */
#ifndef LUFT_JSON_WALK_H
#define LUFT_JSON_WALK_H

#include <stdlib.h>
#include <string.h>

#include "../../src/core/json.h"

static inline bool walk(struct json *j)
{
    struct json_text name;
    struct json_value v;

    switch (json_peek(j)) {
    case JSON_ARRAY:
        if (!json_enter(j))
            return false;
        while (json_more(j))
            if (!walk(j))
                return false;
        return !j->problem;
    case JSON_OBJECT:
        if (!json_enter(j))
            return false;
        while (json_key(j, &name))
            if (!walk(j))
                return false;
        return !j->problem;
    default:
        return json_scalar(j, &v);
    }
}

static inline bool through(const char *text, size_t length,
                           bool (*way)(struct json *j))
{
    char *copy = malloc(length ? length : 1);
    struct json j;
    bool ok;

    if (length)
        memcpy(copy, text, length);
    json_start(&j, copy, length);
    ok = way(&j) && json_finish(&j);
    ok = ok && j.depth == 0;
    free(copy);
    return ok;
}

static inline bool skips(const char *text, size_t length)
{
    return through(text, length, json_skip);
}

static inline bool walks(const char *text, size_t length)
{
    return through(text, length, walk);
}

/* One plain value, whose texts then point into `text` itself. */
static inline bool reads_scalar(const char *text, size_t length,
                                struct json_value *v)
{
    struct json j;

    json_start(&j, text, length);
    return json_scalar(&j, v) && json_finish(&j);
}

#endif
