/* buf.h -- bytes that grow, up to a ceiling.
 *
 * Law: buffers are sticky.  Append freely and ask buf_ok once: after a failure
 * nothing more is added and buf_ok stays false.  s is NUL-terminated as soon as
 * anything was added; the bytes themselves may hold NULs.
 */
#ifndef LUFT_BUF_H
#define LUFT_BUF_H

#include <stdbool.h>
#include <stddef.h>

enum buf_failure { BUF_OK, BUF_NO_MEMORY, BUF_TOO_LARGE };

struct buf {                        /* zeroed: empty and valid, no ceiling */
    char *s;
    size_t len;
    size_t size;                    /* allocated */
    size_t ceiling;                 /* most bytes it may hold; 0: no limit */
    enum buf_failure failure;
};

void buf_add(struct buf *b, const void *bytes, size_t length);
void buf_text(struct buf *b, const char *text);
void buf_char(struct buf *b, char c);
void buf_format(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Makes room for length more bytes and returns where they go, or NULL; the
 * caller then raises b->len by what it wrote. */
char *buf_room(struct buf *b, size_t length);

/* The bytes as a C string, "" when there are none. */
const char *buf_string(const struct buf *b);

bool buf_ok(const struct buf *b);
void buf_clear(struct buf *b);      /* empty again, keeps memory and ceiling */
void buf_free(struct buf *b);       /* zeroed again */

#endif
