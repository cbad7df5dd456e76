/* reactor.h -- what the engine's own files share; only its thread comes here.
 *
 *     border.c    queues between the threads, start, fork, end
 *     reactor.c   the loop: messages in, timers, libcurl's wishes
 *     job.c       asks a call what it wants and sees to it
 *     lane.c      who may send now: one queue for each endpoint
 *     transfer.c  one request on one libcurl handle; transfer_options.c
 *     socket.c    libcurl's sockets on libuv
 *     shared.c    work done once for all who ask
 *     errand.c    small files and programs, on libuv's worker threads
 *     inflate.c   compressed answers
 *     bulk.c      files as bodies, on libuv's worker threads
 *     failure.c   libcurl's error codes in our words
 */
#ifndef LUFT_REACTOR_H
#define LUFT_REACTOR_H

#include <stdatomic.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

#include <curl/curl.h>
#include <uv.h>

#include "engine.h"
#include "timer.h"

enum {
    CHUNK = 256 * 1024,             /* of a stream, at most two under way */
    CURL_BUFFER = 32 * 1024,        /* of answers that are read whole */
    PIECES_UNDER_WAY = 2
};

struct transfer;
struct lane;
struct errand;

/* --- the border --------------------------------------------------------- */

enum order_kind {
    ORDER_START,
    ORDER_SAID,                     /* see struct said */
    ORDER_FEED, ORDER_ANSWER, ORDER_STOP
};

struct order {                      /* Lua's thread -> engine's thread */
    struct order *next;
    enum order_kind kind;
    struct job *job;                /* held */
    struct buf bytes;
    bool last;
    struct error why;               /* of a producer or transport */
    struct response response;
};

/* What must not get lost when memory runs out: part of the job, like the order
 * that brings it. */
struct said {
    bool queued;                    /* that order is under way */
    int pulls, cancels;
    bool lost;                      /* there was no memory for another order */
};

struct news_queue {
    struct news *first, **end;
    size_t count;
};

struct engine {
    pthread_mutex_t lock;           /* of the two queues */
    struct order *orders, **orders_end;
    struct news_queue news;
    atomic_bool engine_sleeps;      /* wake it by uv_async_send */
    atomic_bool lua_waits;          /* wake it by a byte */
    int wake[2];                    /* read end, write end */
    bool own_wake;                  /* both are ours to close */
    pid_t wake_maker;               /* the process that they belong to */
    pid_t pid;                      /* whose thread it is; 0: none */
    pthread_t thread;
    struct reactor *reactor;
    struct news *taken;             /* a batch that Lua's thread works off */
    int busy;
    struct order stop;              /* so that stopping needs no memory */
    struct engine *next_running;    /* see border.c */
};

/* Hands a batch over and wakes Lua's thread when it waits. */
void border_deliver(struct engine *e, struct news_queue *batch);
struct order *border_take_orders(struct engine *e);
struct said border_take_said(struct engine *e, struct job *job);

/* --- the reactor -------------------------------------------------------- */

struct reactor {
    struct engine *engine;
    uv_loop_t loop;
    uv_async_t wake;
    uv_prepare_t before_sleep;
    uv_timer_t curl_timer, clock;
    CURLM *multi;
    bool curl_due;                  /* the multi wants to be called */
    struct timers timers;
    struct news_queue news;         /* gathered, delivered once a turn */
    struct lane *lanes;
    int lane_count;
    bool lanes_due;                 /* some lane may have something to send */
    int sending, most_sending;      /* requests under way, in all lanes */
    struct transfer *spare;         /* handles not in use */
    struct socket_watch **sockets;  /* by descriptor */
    int sockets_room;
    struct shared_work *shared;
    const curl_version_info_data *curl;     /* its default CA store */
    uint64_t random;
    bool stopping;
    struct job *jobs;               /* every job that has not ended */
    struct job *unshipped;          /* those with something for a consumer */
};

struct reactor *reactor_new(struct engine *e);  /* NULL: no memory */
void reactor_run(struct reactor *r);            /* until stopped */
void reactor_delete(struct reactor *r);

double reactor_now(struct reactor *r);
double reactor_random(struct reactor *r);       /* 0 <= x < 1 */

/* Queues news for Lua's thread; false: no memory. */
bool reactor_tell(struct reactor *r, enum news_kind kind, struct job *job,
                  struct result *piece, struct request *request);

/* --- jobs --------------------------------------------------------------- */

