/* engine_errand_test.c -- small files and programs: WANT_READ, WANT_RUN. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine_play.h"

enum { MOST_BYTES = 1024 * 1024 };

static char folder[] = "/tmp/luft-errand-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[100];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, size_t length)
{
    FILE *f = fopen(path_of(name), "w");

    for (size_t i = 0; f && i < length; i++)
        putc('a' + (int)(i % 26), f);
    CHECK(f && fclose(f) == 0);
}

static const char *outcome_of(const char *method, const char *text)
{
    static struct buf copy;
    struct stage s = raise_stage();

    begin(&s, 1, method, text);
    buf_clear(&copy);
    buf_text(&copy, news(&s));
    strike(&s);
    return buf_string(&copy);
}

static const char *read_outcome(const char *name)
{
    return outcome_of("read", *name == '/' ? name : path_of(name));
}

/* --- files --------------------------------------------------------------- */

TEST(files_are_read)
{
    write_file("short", 5);
    CHECK_TEXT(read_outcome("short"), "end 1 abcde");
    write_file("empty", 0);
    CHECK_TEXT(read_outcome("empty"), "end 1 ");
    CHECK_TEXT(read_outcome("/dev/null"), "end 1 ");
    write_file("long", MOST_BYTES);
    CHECK_TEXT(read_outcome("long"), "end 1 1048576 bytes");
}

TEST(files_that_cannot_be_read)
{
    char wanted[200];

    snprintf(wanted, sizeof wanted, "end 1 not_found: cannot read %s: No such "
             "file or directory", path_of("none"));
    CHECK_TEXT(read_outcome("none"), wanted);
    snprintf(wanted, sizeof wanted, "end 1 local: cannot read %s: Is a "
             "directory", folder);
    CHECK_TEXT(read_outcome(folder), wanted);
    write_file("large", MOST_BYTES + 1);
    snprintf(wanted, sizeof wanted, "end 1 local: %s is larger than 1048576 "
             "bytes", path_of("large"));
    CHECK_TEXT(read_outcome("large"), wanted);
    CHECK_TEXT(read_outcome("/dev/zero"), "end 1 local: /dev/zero is larger "
               "than 1048576 bytes");
}

/* Nobody may ever write into it, and a thread that waits for that could not be
 * called back. */
TEST(a_pipe_is_no_file)
{
    char wanted[200];

    CHECK(mkfifo(path_of("pipe"), 0600) == 0);
    snprintf(wanted, sizeof wanted, "end 1 local: %s is no plain file",
             path_of("pipe"));
    CHECK_TEXT(read_outcome("pipe"), wanted);
}

/* --- programs ------------------------------------------------------------ */

TEST(output_and_status)
{
    CHECK_TEXT(outcome_of("run", "echo hello"), "end 1 0 hello\\x0A");
    CHECK_TEXT(outcome_of("run", "echo no; exit 3"), "end 1 3 no\\x0A");
    CHECK_TEXT(outcome_of("run", "true"), "end 1 0 ");
    CHECK_TEXT(outcome_of("run", "kill -9 $$"), "end 1 137 ");
    CHECK_TEXT(outcome_of("run", "kill -TERM $$"), "end 1 143 ");
    CHECK_TEXT(outcome_of("run_nothing", NULL), "end 1 local: cannot run "
               "/no/such/program: No such file or directory");
}

TEST(arguments_reach_it_as_they_are)
{
    CHECK_TEXT(outcome_of("run_exactly", NULL),
               "end 1 0 [a b][][$HOME][*]['\"\\][\\xFF\\x0A]");
}

TEST(it_has_the_process_environment)
{
    setenv("LUFT_ERRAND", "a  b", 1);
    CHECK_TEXT(outcome_of("run", "printf %s \"$LUFT_ERRAND\""),
               "end 1 0 a  b");
    unsetenv("LUFT_ERRAND");
}

