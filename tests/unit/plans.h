/* plans.h -- takes from shapes the plans that they otherwise keep for ever, so
 * that a test begins as a new process does. */
#ifndef LUFT_PLANS_H
#define LUFT_PLANS_H

#include "../../src/core/mem.h"
#include "../../src/core/plan.h"

static inline void forget_plan(_Atomic(struct plan *) *place)
{
    struct plan *p = atomic_exchange(place, NULL);

    if (!p)
        return;
    arena_free(&p->arena);
    mem_free(p);
}

static inline void forget_plans(struct shape *s)
{
    forget_plan(&s->plan);
    forget_plan(&s->extra_plan);
}

#endif
