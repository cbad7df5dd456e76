/* transfer.c -- one request on one libcurl handle.
 *
 * A handle exists only while its request has a slot, and is used again.
 * libcurl's callbacks here only feed the call and take notes; handles are added
 * and removed outside of them.
 */
#include <string.h>

#include "../core/mem.h"
#include "../core/text.h"
#include "reactor.h"

/* --- the answer --------------------------------------------------------- */

static void touched(struct transfer *t)
{
    t->last_byte = reactor_now(t->reactor);
}

static void enter_phase(struct transfer *t, enum phase phase)
{
    touched(t);
    if (t->phase == phase)
        return;
    t->phase = phase;
    t->phase_began = t->last_byte;
    job_set_timer(t->reactor, t->job);
}

/* Behind 100 and 103 another answer comes; libcurl takes a 101 that nobody
 * asked for as the last one, and what follows as its body. */
static bool is_final(int status)
{
    return status >= 200 || status == 101;
}

/* False: no memory. */
static bool expect_compressed(struct transfer *t, struct call *c)
{
    const char *coding = headers_get(&c->response.headers, "Content-Encoding");

    if (!t->takes_gzip || c->sink != SINK_MEMORY || !coding
        || (!text_same_nocase(coding, "gzip")
            && !text_same_nocase(coding, "x-gzip")))
        return true;
    t->inflation = inflation_new();
    if (!t->inflation)
        error_no_memory(&c->error);
    return t->inflation != NULL;
}

static size_t take_header(char *line, size_t size, size_t count,
                          void *transfer)
{
    struct transfer *t = transfer;
    struct call *c = t->job->call;
    size_t length = size * count;

    enter_phase(t, RECEIVING);
    if (t->head_done)               /* a trailer */
        return length;
    if (!response_line(&c->response, line, length)) {
        if (c->response.arena.failed)
            error_no_memory(&c->error);
        error_set(&c->error, ERROR_PROTOCOL, "the answer's headers are "
                  "larger than %d bytes", HEADER_CEILING);
        return 0;
    }
    if (length <= 2 && is_final(c->response.status)) {
        t->head_done = true;
        if (call_head(c) == SINK_FILE) {
            t->bulk = bulk_write(t, c->request.save_as, &c->error);
            if (!t->bulk)
                return 0;
        }
        if (!expect_compressed(t, c))
            return 0;
        job_ship_soon(t->reactor, t->job);
    }
    return length;
}

