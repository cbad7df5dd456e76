/* inflate.c -- answers that come compressed.
 *
 * zlib by ourselves: libcurl takes a gzip stream without its end for a whole
 * one when the connection's end, or a length that lies, comes at that point.
 */
#include <zlib.h>

#include "../core/mem.h"
#include "reactor.h"

enum {
    MOST_RATIO = 200,               /* decompressed to sent */
    GZIP_ONLY = 15 + 16             /* for inflateInit2 */
};

struct inflation {
    z_stream stream;
    uint64_t came, grew;            /* bytes, of all members */
    bool ended;                     /* a member has; another may follow */
    char room[CURL_BUFFER];
};

struct inflation *inflation_new(void)
{
    struct inflation *i = mem_alloc(sizeof *i);

    if (i && inflateInit2(&i->stream, GZIP_ONLY) == Z_OK)
        return i;
    mem_free(i);
    return NULL;
}

void inflation_free(struct inflation *i)
{
    if (!i)
        return;
    inflateEnd(&i->stream);
    mem_free(i);
}

bool inflation_is_whole(const struct inflation *i)
{
    return i->ended || i->came == 0;
}

static bool fails(struct call *c, const char *why)
{
    error_set(&c->error, ERROR_PROTOCOL, "%s", why);
    return false;
}

/* A small answer that swells to a large one is an attack, or as good as. */
static bool swells(const struct inflation *i)
{
    return i->grew > MOST_RATIO * (i->came + CURL_BUFFER);
}

/* One call of inflate, and what came out of it. */
static bool inflate_some(struct inflation *i, struct call *c)
{
    int status;
    size_t length;

    if (i->ended && inflateReset(&i->stream) != Z_OK)
        return fails(c, "the compressed answer goes on behind its end");
    i->ended = false;
    i->stream.next_out = (Bytef *)i->room;
    i->stream.avail_out = sizeof i->room;
    status = inflate(&i->stream, Z_NO_FLUSH);
    length = sizeof i->room - i->stream.avail_out;
    i->grew += length;
    if (status == Z_MEM_ERROR) {
        error_no_memory(&c->error);
        return false;
    }
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
        return fails(c, "the compressed answer is broken");
    if (swells(i)) {
        error_set(&c->error, ERROR_PROTOCOL, "the answer grows more than "
                  "%d-fold when decompressed", MOST_RATIO);
        return false;
    }
    i->ended = status == Z_STREAM_END;
    return length == 0 || call_body(c, i->room, length);
}

bool inflation_take(struct inflation *i, struct call *c, const char *bytes,
                    size_t length)
{
    i->came += length;
    i->stream.next_in = (z_const Bytef *)bytes;
    i->stream.avail_in = (uInt)length;
    do {
        if (!inflate_some(i, c))
            return false;
    } while (i->stream.avail_in > 0
             || (i->stream.avail_out == 0 && !i->ended));
    return true;
}
