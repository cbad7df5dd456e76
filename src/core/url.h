/* url.h -- addresses: taken apart, put together, percent-encoded once.
 *
 * Law: what is encoded is never encoded again.  A path is built from segments
 * (url_add_segment), a query from names and values (url_add_query); a URL that
 * somebody else wrote keeps its escapes and its "//".
 */
#ifndef LUFT_URL_H
#define LUFT_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "buf.h"

struct url {                /* texts live in the arena they were parsed into */
    char *scheme;           /* lower case: "http", "https", "unix", "tcp" */
    char *user;             /* before the '@', decoded; or NULL */
    char *password;         /* likewise; a secret */
    char *host;             /* lower case, no brackets; "" when there is none */
    int port;               /* as written, else the scheme's own, else 0 */
    char *target;           /* path and query as sent, starts with '/' */
};

/* Takes an absolute URL apart.  On failure false, and *why says what is wrong
 * in words that fit behind "the URL ...". */
bool url_parse(struct arena *a, const char *text, struct url *out,
               const char **why);

/* What a reference means seen from a base (RFC 3986, 5.2): for Location. */
bool url_resolve(struct arena *a, const struct url *base,
                 const char *reference, struct url *out, const char **why);

/* True when scheme, host and port are the same. */
bool url_same_origin(const struct url *a, const struct url *b);

/* "host", "host:port" where the port is not the scheme's own, "[::1]:80". */
void url_add_authority(struct buf *to, const struct url *u);

/* One path segment: everything but unreserved characters is encoded, so that
 * a '/' inside a name stays inside it. */
void url_add_segment(struct buf *to, const char *bytes, size_t length);

/* A key that may hold slashes: they stay, all else as in a segment. */
void url_add_path(struct buf *to, const char *bytes, size_t length);

/* "?name=value" or "&name=value", depending on what is there already. */
void url_add_query(struct buf *to, const char *name,
                   const char *value, size_t length);

#endif
