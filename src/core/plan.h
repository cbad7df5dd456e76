/* plan.h -- the rows of a shape, made ready for reading.
 *
 * The paths of all fields are merged into one tree, so that each name of an
 * answer is compared with the few names that can stand at its place, if any.
 */
#ifndef LUFT_PLAN_H
#define LUFT_PLAN_H

#include "shape.h"

enum { ANY_MEMBER = -1, ANY_ELEMENT = -2, NAMED = -3 };

struct target {                     /* a column that wants the value here */
    struct target *next;
    size_t column;
    uint8_t rank;
};

struct node {
    struct node *next;              /* sibling */
    struct node *inside;            /* first child */
    struct target *targets;
    const char *name;
    size_t length;
    int index;                      /* element number, or one of the above */
    int place;                      /* among its siblings, the first is 0 */
    bool gives_json;                /* some target takes any value */
    uint64_t names;                 /* a bit for each name inside, name_bit */
};

struct plan {
    struct arena arena;
    struct node root;
    const struct field **columns;
    size_t count;
};

/* Most members of an answer are wanted by nobody: one look at the bit tells. */
static inline uint64_t name_bit(const char *name, size_t length)
{
    return UINT64_C(1) << (((unsigned char)name[0] + length) & 63);
}

/* The plan of these rows, made by whichever thread comes first and kept in
 * *place.  NULL: no memory. */
const struct plan *plan_of(_Atomic(struct plan *) *place,
                           const struct field *fields);

#endif
