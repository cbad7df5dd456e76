/* mem.c -- see mem.h. */
#include "mem.h"

#include <stdlib.h>
#include <string.h>

bool (*mem_refuses)(void);

void *mem_alloc(size_t size)
{
    if (mem_refuses && mem_refuses())
        return NULL;
    return calloc(1, size ? size : 1);
}

void *mem_resize(void *block, size_t size)
{
    if (mem_refuses && mem_refuses())
        return NULL;
    return realloc(block, size ? size : 1);
}

char *mem_copy(const char *bytes, size_t length)
{
    char *copy = mem_alloc(length + 1);

    if (copy && length)
        memcpy(copy, bytes, length);
    return copy;
}

void mem_free(void *block)
{
    free(block);
}
