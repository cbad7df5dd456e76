/* timer.c -- the clock, the date, and each connection's one timer. */
#include <time.h>

#include "server.h"

double server_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

const char *server_date(struct server *s)
{
    time_t now = time(NULL);
    struct tm parts;

    if (s->date_second != now) {
        gmtime_r(&now, &parts);
        strftime(s->date, sizeof s->date, "%a, %d %b %Y %H:%M:%S GMT",
                 &parts);
        s->date_second = now;
    }
    return s->date;
}

/* Timers stand in a list, the soonest first.  Most are set for later than all
 * others, as equal delays are, and find their place at once. */
void timer_set(struct connection *c, double at)
{
    struct server *s = c->source.server;
    struct connection *before = s->latest;

    timer_stop(c);
    while (before && before->timer > at)
        before = before->sooner;
    c->sooner = before;
    c->later = before ? before->later : s->soonest;
    *(before ? &before->later : &s->soonest) = c;
    *(c->later ? &c->later->sooner : &s->latest) = c;
    c->timer = at;
    c->has_timer = true;
}

void timer_stop(struct connection *c)
{
    struct server *s = c->source.server;

    if (!c->has_timer)
        return;
    *(c->sooner ? &c->sooner->later : &s->soonest) = c->later;
    *(c->later ? &c->later->sooner : &s->latest) = c->sooner;
    c->has_timer = false;
}
