/* shape.c -- see shape.h: one pass over the answer, led by the plan. */
#include "shape.h"

#include <math.h>
#include <string.h>

#include "date.h"
#include "mem.h"
#include "plan.h"

/* --- slots -------------------------------------------------------------- */

bool slot_is(const struct slot *slot, const char *word)
{
    return slot->type == SLOT_TEXT && strlen(word) == slot->length
        && memcmp(slot->text, word, slot->length) == 0;
}

void slot_set_text(struct slot *slot, const char *static_text)
{
    slot->type = SLOT_TEXT;
    slot->text = static_text;
    slot->length = (uint32_t)strlen(static_text);
}

static bool set_text(struct slot *slot, const struct json_text *text,
                     struct arena *a)
{
    char *plain;

    slot->type = SLOT_TEXT;
    slot->text = text->s;
    slot->length = (uint32_t)text->length;
    if (!text->escaped)
        return true;
    plain = arena_alloc(a, text->length + 1);
    if (!plain)
        return false;
    slot->length = (uint32_t)json_unescape(text, plain);
    slot->text = plain;
    return true;
}

static bool set_scalar(struct slot *slot, const struct json_value *v,
                       struct arena *a)
{
    switch (v->type) {
    case JSON_STRING:
        return set_text(slot, &v->text, a);
    case JSON_NUMBER:
        slot->type = SLOT_NUMBER;
        slot->number = v->number;
        return true;
    case JSON_INTEGER:
    case JSON_BOOLEAN:
        slot->type = v->type == JSON_INTEGER ? SLOT_INTEGER : SLOT_BOOLEAN;
        slot->integer = v->integer;
        return true;
    default:
        slot->type = SLOT_ABSENT;
        return true;
    }
}

/* A time is a number of seconds; whole ones stay integers.  Docker says
 * "0001-01-01T00:00:00Z" for never. */
static void make_time(struct slot *slot)
{
    double seconds;

    if (slot->type != SLOT_TEXT)
        return;
    slot->type = SLOT_ABSENT;
    if (!date_from_rfc3339(slot->text, slot->length, &seconds)
        || seconds < -62000000000.0)
        return;
    if (seconds == floor(seconds)) {
        slot->type = SLOT_INTEGER;
        slot->integer = (int64_t)seconds;
    } else {
        slot->type = SLOT_NUMBER;
        slot->number = seconds;
    }
}

static bool is_empty(const struct slot *slot)
{
    return slot->type == SLOT_ABSENT
        || (slot->type == SLOT_TEXT && slot->length == 0);
}

/* Lists double whenever their length reaches a power of two. */
static bool append(struct slot *list, const struct slot *value,
                   struct arena *a)
{
    uint32_t n = list->length;

    if (is_empty(value))
        return true;
    if ((n & (n - 1)) == 0) {
        struct slot *larger = arena_alloc(a, (n ? n * 2 : 1) * sizeof *larger);

        if (!larger)
            return false;
        if (n)
            memcpy(larger, list->list, n * sizeof *larger);
        list->list = larger;
    }
    list->list[list->length++] = *value;
    return true;
}

static bool store_in_list(struct slot *slot, const struct slot *value,
                          uint8_t rank, struct arena *a)
{
    if (is_empty(value) || (slot->type == SLOT_LIST && slot->rank < rank))
        return true;
    if (slot->type != SLOT_LIST || slot->rank > rank)
        *slot = (struct slot){.type = SLOT_LIST, .rank = rank};
    return append(slot, value, a);
}

static bool store(const struct plan *p, const struct target *t,
                  struct slot *slots, struct slot value, struct arena *a)
{
    const struct field *f = p->columns[t->column];
    struct slot *slot = &slots[t->column];

    if (f->type == FIELD_LIST)
        return store_in_list(slot, &value, t->rank, a);
    if (!is_empty(slot) && slot->rank < t->rank)
        return true;                    /* a better alternative was there */
    if (f->map && !is_empty(&value))
        f->map(&value);
    value.rank = t->rank;
    if (slot->type == SLOT_ABSENT || !is_empty(&value))
        *slot = value;
    return true;
}

/* --- reading ------------------------------------------------------------ */

static bool read_value(const struct plan *p, const struct node *n,
                       struct json *j, struct slot *slots, struct arena *a);

static bool has_name(const struct node *n, const struct json_text *name)
{
    if (name->escaped)
        return json_text_equals(name, n->name, n->length);
    return n->length == name->length && n->name[0] == name->s[0]
        && memcmp(n->name, name->s, n->length) == 0;
}

static inline bool may_know(const struct node *n,
                            const struct json_text *name)
{
    return name->escaped || (n->names & name_bit(name->s, name->length));
}

/* The next of these nodes that the member's value is for. */
static const struct node *find_name(const struct node *inside,
                                    const struct json_text *name)
{
    while (inside && inside->index != ANY_MEMBER
           && !(inside->index == NAMED && has_name(inside, name)))
        inside = inside->next;
    return inside;
}

static const struct node *find_element(const struct node *inside, int i)
{
    while (inside && inside->index != ANY_ELEMENT && inside->index != i)
        inside = inside->next;
    return inside;
}

/* A value may be for two nodes, such as "[0]" and "[]": it is read for each. */
static bool read_members(const struct plan *p, const struct node *n,
                         struct json *j, struct slot *slots, struct arena *a)
{
    struct json_text name;

