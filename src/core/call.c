/* call.c -- the machine behind call.h: attempts, retries, redirects, ends.
 *
 * The steps of a method are in its driver's file, what they are made of in
 * step.c.  Here is what happens between them, alike for every driver.
 */
#include "call.h"

#include <string.h>

#include "mem.h"
#include "number.h"
#include "redirect.h"
#include "text.h"

enum { ERROR_BODY_CEILING = 1024 * 1024 };

struct call *call_new(struct client *k, const struct method *m)
{
    struct call *c = mem_alloc(sizeof *c);
    size_t count = argument_count(m->arguments);

    if (!c)
        return NULL;
    c->args = arena_alloc(&c->arena, (count + 1) * sizeof *c->args);
    if (!c->args) {
        mem_free(c);
        return NULL;
    }
    client_hold(k);
    c->client = k;
    c->method = m;
    return c;
}

static void end_feed(struct call *c)
{
    if (c->feed_state)
        c->feed_state_end(c->feed_state);
    mem_free(c->feed_state);
    c->feed_state = NULL;
}

void call_free(struct call *c)
{
    if (!c)
        return;
    client_release(c->client);
    request_free(&c->request);
    response_free(&c->response);
    end_feed(c);
    buf_free(&c->brought);
    result_delete(c->items);
    result_free(&c->result);
    error_free(&c->error);
    arena_free(&c->arena);
    mem_free(c);
}

/* --- ends --------------------------------------------------------------- */

/* Names provider and operation in an error on its way out. */
static enum want failed(struct call *c)
{
    struct error *e = &c->error;

    if (!e->kind)
        error_no_memory(e);
    e->provider = c->client->driver->name;
    e->operation = c->method->name;
    e->attempts = c->attempt;
    return WANT_FAIL;
}

/* What a step returned, with what went wrong on the way to it. */
static enum want checked(struct call *c, enum want want)
{
    if (want == WANT_FAIL || c->error.kind || c->arena.failed)
        return failed(c);
    return want;
}

/* All but what was made, which stays said. */
static void forget_error(struct call *c)
{
    char *id = c->error.made;

    c->error.made = NULL;
    error_free(&c->error);
    c->error.made = id;
}

static const char *request_path(const struct call *c)
{
    return buf_string(&c->request.target);
}

/* "POST /containers/create", without the query, which may hold secrets. */
static int path_length(const struct call *c)
{
    return (int)strcspn(request_path(c), "?");
}

static const char *request_name(struct call *c)
{
    const char *name = arena_format(&c->arena, "%s %.*s", c->request.method,
                                    path_length(c), request_path(c));

    return name ? name : "the request";
}

/* After a change was sent: `what` names its request. */
static enum want cancelled(struct call *c, const char *what, bool answered)
{
    if (c->error.kind != ERROR_CANCELLED)
        forget_error(c);
    if (answered)
        error_set(&c->error, ERROR_CANCELLED, "cancelled; %s had already "
                  "been answered", what);
    else
        error_set(&c->error, ERROR_CANCELLED, "cancelled while %s was under "
                  "way; whether it took effect is unknown", what);
    return failed(c);
}

/* --- beginning ---------------------------------------------------------- */

enum want call_begin(struct call *c, double now)
{
    const struct driver *d = c->client->driver;
    double total = c->client->origin.timeouts.total;

    c->began = now;
    if (total > 0)
        c->deadline = now + total;
    c->request.origin = &c->client->origin;
    if (d->place && !d->place(c))
        return checked(c, WANT_FAIL);
    return d->learns && d->learns != c->method ? WANT_JOIN : WANT_REQUEST;
}

const char *call_join_key(struct call *c)
{
    return arena_format(&c->arena, "%s %s", c->client->identity,
                        c->client->driver->learns->name);
}

enum want call_joined(struct call *c, const char *text,
                      const struct error *why)
{
    if (why) {
        error_free(&c->error);
        error_copy(&c->error, why);
        return failed(c);
    }
    c->learned = arena_text(&c->arena, text);
    return checked(c, WANT_REQUEST);
}

static enum want first_step(struct call *c)
{
    const struct method *m = c->method;

    if (m->begin)
        return m->begin(c);
    row_request(c);
    return then(c, m->then ? m->then : done);
}

enum want call_slot(struct call *c, double now)
{
    const struct driver *d = c->client->driver;

    if (!c->built) {
        enum want want = checked(c, first_step(c));

        if (want != WANT_REQUEST)
            return want;
    }
    response_reset(&c->response);
    c->sink = SINK_MEMORY;
    end_feed(c);
    buf_clear(&c->result.bytes);
    c->attempt++;
    if (d->sign && c->request.origin == &c->client->origin)
        d->sign(c, &c->request, now);       /* a redirect's host gets none */
    if (!request_ok(&c->request))
        error_no_memory(&c->error);
    return checked(c, WANT_REQUEST);
}

