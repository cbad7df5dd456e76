/* job.c -- one call in the engine: what it wants, and who sees to it.
 *
 * A job is in one state at a time (enum job_state); every function here takes
 * it from one to the next.  Its timer rings for whatever bounds the state: the
 * call's total time always, a phase of its transfer, a wait between attempts.
 */
#include <math.h>
#include <string.h>

#include "../core/mem.h"
#include "reactor.h"

static const double GRACE = 5;      /* for an answer after a cancellation */

/* --- deadlines ---------------------------------------------------------- */

static double sooner(double a, double b)
{
    if (a > 0 && b > 0)
        return fmin(a, b);
    return a > 0 ? a : b;
}

static void set_timer(struct reactor *r, struct job *job, double at)
{
    at = sooner(at, job->cancelled ? 0 : job->call->deadline);
    if (at > 0)
        timer_set(&r->timers, &job->timer, at);
    else
        timer_stop(&r->timers, &job->timer);
}

void job_set_timer(struct reactor *r, struct job *job)
{
    if (!job->cancelled)            /* else GRACE is running */
        set_timer(r, job, job->transfer ? transfer_deadline(job->transfer)
                                        : 0);
}

/* --- leaving states ----------------------------------------------------- */

/* Stops whatever is under way for the job. */
static void leave(struct reactor *r, struct job *job)
{
    switch (job->state) {
    case JOB_QUEUED:
        lane_leave(r, job);
        break;
    case JOB_SENDING:
        if (job->transfer)
            transfer_stop(r, job->transfer);
        else if (job->asked)
            reactor_tell(r, NEWS_UNASK, job, NULL, NULL);
        job->transfer = NULL;
        job->asked = false;
        lane_release(r, job);
        break;
    case JOB_JOINING:
        shared_leave(r, job);
        break;
    case JOB_ERRAND:
        errand_stop(r, job);
        break;
    default:
        break;
    }
    timer_stop(&r->timers, &job->timer);
    job->state = JOB_NEW;
}

static bool was_sent(const struct job *job)
{
    if (job->state != JOB_SENDING)
        return false;
    return job->transfer ? transfer_sent(job->transfer) : job->asked;
}

static void out_of_time(struct reactor *r, struct job *job)
{
    struct error why = {0};
    struct call *c = job->call;

    if (job->state == JOB_SENDING && job->transfer
        && (!c->deadline || reactor_now(r) < c->deadline))
        transfer_timeout(job->transfer, &why);
    else
        error_set(&why, ERROR_TIMEOUT, "no result within %g s (the option "
                  "timeout)", c->deadline - c->began);
    lane_resolved(r, job);          /* or not: now all may try, not in turn */
    job_broken(r, job, &why, was_sent(job));
}

static void timer_rang(struct reactor *r, struct timer *t)
{
    struct job *job = (struct job *)((char *)t - offsetof(struct job, timer));
    double now = reactor_now(r);

    if (job->state == JOB_SENDING && job->transfer)
        transfer_look(job->transfer);
    if (job->state == JOB_WAITING
        && (!job->call->deadline || now < job->call->deadline)) {
        job->state = JOB_NEW;
        job_go_on(r, job, call_time(job->call));
    } else if (job->state == JOB_SENDING && job->transfer && !job->cancelled
               && (!job->call->deadline || now < job->call->deadline)
               && (transfer_deadline(job->transfer) > now
                   || transfer_deadline(job->transfer) == 0)) {
        job_set_timer(r, job); /* bytes came meanwhile */
    } else {
        out_of_time(r, job);
    }
}

/* --- pieces for a consumer ---------------------------------------------- */

bool job_consumer_is_full(const struct job *job)
{
    return job->call->wants_items && job->pieces_out >= PIECES_UNDER_WAY;
}

/* One need for one piece: what is told too often would be answered too often,
 * and the consumer swamped. */
static void need_more(struct reactor *r, struct job *job)
{
    if (!job->asked || job->needed || job_consumer_is_full(job))
        return;
    job->needed = reactor_tell(r, NEWS_NEED, job, NULL, NULL);
    if (!job->needed)
        job_lost(r, job);
}

void job_ship(struct reactor *r, struct job *job)
{
    struct result *items = call_take_items(job->call);

    if (!items)
        return;
    if (!job->call->wants_items) {
        result_delete(items);
        return;
    }
    if (reactor_tell(r, NEWS_PIECE, job, items, NULL)) {
        job->pieces_out++;
    } else {
        result_delete(items);
        error_no_memory(&job->call->error);
    }
}

