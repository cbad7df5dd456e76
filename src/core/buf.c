/* buf.c -- see buf.h. */
#include "buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"

enum { SMALLEST = 64 };

static char *fails(struct buf *b, enum buf_failure failure)
{
    if (!b->failure)
        b->failure = failure;
    return NULL;
}

static size_t grown_size(const struct buf *b, size_t wanted)
{
    size_t size = b->size ? b->size : SMALLEST;

    if (!b->size && wanted > size)
        return wanted;              /* whoever asks first may know it all */
    while (size < wanted)
        size = size > SIZE_MAX / 2 ? wanted : size * 2;
    return size;
}

char *buf_room(struct buf *b, size_t length)
{
    size_t size;
    char *s;

    if (b->failure)
        return NULL;
    if (b->ceiling && length > b->ceiling - b->len)
        return fails(b, BUF_TOO_LARGE);
    if (length > SIZE_MAX / 2 - b->len)
        return fails(b, BUF_NO_MEMORY);
    if (b->len + length < b->size)
        return b->s + b->len;
    size = grown_size(b, b->len + length + 1);
    s = mem_resize(b->s, size);
    if (!s)
        return fails(b, BUF_NO_MEMORY);
    b->s = s;
    b->size = size;
    return s + b->len;
}

void buf_add(struct buf *b, const void *bytes, size_t length)
{
    char *room = buf_room(b, length);

    if (!room)
        return;
    if (length)
        memcpy(room, bytes, length);
    b->len += length;
    b->s[b->len] = '\0';
}

void buf_text(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_format(struct buf *b, const char *format, ...)
{
    va_list args;
    int length;
    char *room;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    room = length < 0 ? NULL : buf_room(b, (size_t)length);
    if (!room)
        return;
    va_start(args, format);
    vsnprintf(room, (size_t)length + 1, format, args);
    va_end(args);
    b->len += (size_t)length;
}

const char *buf_string(const struct buf *b)
{
    return b->s && b->len ? b->s : "";
}

bool buf_ok(const struct buf *b)
{
    return b->failure == BUF_OK;
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failure = BUF_OK;
}

void buf_free(struct buf *b)
{
    mem_free(b->s);
    memset(b, 0, sizeof *b);
}
