/* engine_jobs_test.c -- calls in the engine: what they are asked, in which
 * order, how they are cancelled; and the descriptor that wakes Lua's thread. */
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "engine_play.h"
#include "../../src/engine/reactor.h"

/* --- answers ------------------------------------------------------------- */

TEST(a_transport_answers)
{
    struct stage s = raise_stage();

    begin(&s, 1, "get", "/thing");
    CHECK(engine_busy(s.engine) == 1);
    CHECK_TEXT(news(&s), "ask 1 GET /thing");
    reply(&s, 200);
    CHECK_TEXT(news(&s), "need 1");
    feed_some(&s, "two ", false);
    CHECK_TEXT(news(&s), "need 1");
    feed_last(&s, "parts");
    CHECK_TEXT(news(&s), "end 1 two parts");
    CHECK(engine_busy(s.engine) == 0);
    strike(&s);
}

TEST(a_transport_fails)
{
    struct buf nothing = {0};
    struct error why = {0};
    struct stage s = raise_stage();

    begin(&s, 1, "post", "/thing");
    CHECK_TEXT(news(&s), "ask 1 POST /thing");
    error_set(&why, ERROR_UNSUPPORTED, "no luck");
    engine_feed(s.engine, s.job, &nothing, false, &why);
    CHECK_TEXT(news(&s), "end 1 unsupported: no luck");
    strike(&s);
}

/* Whoever asks a transport twice, or answers after the end, does no harm. */
TEST(answers_that_nobody_waits_for)
{
    struct stage s = raise_stage();
    struct job *job;

    begin(&s, 1, "get", "/thing");
    CHECK_TEXT(news(&s), "ask 1 GET /thing");
    job = s.job;
    job_hold(job);
    answer(&s, "text");
    CHECK_TEXT(news(&s), "end 1 text");
    s.job = job;
    reply(&s, 200);
    feed_last(&s, "more");
    engine_pull(s.engine, job);
    engine_cancel(s.engine, job);
    job_release(job);
    settle(&s);
    strike(&s);
}

TEST(a_wait_ends)
{
    struct stage s = raise_stage();

    begin(&s, 1, "nap", NULL);
    CHECK_TEXT(news(&s), "end 1 done");
    strike(&s);
}

/* --- streams ------------------------------------------------------------- */

/* Two pieces may be at the consumer; a third one is not even asked for. */
TEST(a_stream_waits_for_its_consumer)
{
    struct stage s = raise_stage();

    begin(&s, 1, "stream", "/stream");
    CHECK_TEXT(news(&s), "ask 1 GET /stream");
    reply(&s, 200);
    CHECK_TEXT(news(&s), "need 1");
    feed_some(&s, "a", false);
    CHECK_TEXT(news(&s), "piece 1 0:a|");
    CHECK_TEXT(news(&s), "need 1");
    feed_some(&s, "b", false);
    CHECK_TEXT(news(&s), "piece 1 0:b|");
    settle(&s);                     /* no need is told */
    strike(&s);
}

/* One need for one piece, however pulls and pieces mix; else those that were
 * told too often would let a fast producer run ahead later. */
TEST(a_used_piece_makes_room)
{
    struct stage s = raise_stage();

    begin(&s, 1, "stream", "/stream");
    CHECK_TEXT(news(&s), "ask 1 GET /stream");
    reply(&s, 200);
    for (int i = 0; i < 5; i++) {
        CHECK_TEXT(news(&s), "need 1");
        feed_some(&s, "x", false);
        CHECK_TEXT(news(&s), "piece 1 0:x|");
        engine_pull(s.engine, s.job);
    }
    CHECK_TEXT(news(&s), "need 1");
    settle(&s);                     /* and no other */
    feed_some(&s, "y", false);
    CHECK_TEXT(news(&s), "piece 1 0:y|");
    CHECK_TEXT(news(&s), "need 1");
    feed_some(&s, "z", false);
    CHECK_TEXT(news(&s), "piece 1 0:z|");
    settle(&s);
    engine_pull(s.engine, s.job);
    CHECK_TEXT(news(&s), "need 1");
    feed_last(&s, "");
    CHECK_TEXT(news(&s), "end 1 ");
    strike(&s);
}

TEST(items_wait_for_their_consumer)
{
    struct stage s = raise_stage();
    struct job *job = begin(&s, 1, "items", NULL);

    CHECK_TEXT(news(&s), "piece 1 0:item|");
    CHECK_TEXT(news(&s), "piece 1 0:item|");
    settle(&s);
    engine_pull(s.engine, job);
    CHECK_TEXT(news(&s), "piece 1 0:item|");
    settle(&s);
    engine_cancel(s.engine, job);
    CHECK_TEXT(news(&s), "end 1 cancelled: cancelled");
    strike(&s);
}

/* --- cancelling ---------------------------------------------------------- */

