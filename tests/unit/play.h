/* play.h -- a call run by hand: no network, no clock, no engine.
 *
 * Its wants are met with canned answers, one after the other, and noted down:
 * "GET /_ping; wait 0.5; POST /x". */
#ifndef LUFT_PLAY_H
#define LUFT_PLAY_H

#include <stdarg.h>
#include <stdlib.h>

#include "../test.h"
#include "../../src/core/call.h"
#include "../../src/core/mem.h"
#include "../../src/core/text.h"
#include "show.h"

enum { BYTEWISE = -1, NO_ANSWER = -1, UNSENT = -2, HALF_ANSWER = -3 };

struct answer {
    int status;                     /* or why there is none; 0: the last one */
    const char *headers;            /* "Name: value\n", or NULL */
    const char *body;               /* or NULL */
    size_t length;                  /* 0: up to the body's NUL */
};

#define SAY(status, body) {(status), NULL, (body), 0}
#define ONLY(status) {(status), NULL, NULL, 0}
#define SAY_WITH(status, headers, body) {(status), (headers), (body), 0}
#define LOST(why) {(why), NULL, NULL, 0}

struct play {
    const struct answer *answers;   /* ends with a zeroed one */
    const char *learned;            /* NULL: the shared work is done, too */
    const char *file;               /* what files hold and programs say */
    int exit_status;
    int cut;                        /* where bodies are split, or BYTEWISE */
    int most;                       /* wants to meet; 0: all */
    bool shows_headers;             /* of requests, among the notes */
    bool shows_places;              /* "GET http://host/x" */
    bool shows_bodies;
    double now, random;

    int met, used;
    struct buf notes, items;
};

/* What tests need for themselves is always there (oom_test.c). */
static inline void play_note(struct buf *to, const char *format, ...)
{
    bool (*refuses)(void) = mem_refuses;
    char text[4000];
    va_list args;

    mem_refuses = NULL;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (to->len)
        buf_text(to, "; ");
    buf_text(to, text);
    mem_refuses = refuses;
}

static inline void play_end(struct play *p)
{
    buf_free(&p->notes);
    buf_free(&p->items);
}

/* --- clients and arguments ----------------------------------------------- */

static inline void fill(const struct argument *row, struct arg *value)
{
    const char *text = row->otherwise;

    if (value->type || !text || text == REQUIRED)
        return;
    *value = (struct arg){.type = TEXT, .text = text, .length = strlen(text)};
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
        value->type = BOOLEAN;
        value->integer = *text == 't';
    } else if (text_is_digit(*text)) {
        value->type = INTEGER;
        value->integer = atoll(text);
        value->number = (double)value->integer;
    }
}

static inline void set_value(struct arg *to, unsigned type, const char *text)
{
    *to = (struct arg){.type = type, .text = text, .length = strlen(text)};
    if (type & (INTEGER | NUMBER)) {
        to->integer = atoll(text);
        to->number = atof(text);
    } else if (type == BOOLEAN) {
        to->integer = *text == 't';
    }
}

struct given {                      /* an option or argument */
    const char *name;
    unsigned type;
    const char *text;
};

/* A client with these options, in an environment without variables; NULL: no
 * memory.  Whether all was well stands in client->error. */
static inline struct client *make_client(const struct driver *d,
                                         const struct given *options)
{
    struct client *k = client_new(d);
    const struct argument *row;

    if (!k)
        return NULL;
    for (size_t i = 0; (row = client_option_row(d, i)) != NULL; i++) {
        for (const struct given *g = options; g && g->name; g++)
            if (strcmp(g->name, row->name) == 0)
                set_value(&k->options[i], g->type, g->text);
        fill(row, &k->options[i]);
    }
    client_configure(k, (struct environment){0});
    return k;
}

static inline const struct method *find_method(const struct driver *d,
                                               const char *name)
{
    const struct method *m = d->methods;

    while (m->name && strcmp(m->name, name) != 0)
        m++;
    CHECK(m->name != NULL);
    return m;
}

static inline struct call *make_call(struct client *k, const char *method,
                                     const struct given *arguments)
{
    const struct method *m = find_method(k->driver, method);
    struct call *c = call_new(k, m);

    for (size_t i = 0; c && i < argument_count(m->arguments); i++) {
        for (const struct given *g = arguments; g && g->name; g++)
            if (strcmp(g->name, m->arguments[i].name) == 0)
                set_value(&c->args[i], g->type, g->text);
        fill(&m->arguments[i], &c->args[i]);
    }
    return c;
}

/* --- meeting wants ------------------------------------------------------- */

static inline void play_take(struct play *p, struct call *c)
{
    struct result *items = call_take_items(c);
    bool (*refuses)(void) = mem_refuses;

    mem_refuses = NULL;
    if (items && c->wants_items)
        show_result(&p->items, items);
    result_delete(items);
    mem_refuses = refuses;
}

static inline enum want play_broken(struct play *p, struct call *c, bool sent,
                                    const char *words)
{
    struct error why = {0};

    error_set(&why, ERROR_NETWORK, "%s", words);
    why.retryable = why.kind == ERROR_NETWORK;
    return call_broken(c, &why, sent, p->now, p->random);
}

