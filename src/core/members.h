/* members.h -- the members of a JSON object, each name once.
 *
 * Law: of a name that came twice the last value counts.  Reading in one pass
 * (shape.c) cannot know whether a name will come again; the few records where
 * one did are read by these.
 */
#ifndef LUFT_MEMBERS_H
#define LUFT_MEMBERS_H

#include "arena.h"
#include "json.h"

struct member {
    struct json_text name;          /* no longer escaped */
    const char *value;              /* where it starts */
};

struct members {                    /* zeroed: none */
    struct member *list;            /* in the order of their values */
    size_t count, room;
};

/* Passes over the object that comes next, checking all of it.  False:
 * j->problem, or no memory (a->failed). */
bool members_read(struct members *m, struct json *j, struct arena *a);

void members_free(struct members *m);

#endif
