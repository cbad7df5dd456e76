/* send.c -- the stages in which an answer goes out; see connection.c. */
#include <string.h>
#include <sys/epoll.h>

#include "server.h"

static const double DRAINS_MOST = 5;        /* seconds */
static const double RESET_RETRY = 0.001;

bool send_later(struct connection *c)
{
    if (c->has_timer)
        return wait_for(c, 0);
    if (c->wish.delay > 0) {
        double until = c->source.server->now + c->wish.delay;

        c->wish.delay = 0;
        return wait_until(c, until);
    }
    return enter_stage(c, ANSWERING);
}

/* A FIN.  What the peer still sends is read for a while, because a closed
 * socket would answer it with a reset, which destroys what was sent before. */
bool send_end(struct connection *c)
{
    leave_flight(c);
    if (!wire_end(c))
        return wait_for(c, c->wanted);
    if (c->request.complete)
        return end_connection(c);
    timer_set(c, c->source.server->now + DRAINS_MOST);
    return enter_stage(c, DRAINING);
}

static bool next_request(struct connection *c)
{
    size_t head = c->request.head_length;

    leave_flight(c);
    c->served++;
    c->stage = READING_HEAD;
    c->input_length -= head;
    c->searched = 0;
    if (c->input_length) {
        memmove(c->input, c->input + head, c->input_length);
        return true;
    }
    return wire_has_more(c) || wait_for(c, EPOLLIN);
}

static bool end_answer(struct connection *c)
{
    switch (c->answer.ending) {
    case ENDS_STALLED:
        return enter_stage(c, STALLING);
    case ENDS_CUT:
        return enter_stage(c, CLOSING);
    case ENDS_RESET:
        return enter_stage(c, RESETTING);
    default:
        return c->answer.closes ? enter_stage(c, CLOSING) : next_request(c);
    }
}

static size_t send_most(const struct connection *c)
{
    if (c->wish.slice)
        return 1;
    return c->wish.rate ? rate_piece(c->wish.rate) : TURN_MOST;
}

bool send_answer(struct connection *c)
{
    int64_t rate = c->wish.rate;
    double now = c->source.server->now;
    size_t total = 0;

    for (;;) {
        ssize_t n;

        if (c->output_at == c->output_length && !c->direct_left) {
            c->output_at = c->output_length = 0;
            answer_fill(c);
            if (c->output_length == 0)
                return end_answer(c);
        }
        if (now < c->next_send)
            return wait_until(c, c->next_send);
        if (total >= TURN_MOST || (total && c->wish.slice))
            return wait_for(c, EPOLLOUT);
        n = wire_send(c, send_most(c));
        if (n < 0)
            return end_connection(c);
        if (n == 0)
            return wait_for(c, EPOLLOUT);
        if (rate)
            c->next_send = rate_next(c->next_send, now, rate, (size_t)n);
        total += (size_t)n;
    }
}

/* Until the peer closes. */
bool send_nothing(struct connection *c)
{
    return wait_for(c, 0);
}

/* A reset discards what was not sent yet, so that goes first. */
bool send_reset(struct connection *c)
{
    if (wire_has_unsent(c))
        return wait_until(c, c->source.server->now + RESET_RETRY);
    wire_reset_at_close(c);
    return end_connection(c);
}
