/* fake_driver.h -- a small driver for the tests of the call machine: it waits,
 * reads files, runs programs, polls, and knows one kind of thing. */
#ifndef LUFT_FAKE_DRIVER_H
#define LUFT_FAKE_DRIVER_H

#include "play.h"

static const struct field fake_fields[] = {
    {"id", .path = "id"}, {"state", .path = "state"}, {0}
};

static struct shape fake_thing = {
    .name = "Thing", .reference = "id", .fields = fake_fields
};

/* --- steps --------------------------------------------------------------- */

static enum want fake_look(struct call *c)
{
    request(c, "GET /thing");
    return then(c, done);
}

static enum want fake_wait(struct call *c)
{
    return wait_then(c, 2.5, fake_look);
}

static enum want fake_got_token(struct call *c)
{
    keep(c, "token", buf_string(brought(c)));
    request(c, "GET /tokens/{token}");
    return then(c, done);
}

static enum want fake_read(struct call *c)
{
    return read_then(c, "/etc/token", fake_got_token);
}

static enum want fake_ran(struct call *c)
{
    if (exit_status(c) != 0)
        return fail(c, ERROR_CREDENTIALS, "the helper said: %s",
                    buf_string(brought(c)));
    return done_text(c, buf_string(brought(c)), brought(c)->len);
}

static enum want fake_run(struct call *c)
{
    static const char *const argv[] = {"helper", "get", NULL};

    return run_then(c, argv, "stdin", fake_ran);
}

static enum want fake_poll(struct call *c);

static enum want fake_polled(struct call *c)
{
    if (strcmp(answer_text(c, "state"), "pending") == 0)
        return wait_then(c, 1, fake_poll);
    return done(c);
}

static enum want fake_poll(struct call *c)
{
    request(c, "GET /job");
    return then(c, fake_polled);
}

/* Makes a thing, then looks at it. */
static enum want fake_made(struct call *c)
{
    made(c, answer_text(c, "id"));
    keep(c, "id", answer_text(c, "id"));
    request(c, "GET /things/{id}");
    return then(c, done);
}

static enum want fake_status(struct call *c)
{
    const char *text = arena_format(call_arena(c), "status %d, %zu bytes",
                                    answer_status(c), answer_body(c)->len);

    return text ? done_text(c, text, strlen(text))
                : fail(c, ERROR_LOCAL, "out of memory");
}

static enum want fake_any(struct call *c)
{
    request(c, "GET /any");
    accept_any_status(c);
    return then(c, fake_status);
}

static enum want fake_refused(struct call *c)
{
    return answer_status(c) == 404 ? refused(c) : done(c);
}

static enum want fake_header(struct call *c)
{
    request(c, "GET /thing");
    add_header(c, "X-Note", arg_text(c, "text"));
    return then(c, done);
}

/* Every byte that comes is an item. */
static bool fake_bytes(struct call *c, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!give_text(c, 0, bytes + i, 1))
            return false;
    return true;
}

static enum want fake_stream(struct call *c)
{
    request(c, "GET /stream");
    feed_to(c, fake_bytes);
    return then(c, done_stream);
}

static bool fake_refuses_bytes(struct call *c, const char *bytes,
                               size_t length)
{
    (void)c, (void)bytes;
    return length == 0;
}

static enum want fake_unfed(struct call *c)
{
    request(c, "GET /stream");
    feed_to(c, fake_refuses_bytes);
    return then(c, done_stream);
}

static enum want fake_silent_failure(struct call *c)
{
    (void)c;
    return WANT_FAIL;
}

/* --- the driver ---------------------------------------------------------- */

static void fake_sign(struct call *c, struct request *r, double now)
{
    const struct client *k = call_client(c);

    if (k->key)
        request_header(r, "Authorization",
                       arena_format(&r->arena, "%s at %g", k->key, now));
}

static void fake_fault(struct call *c, struct error *e)
{
    const char *message = answer_text(c, "message");

    if (*message)
        fault_set(c, e, message, strlen(message));
}

static bool fake_configure(struct client *k)
{
    k->key = option_text(k, "key");
    return true;
}

static const struct argument fake_options[] = {
    {"key", TEXT | SECRET, NULL, .help = "Signs."}, {0}
};

static const struct argument fake_id[] = {
    {"id", TEXT, REQUIRED, .help = "Its id."},
    {"force", BOOLEAN, "true", .help = "By force."},
    {"t", INTEGER, NULL, .help = "Seconds."},
    {"weight", NUMBER, NULL, .help = "Its weight."}, {0}
};

static const struct argument fake_text[] = {
    {"text", TEXT, REQUIRED, .help = "Text."}, {0}
};

static const struct body_field fake_body[] = {
    {"name", .from = "text"}, {0}
};

