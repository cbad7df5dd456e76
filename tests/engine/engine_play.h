/* engine_play.h -- a real engine, seen from Lua's side of its border.
 *
 *     struct stage s = raise_stage();
 *     struct job *job = begin(&s, 1, "get", "/thing");
 *
 *     CHECK_TEXT(news(&s), "ask 1 GET /thing");
 *     reply(&s, 200);
 *     CHECK_TEXT(news(&s), "need 1");
 *     feed_last(&s, "text");
 *     CHECK_TEXT(news(&s), "end 1 text");
 *     strike(&s);
 *
 * Jobs are known by their number, those of the engine's own are 0.  Nothing
 * here looks at a clock: news is waited for, and a test that waits for ever is
 * ended by the alarm that watch sets. */
#ifndef LUFT_ENGINE_PLAY_H
#define LUFT_ENGINE_PLAY_H

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "../../src/engine/engine.h"
#include "engine_driver.h"

/* Sanitizers have memory, threads and descriptors of their own. */
#ifndef __has_feature               /* clang's way to tell */
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
enum { SANITIZED = 1, THREADS_SANITIZED = 1 };
#elif defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
enum { SANITIZED = 1, THREADS_SANITIZED = 0 };
#else
enum { SANITIZED = 0, THREADS_SANITIZED = 0 };
#endif

enum { LONGEST_TEST = 120 };        /* seconds until it counts as hanging */

struct stage {
    struct engine *engine;
    struct client *client;
    struct client *aside;           /* has a queue of its own, see settle */
    struct job *job;                /* of the last news */
    enum news_kind kind;            /* likewise */
    struct buf text;
    struct job **jobs;              /* begun and not ended: Lua's holds */
    size_t count, room;
};

/* --- news ---------------------------------------------------------------- */

static inline void wait_for_news(struct engine *e)
{
    struct pollfd wake = {.fd = engine_wake_descriptor(e), .events = POLLIN};

    if (!engine_will_wait(e))
        return;
    while (poll(&wake, 1, -1) < 0 && errno == EINTR)
        ;
    engine_waited(e);
}

/* Bytes, or how many there are. */
static inline void describe_result(struct buf *to, const struct result *r)
{
    struct buf shown = {0};

    if (r->bytes.len > 2000)
        buf_format(&shown, "%zu bytes", r->bytes.len);
    else
        show_result(&shown, r);
    buf_text(to, buf_string(&shown));
    buf_free(&shown);
}

static inline void describe_end(struct buf *to, struct job *job)
{
    const struct call *c = job_call(job);

    if (c->error.kind)
        buf_format(to, "%s: %s", error_kind_name(c->error.kind),
                   c->error.message ? c->error.message : "(no memory)");
    else
        describe_result(to, &c->result);
}

static inline void describe_news(struct stage *s, const struct news *n)
{
    struct buf *to = &s->text;

    buf_clear(to);
    switch (n->kind) {
    case NEWS_PIECE:
        buf_format(to, "piece %d ", job_tag(n->job));
        describe_result(to, n->piece);
        break;
    case NEWS_NEED:
        buf_format(to, "need %d", job_tag(n->job));
        break;
    case NEWS_ASK:
        buf_format(to, "ask %d %s %s", job_tag(n->job), n->request->method,
                   buf_string(&n->request->target));
        break;
    case NEWS_UNASK:
        buf_format(to, "unask %d", job_tag(n->job));
        break;
    case NEWS_END:
        buf_format(to, "end %d ", job_tag(n->job));
        describe_end(to, n->job);
        break;
    }
}

static inline void keep_job(struct stage *s, struct job *job)
{
    if (s->count == s->room) {
        s->room = s->room ? s->room * 2 : 16;
        s->jobs = realloc(s->jobs, s->room * sizeof *s->jobs);
    }
    s->jobs[s->count++] = job;
}

static inline void give_job_back(struct stage *s, struct job *job)
{
    size_t i = 0;

    while (i < s->count && s->jobs[i] != job)
        i++;
    if (!CHECK(i < s->count))
        return;
    s->jobs[i] = s->jobs[--s->count];
    job_release(job);
}

/* The next news as a text; at a job's end it is given back. */
static inline const char *news(struct stage *s)
{
    struct news *n;

    while ((n = engine_take(s->engine)) == NULL)
        wait_for_news(s->engine);
    s->job = n->job;
    s->kind = n->kind;
    describe_news(s, n);
    if (n->kind == NEWS_END) {
        s->job = NULL;
        give_job_back(s, n->job);
    }
    engine_forget(n);
    return buf_string(&s->text);
}

