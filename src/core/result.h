/* result.h -- what a call gives: at its end, or piece by piece.
 *
 * Law: a result owns its bytes; records point into them, so both travel
 * together.  A stream's pieces are results too: batches of texts, or of
 * objects.
 */
#ifndef LUFT_RESULT_H
#define LUFT_RESULT_H

#include "buf.h"
#include "request.h"
#include "shape.h"

enum gives {
    GIVES_NOTHING,
    GIVES_TRUE,                     /* true: it is done */
    GIVES_TEXT,                     /* bytes as a string */
    GIVES_TABLE,                    /* bytes are JSON, converted as they are */
    GIVES_ONE,                      /* an object of the shape */
    GIVES_LIST,                     /* a list of them */
    GIVES_RESPONSE,                 /* status, headers, body, of luft.http */
    GIVES_TEXTS                     /* a batch: texts with tags */
};

struct piece {                      /* of GIVES_TEXTS, in the order of bytes */
    uint32_t length;
    uint8_t tag;
};

struct result {
    struct result *next;            /* for whoever queues results */
    enum gives gives;
    struct shape *shape;
    struct buf bytes;
    struct records records;
    struct response response;       /* GIVES_RESPONSE: without its body */
    struct piece *pieces;
    size_t piece_count, piece_room;
    size_t weight;                  /* bytes held, for flow control */
};

void result_free(struct result *r);         /* what it holds; zeroed again */
void result_delete(struct result *r);       /* a batch, from result_new */
struct result *result_new(void);            /* or NULL */

/* Adds to a batch; false: no memory. */
bool result_add_text(struct result *r, int tag, const char *s, size_t length);

#endif
