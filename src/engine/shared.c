/* shared.c -- work done once for all who ask for it: WANT_JOIN.
 *
 * The first one to ask starts a job of the engine's own, which belongs to no
 * task, so that a task that is cancelled strands nobody.  A failure is told to
 * those who wait and not kept; the next one to ask tries anew.
 */
#include <string.h>

#include "../core/mem.h"
#include "reactor.h"

struct shared_work {
    struct shared_work *next;
    char *key;
    char *text;                     /* NULL: still being worked on */
    struct job *joined;             /* who waits, last one first */
};

static struct shared_work *find(struct reactor *r, const char *key)
{
    struct shared_work *w = r->shared;

    while (w && strcmp(w->key, key) != 0)
        w = w->next;
    return w;
}

static void remove_work(struct reactor *r, struct shared_work *w)
{
    struct shared_work **at = &r->shared;

    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    mem_free(w->key);
    mem_free(w->text);
    mem_free(w);
}

static struct shared_work *add_work(struct reactor *r, const char *key)
{
    struct shared_work *w = mem_alloc(sizeof *w);

    if (!w)
        return NULL;
    w->key = mem_copy(key, strlen(key));
    if (!w->key) {
        mem_free(w);
        return NULL;
    }
    w->next = r->shared;
    r->shared = w;
    return w;
}

/* Lets everybody go who waits; first come, first served. */
static void release_joined(struct reactor *r, struct job *joined,
                           const char *text, const struct error *why)
{
    struct job *inorder = NULL;

    while (joined) {
        struct job *next = joined->next_joined;

        joined->next_joined = inorder;
        inorder = joined;
        joined = next;
    }
    while (inorder) {
        struct job *job = inorder;

        inorder = job->next_joined;
        job->next_joined = NULL;
        job->state = JOB_NEW;
        job_go_on(r, job, call_joined(job->call, text, why));
    }
}

/* A job for the driver's shared work, as the one that asked would do it. */
static bool start_work(struct reactor *r, struct shared_work *w,
                       const struct job *asking)
{
    struct client *k = asking->call->client;
    struct call *call = call_new(k, k->driver->learns);
    struct job *worker;

    if (!call)
        return false;
    worker = job_new(call, (struct job_options){
        .transport = asking->options.transport
    });
    if (!worker)
        return false;
    worker->working_for = w;
    job_began(r, worker);
    return true;
}

void shared_join(struct reactor *r, struct job *job)
{
    const char *key = call_join_key(job->call);
    const char *full = key ? arena_format(&job->call->arena, "%s %d", key,
                                          job->options.transport) : NULL;
    struct shared_work *w = full ? find(r, full) : NULL;
    struct error why = {0};

    if (w && w->text) {
        job->state = JOB_NEW;
        job_go_on(r, job, call_joined(job->call, w->text, NULL));
        return;
    }
    if (!w)
        w = full ? add_work(r, full) : NULL;
    else
        full = NULL;                /* being worked on already */
    if (w) {
        job->next_joined = w->joined;
        w->joined = job;
        if (!full || start_work(r, w, job))
            return;
        remove_work(r, w);
        job->next_joined = NULL;
    }
    error_no_memory(&why);
    job->state = JOB_NEW;
    job_go_on(r, job, call_joined(job->call, NULL, &why));
}

void shared_done(struct reactor *r, struct job *worker)
{
    struct shared_work *w = worker->working_for;
    struct call *c = worker->call;
    struct job *joined = w->joined;

    w->joined = NULL;
    if (!c->error.kind)
        w->text = mem_copy(buf_string(&c->result.bytes), c->result.bytes.len);
    if (w->text) {
        release_joined(r, joined, w->text, NULL);
        return;
    }
    error_no_memory(&c->error);
    remove_work(r, w);
    release_joined(r, joined, NULL, &c->error);
}

void shared_leave(struct reactor *r, struct job *job)
{
    for (struct shared_work *w = r->shared; w; w = w->next)
        for (struct job **at = &w->joined; *at; at = &(*at)->next_joined)
            if (*at == job) {
                *at = job->next_joined;
                job->next_joined = NULL;
                return;
            }
}

void shared_free(struct reactor *r)
{
    while (r->shared)
        remove_work(r, r->shared);
}
