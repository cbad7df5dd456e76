/* errand.c -- small files and programs, on libuv's worker threads: WANT_READ
 * and WANT_RUN.
 *
 * A program is started without a shell, in a process group of its own, with
 * signals as a program expects them.  What it prints has a ceiling, its run a
 * time limit; its stderr stays the process's.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../core/mem.h"
#include "reactor.h"

extern char **environ;

enum { MOST_BYTES = 1024 * 1024, MOST_SECONDS = 60 };

struct errand {
    uv_work_t work;
    struct reactor *reactor;
    struct job *job;                /* NULL: given up; loop's thread only */
    enum want want;
    char *path;                     /* WANT_READ */
    char **argv, *input;            /* WANT_RUN */
    pthread_mutex_t lock;           /* of the next two */
    pid_t pid;                      /* 0: not running */
    bool given_up;
    int stop;                       /* readable: end the conversation; or -1 */
    struct buf output;
    int status;
    struct error why;
};

/* --- files -------------------------------------------------------------- */

/* Reads what there is; false at the end or on failure. */
static bool read_some(int descriptor, struct buf *to)
{
    char bytes[4096];
    ssize_t n = read(descriptor, bytes, sizeof bytes);

    if (n > 0)
        buf_add(to, bytes, (size_t)n);
    return (n > 0 && buf_ok(to)) || (n < 0 && errno == EINTR);
}

