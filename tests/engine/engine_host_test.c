/* engine_host_test.c -- what the engine does to the process it lives in:
 * descriptors, threads, signals, forks, exits. */
#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine_net.h"
#include "../../src/engine/reactor.h"

/* --- descriptors and threads --------------------------------------------- */

static int entries(const char *folder)
{
    DIR *d = opendir(folder);
    int count = 0;

    while (d && readdir(d))
        count++;
    if (d)
        closedir(d);
    return count;
}

/* Everything that can be under way, and nothing that ends by itself. */
static void begin_everything(struct stage *s, const struct listener *l)
{
    struct client *one = client_with(&engine_driver, "1");
    struct client *learning = client_with(&learning_driver, "4");
    struct client *real = client_to(&engine_driver, l->port, "4");
    const struct job_options alone = {.tag = 1, .transport = 1};

    begin(s, 1, "sleep", NULL);
    begin(s, 1, "items", NULL);
    begin(s, 1, "stream", "/stream");
    begin(s, 1, "run", "while :; do sleep 1; done");
    for (int i = 0; i < 20; i++) {
        begin_for(s, one, "get", "/queued", alone);
        begin_for(s, learning, "get", "/joining", alone);
        begin_for(s, real, "post", "/sending", (struct job_options){.tag = 1});
    }
    client_release(one);            /* their calls hold them */
    client_release(learning);
    client_release(real);
}

TEST(deleted_with_everything_under_way)
{
    struct listener l = listen_here();
    struct stage s;
    char head[1000];
    int files = 0, threads = 0;

    for (int round = 0; round < 5; round++) {
        int connection;

        if (round == 1) {           /* libuv keeps its worker threads */
            files = entries("/proc/self/fd");
            threads = entries("/proc/self/task");
        }
        s = raise_stage();
        begin_everything(&s, &l);
        connection = accept_request(&l, head, sizeof head);
        CHECK(strncmp(head, "POST /sending HTTP/1.1\r\n", 24) == 0);
        strike(&s);
        while (read(connection, head, sizeof head) > 0)
            ;                       /* the other end is closed */
        close(connection);
    }
    CHECK(entries("/proc/self/fd") == files);
    CHECK(entries("/proc/self/task") == threads);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
    close(l.descriptor);
}

TEST(deleted_at_once)
{
    int files = entries("/proc/self/fd"), threads = entries("/proc/self/task");

    for (int i = 0; i < 50; i++) {
        struct stage s = raise_stage();

        if (i % 2)
            begin(&s, 1, "get", "/thing");
        strike(&s);
    }
    CHECK(entries("/proc/self/fd") == files);
    CHECK(entries("/proc/self/task") == threads);
}

/* --- signals ------------------------------------------------------------- */

/* "SigBlk:\tfffffffe7ffbfeff" of each thread but this one. */
static bool others_block(const char *mask)
{
    DIR *d = opendir("/proc/self/task");
    const struct dirent *entry;
    char path[300], line[200];
    int good = 0, bad = 0;

    while (d && (entry = readdir(d)) != NULL) {
        FILE *f;

        if (atoi(entry->d_name) == 0 || atoi(entry->d_name) == getpid())
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/status",
                 entry->d_name);
        f = fopen(path, "r");
        while (f && fgets(line, sizeof line, f)) {
            if (strncmp(line, "SigBlk:", 7) == 0) {
                good += strstr(line, mask) != NULL;
                bad += strstr(line, mask) == NULL;
            }
        }
        if (f)
            fclose(f);
    }
    if (d)
        closedir(d);
    return good > 0 && bad == 0;
}

/* All that can be blocked: KILL, STOP and libc's own two cannot. */
TEST(the_thread_blocks_all_signals)
{
    struct stage s = raise_stage();
    sigset_t mine;

    begin(&s, 1, "sleep", NULL);
    settle(&s);
    if (SANITIZED)                  /* they have threads of their own */
        CHECK(true);
    else
        CHECK(others_block("fffffffe7ffbfeff"));
    pthread_sigmask(SIG_SETMASK, NULL, &mine);
    CHECK(!sigismember(&mine, SIGINT) && !sigismember(&mine, SIGTERM));
    strike(&s);
}

