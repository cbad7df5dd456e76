/* reactor.c -- the loop of the engine's thread.
 *
 * One turn: libuv waits and calls back; what the callbacks found is only noted;
 * then, outside of every callback of libcurl's, finished transfers are seen to,
 * free slots are granted, and news goes to Lua's thread in one batch.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../core/mem.h"
#include "reactor.h"

double reactor_now(struct reactor *r)
{
    (void)r;
    return (double)uv_hrtime() / 1e9;
}

/* xorshift64*: good enough for jitter. */
double reactor_random(struct reactor *r)
{
    r->random ^= r->random >> 12;
    r->random ^= r->random << 25;
    r->random ^= r->random >> 27;
    return (double)((r->random * UINT64_C(0x2545F4914F6CDD1D)) >> 11)
        / 9007199254740992.0;
}

bool reactor_tell(struct reactor *r, enum news_kind kind, struct job *job,
                  struct result *piece, struct request *request)
{
    struct news *n = kind == NEWS_END ? &job->end : mem_alloc(sizeof *n);

    if (!n)
        return false;
    n->kind = kind;
    n->job = job;
    n->piece = piece;
    n->request = request;
    n->next = NULL;
    if (kind != NEWS_END)
        job_hold(job);
    *r->news.end = n;
    r->news.end = &n->next;
    return true;
}

/* --- a turn ------------------------------------------------------------- */

/* What was said by the order that is part of the job. */
static void obey_said(struct reactor *r, struct job *job)
{
    struct said said = border_take_said(r->engine, job);

    while (said.pulls-- > 0)
        job_pulled(r, job);
    while (said.cancels-- > 0)
        job_cancel(r, job);
    if (said.lost)
        job_lost(r, job);
    job_release(job);
}

static void obey(struct reactor *r, struct order *o)
{
    switch (o->kind) {
    case ORDER_START:
        job_began(r, o->job);
        obey_said(r, o->job);
        return;
    case ORDER_SAID:
        obey_said(r, o->job);
        return;
    case ORDER_STOP:
        r->stopping = true;
        return;
    case ORDER_FEED:
        job_fed(r, o->job, o);
        break;
    case ORDER_ANSWER:
        job_answered(r, o->job, o);
        break;
    }
    buf_free(&o->bytes);
    error_free(&o->why);
    response_free(&o->response);
    job_release(o->job);
    mem_free(o);
}

static void obey_all(struct reactor *r)
{
    struct order *o = border_take_orders(r->engine);

    while (o) {
        struct order *next = o->next;

        obey(r, o);
        o = next;
    }
}

static void fire_timers(struct reactor *r)
{
    double now = reactor_now(r);
    struct timer *t;

    while ((t = timers_first(&r->timers)) != NULL && t->at <= now) {
        timer_stop(&r->timers, t);
        t->fire(r, t);
    }
}