/* --- the answer --------------------------------------------------------- */

static bool is_good(const struct call *c)
{
    int status = c->response.status;

    return (status >= 200 && status < 300) || status == c->accepted;
}

/* Room for the body at once, as far as the head can be believed. */
static void make_room(struct call *c)
{
    enum { BELIEVED = 1024 * 1024 };
    const char *text = headers_get(&c->response.headers, "Content-Length");
    int64_t length;

    if (text && number_to_int64(text, strlen(text), &length) && length > 0
        && length <= BELIEVED
        && (size_t)length <= c->response.body.ceiling)
        buf_room(&c->response.body, (size_t)length);
}

enum sink call_head(struct call *c)
{
    bool good = is_good(c);

    c->sink = SINK_MEMORY;
    if (good && c->feed)
        c->sink = SINK_FEED;
    else if (good && c->request.save_as)
        c->sink = SINK_FILE;
    c->response.body.ceiling = good || c->any_status
        ? (size_t)c->client->origin.largest_answer : ERROR_BODY_CEILING;
    if (c->sink == SINK_FEED && !c->feed(c, "", 0))
        error_no_memory(&c->error);         /* when it gave no reason */
    if (c->sink == SINK_MEMORY)
        make_room(c);
    return c->sink;
}

bool call_body_all(struct call *c, struct buf *bytes)
{
    struct buf *body = &c->response.body;

    if (c->sink != SINK_MEMORY || body->len || !buf_ok(body)
        || bytes->len > body->ceiling)
        return call_body(c, bytes->s, bytes->len);
    bytes->ceiling = body->ceiling;
    buf_free(body);
    *body = *bytes;
    memset(bytes, 0, sizeof *bytes);
    return true;
}

bool call_body(struct call *c, const char *bytes, size_t length)
{
    struct buf *body = &c->response.body;
    bool wanted = is_good(c) || c->any_status;

    if (c->sink == SINK_FEED) {
        if (c->feed(c, bytes, length) && !c->error.kind)
            return true;
        error_no_memory(&c->error);         /* when it gave no reason */
        return false;
    }
    if (!wanted && length > body->ceiling - body->len)
        length = body->ceiling - body->len; /* an error's start is enough */
    buf_add(body, bytes, length);
    if (buf_ok(body) || !wanted)
        return true;
    if (body->failure == BUF_TOO_LARGE)
        error_set(&c->error, ERROR_PROTOCOL, "the answer is larger than %zu "
                  "bytes; the option max_answer allows more", body->ceiling);
    else
        error_no_memory(&c->error);
    return false;
}

/* Decides between another attempt and the end. */
static enum want again_or_fail(struct call *c, bool sent, double now,
                               double random)
{
    struct attempt a = {
        .error = &c->error, .request = &c->request, .number = c->attempt,
        .allowed = c->delivered ? 0 : c->client->origin.attempts,
        .sent = sent, .now = now, .random = random, .deadline = c->deadline
    };
    double delay;

    if (c->patience > 0 && (!a.deadline || c->patience < a.deadline))
        a.deadline = c->patience;
    delay = retry_delay(&a, c->quota);
    if (delay < 0)
        return failed(c);
    forget_error(c);
    result_delete(c->items);        /* not taken yet, they will come again */
    c->items = NULL;
    c->wait = delay;
    c->retrying = true;
    return WANT_WAIT;
}

struct status {
    int number;
    enum error_kind kind;
    const char *words;              /* of RFC 9110, whatever the peer wrote */
};

static const struct status *status_of(const struct call *c)
{
    static const struct status known[] = {
        {400, ERROR_INVALID_ARGUMENT, "Bad Request"},
        {401, ERROR_CREDENTIALS, "Unauthorized"},
        {403, ERROR_PERMISSION, "Forbidden"},
        {404, ERROR_NOT_FOUND, "Not Found"},
        {405, ERROR_UNSUPPORTED, "Method Not Allowed"},
        {407, ERROR_CREDENTIALS, "Proxy Authentication Required"},
        {408, ERROR_TIMEOUT, "Request Timeout"},
        {409, ERROR_CONFLICT, "Conflict"},
        {410, ERROR_NOT_FOUND, "Gone"},
        {412, ERROR_CONFLICT, "Precondition Failed"},
        {413, ERROR_PROVIDER, "Content Too Large"},
        {422, ERROR_INVALID_ARGUMENT, "Unprocessable Content"},
        {429, ERROR_RATE_LIMITED, "Too Many Requests"},
        {500, ERROR_PROVIDER, "Internal Server Error"},
        {501, ERROR_UNSUPPORTED, "Not Implemented"},
        {502, ERROR_UNAVAILABLE, "Bad Gateway"},
        {503, ERROR_UNAVAILABLE, "Service Unavailable"},
        {504, ERROR_UNAVAILABLE, "Gateway Timeout"},
        {507, ERROR_QUOTA, "Insufficient Storage"},
        {0, ERROR_PROVIDER, NULL}
    };
    size_t i = 0;

    while (known[i].number && known[i].number != c->response.status)
        i++;
    return &known[i];
}

