/* call.h -- one method call, from arguments to result, without any I/O.
 *
 * Whoever runs a call asks nothing but enum want and answers with one of the
 * functions below, each of which returns the next want:
 *
 *     WANT_REQUEST   call_slot, then call_send for each attempt; then
 *                    call_head, call_body in any split, call_end | call_broken
 *     WANT_WAIT      call_time, c->wait seconds later
 *     WANT_READ      call_brought: the file c->path
 *     WANT_RUN       call_brought: the output of c->argv fed with c->input
 *     WANT_JOIN      call_joined: the text of the work call_join_key names
 *     WANT_ITEM      call_taken, once there is room for more
 *     WANT_DONE      c->result is whole; call_free
 *     WANT_FAIL      c->error is set; call_free
 *
 * Law: a call owns all it points to but its client, which it holds; call_free
 * works at any stage.  Time (seconds, monotonic) and random numbers (0 to 1)
 * come as arguments, so that a test can choose them.
 */
#ifndef LUFT_CALL_H
#define LUFT_CALL_H

#include "driver.h"
#include "retry.h"

struct kept_text {
    struct kept_text *next;
    const char *name, *text;
};

enum sink { SINK_MEMORY, SINK_FEED, SINK_FILE };

struct call {
    struct client *client;
    const struct method *method;
    struct arg *args;               /* one for each of method->arguments */
    struct arena arena;
    double began;
    double deadline;                /* 0: none; enforced by who runs the call */
    double patience;                /* no retry waits beyond; 0: no limit */
    bool wants_items;               /* somebody consumes what it gives */

    step *next;                     /* goes on when the want is answered */
    struct request request;
    struct response response;
    enum sink sink;
    feed *feed;
    void *feed_state;
    void (*feed_state_end)(void *state);
    int accepted;                   /* a status beside 2xx; 0: none */
    bool any_status;                /* no status is an error */
    bool built;                     /* the request stands, only unsigned */
    bool retrying;                  /* the wait is one between attempts */
    bool delivered;                 /* the consumer has got items */
    bool cancelled;
    int attempt, redirects;
    struct quota *quota;            /* of the endpoint; the engine's */
    struct kept_text *kept_texts;
    const char *learned;

    double wait;                    /* WANT_WAIT */
    const char *path;               /* WANT_READ */
    const char *const *argv;        /* WANT_RUN */
    const char *input;
    struct buf brought;
    int exit_status;

    struct result *items;           /* WANT_ITEM, or while a body comes */
    struct result result;
    struct error error;
};

/* A call with room for its arguments, or NULL.  It holds the client. */
struct call *call_new(struct client *k, const struct method *m);
void call_free(struct call *c);

enum want call_begin(struct call *c, double now);

/* A slot is free: the request is built (when it is not yet) and signed. */
enum want call_slot(struct call *c, double now);

/* After the answer's last header line: where its body goes. */
enum sink call_head(struct call *c);

/* False: enough; c->error says why. */
bool call_body(struct call *c, const char *bytes, size_t length);

/* As call_body; takes the bytes over where it can. */
bool call_body_all(struct call *c, struct buf *bytes);

enum want call_end(struct call *c, double now, double random);

/* No answer, or no whole one.  `sent`: bytes of the request left this machine.
 * *why is taken over. */
enum want call_broken(struct call *c, struct error *why, bool sent,
                      double now, double random);

enum want call_time(struct call *c);
enum want call_brought(struct call *c, struct buf *bytes, int exit_status,
                       struct error *why);
enum want call_joined(struct call *c, const char *text,
                      const struct error *why);
enum want call_taken(struct call *c);

/* The script no longer wants it.  WANT_REQUEST: something over there may be
 * changing, wait a little for the answer; else WANT_FAIL. */
enum want call_cancel(struct call *c, bool sent);

/* "docker unix:///var/run/docker.sock 3f2a... version", for WANT_JOIN. */
const char *call_join_key(struct call *c);

/* What was gathered for the consumer, or NULL; the caller owns it. */
struct result *call_take_items(struct call *c);

#endif
