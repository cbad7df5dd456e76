/* redirect_test.c -- answers that point elsewhere: redirect.h. */
#include "fake_driver.h"

extern const struct driver http_driver;

/* --- one request of luft.http -------------------------------------------- */

static struct call *http_call(struct client **k, const char *method,
                              const char *headers, const char *body)
{
    const struct given arguments[] = {
        {"url", TEXT, "http://a.test/b/c?q=1"}, {"method", TEXT, method},
        {headers ? "headers" : "", TABLE, headers ? headers : "{}"},
        {body ? "body" : "", TEXT, body ? body : ""}, {NULL, 0, NULL}
    };

    *k = make_client(&http_driver, NULL);
    return make_call(*k, "request", arguments);
}

static void end(struct call *c, struct client *k, struct play *p)
{
    call_free(c);
    client_release(k);
    play_end(p);
}

/* Where a request goes after an answer with this status and Location; or why it
 * goes nowhere. */
static const char *followed(const char *method, int status,
                            const char *location, struct play *p)
{
    char header[300];
    const struct answer answers[] = {
        SAY_WITH(status, header, NULL), ONLY(200), LOST(0)
    };
    struct client *k;
    struct call *c = http_call(&k, method, NULL, NULL);
    const char *second;

    snprintf(header, sizeof header, "Location: %s\n", location);
    p->answers = answers;
    p->shows_places = true;
    buf_clear(&p->notes);
    p->used = 0;
    if (play(p, c) == WANT_FAIL)
        play_note(&p->notes, "%s: %s", error_kind_name(c->error.kind),
                  c->error.message);
    second = strstr(buf_string(&p->notes), "; ");
    call_free(c);
    client_release(k);
    return second ? second + 2 : "no further";
}

TEST(places)
{
    static const struct {
        const char *location, *second;
    } cases[] = {
        {"/d", "GET http://a.test/d"}, {"d", "GET http://a.test/b/d"},
        {"?x", "GET http://a.test/b/c?x"}, {"../d/", "GET http://a.test/d/"},
        {"//b.test/d", "GET http://b.test/d"},
        {"http://b.test", "GET http://b.test/"},
        {"https://b.test:8443/d?e#f", "GET https://b.test:8443/d?e"},
        {"HTTP://B.TEST/D", "GET http://b.test/D"},
        {"http://u:p@b.test/d", "GET http://b.test/d"},
        {"/d e\xc3\xa9", "GET http://a.test/d%20e%C3%A9"},
        {"/a%20b", "GET http://a.test/a%20b"},
        {"ftp://b.test/d", "protocol: a redirect to ftp:// is not followed; "
         "only http and https are"},
        {"file:///etc/passwd", "protocol: a redirect to file:// is not "
         "followed; only http and https are"},
        {"unix:///var/run/docker.sock", "protocol: a redirect to unix:// is "
         "not followed; only http and https are"},
        {"javascript:x", "protocol: the redirect's address must start with "
         "http:// or https://"},
        {"http://", "protocol: the redirect's address has no host name"},
        {"http://b.test:0/", "protocol: the redirect's address has a port "
         "that is not a number up to 65535"}
    };
    struct play p = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!CHECK_TEXT(followed("GET", 302, cases[i].location, &p),
                        cases[i].second))
            printf("    location %s\n", cases[i].location);
    play_end(&p);
}