enum job_state {
    JOB_NEW,
    JOB_QUEUED,                     /* in its lane, for a slot */
    JOB_SENDING,                    /* has a transfer, or a transport's ear */
    JOB_WAITING,                    /* for its timer */
    JOB_JOINING,                    /* for shared work */
    JOB_ERRAND,                     /* for a file or a program */
    JOB_PARKED,                     /* for its consumer */
    JOB_ENDED
};

struct job {
    atomic_int holders;
    struct call *call;
    struct job_options options;
    struct order own;               /* these need no memory when due */
    struct said said;               /* under the engine's lock */
    struct news end;
    /* the engine's thread only, from here */
    struct job *next, **link;       /* in reactor->jobs */
    enum job_state state;
    struct timer timer;
    struct lane *lane;
    struct transfer *transfer;
    struct errand *errand;
    uint64_t turn, arrival;         /* place in the lane's order */
    size_t place;                   /* in the lane's heap */
    int pieces_out;                 /* at the consumer */
    struct job *next_unshipped, **unshipped_link;   /* NULL: not in the list */
    bool cancelled;
    bool asked;                     /* a transport is answering */
    bool needed;                    /* and was told that more is needed */
    struct job *next_joined;
    struct shared_work *working_for;
};

/* A job of the engine's own, for shared work; NULL: no memory. */
struct job *job_new(struct call *call, struct job_options options);

void job_began(struct reactor *r, struct job *job);

/* Sees to what the call wants, as far as it goes now. */
void job_go_on(struct reactor *r, struct job *job, enum want want);

/* The lane gave it a slot. */
void job_granted(struct reactor *r, struct job *job);

/* Ships what the call gathered for its consumer: now, or at the turn's end,
 * when no more comes at once. */
void job_ship(struct reactor *r, struct job *job);
void job_ship_soon(struct reactor *r, struct job *job);
void jobs_ship(struct reactor *r);
bool job_consumer_is_full(const struct job *job);

void job_cancel(struct reactor *r, struct job *job);
void job_pulled(struct reactor *r, struct job *job);
void job_lost(struct reactor *r, struct job *job);
void job_fed(struct reactor *r, struct job *job, struct order *o);
void job_answered(struct reactor *r, struct job *job, struct order *o);

/* Sets the job's timer by what its transfer is at. */
void job_set_timer(struct reactor *r, struct job *job);

/* The request is over: the answer is whole, or there will be none. */
void job_answer_whole(struct reactor *r, struct job *job);
void job_broken(struct reactor *r, struct job *job, struct error *why,
                bool sent);

/* --- lanes -------------------------------------------------------------- */

struct lane {
    struct lane *next;
    char *key;
    int limit, sending;
    struct job **heap;              /* who waits, by turn */
    size_t waiting, room;
    uint64_t turn;                  /* of the last one that went */
    uint64_t arrivals;
    struct quota quota;
    double interval, next_time;     /* of the rate limit; 0: none */
    struct timer timer;             /* when the rate allows the next */
    bool has_name;                  /* its host must be resolved */
    double resolve_at;              /* when an address is old */
    struct job *scout;              /* resolves for all; they wait */
};

/* Puts the job in the queue of its request's endpoint; again: it goes before
 * those who have had no turn yet.  False: no memory. */
bool lane_enter(struct reactor *r, struct job *job, bool again);

/* Out of the queue (cancelled, out of time). */
void lane_leave(struct reactor *r, struct job *job);

/* Gives the job's slot back. */
void lane_release(struct reactor *r, struct job *job);

/* The scout's host is resolved. */
void lane_resolved(struct reactor *r, struct job *job);

/* The scout's host cannot be resolved: who waits behind it fails alike. */
void lane_unresolved(struct reactor *r, struct lane *lane,
                     const struct error *why);

/* Grants whatever slots there are. */
void lanes_run(struct reactor *r);
void lanes_free(struct reactor *r);

/* --- transfers ---------------------------------------------------------- */

enum phase { CONNECTING, UPLOADING, AWAITING, RECEIVING };

