/* stream_test.c -- answers that come bit by bit give the same however they are
 * split: a container's log, a pull, and feeds of a test's own. */
#include "fake_driver.h"

extern const struct driver docker_driver;

static const struct given given[] = {
    {"container", OBJECT, "web"}, {"path", TEXT, "busybox:1"},
    {NULL, 0, NULL}
};

/* What comes out of a docker method: items, then the result or the error. */
static const char *played(const char *method, const struct answer *answers,
                          bool wants_items, int cut, struct buf *to)
{
    struct client *k = make_client(&docker_driver, NULL);
    struct call *c = make_call(k, method, given);
    struct play p = {.answers = answers, .learned = "1.41", .cut = cut};

    buf_clear(to);
    c->wants_items = wants_items;
    if (play(&p, c) == WANT_DONE)
        show_result(to, &c->result);
    else
        buf_format(to, "%s: %s", error_kind_name(c->error.kind),
                   c->error.message ? c->error.message : "(no memory)");
    if (p.items.len) {
        buf_char(&p.items, ' ');
        buf_text(&p.items, buf_string(to));
        buf_clear(to);
        buf_text(to, buf_string(&p.items));
    }
    call_free(c);
    client_release(k);
    play_end(&p);
    return buf_string(to);
}

/* Every split in two, and every byte alone. */
static void check_splits(const char *method, const struct answer *answers,
                         bool wants_items, const char *wanted, size_t length)
{
    struct buf got = {0};

    CHECK_TEXT(played(method, answers, wants_items, 0, &got), wanted);
    for (int cut = BYTEWISE; cut < (int)length; cut++)
        if (cut && !CHECK_TEXT(played(method, answers, wants_items, cut, &got),
                               wanted)) {
            printf("    split at %d of %zu\n", cut, length);
            break;
        }
    buf_free(&got);
}

/* --- logs ---------------------------------------------------------------- */

#define FRAME(source, size, text) source "\0\0\0\0\0\0" size text
#define LOG(bytes) bytes, sizeof (bytes) - 1

static const struct {
    const char *bytes;
    size_t length;
    bool tty;
    const char *text, *lines;
} logs[] = {
    {"", 0, false, "", ""}, {"", 0, true, "", ""},
    {LOG(FRAME("\1", "\3", "ab\n")), false, "ab\\x0A", "1:ab| "},
    {LOG(FRAME("\1", "\3", "a\nb") FRAME("\1", "\4", "c\n\nd")), false,
     "a\\x0Abc\\x0A\\x0Ad", "1:a|1:bc|1:|1:d| "},
    {LOG(FRAME("\1", "\3", "out") FRAME("\2", "\4", "err\n")
         FRAME("\1", "\5", "side\n")), false, "outerr\\x0Aside\\x0A",
     "2:err|1:outside| "},
    {LOG(FRAME("\1", "\1", "o") FRAME("\2", "\1", "e")
         FRAME("\0", "\1", "i")), false, "oei", "0:i|1:o|2:e| "},
    {LOG(FRAME("\1", "\0", "") FRAME("\1", "\2", "a\n")
         FRAME("\2", "\0", "")), false, "a\\x0A", "1:a| "},
    {LOG(FRAME("\1", "\5", "a\0b\r\n")), false, "a\\x00b\\x0D\\x0A",
     "1:a\\x00b\\x0D| "},
    {LOG("a\r\nb\n\r\nc"), true, "a\\x0D\\x0Ab\\x0A\\x0D\\x0Ac",
     "1:a|1:b|1:|1:c| "},
    {LOG("\1\0\0\1x"), true, "\\x01\\x00\\x00\\x01x",
     "1:\\x01\\x00\\x00\\x01x| "}
};

