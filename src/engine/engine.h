/* engine.h -- the border between Lua's thread and the engine's.
 *
 *     Lua's thread                                   the engine's thread
 *     engine_start(job) ---------------------------> queue, send, read, retry
 *     engine_cancel, engine_pull, engine_feed -----> ...
 *     engine_take <--------------------------------- pieces, needs, the end
 *
 * Law: whatever crosses changes owner with its pointer.  A started job belongs
 * to the engine until engine_take brings its end; from then on its call, with
 * result or error, is Lua's to read and free.  The engine never calls Lua, Lua
 * never enters the engine's loop.
 *
 * The thread starts with the first job, and anew in a forked child.  It blocks
 * all signals.
 */
#ifndef LUFT_ENGINE_H
#define LUFT_ENGINE_H

#include <stdbool.h>

#include "../core/call.h"

struct engine;
struct job;

enum news_kind {
    NEWS_PIECE,         /* of a stream: news.piece, now yours */
    NEWS_NEED,          /* engine_feed: the body's next bytes, please */
    NEWS_ASK,           /* a transport must answer news.request, now yours */
    NEWS_UNASK,         /* that answer is no longer wanted */
    NEWS_END            /* job_call: DONE or FAIL; then job_release */
};

struct news {
    struct news *next;              /* the queue's */
    enum news_kind kind;
    struct job *job;                /* held until engine_forget */
    struct result *piece;
    struct request *request;
};

/* How a job is run; zeroed: with the network, alone. */
struct job_options {
    int tag;                        /* yours, see job_tag */
    unsigned rank;                  /* jobs its group has under way: fairness */
    int transport;                  /* not 0: requests go to NEWS_ASK, not to a
                                       host; each transport has a number */
};

/* NULL: no memory.  No thread is started yet. */
struct engine *engine_new(void);

/* Cancels what is under way, ends the thread, frees everything. */
void engine_delete(struct engine *e);

/* Starts the call.  NULL: no memory or no thread; the call is freed. */
struct job *engine_start(struct engine *e, struct call *call,
                         struct job_options options);

void engine_cancel(struct engine *e, struct job *job);
void engine_pull(struct engine *e, struct job *job);    /* a piece is used */

/* For NEWS_NEED: bytes of a request's body (bytes is taken over); last: there
 * are no more.  why: how the producer failed, and with it the call; NULL or of
 * no kind: it did not; taken over. */
void engine_feed(struct engine *e, struct job *job, struct buf *bytes,
                 bool last, struct error *why);

/* For NEWS_ASK: first the head, then the body by engine_feed, each piece after
 * a NEWS_NEED.  Takes *response over. */
void engine_answer(struct engine *e, struct job *job,
                   struct response *response);

/* The next piece of news, or NULL; engine_forget it when it was read. */
struct news *engine_take(struct engine *e);
void engine_forget(struct news *n);

/* Becomes readable when there is news after engine_will_wait returned true;
 * engine_waited empties it.  Another descriptor can take its place, and is the
 * engine's from then on; false: it cannot. */
int engine_wake_descriptor(struct engine *e);
int engine_signal_descriptor(struct engine *e);     /* its other end */
bool engine_will_wait(struct engine *e);    /* false: there is news already */
void engine_waited(struct engine *e);
bool engine_use_wake_descriptor(struct engine *e, int descriptor);

/* Jobs started and not ended. */
int engine_busy(const struct engine *e);

struct call *job_call(struct job *job);
int job_tag(const struct job *job);
void job_set_tag(struct job *job, int tag);
void job_hold(struct job *job);
void job_release(struct job *job);

#endif
