/* attempt_test.c -- a call that fails is tried again, or is not. */
#include "fake_driver.h"

TEST(what_passes_is_tried_again)
{
    static const struct story stories[] = {
        {"get", NULL, {ONLY(503), SAY(200, THING)},
         "GET /v1/thing; wait 0.025; GET /v1/thing", "'a' 'up'|", 0},
        {"get", NULL, {LOST(NO_ANSWER), LOST(UNSENT), SAY(200, THING)},
         "GET /v1/thing; wait 0.025; GET /v1/thing; wait 0.05; GET /v1/thing",
         "'a' 'up'|", 0},
        {"get", NULL, {ONLY(500), ONLY(502), ONLY(504), SAYS(503, "down")},
         "GET /v1/thing; wait 0.025; GET /v1/thing; wait 0.05; GET /v1/thing; "
         "wait 0.1; GET /v1/thing", "unavailable: down", 4},
        {"get", NULL, {ONLY(429), SAY(200, THING)},
         "GET /v1/thing; wait 0.5; GET /v1/thing", "'a' 'up'|", 0},
        {"get", NULL, {LATER(429, "7"), SAY(200, THING)},
         "GET /v1/thing; wait 7; GET /v1/thing", "'a' 'up'|", 0},
        {"get", NULL, {SAY_WITH(503, "Date: Sun, 06 Nov 1994 08:49:37 GMT\n"
                        "Retry-After: Sun, 06 Nov 1994 08:49:40 GMT\n", NULL),
                       SAY(200, THING)},
         "GET /v1/thing; wait 3; GET /v1/thing", "'a' 'up'|", 0},
        {"get", NULL, {LATER(429, "61")}, "GET /v1/thing",
         "rate_limited: later", 1},
        {"get", NULL, {SAYS(404, "none")}, "GET /v1/thing", "not_found: none",
         1},
        {"get", NULL, {ONLY(501)}, "GET /v1/thing", "unsupported: the answer "
         "to GET /v1/thing is Not Implemented, without a message", 1},
        {"post", name_x, {SAYS(503, "x")}, "POST /v1/things",
         "unavailable: x", 1},
        {"post", name_x, {LOST(NO_ANSWER)}, "POST /v1/things",
         "network: connection reset", 1},
        {"post", name_x, {LOST(UNSENT), SAY(200, THING)},
         "POST /v1/things; wait 0.025; POST /v1/things", "'a' 'up'|", 0},
        {"put", name_x, {LOST(NO_ANSWER), SAY(200, THING)},
         "PUT /v1/things; wait 0.025; PUT /v1/things", "'a' 'up'|", 0},
        {"safe", NULL, {LOST(NO_ANSWER), SAY(200, THING)},
         "POST /v1/things; wait 0.025; POST /v1/things", "'a' 'up'|", 0},
        {"get", NULL, {SAY(HALF_ANSWER, "{\"id\":"), SAY(200, THING)},
         "GET /v1/thing; wait 0.025; GET /v1/thing", "'a' 'up'|", 0},
        /* each step has attempts of its own */
        {"make", NULL, {LOST(UNSENT), MADE, ONLY(503), ONLY(503), ONLY(503),
                        SAY(200, THING)},
         "POST /v1/things; wait 0.025; POST /v1/things; GET /v1/things/b; "
         "wait 0.025; GET /v1/things/b; wait 0.05; GET /v1/things/b; wait 0.1; "
         "GET /v1/things/b", "'a' 'up'|", 0}
    };

    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
        tell(&stories[i], &(struct play){.random = 0.5}, fake_place);
}

TEST(options_limit_attempts)
{
    static const struct given once[] = {
        {"endpoint", TEXT, "http://api.test"}, {"retries", INTEGER, "0"},
        {NULL, 0, NULL}
    };
    static const struct given quick[] = {
        {"endpoint", TEXT, "http://api.test"}, {"timeout", NUMBER, "5"},
        {NULL, 0, NULL}
    };
    static const struct story stories[] = {
        {"get", NULL, {SAYS(503, "x")}, "GET /thing",
         "unavailable: x", 1},
        {"get", NULL, {LATER(503, "4"), LATER(503, "4")},
         "GET /thing; wait 4; GET /thing", "unavailable: later", 2}
    };

    tell(&stories[0], &(struct play){0}, once);
    tell(&stories[1], &(struct play){.now = 100}, quick);
}