TEST(methods)
{
    static const struct {
        const char *method;
        int status;
        const char *then;
    } cases[] = {
        {"GET", 301, "GET"}, {"GET", 302, "GET"}, {"GET", 303, "GET"},
        {"GET", 307, "GET"}, {"GET", 308, "GET"},
        {"HEAD", 301, "HEAD"}, {"HEAD", 303, "HEAD"}, {"HEAD", 307, "HEAD"},
        {"POST", 301, "GET"}, {"POST", 302, "GET"}, {"POST", 303, "GET"},
        {"POST", 307, "POST"}, {"POST", 308, "POST"},
        {"PUT", 301, "PUT"}, {"PUT", 302, "PUT"}, {"PUT", 303, "GET"},
        {"PUT", 307, "PUT"}, {"PUT", 308, "PUT"},
        {"DELETE", 302, "DELETE"}, {"DELETE", 303, "GET"},
        {"PATCH", 301, "PATCH"}, {"PATCH", 308, "PATCH"},
        {"GET", 300, NULL}, {"GET", 304, NULL}, {"GET", 305, NULL},
        {"GET", 306, NULL}, {"GET", 309, NULL}, {"GET", 200, NULL},
        {"GET", 201, NULL}, {"GET", 404, NULL}
    };
    struct play p = {0};
    char wanted[60];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *then = cases[i].then;

        snprintf(wanted, sizeof wanted, then ? "%s http://a.test/d"
                                             : "no further", then);
        if (!CHECK_TEXT(followed(cases[i].method, cases[i].status, "/d", &p),
                        wanted))
            printf("    %s %d\n", cases[i].method, cases[i].status);
    }
    play_end(&p);
}

/* The body goes with the method, and what describes it. */
TEST(bodies)
{
    static const int statuses[] = {301, 302, 303, 307, 308};

    for (size_t i = 0; i < 5; i++) {
        const struct answer answer = SAY_WITH(statuses[i], "Location: /d\n",
                                              NULL);
        bool kept = statuses[i] > 303;
        struct client *k;
        struct call *c = http_call(&k, "POST", "{\"Content-Type\":\"a/b\","
                                   "\"Accept\":\"c/d\"}", "text");

        CHECK(call_begin(c, 0) == WANT_REQUEST);
        CHECK(call_slot(c, 0) == WANT_REQUEST);
        CHECK(play_head(c, &answer));
        call_head(c);
        CHECK(call_end(c, 0, 0) == WANT_REQUEST);
        CHECK(call_slot(c, 0) == WANT_REQUEST);
        CHECK(c->request.body.kind == (kept ? BODY_BYTES : BODY_NONE));
        CHECK_TEXT(buf_string(&c->request.body.bytes), kept ? "text" : "");
        CHECK_TEXT(headers_get(&c->request.headers, "Content-Type"),
                   kept ? "a/b" : NULL);
        CHECK_TEXT(headers_get(&c->request.headers, "Accept"), "c/d");
        call_free(c);
        client_release(k);
    }
}

TEST(a_function_gives_its_body_once)
{
    static const struct {
        int status;
        const char *notes, *message;
    } cases[] = {
        {307, "POST /b/c?q=1", "the redirect asks for the body again, and a "
         "body from a function can be sent only once"},
        {303, "POST /b/c?q=1; GET /d", NULL}
    };

    for (size_t i = 0; i < 2; i++) {
        const struct answer answers[] = {
            SAY_WITH(cases[i].status, "Location: /d\n", NULL), ONLY(200),
            LOST(0)
        };
        struct play p = {.answers = answers};
        struct client *k;
        struct call *c = http_call(&k, "POST", NULL, NULL);
        int body = argument_index(c->method->arguments, "body");

        c->args[body].type = FUNCTION;
        play(&p, c);
        CHECK_TEXT(buf_string(&p.notes), cases[i].notes);
        CHECK_TEXT(c->error.message, cases[i].message);
        end(c, k, &p);
    }
}

/* --- secrets ------------------------------------------------------------- */

TEST(no_secret_leaves_for_another_origin)
{
    static const char headers[] = "{\"Authorization\":\"s1\",\"Cookie\":\"s2\","
        "\"X-Auth-Token\":\"s3\",\"X-Api-Key\":\"s4\","
        "\"Proxy-Authorization\":\"s5\",\"X-Registry-Auth\":\"s6\","
        "\"Accept\":\"open\"}";
    static const struct {
        const char *location;
        bool same;
    } cases[] = {
        {"/d", true}, {"http://a.test/d", true}, {"http://A.test:80/d", true},
        {"//a.test/d", true}, {"http://b.test/d", false},
        {"http://x.a.test/d", false}, {"http://a.test:81/d", false},
        {"https://a.test/d", false}, {"http://a.test.b.test/d", false}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char location[100];
        const struct answer answers[] = {
            SAY_WITH(302, location, NULL), ONLY(200), LOST(0)
        };
        struct play p = {.answers = answers, .shows_headers = true};
        struct client *k;
        struct call *c = http_call(&k, "GET", headers, NULL);
        const char *second;

        snprintf(location, sizeof location, "Location: %s\n",
                 cases[i].location);
        CHECK(play(&p, c) == WANT_DONE);
        second = strstr(buf_string(&p.notes), "; GET ");
        if (!CHECK(second && strstr(second, "Accept: open"))
            || !CHECK((strstr(second, "Authorization: s1") != NULL)
                      == cases[i].same)
            || !CHECK((strstr(second, ": s") != NULL) == cases[i].same))
            printf("    %s: %s\n", cases[i].location, second);
        end(c, k, &p);
    }
}

