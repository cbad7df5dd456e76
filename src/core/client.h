/* client.h -- a driver with its options: what luft.container.docker{} returns.
 *
 * Law: nothing in a client changes after client_new; calls on any thread read
 * it, and the last one to let go frees it.
 */
#ifndef LUFT_CLIENT_H
#define LUFT_CLIENT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "arena.h"
#include "argument.h"
#include "error.h"
#include "origin.h"

struct driver;

/* How a client reads the process's environment; a test has its own. */
struct environment {
    const char *(*get)(void *context, const char *name);
    void *context;
};

struct client {
    atomic_int holders;
    const struct driver *driver;
    struct arena arena;
    struct environment environment; /* valid during configure only */
    struct arg *options;            /* of common_options, then the driver's */
    struct origin origin;
    const char *key, *secret;       /* credentials, as the driver uses them */
    const char *identity;           /* origin and credentials: what is learned
                                       is shared by all with the same */
    struct error error;             /* why client_new failed */
};

/* Options that every driver takes: endpoint, host, port, secure, key, ... */
extern const struct argument common_options[];

/* The options' rows by position, common ones first; NULL behind the last. */
const struct argument *client_option_row(const struct driver *d, size_t index);

/* A client without options set: fill client->options, then client_configure.
 * NULL: no memory. */
struct client *client_new(const struct driver *d);

/* Reads options and environment.  False: client->error says why. */
bool client_configure(struct client *k, struct environment environment);

void client_hold(struct client *k);
void client_release(struct client *k);

/* For a driver's configure. */
const struct arg *option(struct client *k, const char *name);   /* or NULL */
const char *option_text(struct client *k, const char *name);    /* or NULL */
const char *environment_text(struct client *k, const char *name); /* or NULL */
bool client_fail(struct client *k, enum error_kind kind,
                 const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets where requests go from "unix:///path", "tcp://host:port" or a URL; the
 * scheme tcp becomes http, and its port stays 0 when none is written.  The
 * source, such as "DOCKER_HOST", is what messages call it. */
bool client_set_endpoint(struct client *k, const char *source,
                         const char *text);

#endif
