/* engine_wire_test.c -- what really goes over a connection, byte for byte, and
 * what must not come back from one. */
#include "engine_net.h"

#define OK_TEXT "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntext"
#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
#define EVIL "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"

enum { HEAD = 2000 };

extern const struct driver http_driver;

static struct listener here;

static struct stage raise_wire_stage(void)
{
    return raise_stage_for(client_to(&engine_driver, here.port, "4"));
}

static void strike_wire(struct stage *s, int connection)
{
    char rest[100];

    strike(s);
    while (read(connection, rest, sizeof rest) > 0)
        ;
    close(connection);
}

/* luft.http's GET of a URL. */
static struct call *request_for(struct client *k, const char *url)
{
    const struct given arguments[] = {{"url", TEXT, url}, {NULL, 0, NULL}};
    struct call *c = make_call(k, "request", arguments);
    int place = argument_index(c->method->arguments, "url");

    c->args[place].text = arena_text(&c->arena, url);
    return c;
}

/* --- cancelling ---------------------------------------------------------- */

TEST(a_cancelled_request_closes_its_connection)
{
    struct stage s = raise_wire_stage();
    struct job *job = begin_real(&s, 1, "get", "/");
    char head[HEAD];
    int c = accept_request(&here, head, sizeof head);

    engine_cancel(s.engine, job);
    CHECK_TEXT(news(&s), "end 1 cancelled: cancelled");
    CHECK(read(c, head, 1) == 0);
    strike_wire(&s, c);
}

TEST(a_change_that_was_sent_may_be_answered)
{
    struct stage s = raise_wire_stage();
    struct job *job = begin_real(&s, 1, "post", "/");
    char head[HEAD];
    int c = accept_request(&here, head, sizeof head);

    engine_cancel(s.engine, job);
    settle(&s);
    say(c, OK_TEXT);
    CHECK_TEXT(news(&s), "end 1 cancelled: cancelled; POST / had already been "
               "answered");
    strike_wire(&s, c);
}

TEST(a_second_cancellation_cuts_it)
{
    struct stage s = raise_wire_stage();
    struct job *job = begin_real(&s, 1, "post", "/");
    char head[HEAD];
    int c = accept_request(&here, head, sizeof head);

    engine_cancel(s.engine, job);
    engine_cancel(s.engine, job);
    CHECK_TEXT(news(&s), "end 1 cancelled: cancelled while POST / was under "
               "way; whether it took effect is unknown");
    CHECK(read(c, head, 4) == 4 && read(c, head, 1) == 0);      /* "body" */
    strike_wire(&s, c);
}

TEST(a_stream_is_cut_where_it_is)
{
    struct stage s = raise_wire_stage();
    struct job *job = begin_real(&s, 1, "stream", "/");
    char head[HEAD];
    int c = accept_request(&here, head, sizeof head);

    say(c, "HTTP/1.1 200 OK\r\n\r\nfirst");
    CHECK_TEXT(news(&s), "piece 1 0:first|");
    engine_cancel(s.engine, job);
    CHECK_TEXT(news(&s), "end 1 cancelled: cancelled");
    CHECK(read(c, head, 1) == 0);
    strike_wire(&s, c);
}

/* --- a handle is used again ---------------------------------------------- */

/* "POST /: Host Accept ...": what a head holds, without the values. */
static const char *names_in(const char *head)
{
    static struct buf names;

    buf_clear(&names);
    buf_add(&names, head, strcspn(head, " ") + 2);
    buf_char(&names, ':');
    while ((head = strstr(head, "\r\n")) != NULL && *(head += 2) != '\r') {
        buf_char(&names, ' ');
        buf_add(&names, head, strcspn(head, ":"));
    }
    return buf_string(&names);
}

/* The same libcurl handle and the same connection serve one after the other;
 * nothing of the request before may be in the next. */
TEST(nothing_is_left_of_the_request_before)
{
#define USUAL " Host Accept Accept-Encoding User-Agent"
    static const struct {
        const char *method, *names, *answer, *end;
        size_t body;
    } rounds[] = {
        {"post", "POST /:" USUAL " Content-Type Content-Length", OK_TEXT,
         "end 1 text", 4},
        {"get", "GET /:" USUAL, OK_TEXT, "end 1 text", 0},
        {"head", "HEAD /:" USUAL, OK_HEAD, "end 1 ", 0},
        {"remove", "DELETE /:" USUAL, OK_TEXT, "end 1 text", 0},
        {"stream", "GET /: Host Accept User-Agent", OK_TEXT,
         "piece 1 0:text|", 0}
    };
    const size_t count = sizeof rounds / sizeof *rounds;
    struct stage s = raise_wire_stage();
    char head[HEAD], body[10];
    int c = -1;

    for (size_t i = 0; i < 2 * count * count; i++) {    /* each behind each */
        size_t n = i % 2 ? i / 2 / count : i / 2 % count;

        begin_real(&s, 1, rounds[n].method, "/");
        if (c < 0)
            c = accept_connection(&here);
        read_head(c, head, sizeof head);
        CHECK_TEXT(names_in(head), rounds[n].names);
        CHECK(read(c, body, rounds[n].body) == (ssize_t)rounds[n].body);
        say(c, rounds[n].answer);
        CHECK_TEXT(news(&s), rounds[n].end);
        if (s.kind == NEWS_PIECE)
            CHECK_TEXT(news(&s), "end 1 ");
    }
    strike_wire(&s, c);
}

