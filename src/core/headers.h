/* headers.h -- an ordered list of header fields.
 *
 * Law: no name or value that holds CR, LF or NUL ever gets in, so nothing a
 * script passes can add a header or a request of its own.
 */
#ifndef LUFT_HEADERS_H
#define LUFT_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

struct header {
    const char *name;
    const char *value;
};

struct headers {                    /* zeroed: empty; texts are the arena's */
    struct header *list;
    size_t count;
    size_t room;
};

/* False: the name is no token or the value holds a control character; memory
 * that ran out shows in a->failed instead. */
bool headers_add(struct headers *h, struct arena *a,
                 const char *name, const char *value, size_t length);

/* As headers_add, but takes the place of every field of that name. */
bool headers_set(struct headers *h, struct arena *a,
                 const char *name, const char *value, size_t length);

void headers_remove(struct headers *h, const char *name);

/* The first value of that name, in any case, or NULL. */
const char *headers_get(const struct headers *h, const char *name);

/* True for what must not be shown or sent to another origin: Authorization,
 * cookies, X-Registry-Auth, anything that ends in -Token or -Key. */
bool header_is_secret(const char *name);

#endif
