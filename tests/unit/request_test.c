/* request_test.c -- requests and answers as plain values: request.h. */
#include "../test.h"
#include "../../src/core/mem.h"
#include "../../src/core/request.h"

static bool refuse(void)
{
    return true;
}

TEST(zeroed_is_empty_and_valid)
{
    struct request r = {0};
    struct response answer = {0};

    CHECK(request_ok(&r));
    request_reset(&r);
    request_free(&r);
    response_reset(&answer);
    response_free(&answer);
    CHECK(r.method == NULL && answer.status == 0);
}

TEST(a_request_is_emptied)
{
    struct request r = {0};

    for (int i = 0; i < 2; i++) {
        r.method = arena_text(&r.arena, "POST");
        buf_text(&r.target, "/containers/create");
        CHECK(request_header(&r, "Content-Type", "application/json"));
        r.body.kind = BODY_BYTES;
        buf_text(&r.body.bytes, "{}");
        r.safe_to_repeat = r.may_be_silent = true;
        r.save_as = arena_text(&r.arena, "out");
        CHECK(request_ok(&r));
        request_reset(&r);
        CHECK(r.method == NULL && r.target.len == 0 && r.headers.count == 0
              && r.body.kind == BODY_NONE && r.body.bytes.size == 0
              && !r.safe_to_repeat && !r.may_be_silent && !r.save_as);
    }
    request_free(&r);
}

TEST(headers_of_a_request)
{
    struct request r = {0};

    CHECK(request_header(&r, "Accept", "a/b"));
    CHECK(request_header(&r, "accept", "c/d"));
    CHECK(r.headers.count == 1);
    CHECK_TEXT(headers_get(&r.headers, "Accept"), "c/d");
    CHECK(!request_header(&r, "X", "a\r\nEvil: 1"));
    CHECK(!request_header(&r, "X\r\nEvil", "1"));
    CHECK(r.headers.count == 1 && request_ok(&r));
    request_free(&r);
}

TEST(a_byte_without_memory_shows)
{
    struct request headers = {0}, target = {0}, body = {0};

    mem_refuses = refuse;
    request_header(&headers, "Name", "value");
    buf_text(&target.target, "/x");
    buf_text(&body.body.bytes, "{}");
    mem_refuses = NULL;
    CHECK(!request_ok(&headers) && !request_ok(&target) && !request_ok(&body));
    request_free(&headers);
    request_free(&target);
    request_free(&body);
    CHECK(request_ok(&headers) && request_ok(&target) && request_ok(&body));
}

TEST(methods)
{
    static const struct {
        const char *method;
        bool idempotent, reads;
    } cases[] = {
        {"GET", true, true}, {"HEAD", true, true}, {"OPTIONS", true, true},
        {"PUT", true, false}, {"DELETE", true, false},
        {"POST", false, false}, {"PATCH", false, false},
        {"CONNECT", false, false}, {"PROPFIND", false, false},
        {"get", false, false}, {"GETX", false, false}, {"", false, false}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!CHECK(method_is_idempotent(cases[i].method)
                   == cases[i].idempotent)
            || !CHECK(method_only_reads(cases[i].method) == cases[i].reads))
            printf("    %s\n", cases[i].method);
}

/* --- answers ------------------------------------------------------------- */

/* Feeds lines that are parted by '\n', the way libcurl gives them. */
static bool feed_lines(struct response *r, const char *lines)
{
    bool ok = true;

    while (ok && *lines) {
        size_t n = strcspn(lines, "\n") + 1;

        ok = response_line(r, lines, n);
        lines += n;
    }
    return ok;
}

/* "200 Name: value|..." */
static const char *shown(struct response *r)
{
    const char *all = arena_format(&r->arena, "%d ", r->status);

    for (size_t i = 0; i < r->headers.count; i++)
        all = arena_format(&r->arena, "%s%s: %s|", all,
                           r->headers.list[i].name, r->headers.list[i].value);
    return all;
}

