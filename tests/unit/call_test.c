/* call_test.c -- the call machine, run by hand: call.h.  What it wants and in
 * which order, and what it makes of answers.  Attempts are in attempt_test.c,
 * cancelling in cancel_test.c, redirects in redirect_test.c, streams in
 * stream_test.c. */
#include <locale.h>
#include <stdlib.h>

#include "fake_driver.h"

/* --- requests from rows -------------------------------------------------- */

TEST(rows_make_requests)
{
    static const struct given plain[] = {{"id", TEXT, "web"}, {NULL, 0, NULL}};
    static const struct given odd[] = {
        {"id", TEXT, "a/../b c"}, {"force", BOOLEAN, "false"},
        {"t", INTEGER, "-5"}, {"weight", NUMBER, "1.5"}, {NULL, 0, NULL}
    };
    static const struct given empty[] = {{"id", TEXT, ""}, {NULL, 0, NULL}};
    static const struct story stories[] = {
        {"remove", plain, {ONLY(204)}, "DELETE /v1/things/web?force=true&x=1",
         "true", 0},
        {"remove", odd, {ONLY(200)},
         "DELETE /v1/things/a%2F..%2Fb%20c?force=false&t=-5&weight=1.5&x=1",
         "true", 0},
        {"path", odd, {SAY(200, "text")}, "GET /v1/files/a/%2E%2E/b%20c",
         "text", 0},
        {"remove", empty, {ONLY(200)}, "", "invalid_argument: id is empty", 0}
    };

    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
        tell(&stories[i], &(struct play){0}, fake_place);
}

/* What an endpoint has of a path stands before all others, with one slash. */
TEST(paths_of_endpoints)
{
    static const struct {
        const char *endpoint, *request;
    } cases[] = {
        {"http://h", "GET /thing"}, {"http://h/", "GET /thing"},
        {"http://h/a", "GET /a/thing"}, {"http://h/a/", "GET /a/thing"},
        {"http://h/a%20b/c", "GET /a%20b/c/thing"}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct given options[] = {
            {"endpoint", TEXT, cases[i].endpoint}, {NULL, 0, NULL}
        };
        const struct story story = {
            "get", NULL, {SAY(200, THING)}, cases[i].request, "'a' 'up'|", 0
        };

        tell(&story, &(struct play){0}, options);
    }
}

TEST(numbers_in_requests_whatever_the_locale)
{
    static const struct given given[] = {
        {"id", TEXT, "x"}, {"weight", NUMBER, "0"}, {NULL, 0, NULL}
    };
    static const struct answer answers[] = {ONLY(204), LOST(0)};
    struct play p = {.answers = answers};
    struct client *k;
    struct call *c;

    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "de_DE"))
        SKIP("this machine has no German locale, with its decimal comma");
    k = make_client(&fake_driver, fake_place);
    c = make_call(k, "remove", given);
    c->args[3].number = 0.1;
    CHECK(play(&p, c) == WANT_DONE);
    setlocale(LC_ALL, "C");
    CHECK_TEXT(buf_string(&p.notes),
               "DELETE /v1/things/x?force=true&weight=0.1&x=1");
    call_free(c);
    client_release(k);
    play_end(&p);
}

TEST(nothing_smuggles_into_headers)
{
    static const struct given evil[] = {
        {"text", TEXT, "a\r\nEvil: 1"}, {NULL, 0, NULL}
    };
    static const struct story story = {
        "header", evil, {SAY(200, "{}")}, "", "invalid_argument: the header "
        "'X-Note' has a character that headers cannot hold", 0
    };

    tell(&story, &(struct play){0}, fake_place);
}

TEST(bodies)
{
    struct client *k = make_client(&fake_driver, fake_place);
    struct call *c = make_call(k, "post", name_x);

    CHECK(call_begin(c, 0) == WANT_REQUEST && call_slot(c, 0) == WANT_REQUEST);
    CHECK(c->request.body.kind == BODY_BYTES);
    CHECK_TEXT(buf_string(&c->request.body.bytes), "{\"name\":\"x\"}");
    CHECK_TEXT(headers_get(&c->request.headers, "Content-Type"),
               "application/json");
    CHECK(text_starts_with(headers_get(&c->request.headers, "User-Agent"),
                           "luft/"));
    call_free(c);
    client_release(k);
}

/* --- the wants and their order ------------------------------------------- */

