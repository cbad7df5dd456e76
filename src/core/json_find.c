/* json_find.c -- one value out of a document: json_find of json.h. */
#include <string.h>

#include "json.h"

/* To the value of the last member of that name. */
static bool find_member(struct json *j, const char *name, size_t length)
{
    struct json_text key;
    struct json found = {0};

    if (json_peek(j) != JSON_OBJECT || !json_enter(j))
        return false;
    while (json_key(j, &key)) {
        if (json_text_equals(&key, name, length))
            found = *j;
        if (!json_skip(j))
            break;
    }
    if (found.at)
        *j = found;
    return found.at != NULL;
}

bool json_find(const char *bytes, size_t length, const char *path,
               struct json_value *v)
{
    struct json j;

    json_start(&j, bytes, length);
    while (*path) {
        size_t n = strcspn(path, ".");

        if (!find_member(&j, path, n))
            return false;
        path += n + (path[n] == '.');
    }
    return json_scalar(&j, v) && v->type != JSON_NULL;
}
