/* arena.h -- memory that is given back all at once.
 *
 * Law: what an arena hands out lives until arena_free, and nobody frees it by
 * itself.  A failed allocation returns NULL and is remembered in `failed`, so
 * that a builder asks once, at its end.
 */
#ifndef LUFT_ARENA_H
#define LUFT_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {                      /* zeroed: empty and valid */
    struct arena_block *blocks;     /* newest first */
    char *at;                       /* free room in the newest block */
    size_t left;
    bool failed;                    /* some allocation was refused */
};

/* Returns size zeroed bytes, aligned for any type, or NULL. */
void *arena_alloc(struct arena *a, size_t size);

/* Returns a NUL-terminated copy of length bytes, or NULL. */
char *arena_copy(struct arena *a, const char *bytes, size_t length);
char *arena_text(struct arena *a, const char *text);

/* Returns a formatted text, or NULL. */
char *arena_format(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void arena_free(struct arena *a);

#endif