TEST(logs_in_any_split)
{
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        const struct answer answers[] = {
            SAY(200, logs[i].tty ? "{\"Config\":{\"Tty\":true}}"
                                 : "{\"Config\":{\"Tty\":false}}"),
            {200, NULL, logs[i].bytes, logs[i].length}, LOST(0)
        };

        check_splits("ex_get_logs", answers, false, logs[i].text,
                     logs[i].length);
        check_splits("ex_get_logs", answers, true, logs[i].lines,
                     logs[i].length);
        if (test_is_bad) {
            printf("    log %zu\n", i);
            break;
        }
    }
}

TEST(logs_that_are_none)
{
    static const char frames[] =
        "protocol: the log is not in the frames it should be in";
    static const char middle[] =
        "protocol: the log ends in the middle of a frame";
    static const struct {
        const char *bytes;
        size_t length;
        const char *outcome;
    } cases[] = {
        {LOG("\3\0\0\0\0\0\0\1x"), frames},
        {LOG("\1\1\0\0\0\0\0\1x"), frames},
        {LOG("\1\0\1\0\0\0\0\1x"), frames},
        {LOG("\1\0\0\1\0\0\0\1x"), frames},
        {LOG("\1\0\0\0\1\0\0\1x"), frames},             /* over 16 MiB */
        {LOG("\1\0\0\0\xff\xff\xff\xffx"), frames},
        {LOG("plain text that is no frame"), frames},
        {LOG("\1\0\0\0\0\0\0\1x" "plain text"), frames},
        {LOG("\1"), middle}, {LOG("\1\0\0\0\0\0\0"), middle},
        {LOG("\1\0\0\0\0\0\0\2x"), middle},
        {LOG("\1\0\0\0\0\0\0\1x" "\1\0\0"), middle}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct answer answers[] = {
            SAY(200, "{\"Config\":{\"Tty\":false}}"),
            {200, NULL, cases[i].bytes, cases[i].length}, LOST(0)
        };

        check_splits("ex_get_logs", answers, false, cases[i].outcome,
                     cases[i].length);
    }
}

/* What came before the connection broke does not come twice. */
TEST(a_log_that_breaks_off)
{
    static const struct answer answers[] = {
        SAY(200, "{\"Config\":{\"Tty\":true}}"), SAY(HALF_ANSWER, "one\ntw"),
        SAY(200, "one\ntwo\n"), LOST(0)
    };
    struct buf got = {0};

    CHECK_TEXT(played("ex_get_logs", answers, false, 0, &got),
               "one\\x0Atwo\\x0A");
    CHECK_TEXT(played("ex_get_logs", answers, true, 0, &got),
               "1:one|1:two| ");
    CHECK_TEXT(played("ex_get_logs", answers, true, BYTEWISE, &got),
               "1:one| network: connection reset");
    buf_free(&got);
}

/* A line longer than a mebibyte comes in parts, and always the same ones. */
TEST(lines_of_megabytes)
{
    enum { MEBIBYTE = 1024 * 1024, LENGTH = 2 * MEBIBYTE + 20 };
    static char log[LENGTH];
    static const int cuts[] = {0, 1, 1000, MEBIBYTE - 1, MEBIBYTE,
                               MEBIBYTE + 1, 2 * MEBIBYTE, LENGTH - 1};
    const struct answer answers[] = {
        SAY(200, "{\"Config\":{\"Tty\":true}}"), {200, NULL, log, LENGTH},
        LOST(0)
    };
    struct buf first = {0}, got = {0};

    memset(log, 'x', LENGTH);
    log[LENGTH - 1] = '\n';
    played("ex_get_logs", answers, true, 0, &first);
    CHECK(first.len == LENGTH - 1 + 3 * strlen("1:|") + 1);
    for (size_t i = 1; i < sizeof cuts / sizeof *cuts; i++) {
        played("ex_get_logs", answers, true, cuts[i], &got);
        if (!CHECK(got.len == first.len
                   && memcmp(got.s, first.s, got.len) == 0))
            printf("    split at %d\n", cuts[i]);
    }
    buf_free(&first);
    buf_free(&got);
}