/* Whatever its host does with signals. */
TEST(signals_are_as_a_program_expects_them)
{
    struct sigaction before, ignored = {.sa_handler = SIG_IGN};

    sigaction(SIGPIPE, &ignored, &before);
    CHECK_TEXT(outcome_of("run", "kill -PIPE $$; echo alive"), "end 1 141 ");
    CHECK_TEXT(outcome_of("run", "sed -n 's/^SigBlk:.//p' /proc/self/status"),
               "end 1 0 0000000000000000\\x0A");
    sigaction(SIGPIPE, &before, NULL);
}

static int inherited_descriptors(void)
{
    int count = 0;

    for (int i = 3; i < 1024; i++) {
        int flags = fcntl(i, F_GETFD);

        count += flags >= 0 && !(flags & FD_CLOEXEC);
    }
    return count;
}

/* None of the engine's but the two sockets by which libcurl wakes itself up,
 * which it makes without close-on-exec before 8.13. */
TEST(no_descriptor_leaks_into_it)
{
    int before = inherited_descriptors(), there = 0;
    const char *at = outcome_of("run", "exec ls /proc/self/fd");

    if (THREADS_SANITIZED)
        SKIP("ThreadSanitizer opens some of its own");
    while ((at = strstr(at, "\\x0A")) != NULL) {
        at++;
        there++;
    }
    there--;                        /* the folder that it lists */
    CHECK(there >= before + 3 && there <= before + 5);
}

/* --- its stdin ----------------------------------------------------------- */

static const char *run_with_input(const char *command, size_t length)
{
    static struct buf copy;
    struct stage s = raise_stage();
    struct call *c = call_for(s.client, "run", command);
    char *input = mem_alloc(length + 1);

    memset(input, 'x', length);
    set_value(&c->args[1], TEXT, arena_text(&c->arena, input));
    mem_free(input);
    keep_job(&s, engine_start(s.engine, c, (struct job_options){.tag = 1}));
    buf_clear(&copy);
    buf_text(&copy, news(&s));
    strike(&s);
    return buf_string(&copy);
}

TEST(it_reads_its_input)
{
    CHECK_TEXT(run_with_input("cat", 5), "end 1 0 xxxxx");
    /* the text starts with the status and a space */
    CHECK_TEXT(run_with_input("cat", 200000), "end 1 200002 bytes");
    CHECK_TEXT(run_with_input("wc -c", 1000000), "end 1 0 1000000\\x0A");
    CHECK_TEXT(outcome_of("run", "cat"), "end 1 0 ");
}

TEST(it_does_not_read_its_input)
{
    CHECK_TEXT(run_with_input("echo fine", 1000000), "end 1 0 fine\\x0A");
    CHECK_TEXT(run_with_input("exec 0<&-; echo fine", 1000000),
               "end 1 0 fine\\x0A");
}

/* --- limits -------------------------------------------------------------- */

TEST(output_has_a_ceiling)
{
    CHECK_TEXT(outcome_of("run", "head -c 1048576 /dev/zero | tr '\\0' x"),
               "end 1 1048578 bytes");
    CHECK_TEXT(outcome_of("run", "head -c 1048577 /dev/zero"),
               "end 1 local: sh printed more than 1048576 bytes");
    CHECK_TEXT(outcome_of("run", "yes"),
               "end 1 local: sh printed more than 1048576 bytes");
}

/* Starts a program that tells its number through a pipe and never ends. */
static pid_t begin_endless(struct stage *s, const char *format)
{
    char command[300], text[20] = "";
    struct job *job;
    int pipe_end;

    unlink(path_of("told"));
    CHECK(mkfifo(path_of("told"), 0600) == 0);
    snprintf(command, sizeof command, format, path_of("told"));
    job = begin(s, 1, "run", command);
    pipe_end = open(path_of("told"), O_RDONLY);     /* until it is there */
    CHECK(read(pipe_end, text, sizeof text - 1) > 0);
    close(pipe_end);
    s->job = job;
    return (pid_t)atoi(text);
}

