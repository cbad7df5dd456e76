/* headers.c -- see headers.h. */
#include "headers.h"

#include <string.h>

#include "text.h"

static bool is_value(const char *value, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)value[i];

        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static struct header *new_field(struct headers *h, struct arena *a)
{
    if (h->count == h->room) {
        size_t room = h->room ? h->room * 2 : 8;
        struct header *list = arena_alloc(a, room * sizeof *list);

        if (!list)
            return NULL;
        if (h->count)
            memcpy(list, h->list, h->count * sizeof *list);
        h->list = list;
        h->room = room;
    }
    return &h->list[h->count];
}

bool headers_add(struct headers *h, struct arena *a,
                 const char *name, const char *value, size_t length)
{
    struct header *field;

    if (!text_is_token(name) || !is_value(value, length))
        return false;
    field = new_field(h, a);
    if (!field)
        return true;
    field->name = arena_text(a, name);
    field->value = arena_copy(a, value, length);
    if (field->name && field->value)
        h->count++;
    return true;
}

void headers_remove(struct headers *h, const char *name)
{
    size_t kept = 0;

    for (size_t i = 0; i < h->count; i++)
        if (!text_same_nocase(h->list[i].name, name))
            h->list[kept++] = h->list[i];
    h->count = kept;
}

bool headers_set(struct headers *h, struct arena *a,
                 const char *name, const char *value, size_t length)
{
    if (!text_is_token(name) || !is_value(value, length))
        return false;
    headers_remove(h, name);
    return headers_add(h, a, name, value, length);
}

const char *headers_get(const struct headers *h, const char *name)
{
    for (size_t i = 0; i < h->count; i++)
        if (text_same_nocase(h->list[i].name, name))
            return h->list[i].value;
    return NULL;
}

static bool ends_with_nocase(const char *text, const char *ending)
{
    size_t n = strlen(text), m = strlen(ending);

    return n >= m && text_same_nocase(text + n - m, ending);
}

bool header_is_secret(const char *name)
{
    static const char *const names[] = {
        "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie",
        "X-Registry-Auth", "X-Registry-Config", NULL
    };

    for (size_t i = 0; names[i]; i++)
        if (text_same_nocase(name, names[i]))
            return true;
    return ends_with_nocase(name, "-Token") || ends_with_nocase(name, "-Key");
}
