/* origin.c -- see origin.h. */
#include "origin.h"

void origin_defaults(struct origin *o)
{
    o->timeouts = (struct timeouts){
        .connect = 10, .first_byte = 60, .stall = 60
    };
    o->max_connections = 64;
    o->attempts = 4;
    o->largest_answer = 64 * 1024 * 1024;
}

const char *origin_text(const struct origin *o, struct arena *a)
{
    struct buf authority = {0};
    const char *text = NULL;

    if (o->unix_socket)
        return arena_format(a, "unix://%s", o->unix_socket);
    url_add_authority(&authority, &o->url);
    if (buf_ok(&authority))
        text = arena_format(a, "%s://%s", o->url.scheme,
                            buf_string(&authority));
    else
        a->failed = true;
    buf_free(&authority);
    return text;
}

bool origin_seal(struct origin *o, struct arena *a)
{
    const char *text = origin_text(o, a);

    o->key = text ? arena_format(a, "%s %d %g %s", text, o->max_connections,
                                 o->rate, o->proxy ? o->proxy : "*") : NULL;
    return o->key != NULL;
}
