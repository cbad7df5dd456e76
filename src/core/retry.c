/* retry.c -- see retry.h. */
#include "retry.h"

#include <math.h>
#include <stdlib.h>

#include "date.h"
#include "text.h"

/* The numbers, after botocore's of 2026. */
static const struct {
    int capacity;                   /* tokens of a full quota */
    int passing_cost, throttled_cost;
    int success_gain;
    double passing_base, throttled_base;    /* seconds */
    double longest;                 /* of a backoff */
    double longest_asked;           /* a Retry-After beyond is not waited for */
} policy = {
    .capacity = 500, .passing_cost = 14, .throttled_cost = 5,
    .success_gain = 1, .passing_base = 0.05, .throttled_base = 1,
    .longest = 20, .longest_asked = 60
};

bool status_is_passing(int status)
{
    return status == 408 || status == 429 || status == 500
        || (status >= 502 && status <= 504);
}

static bool may_repeat(const struct attempt *a)
{
    const struct request *r = a->request;

    if (a->number >= a->allowed || r->body.kind == BODY_PRODUCER)
        return false;
    return !a->sent || r->safe_to_repeat || method_is_idempotent(r->method);
}

static bool take_tokens(struct quota *q, int cost)
{
    if (q->spent + cost > policy.capacity)
        return false;
    q->spent += cost;
    return true;
}

void quota_refund(struct quota *q, bool after_retry)
{
    q->spent -= after_retry ? policy.passing_cost : policy.success_gain;
    if (q->spent < 0)
        q->spent = 0;
}

double retry_delay(const struct attempt *a, struct quota *q)
{
    bool throttled = a->error->kind == ERROR_RATE_LIMITED;
    double base = throttled ? policy.throttled_base : policy.passing_base;
    double delay = fmin(policy.longest, base * pow(2, a->number - 1));

    if (!a->error->retryable || !may_repeat(a)
        || a->error->retry_after > policy.longest_asked)
        return -1;
    delay = fmax(delay * a->random, a->error->retry_after);
    if (a->deadline > 0 && a->now + delay >= a->deadline)
        return -1;
    if (q && !take_tokens(q, throttled ? policy.throttled_cost
                                       : policy.passing_cost))
        return -1;
    return delay;
}

double retry_after_seconds(const char *value, const char *date)
{
    double then, now;
    char *end;

    if (text_is_digit(*value)) {
        then = (double)strtol(value, &end, 10);
        return *end == '\0' ? then : 0;
    }
    if (!date || !date_from_http(value, &then) || !date_from_http(date, &now))
        return 0;
    return then > now ? then - now : 0;
}