static inline bool play_head(struct call *c, const struct answer *a)
{
    char line[2000];
    int n = snprintf(line, sizeof line, "HTTP/1.1 %d Text\r\n", a->status);
    bool ok = response_line(&c->response, line, (size_t)n);

    for (const char *s = a->headers; ok && s && *s; ) {
        size_t length = strcspn(s, "\n");

        n = snprintf(line, sizeof line, "%.*s\r\n", (int)length, s);
        ok = response_line(&c->response, line, (size_t)n);
        s += length + (s[length] == '\n');
    }
    return ok && response_line(&c->response, "\r\n", 2);
}

static inline bool play_body(struct play *p, struct call *c, const char *body,
                             size_t length)
{
    size_t at = 0;

    while (at < length) {
        size_t n = length - at;

        if (p->cut == BYTEWISE)
            n = 1;
        else if (at < (size_t)p->cut && (size_t)p->cut < length)
            n = (size_t)p->cut - at;
        if (!call_body(c, body + at, n)) {
            CHECK(c->error.kind != ERROR_NONE);
            return false;
        }
        if (p->cut)
            play_take(p, c);
        at += n;
    }
    return true;
}

static inline void play_note_request(struct play *p, const struct request *r)
{
    bool (*refuses)(void) = mem_refuses;
    struct arena a = {0};

    mem_refuses = NULL;
    play_note(&p->notes, "%s %s%s", r->method,
              p->shows_places ? origin_text(r->origin, &a) : "",
              buf_string(&r->target));
    arena_free(&a);
    mem_refuses = refuses;
    for (size_t i = 0; p->shows_headers && i < r->headers.count; i++)
        play_note(&p->notes, "%s: %s", r->headers.list[i].name,
                  r->headers.list[i].value);
    if (p->shows_bodies && r->body.kind == BODY_BYTES)
        play_note(&p->notes, "%s", buf_string(&r->body.bytes));
}

static inline enum want play_request(struct play *p, struct call *c)
{
    static const struct answer none = {0};
    enum want want = call_slot(c, p->now);
    const struct answer *a;

    if (want != WANT_REQUEST)
        return want;
    play_note_request(p, &c->request);
    a = p->answers ? &p->answers[p->used] : &none;
    if (a->status == 0)
        return play_broken(p, c, true, "no answer is left");
    p->used++;
    if (a->status == NO_ANSWER || a->status == UNSENT)
        return play_broken(p, c, a->status == NO_ANSWER, "connection reset");
    if (a->status == HALF_ANSWER) {     /* the rest is lost on the way */
        struct answer half = *a;

        half.status = 200;
        if (play_head(c, &half) && (call_head(c), true))
            play_body(p, c, a->body, strlen(a->body));
        return play_broken(p, c, true, "connection reset");
    }
    if (!play_head(c, a)) {
        if (c->response.arena.failed)
            error_no_memory(&c->error);
        return play_broken(p, c, true, "too many headers");
    }
    if (call_head(c) != SINK_FILE && a->body
        && !play_body(p, c, a->body, a->length ? a->length
                                               : strlen(a->body)))
        return play_broken(p, c, true, "the answer was not wanted");
    return call_end(c, p->now, p->random);
}

static inline enum want play(struct play *p, struct call *c);

/* The shared work as a call of its own, answered from the same list. */
static inline enum want play_join(struct play *p, struct call *c)
{
    const char *key = call_join_key(c);
    struct call *worker = NULL;
    struct error why = {0};
    enum want want;

    if (key && p->learned)
        return call_joined(c, p->learned, NULL);
    if (key)
        worker = call_new(c->client, c->client->driver->learns);
    if (!worker) {
        error_no_memory(&why);
        return call_joined(c, NULL, &why);
    }
    if (play(p, worker) == WANT_DONE)
        want = call_joined(c, buf_string(&worker->result.bytes), NULL);
    else
        want = call_joined(c, NULL, &worker->error);
    call_free(worker);
    return want;
}

static inline enum want play_errand(struct play *p, struct call *c)
{
    struct error why = {0};
    struct buf bytes = {0};

    if (p->file)
        buf_text(&bytes, p->file);
    else
        error_set(&why, ERROR_LOCAL, "no such file");
    if (!buf_ok(&bytes))
        error_no_memory(&why);
    return call_brought(c, &bytes, p->exit_status, &why);
}

/* Meets one want and returns the next. */
static inline enum want play_one(struct play *p, struct call *c,
                                 enum want want)
{
    switch (want) {
    case WANT_REQUEST:
        return play_request(p, c);
    case WANT_JOIN:
        play_note(&p->notes, "join");
        return play_join(p, c);
    case WANT_WAIT:
        play_note(&p->notes, "wait %g", c->wait);
        p->now += c->wait;
        return call_time(c);
    case WANT_READ:
        play_note(&p->notes, "read %s", c->path);
        return play_errand(p, c);
    case WANT_RUN:
        play_note(&p->notes, "run %s", c->argv[0]);
        return play_errand(p, c);
    case WANT_ITEM:
        play_note(&p->notes, "item");
        return call_taken(c);
    case WANT_DONE: case WANT_FAIL:
        break;
    }
    return want;
}

/* Plays a call to its end, or through p->most wants. */
static inline enum want play(struct play *p, struct call *c)
{
    enum want want = call_begin(c, p->now);

    while (want != WANT_DONE && want != WANT_FAIL
           && (!p->most || p->met < p->most)) {
        p->met++;
        want = play_one(p, c, want);
        play_take(p, c);
    }
    if (want == WANT_FAIL)
        CHECK(c->error.kind != ERROR_NONE);
    return want;
}

#endif