static bool is_pipe(int descriptor)
{
    struct stat st;

    return fstat(descriptor, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* A pipe that nobody writes to must not keep this thread: it could not be
 * called back. */
static void read_file(struct errand *e)
{
    int descriptor = open(e->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK
                          | O_NOCTTY);

    if (descriptor < 0) {
        error_set(&e->why, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_LOCAL,
                  "cannot read %s: %s", e->path, strerror(errno));
        return;
    }
    if (is_pipe(descriptor)) {
        error_set(&e->why, ERROR_LOCAL, "%s is no plain file", e->path);
        close(descriptor);
        return;
    }
    errno = 0;
    while (read_some(descriptor, &e->output))
        ;
    if (e->output.failure == BUF_TOO_LARGE)
        error_set(&e->why, ERROR_LOCAL, "%s is larger than %d bytes",
                  e->path, MOST_BYTES);
    else if (!buf_ok(&e->output))
        error_no_memory(&e->why);
    else if (errno && errno != EINTR)
        error_set(&e->why, ERROR_LOCAL, "cannot read %s: %s", e->path,
                  strerror(errno));
    close(descriptor);
}

/* --- programs ----------------------------------------------------------- */

/* Parent's ends: to[0] its stdin, from[0] its stdout. */
struct pipes {
    int to_child[2], from_child[2];
};

static bool make_pipes(struct pipes *p)
{
    if (pipe2(p->to_child, O_CLOEXEC) != 0)
        return false;
    if (pipe2(p->from_child, O_CLOEXEC) == 0)
        return true;
    close(p->to_child[0]);
    close(p->to_child[1]);
    return false;
}

static int spawn(struct errand *e, const struct pipes *p, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int failure;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, p->to_child[0], 0);
    posix_spawn_file_actions_adddup2(&files, p->from_child[1], 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK
                             | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    failure = posix_spawnp(pid, e->argv[0], &files, &attributes, e->argv,
                           environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return failure;
}

/* Gives it more of its input; what is left then. */
static size_t give_input(int descriptor, const char **at, size_t left)
{
    ssize_t n = write(descriptor, *at, left);

    if (n < 0)                      /* or it does not want to know */
        return errno == EAGAIN || errno == EINTR ? left : 0;
    *at += n;
    return left - (size_t)n;
}

/* Feeds its stdin and gathers its stdout until it closes that. */
static void converse(struct errand *e, const struct pipes *p)
{
    size_t left = e->input ? strlen(e->input) : 0;
    const char *at = e->input;
    uint64_t now, end = uv_hrtime() + UINT64_C(1000000000) * MOST_SECONDS;
    struct pollfd fds[3] = {
        {.fd = p->from_child[0], .events = POLLIN},
        {.fd = p->to_child[1], .events = POLLOUT},
        {.fd = e->stop, .events = POLLIN}
    };

    if (left)
        fcntl(p->to_child[1], F_SETFL, O_NONBLOCK);
    while ((now = uv_hrtime()) < end) {
        int ready;

        if (!left && fds[1].fd >= 0) {
            close(fds[1].fd);
            fds[1].fd = -1;
        }
        ready = poll(fds, 3, (int)((end - now) / 1000000) + 1);
        if (ready < 0)
            continue;
        if (fds[2].revents)
            break;
        if (fds[1].revents)
            left = give_input(fds[1].fd, &at, left);
        if (fds[0].revents && !read_some(fds[0].fd, &e->output))
            break;
    }
    if (now >= end)
        error_set(&e->why, ERROR_TIMEOUT, "%s did not end within %d s",
                  e->argv[0], MOST_SECONDS);
    if (fds[1].fd >= 0)
        close(fds[1].fd);
    close(fds[0].fd);
}

/* libuv's threads may be older than the engine, and the host's signals come
 * there then: a program that does not read must not end the process. */
static void converse_safely(struct errand *e, const struct pipes *p)
{
    const struct timespec none = {0};
    sigset_t broken_pipe, before;

    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
    converse(e, p);
    while (sigtimedwait(&broken_pipe, NULL, &none) == SIGPIPE)
        ;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void kill_program(struct errand *e)
{
    pthread_mutex_lock(&e->lock);
    e->given_up = true;
    if (e->pid) {
        kill(-e->pid, SIGKILL);
        eventfd_write(e->stop, 1);
    }
    pthread_mutex_unlock(&e->lock);
}

/* The number stays the program's until it is reaped, so that nobody else is
 * killed under it. */
static void reap(struct errand *e, pid_t pid)
{
    siginfo_t info = {0};
    int status = 0;
    pid_t reaped;

    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0
           && errno == EINTR)
        ;
    pthread_mutex_lock(&e->lock);
    e->pid = 0;
    while ((reaped = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
        ;
    pthread_mutex_unlock(&e->lock);
    if (reaped == pid)
        e->status = WIFEXITED(status) ? WEXITSTATUS(status)
                                      : 128 + WTERMSIG(status);
    else if (info.si_pid == pid)    /* lost in between */
        e->status = info.si_code == CLD_EXITED ? info.si_status
                                               : 128 + info.si_status;
    else
        error_set(&e->why, ERROR_LOCAL, "how %s ended is not known: something "
                  "else in this process reaps its children", e->argv[0]);
}

static void run_program(struct errand *e)
{
    struct pipes p;
    pid_t pid;
    int failure;

    e->stop = eventfd(0, EFD_CLOEXEC);
    if (e->stop < 0 || !make_pipes(&p)) {
        error_set(&e->why, ERROR_LOCAL, "cannot run %s: %s", e->argv[0],
                  strerror(errno));
        return;
    }
    pthread_mutex_lock(&e->lock);
    failure = e->given_up ? ECANCELED : spawn(e, &p, &pid);
    e->pid = failure ? 0 : pid;
    pthread_mutex_unlock(&e->lock);
    close(p.to_child[0]);
    close(p.from_child[1]);
    if (failure) {
        close(p.to_child[1]);
        close(p.from_child[0]);
        error_set(&e->why, ERROR_LOCAL, "cannot run %s: %s", e->argv[0],
                  strerror(failure));
        return;
    }
    converse_safely(e, &p);
    if (e->why.kind || !buf_ok(&e->output))
        kill_program(e);
    reap(e, pid);
    if (e->output.failure == BUF_TOO_LARGE)
        error_set(&e->why, ERROR_LOCAL, "%s printed more than %d bytes",
                  e->argv[0], MOST_BYTES);
    else if (!buf_ok(&e->output))
        error_no_memory(&e->why);
}

/* --- life --------------------------------------------------------------- */

static void free_errand(struct errand *e)
{
    for (size_t i = 0; e->argv && e->argv[i]; i++)
        mem_free(e->argv[i]);
    mem_free(e->argv);
    mem_free(e->input);
    mem_free(e->path);
    buf_free(&e->output);
    error_free(&e->why);
    if (e->stop >= 0)
        close(e->stop);
    pthread_mutex_destroy(&e->lock);
    mem_free(e);
}

static bool copy_text(char **to, const char *from)
{
    *to = from ? mem_copy(from, strlen(from)) : NULL;
    return *to || !from;
}

/* The call may be gone before its program is. */
static bool copy_task(struct errand *e, const struct call *c)
{
    size_t count = 0;

    if (e->want == WANT_READ)
        return copy_text(&e->path, c->path) && e->path;
    while (c->argv[count])
        count++;
    e->argv = mem_alloc((count + 1) * sizeof *e->argv);
    if (!e->argv || !copy_text(&e->input, c->input))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!copy_text(&e->argv[i], c->argv[i]))
            return false;
    return count > 0;
}

static void work(uv_work_t *request)
{
    struct errand *e = request->data;

    if (e->want == WANT_READ)
        read_file(e);
    else
        run_program(e);
}

static void worked(uv_work_t *request, int status)
{
    struct errand *e = request->data;
    struct job *job = e->job;

    (void)status;
    if (job) {
        job->errand = NULL;
        job->state = JOB_NEW;
        timer_stop(&e->reactor->timers, &job->timer);
        job_go_on(e->reactor, job, call_brought(job->call, &e->output,
                                                e->status, &e->why));
    }
    free_errand(e);
}

bool errand_start(struct reactor *r, struct job *job, enum want want)
{
    struct errand *e = mem_alloc(sizeof *e);

    if (!e)
        return false;
    pthread_mutex_init(&e->lock, NULL);
    e->reactor = r;
    e->job = job;
    e->want = want;
    e->stop = -1;
    e->work.data = e;
    e->output.ceiling = MOST_BYTES;
    if (!copy_task(e, job->call)
        || uv_queue_work(&r->loop, &e->work, work, worked) != 0) {
        free_errand(e);
        return false;
    }
    job->errand = e;
    return true;
}

void errand_stop(struct reactor *r, struct job *job)
{
    struct errand *e = job->errand;

    (void)r;
    if (!e)
        return;
    job->errand = NULL;
    e->job = NULL;
    kill_program(e);
    uv_cancel((uv_req_t *)&e->work);    /* where it has not begun yet */
}
