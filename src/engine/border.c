/* border.c -- the two queues, and the thread's life: see engine.h.
 *
 * A side that is about to sleep says so, then looks once more at its queue; a
 * side that puts something in a queue looks afterwards whether the other one
 * sleeps.  Both are sequentially consistent, so no wake-up is lost, and none is
 * sent to a side that is awake.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../core/mem.h"
#include "reactor.h"

/* --- jobs --------------------------------------------------------------- */

struct job *job_new(struct call *call, struct job_options options)
{
    struct job *job = mem_alloc(sizeof *job);

    if (!job) {
        call_free(call);
        return NULL;
    }
    atomic_init(&job->holders, 1);
    job->call = call;
    job->options = options;
    job->own.kind = ORDER_START;
    job->own.job = job;
    return job;
}

void job_hold(struct job *job)
{
    atomic_fetch_add(&job->holders, 1);
}

void job_release(struct job *job)
{
    if (atomic_fetch_sub(&job->holders, 1) > 1)
        return;
    call_free(job->call);
    mem_free(job);
}

struct call *job_call(struct job *job)
{
    return job->call;
}

int job_tag(const struct job *job)
{
    return job->options.tag;
}

void job_set_tag(struct job *job, int tag)
{
    job->options.tag = tag;         /* the engine's thread never looks at it */
}

/* --- orders ------------------------------------------------------------- */

static void add_order(struct engine *e, struct order *o)
{
    o->next = NULL;
    *e->orders_end = o;
    e->orders_end = &o->next;
}

static void wake_engine(struct engine *e)
{
    if (atomic_load(&e->engine_sleeps))
        uv_async_send(&e->reactor->wake);
}

static void give_order(struct engine *e, struct order *o)
{
    pthread_mutex_lock(&e->lock);
    add_order(e, o);
    pthread_mutex_unlock(&e->lock);
    wake_engine(e);
}

/* What can be said without memory, by the job's own order. */
static void say(struct engine *e, struct job *job, int pulls, int cancels,
                bool lost)
{
    struct said *said = &job->said;

    pthread_mutex_lock(&e->lock);
    said->pulls += pulls;
    said->cancels += cancels;
    said->lost = said->lost || lost;
    if (!said->queued) {
        said->queued = true;
        job_hold(job);
        add_order(e, &job->own);
    }
    pthread_mutex_unlock(&e->lock);
    wake_engine(e);
}

struct said border_take_said(struct engine *e, struct job *job)
{
    struct said said;

    pthread_mutex_lock(&e->lock);
    said = job->said;
    job->said = (struct said){0};
    pthread_mutex_unlock(&e->lock);
    return said;
}

struct order *border_take_orders(struct engine *e)
{
    struct order *all;

    pthread_mutex_lock(&e->lock);
    all = e->orders;
    e->orders = NULL;
    e->orders_end = &e->orders;
    pthread_mutex_unlock(&e->lock);
    return all;
}

/* An order about a running job.  NULL: no memory, and the job hears of it. */
static struct order *new_order(struct engine *e, enum order_kind kind,
                               struct job *job)
{
    struct order *o = mem_alloc(sizeof *o);

    if (!o) {
        say(e, job, 0, 0, true);
        return NULL;
    }
    o->kind = kind;
    o->job = job;
    job_hold(job);
    return o;
}

void engine_cancel(struct engine *e, struct job *job)
{
    say(e, job, 0, 1, false);
}

void engine_pull(struct engine *e, struct job *job)
{
    say(e, job, 1, 0, false);
}

void engine_feed(struct engine *e, struct job *job, struct buf *bytes,
                 bool last, struct error *why)
{
    struct order *o = new_order(e, ORDER_FEED, job);

    if (!o) {
        buf_free(bytes);
        if (why)
            error_free(why);
        return;
    }
    o->bytes = *bytes;
    memset(bytes, 0, sizeof *bytes);
    if (why) {
        o->why = *why;
        memset(why, 0, sizeof *why);
    }
    o->last = last;
    give_order(e, o);
}

