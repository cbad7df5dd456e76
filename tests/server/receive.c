/* receive.c -- the stages in which requests come in; see connection.c. */
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "server.h"

static void count(struct connection *c)
{
    struct counts *counts = &c->source.server->counts;
    struct wish *w = &c->wish;
    struct key *key;

    if (!c->page->uncounted) {
        counts_request(counts);
        c->in_flight = true;
    }
    if (!w->key.s)
        return;
    key = counts_key(counts, w->key);
    key->requests++;
    if (!w->close_after_request) {
        c->answer.fails = key->requests <= w->fail_first;
    } else if (c->served
               && key->closed < (w->fail_first ? w->fail_first : 1)) {
        key->closed++;
        w->ending = ENDS_CUT;
        w->ending_after = -1;
    }
}

static bool refuse(struct connection *c, int status, const char *text)
{
    answer_refuse(c, status, text);
    return enter_stage(c, ANSWERING);
}

static bool begin_request(struct connection *c, size_t head_length)
{
    struct request *r = &c->request;
    const char *fault;
    bool has_version;

    request_parse(r, c->input, head_length);
    memset(&c->answer, 0, sizeof c->answer);
    c->next_read = c->next_send = 0;
    if (r->fault)
        return refuse(c, r->fault, r->fault_text);
    c->page = page_find(r->path, &has_version);
    fault = wish_parse(&c->wish, r->query, has_version || c->page->lenient);
    if (fault)
        return refuse(c, 400, fault);
    r->is_kept = c->page->shows_body;
    count(c);
    if (!r->complete && c->wish.not_read)
        return enter_stage(c, STALLING);
    if (!r->complete && !c->wish.early) {
        if (r->expects_continue && c->input_length == head_length)
            wire_continue(c);
        return enter_stage(c, READING_BODY);
    }
    answer_choose(c);
    return enter_stage(c, DELAYING);
}

bool receive_head(struct connection *c)
{
    for (;;) {
        size_t head = request_head_length(c->input, c->input_length,
                                          &c->searched);
        ssize_t n;

        if (head && head <= HEAD_MOST)
            return begin_request(c, head);
        if (head || c->input_length >= HEAD_MOST) {
            memset(&c->request, 0, sizeof c->request);
            return refuse(c, 431, "the head is too long");
        }
        n = wire_receive(c, c->input + c->input_length,
                         INPUT_SIZE - c->input_length);
        if (n < 0)
            return end_connection(c);
        if (n == 0)
            return wait_for(c, EPOLLIN);
        c->input_length += (size_t)n;
    }
}

/* Takes what lies behind the head, and moves what follows it there. */
static void take_body(struct connection *c)
{
    struct request *r = &c->request;
    int64_t rate = c->wish.read_rate;
    char *body = c->input + r->head_length;
    size_t length = c->input_length - r->head_length, taken;

    if (rate && length > rate_piece(rate))
        taken = request_body(r, body, rate_piece(rate));
    else
        taken = request_body(r, body, length);
    memmove(body, body + taken, length - taken);
    c->input_length -= taken;
    if (rate)
        c->next_read = rate_next(c->next_read, c->source.server->now, rate,
                                   taken);
}

bool receive_body(struct connection *c)
{
    struct request *r = &c->request;
    size_t total = 0;

    for (;;) {
        ssize_t n;

        if (c->source.server->now < c->next_read)
            return wait_until(c, c->next_read);
        take_body(c);
        if (r->fault)
            return refuse(c, r->fault, r->fault_text);
        if (r->complete) {
            answer_choose(c);
            return enter_stage(c, DELAYING);
        }
        if (c->input_length > r->head_length)
            continue;
        if (total >= TURN_MOST && !wire_has_more(c))
            return wait_for(c, EPOLLIN);
        n = wire_receive(c, c->input + c->input_length,
                         INPUT_SIZE - c->input_length);
        if (n < 0)
            return end_connection(c);
        if (n == 0)
            return wait_for(c, EPOLLIN);
        c->input_length += (size_t)n;
        total += (size_t)n;
    }
}

bool receive_rest(struct connection *c)
{
    char unread[16 * 1024];

    if (!c->has_timer || read(c->source.descriptor, unread,
                              sizeof unread) == 0)
        return end_connection(c);
    return wait_for(c, EPOLLIN);
}
