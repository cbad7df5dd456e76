/* result.c -- see result.h. */
#include "result.h"

#include <string.h>

#include "mem.h"

struct result *result_new(void)
{
    return mem_alloc(sizeof(struct result));
}

void result_free(struct result *r)
{
    buf_free(&r->bytes);
    records_free(&r->records);
    response_free(&r->response);
    mem_free(r->pieces);
    memset(r, 0, sizeof *r);
}

void result_delete(struct result *r)
{
    if (!r)
        return;
    result_free(r);
    mem_free(r);
}

bool result_add_text(struct result *r, int tag, const char *s, size_t length)
{
    if (r->piece_count == r->piece_room) {
        size_t room = r->piece_room ? r->piece_room * 2 : 8;
        struct piece *pieces = mem_resize(r->pieces, room * sizeof *pieces);

        if (!pieces)
            return false;
        r->pieces = pieces;
        r->piece_room = room;
    }
    buf_add(&r->bytes, s, length);
    if (!buf_ok(&r->bytes))
        return false;
    r->pieces[r->piece_count++] = (struct piece){
        .length = (uint32_t)length, .tag = (uint8_t)tag
    };
    r->weight += length;
    return true;
}
