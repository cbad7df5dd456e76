/* shape.h -- what results look like, and how they are read out of JSON.
 *
 * A shape is one kind of object that scripts get: Container, Image.  Its fields
 * are rows: a name, and the path of the value inside the provider's record.
 * read_records passes once over the answer and keeps only what the rows name.
 *
 * Law: what was read is a flat array of 16-byte slots that point into the
 * answer's bytes (or the arena, where text had to be unescaped), so it crosses
 * threads as it is.
 */
#ifndef LUFT_SHAPE_H
#define LUFT_SHAPE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "json.h"

enum slot_type {
    SLOT_ABSENT,
    SLOT_TEXT,
    SLOT_INTEGER,
    SLOT_NUMBER,
    SLOT_BOOLEAN,                   /* in integer */
    SLOT_LIST,                      /* length slots */
    SLOT_JSON                       /* text is JSON, not yet converted */
};

struct slot {
    uint8_t type;                   /* enum slot_type */
    uint8_t rank;                   /* which alternative of the path it is */
    uint32_t length;
    union {
        const char *text;
        int64_t integer;
        double number;
        struct slot *list;
    };
};

enum field_type {
    FIELD_PLAIN,                    /* text, number, boolean: as it comes */
    FIELD_TIME,                     /* RFC 3339 or seconds -> seconds */
    FIELD_LIST,                     /* every match, as a list */
    FIELD_JSON                      /* any value, converted when touched */
};

/* path: names joined by '.'; "[0]" one element, "[]" every element, "*" every
 * member; alternatives after '|', the first that is there wins.  An empty text
 * gives way to a later alternative and is left out of lists.  Of a name that
 * comes twice in an object the last value counts.
 *
 *     State.Status|State       NetworkSettings.Networks.*.IPAddress */
struct field {
    const char *name;               /* as scripts see it */
    const char *path;
    enum field_type type;
    void (*map)(struct slot *slot); /* turns the peer's words into ours; also
                                       asked when there were none */
    const struct shape *object;     /* an object inside, of that shape ... */
    const struct field *fields;     /* ... read from the same record so */
    const char *help;
};

struct verb {                       /* container:stop() */
    const char *name;               /* stop */
    const char *method;             /* stop_container */
    int position;                   /* of the object among the arguments */
};

struct plan;                        /* the rows, made ready for reading */

struct shape {
    const char *name;               /* "Container" */
    const char *reference;          /* field that stands for it in a call */
    const struct field *fields;     /* ends with a zeroed row */
    const struct field *extra;      /* keys of .extra; or NULL */
    const struct verb *verbs;       /* or NULL */
    const char *help;
    _Atomic(struct plan *) plan;    /* made on first use, never freed */
    _Atomic(struct plan *) extra_plan;
};

struct record {
    struct slot *slots;             /* as many as the plan has columns */
    const char *raw;                /* the provider's whole record */
    size_t raw_length;
};

struct records {                    /* zeroed: none */
    struct arena arena;             /* slots, unescaped texts */
    struct record *list;
    size_t count, room;
};

/* Slots of a shape's fields, objects inside counted with theirs, in order. */
size_t shape_columns(const struct field *fields);

/* The slot of a field among them; -1: there is no such field. */
int shape_column(const struct field *fields, const char *name);

/* Reads one object, or a list of them that stands at `at` ("" or a member's
 * name such as "items").  False: j->problem, or no memory (arena.failed). */
bool read_record(struct shape *shape, struct json *j, struct records *to);
bool read_records(struct shape *shape, struct json *j, const char *at,
                  struct records *to);

/* The first record whose reference, by which scripts would call it, is empty or
 * not there; NULL: all have one, or the shape has no reference. */
const struct record *record_without_reference(const struct shape *shape,
                                              const struct records *r);

/* Reads a record's .extra into slots, one for each row of shape->extra. */
bool read_extra(struct shape *shape, const char *raw, size_t length,
                struct arena *a, struct slot *slots);

/* For map functions. */
bool slot_is(const struct slot *slot, const char *word);
void slot_set_text(struct slot *slot, const char *static_text);

void records_free(struct records *r);

#endif