const char *answer_status_words(struct call *c)
{
    return status_of(c)->words;
}

void fault_set(struct call *c, struct error *e, const char *message,
               size_t length)
{
    error_set(e, status_of(c)->kind, "%.*s",
              (int)(length > 2000 ? 2000 : length), message);
}

static void fault_without_message(struct call *c, struct error *e)
{
    const struct status *s = status_of(c);

    error_set(e, s->kind, "the answer to %s %.*s is %s%s", c->request.method,
              path_length(c), request_path(c),
              s->words ? s->words : "an error",
              s->words ? ", without a message" : " without a message");
}

/* An error answer as an error: by the driver, else by its status alone. */
static void read_fault(struct call *c)
{
    const struct driver *d = c->client->driver;
    const char *retry_after = answer_header(c, "Retry-After");
    struct error *e = &c->error;
    int status = c->response.status;

    e->status = status;
    if (d->fault)
        d->fault(c, e);
    if (!e->kind)
        fault_without_message(c, e);
    e->retryable = status_is_passing(status);
    if (retry_after && (status == 429 || status == 503))
        e->retry_after = retry_after_seconds(retry_after,
                                             answer_header(c, "Date"));
}

enum want refused(struct call *c)
{
    read_fault(c);
    return WANT_FAIL;
}

static enum want next_step(struct call *c)
{
    /* asked now: the step may build another request */
    const char *what = c->cancelled ? request_name(c) : NULL;
    enum want want;

    c->built = false;
    want = checked(c, c->next(c));
    return what ? cancelled(c, what, true) : want;
}

enum want call_end(struct call *c, double now, double random)
{
    enum want want;

    if (c->error.kind)
        return c->cancelled ? cancelled(c, request_name(c), true)
                            : failed(c);
    if (is_good(c)) {
        if (c->quota)
            quota_refund(c->quota, c->attempt > 1);
        return next_step(c);
    }
    if (c->cancelled)
        return cancelled(c, request_name(c), true);
    if (redirect_wanted(c))
        return checked(c, redirect_follow(c));
    read_fault(c);
    want = again_or_fail(c, true, now, random);
    if (want == WANT_FAIL && c->any_status) {
        forget_error(c);
        return next_step(c);
    }
    return want;
}

enum want call_broken(struct call *c, struct error *why, bool sent,
                      double now, double random)
{
    if (c->cancelled) {
        error_free(why);
        return cancelled(c, request_name(c), false);
    }
    if (c->error.kind) {            /* call_body said it first */
        error_free(why);
        return failed(c);
    }
    why->made = c->error.made;      /* what was made stays said */
    c->error = *why;
    memset(why, 0, sizeof *why);
    return again_or_fail(c, sent, now, random);
}

/* --- other wants -------------------------------------------------------- */

enum want call_time(struct call *c)
{
    if (c->retrying) {
        c->retrying = false;
        return WANT_REQUEST;
    }
    return checked(c, c->next(c));
}

enum want call_brought(struct call *c, struct buf *bytes, int exit_status,
                       struct error *why)
{
    buf_free(&c->brought);
    c->brought = *bytes;
    memset(bytes, 0, sizeof *bytes);
    c->exit_status = exit_status;
    if (why->kind) {
        why->made = c->error.made;
        c->error = *why;
        memset(why, 0, sizeof *why);
        return failed(c);
    }
    return checked(c, c->next(c));
}

enum want call_taken(struct call *c)
{
    return checked(c, c->next(c));
}

enum want call_cancel(struct call *c, bool sent)
{
    if (sent && !method_only_reads(c->request.method)) {
        c->cancelled = true;
        return WANT_REQUEST;
    }
    if (c->cancelled)               /* said twice: no more waiting for it */
        return cancelled(c, request_name(c), false);
    error_set(&c->error, ERROR_CANCELLED, "cancelled");
    return failed(c);
}

struct result *call_take_items(struct call *c)
{
    struct result *items = c->items;

    c->items = NULL;
    c->delivered = c->delivered || items != NULL;
    return items;
}