TEST(a_log_has_a_ceiling)
{
    static const struct given small[] = {
        {"max_answer", INTEGER, "100"}, {NULL, 0, NULL}
    };
    static char log[101];
    struct answer answers[] = {
        SAY(200, "{\"Config\":{\"Tty\":true}}"), {200, NULL, log, 100},
        LOST(0)
    };

    memset(log, 'x', sizeof log);
    for (int i = 0; i < 2; i++) {
        struct client *k = make_client(&docker_driver, small);
        struct call *c = make_call(k, "ex_get_logs", given);
        struct play p = {.answers = answers, .learned = "1.41"};

        answers[1].length += i;
        CHECK(play(&p, c) == (i ? WANT_FAIL : WANT_DONE));
        CHECK(c->error.kind == (i ? ERROR_PROTOCOL : ERROR_NONE));
        CHECK(i || c->result.bytes.len == 100);
        call_free(c);
        client_release(k);
        play_end(&p);
    }
}

/* --- pulls --------------------------------------------------------------- */

#define IMAGE "{\"Id\":\"sha256:1\",\"RepoTags\":[\"other:2\"]}"

TEST(pulls_in_any_split)
{
    static const char pull[] =
        "{\"status\":\"Pulling from library/busybox\",\"id\":\"1\"}\r\n"
        "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":419,"
        "\"total\":1000},\"progress\":\"[=\\u003e ]\",\"id\":\"3e32\"}\r\n"
        "{\"status\":\"a \\\"}{\\\" b\"}{\"status\":\"Digest: sha256:9\"}";
    static const struct answer answers[] = {
        SAY(200, pull), SAY(200, IMAGE), LOST(0)
    };
    static const char image[] = "'sha256:1' 'busybox:1' 'busybox:1' -|";
    static const char progress[] =
        "'1' 'Pulling from library/busybox' - -|'3e32' 'Downloading' 419 1000|"
        "- 'a \"}{\" b' - -|- 'Digest: sha256:9' - -| "
        "'sha256:1' 'busybox:1' 'busybox:1' -|";

    check_splits("install_image", answers, false, image, sizeof pull);
    check_splits("install_image", answers, true, progress, sizeof pull);
}

/* An engine that has it only by its digest. */
TEST(a_pull_without_a_name)
{
    static const struct answer answers[] = {
        SAY(200, "{\"status\":\"Digest: sha256:9\"}"),
        SAY(404, "{\"message\":\"no such image\"}"), LOST(0)
    };
    static const struct answer nameless[] = {
        SAY(200, "{\"status\":\"Status: done\"}"),
        SAY(404, "{\"message\":\"no such image: busybox:1\"}"), LOST(0)
    };

    check_splits("install_image", answers, false,
                 "'sha256:9' 'busybox:1' 'busybox:1' -|", 40);
    check_splits("install_image", nameless, false,
                 "not_found: no such image: busybox:1", 40);
}

TEST(pulls_that_fail_inside)
{
    static const struct {
        const char *body, *outcome;
    } cases[] = {
        {"{\"status\":\"Pulling\"}\n{\"errorDetail\":{\"message\":"
         "\"manifest unknown\"},\"error\":\"x\"}\n",
         "not_found: manifest unknown"},
        {"{\"error\":\"no space left on device\"}",
         "quota: no space left on device"},
        {"{\"error\":\"toomanyrequests: slow down\"}{\"status\":\"x\"}",
         "rate_limited: toomanyrequests: slow down"},
        {"{\"error\":\"it \\\"broke\\\"\"}{\"error\":\"again\"}",
         "provider: it \"broke\""},
        {"{\"status\":\"Pulling\"}{\"status\":\"Dow", "protocol: the engine's "
         "report on the pull ends in the middle"},
        {"{\"status\":\"Pulling\"}[", "protocol: the engine's report on the "
         "pull ends in the middle"}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct answer answers[] = {
            SAY(200, cases[i].body), SAY(200, IMAGE), LOST(0)
        };

        check_splits("install_image", answers, false, cases[i].outcome,
                     strlen(cases[i].body));
    }
}

