/* engine_bulk_test.c -- files as bodies, on the threads of libuv. */
#include <dirent.h>
#include <sched.h>
#include <sys/stat.h>

#include "engine_net.h"

enum { LENGTH = 3000000 };

static char folder[] = "/tmp/luft-bulk-XXXXXX";
static struct server server;

static struct stage raise_bulk_stage(void)
{
    return raise_stage_for(client_to(&engine_driver, server.port, "10"));
}

static struct job *move(struct stage *s, int number, const char *method,
                        const char *target, const char *name)
{
    char text[200];

    snprintf(text, sizeof text, "%s %s/%s", target, folder, name);
    return begin_real(s, number, method, text);
}

static long size_of(const char *name)
{
    struct stat st;
    char path[100];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

static int files(void)
{
    DIR *d = opendir(folder);
    int count = -2;                 /* . and .. */

    while (d && readdir(d))
        count++;
    if (d)
        closedir(d);
    return count;
}

static void remove_file(const char *name)
{
    char path[100];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK(unlink(path) == 0);
}

TEST(down_and_up_again)
{
    struct stage s = raise_bulk_stage();

    move(&s, 1, "download", "/bytes?n=3000000", "file");
    CHECK_TEXT(news(&s), "end 1 ");
    CHECK(size_of("file") == LENGTH);
    move(&s, 2, "upload", "/echo", "file");
    news(&s);
    CHECK(strstr(buf_string(&s.text), "\"body_bytes\":3000000,") != NULL);
    strike(&s);
}

/* One that pauses at once never says which socket it has. */
TEST(on_a_connection_that_served_before)
{
    static const char *const targets[] = {
        "/bytes?n=0", "/bytes?n=1", "/bytes?n=262145", "/bytes?n=3000000"
    };
    struct stage s = raise_bulk_stage();

    for (int i = 0; i < 100; i++) {
        move(&s, 1, "download", targets[i % 4], "file");
        CHECK_TEXT(news(&s), "end 1 ");
    }
    CHECK(size_of("file") == LENGTH);
    strike(&s);
}

TEST(many_at_a_time)
{
    struct stage s = raise_bulk_stage();
    int good = 0;

    for (int i = 0; i < 30; i++)
        move(&s, i, "upload", "/echo", "file");
    while (s.count) {
        news(&s);
        good += strstr(buf_string(&s.text), "\"body_bytes\":3000000,") != NULL;
    }
    CHECK(good == 30);
    strike(&s);
}

/* A file has its name only once it is whole; what is given up leaves none. */
TEST(half_a_file_is_none)
{
    struct stage s = raise_bulk_stage();
    struct job *job = move(&s, 1, "download", "/bytes?n=3000000&stall_after="
                           "1000000", "half");

    while (files() < 2)             /* "file", and the new one's other name */
        sched_yield();
    engine_cancel(s.engine, job);
    CHECK_TEXT(news(&s), "end 1 cancelled: cancelled");
    move(&s, 2, "download", "/bytes?n=3000000&cut_after=1000000", "half");
    CHECK_TEXT(news_like(&s, "end 2 protocol: "), "end 2 protocol: ");
    strike(&s);
    CHECK(files() == 1);
}

TEST(deleted_in_the_middle)
{
    for (int round = 0; round < 10; round++) {
        struct stage s = raise_bulk_stage();

        for (int i = 0; i < 10; i++) {
            char name[20];

            snprintf(name, sizeof name, "new%d", i);
            move(&s, i, "upload", "/echo", "file");
            move(&s, i, "download", "/bytes?n=3000000&stall_after=2999999",
                 name);
        }
        for (int i = 0; i < round; i++)
            news(&s);
        strike(&s);
        CHECK(files() == 1);
    }
    remove_file("file");
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"down_and_up_again", test_down_and_up_again},
        {"on_a_connection_that_served_before",
         test_on_a_connection_that_served_before},
        {"many_at_a_time", test_many_at_a_time},
        {"half_a_file_is_none", test_half_a_file_is_none},
        {"deleted_in_the_middle", test_deleted_in_the_middle},
        {NULL, NULL}
    };

    if (!mkdtemp(folder))
        return 1;
    server = start_server();
    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    stop_server(&server);
    CHECK(rmdir(folder) == 0);
    return test_end();
}
