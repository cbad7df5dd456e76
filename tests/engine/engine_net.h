/* engine_net.h -- somebody to talk to: the server that misbehaves on request,
 * or a socket of the test's own that says what the test says. */
#ifndef LUFT_ENGINE_NET_H
#define LUFT_ENGINE_NET_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "engine_play.h"

extern char **environ;

/* --- clients ------------------------------------------------------------- */

static inline struct client *client_to(const struct driver *d, int port,
                                       const char *max_connections)
{
    char endpoint[60];
    const struct given options[] = {
        {"endpoint", TEXT, endpoint},
        {"max_connections", INTEGER, max_connections},
        {"proxy", TEXT, ""}, {NULL, 0, NULL}
    };

    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", port);
    return client_of(d, options);
}

/* --- the server of tests/server ------------------------------------------ */

struct server {
    pid_t pid;
    int port, output;
};

/* Its port is 0 when it cannot be started. */
static inline struct server start_server(void)
{
    const char *folder = getenv("LUFT_BUILD");
    posix_spawn_file_actions_t files;
    struct server s = {0};
    char path[300], parent[20], text[100] = "";
    char *argv[] = {path, (char *)"--parent", parent, NULL};
    int ends[2];

    snprintf(path, sizeof path, "%s/tests/server", folder ? folder : "build");
    snprintf(parent, sizeof parent, "%ld", (long)getpid());
    if (!CHECK(pipe2(ends, O_CLOEXEC) == 0))
        return s;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ends[1], 1);
    if (CHECK(posix_spawn(&s.pid, path, &files, NULL, argv, environ) == 0)
        && read(ends[0], text, sizeof text - 1) > 0)
        sscanf(text, "PORT=%d", &s.port);
    posix_spawn_file_actions_destroy(&files);
    close(ends[1]);
    s.output = ends[0];
    CHECK(s.port > 0);
    return s;
}

static inline void stop_server(struct server *s)
{
    kill(s->pid, SIGTERM);
    waitpid(s->pid, NULL, 0);
    close(s->output);
}

/* --- a socket of the test's own ------------------------------------------ */

struct listener {
    int descriptor, port;
};

static inline struct listener listen_here(void)
{
    struct sockaddr_in here = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
    };
    socklen_t length = sizeof here;
    struct listener l = {
        .descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)
    };

    CHECK(bind(l.descriptor, (struct sockaddr *)&here, length) == 0
          && listen(l.descriptor, 1000) == 0
          && getsockname(l.descriptor, (struct sockaddr *)&here, &length) == 0);
    l.port = ntohs(here.sin_port);
    return l;
}

static inline int accept_connection(const struct listener *l)
{
    return accept4(l->descriptor, NULL, NULL, SOCK_CLOEXEC);
}

/* A request's head, without a byte behind it; "" at the connection's end. */
static inline void read_head(int c, char *head, size_t room)
{
    size_t n = 0;

    while (c >= 0 && n + 1 < room && read(c, head + n, 1) == 1) {
        n++;
        if (n >= 4 && memcmp(head + n - 4, "\r\n\r\n", 4) == 0)
            break;
    }
    head[n] = '\0';
}

static inline int accept_request(const struct listener *l, char *head,
                                 size_t room)
{
    int c = accept_connection(l);

    read_head(c, head, room);
    return c;
}

static inline void say(int connection, const char *text)
{
    CHECK(send(connection, text, strlen(text), MSG_NOSIGNAL)
          == (ssize_t)strlen(text));
}

#endif