static const struct method fake_methods[] = {
    {"get", .request = "GET /thing", ONE(fake_thing), .help = "One."},
    {"list", .request = "GET /things", LIST_OF(fake_thing), .help = "All."},
    {"post", .request = "POST /things", .arguments = fake_text,
     .body = fake_body, ONE(fake_thing), .help = "A change."},
    {"put", .request = "PUT /things", .arguments = fake_text,
     .body = fake_body, ONE(fake_thing), .help = "The same twice."},
    {"head", .request = "HEAD /thing", .gives = GIVES_TRUE, .help = "Head."},
    {"safe", .request = "POST /things", .safe_to_repeat = true,
     ONE(fake_thing), .help = "A change that does no harm twice."},
    {"accepts", .request = "POST /start", .accepts = 304,
     .gives = GIVES_TRUE, .help = "304 is good."},
    {"remove", .request = "DELETE /things/{id}?force&t&weight&x=1",
     .arguments = fake_id, .gives = GIVES_TRUE, .help = "Removes."},
    {"path", .request = "GET /files/{+id}", .arguments = fake_id,
     .gives = GIVES_TEXT, .help = "Keeps slashes."},
    {"make", .request = "POST /things", .then = fake_made, ONE(fake_thing),
     .help = "Two steps."},
    {"refused", .request = "GET /thing", .then = fake_refused, .accepts = 404,
     ONE(fake_thing), .help = "404 is an error after all."},
    {"wait", .begin = fake_wait, ONE(fake_thing), .help = "Waits."},
    {"read", .begin = fake_read, .gives = GIVES_TEXT, .help = "Reads."},
    {"run", .begin = fake_run, .gives = GIVES_TEXT, .help = "Runs."},
    {"poll", .begin = fake_poll, ONE(fake_thing), .help = "Polls."},
    {"any", .begin = fake_any, .gives = GIVES_TEXT, .help = "Any status."},
    {"header", .arguments = fake_text, .begin = fake_header, ONE(fake_thing),
     .help = "Sends a header."},
    {"stream", .begin = fake_stream, .gives = GIVES_TEXT, .help = "Streams."},
    {"unfed", .begin = fake_unfed, .gives = GIVES_TEXT, .help = "Refuses."},
    {"silent", .begin = fake_silent_failure, .gives = GIVES_TEXT,
     .help = "Fails and does not say why."},
    {0}
};

static const struct driver fake_driver = {
    .area = "test", .name = "fake", .title = "Fake", .help = "For tests.",
    .options = fake_options, .configure = fake_configure, .sign = fake_sign,
    .fault = fake_fault, .methods = fake_methods
};

static const struct given fake_place[] = {
    {"endpoint", TEXT, "http://api.test/v1"}, {NULL, 0, NULL}
};

/* --- stories: what a method does when it is answered so ------------------ */

#define THING "{\"id\":\"a\",\"state\":\"up\"}"
#define SAYS(status, message) SAY(status, "{\"message\":\"" message "\"}")
#define LATER(status, seconds) \
    SAY_WITH(status, "Retry-After: " seconds "\n", "{\"message\":\"later\"}")
#define MADE SAY(201, "{\"id\":\"b\"}")

/* "kind: message" of a failure, what it gives of a success. */
static inline const char *outcome(struct play *p, enum want want,
                                  struct call *c)
{
    static struct buf text;

    buf_clear(&text);
    if (want == WANT_DONE)
        show_result(&text, &c->result);
    else
        buf_format(&text, "%s: %s", error_kind_name(c->error.kind),
                   c->error.message ? c->error.message : "(no memory)");
    if (p->items.len)
        buf_format(&text, " items %s", buf_string(&p->items));
    return buf_string(&text);
}

struct story {
    const char *method;
    const struct given *arguments;
    struct answer answers[8];
    const char *notes, *outcome;
    int attempts;                   /* 0: not looked at */
};

static inline void tell(const struct story *s, struct play *p,
                 const struct given *options)
{
    struct client *k = make_client(&fake_driver, options);
    struct call *c = make_call(k, s->method, s->arguments);
    enum want want;
    bool good;

    p->answers = s->answers;
    want = play(p, c);
    good = CHECK_TEXT(buf_string(&p->notes), s->notes);
    good = CHECK_TEXT(outcome(p, want, c), s->outcome) && good;
    if (s->attempts)
        good = CHECK(c->error.attempts == s->attempts) && good;
    if (want == WANT_FAIL) {
        CHECK_TEXT(c->error.provider, "fake");
        CHECK_TEXT(c->error.operation, s->method);
    }
    if (!good)
        printf("    method %s\n", s->method);
    call_free(c);
    client_release(k);
    play_end(p);
}

static const struct given name_x[] = {{"text", TEXT, "x"}, {NULL, 0, NULL}};

#endif