/* --- answers that nobody asked for --------------------------------------- */

/* Behind an answer, on a connection that is kept: the next request must not
 * take it for its own. */
TEST(an_answer_too_many_is_nobodys)
{
    struct stage s = raise_wire_stage();
    char head[HEAD];
    int first, second;

    begin_real(&s, 1, "get", "/1");
    first = accept_request(&here, head, sizeof head);
    say(first, OK_TEXT EVIL);
    CHECK_TEXT(news(&s), "end 1 text");
    begin_real(&s, 2, "get", "/2");
    second = accept_request(&here, head, sizeof head);
    say(second, OK_TEXT);
    CHECK_TEXT(news(&s), "end 2 text");
    close(first);
    strike_wire(&s, second);
}

TEST(nor_is_one_that_comes_later)
{
    struct stage s = raise_wire_stage();
    char head[HEAD];
    int first, second;

    begin_real(&s, 1, "get", "/1");
    first = accept_request(&here, head, sizeof head);
    say(first, OK_TEXT);
    CHECK_TEXT(news(&s), "end 1 text");
    say(first, EVIL);
    begin_real(&s, 2, "get", "/2");
    second = accept_request(&here, head, sizeof head);
    say(second, OK_TEXT);
    CHECK_TEXT(news(&s), "end 2 text");
    close(first);
    strike_wire(&s, second);
}

/* 101 ends HTTP on a connection; nobody here asked for another protocol. */
TEST(a_protocol_that_nobody_asked_for)
{
    struct stage s = raise_wire_stage();
    char head[HEAD];
    int c;

    begin_real(&s, 1, "get", "/");
    c = accept_request(&here, head, sizeof head);
    say(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
        "Connection: Upgrade\r\n\r\nsomething else");
    shutdown(c, SHUT_WR);
    CHECK_TEXT(news_like(&s, "end 1 provider: "), "end 1 provider: ");
    strike_wire(&s, c);
}

/* Nor does it lift the ceiling of answers. */
TEST(it_may_not_send_without_end)
{
    static const struct given options[] = {
        {"max_answer", INTEGER, "100"}, {"proxy", TEXT, ""}, {NULL, 0, NULL}
    };
    struct stage s = raise_stage_for(client_of(&http_driver, options));
    char head[HEAD], url[60];
    int c;

    snprintf(url, sizeof url, "http://127.0.0.1:%d/", here.port);
    keep_job(&s, engine_start(s.engine, request_for(s.client, url),
                              (struct job_options){.tag = 1}));
    c = accept_request(&here, head, sizeof head);
    snprintf(head, sizeof head, "HTTP/1.1 101 Switching Protocols\r\n\r\n%200s",
             "text");
    say(c, head);
    CHECK_TEXT(news(&s), "end 1 protocol: the answer is larger than 100 bytes; "
               "the option max_answer allows more");
    strike_wire(&s, c);
}

TEST(interim_answers_are_passed_over)
{
    struct stage s = raise_wire_stage();
    char head[HEAD];
    int c;

    begin_real(&s, 1, "post", "/");
    c = accept_request(&here, head, sizeof head);
    say(c, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
        "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" OK_TEXT);
    CHECK_TEXT(news(&s), "end 1 text");
    strike_wire(&s, c);
}

TEST(an_older_protocol)
{
    struct stage s = raise_wire_stage();
    char head[HEAD];
    int c;

    begin_real(&s, 1, "get", "/");
    c = accept_request(&here, head, sizeof head);
    say(c, "HTTP/1.0 200 OK\r\n\r\nuntil the end");
    close(c);
    CHECK_TEXT(news(&s), "end 1 until the end");
    begin_real(&s, 2, "get", "/");          /* HTTP/0.9 has no head */
    c = accept_request(&here, head, sizeof head);
    say(c, "just a text");
    close(c);
    CHECK_TEXT(news_like(&s, "end 2 protocol: "), "end 2 protocol: ");
    strike(&s);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"a_cancelled_request_closes_its_connection",
         test_a_cancelled_request_closes_its_connection},
        {"a_change_that_was_sent_may_be_answered",
         test_a_change_that_was_sent_may_be_answered},
        {"a_second_cancellation_cuts_it", test_a_second_cancellation_cuts_it},
        {"a_stream_is_cut_where_it_is", test_a_stream_is_cut_where_it_is},
        {"nothing_is_left_of_the_request_before",
         test_nothing_is_left_of_the_request_before},
        {"an_answer_too_many_is_nobodys", test_an_answer_too_many_is_nobodys},
        {"nor_is_one_that_comes_later", test_nor_is_one_that_comes_later},
        {"a_protocol_that_nobody_asked_for",
         test_a_protocol_that_nobody_asked_for},
        {"it_may_not_send_without_end", test_it_may_not_send_without_end},
        {"interim_answers_are_passed_over",
         test_interim_answers_are_passed_over},
        {"an_older_protocol", test_an_older_protocol},
        {NULL, NULL}
    };

    here = listen_here();
    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    close(here.descriptor);
    return test_end();
}
