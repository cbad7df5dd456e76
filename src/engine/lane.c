/* lane.c -- one queue for each endpoint: who may send, and when.
 *
 * Order: a job's turn is the lane's own turn plus its rank, that is the number
 * of jobs its group has under way; so a group that asks for a thousand things
 * and one that asks for a single thing alternate.  Who has had a turn before
 * (next step, next attempt) goes first.
 *
 * Names: libcurl starts a thread for each handle that resolves a name.  So the
 * first job to a host goes alone, as a scout; the others wait until it has the
 * address, which libcurl then keeps for all.
 */
#include <string.h>

#include "../core/mem.h"
#include "../core/text.h"
#include "reactor.h"

static const double ADDRESS_AGE = 60;       /* seconds an address is kept */
enum { MOST_IDLE_LANES = 256 };

/* --- the heap of those who wait ----------------------------------------- */

static void put(struct lane *lane, size_t place, struct job *job)
{
    lane->heap[place - 1] = job;
    job->place = place;
}

static bool goes_before(const struct job *a, const struct job *b)
{
    return a->turn != b->turn ? a->turn < b->turn : a->arrival < b->arrival;
}

static void sift_up(struct lane *lane, struct job *job)
{
    size_t place = job->place;

    while (place > 1 && goes_before(job, lane->heap[place / 2 - 1])) {
        put(lane, place, lane->heap[place / 2 - 1]);
        place /= 2;
    }
    put(lane, place, job);
}

static void sift_down(struct lane *lane, struct job *job)
{
    size_t place = job->place;

    for (;;) {
        size_t child = place * 2;

        if (child > lane->waiting)
            break;
        if (child < lane->waiting
            && goes_before(lane->heap[child], lane->heap[child - 1]))
            child++;
        if (!goes_before(lane->heap[child - 1], job))
            break;
        put(lane, place, lane->heap[child - 1]);
        place = child;
    }
    put(lane, place, job);
}

static void take_out(struct lane *lane, struct job *job)
{
    size_t place = job->place;
    struct job *last = lane->heap[--lane->waiting];

    job->place = 0;
    if (last == job)
        return;
    put(lane, place, last);
    sift_up(lane, last);
    sift_down(lane, last);
}

/* --- lanes -------------------------------------------------------------- */

static void rate_allows(struct reactor *r, struct timer *t)
{
    (void)t;
    r->lanes_due = true;
}

static bool is_address(const char *host)
{
    return strchr(host, ':') || host[strspn(host, "0123456789.")] == '\0';
}

static void free_lane(struct reactor *r, struct lane *lane)
{
    timer_stop(&r->timers, &lane->timer);
    mem_free(lane->heap);
    mem_free(lane->key);
    mem_free(lane);
    timers_dismiss(&r->timers);
    r->lane_count--;
}

/* A script that visits many hosts must not leave a lane for each. */
static void forget_idle_lanes(struct reactor *r)
{
    struct lane **at = &r->lanes;

    while (*at) {
        struct lane *lane = *at;

        if (lane->waiting || lane->sending) {
            at = &lane->next;
        } else {
            *at = lane->next;
            free_lane(r, lane);
        }
    }
}

static struct lane *new_lane(struct reactor *r, const struct origin *o)
{
    struct lane *lane = mem_alloc(sizeof *lane);

    if (!lane)
        return NULL;
    lane->key = mem_copy(o->key, strlen(o->key));
    if (!timers_admit(&r->timers) || !lane->key) {
        timers_dismiss(&r->timers);
        mem_free(lane->key);
        mem_free(lane);
        return NULL;
    }
    lane->limit = o->max_connections;
    lane->interval = o->rate > 0 ? 1 / o->rate : 0;
    lane->has_name = !o->unix_socket && !is_address(o->url.host);
    lane->timer.fire = rate_allows;
    lane->next = r->lanes;
    r->lanes = lane;
    r->lane_count++;
    return lane;
}

