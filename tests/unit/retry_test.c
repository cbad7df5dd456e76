/* retry_test.c -- when to try again, and how long to wait before: retry.h. */
#include "../test.h"
#include "../../src/core/retry.h"

enum { NO = 0, YES = 1 };

/* What stands for itself in most rows: a passing failure of a GET, sent, the
 * first of four attempts. */
struct situation {
    struct error error;
    struct request request;
    struct attempt attempt;
};

static void usual(struct situation *s, const char *method)
{
    memset(s, 0, sizeof *s);
    s->error.kind = ERROR_UNAVAILABLE;
    s->error.retryable = true;
    s->request.method = method;
    s->attempt = (struct attempt){
        .error = &s->error, .request = &s->request, .number = 1, .allowed = 4,
        .sent = true, .now = 1000, .random = 0.5
    };
}

TEST(what_is_tried_again)
{
    static const struct {
        const char *method;
        enum error_kind kind;
        int retryable, sent, safe;
        enum body_kind body;
        int number, allowed;
        int again;
    } cases[] = {
        {"GET", ERROR_UNAVAILABLE, YES, YES, NO, BODY_NONE, 1, 4, YES},
        {"GET", ERROR_NETWORK, YES, YES, NO, BODY_NONE, 1, 4, YES},
        {"GET", ERROR_RATE_LIMITED, YES, YES, NO, BODY_NONE, 1, 4, YES},
        {"GET", ERROR_TIMEOUT, YES, NO, NO, BODY_NONE, 1, 4, YES},
        {"GET", ERROR_NOT_FOUND, NO, YES, NO, BODY_NONE, 1, 4, NO},
        {"GET", ERROR_PROTOCOL, NO, NO, NO, BODY_NONE, 1, 4, NO},
        {"HEAD", ERROR_NETWORK, YES, YES, NO, BODY_NONE, 1, 4, YES},
        {"OPTIONS", ERROR_NETWORK, YES, YES, NO, BODY_NONE, 1, 4, YES},
        {"PUT", ERROR_NETWORK, YES, YES, NO, BODY_BYTES, 1, 4, YES},
        {"DELETE", ERROR_NETWORK, YES, YES, NO, BODY_NONE, 1, 4, YES},
        /* what may have been done already is not done twice */
        {"POST", ERROR_NETWORK, YES, YES, NO, BODY_BYTES, 1, 4, NO},
        {"PATCH", ERROR_NETWORK, YES, YES, NO, BODY_BYTES, 1, 4, NO},
        {"POST", ERROR_RATE_LIMITED, YES, YES, NO, BODY_BYTES, 1, 4, NO},
        {"POST", ERROR_NETWORK, YES, NO, NO, BODY_BYTES, 1, 4, YES},
        {"POST", ERROR_NETWORK, YES, YES, YES, BODY_BYTES, 1, 4, YES},
        {"POST", ERROR_NOT_FOUND, NO, NO, YES, BODY_BYTES, 1, 4, NO},
        /* a file can be read again, a function cannot be called again */
        {"PUT", ERROR_NETWORK, YES, YES, NO, BODY_FILE, 1, 4, YES},
        {"PUT", ERROR_NETWORK, YES, YES, NO, BODY_PRODUCER, 1, 4, NO},
        {"PUT", ERROR_NETWORK, YES, NO, NO, BODY_PRODUCER, 1, 4, NO},
        {"POST", ERROR_NETWORK, YES, NO, YES, BODY_PRODUCER, 1, 4, NO},
        /* attempts */
        {"GET", ERROR_NETWORK, YES, YES, NO, BODY_NONE, 3, 4, YES},
        {"GET", ERROR_NETWORK, YES, YES, NO, BODY_NONE, 4, 4, NO},
        {"GET", ERROR_NETWORK, YES, YES, NO, BODY_NONE, 5, 4, NO},
        {"GET", ERROR_NETWORK, YES, YES, NO, BODY_NONE, 1, 1, NO},
        {"GET", ERROR_NETWORK, YES, YES, NO, BODY_NONE, 1, 0, NO}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct quota q = {0};
        struct situation s;
        double delay;

        usual(&s, cases[i].method);
        s.error.kind = cases[i].kind;
        s.error.retryable = cases[i].retryable;
        s.request.safe_to_repeat = cases[i].safe;
        s.request.body.kind = cases[i].body;
        s.attempt.sent = cases[i].sent;
        s.attempt.number = cases[i].number;
        s.attempt.allowed = cases[i].allowed;
        delay = retry_delay(&s.attempt, &q);
        if (!CHECK(cases[i].again ? delay >= 0 : delay == -1)
            || !CHECK((q.spent > 0) == cases[i].again))
            printf("    row %zu: %g s\n", i, delay);
    }
}