void job_ship_soon(struct reactor *r, struct job *job)
{
    if (job->unshipped_link || !job->call->items)
        return;
    job->next_unshipped = r->unshipped;
    if (job->next_unshipped)
        job->next_unshipped->unshipped_link = &job->next_unshipped;
    job->unshipped_link = &r->unshipped;
    r->unshipped = job;
}

static void leave_unshipped(struct job *job)
{
    if (!job->unshipped_link)
        return;
    *job->unshipped_link = job->next_unshipped;
    if (job->next_unshipped)
        job->next_unshipped->unshipped_link = job->unshipped_link;
    job->unshipped_link = NULL;
}

void jobs_ship(struct reactor *r)
{
    while (r->unshipped) {
        struct job *job = r->unshipped;

        leave_unshipped(job);
        job_ship(r, job);
        if (job->call->error.kind)  /* the next byte may be long in coming */
            job_broken(r, job, &(struct error){0}, true);
    }
}

/* --- the end ------------------------------------------------------------ */

static void end(struct reactor *r, struct job *job)
{
    timer_stop(&r->timers, &job->timer);
    timers_dismiss(&r->timers);
    leave_unshipped(job);
    *job->link = job->next;
    if (job->next)
        job->next->link = job->link;
    job->state = JOB_ENDED;
    job->call->quota = NULL;        /* the lane's, which may go */
    if (job->working_for) {
        shared_done(r, job);
        job_release(job);
    } else {
        reactor_tell(r, NEWS_END, job, NULL, NULL);
    }
}

/* --- going on ----------------------------------------------------------- */

/* Into the queue of the endpoint; a call that has sent before goes first. */
static void enqueue(struct reactor *r, struct job *job)
{
    bool again = job->turn != 0;

    if (lane_enter(r, job, again)) {
        job->state = JOB_QUEUED;
        set_timer(r, job, 0);
    } else {
        error_no_memory(&job->call->error);
        end(r, job);
    }
}

void job_go_on(struct reactor *r, struct job *job, enum want want)
{
    struct call *c = job->call;

    job_ship(r, job);
    if (c->error.kind && want != WANT_FAIL)     /* there was no memory to */
        want = call_broken(c, &(struct error){0}, true, 0, 0);
    switch (want) {
    case WANT_REQUEST:
        enqueue(r, job);
        break;
    case WANT_WAIT:
        job->state = JOB_WAITING;
        set_timer(r, job, reactor_now(r) + c->wait);
        break;
    case WANT_READ: case WANT_RUN:
        job->state = JOB_ERRAND;
        set_timer(r, job, 0);
        if (!errand_start(r, job, want)) {
            error_no_memory(&c->error);
            end(r, job);
        }
        break;
    case WANT_JOIN:
        job->state = JOB_JOINING;
        set_timer(r, job, 0);
        shared_join(r, job);
        break;
    case WANT_ITEM:
        if (job_consumer_is_full(job)) {
            job->state = JOB_PARKED;
            set_timer(r, job, 0);
        } else {
            job_go_on(r, job, call_taken(c));
        }
        break;
    case WANT_DONE: case WANT_FAIL:
        end(r, job);
        break;
    }
}

void job_began(struct reactor *r, struct job *job)
{
    job->next = r->jobs;
    if (job->next)
        job->next->link = &job->next;
    job->link = &r->jobs;
    r->jobs = job;
    job->own.kind = ORDER_SAID;
    job->timer.fire = timer_rang;
    if (timers_admit(&r->timers)) {
        job_go_on(r, job, call_begin(job->call, reactor_now(r)));
    } else {
        error_no_memory(&job->call->error);
        end(r, job);
    }
}

/* --- sending ------------------------------------------------------------ */

/* A copy for Lua's thread, which may look at it while this one goes on. */
static struct request *copy_for_transport(const struct request *from)
{
    struct request *to = mem_alloc(sizeof *to);
    struct arena *a;

    if (!to)
        return NULL;
    a = &to->arena;
    to->method = arena_text(a, from->method);
    to->origin = from->origin;      /* the job, which is held, keeps it */
    buf_add(&to->target, from->target.s, from->target.len);
    for (size_t i = 0; i < from->headers.count; i++)
        headers_add(&to->headers, a, from->headers.list[i].name,
                    from->headers.list[i].value,
                    strlen(from->headers.list[i].value));
    to->body.kind = from->body.kind;
    to->body.path = arena_text(a, from->body.path);
    to->body.offset = from->body.offset;
    to->body.length = from->body.length;
    if (from->body.bytes.len)
        buf_add(&to->body.bytes, from->body.bytes.s, from->body.bytes.len);
    if (request_ok(to))
        return to;
    request_free(to);
    mem_free(to);
    return NULL;
}