TEST(heads_of_answers)
{
    static const struct {
        const char *lines, *head;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\n\r\n", "200 "},
        {"HTTP/1.1 200\r\n\r\n", "200 "}, {"HTTP/1.0 404 Not\r\n", "404 "},
        {"HTTP/2 204 \r\n\r\n", "204 "}, {"HTTP/1.1 304 Not Modified\n",
                                          "304 "},
        {"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nServer: Docker/20.10\r\n\r\n",
         "200 Api-Version: 1.41|Server: Docker/20.10|"},
        {"HTTP/1.1 200 OK\r\nA:1\r\nB:   2\r\nC: 3 \t \r\nD:\r\nE: \r\n",
         "200 A: 1|B: 2|C: 3|D: |E: |"},
        {"HTTP/1.1 200 OK\r\nA: x: y:z\r\nA: 2\r\n", "200 A: x: y:z|A: 2|"},
        {"HTTP/1.1 200 OK\r\nDate: a, b\r\nX: caf\xc3\xa9\r\n",
         "200 Date: a, b|X: caf\xc3\xa9|"},
        {"HTTP/1.1 100 Continue\r\nA: 1\r\n\r\nHTTP/1.1 200 OK\r\nB: 2\r\n",
         "200 B: 2|"},
        {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 503 No\r\n"
         "Retry-After: 1\r\n", "503 Retry-After: 1|"},
        /* what is no header to us is no header to a script */
        {"HTTP/1.1 200 OK\r\nno colon\r\n: no name\r\nA B: 1\r\nC : 2\r\n"
         " folded: x\r\nD: a\x01z\r\nE: 5\r\n", "200 E: 5|"},
        {"HTTP/1.1 x00 OK\r\nA: 1\r\n", "0 A: 1|"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct response r = {0};

        CHECK(feed_lines(&r, cases[i].lines));
        if (!CHECK_TEXT(shown(&r), cases[i].head))
            printf("    row %zu\n", i);
        response_free(&r);
    }
}

TEST(a_line_may_hold_any_byte)
{
    static const char nul[] = "A: x\0y\r\n", plain[] = "B: 2\r\n";
    struct response r = {0};

    CHECK(response_line(&r, "HTTP/1.1 200 OK\r\n", 17));
    CHECK(response_line(&r, nul, sizeof nul - 1));
    CHECK(response_line(&r, plain, sizeof plain - 1));
    CHECK(response_line(&r, "", 0) && response_line(&r, "\r\n", 2));
    CHECK_TEXT(shown(&r), "200 B: 2|");
    response_free(&r);
}

/* All lines count, those of 1xx answers and what is no header too. */
TEST(the_ceiling_of_heads)
{
    char line[1024];
    struct response r = {0};
    size_t fed = 17;

    memset(line, 'x', sizeof line);
    memcpy(line, "Name: ", 6);
    memcpy(line + sizeof line - 2, "\r\n", 2);
    CHECK(response_line(&r, "HTTP/1.1 200 OK\r\n", 17));
    while (fed + sizeof line <= HEADER_CEILING) {
        if (!CHECK(response_line(&r, line, sizeof line)))
            break;
        fed += sizeof line;
    }
    CHECK(response_line(&r, line, HEADER_CEILING - fed));
    CHECK(!response_line(&r, "\n", 1));
    response_free(&r);
    CHECK(response_line(&r, "HTTP/1.1 200 OK\r\n", 17));
    response_free(&r);
}

TEST(a_header_without_memory)
{
    struct response r = {0};

    CHECK(response_line(&r, "HTTP/1.1 200 OK\r\n", 17));
    mem_refuses = refuse;
    CHECK(!response_line(&r, "Name: value\r\n", 13));
    mem_refuses = NULL;
    CHECK(r.arena.failed);
    response_free(&r);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"zeroed_is_empty_and_valid", test_zeroed_is_empty_and_valid},
        {"a_request_is_emptied", test_a_request_is_emptied},
        {"headers_of_a_request", test_headers_of_a_request},
        {"a_byte_without_memory_shows", test_a_byte_without_memory_shows},
        {"methods", test_methods},
        {"heads_of_answers", test_heads_of_answers},
        {"a_line_may_hold_any_byte", test_a_line_may_hold_any_byte},
        {"the_ceiling_of_heads", test_the_ceiling_of_heads},
        {"a_header_without_memory", test_a_header_without_memory},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