/* The same, without what stands behind a start that is looked at. */
static inline const char *news_like(struct stage *s, const char *start)
{
    news(s);
    if (s->text.len > strlen(start))
        s->text.s[strlen(start)] = '\0';
    return buf_string(&s->text);
}

/* --- life ---------------------------------------------------------------- */

static inline struct client *client_of(const struct driver *d,
                                       const struct given *options)
{
    struct client *k = make_client(d, options);

    if (!CHECK(k && !k->error.kind))
        printf("    %s\n", k && k->error.message ? k->error.message : "?");
    return k;
}

/* A client whose requests are news, so many at a time. */
static inline struct client *client_with(const struct driver *d,
                                         const char *max_connections)
{
    const struct given options[] = {
        {"endpoint", TEXT, "http://127.0.0.1:1"},
        {"max_connections", INTEGER, max_connections}, {NULL, 0, NULL}
    };

    return client_of(d, options);
}

static inline void hangs(int number)
{
    (void)number;
    printf("%s: it hangs\n", test_name);
    fflush(stdout);
    _exit(1);
}

static inline void watch(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGALRM, hangs);
    alarm(LONGEST_TEST);
}

static inline struct stage raise_stage_for(struct client *k)
{
    struct stage s = {.engine = engine_new(), .client = k};

    s.aside = client_with(&engine_driver, "1000");
    watch();
    CHECK(s.engine != NULL);
    return s;
}

static inline struct stage raise_stage(void)
{
    return raise_stage_for(client_with(&engine_driver, "64"));
}

static inline void strike(struct stage *s)
{
    engine_delete(s->engine);
    while (s->count)
        job_release(s->jobs[--s->count]);
    free(s->jobs);
    client_release(s->client);
    client_release(s->aside);
    buf_free(&s->text);
}

/* --- jobs ---------------------------------------------------------------- */

static inline struct call *call_for(struct client *k, const char *method,
                                    const char *text)
{
    const struct given arguments[] = {
        {text ? "text" : NULL, TEXT, text}, {NULL, 0, NULL}
    };
    struct call *c = make_call(k, method, arguments);

    if (text)
        c->args[0].text = arena_text(&c->arena, text);
    return c;
}

/* With a consumer of items, for those that give some. */
static inline struct job *begin_for(struct stage *s, struct client *k,
                                    const char *method, const char *text,
                                    struct job_options options)
{
    struct call *c = call_for(k, method, text);
    struct job *job;

    c->wants_items = strcmp(method, "stream") == 0
        || strcmp(method, "items") == 0;
    job = engine_start(s->engine, c, options);
    if (CHECK(job != NULL))
        keep_job(s, job);
    return job;
}

/* Without a network. */
static inline struct job *begin(struct stage *s, int number,
                                const char *method, const char *text)
{
    return begin_for(s, s->client, method, text, (struct job_options){
        .tag = number, .transport = 1
    });
}

/* Through libcurl. */
static inline struct job *begin_real(struct stage *s, int number,
                                     const char *method, const char *text)
{
    return begin_for(s, s->client, method, text, (struct job_options){
        .tag = number
    });
}

/* Once this is back, the engine has heard all that was said before, and had
 * nothing to say. */
static inline void settle(struct stage *s)
{
    struct job *job = s->job;

    begin_for(s, s->aside, "fail", NULL, (struct job_options){.tag = 9999});
    CHECK_TEXT(news(s), "end 9999 conflict: no");
    s->job = job;
}

/* --- a transport's answers, to the job of the last news ------------------ */

static inline void reply(struct stage *s, int status)
{
    struct response response = {.status = status};

    engine_answer(s->engine, s->job, &response);
}

static inline void feed_some(struct stage *s, const char *text, bool last)
{
    struct buf bytes = {0};

    buf_text(&bytes, text);
    engine_feed(s->engine, s->job, &bytes, last, NULL);
}

static inline void feed_last(struct stage *s, const char *text)
{
    feed_some(s, text, true);
}

/* All of an answer at once; the need for it is told in between. */
static inline void answer(struct stage *s, const char *text)
{
    char wanted[40];

    snprintf(wanted, sizeof wanted, "need %d", job_tag(s->job));
    reply(s, 200);
    CHECK_TEXT(news(s), wanted);
    feed_last(s, text);
}

#endif