TEST(patience_limits_waits)
{
    static const struct answer answers[] = {
        LATER(503, "4"), LATER(503, "4"), LOST(0)
    };
    struct client *k = make_client(&fake_driver, fake_place);
    struct call *c = make_call(k, "get", NULL);
    struct play p = {.answers = answers, .now = 100};

    c->patience = 107;
    CHECK(play(&p, c) == WANT_FAIL && c->deadline == 0);
    CHECK_TEXT(buf_string(&p.notes), "GET /v1/thing; wait 4; GET /v1/thing");
    call_free(c);
    client_release(k);
    play_end(&p);
}

TEST(attempts_share_the_quota)
{
    static const struct answer bad[] = {ONLY(503), LOST(0)};
    static const struct answer good[] = {ONLY(503), SAY(200, THING), LOST(0)};
    struct client *k = make_client(&fake_driver, fake_place);
    struct quota quota = {.spent = 490};
    const struct answer *const answers[] = {bad, good};

    for (int i = 0; i < 2; i++) {
        struct call *c = make_call(k, "get", NULL);
        struct play p = {.answers = answers[i]};

        c->quota = &quota;
        CHECK(play(&p, c) == (i ? WANT_DONE : WANT_FAIL));
        CHECK(quota.spent == (i ? 400 : 490));
        quota.spent = 400;
        call_free(c);
        play_end(&p);
    }
    client_release(k);
}

/* Signed anew for each attempt, with its own time. */
TEST(every_attempt_is_signed)
{
    static const struct given key[] = {
        {"endpoint", TEXT, "http://api.test"}, {"key", TEXT, "me"},
        {NULL, 0, NULL}
    };
    struct client *k = make_client(&fake_driver, key);
    struct call *c = make_call(k, "get", NULL);
    struct error why = {.kind = ERROR_NETWORK, .retryable = true};

    CHECK(call_begin(c, 10) == WANT_REQUEST);
    CHECK(call_slot(c, 11) == WANT_REQUEST);
    CHECK_TEXT(headers_get(&c->request.headers, "Authorization"),
               "me at 11");
    CHECK(call_broken(c, &why, true, 12, 1) == WANT_WAIT);
    CHECK(c->wait == 0.05 && call_time(c) == WANT_REQUEST);
    CHECK(call_slot(c, 13) == WANT_REQUEST);
    CHECK_TEXT(headers_get(&c->request.headers, "Authorization"),
               "me at 13");
    call_free(c);
    client_release(k);
}

/* What exists over there stays said, however often the next step is tried. */
TEST(what_was_made_stays_said)
{
    static const struct answer answers[][7] = {
        {MADE, SAY(404, "{\"message\":\"?\"}")},
        {MADE, ONLY(503), ONLY(503), ONLY(503), ONLY(503)},
        {MADE, LOST(NO_ANSWER), LOST(UNSENT), ONLY(404)},
        {MADE, SAY(200, "no JSON")}
    };

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct client *k = make_client(&fake_driver, fake_place);
        struct call *c = make_call(k, "make", NULL);
        struct play p = {.answers = answers[i]};

        CHECK(play(&p, c) == WANT_FAIL);
        if (!CHECK_TEXT(c->error.made, "b"))
            printf("    row %zu\n", i);
        call_free(c);
        client_release(k);
        play_end(&p);
    }
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"what_passes_is_tried_again", test_what_passes_is_tried_again},
        {"options_limit_attempts", test_options_limit_attempts},
        {"patience_limits_waits", test_patience_limits_waits},
        {"attempts_share_the_quota", test_attempts_share_the_quota},
        {"every_attempt_is_signed", test_every_attempt_is_signed},
        {"what_was_made_stays_said", test_what_was_made_stays_said},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