static bool ask_transport(struct reactor *r, struct job *job)
{
    struct request *request = copy_for_transport(&job->call->request);

    if (request && reactor_tell(r, NEWS_ASK, job, NULL, request)) {
        job->asked = true;
        job->needed = false;
        return true;
    }
    if (request)
        request_free(request);
    mem_free(request);
    error_no_memory(&job->call->error);
    return false;
}

void job_granted(struct reactor *r, struct job *job)
{
    struct call *c = job->call;
    enum want want;

    job->state = JOB_SENDING;
    want = call_slot(c, reactor_now(r));
    if (want != WANT_REQUEST) {
        leave(r, job);
        job_go_on(r, job, want);
        return;
    }
    if (job->options.transport ? ask_transport(r, job)
                                   : transfer_start(r, job)) {
        job_set_timer(r, job);
        return;
    }
    leave(r, job);
    end(r, job);
}

void job_answer_whole(struct reactor *r, struct job *job)
{
    double now = reactor_now(r), chance = reactor_random(r);

    job->asked = false;
    leave(r, job);
    job_go_on(r, job, call_end(job->call, now, chance));
}

void job_broken(struct reactor *r, struct job *job, struct error *why,
                bool sent)
{
    double now = reactor_now(r), chance = reactor_random(r);

    leave(r, job);
    job_go_on(r, job, call_broken(job->call, why, sent, now, chance));
}

/* --- what Lua's thread says --------------------------------------------- */

/* A change that was sent gets GRACE to be answered: half of a change is worse
 * than a late one.  A second cancellation is meant. */
void job_cancel(struct reactor *r, struct job *job)
{
    bool sent = was_sent(job) && !job->cancelled;
    enum want want;

    if (job->state == JOB_ENDED)
        return;
    want = call_cancel(job->call, sent);
    if (want == WANT_REQUEST) {
        job->cancelled = true;
        timer_set(&r->timers, &job->timer, reactor_now(r) + GRACE);
        return;
    }
    leave(r, job);
    job_go_on(r, job, want);
}

void job_pulled(struct reactor *r, struct job *job)
{
    if (job->pieces_out > 0)
        job->pieces_out--;
    if (job->state == JOB_PARKED) {
        job->state = JOB_NEW;
        job_go_on(r, job, call_taken(job->call));
    } else if (job->state == JOB_SENDING && job->transfer) {
        transfer_resume(r, job->transfer);
        job_set_timer(r, job);
    } else {
        need_more(r, job);
    }
}

/* What was meant for it got lost, as there was no memory. */
void job_lost(struct reactor *r, struct job *job)
{
    if (job->state != JOB_SENDING)
        return;
    error_no_memory(&job->call->error);
    job_broken(r, job, &(struct error){0}, true);
}

/* A transport's answer, piece by piece, as if it came from a host. */
static void take_piece(struct reactor *r, struct job *job, struct order *o)
{
    struct error why = {0};

    job->needed = false;
    if (o->why.kind) {
        job->asked = false;
        job_broken(r, job, &o->why, true);
        return;
    }
    if (o->bytes.len && !call_body_all(job->call, &o->bytes)) {
        job_broken(r, job, &why, true);
        return;
    }
    job_ship(r, job);
    if (job->call->error.kind)
        job_broken(r, job, &why, true);
    else if (o->last)
        job_answer_whole(r, job);
    else
        need_more(r, job);
}

void job_fed(struct reactor *r, struct job *job, struct order *o)
{
    struct transfer *t = job->transfer;

    if (job->state != JOB_SENDING)
        return;
    if (job->asked) {
        take_piece(r, job, o);
    } else if (t && o->why.kind) {  /* a cause that no retry can mend */
        error_free(&job->call->error);
        job->call->error = o->why;
        memset(&o->why, 0, sizeof o->why);
        job_broken(r, job, &(struct error){0}, true);
    } else if (t) {
        buf_free(&t->feed);
        t->feed = o->bytes;
        memset(&o->bytes, 0, sizeof o->bytes);
        t->uploaded = 0;
        t->feed_wanted = false;
        t->feed_last = o->last;
        transfer_resume(r, t);
    }
}

void job_answered(struct reactor *r, struct job *job, struct order *o)
{
    struct error why = {0};

    if (job->state != JOB_SENDING || !job->asked)
        return;
    response_free(&job->call->response);
    job->call->response = o->response;
    memset(&o->response, 0, sizeof o->response);
    if (call_head(job->call) == SINK_FILE) {
        error_set(&why, ERROR_UNSUPPORTED, "a transport's answer cannot be "
                  "saved to a file; read its body instead");
        job->asked = false;
        job_broken(r, job, &why, true);
        return;
    }
    need_more(r, job);
}