void engine_answer(struct engine *e, struct job *job,
                   struct response *response)
{
    struct order *o = new_order(e, ORDER_ANSWER, job);

    if (!o) {
        response_free(response);
        return;
    }
    o->response = *response;
    memset(response, 0, sizeof *response);
    give_order(e, o);
}

/* --- news --------------------------------------------------------------- */

void border_deliver(struct engine *e, struct news_queue *batch)
{
    if (!batch->first)
        return;
    pthread_mutex_lock(&e->lock);
    *e->news.end = batch->first;
    e->news.end = batch->end;
    pthread_mutex_unlock(&e->lock);
    batch->first = NULL;
    batch->end = &batch->first;
    if (atomic_exchange(&e->lua_waits, false))
        while (write(e->wake[1], "", 1) < 0 && errno == EINTR)
            ;
}

struct news *engine_take(struct engine *e)
{
    struct news *n;

    if (!e->taken) {
        pthread_mutex_lock(&e->lock);
        e->taken = e->news.first;
        e->news.first = NULL;
        e->news.end = &e->news.first;
        pthread_mutex_unlock(&e->lock);
    }
    n = e->taken;
    if (n) {
        e->taken = n->next;
        e->busy -= n->kind == NEWS_END;
    }
    return n;
}

void engine_forget(struct news *n)
{
    struct job *job = n->job;

    if (n->kind != NEWS_END) {      /* that one is part of its job */
        result_delete(n->piece);
        if (n->request) {
            request_free(n->request);
            mem_free(n->request);
        }
        mem_free(n);
    }
    job_release(job);
}

int engine_wake_descriptor(struct engine *e)
{
    return e->wake[0];
}

int engine_signal_descriptor(struct engine *e)
{
    return e->wake[1];
}

bool engine_will_wait(struct engine *e)
{
    bool empty;

    atomic_store(&e->lua_waits, true);
    pthread_mutex_lock(&e->lock);
    empty = !e->news.first && !e->taken;
    pthread_mutex_unlock(&e->lock);
    if (!empty)
        atomic_store(&e->lua_waits, false);
    return empty;
}

void engine_waited(struct engine *e)
{
    char bytes[64];

    atomic_store(&e->lua_waits, false);
    while (read(e->wake[0], bytes, sizeof bytes) == (ssize_t)sizeof bytes)
        ;
}

static void close_wake(struct engine *e)
{
    if (e->own_wake)
        close(e->wake[0]);
    if (e->wake[1] >= 0)
        close(e->wake[1]);
    e->wake[0] = e->wake[1] = -1;
    e->own_wake = false;
}

static bool make_wake(struct engine *e)
{
    e->own_wake = pipe2(e->wake, O_CLOEXEC | O_NONBLOCK) == 0;
    e->wake_maker = getpid();
    return e->own_wake;
}

/* A parent's descriptors would wake the parent, and all its other children. */
static bool has_wake(struct engine *e)
{
    if (e->wake_maker != getpid())
        close_wake(e);
    return e->wake[1] >= 0 || make_wake(e);
}

bool engine_use_wake_descriptor(struct engine *e, int descriptor)
{
    /* the engine's thread may be writing: the number stays, what it stands for
     * changes at once */
    bool ok = has_wake(e) && dup3(descriptor, e->wake[1], O_CLOEXEC) >= 0;

    if (ok && e->own_wake)
        close(e->wake[0]);
    if (ok) {
        e->wake[0] = -1;
        e->own_wake = false;
    }
    close(descriptor);
    return ok;
}

int engine_busy(const struct engine *e)
{
    return e->busy;
}

/* --- life --------------------------------------------------------------- */

struct engine *engine_new(void)
{
    struct engine *e = mem_alloc(sizeof *e);

    if (!e || !make_wake(e)) {
        mem_free(e);
        return NULL;
    }
    pthread_mutex_init(&e->lock, NULL);
    e->orders_end = &e->orders;
    e->news.end = &e->news.first;
    return e;
}

