/* engine_join_test.c -- work that is done once for all who ask for it. */
#include "engine_net.h"

static struct stage raise_learning_stage(void)
{
    return raise_stage_for(client_with(&learning_driver, "64"));
}

/* What the jobs from one number to another end with, in their order. */
static void ends(struct stage *s, int first, int last, const char *how)
{
    char wanted[200];

    for (int i = first; i <= last; i++) {
        snprintf(wanted, sizeof wanted, "end %d %s", i, how);
        CHECK_TEXT(news_like(s, wanted), wanted);
    }
}

TEST(a_hundred_share_one_request)
{
    struct stage s = raise_learning_stage();

    for (int i = 1; i <= 100; i++)
        begin(&s, i, "learned", NULL);
    CHECK_TEXT(news(&s), "ask 0 GET /learn");
    answer(&s, "version 7");
    ends(&s, 1, 100, "version 7");
    begin(&s, 101, "learned", NULL);
    ends(&s, 101, 101, "version 7");
    strike(&s);
}

TEST(a_failure_reaches_all_and_is_not_kept)
{
    struct stage s = raise_learning_stage();

    for (int i = 1; i <= 100; i++)
        begin(&s, i, "learned", NULL);
    CHECK_TEXT(news(&s), "ask 0 GET /learn");
    reply(&s, 404);
    CHECK_TEXT(news(&s), "need 0");
    feed_last(&s, "");
    ends(&s, 1, 100, "not_found: the answer to GET /learn is ");
    begin(&s, 101, "learned", NULL);
    CHECK_TEXT(news(&s), "ask 0 GET /learn");
    answer(&s, "now");
    ends(&s, 101, 101, "now");
    strike(&s);
}

TEST(one_who_leaves_strands_nobody)
{
    struct stage s = raise_learning_stage();
    struct job *worker, *first = begin(&s, 1, "learned", NULL);

    begin(&s, 2, "learned", NULL);
    CHECK_TEXT(news(&s), "ask 0 GET /learn");
    worker = s.job;
    engine_cancel(s.engine, first);
    ends(&s, 1, 1, "cancelled: cancelled");
    s.job = worker;
    answer(&s, "text");
    ends(&s, 2, 2, "text");
    strike(&s);
}

/* The work goes on without an asker, for whoever comes next. */
TEST(the_last_one_leaves)
{
    struct stage s = raise_learning_stage();
    struct job *worker, *job = begin(&s, 1, "learned", NULL);

    CHECK_TEXT(news(&s), "ask 0 GET /learn");
    worker = s.job;
    engine_cancel(s.engine, job);
    ends(&s, 1, 1, "cancelled: cancelled");
    begin(&s, 2, "learned", NULL);
    settle(&s);                     /* it joins, and nobody is asked again */
    s.job = worker;
    answer(&s, "text");
    ends(&s, 2, 2, "text");
    strike(&s);
}

TEST(clients_with_the_same_options_share)
{
    struct stage s = raise_learning_stage();
    struct client *other = client_with(&learning_driver, "64");

    begin(&s, 1, "learned", NULL);
    begin_for(&s, other, "learned", NULL, (struct job_options){
        .tag = 2, .transport = 1
    });
    CHECK_TEXT(news(&s), "ask 0 GET /learn");
    answer(&s, "text");
    ends(&s, 1, 2, "text");
    client_release(other);
    strike(&s);
}

TEST(what_a_transport_taught_is_not_for_another)
{
    struct stage s = raise_learning_stage();

    begin(&s, 1, "learned", NULL);
    CHECK_TEXT(news(&s), "ask 0 GET /learn");
    answer(&s, "one");
    ends(&s, 1, 1, "one");
    begin_for(&s, s.client, "learned", NULL, (struct job_options){
        .tag = 2, .transport = 2
    });
    CHECK_TEXT(news(&s), "ask 0 GET /learn");
    answer(&s, "two");
    ends(&s, 2, 2, "two");
    strike(&s);
}

TEST(deleted_while_all_wait)
{
    struct stage s = raise_learning_stage();

    for (int i = 1; i <= 10; i++)
        begin(&s, i, "learned", NULL);
    CHECK_TEXT(news(&s), "ask 0 GET /learn");
    strike(&s);
}

/* The work is under way on a connection, and nobody holds its job but the
 * engine. */
TEST(deleted_while_the_work_is_under_way)
{
    struct listener l = listen_here();
    struct stage s = raise_stage_for(client_to(&learning_driver, l.port, "4"));
    char head[1000];
    int connection;

    for (int i = 1; i <= 10; i++)
        begin_real(&s, i, "learned", NULL);
    connection = accept_request(&l, head, sizeof head);
    CHECK(strncmp(head, "GET /learn HTTP/1.1\r\n", 21) == 0);
    strike(&s);
    CHECK(read(connection, head, 1) == 0);
    close(connection);
    close(l.descriptor);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"a_hundred_share_one_request", test_a_hundred_share_one_request},
        {"a_failure_reaches_all_and_is_not_kept",
         test_a_failure_reaches_all_and_is_not_kept},
        {"one_who_leaves_strands_nobody", test_one_who_leaves_strands_nobody},
        {"the_last_one_leaves", test_the_last_one_leaves},
        {"clients_with_the_same_options_share",
         test_clients_with_the_same_options_share},
        {"what_a_transport_taught_is_not_for_another",
         test_what_a_transport_taught_is_not_for_another},
        {"deleted_while_all_wait", test_deleted_while_all_wait},
        {"deleted_while_the_work_is_under_way",
         test_deleted_while_the_work_is_under_way},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
