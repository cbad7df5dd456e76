/* redirect.c -- see redirect.h; the rules of methods are RFC 9110, 15.4. */
#include "redirect.h"

#include <string.h>

enum { MOST_REDIRECTS = 5 };

bool redirect_wanted(struct call *c)
{
    int status = c->response.status;

    return (status == 301 || status == 302 || status == 303 || status == 307
            || status == 308) && answer_header(c, "Location");
}

/* 303 asks for the result by GET; 301 and 302 turn a POST into a GET, as every
 * client has done for 30 years. */
static bool becomes_get(const struct call *c)
{
    const char *method = c->request.method;

    switch (c->response.status) {
    case 303:
        return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
    case 301: case 302:
        return strcmp(method, "POST") == 0;
    default:
        return false;
    }
}

static void turn_into_get(struct request *r)
{
    r->method = "GET";
    buf_free(&r->body.bytes);
    memset(&r->body, 0, sizeof r->body);
    headers_remove(&r->headers, "Content-Type");
    headers_remove(&r->headers, "Content-Encoding");
}

static void drop_secrets(struct request *r)
{
    size_t i = 0;

    while (i < r->headers.count) {
        if (header_is_secret(r->headers.list[i].name))
            headers_remove(&r->headers, r->headers.list[i].name);
        else
            i++;
    }
}

/* Another place knows nothing of this one's socket, certificates and name. */
static struct origin *foreign_origin(struct call *c, const struct url *u)
{
    struct request *r = &c->request;
    struct origin *o = arena_alloc(&r->arena, sizeof *o);

    if (!o)
        return NULL;
    *o = *r->origin;
    o->url = *u;
    o->unix_socket = NULL;
    o->tls.cert_file = o->tls.key_file = o->tls.key_password = NULL;
    o->tls.server_name = NULL;
    return origin_seal(o, &r->arena) ? o : NULL;
}

static enum want go_to(struct call *c, const struct url *u)
{
    struct request *r = &c->request;

    if (!url_same_origin(u, &r->origin->url)) {
        struct origin *o = foreign_origin(c, u);

        if (!o) {
            error_no_memory(&c->error);
            return WANT_FAIL;
        }
        drop_secrets(r);
        r->origin = o;
    }
    buf_clear(&r->target);
    buf_text(&r->target, u->target);
    c->attempt = 0;
    return WANT_REQUEST;
}

/* Says where it would have gone, without what may be a secret. */
static enum want too_many(struct call *c, const struct url *next)
{
    struct origin last = {.url = *next};
    const char *text = origin_text(&last, &c->arena);

    return fail(c, ERROR_PROTOCOL, "more than %d redirects, the last one to "
                "%s%.*s", MOST_REDIRECTS, text ? text : "",
                (int)strcspn(next->target, "?"), next->target);
}

enum want redirect_follow(struct call *c)
{
    struct request *r = &c->request;
    const char *location = answer_header(c, "Location"), *why;
    struct url base = r->origin->url, next;

    base.target = arena_text(&r->arena, buf_string(&r->target));
    if (!base.target)
        return fail(c, ERROR_LOCAL, "out of memory");
    if (!url_resolve(&r->arena, &base, location, &next, &why))
        return fail(c, ERROR_PROTOCOL, "the redirect's address %s", why);
    next.user = next.password = NULL;       /* nobody here knows them */
    if (++c->redirects > MOST_REDIRECTS)
        return too_many(c, &next);
    if (strcmp(next.scheme, "http") != 0 && strcmp(next.scheme, "https") != 0)
        return fail(c, ERROR_PROTOCOL, "a redirect to %s:// is not followed; "
                    "only http and https are", next.scheme);
    if (becomes_get(c))
        turn_into_get(r);
    else if (r->body.kind == BODY_PRODUCER)
        return fail(c, ERROR_PROTOCOL, "the redirect asks for the body again, "
                    "and a body from a function can be sent only once");
    return go_to(c, &next);
}