TEST(cancelled_as_soon_as_it_starts)
{
    struct stage s = raise_stage();
    struct job *job = begin(&s, 1, "sleep", NULL);

    engine_cancel(s.engine, job);
    CHECK_TEXT(news(&s), "end 1 cancelled: cancelled");
    strike(&s);
}

TEST(cancelled_in_the_queue)
{
    struct stage s = raise_stage_for(client_with(&engine_driver, "1"));
    struct job *asked, *queued;

    begin(&s, 1, "get", "/1");
    CHECK_TEXT(news(&s), "ask 1 GET /1");
    asked = s.job;
    queued = begin(&s, 2, "get", "/2");
    begin(&s, 3, "get", "/3");
    settle(&s);
    engine_cancel(s.engine, queued);
    CHECK_TEXT(news(&s), "end 2 cancelled: cancelled");
    s.job = asked;
    answer(&s, "first");
    CHECK_TEXT(news(&s), "end 1 first");
    CHECK_TEXT(news(&s), "ask 3 GET /3");
    strike(&s);
}

TEST(cancelled_while_a_transport_answers)
{
    struct stage s = raise_stage();
    struct job *job = begin(&s, 1, "get", "/1");

    CHECK_TEXT(news(&s), "ask 1 GET /1");
    engine_cancel(s.engine, job);
    CHECK_TEXT(news(&s), "unask 1");
    CHECK_TEXT(news(&s), "end 1 cancelled: cancelled");
    strike(&s);
}

TEST(a_change_gets_time_to_be_answered)
{
    struct stage s = raise_stage();
    struct job *job = begin(&s, 1, "post", "/1?secret");

    CHECK_TEXT(news(&s), "ask 1 POST /1?secret");
    engine_cancel(s.engine, job);
    settle(&s);
    s.job = job;
    answer(&s, "made");
    CHECK_TEXT(news(&s), "end 1 cancelled: cancelled; POST /1 had already "
               "been answered");
    strike(&s);
}

TEST(a_second_cancellation_is_meant)
{
    struct stage s = raise_stage();
    struct job *job = begin(&s, 1, "post", "/1");

    CHECK_TEXT(news(&s), "ask 1 POST /1");
    engine_cancel(s.engine, job);
    engine_cancel(s.engine, job);
    CHECK_TEXT(news(&s), "unask 1");
    CHECK_TEXT(news(&s), "end 1 cancelled: cancelled while POST /1 was under "
               "way; whether it took effect is unknown");
    strike(&s);
}

TEST(cancelled_while_it_waits)
{
    struct stage s = raise_stage();
    struct job *job = begin(&s, 1, "sleep", NULL);

    settle(&s);
    engine_cancel(s.engine, job);
    CHECK_TEXT(news(&s), "end 1 cancelled: cancelled");
    strike(&s);
}

TEST(cancelled_after_its_end)
{
    struct stage s = raise_stage();
    struct job *job = begin(&s, 1, "fail", NULL);

    job_hold(job);
    CHECK_TEXT(news(&s), "end 1 conflict: no");
    engine_cancel(s.engine, job);
    settle(&s);
    job_release(job);
    strike(&s);
}

/* --- turns --------------------------------------------------------------- */

static struct job *begin_ranked(struct stage *s, int number, unsigned rank)
{
    char target[20];

    snprintf(target, sizeof target, "/%d", number);
    return begin_for(s, s->client, "get", target, (struct job_options){
        .tag = number, .rank = rank, .transport = 1
    });
}

/* Who asks for a hundred things does not keep those waiting who ask for one:
 * of the others at most one goes before it. */
TEST(a_single_request_overtakes_a_crowd)
{
    struct stage s = raise_stage_for(client_with(&engine_driver, "1"));
    bool came = false;

    for (int i = 0; i < 100; i++)
        begin_ranked(&s, i + 1, (unsigned)i);
    CHECK_TEXT(news(&s), "ask 1 GET /1");
    begin_ranked(&s, 500, 0);
    for (int i = 0; i < 2; i++) {
        answer(&s, "text");
        news(&s);
        CHECK(s.kind == NEWS_END);
        news(&s);
        CHECK(s.kind == NEWS_ASK);
        came = came || job_tag(s.job) == 500;
    }
    CHECK(came);
    strike(&s);
}

/* A group's requests go as they came. */
TEST(first_come_first_served)
{
    struct stage s = raise_stage_for(client_with(&engine_driver, "1"));
    char wanted[40];

    for (int i = 1; i <= 50; i++)
        begin_ranked(&s, i, (unsigned)i);
    for (int i = 1; i <= 50; i++) {
        snprintf(wanted, sizeof wanted, "ask %d GET /%d", i, i);
        CHECK_TEXT(news(&s), wanted);
        answer(&s, "text");
        snprintf(wanted, sizeof wanted, "end %d text", i);
        CHECK_TEXT(news(&s), wanted);
    }
    strike(&s);
}

/* --- waking Lua's thread ------------------------------------------------- */

static int bytes_in(int descriptor)
{
    int count = -1;

    ioctl(descriptor, FIONREAD, &count);
    return count;
}