TEST(a_report_without_end)
{
    enum { LENGTH = 17 << 20 };
    struct buf got = {0}, body = {0};
    struct answer answers[] = {ONLY(200), SAY(200, IMAGE), LOST(0)};

    memset(buf_room(&body, LENGTH), 'x', LENGTH);
    body.len = LENGTH;
    body.s[0] = '"';
    answers[0].body = body.s;
    answers[0].length = body.len;
    played("install_image", answers, false, 1 << 20, &got);
    if (!CHECK(text_starts_with(buf_string(&got), "protocol: ")))
        printf("    %s\n", buf_string(&got));
    buf_free(&got);
    buf_free(&body);
}

/* --- feeds --------------------------------------------------------------- */

static const char *stream(const struct answer *answers, int cut,
                          struct buf *to)
{
    struct client *k = make_client(&fake_driver, fake_place);
    struct call *c = make_call(k, "stream", NULL);
    struct play p = {.answers = answers, .cut = cut};

    c->wants_items = true;
    buf_clear(to);
    play(&p, c);
    buf_format(to, "%s (%s)", buf_string(&p.notes), buf_string(&p.items));
    call_free(c);
    client_release(k);
    play_end(&p);
    return buf_string(to);
}

/* Items that nobody has taken yet are not given twice; once some were taken,
 * nothing is tried again. */
TEST(no_item_comes_twice)
{
    static const struct answer answers[] = {
        SAY(HALF_ANSWER, "ab"), SAY(200, "abc"), LOST(0)
    };
    struct buf got = {0};

    CHECK_TEXT(stream(answers, 0, &got), "GET /v1/stream; wait 0; "
               "GET /v1/stream (0:a|0:b|0:c|)");
    CHECK_TEXT(stream(answers, 1, &got), "GET /v1/stream (0:a|0:b|)");
    CHECK_TEXT(stream(answers, BYTEWISE, &got), "GET /v1/stream (0:a|0:b|)");
    buf_free(&got);
}

/* Only what a good answer says goes to the feed. */
TEST(errors_are_not_fed)
{
    static const struct answer answers[] = {
        SAY(503, "busy"), SAY_WITH(302, "Location: /x\n", "moved"),
        SAY(200, "ok"), LOST(0)
    };
    struct buf got = {0};

    CHECK_TEXT(stream(answers, BYTEWISE, &got), "GET /v1/stream; wait 0; "
               "GET /v1/stream; GET /x (0:o|0:k|)");
    buf_free(&got);
}

TEST(a_feed_that_gives_no_reason)
{
    static const struct answer answers[] = {SAY(200, "x"), LOST(0)};
    struct client *k = make_client(&fake_driver, fake_place);
    struct call *c = make_call(k, "unfed", NULL);
    struct play p = {.answers = answers};

    CHECK(play(&p, c) == WANT_FAIL && c->error.kind == ERROR_LOCAL);
    CHECK_TEXT(buf_string(&p.notes), "GET /v1/stream");
    call_free(c);
    client_release(k);
    play_end(&p);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"logs_in_any_split", test_logs_in_any_split},
        {"logs_that_are_none", test_logs_that_are_none},
        {"a_log_that_breaks_off", test_a_log_that_breaks_off},
        {"lines_of_megabytes", test_lines_of_megabytes},
        {"a_log_has_a_ceiling", test_a_log_has_a_ceiling},
        {"pulls_in_any_split", test_pulls_in_any_split},
        {"a_pull_without_a_name", test_a_pull_without_a_name},
        {"pulls_that_fail_inside", test_pulls_that_fail_inside},
        {"a_report_without_end", test_a_report_without_end},
        {"no_item_comes_twice", test_no_item_comes_twice},
        {"errors_are_not_fed", test_errors_are_not_fed},
        {"a_feed_that_gives_no_reason", test_a_feed_that_gives_no_reason},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
