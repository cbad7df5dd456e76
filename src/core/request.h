/* request.h -- an HTTP request and its answer as plain values.
 *
 * Law: a request owns all it points to (but its origin), so that it can wait
 * in a queue, be signed when its turn comes, and be sent again.
 */
#ifndef LUFT_REQUEST_H
#define LUFT_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "buf.h"
#include "headers.h"
#include "origin.h"

enum body_kind {
    BODY_NONE,
    BODY_BYTES,                     /* body.bytes */
    BODY_FILE,                      /* length bytes of a file from offset on */
    BODY_PRODUCER                   /* a Lua function; can be sent only once */
};

struct body {
    enum body_kind kind;
    struct buf bytes;
    const char *path;
    int64_t offset;
    int64_t length;                 /* -1: to the end, or not known */
};

struct request {
    struct arena arena;
    const char *method;             /* "GET" */
    const struct origin *origin;    /* borrowed: the client's or the arena's */
    struct buf target;              /* "/v1.41/images/json?all=1" */
    struct headers headers;
    struct body body;
    bool safe_to_repeat;            /* sending it twice does no harm */
    bool may_be_silent;             /* the server may say nothing for long */
    const char *save_as;            /* a file takes the answer's body */
};

struct response {
    struct arena arena;
    int status;
    struct headers headers;
    size_t header_bytes;
    struct buf body;                /* what is kept in memory of it */
};

enum { HEADER_CEILING = 256 * 1024 };

/* Empties it for the next step; memory of the body's size is given back. */
void request_reset(struct request *r);
void request_free(struct request *r);

/* False: a character that no header may hold.  A value is NULL when there was
 * no memory for it, which its arena remembers. */
bool request_header(struct request *r, const char *name, const char *value);

/* True when every byte so far found memory. */
bool request_ok(const struct request *r);

/* GET, HEAD, OPTIONS, PUT, DELETE: the same twice is the same once. */
bool method_is_idempotent(const char *method);

/* GET, HEAD, OPTIONS: nothing changes over there. */
bool method_only_reads(const char *method);

void response_reset(struct response *r);
void response_free(struct response *r);

/* One line as it came, "Name: value\r\n" or "HTTP/1.1 200 OK\r\n"; a new status
 * line forgets the headers of the 1xx answer before it.  False: too much. */
bool response_line(struct response *r, const char *line, size_t length);

#endif