/* Full jitter: anything from nothing to the doubling limit, at most 20 s. */
TEST(delays)
{
    static const struct {
        enum error_kind kind;
        int number;
        double longest;
    } cases[] = {
        {ERROR_UNAVAILABLE, 1, 0.05}, {ERROR_UNAVAILABLE, 2, 0.1},
        {ERROR_NETWORK, 3, 0.2}, {ERROR_TIMEOUT, 4, 0.4},
        {ERROR_UNAVAILABLE, 9, 12.8}, {ERROR_UNAVAILABLE, 10, 20},
        {ERROR_UNAVAILABLE, 99, 20}, {ERROR_UNAVAILABLE, 2000, 20},
        {ERROR_RATE_LIMITED, 1, 1}, {ERROR_RATE_LIMITED, 2, 2},
        {ERROR_RATE_LIMITED, 3, 4}, {ERROR_RATE_LIMITED, 5, 16},
        {ERROR_RATE_LIMITED, 6, 20}, {ERROR_RATE_LIMITED, 50, 20}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct situation s;

        usual(&s, "GET");
        s.error.kind = cases[i].kind;
        s.attempt.number = cases[i].number;
        s.attempt.allowed = 3000;
        s.attempt.random = 0;
        CHECK(retry_delay(&s.attempt, NULL) == 0);
        s.attempt.random = 0.999;
        if (!CHECK(retry_delay(&s.attempt, NULL) == cases[i].longest * 0.999))
            printf("    row %zu\n", i);
        s.attempt.random = 0.5;
        CHECK(retry_delay(&s.attempt, NULL) == cases[i].longest * 0.5);
    }
}

TEST(what_the_server_asks_for)
{
    static const struct {
        double asked, random, delay;
    } cases[] = {
        {0.5, 0, 0.5}, {3, 0.999, 3}, {0.001, 0.5, 0.025}, {30, 0.5, 30},
        {60, 0, 60}, {60.5, 0, -1}, {61, 0.999, -1}, {86400, 0, -1}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct quota q = {0};
        struct situation s;

        usual(&s, "GET");
        s.error.retry_after = cases[i].asked;
        s.attempt.random = cases[i].random;
        CHECK(retry_delay(&s.attempt, &q) == cases[i].delay);
        CHECK((q.spent > 0) == (cases[i].delay >= 0));
    }
}

TEST(nothing_past_the_deadline)
{
    static const struct {
        double asked, deadline, delay;
    } cases[] = {
        {5, 0, 5}, {5, 1005.5, 5}, {5, 1005, -1}, {5, 1004, -1},
        {5, 1000, -1}, {5, 999, -1}, {0, 1000.02, -1}, {0, 1000.03, 0.025}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct quota q = {0};
        struct situation s;

        usual(&s, "GET");
        s.error.retry_after = cases[i].asked;
        s.attempt.deadline = cases[i].deadline;
        if (!CHECK(retry_delay(&s.attempt, &q) == cases[i].delay))
            printf("    row %zu\n", i);
        CHECK((q.spent > 0) == (cases[i].delay >= 0));
    }
}

