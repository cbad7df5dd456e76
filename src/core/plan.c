/* plan.c -- see plan.h. */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

size_t shape_columns(const struct field *fields)
{
    size_t count = 0;

    for (const struct field *f = fields; f && f->name; f++)
        count += f->fields ? shape_columns(f->fields) : 1;
    return count;
}

int shape_column(const struct field *fields, const char *name)
{
    size_t column = 0;

    for (const struct field *f = fields; f && f->name; f++) {
        if (strcmp(f->name, name) == 0)
            return (int)column;
        column += f->fields ? shape_columns(f->fields) : 1;
    }
    return -1;
}

static struct node *child(struct plan *p, struct node *parent,
                          const char *name, size_t length, int index)
{
    struct node **at = &parent->inside, *n;
    int place = 0;

    for (; *at; at = &(*at)->next, place++)
        if ((*at)->index == index && (*at)->length == length
            && memcmp((*at)->name, name, length) == 0)
            return *at;
    n = arena_alloc(&p->arena, sizeof *n);
    if (!n)
        return NULL;
    n->name = name;
    n->length = length;
    n->index = index;
    n->place = place;
    if (index == ANY_MEMBER)
        parent->names = UINT64_MAX;
    else if (index == NAMED)
        parent->names |= name_bit(name, length);
    return *at = n;
}

/* One step of a path: "Names", "[0]", "[]" or "*". */
static struct node *step(struct plan *p, struct node *parent,
                         const char **path)
{
    const char *s = *path;
    size_t length = strcspn(s, ".[|");

    if (*s == '[') {
        *path = strchr(s, ']') + 1;
        return child(p, parent, "", 0, s[1] == ']' ? ANY_ELEMENT
                                                   : atoi(s + 1));
    }
    *path = s + length;
    if (length == 1 && *s == '*')
        return child(p, parent, "", 0, ANY_MEMBER);
    return child(p, parent, s, length, NAMED);
}

static bool add_alternative(struct plan *p, const char **path, size_t column,
                            uint8_t rank)
{
    struct node *n = &p->root;
    struct target *t = arena_alloc(&p->arena, sizeof *t);

    while (n && **path && **path != '|') {
        if (**path == '.')
            (*path)++;
        n = step(p, n, path);
    }
    if (!n || !t)
        return false;
    if (p->columns[column]->type == FIELD_JSON)
        n->gives_json = true;
    t->column = column;
    t->rank = rank;
    t->next = n->targets;
    n->targets = t;
    return true;
}

static bool add_field(struct plan *p, const struct field *f)
{
    const char *path = f->path;
    uint8_t rank = 0;

    p->columns[p->count] = f;
    while (*path) {
        if (!add_alternative(p, &path, p->count, rank++))
            return false;
        path += *path == '|';
    }
    p->count++;
    return true;
}

static bool add_fields(struct plan *p, const struct field *fields)
{
    for (const struct field *f = fields; f && f->name; f++)
        if (!(f->fields ? add_fields(p, f->fields) : add_field(p, f)))
            return false;
    return true;
}

static struct plan *make_plan(const struct field *fields)
{
    struct plan *p = mem_alloc(sizeof *p);
    size_t count = shape_columns(fields);

    if (!p)
        return NULL;
    p->columns = arena_alloc(&p->arena, (count + 1) * sizeof *p->columns);
    if (p->columns && add_fields(p, fields))
        return p;
    arena_free(&p->arena);
    mem_free(p);
    return NULL;
}

const struct plan *plan_of(_Atomic(struct plan *) *place,
                           const struct field *fields)
{
    struct plan *known = atomic_load(place), *made;

    if (known)
        return known;
    made = make_plan(fields);
    if (!made || atomic_compare_exchange_strong(place, &known, made))
        return made;
    arena_free(&made->arena);
    mem_free(made);
    return known;
}
