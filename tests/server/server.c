/* server.c -- options, listeners, the loop.
 *
 * The server ends by SIGTERM or SIGINT, when the other end of a pipe or socket
 * on its standard input is closed, or, with --parent, when that process is gone
 * or has closed its end of standard output; then standard input does not
 * matter, for it may be the parent's own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server.h"

enum { BACKLOG = 4096, EVENTS_A_TURN = 512, ACCEPTS_A_TURN = 256 };

struct options {
    long port, items, delay, parent;
    const char *unix_path;
    const char *certificate, *key, *client_ca, *tls_most;
};

static volatile sig_atomic_t is_over;

_Noreturn void die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("server: ", stderr);
    vfprintf(stderr, format, args);
    fputs("\n", stderr);
    va_end(args);
    exit(1);
}

/* --- listeners ------------------------------------------------------------ */

static void accept_all(struct source *listener, bool tls, bool by_tcp)
{
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        int descriptor = accept4(listener->descriptor, NULL, NULL,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (descriptor >= 0)
            connection_new(listener->server, descriptor, tls, by_tcp);
        else if (errno == EMFILE || errno == ENFILE)
            die("too many connections: raise the limit of open files");
        else if (errno != ECONNABORTED)
            return;
    }
}

static void tcp_ready(struct source *s, uint32_t events)
{
    (void)events;
    accept_all(s, s->server->tls != NULL, true);
}

static void unix_ready(struct source *s, uint32_t events)
{
    (void)events;
    accept_all(s, false, false);
}

static int listener_at(const struct sockaddr *address, socklen_t length)
{
    int one = 1, descriptor = socket(address->sa_family, SOCK_STREAM
                                     | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (address->sa_family == AF_INET) {
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        /* What is accepted inherits this. */
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    if (descriptor < 0 || bind(descriptor, address, length) != 0
        || listen(descriptor, BACKLOG) != 0)
        die("cannot listen: %s", strerror(errno));
    return descriptor;
}

static int listen_tcp(long port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
    };

    return listener_at((struct sockaddr *)&address, sizeof address);
}

static int listen_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat st;

    if (strlen(path) >= sizeof address.sun_path)
        die("the path %s is too long for a socket", path);
    memcpy(address.sun_path, path, strlen(path));
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(path);
    return listener_at((struct sockaddr *)&address, sizeof address);
}

static int port_of(int descriptor)
{
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;

    getsockname(descriptor, (struct sockaddr *)&address, &length);
    return ntohs(address.sin_port);
}

/* --- who started it ------------------------------------------------------- */

static void starter_ready(struct source *s, uint32_t events)
{
    (void)s;
    if (events & (EPOLLHUP | EPOLLRDHUP | EPOLLERR))
        is_over = 1;
}

static bool is_pipe_or_socket(int descriptor)
{
    struct stat st;

    return fstat(descriptor, &st) == 0
        && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

/* A parent that is dead but not yet waited for has no children any more. */
static bool parent_is_gone(long parent, bool is_ours)
{
    return is_ours ? getppid() != parent
                   : kill((pid_t)parent, 0) != 0 && errno == ESRCH;
}

static void end(int number)
{
    (void)number;
    is_over = 1;
}

/* --- the loop ------------------------------------------------------------- */

static void add_source(struct server *s, struct source *source, int descriptor,
                       void (*ready)(struct source *, uint32_t),
                       uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};

    *source = (struct source){ready, descriptor, s};
    if (epoll_ctl(s->poll, EPOLL_CTL_ADD, descriptor, &event) != 0)
        die("cannot watch a descriptor: %s", strerror(errno));
}

static int patience(const struct server *s, long parent)
{
    double most = parent ? 1 : INT_MAX / 1000, left = most;

    if (s->soonest)
        left = s->soonest->timer - server_clock();
    if (left > most)
        left = most;
    if (!s->soonest && !parent)
        return -1;
    return left > 0 ? (int)(left * 1000) + 1 : 0;
}

static void fire_timers(struct server *s)
{
    while (s->soonest && s->soonest->timer <= s->now) {
        struct connection *c = s->soonest;

        timer_stop(c);
        connection_run(c);
    }
}

static void run(struct server *s, long parent, const sigset_t *signals)
{
    struct epoll_event events[EVENTS_A_TURN];
    bool is_ours = parent && getppid() == parent;
    double checked = 0;

    while (!is_over) {
        int n = epoll_pwait(s->poll, events, EVENTS_A_TURN,
                            patience(s, parent), signals);

        s->now = server_clock();
        for (int i = 0; i < n; i++) {
            struct source *source = events[i].data.ptr;

            source->ready(source, events[i].events);
        }
        fire_timers(s);
        if (parent && s->now - checked >= 1) {
            checked = s->now;
            is_over |= parent_is_gone(parent, is_ours);
        }
    }
}

