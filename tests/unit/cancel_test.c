/* cancel_test.c -- calls that nobody wants any more, and calls that are freed
 * at whatever stage they are: call.h. */
#include "fake_driver.h"

extern const struct driver docker_driver;

/* --- by hand ------------------------------------------------------------- */

static struct call *begun(const char *method, const struct given *arguments,
                          struct client **k)
{
    struct call *c;

    *k = make_client(&fake_driver, fake_place);
    c = make_call(*k, method, arguments);
    CHECK(call_begin(c, 0) == WANT_REQUEST);
    return c;
}

/* Begun, and its first request is on its way. */
static struct call *sent(const char *method, struct client **k)
{
    struct call *c = begun(method, name_x, k);

    CHECK(call_slot(c, 0) == WANT_REQUEST);
    return c;
}

static void end(struct call *c, struct client *k)
{
    call_free(c);
    client_release(k);
}

static bool answered(struct call *c, int status, const char *body)
{
    struct answer a = SAY(status, body);

    return play_head(c, &a) && call_head(c) == SINK_MEMORY
        && call_body(c, body, strlen(body));
}

static void check_cancelled(struct call *c, enum want want,
                            const char *message, const char *id)
{
    CHECK(want == WANT_FAIL && c->error.kind == ERROR_CANCELLED);
    CHECK_TEXT(c->error.message, message);
    CHECK_TEXT(c->error.made, id);
    CHECK_TEXT(c->error.provider, "fake");
    CHECK(!c->error.retryable);
}

static const char unknown[] = "cancelled while POST /v1/things was under way; "
    "whether it took effect is unknown";
static const char done_already[] =
    "cancelled; POST /v1/things had already been answered";

TEST(before_anything_is_sent)
{
    static const char *const methods[] = {"get", "make", "wait", "read"};

    for (size_t i = 0; i < 4; i++) {
        struct client *k;
        struct call *c = begun(methods[i], NULL, &k);

        check_cancelled(c, call_cancel(c, false), "cancelled", NULL);
        CHECK(c->error.attempts == 0);
        end(c, k);
        c = begun(methods[i], NULL, &k);
        call_slot(c, 0);
        check_cancelled(c, call_cancel(c, false), "cancelled", NULL);
        end(c, k);
    }
}

TEST(a_read_is_cut)
{
    static const char *const methods[] = {"get", "head"};

    for (size_t i = 0; i < 2; i++) {
        struct client *k;
        struct call *c = sent(methods[i], &k);

        check_cancelled(c, call_cancel(c, true), "cancelled", NULL);
        end(c, k);
    }
}

TEST(a_change_gets_time_to_answer)
{
    struct client *k;
    struct call *c = sent("make", &k);

    CHECK(call_cancel(c, true) == WANT_REQUEST);
    CHECK(answered(c, 201, "{\"id\":\"b\"}"));
    check_cancelled(c, call_end(c, 1, 0), done_already, "b");
    end(c, k);
}

TEST(a_change_that_does_not_answer)
{
    static const char *const methods[] = {"make", "safe", "post"};

    for (size_t i = 0; i < 3; i++) {
        struct error why = {0};
        struct client *k;
        struct call *c = sent(methods[i], &k);

        error_set(&why, ERROR_NETWORK, "connection reset");
        why.retryable = true;
        CHECK(call_cancel(c, true) == WANT_REQUEST);
        check_cancelled(c, call_broken(c, &why, true, 1, 0), unknown, NULL);
        CHECK(why.kind == ERROR_NONE && why.message == NULL);
        end(c, k);
    }
}

/* No retry, no redirect, no further step: only what became of it is of use. */
TEST(other_answers_in_the_grace)
{
    static const struct answer answers[] = {
        SAY(503, "{\"message\":\"busy\"}"), SAY(404, "{}"),
        SAY_WITH(307, "Location: /elsewhere\n", "{}"), SAY(200, "no JSON")
    };

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct client *k;
        struct call *c = sent("post", &k);

        CHECK(call_cancel(c, true) == WANT_REQUEST);
        CHECK(play_head(c, &answers[i]));
        call_head(c);
        CHECK(call_body(c, answers[i].body, strlen(answers[i].body)));
        check_cancelled(c, call_end(c, 1, 0), done_already, NULL);
        end(c, k);
    }
}

