/* wait.c -- how a host waits for news of the engine. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bind.h"

static struct waker *get_waker(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

/* core.wait(seconds | nil): until there is news, the time is over, or a signal
 * came.  Blocks the thread: only for a host that owns the loop, or where a task
 * cannot yield. */
int wait_for_news(lua_State *L)
{
    struct waker *w = get_waker(L);
    double seconds = luaL_optnumber(L, 1, -1);
    int milliseconds = seconds < 0 ? -1
        : seconds > 1e6 ? 1000000000 : (int)ceil(seconds * 1000);
    struct pollfd fd = {
        .fd = engine_wake_descriptor(w->engine), .events = POLLIN
    };

    if (!engine_will_wait(w->engine))
        return 0;
    poll(&fd, 1, milliseconds);
    engine_waited(w->engine);
    return 0;
}

/* core.wake_descriptor() -> writing a byte there ends core.wait */
int wake_descriptor(lua_State *L)
{
    lua_pushinteger(L, engine_signal_descriptor(get_waker(L)->engine));
    return 1;
}

void wake_host(struct waker *w)
{
    while (write(engine_signal_descriptor(w->engine), "", 1) < 0
           && errno == EINTR)
        ;
}

/* core.signal(): as news would, ends another loop's wait for it. */
int signal_host(lua_State *L)
{
    wake_host(get_waker(L));
    return 0;
}

/* --- another loop's way of waiting -----------------------------------------
 *
 * A loop that can watch a descriptor watches core.news_descriptor, having asked
 * will_wait whether there is something to wait for.  It calls core.forget_news
 * when it became readable.
 *
 * nginx can only watch sockets of its own: it connects to the path that
 * wake_listen gives, and wake_accept hands the other end to the engine. */

/* core.news_descriptor() -> readable when there is news, after will_wait; the
 * engine must have been started in this process (it has with the first call) */
int news_descriptor(lua_State *L)
{
    lua_pushinteger(L, engine_wake_descriptor(get_waker(L)->engine));
    return 1;
}

/* core.forget_news(): it is not readable any more. */
int forget_news(lua_State *L)
{
    engine_waited(get_waker(L)->engine);
    return 0;
}

void close_listener(struct waker *w)
{
    char *slash = strrchr(w->path, '/');

    if (!slash)
        return;                     /* there is none */
    close(w->listener);
    unlink(w->path);
    *slash = '\0';
    rmdir(w->path);
    w->path[0] = '\0';
}

/* core.wake_listen() -> path of a unix socket that takes one connection */
int wake_listen(lua_State *L)
{
    struct waker *w = get_waker(L);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char folder[] = "/tmp/luft.XXXXXX";

    close_listener(w);
    if (!mkdtemp(folder))
        return luaL_error(L, "cannot make a folder in /tmp: %s",
                          strerror(errno));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/wake", folder);
    memcpy(w->path, address.sun_path, sizeof w->path);
    w->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (w->listener < 0
        || bind(w->listener, (struct sockaddr *)&address, sizeof address)
        || listen(w->listener, 1)) {
        int failure = errno;

        close_listener(w);
        return luaL_error(L, "cannot listen at %s: %s", address.sun_path,
                          strerror(failure));
    }
    fcntl(w->listener, F_SETFD, FD_CLOEXEC);
    lua_pushstring(L, address.sun_path);
    return 1;
}

/* core.wake_accept(): after the host has connected. */
int wake_accept(lua_State *L)
{
    struct waker *w = get_waker(L);
    int descriptor = accept(w->listener, NULL, NULL), failure = errno;

    close_listener(w);
    if (descriptor < 0)
        return luaL_error(L, "cannot accept: %s", strerror(failure));
    fcntl(descriptor, F_SETFL, O_NONBLOCK);
    if (!engine_use_wake_descriptor(w->engine, descriptor))
        return luaL_error(L, "cannot wait for news: out of descriptors");
    return 0;
}

/* core.will_wait() -> false when there is news already */
int will_wait(lua_State *L)
{
    lua_pushboolean(L, engine_will_wait(get_waker(L)->engine));
    return 1;
}

/* core.busy() -> calls started and not ended */
int busy_calls(lua_State *L)
{
    lua_pushinteger(L, engine_busy(get_waker(L)->engine));
    return 1;
}
