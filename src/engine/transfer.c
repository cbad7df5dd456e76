/* transfer.c -- one request on one libcurl handle.
 *
 * A handle exists only while its request has a slot, and is used again.
 * libcurl's callbacks here only feed the call and take notes; handles are added
 * and removed outside of them.
 */
#include <string.h>

#include "../core/mem.h"
#include "reactor.h"

enum {
    MOST_RATIO = 200,               /* decompressed to sent */
    CURL_BUFFER = 32 * 1024
};

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
        job_ship_soon(t->reactor, t->job);
    }
    return length;
}

/* A small answer that swells to a large one is an attack, or as good as. */
static bool swells(struct transfer *t)
{
    curl_off_t sent = 0;

    curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &sent);
    return t->received > MOST_RATIO * ((uint64_t)sent + CURL_BUFFER);
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
    t->received += length;
    if (swells(t)) {
        error_set(&job->call->error, ERROR_PROTOCOL, "the answer grows more "
                  "than %d-fold when decompressed", MOST_RATIO);
        return 0;
    }
    if (job->call->sink == SINK_FILE)
        return length;
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
    memset(t, 0, sizeof *t);
    t->easy = easy;
    t->reactor = r;
    t->next_spare = r->spare;
    r->spare = t;
}

/* --- options of one request --------------------------------------------- */

static bool add_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (longer)
        *list = longer;
    return longer != NULL;
}

static bool set_headers(struct transfer *t, const struct request *r)
{
    struct buf line = {0};
    bool ok = true, typed = headers_get(&r->headers, "Content-Type") != NULL;

    for (size_t i = 0; ok && i < r->headers.count; i++) {
        const struct header *h = &r->headers.list[i];

        buf_clear(&line);
        /* libcurl's way to write an empty value is "Name;" */
        buf_format(&line, *h->value ? "%s: %s" : "%s;", h->name, h->value);
        ok = buf_ok(&line) && add_line(&t->headers, line.s);
    }
    if (ok && r->body.kind != BODY_NONE && !typed)
        ok = add_line(&t->headers, "Content-Type:");
    if (ok && r->body.kind != BODY_NONE)
        ok = add_line(&t->headers, "Expect:");
    if (ok && r->origin->tls.server_name
        && !headers_get(&r->headers, "Host")) {
        buf_clear(&line);
        buf_text(&line, "Host: ");
        url_add_authority(&line, &r->origin->url);
        ok = buf_ok(&line) && add_line(&t->headers, line.s);
    }
    buf_free(&line);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    return ok;
}

/* libcurl copies the texts; one that found no memory there would make another
 * request of this one. */
#define SET(t, option, text) \
    ((t)->unset |= curl_easy_setopt((t)->easy, option, text) \
                   == CURLE_OUT_OF_MEMORY)

/* A name to verify other than the host's: the URL carries that name, and the
 * connection is led to the host. */
static bool set_address(struct transfer *t, const struct request *r)
{
    const struct origin *o = r->origin;
    struct url u = o->url;
    struct buf text = {0};
    bool ok = true;

    if (o->tls.server_name)
        u.host = (char *)o->tls.server_name;
    buf_format(&text, "%s://", u.scheme);
    url_add_authority(&text, &u);
    buf_add(&text, r->target.s, r->target.len);
    ok = buf_ok(&text)
        && curl_easy_setopt(t->easy, CURLOPT_URL, text.s) == CURLE_OK;
    if (ok && o->tls.server_name) {
        buf_clear(&text);
        buf_format(&text, strchr(o->url.host, ':') ? "::[%s]:%d" : "::%s:%d",
                   o->url.host, o->url.port);
        ok = buf_ok(&text) && add_line(&t->connect_to, text.s);
    }
    curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, t->connect_to);
    SET(t, CURLOPT_UNIX_SOCKET_PATH, o->unix_socket);
    SET(t, CURLOPT_PROXY, o->proxy);
    buf_free(&text);
    return ok;
}

static void set_tls(struct transfer *t, const struct tls *tls)
{
    const curl_version_info_data *system = t->reactor->curl;
    CURL *easy = t->easy;

    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls->insecure ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls->insecure ? 0L : 2L);
    SET(t, CURLOPT_SSLCERT, tls->cert_file);
    SET(t, CURLOPT_SSLKEY, tls->key_file);
    SET(t, CURLOPT_KEYPASSWD, tls->key_password);
    SET(t, CURLOPT_CAINFO, tls->ca_file ? tls->ca_file : system->cainfo);
    SET(t, CURLOPT_CAPATH, tls->ca_file ? NULL : system->capath);
}

static bool set_body(struct transfer *t, const struct request *r)
{
    CURL *easy = t->easy;
    struct call *c = t->job->call;

    if (r->body.kind == BODY_NONE)
        return true;
    if (r->body.kind == BODY_BYTES) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)r->body.bytes.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                         buf_string(&r->body.bytes));
        return true;
    }
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    if (r->body.kind == BODY_FILE) {
        t->bulk = bulk_read(t, &r->body, &c->error);
        if (!t->bulk)
            return false;
    }
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)
                     (t->bulk ? bulk_size(t->bulk) : r->body.length));
    return true;
}

static bool set_method(struct transfer *t, const struct request *r)
{
    CURL *easy = t->easy;
    bool post = strcmp(r->method, "POST") == 0;
    bool wants_length = post || strcmp(r->method, "PUT") == 0
        || strcmp(r->method, "PATCH") == 0;

    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);    /* undoes all others */
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
    if (strcmp(r->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return true;
    }
    if (wants_length && r->body.kind == BODY_NONE) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
        if (!add_line(&t->headers, "Content-Type:"))
            return false;
    }
    if (strcmp(r->method, "GET") != 0 || r->body.kind != BODY_NONE)
        SET(t, CURLOPT_CUSTOMREQUEST, r->method);
    return set_body(t, r);
}

/* Compressed answers only where they are read whole: a stream or a file is
 * passed on as it comes. */
static void set_reading(struct transfer *t, const struct call *c)
{
    bool streams = c->feed || c->request.save_as;
    const char *coding = streams || c->request.origin->unix_socket ? NULL : "";

    SET(t, CURLOPT_ACCEPT_ENCODING, coding);
    curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE,
                     (long)(streams ? CHUNK : CURL_BUFFER));
    /* -1: for ever; a scout asks anew, the others use what it found */
    curl_easy_setopt(t->easy, CURLOPT_DNS_CACHE_TIMEOUT,
                     t->job->lane->scout == t->job ? 50L : -1L);
}

static bool set_options(struct transfer *t, struct call *c)
{
    const struct request *r = &c->request;

    set_tls(t, &r->origin->tls);
    set_reading(t, c);
    return set_method(t, r) && set_headers(t, r) && set_address(t, r)
        && !t->unset;
}

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
    if (set_options(t, job->call)
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
    if (code == CURLE_OK) {
        job_answer_whole(r, job);
        return;
    }
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