static void call_curl(struct reactor *r)
{
    int running;

    r->curl_due = false;
    curl_multi_socket_action(r->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static void clock_rang(uv_timer_t *handle)
{
    (void)handle;                   /* before_sleep looks at everything */
}

/* libuv's clock has milliseconds: rounding up avoids a turn for nothing. */
static void set_clock(struct reactor *r)
{
    struct timer *first = timers_first(&r->timers);
    double left;

    if (!first) {
        uv_timer_stop(&r->clock);
        return;
    }
    left = fmax(0, first->at - reactor_now(r));
    uv_update_time(&r->loop);
    uv_timer_start(&r->clock, clock_rang,
                   (uint64_t)ceil(fmin(left, 1e6) * 1000), 0);
}

/* All that became possible, until nothing more is. */
static void take_turn(struct reactor *r)
{
    do {
        obey_all(r);
        fire_timers(r);
        if (r->curl_due)
            call_curl(r);
        transfers_finish(r);
        if (r->lanes_due)
            lanes_run(r);
        if (!r->curl_due && !r->lanes_due)
            jobs_ship(r);
    } while (r->curl_due || r->lanes_due);
    border_deliver(r->engine, &r->news);
}

/* libuv calls this before it sleeps. */
static void before_sleep(uv_prepare_t *handle)
{
    struct reactor *r = handle->data;
    bool more;

    atomic_store(&r->engine->engine_sleeps, false);
    take_turn(r);
    if (r->stopping) {
        uv_stop(&r->loop);
        return;
    }
    set_clock(r);
    atomic_store(&r->engine->engine_sleeps, true);
    pthread_mutex_lock(&r->engine->lock);
    more = r->engine->orders != NULL;
    pthread_mutex_unlock(&r->engine->lock);
    if (more)
        uv_async_send(&r->wake);
}

static void woken(uv_async_t *handle)
{
    (void)handle;                   /* likewise */
}

static void curl_timer_rang(uv_timer_t *handle)
{
    ((struct reactor *)handle->data)->curl_due = true;
}

/* libcurl wants to be called in so many milliseconds; -1: no longer.  Calling
 * back from in here is forbidden, even for 0. */
static int curl_wants_timer(CURLM *multi, long milliseconds, void *reactor)
{
    struct reactor *r = reactor;

    (void)multi;
    if (milliseconds < 0) {
        uv_timer_stop(&r->curl_timer);
    } else if (milliseconds == 0) {
        uv_timer_stop(&r->curl_timer);
        r->curl_due = true;
    } else {
        uv_update_time(&r->loop);
        uv_timer_start(&r->curl_timer, curl_timer_rang,
                       (uint64_t)milliseconds, 0);
    }
    return 0;
}

/* --- life --------------------------------------------------------------- */

/* Each request under way needs a descriptor; some are left to the host. */
static int most_descriptors(void)
{
    struct rlimit limit;
    long most = 256;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        most = limit.rlim_cur > 65536 ? 65536 : (long)limit.rlim_cur;
    return most > 200 ? (int)most - 100 : (int)most / 2 + 1;
}

static uint64_t random_seed(void)
{
    uint64_t seed = 0;

    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = uv_hrtime();
    return seed | 1;
}

static CURLM *make_multi(struct reactor *r)
{
    CURLM *multi = curl_multi_init();

    if (!multi)
        return NULL;
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, sockets_wanted);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, r);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, curl_wants_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, r);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    /* Else the pool is four times what is under way just now, and a fan-out
     * loses its connections when it ebbs. */
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)r->most_sending);
    return multi;
}

struct reactor *reactor_new(struct engine *e)
{
    struct reactor *r = mem_alloc(sizeof *r);

    if (!r)
        return NULL;
    r->engine = e;
    r->news.end = &r->news.first;
    r->random = random_seed();
    r->most_sending = most_descriptors();
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK
        || uv_loop_init(&r->loop) != 0) {
        mem_free(r);
        return NULL;
    }
    r->curl = curl_version_info(CURLVERSION_NOW);
    uv_async_init(&r->loop, &r->wake, woken);
    uv_prepare_init(&r->loop, &r->before_sleep);
    uv_timer_init(&r->loop, &r->curl_timer);
    uv_timer_init(&r->loop, &r->clock);
    r->before_sleep.data = r->curl_timer.data = r;
    uv_prepare_start(&r->before_sleep, before_sleep);
    r->multi = make_multi(r);
    if (r->multi)
        return r;
    reactor_delete(r);
    return NULL;
}

void reactor_run(struct reactor *r)
{
    uv_run(&r->loop, UV_RUN_DEFAULT);
    while (r->jobs)                 /* twice, where there is time of grace */
        job_cancel(r, r->jobs);
    border_deliver(r->engine, &r->news);
}

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void reactor_delete(struct reactor *r)
{
    struct order *o = border_take_orders(r->engine);

    while (o) {                     /* said too late to be obeyed */
        struct order *next = o->next;

        if (o->kind != ORDER_STOP)
            obey(r, o);
        o = next;
    }
    while (r->jobs)
        job_cancel(r, r->jobs);
    border_deliver(r->engine, &r->news);
    transfers_free(r);
    if (r->multi)
        curl_multi_cleanup(r->multi);
    sockets_free(r);
    shared_free(r);
    lanes_free(r);
    uv_walk(&r->loop, close_handle, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    uv_loop_close(&r->loop);
    timers_free(&r->timers);
    mem_free(r);
    curl_global_cleanup();
}
