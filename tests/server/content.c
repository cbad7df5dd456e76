/* content.c -- bodies, made piece by piece while they are sent. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server.h"

enum {
    BLOCK_MOST = 65535,             /* bytes of a stored block */
    BLOCK_HEAD = 5,
    GZIP_HEAD = 10,
    GZIP_END = 8,
    FRAME_HEAD = 8
};

static void start(struct content *c, enum content_kind kind,
                  const char *type, int64_t length)
{
    memset(c, 0, sizeof *c);
    c->kind = kind;
    c->type = type;
    c->length = c->plain_length = length;
}

void content_from_memory(struct content *c, const char *s, size_t length)
{
    start(c, MEMORY, "application/json", (int64_t)length);
    c->memory = s;
}

void content_from_pattern(struct content *c, int64_t length)
{
    start(c, PATTERN, "application/octet-stream", length);
}

void content_from_zeros(struct content *c, int64_t length, bool fixed)
{
    start(c, ZEROS, "application/octet-stream", 0);
    c->length = c->plain_length = zeros_start(&c->zeros, length, fixed);
}

/* --- Docker's log frames: stream 0 0 0 length(4, big endian) payload ------ */

static int64_t payload_length(int64_t digits, int64_t size)
{
    int64_t natural = (int64_t)strlen("line \n") + digits;

    return natural > size ? natural : size;
}

void content_from_frames(struct content *c, int64_t count, int64_t size)
{
    int64_t length = 0, digits = 1, first = 1;

    for (; first <= count; first *= 10, digits++) {
        int64_t beyond = first * 10 <= count ? first * 10 : count + 1;

        length += (beyond - first)
            * (FRAME_HEAD + payload_length(digits, size));
    }
    start(c, FRAMES, "application/vnd.docker.raw-stream", length);
    c->frame = 1;
    c->frame_size = size;
}

/* A frame's start up to the padding, which are dots before the line's end. */
static size_t frame_start(const struct content *c, char to[64],
                          int64_t *length)
{
    int text = snprintf(to + FRAME_HEAD, 64 - FRAME_HEAD, "line %" PRId64,
                        c->frame);
    int64_t payload = payload_length(text - (int)strlen("line "),
                                     c->frame_size);

    memset(to, 0, FRAME_HEAD);
    to[0] = c->frame % 2 ? 1 : 2;
    for (int i = 0; i < 4; i++)
        to[4 + i] = (char)(payload >> (24 - 8 * i) & 255);
    *length = FRAME_HEAD + payload;
    return FRAME_HEAD + (size_t)text;
}

static void fill_frames(struct content *c, char *to, size_t length)
{
    while (length) {
        char begins[64];
        int64_t whole;
        size_t known = frame_start(c, begins, &whole), n, from;

        from = (size_t)c->frame_at;
        n = (size_t)whole - from < length ? (size_t)whole - from : length;
        memset(to, '.', n);
        if (from < known)
            memcpy(to, begins + from, n < known - from ? n : known - from);
        c->frame_at += (int64_t)n;
        if (c->frame_at == whole) {
            to[n - 1] = '\n';
            c->frame++;
            c->frame_at = 0;
        }
        to += n;
        length -= n;
    }
}

/* --- all kinds ------------------------------------------------------------ */

static void fill_pattern(int64_t at, char *to, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    size_t first = length < 16 ? length : 16, done;

    for (size_t i = 0; i < first; i++)
        to[i] = digits[(at + (int64_t)i) & 15];
    for (done = first; done < length; ) {
        size_t n = length - done < done ? length - done : done;

        memcpy(to + done, to, n);       /* a multiple of 16, or the last */
        done += n;
    }
}

static void fill_plain(struct content *c, char *to, size_t length)
{
    switch (c->kind) {
    case MEMORY:
        memcpy(to, c->memory + c->plain_at, length);
        break;
    case PATTERN:
        fill_pattern(c->plain_at, to, length);
        break;
    case FRAMES:
        fill_frames(c, to, length);
        break;
    default:
        zeros_fill(&c->zeros, to, length);
    }
    c->plain_at += (int64_t)length;
}

/* --- gzip by stored blocks ------------------------------------------------ */

/* The place of every byte is known: head, then block after block, each full
 * but the last, then checksum and size. */
void content_compress(struct content *c)
{
    int64_t blocks = (c->plain_length + BLOCK_MOST - 1) / BLOCK_MOST;

    if (c->kind == ZEROS)
        return;
    c->gzip = true;
    c->length = GZIP_HEAD + c->plain_length + GZIP_END
        + BLOCK_HEAD * (blocks ? blocks : 1);
}

static void put_number(char *to, uint64_t n, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (char)(n >> 8 * i & 255);
}

static size_t copy_rest(const char *from, size_t size, int64_t at, char *to,
                        size_t length)
{
    size_t left = size - (size_t)at, n = left < length ? left : length;

    memcpy(to, from + at, n);
    return n;
}

static size_t fill_block(struct content *c, char *to, size_t length)
{
    int64_t inside = (c->at - GZIP_HEAD) % (BLOCK_HEAD + BLOCK_MOST);
    int64_t left = c->plain_length - c->plain_at;
    char head[BLOCK_HEAD];
    size_t n;

    if (inside < BLOCK_HEAD) {
        uint64_t size = left < BLOCK_MOST ? (uint64_t)left : BLOCK_MOST;

        head[0] = left <= BLOCK_MOST;   /* the last one */
        put_number(head + 1, size, 2);
        put_number(head + 3, ~size, 2);
        return copy_rest(head, BLOCK_HEAD, inside, to, length);
    }
    n = (size_t)(BLOCK_HEAD + BLOCK_MOST - inside);
    if (n > length)
        n = length;
    if ((int64_t)n > left)
        n = (size_t)left;
    fill_plain(c, to, n);
    c->crc = crc_add(c->crc, to, n);
    return n;
}

static size_t fill_gzip(struct content *c, char *to, size_t length)
{
    static const char head[GZIP_HEAD] = "\x1f\x8b\x08\0\0\0\0\0\0\xff";
    char end[GZIP_END];

    if (c->at < GZIP_HEAD)
        return copy_rest(head, GZIP_HEAD, c->at, to, length);
    if (c->at < c->length - GZIP_END)
        return fill_block(c, to, length);
    put_number(end, c->crc, 4);
    put_number(end + 4, (uint64_t)c->plain_length, 4);
    return copy_rest(end, GZIP_END, c->at - (c->length - GZIP_END), to,
                     length);
}

void content_fill(struct content *c, char *to, size_t length)
{
    while (length) {
        size_t n = length;

        if (c->gzip)
            n = fill_gzip(c, to, length);
        else
            fill_plain(c, to, length);
        c->at += (int64_t)n;
        to += n;
        length -= n;
    }
}
