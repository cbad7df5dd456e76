/* retry.h -- when to try again, and how long to wait before.
 *
 * Law: the numbers stand in one table; nothing is retried that could do harm
 * twice, and nothing past its deadline.
 */
#ifndef LUFT_RETRY_H
#define LUFT_RETRY_H

#include <stdbool.h>

#include "error.h"
#include "request.h"

/* Tokens of one endpoint: retries cost, successes give back, so that a host
 * that is down is not hammered by everyone's retries.  Zeroed: full. */
struct quota {
    int spent;
};

struct attempt {                    /* what is known after a failed attempt */
    const struct error *error;
    const struct request *request;
    int number;                     /* of this attempt, from 1 */
    int allowed;                    /* attempts in all */
    bool sent;                      /* bytes left this machine */
    double now, random;
    double deadline;                /* 0: none */
};

/* Seconds to wait before the next attempt, or -1: give up. */
double retry_delay(const struct attempt *a, struct quota *q);

/* An answer came: the endpoint works. */
void quota_refund(struct quota *q, bool after_retry);

/* Statuses that may pass: 408 429 500 502 503 504. */
bool status_is_passing(int status);

/* Seconds that a Retry-After header means, both forms; 0 when it means none.
 * `date` is the answer's own Date header, or NULL. */
double retry_after_seconds(const char *value, const char *date);

#endif