/* --- options -------------------------------------------------------------- */

static void print_help(void)
{
    puts("usage: server [options]\n\n"
         "  --port N             of 127.0.0.1; 0 or none: any free one\n"
         "  --unix PATH          a socket, too; never by TLS\n"
         "  --tls CERT KEY       HTTPS on the port\n"
         "  --client-ca FILE     clients must show a certificate of this CA\n"
         "  --tls-max VERSION    1.1, 1.2 or 1.3\n"
         "  --items N            objects of Docker's list of containers (10)\n"
         "  --delay N            milliseconds before a list's first byte\n"
         "  --parent PID         end when this process is gone\n\n"
         "paths: /bytes /json /frames /echo /counts /reset, /_ping and\n"
         "/containers/json behind any /vX.Y; others give a message\n\n"
         "parameters:\n");
    wish_print_help();
}

static const char *value_of(char **argv, int *i)
{
    const char *option = argv[*i];

    if (!argv[++*i])
        die("a value is missing behind %s", option);
    return argv[*i];
}

static long number_of(char **argv, int *i)
{
    char *rest;
    long n = strtol(value_of(argv, i), &rest, 10);

    if (*rest || n < 0)
        die("%s is no number", argv[*i]);
    return n;
}

static void read_option(struct options *o, char **argv, int *i)
{
    const char *option = argv[*i];

    if (strcmp(option, "--port") == 0) {
        o->port = number_of(argv, i);
    } else if (strcmp(option, "--items") == 0) {
        o->items = number_of(argv, i);
    } else if (strcmp(option, "--delay") == 0) {
        o->delay = number_of(argv, i);
    } else if (strcmp(option, "--parent") == 0) {
        o->parent = number_of(argv, i);
    } else if (strcmp(option, "--unix") == 0) {
        o->unix_path = value_of(argv, i);
    } else if (strcmp(option, "--tls") == 0) {
        o->certificate = value_of(argv, i);
        o->key = value_of(argv, i);
    } else if (strcmp(option, "--client-ca") == 0) {
        o->client_ca = value_of(argv, i);
    } else if (strcmp(option, "--tls-max") == 0) {
        o->tls_most = value_of(argv, i);
    } else if (strcmp(option, "--help") == 0) {
        print_help();
        exit(0);
    } else {
        die("unknown option %s; try --help", option);
    }
}

static void catch_signals(sigset_t *before)
{
    struct sigaction ends = {.sa_handler = end};
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    sigset_t both;

    sigaction(SIGTERM, &ends, NULL);
    sigaction(SIGINT, &ends, NULL);
    sigaction(SIGPIPE, &ignored, NULL);
    sigemptyset(&both);
    sigaddset(&both, SIGTERM);
    sigaddset(&both, SIGINT);
    sigprocmask(SIG_BLOCK, &both, before);  /* but while it waits */
    sigdelset(before, SIGTERM);
    sigdelset(before, SIGINT);
}

static void raise_limit(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static void announce(int port, const char *unix_path)
{
    printf("PORT=%d PID=%ld", port, (long)getpid());
    if (unix_path)
        printf(" UNIX=%s", unix_path);
    puts("");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct options o = {.items = 10};
    struct server s = {.poll = epoll_create1(EPOLL_CLOEXEC)};
    struct source tcp, unix_listener, starter;
    int starter_at;
    sigset_t signals;

    for (int i = 1; i < argc; i++)
        read_option(&o, argv, &i);
    starter_at = o.parent ? STDOUT_FILENO : STDIN_FILENO;
    raise_limit();
    catch_signals(&signals);
    s.items = o.items;
    s.delay = (double)o.delay / 1000;
    if (!o.certificate && (o.client_ca || o.tls_most))
        die("--client-ca and --tls-max go with --tls");
    if (o.certificate)
        s.tls = tls_context(o.certificate, o.key, o.client_ca, o.tls_most);
    add_source(&s, &tcp, listen_tcp(o.port), tcp_ready, EPOLLIN);
    if (o.unix_path)
        add_source(&s, &unix_listener, listen_unix(o.unix_path), unix_ready,
                   EPOLLIN);
    if (is_pipe_or_socket(starter_at))
        add_source(&s, &starter, starter_at, starter_ready, EPOLLRDHUP);
    announce(port_of(tcp.descriptor), o.unix_path);
    run(&s, o.parent, &signals);
    while (s.connections)
        connection_free(s.connections);
    pages_free(&s);
    counts_reset(&s.counts);
    SSL_CTX_free(s.tls);
    if (o.unix_path)
        unlink(o.unix_path);
    return 0;
}
