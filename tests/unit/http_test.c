/* http_test.c -- what luft.http sends for what a script gives: http.c. */
#include "../../src/core/version.h"
#include "play.h"

extern const struct driver http_driver;

/* "GET http://h/x?a=1; Name: value", or "kind: message". */
static const char *sent(const struct given *arguments, struct play *p)
{
    static const struct answer answers[] = {ONLY(200), LOST(0)};
    struct client *k = make_client(&http_driver, NULL);
    struct call *c = make_call(k, "request", arguments);

    play_end(p);
    *p = (struct play){.answers = answers, .shows_headers = true,
                       .shows_places = true};
    if (play(p, c) == WANT_FAIL)
        play_note(&p->notes, "%s: %s", error_kind_name(c->error.kind),
                  c->error.message);
    call_free(c);
    client_release(k);
    return buf_string(&p->notes);
}

TEST(methods)
{
    static const char bad[] = "invalid_argument: the method holds a character "
        "that no method can have";
    static const char small[] = "invalid_argument: the method '%s' is not in "
        "capital letters";
    static const struct {
        const char *method, *refused;
    } cases[] = {
        {"GET", NULL}, {"PROPFIND", NULL}, {"M-SEARCH", NULL},
        {"VERSION-CONTROL", NULL}, {"X1", NULL},
        {"G T", bad}, {"GET ", bad}, {" GET", bad}, {"GET\r\nX: y", bad},
        {"GET/", bad}, {"G\xc3\x89T", bad}, {"G:T", bad},
        {"get", small}, {"Get", small},
        {"", "invalid_argument: the method is empty"}
    };
    struct play p = {0};
    char wanted[200];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct given arguments[] = {
            {"url", TEXT, "http://h/"}, {"method", TEXT, cases[i].method},
            {NULL, 0, NULL}
        };

        snprintf(wanted, sizeof wanted, cases[i].refused ? cases[i].refused
                 : "%s http://h/; User-Agent: luft/" LUFT_VERSION,
                 cases[i].method);
        CHECK_TEXT(sent(arguments, &p), wanted);
    }
    play_end(&p);
}

/* A list is a line for each of its members, and takes the place of what would
 * be sent by itself. */
TEST(headers)
{
    static const struct {
        const char *headers, *sent;
    } cases[] = {
        {"{\"A\":\"1\"}", "; User-Agent: luft/" LUFT_VERSION "; A: 1"},
        {"{\"A\":[\"1\",2,true],\"B\":\"3\"}", "; User-Agent: luft/"
         LUFT_VERSION "; A: 1; A: 2; A: true; B: 3"},
        {"{\"A\":[\"1\",\"2\"],\"a\":\"3\"}", "; User-Agent: luft/"
         LUFT_VERSION "; a: 3"},
        {"{\"user-agent\":[\"mine\",\"yours\"]}",
         "; user-agent: mine; user-agent: yours"},
        {"{\"A\":[]}", "; User-Agent: luft/" LUFT_VERSION},
        {"{\"A\":[\"1\",\"x\\ny\"]}", "!the header 'A' has a character that "
         "headers cannot hold"},
        {"{\"A\":[\"1\",[2]]}", "!headers.A must be a text, a number or a list "
         "of them"},
        {"{\"A\":{\"b\":1}}", "!headers.A must be a text, a number or a list "
         "of them"}
    };
    struct play p = {0};
    char wanted[300];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct given arguments[] = {
            {"url", TEXT, "http://h/"}, {"headers", TABLE, cases[i].headers},
            {NULL, 0, NULL}
        };
        bool fails = *cases[i].sent == '!';

        snprintf(wanted, sizeof wanted, "%s%s",
                 fails ? "invalid_argument: " : "GET http://h/",
                 cases[i].sent + fails);
        CHECK_TEXT(sent(arguments, &p), wanted);
    }
    play_end(&p);
}

TEST(queries)
{
    const struct given arguments[] = {
        {"url", TEXT, "http://h/x?a=0"},
        {"query", TABLE, "{\"a\":[1,\"2 3\"],\"b\":true}"}, {NULL, 0, NULL}
    };
    struct play p = {0};

    CHECK_TEXT(sent(arguments, &p), "GET http://h/x?a=0&a=1&a=2%203&b=true; "
               "User-Agent: luft/" LUFT_VERSION);
    play_end(&p);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"methods", test_methods},
        {"headers", test_headers},
        {"queries", test_queries},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