static struct lane *find_lane(struct reactor *r, const struct origin *o)
{
    for (struct lane *lane = r->lanes; lane; lane = lane->next)
        if (strcmp(lane->key, o->key) == 0)
            return lane;
    return new_lane(r, o);
}

bool lane_enter(struct reactor *r, struct job *job, bool again)
{
    struct lane *lane = find_lane(r, job->call->request.origin);

    if (!lane)
        return false;
    if (lane->waiting == lane->room) {
        size_t room = lane->room ? lane->room * 2 : 16;
        struct job **heap = mem_resize(lane->heap, room * sizeof *heap);

        if (!heap)
            return false;
        lane->heap = heap;
        lane->room = room;
    }
    job->lane = lane;
    job->call->quota = &lane->quota;
    job->arrival = ++lane->arrivals;
    if (!again || job->turn > lane->turn)
        job->turn = lane->turn + job->options.rank + 1;
    put(lane, ++lane->waiting, job);
    sift_up(lane, job);
    r->lanes_due = true;
    return true;
}

void lane_leave(struct reactor *r, struct job *job)
{
    (void)r;
    if (job->lane && job->place)
        take_out(job->lane, job);
    job->lane = NULL;
}

void lane_release(struct reactor *r, struct job *job)
{
    struct lane *lane = job->lane;

    if (!lane)
        return;
    if (lane->scout == job) {       /* without the address: let another go */
        lane->scout = NULL;
        lane->resolve_at = 0;
    }
    lane->sending--;
    r->sending--;
    r->lanes_due = true;
    job->lane = NULL;
}

void lane_resolved(struct reactor *r, struct job *job)
{
    struct lane *lane = job->lane;

    if (!lane || lane->scout != job)
        return;
    lane->scout = NULL;
    r->lanes_due = true;
}

void lane_unresolved(struct reactor *r, struct lane *lane,
                     const struct error *why)
{
    lane->resolve_at = 0;
    while (lane->waiting) {
        struct job *job = lane->heap[0];
        struct error copy;

        error_copy(&copy, why);
        job->call->attempt++;
        job_broken(r, job, &copy, false);
    }
}

/* --- granting ----------------------------------------------------------- */

static bool may_send(struct reactor *r, struct lane *lane, double now)
{
    if (!lane->waiting || lane->sending >= lane->limit
        || r->sending >= r->most_sending || lane->scout)
        return false;
    if (lane->interval > 0 && now < lane->next_time) {
        timer_set(&r->timers, &lane->timer, lane->next_time);
        return false;
    }
    return true;
}

static void grant(struct reactor *r, struct lane *lane, double now)
{
    struct job *job = lane->heap[0];

    take_out(lane, job);
    if (job->turn > lane->turn)
        lane->turn = job->turn;
    lane->sending++;
    r->sending++;
    if (lane->interval > 0)
        lane->next_time = (lane->next_time > now ? lane->next_time : now)
            + lane->interval;
    if (lane->has_name && now >= lane->resolve_at
        && !job->options.transport) {
        lane->scout = job;
        lane->resolve_at = now + ADDRESS_AGE;
    }
    job_granted(r, job);
}

/* One slot for each lane in turn, so that the limit over all is shared. */
void lanes_run(struct reactor *r)
{
    double now = reactor_now(r);
    bool granted;

    r->lanes_due = false;
    do {
        granted = false;
        for (struct lane *lane = r->lanes; lane; lane = lane->next) {
            if (may_send(r, lane, now)) {
                grant(r, lane, now);
                granted = true;
            }
        }
    } while (granted);
    if (r->lane_count > MOST_IDLE_LANES)
        forget_idle_lanes(r);
}

void lanes_free(struct reactor *r)
{
    while (r->lanes) {
        struct lane *lane = r->lanes;

        r->lanes = lane->next;
        free_lane(r, lane);
    }
}