static int tries(struct quota *q, enum error_kind kind)
{
    struct situation s;
    int count = 0;

    usual(&s, "GET");
    s.error.kind = kind;
    while (count < 10000 && retry_delay(&s.attempt, q) >= 0)
        count++;
    return count;
}

/* 500 tokens; a passing failure costs 14, a throttled one 5. */
TEST(the_quota_runs_out)
{
    struct quota passing = {0}, throttled = {0};
    struct situation s;

    CHECK(tries(&passing, ERROR_UNAVAILABLE) == 35);
    CHECK(tries(&throttled, ERROR_RATE_LIMITED) == 100);
    CHECK(tries(&passing, ERROR_RATE_LIMITED) == 2);    /* 10 were left */
    usual(&s, "GET");
    CHECK(retry_delay(&s.attempt, NULL) >= 0);          /* no quota, no end */
}

TEST(successes_give_back)
{
    struct quota q = {0};

    tries(&q, ERROR_UNAVAILABLE);
    CHECK(q.spent == 490);
    quota_refund(&q, true);                 /* what the retry had cost */
    CHECK(tries(&q, ERROR_UNAVAILABLE) == 1);
    for (int i = 0; i < 3; i++)
        quota_refund(&q, false);
    CHECK(tries(&q, ERROR_UNAVAILABLE) == 0);
    quota_refund(&q, false);                /* 10 left over and 4 make 14 */
    CHECK(tries(&q, ERROR_UNAVAILABLE) == 1);
    for (int i = 0; i < 1000; i++)
        quota_refund(&q, i % 2);
    CHECK(q.spent == 0);                    /* never more than full */
    CHECK(tries(&q, ERROR_UNAVAILABLE) == 35);
}

TEST(statuses_that_may_pass)
{
    for (int status = 0; status < 1000; status++) {
        bool passes = status == 408 || status == 429 || status == 500
            || status == 502 || status == 503 || status == 504;

        if (!CHECK(status_is_passing(status) == passes))
            printf("    %d\n", status);
    }
}

TEST(retry_after)
{
    static const char now[] = "Sun, 06 Nov 1994 08:49:37 GMT";
    static const struct {
        const char *value, *date;
        double seconds;
    } cases[] = {
        {"0", NULL, 0}, {"1", NULL, 1}, {"120", NULL, 120}, {"007", now, 7},
        {"99999", NULL, 99999},
        {"Sun, 06 Nov 1994 08:49:40 GMT", now, 3},
        {"Sun, 06 Nov 1994 09:49:37 GMT", now, 3600},
        {"Sunday, 06-Nov-94 08:49:47 GMT", now, 10},
        {"Sun Nov  6 08:49:38 1994", now, 1},
        {"Sun, 06 Nov 1994 08:49:37 GMT", now, 0},
        {"Sun, 06 Nov 1994 08:49:30 GMT", now, 0},      /* in the past */
        {"Sun, 06 Nov 1994 08:49:40 GMT", NULL, 0},     /* no clock here */
        {"Sun, 06 Nov 1994 08:49:40 GMT", "soon", 0},
        {"", now, 0}, {"soon", now, 0}, {"-1", now, 0}, {"1.5", now, 0},
        {"1s", now, 0}, {"+1", now, 0}, {"0x10", now, 0}, {"1 2", now, 0}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double seconds = retry_after_seconds(cases[i].value, cases[i].date);

        if (!CHECK(seconds == cases[i].seconds))
            printf("    '%s': %g\n", cases[i].value, seconds);
    }
    /* so long that nobody waits for it, however many digits it has */
    CHECK(retry_after_seconds("99999999999999999999999999", NULL) > 1e9);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"what_is_tried_again", test_what_is_tried_again},
        {"delays", test_delays},
        {"what_the_server_asks_for", test_what_the_server_asks_for},
        {"nothing_past_the_deadline", test_nothing_past_the_deadline},
        {"the_quota_runs_out", test_the_quota_runs_out},
        {"successes_give_back", test_successes_give_back},
        {"statuses_that_may_pass", test_statuses_that_may_pass},
        {"retry_after", test_retry_after},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
