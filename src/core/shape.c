/* shape.c -- see shape.h: one pass over the answer, led by the plan. */
#include "shape.h"

#include <math.h>
#include <string.h>

#include "date.h"
#include "mem.h"
#include "members.h"
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

struct reader {
    const struct plan *plan;
    struct json *j;
    struct slot *slots;
    struct arena *arena;
    bool careful;                   /* names come twice: look before reading */
    bool came_again;                /* a name may have come twice */
};

static bool read_value(struct reader *r, const struct node *n);

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

static inline bool takes_any_name(const struct node *n)
{
    return n->names == UINT64_MAX;
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

/* A bit, or more, for a member that is read: one that was met before may be of
 * the same name, one that was not cannot. */
static uint64_t member_bits(const struct node *n, const struct node *inside,
                            const struct json_text *name)
{
    uint32_t hash = 2166136261;                 /* FNV-1a */

    if (!takes_any_name(n))
        return UINT64_C(1) << (inside->place < 63 ? inside->place : 63);
    if (name->escaped)
        return UINT64_MAX;
    for (size_t i = 0; i < name->length; i++)
        hash = (hash ^ (unsigned char)name->s[i]) * 16777619;
    return UINT64_C(1) << (hash >> 26);
}

/* A value may be for two nodes, such as "[0]" and "[]": it is read for each. */
static bool read_member(struct reader *r, const struct node *n,
                        const struct node *inside,
                        const struct json_text *name)
{
    const char *value = r->j->at;

    while (inside) {
        r->j->at = value;
        if (!read_value(r, inside))
            return false;
        inside = takes_any_name(n) ? find_name(inside->next, name) : NULL;
    }
    return true;
}

/* Of each name the last member. */
static bool read_carefully(struct reader *r, const struct node *n)
{
    struct members m = {0};
    bool ok = members_read(&m, r->j, r->arena);
    const struct json behind = *r->j;

    for (size_t i = 0; ok && i < m.count; i++) {
        const struct json_text *name = &m.list[i].name;

        r->j->at = m.list[i].value;
        ok = read_member(r, n, find_name(n->inside, name), name);
    }
    if (ok)
        *r->j = behind;
    members_free(&m);
    return ok;
}

static bool read_members(struct reader *r, const struct node *n)
{
    struct json *j = r->j;
    struct json_text name;
    uint64_t seen = 0;

    if (r->careful)
        return read_carefully(r, n);
    if (!json_enter(j))
        return false;
    while (json_key(j, &name)) {
        const struct node *inside = may_know(n, &name)
            ? find_name(n->inside, &name) : NULL;

        if (inside) {
            uint64_t bits = member_bits(n, inside, &name);

            r->came_again = seen & bits;
            seen |= bits;
            if (r->came_again || !read_member(r, n, inside, &name))
                return false;
        } else if (!json_skip(j)) {
            return false;
        }
    }
    return !j->problem;
}

static bool read_elements(struct reader *r, const struct node *n)
{
    struct json *j = r->j;

    if (!json_enter(j))
        return false;
    for (int i = 0; json_more(j); i++) {
        const struct node *inside = find_element(n->inside, i);
        const char *value = j->at;

        if (!inside && !json_skip(j))
            return false;
        for (; inside; inside = find_element(inside->next, i)) {
            j->at = value;
            if (!read_value(r, inside))
                return false;
        }
    }
    return !j->problem;
}

/* Gives the whole value to the columns that take any JSON. */
static bool keep_json(struct reader *r, const struct node *n,
                      const char *start)
{
    struct slot value = {.type = SLOT_JSON};

    value.text = start;
    value.length = (uint32_t)(r->j->at - start);
    if (value.length == 4 && memcmp(start, "null", 4) == 0)
        return true;
    for (const struct target *t = n->targets; t; t = t->next)
        if (r->plan->columns[t->column]->type == FIELD_JSON
            && !store(r->plan, t, r->slots, value, r->arena))
            return false;
    return true;
}

static bool read_scalar(struct reader *r, const struct node *n)
{
    struct slot value = {0};
    struct json_value v;
    bool ok = json_scalar(r->j, &v) && set_scalar(&value, &v, r->arena);

    for (const struct target *t = n->targets; ok && t; t = t->next)
        if (r->plan->columns[t->column]->type != FIELD_JSON)
            ok = store(r->plan, t, r->slots, value, r->arena);
    return ok;
}

static bool read_value(struct reader *r, const struct node *n)
{
    enum json_type type = json_peek(r->j);
    const char *start = r->j->at;
    bool ok;

    if (type != JSON_ARRAY && type != JSON_OBJECT)
        ok = read_scalar(r, n);
    else if (!n->inside)
        ok = json_skip(r->j);
    else
        ok = (type == JSON_ARRAY ? read_elements : read_members)(r, n);
    return ok && (!n->gives_json || keep_json(r, n, start));
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

/* Most records have each name once; one that may not is read again. */
static bool read_object(const struct plan *p, struct json *j,
                        struct slot *slots, struct arena *a)
{
    struct reader r = {.plan = p, .j = j, .slots = slots, .arena = a};
    const struct json start = *j;
    bool ok = is_object(j) && read_members(&r, &p->root);

    if (r.came_again) {
        *j = start;
        memset(slots, 0, p->count * sizeof *slots);
        r.careful = true;
        ok = read_members(&r, &p->root);
    }
    if (ok)
        finish_slots(p, slots);
    return ok;
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

const struct record *record_without_reference(const struct shape *shape,
                                              const struct records *r)
{
    int column = shape->reference
        ? shape_column(shape->fields, shape->reference) : -1;

    for (size_t i = 0; column >= 0 && i < r->count; i++)
        if (is_empty(&r->list[i].slots[column]))
            return &r->list[i];
    return NULL;
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