TEST(one_want_after_the_other)
{
    static const struct story stories[] = {
        {"get", NULL, {SAY(200, THING)}, "GET /v1/thing", "'a' 'up'|", 0},
        {"list", NULL, {SAY(200, "[" THING "," THING "]")}, "GET /v1/things",
         "'a' 'up'|'a' 'up'|", 0},
        {"list", NULL, {SAY(200, "null")}, "GET /v1/things", "", 0},
        {"head", NULL, {ONLY(200)}, "HEAD /v1/thing", "true", 0},
        {"make", NULL, {MADE, SAY(200, THING)},
         "POST /v1/things; GET /v1/things/b", "'a' 'up'|", 0},
        {"wait", NULL, {SAY(200, THING)}, "wait 2.5; GET /v1/thing",
         "'a' 'up'|", 0},
        {"poll", NULL, {SAY(200, "{\"state\":\"pending\"}"),
                        SAY(200, "{\"state\":\"pending\"}"),
                        SAY(200, THING)},
         "GET /v1/job; wait 1; GET /v1/job; wait 1; GET /v1/job",
         "'a' 'up'|", 0},
        {"read", NULL, {SAY(200, "secret")}, "read /etc/token; "
         "GET /v1/tokens/t%2F1", "secret", 0},
        {"accepts", NULL, {ONLY(304)}, "POST /v1/start", "true", 0},
        {"accepts", NULL, {SAY(404, "{\"message\":\"no\"}")},
         "POST /v1/start", "not_found: no", 1},
        {"refused", NULL, {SAY(404, "{\"message\":\"gone\"}")},
         "GET /v1/thing", "not_found: gone", 1},
        {"silent", NULL, {ONLY(200)}, "", "local: (no memory)", 0}
    };

    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
        tell(&stories[i], &(struct play){.file = "t/1"}, fake_place);
}

TEST(programs_and_files)
{
    static const struct story ran = {
        "run", NULL, {LOST(0)}, "run helper", "token", 0
    };
    static const struct story failed = {
        "run", NULL, {LOST(0)}, "run helper",
        "credentials: the helper said: who?", 0
    };
    static const struct story missing = {
        "read", NULL, {LOST(0)}, "read /etc/token", "local: no such file", 0
    };

    tell(&ran, &(struct play){.file = "token"}, fake_place);
    tell(&failed, &(struct play){.file = "who?", .exit_status = 1},
         fake_place);
    tell(&missing, &(struct play){0}, fake_place);
}

TEST(what_a_program_gets)
{
    struct client *k = make_client(&fake_driver, fake_place);
    struct call *c = make_call(k, "run", NULL);

    CHECK(call_begin(c, 0) == WANT_REQUEST && call_slot(c, 0) == WANT_RUN);
    CHECK_TEXT(c->argv[0], "helper");
    CHECK_TEXT(c->argv[1], "get");
    CHECK(c->argv[2] == NULL);
    CHECK_TEXT(c->input, "stdin");
    call_free(c);
    client_release(k);
}

TEST(items_before_the_end)
{
    static const struct answer answers[] = {SAY(200, "[" THING "]"), LOST(0)};
    struct client *k = make_client(&fake_driver, fake_place);
    struct call *c = make_call(k, "list", NULL);
    struct play p = {.answers = answers};

    c->wants_items = true;
    CHECK(play(&p, c) == WANT_DONE);
    CHECK_TEXT(buf_string(&p.notes), "GET /v1/things; item");
    CHECK_TEXT(outcome(&p, WANT_DONE, c), " items 'a' 'up'|");
    CHECK(c->result.gives == GIVES_NOTHING);
    call_free(c);
    client_release(k);
    play_end(&p);
}

/* --- answers ------------------------------------------------------------- */

TEST(any_status_is_a_result)
{
    static const struct story stories[] = {
        {"any", NULL, {SAY(200, "x")}, "GET /v1/any", "status 200, 1 bytes",
         0},
        {"any", NULL, {SAY(404, "none")}, "GET /v1/any",
         "status 404, 4 bytes", 0},
        {"any", NULL, {ONLY(302)}, "GET /v1/any", "status 302, 0 bytes", 0},
        {"any", NULL, {ONLY(503), ONLY(200)},
         "GET /v1/any; wait 0; GET /v1/any",
         "status 200, 0 bytes", 0},
        {"any", NULL, {ONLY(503), ONLY(503), ONLY(503), SAY(503, "down")},
         "GET /v1/any; wait 0; GET /v1/any; wait 0; GET /v1/any; wait 0; "
         "GET /v1/any", "status 503, 4 bytes", 0}
    };

    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
        tell(&stories[i], &(struct play){0}, fake_place);
}