static size_t take_body(char *bytes, size_t size, size_t count,
                        void *transfer)
{
    struct transfer *t = transfer;
    struct job *job = t->job;
    size_t length = size * count;

    touched(t);
    if ((job->call->sink == SINK_FEED && job_consumer_is_full(job))
        || (t->bulk && job->call->sink == SINK_FILE
            && !bulk_put(t->bulk, bytes, length))) {
        t->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    if (job->call->sink == SINK_FILE)
        return length;
    if (t->inflation)
        return inflation_take(t->inflation, job->call, bytes, length)
            ? length : 0;
    if (!call_body(job->call, bytes, length))
        return 0;
    if (job->call->items && job->call->items->weight >= CHUNK)
        job_ship(t->reactor, job);
    else
        job_ship_soon(t->reactor, job);
    return length;
}

/* --- the request's body ------------------------------------------------- */

static size_t give_bytes(struct transfer *t, char *to, size_t room)
{
    size_t left = t->feed.len - t->uploaded;
    size_t n = left < room ? left : room;

    if (n) {
        memcpy(to, t->feed.s + t->uploaded, n);
        t->uploaded += n;
        return n;
    }
    if (t->feed_last) {
        enter_phase(t, AWAITING);
        return 0;
    }
    if (!t->feed_wanted) {
        t->feed_wanted = reactor_tell(t->reactor, NEWS_NEED, t->job, NULL,
                                      NULL);
        if (!t->feed_wanted) {
            error_no_memory(&t->job->call->error);
            return CURL_READFUNC_ABORT;
        }
    }
    t->upload_paused = true;
    return CURL_READFUNC_PAUSE;
}

static size_t give_body(char *to, size_t size, size_t count, void *transfer)
{
    struct transfer *t = transfer;
    size_t room = size * count;
    ssize_t n;

    enter_phase(t, UPLOADING);
    if (!t->bulk)
        return give_bytes(t, to, room);
    n = bulk_take(t->bulk, to, room);
    if (n >= 0) {
        if (bulk_is_empty(t->bulk))
            enter_phase(t, AWAITING);
        return (size_t)n;
    }
    if (bulk_problem(t->bulk)) {
        error_set(&t->job->call->error, ERROR_LOCAL, "%s",
                  bulk_problem(t->bulk));
        return CURL_READFUNC_ABORT;
    }
    t->upload_paused = true;
    return CURL_READFUNC_PAUSE;
}

/* libcurl rewinds only to send the same body once more from its start. */
static int rewind_body(void *transfer, curl_off_t offset, int origin)
{
    struct transfer *t = transfer;

    if (offset != 0 || origin != SEEK_SET || !t->bulk)
        return CURL_SEEKFUNC_CANTSEEK;
    return bulk_rewind(t->bulk) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

/* --- sending ------------------------------------------------------------ */

bool transfer_sent(const struct transfer *t)
{
    long sent = 0;

    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent);
    return sent > 0;
}

/* Connected, and about to send.  When a pooled connection turns out to be dead,
 * libcurl sends again on a new one whatever the method; what could be done
 * twice over there by that, is not. */
static int before_request(void *transfer, char *peer_address,
                          char *local_address, int peer_port, int local_port)
{
    struct transfer *t = transfer;
    const struct request *r = &t->job->call->request;
    bool repeatable = r->safe_to_repeat || method_is_idempotent(r->method);

    (void)peer_address, (void)local_address;
    (void)peer_port, (void)local_port;
    lane_resolved(t->reactor, t->job);
    if (t->times_sent > 0 && transfer_sent(t)
        && (!repeatable || t->times_sent > 1))
        return CURL_PREREQFUNC_ABORT;
    t->times_sent++;
    enter_phase(t, AWAITING);
    return CURL_PREREQFUNC_OK;
}

static void set_fixed_options(struct transfer *t)
{
    CURL *easy = t->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error_text);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
    curl_easy_setopt(easy, CURLOPT_READDATA, t);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, rewind_body);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, t);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, sockets_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, sockets_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, t->reactor);
}

static struct transfer *new_transfer(struct reactor *r)
{
    struct transfer *t = r->spare;

    if (t) {
        r->spare = t->next_spare;
        return t;
    }
    t = mem_alloc(sizeof *t);
    if (!t)
        return NULL;
    t->reactor = r;
    t->easy = curl_easy_init();
    if (!t->easy) {
        mem_free(t);
        return NULL;
    }
    set_fixed_options(t);
    return t;
}

/* Ready for another request, or freed when there are enough. */
static void retire(struct reactor *r, struct transfer *t)
{
    CURL *easy = t->easy;

    sockets_forget_opening(t);
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->connect_to);
    buf_free(&t->feed);
    if (t->bulk)
        bulk_stop(t->bulk);
    inflation_free(t->inflation);
    memset(t, 0, sizeof *t);
    t->easy = easy;
    t->reactor = r;
    t->next_spare = r->spare;
    r->spare = t;
}

/* --- starting, stopping -------------------------------------------------- */

bool transfer_start(struct reactor *r, struct job *job)
{
    struct transfer *t = new_transfer(r);

    if (!t) {
        error_no_memory(&job->call->error);
        return false;
    }
    t->job = job;
    job->transfer = t;
    t->phase = CONNECTING;
    t->phase_began = t->last_byte = reactor_now(r);
    if (transfer_set_options(t, job->call)
        && curl_multi_add_handle(r->multi, t->easy) == CURLM_OK)
        return true;
    error_no_memory(&job->call->error);     /* unless it says more already */
    job->transfer = NULL;
    retire(r, t);
    return false;
}

