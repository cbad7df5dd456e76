/* request.c -- what clients send: a head at once, a body in any split.
 *
 * It is strict, so that a client's mistakes show: lines end with CR LF, a body
 * has one length, chunk sizes are hexadecimal digits.
 */
#include <string.h>

#include "server.h"

size_t request_head_length(const char *s, size_t length, size_t *searched)
{
    size_t from = *searched > 3 ? *searched - 3 : 0;
    const char *end = memmem(s + from, length - from, "\r\n\r\n", 4);

    *searched = length;
    return end ? (size_t)(end - s) + 4 : 0;
}

static void refuse(struct request *r, int status, const char *why)
{
    if (r->fault)
        return;
    r->fault = status;
    r->fault_text = why;
}

/* --- the head ------------------------------------------------------------- */

/* What stands before the separator, which is skipped; s is NULL without one. */
static struct text cut_off(struct text *from, const char *separator)
{
    size_t length = strlen(separator);
    const char *at = memmem(from->s, from->length, separator, length);
    struct text before = {at ? from->s : NULL, 0};

    if (at) {
        before.length = (size_t)(at - from->s);
        from->s = at + length;
        from->length -= before.length + length;
    }
    return before;
}

static struct text trimmed(struct text t)
{
    while (t.length && (*t.s == ' ' || *t.s == '\t')) {
        t.s++;
        t.length--;
    }
    while (t.length && (t.s[t.length - 1] == ' '
                        || t.s[t.length - 1] == '\t'))
        t.length--;
    return t;
}

bool request_header(struct text *lines, struct text *name,
                    struct text *value)
{
    struct text rest = *lines, line = cut_off(&rest, "\r\n");

    if (!line.s)
        return false;
    *name = cut_off(&line, ":");
    if (!name->s || name->length == 0 || memchr(name->s, ' ', name->length))
        return false;
    *value = trimmed(line);
    *lines = rest;
    return true;
}

/* A request by way of a proxy names the whole URL. */
static void split_target(struct request *r)
{
    struct text t = r->target;
    const char *mark;

    if (t.length > 7 && memcmp(t.s, "http://", 7) == 0) {
        const char *slash = memchr(t.s + 7, '/', t.length - 7);

        t.length = slash ? t.length - (size_t)(slash - t.s) : 0;
        t.s = slash ? slash : "";
    }
    r->path = t;
    mark = memchr(t.s, '?', t.length);
    if (mark) {
        r->path.length = (size_t)(mark - t.s);
        r->query.s = mark + 1;
        r->query.length = t.length - r->path.length - 1;
    }
}

static void parse_line(struct request *r, struct text line)
{
    r->method = cut_off(&line, " ");
    r->target = r->method.s ? cut_off(&line, " ") : r->method;
    if (!r->target.s || r->method.length == 0 || r->target.length == 0) {
        r->method = r->target = (struct text){"", 0};
        refuse(r, 400, "no request line");
    } else if (text_is(line, "HTTP/1.0")) {
        r->http10 = true;
    } else if (!text_is(line, "HTTP/1.1")) {
        refuse(r, 505, "no HTTP/1.1");
    }
    if (r->target.length > TARGET_MOST)
        refuse(r, 414, "the target is too long");
    r->keeps_alive = !r->http10;
    split_target(r);
}

static void parse_length(struct request *r, struct text value)
{
    int64_t length = 0;

    if (value.length == 0 || value.length > 18)
        refuse(r, 400, "Content-Length is no number");
    for (size_t i = 0; i < value.length && !r->fault; i++) {
        if (value.s[i] < '0' || value.s[i] > '9')
            refuse(r, 400, "Content-Length is no number");
        length = length * 10 + (value.s[i] - '0');
    }
    if (r->has_body)
        refuse(r, 400, "the body has two lengths");
    r->has_body = true;
    r->left = length;
}

static void note_header(struct request *r, struct text name,
                        struct text value)
{
    if (text_is(name, "Content-Length")) {
        parse_length(r, value);
    } else if (text_is(name, "Transfer-Encoding")) {
        if (r->has_body)
            refuse(r, 400, "the body has two lengths");
        if (!text_is(value, "chunked"))
            refuse(r, 501, "no such transfer encoding");
        r->has_body = r->chunked = true;
    } else if (text_is(name, "Connection")) {
        if (text_has_word(value, "close"))
            r->keeps_alive = false;
        else if (text_has_word(value, "keep-alive"))
            r->keeps_alive = true;
    } else if (text_is(name, "Expect")) {
        r->expects_continue = text_is(value, "100-continue");
    }
}

void request_parse(struct request *r, const char *head, size_t length)
{
    struct text rest = {head, length - 2}, name, value;

    memset(r, 0, offsetof(struct request, start));
    r->head_length = length;
    parse_line(r, cut_off(&rest, "\r\n"));
    r->headers = rest;
    while (request_header(&rest, &name, &value))
        note_header(r, name, value);
    if (rest.length)
        refuse(r, 400, "a header line is broken");
    r->complete = !r->has_body || (!r->chunked && r->left == 0);
}

/* --- the body ------------------------------------------------------------- */

static size_t take_data(struct request *r, const char *s, size_t length)
{
    size_t n = (int64_t)length < r->left ? length : (size_t)r->left;

    r->left -= (int64_t)n;
    r->body_length += (int64_t)n;
    if (r->is_kept) {
        size_t room = START_KEPT - r->start_length;
        size_t kept = n < room ? n : room;

        r->crc = crc_add(r->crc, s, n);
        memcpy(r->start + r->start_length, s, kept);
        r->start_length += kept;
    }
    return n;
}

static void take_size(struct request *r, char c)
{
    int digit = text_hex_digit(c);

    if (digit >= 0 && r->size_digits < 15) {
        r->left = r->left * 16 + digit;
        r->size_digits++;
    } else if (r->size_digits && (c == '\r' || c == ';' || c == ' ')) {
        r->place = CHUNK_EXTENSION;
    } else {
        refuse(r, 400, "a chunk's size is broken");
    }
}

static void take_chunk_end(struct request *r, char c)
{
    if (c == '\n')
        r->place = CHUNK_SIZE;
    else if (c != '\r')
        refuse(r, 400, "a chunk is longer than its size");
    r->size_digits = 0;
}

/* A byte of what is around the chunks' data. */
static void take_framing(struct request *r, char c)
{
    switch (r->place) {
    case CHUNK_SIZE:
        take_size(r, c);
        break;
    case CHUNK_EXTENSION:
        if (c == '\n')
            r->place = r->left ? CHUNK_DATA : TRAILER_START;
        break;
    case CHUNK_END:
        take_chunk_end(r, c);
        break;
    case TRAILER_START:
        if (c == '\n')
            r->complete = true;
        else if (c != '\r')
            r->place = TRAILER;
        break;
    default:                            /* TRAILER */
        if (c == '\n')
            r->place = TRAILER_START;
    }
}

size_t request_body(struct request *r, const char *s, size_t length)
{
    size_t at = 0;

    if (!r->chunked) {
        at = take_data(r, s, length);
        r->complete = r->left == 0;
        return at;
    }
    while (at < length && !r->complete && !r->fault) {
        if (r->place != CHUNK_DATA) {
            take_framing(r, s[at++]);
        } else {
            at += take_data(r, s + at, length - at);
            if (r->left == 0)
                r->place = CHUNK_END;
        }
    }
    return at;
}