    if (!json_enter(j))
        return false;
    while (json_key(j, &name)) {
        const struct node *inside = may_know(n, &name)
            ? find_name(n->inside, &name) : NULL;
        const char *value = j->at;

        if (!inside && !json_skip(j))
            return false;
        while (inside) {
            j->at = value;
            if (!read_value(p, inside, j, slots, a))
                return false;
            inside = n->names == UINT64_MAX ? find_name(inside->next, &name)
                                            : NULL;     /* "*" is not there */
        }
    }
    return !j->problem;
}

static bool read_elements(const struct plan *p, const struct node *n,
                          struct json *j, struct slot *slots, struct arena *a)
{
    if (!json_enter(j))
        return false;
    for (int i = 0; json_more(j); i++) {
        const struct node *inside = find_element(n->inside, i);
        const char *value = j->at;

        if (!inside && !json_skip(j))
            return false;
        for (; inside; inside = find_element(inside->next, i)) {
            j->at = value;
            if (!read_value(p, inside, j, slots, a))
                return false;
        }
    }
    return !j->problem;
}

/* Gives the whole value to the columns that take any JSON. */
static bool keep_json(const struct plan *p, const struct node *n,
                      const char *start, const struct json *j,
                      struct slot *slots, struct arena *a)
{
    struct slot value = {.type = SLOT_JSON};

    value.text = start;
    value.length = (uint32_t)(j->at - start);
    if (value.length == 4 && memcmp(start, "null", 4) == 0)
        return true;
    for (const struct target *t = n->targets; t; t = t->next)
        if (p->columns[t->column]->type == FIELD_JSON
            && !store(p, t, slots, value, a))
            return false;
    return true;
}

static bool read_value(const struct plan *p, const struct node *n,
                       struct json *j, struct slot *slots, struct arena *a)
{
    enum json_type type = json_peek(j);
    const char *start = j->at;
    struct slot value = {0};
    struct json_value v;
    bool ok;

    if (type == JSON_ARRAY || type == JSON_OBJECT) {
        if (!n->inside)
            ok = json_skip(j);
        else
            ok = (type == JSON_ARRAY ? read_elements
                                     : read_members)(p, n, j, slots, a);
    } else {
        ok = json_scalar(j, &v) && set_scalar(&value, &v, a);
        for (const struct target *t = n->targets; ok && t; t = t->next)
            if (p->columns[t->column]->type != FIELD_JSON)
                ok = store(p, t, slots, value, a);
    }
    return ok && (!n->gives_json
                  || keep_json(p, n, start, j, slots, a));
}

/* After a record: times, and what a field is when nothing was there. */
static void finish_slots(const struct plan *p, struct slot *slots)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct field *f = p->columns[i];

        if (f->type == FIELD_TIME)
            make_time(&slots[i]);
        if (f->map && is_empty(&slots[i]))
            f->map(&slots[i]);
    }
}

static bool is_object(struct json *j)
{
    if (json_peek(j) != JSON_OBJECT && !j->problem)
        j->problem = "an object was expected";
    return !j->problem;
}

static bool read_object(const struct plan *p, struct json *j,
                        struct slot *slots, struct arena *a)
{
    if (!is_object(j) || !read_members(p, &p->root, j, slots, a))
        return false;
    finish_slots(p, slots);
    return true;
}

static struct record *new_record(struct records *to, size_t columns)
{
    struct slot *slots = arena_alloc(&to->arena, columns * sizeof *slots);

    if (!slots)
        return NULL;
    if (to->count == to->room) {
        size_t room = to->room ? to->room * 2 : 4;
        struct record *list = mem_resize(to->list, room * sizeof *list);

        if (!list) {
            to->arena.failed = true;
            return NULL;
        }
        to->list = list;
        to->room = room;
    }
    to->list[to->count] = (struct record){.slots = slots};
    return &to->list[to->count];
}

bool read_record(struct shape *shape, struct json *j, struct records *to)
{
    const struct plan *p = plan_of(&shape->plan, shape->fields);
    struct record *record = p ? new_record(to, p->count) : NULL;

    if (!record) {
        to->arena.failed = true;
        return false;
    }
    json_peek(j);
    record->raw = j->at;
    if (!read_object(p, j, record->slots, &to->arena))
        return false;
    record->raw_length = (size_t)(j->at - record->raw);
    to->count++;
    return true;
}

static bool read_list(struct shape *shape, struct json *j, struct records *to)
{
    enum json_type type = json_peek(j);

    if (type == JSON_NULL)                  /* Go writes an empty list so */
        return json_skip(j);
    if (type != JSON_ARRAY) {
        if (!j->problem)
            j->problem = "a list was expected";
        return false;
    }
    json_enter(j);
    while (json_more(j))
        if (!read_record(shape, j, to))
            return false;
    return !j->problem;
}

bool read_records(struct shape *shape, struct json *j, const char *at,
                  struct records *to)
{
    struct json_text name;
    bool found = false;

    if (!*at)
        return read_list(shape, j, to);
    if (!is_object(j))
        return false;
    json_enter(j);
    while (json_key(j, &name)) {
        bool here = json_text_is(&name, at);

        found = found || here;
        if (!(here ? read_list(shape, j, to) : json_skip(j)))
            return false;
    }
    if (!found && !j->problem)
        j->problem = "the list is missing";
    return !j->problem;
}

bool read_extra(struct shape *shape, const char *raw, size_t length,
                struct arena *a, struct slot *slots)
{
    const struct plan *p = plan_of(&shape->extra_plan, shape->extra);
    struct json j;

    json_start(&j, raw, length);
    return p && read_object(p, &j, slots, a);
}

void records_free(struct records *r)
{
    arena_free(&r->arena);
    mem_free(r->list);
    memset(r, 0, sizeof *r);
}