static void *thread_main(void *argument)
{
    struct engine *e = argument;

#ifdef __linux__
    pthread_setname_np(pthread_self(), "luft engine");
#endif
    reactor_run(e->reactor);
    return NULL;
}

/* A child of fork has the memory but not the thread.  What the parent's thread
 * was at work on is left alone: it may be in any state, its locks may be held,
 * and its sockets are the parent's conversation. */
static void forget_parents_thread(struct engine *e)
{
    pthread_mutex_init(&e->lock, NULL);
    e->orders = NULL;
    e->orders_end = &e->orders;
    e->news.first = e->taken = NULL;
    e->news.end = &e->news.first;
    e->reactor = NULL;
    e->busy = 0;
    e->pid = 0;
}

/* --- the process's exit ----------------------------------------------------
 *
 * exit runs the clean-up of libraries that the thread is using; so it must have
 * ended by then, also when nobody closed the Lua state (os.exit). */

static pthread_mutex_t running_lock = PTHREAD_MUTEX_INITIALIZER;
static struct engine *running;
static pthread_once_t at_exit_once = PTHREAD_ONCE_INIT;
static pid_t first_process;

static void stop_thread(struct engine *e)
{
    e->stop.kind = ORDER_STOP;
    give_order(e, &e->stop);
    pthread_join(e->thread, NULL);
    e->pid = 0;
}

static void do_nothing(uv_work_t *work)
{
    (void)work;
}

static void did_nothing(uv_work_t *work, int status)
{
    (void)work, (void)status;
}

/* libuv joins its worker threads at exit.  A child of fork does not have those
 * of its parent, and dies of it; with its first work it gets some. */
static void replace_workers(void)
{
    uv_loop_t loop;
    uv_work_t work;

    if (uv_loop_init(&loop) != 0)
        return;
    uv_queue_work(&loop, &work, do_nothing, did_nothing);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
}

static void stop_all_threads(void)
{
    struct engine *e;

    for (e = running; e; e = e->next_running)
        if (e->pid == getpid())
            stop_thread(e);
    if (getpid() != first_process)
        replace_workers();
}

static void register_at_exit(void)
{
    first_process = getpid();
    atexit(stop_all_threads);
}

static void add_running(struct engine *e)
{
    pthread_once(&at_exit_once, register_at_exit);
    pthread_mutex_lock(&running_lock);
    e->next_running = running;
    running = e;
    pthread_mutex_unlock(&running_lock);
}

static void remove_running(struct engine *e)
{
    struct engine **at;

    pthread_mutex_lock(&running_lock);
    for (at = &running; *at && *at != e; at = &(*at)->next_running)
        ;
    if (*at)
        *at = e->next_running;
    pthread_mutex_unlock(&running_lock);
}

static bool start_thread(struct engine *e)
{
    sigset_t all, before;
    int failure;

    if (e->pid == getpid())
        return true;
    if (e->pid)
        forget_parents_thread(e);
    if (!has_wake(e))
        return false;
    e->reactor = reactor_new(e);
    if (!e->reactor)
        return false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failure = pthread_create(&e->thread, NULL, thread_main, e);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure) {
        reactor_delete(e->reactor);
        e->reactor = NULL;
        return false;
    }
    e->pid = getpid();
    remove_running(e);              /* a parent's entry, after fork */
    add_running(e);
    return true;
}

struct job *engine_start(struct engine *e, struct call *call,
                         struct job_options options)
{
    struct job *job = job_new(call, options);

    if (!job)
        return NULL;
    if (!start_thread(e)) {
        job_release(job);
        return NULL;
    }
    e->busy++;
    job_hold(job);                  /* one for Lua, one for the engine */
    say(e, job, 0, 0, false);
    return job;
}

void engine_delete(struct engine *e)
{
    struct news *n;

    if (e->pid == getpid()) {
        stop_thread(e);
        reactor_delete(e->reactor);
    } else if (e->pid) {
        forget_parents_thread(e);
    }
    remove_running(e);
    while ((n = engine_take(e)) != NULL)
        engine_forget(n);
    close_wake(e);
    pthread_mutex_destroy(&e->lock);
    mem_free(e);
}