/* --- children ------------------------------------------------------------ */

#define NEEDS_THREADS_IN_CHILDREN() do { \
        if (THREADS_SANITIZED) \
            SKIP("ThreadSanitizer takes no threads in a child of fork"); \
    } while (0)

static bool is_child;

/* Where a child exits, its parent's memory looks like leaks. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return is_child;
}

/* Runs fn in a child of fork; what it returns, or -1 when it was killed. */
static int in_child(int (*fn)(struct stage *s), struct stage *s)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        test_is_bad = false;
        is_child = true;
        watch();
        _exit(fn(s) || test_is_bad);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The parent's jobs are none of the child's. */
static void forget_jobs(struct stage *s)
{
    s->count = 0;
}

static int use_the_engine(struct stage *s)
{
    forget_jobs(s);
    begin(s, 7, "get", "/child");
    CHECK(engine_busy(s->engine) == 1);
    CHECK_TEXT(news(s), "ask 7 GET /child");
    answer(s, "for the child");
    CHECK_TEXT(news(s), "end 7 for the child");
    begin(s, 8, "run", "echo hello");
    CHECK_TEXT(news(s), "end 8 0 hello\\x0A");
    strike(s);
    return 0;
}

TEST(a_child_has_an_engine_of_its_own)
{
    struct stage s;
    struct job *job;

    NEEDS_THREADS_IN_CHILDREN();
    s = raise_stage();
    begin(&s, 1, "get", "/parent");
    CHECK_TEXT(news(&s), "ask 1 GET /parent");
    job = s.job;
    CHECK(in_child(use_the_engine, &s) == 0);
    s.job = job;
    answer(&s, "for the parent");
    CHECK_TEXT(news(&s), "end 1 for the parent");
    strike(&s);
}

static int compare_wake_descriptors(struct stage *s)
{
    struct stat parents, childs;

    CHECK(fstat(engine_wake_descriptor(s->engine), &parents) == 0);
    begin(s, 7, "get", "/child");
    CHECK_TEXT(news(s), "ask 7 GET /child");
    CHECK(fstat(engine_wake_descriptor(s->engine), &childs) == 0);
    CHECK(childs.st_ino != parents.st_ino);
    strike(s);
    return 0;
}

/* nginx's master loads luft, its workers use it first: what one is told must
 * not be read by another. */
TEST(an_engine_made_before_the_fork_and_used_after)
{
    struct stage s;

    NEEDS_THREADS_IN_CHILDREN();
    s = raise_stage();
    CHECK(in_child(compare_wake_descriptors, &s) == 0);
    strike(&s);
}

static int use_a_connection(struct stage *s)
{
    forget_jobs(s);
    for (int i = 0; i < 5; i++) {
        begin_real(s, 7, "get", "/bytes?n=10");
        CHECK_TEXT(news(s), "end 7 0123456789");
    }
    strike(s);
    return 0;
}

/* The parent's open connection is not the child's to talk on, nor to close. */
TEST(a_child_has_connections_of_its_own)
{
    struct server server;
    struct stage s;

    NEEDS_THREADS_IN_CHILDREN();
    server = start_server();
    s = raise_stage_for(client_to(&engine_driver, server.port, "4"));
    begin_real(&s, 1, "get", "/bytes?n=10");
    CHECK_TEXT(news(&s), "end 1 0123456789");
    CHECK(in_child(use_a_connection, &s) == 0);
    begin_real(&s, 2, "get", "/bytes?n=10");
    CHECK_TEXT(news(&s), "end 2 0123456789");
    begin_real(&s, 3, "get", "/counts");
    news(&s);
    CHECK(strstr(buf_string(&s.text), "\"connections\":2,") != NULL);
    strike(&s);
    stop_server(&server);
}

static int delete_the_engine(struct stage *s)
{
    forget_jobs(s);
    strike(s);
    return 0;
}

TEST(a_child_that_only_deletes_the_engine)
{
    struct stage s = raise_stage();

    begin(&s, 1, "get", "/parent");
    CHECK_TEXT(news(&s), "ask 1 GET /parent");
    CHECK(in_child(delete_the_engine, &s) == 0);
    answer(&s, "text");
    CHECK_TEXT(news(&s), "end 1 text");
    strike(&s);
}