static bool has_child(void)
{
    return waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD;
}

TEST(a_cancelled_program_is_killed)
{
    struct stage s = raise_stage();
    pid_t pid = begin_endless(&s, "echo $$ >%s; exec sleep 100000");

    engine_cancel(s.engine, s.job);
    CHECK_TEXT(news(&s), "end 1 cancelled: cancelled");
    strike(&s);                     /* waits for its end */
    CHECK(pid > 0 && kill(pid, 0) < 0 && errno == ESRCH);
    CHECK(!has_child());
}

TEST(so_is_one_under_way_when_the_engine_is_deleted)
{
    struct stage s = raise_stage();
    pid_t pid = begin_endless(&s, "echo $$ >%s; while :; do sleep 1; done");

    strike(&s);
    CHECK(pid > 0 && kill(pid, 0) < 0 && errno == ESRCH);
    CHECK(!has_child());
}

/* What a program has left running in a session of its own is not ours to kill,
 * nor to wait for, though it holds the output open. */
TEST(a_grandchild_holds_nobody_up)
{
    struct stage s = raise_stage();
    pid_t pid = begin_endless(&s, "setsid sh -c 'echo $$ >%s; exec sleep "
                              "100000' & wait");

    engine_cancel(s.engine, s.job);
    CHECK_TEXT(news(&s), "end 1 cancelled: cancelled");
    strike(&s);
    CHECK(pid > 0 && kill(pid, SIGKILL) == 0);
    CHECK(!has_child());
}

/* --- other people's children --------------------------------------------- */

TEST(a_child_of_the_host_is_left_alone)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(7);
    CHECK_TEXT(outcome_of("run", "echo hello"), "end 1 0 hello\\x0A");
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
}

/* A host may have its children vanish: what cannot be known is no success. */
TEST(a_status_that_is_lost_is_an_error)
{
    struct sigaction before, ignored = {.sa_handler = SIG_IGN};

    sigaction(SIGCHLD, &ignored, &before);
    CHECK_TEXT(outcome_of("run", "exit 3"), "end 1 local: how sh ended is not "
               "known: something else in this process reaps its children");
    sigaction(SIGCHLD, &before, NULL);
}

TEST(files_are_cleaned_up)
{
    static const char *const names[] = {
        "short", "empty", "long", "large", "pipe", "told"
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK(unlink(path_of(names[i])) == 0);
    CHECK(rmdir(folder) == 0);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"files_are_read", test_files_are_read},
        {"files_that_cannot_be_read", test_files_that_cannot_be_read},
        {"a_pipe_is_no_file", test_a_pipe_is_no_file},
        {"output_and_status", test_output_and_status},
        {"arguments_reach_it_as_they_are", test_arguments_reach_it_as_they_are},
        {"it_has_the_process_environment", test_it_has_the_process_environment},
        {"signals_are_as_a_program_expects_them",
         test_signals_are_as_a_program_expects_them},
        {"no_descriptor_leaks_into_it", test_no_descriptor_leaks_into_it},
        {"it_reads_its_input", test_it_reads_its_input},
        {"it_does_not_read_its_input", test_it_does_not_read_its_input},
        {"output_has_a_ceiling", test_output_has_a_ceiling},
        {"a_cancelled_program_is_killed", test_a_cancelled_program_is_killed},
        {"so_is_one_under_way_when_the_engine_is_deleted",
         test_so_is_one_under_way_when_the_engine_is_deleted},
        {"a_grandchild_holds_nobody_up", test_a_grandchild_holds_nobody_up},
        {"a_child_of_the_host_is_left_alone",
         test_a_child_of_the_host_is_left_alone},
        {"a_status_that_is_lost_is_an_error",
         test_a_status_that_is_lost_is_an_error},
        {"files_are_cleaned_up", test_files_are_cleaned_up},
        {NULL, NULL}
    };

    if (!mkdtemp(folder))
        return 1;
    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
