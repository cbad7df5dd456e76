/* members.c -- see members.h. */
#include "members.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

static struct member *new_member(struct members *m)
{
    if (m->count == m->room) {
        size_t room = m->room ? m->room * 2 : 16;
        struct member *list = mem_resize(m->list, room * sizeof *list);

        if (!list)
            return NULL;
        m->list = list;
        m->room = room;
    }
    return &m->list[m->count++];
}

static bool unescape(struct json_text *name, struct arena *a)
{
    char *plain;

    if (!name->escaped)
        return true;
    plain = arena_alloc(a, name->length + 1);
    if (!plain)
        return false;
    name->length = json_unescape(name, plain);
    name->s = plain;
    name->escaped = false;
    return true;
}

static int by_place(const void *left, const void *right)
{
    const struct member *a = left, *b = right;

    return (a->value > b->value) - (a->value < b->value);
}

static int by_name(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    size_t n = a->name.length, m = b->name.length;
    int order = n && n == m ? memcmp(a->name.s, b->name.s, n) : 0;

    if (n != m)
        return n < m ? -1 : 1;
    return order ? order : by_place(left, right);
}

static bool same_name(const struct member *a, const struct member *b)
{
    return json_text_equals(&a->name, b->name.s, b->name.length);
}

static void keep_last(struct members *m)
{
    size_t kept = 0;

    if (!m->count)
        return;
    qsort(m->list, m->count, sizeof *m->list, by_name);
    for (size_t i = 0; i < m->count; i++)
        if (i + 1 == m->count || !same_name(&m->list[i], &m->list[i + 1]))
            m->list[kept++] = m->list[i];
    m->count = kept;
    qsort(m->list, m->count, sizeof *m->list, by_place);
}

bool members_read(struct members *m, struct json *j, struct arena *a)
{
    struct json_text name;

    if (!json_enter(j))
        return false;
    while (json_key(j, &name)) {
        struct member *member = unescape(&name, a) ? new_member(m) : NULL;

        if (!member) {
            a->failed = true;
            return false;
        }
        member->name = name;
        member->value = j->at;
        if (!json_skip(j))
            return false;
    }
    keep_last(m);
    return !j->problem;
}

void members_free(struct members *m)
{
    mem_free(m->list);
    memset(m, 0, sizeof *m);
}