struct transfer {
    struct transfer *next_spare;
    CURL *easy;
    struct reactor *reactor;
    struct job *job;
    struct curl_slist *headers, *connect_to;
    char error_text[CURL_ERROR_SIZE];
    enum phase phase;
    double phase_began, last_byte;
    bool head_done, paused, upload_paused;
    bool unset;                     /* an option found no memory */
    int times_sent;                 /* libcurl sends again on its own */
    size_t uploaded;                /* of a body in memory */
    bool takes_gzip;
    struct inflation *inflation;    /* of a compressed answer; or NULL */
    curl_off_t sent_before;         /* see transfer_look */
    struct bulk *bulk;              /* a file being sent or filled */
    struct buf feed;                /* bytes from a Lua producer */
    bool feed_wanted, feed_last;
    struct socket_watch *opening;   /* sockets not yet in libcurl's pool */
};

/* Sends the job's request.  False: no memory, or libcurl refused it; job's
 * error is set. */
bool transfer_start(struct reactor *r, struct job *job);

/* Its handle, told all of the request.  False: no memory, or error is set. */
bool transfer_set_options(struct transfer *t, struct call *c);

/* Stops it, wherever it is, and closes its socket. */
void transfer_stop(struct reactor *r, struct transfer *t);

/* Bytes of the request have left this machine. */
bool transfer_sent(const struct transfer *t);

/* Goes on after a pause, if what stopped it is over. */
void transfer_resume(struct reactor *r, struct transfer *t);

/* Takes note of what was sent meanwhile; before transfer_deadline is asked. */
void transfer_look(struct transfer *t);

/* When the transfer's present phase has lasted too long; 0: never. */
double transfer_deadline(const struct transfer *t);

/* Its deadline came: what to say. */
void transfer_timeout(const struct transfer *t, struct error *why);

/* Looks for transfers that libcurl finished. */
void transfers_finish(struct reactor *r);
void transfers_free(struct reactor *r);

/* --- sockets ------------------------------------------------------------ */

struct socket_watch;

/* libcurl's callbacks: CURLMOPT_SOCKETFUNCTION (of a reactor),
 * CURLOPT_OPENSOCKETFUNCTION (of a transfer), CURLOPT_CLOSESOCKETFUNCTION (of a
 * reactor). */
int sockets_wanted(CURL *easy, curl_socket_t s, int what, void *reactor,
                   void *unused);
curl_socket_t sockets_open(void *transfer, curlsocktype purpose,
                           struct curl_sockaddr *address);
int sockets_close(void *reactor, curl_socket_t s);

/* The transfer is gone, and with it the sockets that were still connecting:
 * libcurl closes those without a word. */
void sockets_forget_opening(struct transfer *t);
void sockets_free(struct reactor *r);

/* --- files as bodies ---------------------------------------------------- */

/* A file that is read, or filled, on a worker thread, one chunk ahead. */
struct bulk;

struct bulk *bulk_read(struct transfer *t, const struct body *body,
                       struct error *why);
struct bulk *bulk_write(struct transfer *t, const char *path,
                        struct error *why);

/* Bytes for libcurl; 0: the end; -1: not yet, transfer_resume comes. */
ssize_t bulk_take(struct bulk *b, char *to, size_t length);

/* False: full, transfer_resume comes. */
bool bulk_put(struct bulk *b, const char *bytes, size_t length);

/* Writes what is left and gives the file its name; then job_answer_whole or
 * job_broken is called. */
void bulk_finish(struct bulk *b);

/* NULL while all is well. */
const char *bulk_problem(const struct bulk *b);
int64_t bulk_size(const struct bulk *b);
bool bulk_is_empty(const struct bulk *b);       /* all of it was taken */
bool bulk_rewind(struct bulk *b);
void bulk_stop(struct bulk *b);

/* --- compressed answers -------------------------------------------------- */

/* A gzip stream on its way into a call's body; NULL: no memory. */
struct inflation *inflation_new(void);

/* False: c->error says why. */
bool inflation_take(struct inflation *i, struct call *c, const char *bytes,
                    size_t length);

/* True when its end came, or nothing at all. */
bool inflation_is_whole(const struct inflation *i);
void inflation_free(struct inflation *i);

/* --- shared work, errands, failures ------------------------------------- */

void shared_join(struct reactor *r, struct job *job);
void shared_done(struct reactor *r, struct job *worker);
void shared_leave(struct reactor *r, struct job *job);
void shared_free(struct reactor *r);

bool errand_start(struct reactor *r, struct job *job, enum want want);
void errand_stop(struct reactor *r, struct job *job);

/* What libcurl's code means for people; what to do about it. */
void failure_say(struct error *e, CURLcode code, struct transfer *t);

#endif