/* Not even when it leads back: who was in between may have chosen the way. */
TEST(a_way_back_brings_no_secret_back)
{
    static const struct answer answers[] = {
        SAY_WITH(302, "Location: http://b.test/x\n", NULL),
        SAY_WITH(302, "Location: http://api.test/v1/delete\n", NULL),
        SAY(200, THING), LOST(0)
    };
    static const struct given key[] = {
        {"endpoint", TEXT, "http://api.test/v1"}, {"key", TEXT, "secret"},
        {NULL, 0, NULL}
    };
    struct client *k = make_client(&fake_driver, key);
    struct call *c = make_call(k, "get", NULL);
    struct play p = {
        .answers = answers, .shows_headers = true, .shows_places = true
    };

    CHECK(play(&p, c) == WANT_DONE);
    CHECK_TEXT(buf_string(&p.notes),
               "GET http://api.test/v1/thing; User-Agent: luft/0.1.0; "
               "Authorization: secret at 0; "
               "GET http://b.test/x; User-Agent: luft/0.1.0; "
               "GET http://api.test/v1/delete; User-Agent: luft/0.1.0");
    end(c, k, &p);
}

TEST(the_same_origin_is_signed_again)
{
    static const struct answer answers[] = {
        SAY_WITH(302, "Location: /other\n", NULL), SAY(200, THING), LOST(0)
    };
    static const struct given key[] = {
        {"endpoint", TEXT, "http://api.test"}, {"key", TEXT, "me"},
        {NULL, 0, NULL}
    };
    struct client *k = make_client(&fake_driver, key);
    struct call *c = make_call(k, "get", NULL);
    struct play p = {.answers = answers, .shows_headers = true};

    CHECK(play(&p, c) == WANT_DONE);
    CHECK_TEXT(buf_string(&p.notes), "GET /thing; User-Agent: luft/0.1.0; "
               "Authorization: me at 0; GET /other; User-Agent: luft/0.1.0; "
               "Authorization: me at 0");
    end(c, k, &p);
}

/* A socket, certificates and a name to verify belong to one place. */
TEST(another_origin_knows_nothing_of_this_one)
{
    static const struct given options[] = {
        {"endpoint", TEXT, "https://api.test"}, {"cert_file", TEXT, "c.pem"},
        {"key_file", TEXT, "k.pem"}, {"key_password", TEXT, "p"},
        {"server_name", TEXT, "inner.test"}, {"ca_cert", TEXT, "ca.pem"},
        {"timeout", NUMBER, "7"}, {NULL, 0, NULL}
    };
    static const struct answer answer =
        SAY_WITH(302, "Location: https://b.test/x\n", NULL);
    struct client *k = make_client(&fake_driver, options);
    struct call *c = make_call(k, "get", NULL);
    const struct origin *o;

    k->origin.unix_socket = "/run/api.sock";
    CHECK(call_begin(c, 0) == WANT_REQUEST);
    CHECK(call_slot(c, 0) == WANT_REQUEST && play_head(c, &answer));
    call_head(c);
    CHECK(call_end(c, 0, 0) == WANT_REQUEST);
    o = c->request.origin;
    CHECK_TEXT(o->url.host, "b.test");
    CHECK(!o->unix_socket && !o->tls.cert_file && !o->tls.key_file
          && !o->tls.key_password && !o->tls.server_name);
    CHECK_TEXT(o->tls.ca_file, "ca.pem");
    CHECK(o->timeouts.total == 7 && !o->tls.insecure);
    CHECK(strcmp(o->key, k->origin.key) != 0);
    call_free(c);
    client_release(k);
}