/* How much news waits, without touching the wake descriptor. */
static int news_waiting(struct engine *e)
{
    int count = 0;

    pthread_mutex_lock(&e->lock);
    for (const struct news *n = e->news.first; n; n = n->next)
        count++;
    pthread_mutex_unlock(&e->lock);
    return count;
}

static void wait_for_news_in_queue(struct engine *e, int count)
{
    while (news_waiting(e) < count)
        sched_yield();
}

TEST(nobody_is_woken_who_does_not_wait)
{
    struct stage s = raise_stage();

    begin(&s, 1, "fail", NULL);
    wait_for_news_in_queue(s.engine, 1);
    CHECK(bytes_in(engine_wake_descriptor(s.engine)) == 0);
    CHECK(!engine_will_wait(s.engine));     /* there is news already */
    CHECK_TEXT(news(&s), "end 1 conflict: no");
    CHECK(engine_will_wait(s.engine));
    engine_waited(s.engine);
    strike(&s);
}

TEST(one_byte_wakes_for_any_number_of_news)
{
    struct stage s = raise_stage();
    struct pollfd wake = {.events = POLLIN};

    wake.fd = engine_wake_descriptor(s.engine);
    CHECK(engine_will_wait(s.engine));
    CHECK(poll(&wake, 1, 0) == 0);
    for (int i = 0; i < 50; i++)
        begin(&s, 1, "fail", NULL);
    wait_for_news_in_queue(s.engine, 50);
    CHECK(poll(&wake, 1, -1) == 1);
    CHECK(bytes_in(wake.fd) == 1);
    engine_waited(s.engine);
    CHECK(poll(&wake, 1, 0) == 0);
    for (int i = 0; i < 50; i++)
        CHECK_TEXT(news(&s), "end 1 conflict: no");
    CHECK(engine_busy(s.engine) == 0);
    strike(&s);
}

/* A batch that Lua's thread has taken but not read counts as news. */
TEST(nobody_waits_with_news_in_hand)
{
    struct stage s = raise_stage();

    begin(&s, 1, "fail", NULL);
    begin(&s, 2, "fail", NULL);
    wait_for_news_in_queue(s.engine, 2);
    CHECK_TEXT(news(&s), "end 1 conflict: no");
    CHECK(news_waiting(s.engine) == 0);
    CHECK(!engine_will_wait(s.engine));
    CHECK_TEXT(news(&s), "end 2 conflict: no");
    strike(&s);
}

TEST(another_descriptor_takes_its_place)
{
    struct stage s = raise_stage();
    struct pollfd wake = {.events = POLLIN};
    int ends[2];

    if (!CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0))
        return;
    CHECK(engine_use_wake_descriptor(s.engine, ends[1]));
    CHECK(fcntl(ends[1], F_GETFD) < 0);     /* closed: it has another number */
    wake.fd = ends[0];
    CHECK(engine_will_wait(s.engine));
    begin(&s, 1, "fail", NULL);
    CHECK(poll(&wake, 1, -1) == 1);
    engine_waited(s.engine);
    CHECK_TEXT(news(&s), "end 1 conflict: no");
    strike(&s);
    CHECK(bytes_in(ends[0]) == 1);
    close(ends[0]);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"a_transport_answers", test_a_transport_answers},
        {"a_transport_fails", test_a_transport_fails},
        {"answers_that_nobody_waits_for", test_answers_that_nobody_waits_for},
        {"a_wait_ends", test_a_wait_ends},
        {"a_stream_waits_for_its_consumer",
         test_a_stream_waits_for_its_consumer},
        {"a_used_piece_makes_room", test_a_used_piece_makes_room},
        {"items_wait_for_their_consumer", test_items_wait_for_their_consumer},
        {"cancelled_as_soon_as_it_starts", test_cancelled_as_soon_as_it_starts},
        {"cancelled_in_the_queue", test_cancelled_in_the_queue},
        {"cancelled_while_a_transport_answers",
         test_cancelled_while_a_transport_answers},
        {"a_change_gets_time_to_be_answered",
         test_a_change_gets_time_to_be_answered},
        {"a_second_cancellation_is_meant", test_a_second_cancellation_is_meant},
        {"cancelled_while_it_waits", test_cancelled_while_it_waits},
        {"cancelled_after_its_end", test_cancelled_after_its_end},
        {"a_single_request_overtakes_a_crowd",
         test_a_single_request_overtakes_a_crowd},
        {"first_come_first_served", test_first_come_first_served},
        {"nobody_is_woken_who_does_not_wait",
         test_nobody_is_woken_who_does_not_wait},
        {"one_byte_wakes_for_any_number_of_news",
         test_one_byte_wakes_for_any_number_of_news},
        {"nobody_waits_with_news_in_hand", test_nobody_waits_with_news_in_hand},
        {"another_descriptor_takes_its_place",
         test_another_descriptor_takes_its_place},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
