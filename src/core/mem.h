/* mem.h -- every allocation of the core goes through here.
 *
 * Law: nothing in src/core or drivers/ calls malloc by itself, so that a test
 * can let any one allocation fail and look at what comes out (oom_test.c).
 */
#ifndef LUFT_MEM_H
#define LUFT_MEM_H

#include <stdbool.h>
#include <stddef.h>

/* Returns size zeroed bytes, or NULL. */
void *mem_alloc(size_t size);

/* Like realloc: what is new is not zeroed.  On NULL the old block lives on. */
void *mem_resize(void *block, size_t size);

/* Returns a NUL-terminated copy of length bytes, or NULL. */
char *mem_copy(const char *bytes, size_t length);

void mem_free(void *block);

/* Tests only: asked before each allocation; true makes that one fail.
 * Set before any thread starts. */
extern bool (*mem_refuses)(void);

#endif