/* --- how often ----------------------------------------------------------- */

TEST(five_and_no_more)
{
    static const char location[] =
        "Location: http://me:hush@api.test/next?token=secret\n";
    static const struct answer five[] = {
        SAY_WITH(302, location, NULL), SAY_WITH(301, location, NULL),
        SAY_WITH(307, location, NULL), SAY_WITH(308, location, NULL),
        SAY_WITH(303, location, NULL), SAY(200, THING), LOST(0)
    };
    static const struct answer six[] = {
        SAY_WITH(302, location, NULL), SAY_WITH(302, location, NULL),
        SAY_WITH(302, location, NULL), SAY_WITH(302, location, NULL),
        SAY_WITH(302, location, NULL), SAY_WITH(302, location, NULL),
        SAY(200, THING), LOST(0)
    };
    const struct answer *const answers[] = {five, six};

    for (int i = 0; i < 2; i++) {
        struct client *k = make_client(&fake_driver, fake_place);
        struct call *c = make_call(k, "get", NULL);
        struct play p = {.answers = answers[i]};

        CHECK(play(&p, c) == (i ? WANT_FAIL : WANT_DONE));
        CHECK(p.used == 6);
        CHECK_TEXT(c->error.message, i ? "more than 5 redirects, the last one "
                   "to http://api.test/next" : NULL);
        CHECK(c->error.kind == (i ? ERROR_PROTOCOL : ERROR_NONE));
        end(c, k, &p);
    }
}

/* Each step has five of its own, and each place its attempts. */
TEST(counts_begin_anew)
{
    static const struct answer answers[] = {
        SAY_WITH(308, "Location: /1\n", NULL),
        SAY_WITH(308, "Location: /2\n", NULL),
        SAY_WITH(308, "Location: /3\n", NULL), SAY(201, "{\"id\":\"b\"}"),
        SAY_WITH(308, "Location: /4\n", NULL),
        SAY_WITH(308, "Location: /5\n", NULL),
        SAY_WITH(308, "Location: /6\n", NULL), ONLY(503),
        ONLY(503), ONLY(503), SAY(200, THING), LOST(0)
    };
    struct client *k = make_client(&fake_driver, fake_place);
    struct call *c = make_call(k, "make", NULL);
    struct play p = {.answers = answers};

    CHECK(play(&p, c) == WANT_DONE);
    CHECK_TEXT(buf_string(&p.notes), "POST /v1/things; POST /1; POST /2; "
               "POST /3; GET /v1/things/b; GET /4; GET /5; GET /6; wait 0; "
               "GET /6; wait 0; GET /6; wait 0; GET /6");
    end(c, k, &p);
}

TEST(without_a_place_to_go)
{
    static const struct answer answers[] = {ONLY(302), LOST(0)};
    struct client *k = make_client(&fake_driver, fake_place);
    struct call *c = make_call(k, "get", NULL);
    struct play p = {.answers = answers};

    CHECK(play(&p, c) == WANT_FAIL);
    CHECK(c->error.kind == ERROR_PROVIDER && c->error.status == 302);
    end(c, k, &p);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"places", test_places},
        {"methods", test_methods},
        {"bodies", test_bodies},
        {"a_function_gives_its_body_once",
         test_a_function_gives_its_body_once},
        {"no_secret_leaves_for_another_origin",
         test_no_secret_leaves_for_another_origin},
        {"a_way_back_brings_no_secret_back",
         test_a_way_back_brings_no_secret_back},
        {"the_same_origin_is_signed_again",
         test_the_same_origin_is_signed_again},
        {"another_origin_knows_nothing_of_this_one",
         test_another_origin_knows_nothing_of_this_one},
        {"five_and_no_more", test_five_and_no_more},
        {"counts_begin_anew", test_counts_begin_anew},
        {"without_a_place_to_go", test_without_a_place_to_go},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
