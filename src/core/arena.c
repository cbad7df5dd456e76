/* arena.c -- see arena.h. */
#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"

enum { FIRST_BLOCK = 480, LARGEST_BLOCK = 64 * 1024 };

struct arena_block {
    struct arena_block *older;
    size_t size;                    /* bytes behind this head */
    max_align_t bytes[];
};

static size_t aligned(size_t size)
{
    const size_t unit = sizeof(max_align_t);

    return (size + unit - 1) / unit * unit;
}

static size_t next_block_size(const struct arena *a, size_t wanted)
{
    size_t size = a->blocks ? a->blocks->size * 2 : FIRST_BLOCK;

    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    return wanted > size ? wanted : size;
}

static bool grow(struct arena *a, size_t wanted)
{
    size_t size = next_block_size(a, wanted);
    struct arena_block *block = mem_alloc(sizeof *block + size);

    if (!block) {
        a->failed = true;
        return false;
    }
    block->older = a->blocks;
    block->size = size;
    a->blocks = block;
    a->at = (char *)block->bytes;
    a->left = size;
    return true;
}

void *arena_alloc(struct arena *a, size_t size)
{
    void *room;

    if (size > SIZE_MAX / 2) {
        a->failed = true;
        return NULL;
    }
    size = aligned(size ? size : 1);
    if (mem_refuses && mem_refuses()) {     /* a block's room counts, too */
        a->failed = true;
        return NULL;
    }
    if (size > a->left && !grow(a, size))
        return NULL;
    room = a->at;
    a->at += size;
    a->left -= size;
    return room;
}

char *arena_copy(struct arena *a, const char *bytes, size_t length)
{
    char *copy = arena_alloc(a, length + 1);

    if (copy && length)
        memcpy(copy, bytes, length);
    return copy;
}

char *arena_text(struct arena *a, const char *text)
{
    return text ? arena_copy(a, text, strlen(text)) : NULL;
}

char *arena_format(struct arena *a, const char *format, ...)
{
    va_list args;
    int length;
    char *text;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        return NULL;
    text = arena_alloc(a, (size_t)length + 1);
    if (!text)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}

void arena_free(struct arena *a)
{
    struct arena_block *block = a->blocks;

    while (block) {
        struct arena_block *older = block->older;

        mem_free(block);
        block = older;
    }
    memset(a, 0, sizeof *a);
}
