/* engine_load_test.c -- many jobs at a time, through libcurl: what they cost in
 * memory, and that none gets lost when they are cancelled, or the engine is
 * deleted, in the middle of it. */
#include <malloc.h>

#include "engine_net.h"

enum { MANY = 10000, MOST_BYTES_A_JOB = 2048 };

/* --- memory -------------------------------------------------------------- */

static size_t memory_in_use(void)
{
    struct mallinfo2 m = mallinfo2();

    return m.uordblks + m.hblkhd;
}

static void begin_many(struct stage *s, int count, const char *method,
                       const char *text)
{
    for (int i = 1; i <= count; i++)
        begin_real(s, i, method, text);
}

static bool all_end(struct stage *s, int count, const char *how)
{
    char wanted[200];
    int good = 0;

    for (int i = 0; i < count; i++) {
        const char *end = strchr(news(s) + 4, ' ');

        good += s->kind == NEWS_END && strcmp(end + 1, how) == 0;
    }
    snprintf(wanted, sizeof wanted, "%d of %d", good, count);
    if (CHECK(good == count))
        return true;
    printf("    %s ended as they should: %s\n", wanted, how);
    return false;
}

static void cancel_all(struct stage *s)
{
    for (size_t i = 0; i < s->count; i++)
        engine_cancel(s->engine, s->jobs[i]);
}

TEST(a_queued_request_is_small)
{
    struct listener l = listen_here();
    struct stage s = raise_stage_for(client_to(&engine_driver, l.port, "1"));
    char head[1000];
    size_t before, bytes;
    int connection;

    begin_real(&s, 9999, "get", "/");
    connection = accept_request(&l, head, sizeof head);
    settle(&s);
    before = memory_in_use();
    begin_many(&s, MANY, "get", NULL);
    settle(&s);
    bytes = (memory_in_use() - before) / MANY;
    if (!SANITIZED)                 /* they have an allocator of their own */
        printf("a queued request takes %zu bytes\n", bytes);
    CHECK(SANITIZED || (bytes > 0 && bytes <= MOST_BYTES_A_JOB));
    cancel_all(&s);
    all_end(&s, MANY + 1, "cancelled: cancelled");
    CHECK(engine_busy(s.engine) == 0);
    CHECK(read(connection, head, 1) == 0);
    close(connection);
    close(l.descriptor);
    strike(&s);
}

/* --- crowds -------------------------------------------------------------- */

TEST(each_gets_its_own_answer)
{
    struct server server = start_server();
    struct stage s = raise_stage_for(client_to(&engine_driver, server.port,
                                               "50"));
    char target[60], wanted[200];
    int good = 0;

    for (int i = 1; i <= 1000; i++) {
        snprintf(target, sizeof target, "/bytes?n=%d", i % 16);
        begin_real(&s, i, "get", target);
    }
    for (int i = 0; i < 1000; i++) {
        const char *end = news(&s);
        int number = atoi(end + 4);

        snprintf(wanted, sizeof wanted, "end %d %.*s", number, number % 16,
                 "0123456789abcdef");
        good += strcmp(end, wanted) == 0;
    }
    CHECK(good == 1000);
    strike(&s);
    stop_server(&server);
}

/* Some wait, some send, some are answered, some retry; all are cancelled. */
TEST(a_crowd_is_cancelled_in_the_middle)
{
    struct server server = start_server();
    struct stage s = raise_stage_for(client_to(&engine_driver, server.port,
                                               "30"));
    static const char *const targets[] = {
        "/bytes?n=10", "/bytes?n=10&delay=1000", "/bytes?n=100&stall_after=50",
        "/x?fail_first=99&retry_after=50&key=k", "/bytes?n=10&reset_after=5"
    };

    for (int i = 0; i < 500; i++)
        begin_real(&s, i, "get", targets[i % 5]);
    for (int i = 0; i < 10; i++)    /* so that it has begun */
        news(&s);
    cancel_all(&s);
    while (s.count)
        news(&s);
    CHECK(engine_busy(s.engine) == 0);
    strike(&s);
    stop_server(&server);
}

TEST(the_engine_is_deleted_in_the_middle)
{
    struct server server = start_server();

    for (int round = 0; round < 10; round++) {
        struct stage s = raise_stage_for(client_to(&engine_driver,
                                                   server.port, "30"));

        for (int i = 0; i < 200; i++)
            begin_real(&s, i, i % 2 ? "get" : "stream",
                       i % 3 ? "/bytes?n=300000" : "/bytes?n=10&delay=1000");
        for (int i = 0; i < round * 5; i++)
            news(&s);
        strike(&s);
    }
    stop_server(&server);
}

/* Pieces as they come, each used before the next is asked for. */
TEST(many_streams_side_by_side)
{
    struct server server = start_server();
    struct stage s = raise_stage_for(client_to(&engine_driver, server.port,
                                               "20"));
    int pieces = 0;

    begin_many(&s, 40, "stream", "/bytes?n=2000000");
    while (s.count) {
        news(&s);
        if (s.kind == NEWS_PIECE) {
            pieces++;
            engine_pull(s.engine, s.job);
        } else {
            CHECK(s.kind == NEWS_END && strlen(buf_string(&s.text)) <= 7);
        }
    }
    CHECK(pieces >= 40 * 4);
    strike(&s);
    stop_server(&server);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"a_queued_request_is_small", test_a_queued_request_is_small},
        {"each_gets_its_own_answer", test_each_gets_its_own_answer},
        {"a_crowd_is_cancelled_in_the_middle",
         test_a_crowd_is_cancelled_in_the_middle},
        {"the_engine_is_deleted_in_the_middle",
         test_the_engine_is_deleted_in_the_middle},
        {"many_streams_side_by_side", test_many_streams_side_by_side},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