void transfer_stop(struct reactor *r, struct transfer *t)
{
    curl_multi_remove_handle(r->multi, t->easy);
    retire(r, t);
}

/* --- pauses and phases -------------------------------------------------- */

void transfer_resume(struct reactor *r, struct transfer *t)
{
    bool more = !job_consumer_is_full(t->job);

    if (!(t->paused && more) && !t->upload_paused)
        return;
    if (more)
        t->paused = false;
    t->upload_paused = false;
    touched(t);
    curl_easy_pause(t->easy, t->paused ? CURLPAUSE_RECV : CURLPAUSE_CONT);
    job_set_timer(r, t->job);       /* in the pause there was no deadline */
}

/* A body in memory is sent without a callback of ours: progress shows only
 * when one asks. */
void transfer_look(struct transfer *t)
{
    curl_off_t sent = 0;

    if (t->phase != AWAITING
        || curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &sent)
        || sent == t->sent_before)
        return;
    t->sent_before = sent;
    t->phase_began = reactor_now(t->reactor);
}

double transfer_deadline(const struct transfer *t)
{
    const struct call *c = t->job->call;
    const struct timeouts *limit = &c->request.origin->timeouts;
    bool silent = c->request.may_be_silent;

    if (t->paused || t->upload_paused)      /* it waits for us */
        return 0;
    switch (t->phase) {
    case CONNECTING:
        return limit->connect > 0 ? t->phase_began + limit->connect : 0;
    case AWAITING:
        return limit->first_byte > 0 && !silent
            ? t->phase_began + limit->first_byte : 0;
    default:
        return limit->stall > 0 && !silent ? t->last_byte + limit->stall : 0;
    }
}

void transfer_timeout(const struct transfer *t, struct error *why)
{
    const struct timeouts *limit = &t->job->call->request.origin->timeouts;

    if (t->phase == CONNECTING)
        error_set(why, ERROR_TIMEOUT, "no connection within %g s (the option "
                  "timeout.connect)", limit->connect);
    else if (t->phase == AWAITING)
        error_set(why, ERROR_TIMEOUT, "no answer within %g s (the option "
                  "timeout.first_byte)", limit->first_byte);
    else
        error_set(why, ERROR_TIMEOUT, "the %s stood still for %g s (the "
                  "option timeout.stall)",
                  t->phase == UPLOADING ? "upload" : "answer", limit->stall);
    why->retryable = true;
}

/* --- the end ------------------------------------------------------------ */

static void finish(struct reactor *r, struct transfer *t, CURLcode code)
{
    struct job *job = t->job;
    struct lane *lane = job->lane;
    struct error why = {0};
    bool scouting = lane && lane->scout == job;
    bool sent = transfer_sent(t);

    job_ship(r, job);
    if (code == CURLE_OK && t->bulk && job->call->sink == SINK_FILE) {
        bulk_finish(t->bulk);
        return;
    }
    if (code == CURLE_OK && (!t->inflation
                             || inflation_is_whole(t->inflation))) {
        job_answer_whole(r, job);
        return;
    }
    if (code == CURLE_OK)
        code = CURLE_PARTIAL_FILE;
    failure_say(&why, code, t);
    if (scouting && (code == CURLE_COULDNT_RESOLVE_HOST
                     || code == CURLE_COULDNT_RESOLVE_PROXY))
        lane_unresolved(r, lane, &why);
    job_broken(r, job, &why, sent);
}

void transfers_finish(struct reactor *r)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(r->multi, &left)) != NULL) {
        struct transfer *t = NULL;
        CURLcode code = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
        finish(r, t, code);
    }
}

void transfers_free(struct reactor *r)
{
    while (r->spare) {
        struct transfer *t = r->spare;

        r->spare = t->next_spare;
        curl_easy_cleanup(t->easy);
        mem_free(t);
    }
}
