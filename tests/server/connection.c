/* connection.c -- one connection through its stages.
 *
 * A stage's function goes on as far as it can.  It returns true when the next
 * stage can go on at once; false when an event or the timer has to come first,
 * or the connection is gone.
 *
 * Interest in events is taken back late, when one comes that nobody wants: a
 * plain exchange needs no call to epoll_ctl, a delayed one neither.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "server.h"

enum { PIECES_A_SECOND = 50 };      /* of what rate and read_rate allow */

static void watch(struct connection *c, uint32_t events)
{
    struct epoll_event event = {
        .events = events | EPOLLRDHUP, .data.ptr = &c->source
    };

    c->watched = events;
    epoll_ctl(c->source.server->poll, EPOLL_CTL_MOD, c->source.descriptor,
              &event);
}

bool wait_for(struct connection *c, uint32_t events)
{
    c->wanted = events;
    if (events & ~c->watched)
        watch(c, events);
    return false;
}

bool wait_until(struct connection *c, double time)
{
    timer_set(c, time);
    return wait_for(c, 0);
}

bool enter_stage(struct connection *c, enum stage stage)
{
    c->stage = stage;
    return true;
}

void leave_flight(struct connection *c)
{
    if (c->in_flight)
        c->source.server->counts.in_flight--;
    c->in_flight = false;
}

bool end_connection(struct connection *c)
{
    connection_free(c);
    return false;
}

size_t rate_piece(int64_t rate)
{
    return rate > PIECES_A_SECOND ? (size_t)(rate / PIECES_A_SECOND) : 1;
}

double rate_next(double due, double now, int64_t rate, size_t bytes)
{
    if (due < now - 0.1)
        due = now;
    return due + (double)bytes / (double)rate;
}

static bool shake_hands(struct connection *c)
{
    int done = wire_shake_hands(c);

    if (done < 0)
        return end_connection(c);
    return done ? enter_stage(c, READING_HEAD) : wait_for(c, c->wanted);
}

/* --- the whole ------------------------------------------------------------ */

void connection_run(struct connection *c)
{
    static bool (*const stages[])(struct connection *) = {
        [SHAKING_HANDS] = shake_hands, [READING_HEAD] = receive_head,
        [READING_BODY] = receive_body, [DELAYING] = send_later,
        [ANSWERING] = send_answer, [STALLING] = send_nothing,
        [RESETTING] = send_reset, [CLOSING] = send_end,
        [DRAINING] = receive_rest
    };

    while (stages[c->stage](c))
        ;
}

static void connection_ready(struct source *s, uint32_t events)
{
    struct connection *c = (struct connection *)(void *)s;

    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)
        && !(c->wanted & EPOLLIN))
        connection_free(c);
    else if (events & (c->wanted | EPOLLHUP | EPOLLERR))
        connection_run(c);
    else
        watch(c, c->wanted);
}

void connection_new(struct server *s, int descriptor, bool tls, bool by_tcp)
{
    struct connection *c = need(malloc(sizeof *c));
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLRDHUP, .data.ptr = &c->source
    };

    memset(c, 0, offsetof(struct connection, input));
    c->source = (struct source){connection_ready, descriptor, s};
    c->wanted = c->watched = EPOLLIN;
    c->stage = tls ? SHAKING_HANDS : READING_HEAD;
    c->by_tcp = by_tcp;
    if (tls) {
        c->tls = need(SSL_new(s->tls));
        SSL_set_fd(c->tls, descriptor);
    }
    c->next = s->connections;
    if (c->next)
        c->next->previous = c;
    s->connections = c;
    epoll_ctl(s->poll, EPOLL_CTL_ADD, descriptor, &event);
    s->counts.connections++;
    s->counts.open++;
    if (s->counts.open > s->counts.most_open)
        s->counts.most_open = s->counts.open;
}

void connection_free(struct connection *c)
{
    struct server *s = c->source.server;

    leave_flight(c);
    timer_stop(c);
    if (c->previous)
        c->previous->next = c->next;
    else
        s->connections = c->next;
    if (c->next)
        c->next->previous = c->previous;
    SSL_free(c->tls);
    close(c->source.descriptor);
    s->counts.open--;
    free(c->scratch.s);
    free(c);
}
