/* slow_resolver.c -- getaddrinfo as a test wants it, by LD_PRELOAD.
 *
 *     X.slow.test      blocks until the file $SLOW_RESOLVER/go exists, then is
 *                      127.0.0.1
 *     X.quick.test     is 127.0.0.1
 *     X.nowhere.test   blocks likewise, then has no address
 *     X.never.test     blocks for ever
 *
 * Other names go to the system.  Each call for one of those adds a line with
 * the name to the file $SLOW_RESOLVER/calls before anything else.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef int resolver(const char *, const char *, const struct addrinfo *,
                     struct addrinfo **);

static bool ends_in(const char *name, const char *end)
{
    size_t length = strlen(name), end_length = strlen(end);

    return length >= end_length
        && strcmp(name + length - end_length, end) == 0;
}

static void path_of(const char *file, char path[1024])
{
    const char *folder = getenv("SLOW_RESOLVER");

    snprintf(path, 1024, "%s/%s", folder ? folder : "/nonexistent", file);
}

/* One write at the end of the file, so that lines stay whole. */
static void count(const char *name)
{
    char path[1024], line[300];
    int length = snprintf(line, sizeof line, "%s\n", name), descriptor;

    path_of("calls", path);
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor < 0 || write(descriptor, line, (size_t)length) != length)
        abort();
    close(descriptor);
}

static void wait_for_go(void)
{
    const struct timespec moment = {.tv_nsec = 5000000};
    char path[1024];

    path_of("go", path);
    while (access(path, F_OK) != 0)
        nanosleep(&moment, NULL);
}

/* Visible, though the flags of a build may hide the rest. */
__attribute__((visibility("default")))
int getaddrinfo(const char *name, const char *service,
                const struct addrinfo *hints, struct addrinfo **list)
{
    resolver *next;

    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!name || !ends_in(name, ".test"))
        return next(name, service, hints, list);
    count(name);
    while (ends_in(name, ".never.test"))
        pause();
    if (!ends_in(name, ".quick.test"))
        wait_for_go();
    if (ends_in(name, ".nowhere.test"))
        return EAI_NONAME;
    return next("127.0.0.1", service, hints, list);
}