TEST(answers_that_are_no_answers)
{
    static const struct story stories[] = {
        {"get", NULL, {SAY(200, "")}, "GET /v1/thing", "protocol: the answer "
         "cannot be understood: it ends in the middle of a value, at byte 0 "
         "of 0", 1},
        {"get", NULL, {SAY(200, "<html>")}, "GET /v1/thing", "protocol: the "
         "answer cannot be understood: a value was expected, at byte 1 of 6",
         1},
        {"get", NULL, {SAY(200, "{} {}")}, "GET /v1/thing", "protocol: the "
         "answer cannot be understood: text stands behind its end, at byte 4 "
         "of 5", 1},
        {"list", NULL, {SAY(200, "{}")}, "GET /v1/things", "protocol: the "
         "answer cannot be understood: a list was expected, at byte 1 of 2",
         1},
        {"list", NULL, {SAY(200, "[{},")}, "GET /v1/things", "protocol: the "
         "answer cannot be understood: it ends in the middle of a value, at "
         "byte 4 of 4", 1},
        /* what has no name to call it by is not what was asked for */
        {"get", NULL, {SAY(200, "{}")}, "GET /v1/thing", "protocol: the "
         "answer cannot be understood: a Thing without its id, at byte 1 of 2",
         1},
        {"get", NULL, {SAY(200, " {\"id\":\"\",\"state\":\"up\"}")},
         "GET /v1/thing", "protocol: the answer cannot be understood: a Thing "
         "without its id, at byte 2 of 23", 1},
        {"list", NULL, {SAY(200, "[" THING ",{\"id\":null}]")},
         "GET /v1/things", "protocol: the answer cannot be understood: a "
         "Thing without its id, at byte 26 of 37", 1},
        {"get", NULL, {SAY(200, "{\"id\":0}")}, "GET /v1/thing", "0 -|", 0}
    };

    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
        tell(&stories[i], &(struct play){0}, fake_place);
}

/* A ceiling for answers; of an error, its start is enough. */
TEST(ceilings_of_answers)
{
    static const struct given small[] = {
        {"endpoint", TEXT, "http://api.test"}, {"max_answer", INTEGER, "24"},
        {NULL, 0, NULL}
    };
    static const struct story stories[] = {
        {"get", NULL, {SAY(200, THING " ")}, "GET /thing", "'a' 'up'|", 0},
        {"get", NULL, {SAY(200, THING "  ")}, "GET /thing", "protocol: the "
         "answer is larger than 24 bytes; the option max_answer allows more",
         1},
        {"any", NULL, {SAY(404, "1234567890123456789012345")}, "GET /any",
         "protocol: the answer is larger than 24 bytes; the option max_answer "
         "allows more", 1},
        {"get", NULL, {SAY(404, "{\"message\":\"longer than 24 bytes, and no "
                        "matter\"}")}, "GET /thing",
         "not_found: longer than 24 bytes, and no matter", 1}
    };

    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
        for (int cut = BYTEWISE; cut < 30; cut++)
            tell(&stories[i], &(struct play){.cut = cut}, small);
}

TEST(errors_of_megabytes)
{
    static const char start[] = "{\"message\":\"too much\",\"more\":\"";
    struct buf body = {0};
    struct answer answers[2] = {{.status = 404}};

    buf_text(&body, start);
    for (int i = 0; i < 200000; i++)
        buf_text(&body, "more and more ");
    buf_text(&body, "\"}");
    answers[0].body = body.s;
    for (int cut = 0; cut < 3; cut++) {
        struct client *k = make_client(&fake_driver, fake_place);
        struct call *c = make_call(k, "get", NULL);
        struct play p = {.answers = answers, .cut = cut * 1000};

        CHECK(play(&p, c) == WANT_FAIL);
        CHECK(c->error.kind == ERROR_NOT_FOUND);
        CHECK_TEXT(c->error.message, "too much");
        call_free(c);
        client_release(k);
        play_end(&p);
    }
    buf_free(&body);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"rows_make_requests", test_rows_make_requests},
        {"paths_of_endpoints", test_paths_of_endpoints},
        {"numbers_in_requests_whatever_the_locale",
         test_numbers_in_requests_whatever_the_locale},
        {"nothing_smuggles_into_headers", test_nothing_smuggles_into_headers},
        {"bodies", test_bodies},
        {"one_want_after_the_other", test_one_want_after_the_other},
        {"programs_and_files", test_programs_and_files},
        {"what_a_program_gets", test_what_a_program_gets},
        {"items_before_the_end", test_items_before_the_end},
        {"any_status_is_a_result", test_any_status_is_a_result},
        {"answers_that_are_no_answers", test_answers_that_are_no_answers},
        {"ceilings_of_answers", test_ceilings_of_answers},
        {"errors_of_megabytes", test_errors_of_megabytes},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
