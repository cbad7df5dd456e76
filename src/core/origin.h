/* origin.h -- where requests go, how to get there and what to put up with.
 *
 * Law: an origin never changes once origin_seal was called.
 */
#ifndef LUFT_ORIGIN_H
#define LUFT_ORIGIN_H

#include <stdbool.h>

#include "arena.h"
#include "url.h"

struct tls {
    const char *ca_file;            /* NULL: the system's store */
    const char *cert_file;          /* client certificate, PEM, or NULL */
    const char *key_file;           /* its key, or NULL: in cert_file */
    const char *key_password;       /* a secret, or NULL */
    const char *server_name;        /* to ask for and verify; NULL: the host */
    bool insecure;                  /* verify = false was said */
};

struct timeouts {                   /* seconds; 0: no limit */
    double connect;                 /* name, connection and TLS handshake */
    double first_byte;              /* request sent -> first byte of answer */
    double stall;                   /* no byte either way during a body */
    double total;                   /* the whole call, retries included */
};

struct origin {
    struct url url;                 /* target: a path all others stand behind */
    const char *unix_socket;        /* path, or NULL: host and port of url */
    struct tls tls;
    const char *proxy;              /* NULL: from the environment; "": none */
    struct timeouts timeouts;
    int max_connections;            /* requests at a time */
    double rate;                    /* requests a second; 0: no limit */
    int attempts;                   /* tries for one request, at least 1 */
    int largest_answer;             /* bytes of an answer held in memory */
    const char *key;                /* equal keys share one queue and limits */
};

/* The defaults of everything but url: 10 s, 60 s, 60 s, none; 64; 4 tries;
 * 64 MiB. */
void origin_defaults(struct origin *o);

/* Makes the key; false when memory ran out. */
bool origin_seal(struct origin *o, struct arena *a);

/* "unix:///var/run/docker.sock", "https://host:2376": for people. */
const char *origin_text(const struct origin *o, struct arena *a);

#endif