TEST(a_second_cancellation_is_final)
{
    struct client *k;
    struct call *c = sent("make", &k);

    CHECK(call_cancel(c, true) == WANT_REQUEST);
    check_cancelled(c, call_cancel(c, false), unknown, NULL);
    end(c, k);
}

TEST(what_was_made_before_is_told)
{
    struct client *k;
    struct call *c = sent("make", &k);

    CHECK(answered(c, 201, "{\"id\":\"b\"}"));
    CHECK(call_end(c, 1, 0) == WANT_REQUEST);
    check_cancelled(c, call_cancel(c, false), "cancelled", "b");
    end(c, k);
}

TEST(while_it_waits)
{
    struct error why = {.kind = ERROR_NETWORK, .retryable = true};
    struct client *k;
    struct call *c = sent("get", &k);

    CHECK(call_broken(c, &why, true, 1, 0.5) == WANT_WAIT);
    check_cancelled(c, call_cancel(c, false), "cancelled", NULL);
    end(c, k);
    c = begun("wait", NULL, &k);
    CHECK(call_slot(c, 0) == WANT_WAIT);
    check_cancelled(c, call_cancel(c, false), "cancelled", NULL);
    end(c, k);
    c = begun("read", NULL, &k);
    CHECK(call_slot(c, 0) == WANT_READ);
    check_cancelled(c, call_cancel(c, false), "cancelled", NULL);
    end(c, k);
    c = begun("run", NULL, &k);
    CHECK(call_slot(c, 0) == WANT_RUN);
    check_cancelled(c, call_cancel(c, false), "cancelled", NULL);
    end(c, k);
}

TEST(with_items_nobody_takes)
{
    struct client *k;
    struct call *c = begun("list", NULL, &k);

    c->wants_items = true;
    CHECK(call_slot(c, 0) == WANT_REQUEST);
    CHECK(answered(c, 200, "[" THING "]"));
    CHECK(call_end(c, 1, 0) == WANT_ITEM && c->items);
    check_cancelled(c, call_cancel(c, false), "cancelled", NULL);
    end(c, k);
}

TEST(while_it_joins)
{
    struct client *k = make_client(&docker_driver, NULL);
    struct call *c = make_call(k, "list_images", NULL);

    CHECK(call_begin(c, 0) == WANT_JOIN);
    CHECK(call_cancel(c, false) == WANT_FAIL);
    CHECK(c->error.kind == ERROR_CANCELLED);
    end(c, k);
}

/* The query may hold secrets. */
TEST(messages_have_no_query)
{
    static const struct given web[] = {
        {"name", TEXT, "web"}, {"image", OBJECT, "busybox"}, {NULL, 0, NULL}
    };
    struct client *k = make_client(&docker_driver, NULL);
    struct call *c = make_call(k, "deploy_container", web);

    CHECK(call_begin(c, 0) == WANT_JOIN);
    CHECK(call_joined(c, "1.41", NULL) == WANT_REQUEST);
    CHECK(call_slot(c, 0) == WANT_REQUEST);
    CHECK(call_cancel(c, true) == WANT_REQUEST);
    CHECK(answered(c, 201, "{\"Id\":\"3f2a\"}"));
    CHECK(call_end(c, 1, 0) == WANT_FAIL);
    CHECK_TEXT(c->error.message, "cancelled; POST /v1.41/containers/create "
               "had already been answered");
    CHECK_TEXT(c->error.made, "3f2a");
    end(c, k);
}

/* --- freed at any stage -------------------------------------------------- */

static const struct given web[] = {
    {"name", TEXT, "web"}, {"image", OBJECT, "busybox"},
    {"path", TEXT, "busybox"}, {"container", OBJECT, "web"},
    {NULL, 0, NULL}
};

