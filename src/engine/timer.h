/* timer.h -- many deadlines, one clock: a heap of times. */
#ifndef LUFT_TIMER_H
#define LUFT_TIMER_H

#include <stdbool.h>
#include <stddef.h>

struct reactor;

struct timer {                      /* zeroed: not set; part of its owner */
    double at;                      /* seconds, monotonic */
    size_t place;                   /* in the heap, from 1; 0: not set */
    void (*fire)(struct reactor *r, struct timer *t);
};

struct timers {                     /* zeroed: none */
    struct timer **heap;
    size_t count, room;
    size_t owners;                  /* who may set one at any time */
};

/* Whoever has a timer says so first, so that setting it needs no memory: a
 * deadline that is forgotten would be one that hangs.  False: no memory; say
 * that it goes all the same. */
bool timers_admit(struct timers *all);
void timers_dismiss(struct timers *all);

/* Sets, or moves, a timer. */
void timer_set(struct timers *all, struct timer *t, double at);
void timer_stop(struct timers *all, struct timer *t);

/* The earliest one, or NULL. */
struct timer *timers_first(const struct timers *all);
void timers_free(struct timers *all);

#endif
