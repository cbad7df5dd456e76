/* request.c -- see request.h. */
#include "request.h"

#include <string.h>

#include "text.h"

void request_reset(struct request *r)
{
    request_free(r);
}

void request_free(struct request *r)
{
    arena_free(&r->arena);
    buf_free(&r->target);
    buf_free(&r->body.bytes);
    memset(r, 0, sizeof *r);
}

bool request_header(struct request *r, const char *name, const char *value)
{
    return !value
        || headers_set(&r->headers, &r->arena, name, value, strlen(value));
}

bool request_ok(const struct request *r)
{
    return !r->arena.failed && buf_ok(&r->target) && buf_ok(&r->body.bytes);
}

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

bool method_is_idempotent(const char *method)
{
    static const char *const methods[] = {
        "GET", "HEAD", "OPTIONS", "PUT", "DELETE", NULL
    };

    return is_one_of(method, methods);
}

bool method_only_reads(const char *method)
{
    static const char *const methods[] = {"GET", "HEAD", "OPTIONS", NULL};

    return is_one_of(method, methods);
}

void response_reset(struct response *r)
{
    response_free(r);
}

void response_free(struct response *r)
{
    arena_free(&r->arena);
    buf_free(&r->body);
    memset(r, 0, sizeof *r);
}

/* "HTTP/1.1 200 OK" */
static void status_line(struct response *r, const char *line, size_t length)
{
    const char *space = memchr(line, ' ', length);
    const char *end = line + length;
    int status = 0;

    for (int i = 1; space && i <= 3 && space + i < end; i++)
        status = status * 10 + (text_is_digit(space[i]) ? space[i] - '0' : 0);
    r->status = status;
    r->headers.count = 0;
}

bool response_line(struct response *r, const char *line, size_t length)
{
    const char *colon, *value, *end = line + length;
    char *name;

    r->header_bytes += length;
    if (r->header_bytes > HEADER_CEILING)
        return false;
    while (end > line && strchr("\r\n \t", end[-1]))
        end--;
    if (end - line > 5 && memcmp(line, "HTTP/", 5) == 0) {
        status_line(r, line, (size_t)(end - line));
        return true;
    }
    colon = memchr(line, ':', (size_t)(end - line));
    if (!colon)
        return true;
    for (value = colon + 1; value < end && strchr(" \t", *value); value++)
        ;
    name = arena_copy(&r->arena, line, (size_t)(colon - line));
    if (name)       /* what is no header to us is no header to a script */
        headers_add(&r->headers, &r->arena, name, value,
                    (size_t)(end - value));
    return !r->arena.failed;
}
