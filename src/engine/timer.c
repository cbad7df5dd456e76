/* timer.c -- see timer.h: a binary heap whose members know their place. */
#include "timer.h"

#include <string.h>

#include "../core/mem.h"

static void put(struct timers *all, size_t place, struct timer *t)
{
    all->heap[place - 1] = t;
    t->place = place;
}

static void sift_up(struct timers *all, struct timer *t)
{
    size_t place = t->place;

    while (place > 1 && all->heap[place / 2 - 1]->at > t->at) {
        put(all, place, all->heap[place / 2 - 1]);
        place /= 2;
    }
    put(all, place, t);
}

static void sift_down(struct timers *all, struct timer *t)
{
    size_t place = t->place;

    for (;;) {
        size_t child = place * 2;

        if (child > all->count)
            break;
        if (child < all->count
            && all->heap[child]->at < all->heap[child - 1]->at)
            child++;
        if (all->heap[child - 1]->at >= t->at)
            break;
        put(all, place, all->heap[child - 1]);
        place = child;
    }
    put(all, place, t);
}

bool timers_admit(struct timers *all)
{
    size_t room = all->room ? all->room * 2 : 64;
    struct timer **heap;

    if (++all->owners <= all->room)
        return true;
    heap = mem_resize(all->heap, room * sizeof *heap);
    if (!heap)
        return false;
    all->heap = heap;
    all->room = room;
    return true;
}

void timers_dismiss(struct timers *all)
{
    all->owners--;
}

void timer_set(struct timers *all, struct timer *t, double at)
{
    if (!t->place)
        put(all, ++all->count, t);
    t->at = at;
    sift_up(all, t);
    sift_down(all, t);
}

void timer_stop(struct timers *all, struct timer *t)
{
    struct timer *last;
    size_t place = t->place;

    if (!place)
        return;
    t->place = 0;
    last = all->heap[--all->count];
    if (last == t)
        return;
    put(all, place, last);
    sift_up(all, last);
    sift_down(all, last);
}

struct timer *timers_first(const struct timers *all)
{
    return all->count ? all->heap[0] : NULL;
}

void timers_free(struct timers *all)
{
    mem_free(all->heap);
    memset(all, 0, sizeof *all);
}