static const struct {
    const char *method;
    struct answer answers[8];
} tales[] = {
    {"list_containers", {SAY_WITH(200, "Api-Version: 1.41\n", "OK"),
                         ONLY(503), SAY(200, "[{\"Id\":\"a\"}]")}},
    {"deploy_container", {ONLY(404), SAY(200, "{\"ApiVersion\":"
                                              "\"1.41\"}"),
                          SAY(404, "{\"message\":\"No such image: x\"}"),
                          SAY(200, "{\"status\":\"Digest: x\"}"),
                          SAY(201, "{\"Id\":\"3f2a\"}"), ONLY(204),
                          SAY(200, "{\"Id\":\"3f2a\"}")}},
    {"install_image", {SAY_WITH(200, "Api-Version: 1.41\n", NULL),
                       SAY(200, "{\"status\":\"Pulling\"}{\"status\":\"x\"}"),
                       SAY(200, "{\"Id\":\"sha\"}")}},
    {"ex_get_logs", {SAY_WITH(200, "Api-Version: 1.41\n", NULL),
                     SAY(200, "{\"Config\":{\"Tty\":true}}"),
                     SAY(200, "a line\nand more")}}
};

TEST(freed_after_any_want)
{
    for (size_t i = 0; i < sizeof tales / sizeof *tales; i++)
        for (int most = 1; most < 14; most++)
            for (int items = 0; items < 4; items++) {
                struct client *k = make_client(&docker_driver, NULL);
                struct call *c = make_call(k, tales[i].method, web);
                struct play p = {
                    .answers = tales[i].answers, .most = most,
                    .learned = items & 2 ? "1.41" : NULL
                };

                if (p.learned)
                    p.answers += tales[i].answers[0].status == 404 ? 2 : 1;
                c->wants_items = items & 1;
                play(&p, c);
                if (most % 2)
                    call_cancel(c, false);
                end(c, k);
                play_end(&p);
            }
}

/* In the middle of an answer: 0 after the slot, 1 after the head, 2 and on
 * after some of the body. */
TEST(freed_within_an_answer)
{
    static const char log[] = "\1\0\0\0\0\0\0\5a\nb\nc";
    static const char pull[] = "{\"status\":\"Pulling\"}{\"sta";

    for (int tty = 0; tty < 3; tty++)
        for (size_t stage = 0; stage < 20; stage++) {
            struct client *k = make_client(&docker_driver, NULL);
            struct call *c = make_call(k, tty == 2 ? "install_image"
                                                   : "ex_get_logs", web);
            struct answer head = ONLY(200);

            c->wants_items = stage & 1;
            CHECK(call_begin(c, 0) == WANT_JOIN);
            CHECK(call_joined(c, "1.41", NULL) == WANT_REQUEST);
            CHECK(call_slot(c, 0) == WANT_REQUEST);
            if (tty < 2) {
                CHECK(answered(c, 200, tty ? "{\"Config\":{\"Tty\":true}}"
                                           : "{\"Config\":{\"Tty\":false}}"));
                CHECK(call_end(c, 0, 0) == WANT_REQUEST);
                CHECK(call_slot(c, 0) == WANT_REQUEST);
            }
            if (stage > 0)
                CHECK(play_head(c, &head) && call_head(c) == SINK_FEED);
            if (stage > 1 && stage < 14)
                CHECK(call_body(c, tty == 2 ? pull : log, stage - 1));
            end(c, k);
        }
}

/* The client goes with the last one who holds it. */
TEST(a_call_holds_its_client)
{
    static const struct answer answers[] = {SAY(200, THING), LOST(0)};
    struct play p = {.answers = answers};
    struct client *k = make_client(&fake_driver, fake_place);
    struct call *c = make_call(k, "get", NULL);

    client_release(k);
    CHECK(play(&p, c) == WANT_DONE);
    call_free(c);
    call_free(NULL);
    client_release(NULL);
    play_end(&p);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"before_anything_is_sent", test_before_anything_is_sent},
        {"a_read_is_cut", test_a_read_is_cut},
        {"a_change_gets_time_to_answer", test_a_change_gets_time_to_answer},
        {"a_change_that_does_not_answer",
         test_a_change_that_does_not_answer},
        {"other_answers_in_the_grace", test_other_answers_in_the_grace},
        {"a_second_cancellation_is_final",
         test_a_second_cancellation_is_final},
        {"what_was_made_before_is_told", test_what_was_made_before_is_told},
        {"while_it_waits", test_while_it_waits},
        {"with_items_nobody_takes", test_with_items_nobody_takes},
        {"while_it_joins", test_while_it_joins},
        {"messages_have_no_query", test_messages_have_no_query},
        {"freed_after_any_want", test_freed_after_any_want},
        {"freed_within_an_answer", test_freed_within_an_answer},
        {"a_call_holds_its_client", test_a_call_holds_its_client},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