/* The engine's thread may be at its queues when the process forks; then the
 * child has locks that nobody will ever open. */
TEST(a_child_born_while_the_queues_were_locked)
{
    struct stage s;

    NEEDS_THREADS_IN_CHILDREN();
    s = raise_stage();
    begin(&s, 1, "sleep", NULL);
    settle(&s);
    pthread_mutex_lock(&s.engine->lock);
    CHECK(in_child(delete_the_engine, &s) == 0);
    CHECK(in_child(use_the_engine, &s) == 0);
    pthread_mutex_unlock(&s.engine->lock);
    strike(&s);
}

static int exit_at_once(struct stage *s)
{
    (void)s;
    exit(0);
}

/* After files and programs libuv has worker threads, which it joins when the
 * process exits; the child has none. */
TEST(a_child_that_exits_at_once)
{
    struct stage s;

    NEEDS_THREADS_IN_CHILDREN();
    s = raise_stage();
    begin(&s, 1, "run", "echo hello");
    CHECK_TEXT(news(&s), "end 1 0 hello\\x0A");
    for (int i = 0; i < 20; i++)
        CHECK(in_child(exit_at_once, &s) == 0);
    strike(&s);
}

static int exit_with_jobs(struct stage *s)
{
    struct listener l = listen_here();

    forget_jobs(s);
    begin_everything(s, &l);
    exit(0);
}

TEST(a_process_that_exits_with_everything_under_way)
{
    struct stage s;

    NEEDS_THREADS_IN_CHILDREN();
    s = raise_stage();
    for (int i = 0; i < 5; i++)
        CHECK(in_child(exit_with_jobs, &s) == 0);
    strike(&s);
}

/* --- a host that uses libuv itself --------------------------------------- */

static void nothing(uv_work_t *work)
{
    (void)work;
}

static void done_nothing(uv_work_t *work, int status)
{
    (void)work, (void)status;
}

/* libuv's worker threads start here, with this thread's signals. */
static void use_libuv(void)
{
    uv_work_t work;
    uv_loop_t loop;

    CHECK(uv_loop_init(&loop) == 0);
    uv_queue_work(&loop, &work, nothing, done_nothing);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop) == 0);
}

static int run_what_does_not_read(struct stage *s)
{
    char *input = mem_alloc(1000001);
    struct call *c = call_for(s->client, "run", "exec 0<&-; echo fine");

    use_libuv();
    memset(input, 'x', 1000000);
    set_value(&c->args[1], TEXT, arena_text(&c->arena, input));
    mem_free(input);
    keep_job(s, engine_start(s->engine, c, (struct job_options){.tag = 1}));
    CHECK_TEXT(news(s), "end 1 0 fine\\x0A");
    strike(s);
    return 0;
}

/* SIGPIPE would end the process: nobody ignores it here. */
TEST(a_program_that_does_not_read_ends_nobody)
{
    struct stage s;

    NEEDS_THREADS_IN_CHILDREN();
    s = raise_stage();
    CHECK(in_child(run_what_does_not_read, &s) == 0);
    strike(&s);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"deleted_with_everything_under_way",
         test_deleted_with_everything_under_way},
        {"deleted_at_once", test_deleted_at_once},
        {"the_thread_blocks_all_signals", test_the_thread_blocks_all_signals},
        {"a_child_has_an_engine_of_its_own",
         test_a_child_has_an_engine_of_its_own},
        {"an_engine_made_before_the_fork_and_used_after",
         test_an_engine_made_before_the_fork_and_used_after},
        {"a_child_has_connections_of_its_own",
         test_a_child_has_connections_of_its_own},
        {"a_child_that_only_deletes_the_engine",
         test_a_child_that_only_deletes_the_engine},
        {"a_child_born_while_the_queues_were_locked",
         test_a_child_born_while_the_queues_were_locked},
        {"a_child_that_exits_at_once", test_a_child_that_exits_at_once},
        {"a_process_that_exits_with_everything_under_way",
         test_a_process_that_exits_with_everything_under_way},
        {"a_program_that_does_not_read_ends_nobody",
         test_a_program_that_does_not_read_ends_nobody},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
