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

/* --- another loop's way of waiting -----------------------------------------
 *
 * A host such as nginx waits on a socket of its own: it connects to the path
 * that wake_listen gives, wake_accept hands the other end to the engine, and
 * will_wait says whether there is something to wait for. */

/* core.wake_listen() -> path of a unix socket that takes one connection */
int wake_listen(lua_State *L)
{
    struct waker *w = get_waker(L);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char folder[] = "/tmp/luft.XXXXXX";

    if (!mkdtemp(folder))
        return luaL_error(L, "cannot make a folder in /tmp: %s",
                          strerror(errno));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/wake", folder);
    w->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (w->listener < 0
        || bind(w->listener, (struct sockaddr *)&address, sizeof address)
        || listen(w->listener, 1))
        return luaL_error(L, "cannot listen at %s: %s", address.sun_path,
                          strerror(errno));
    fcntl(w->listener, F_SETFD, FD_CLOEXEC);
    lua_pushstring(L, address.sun_path);
    snprintf(w->path, sizeof w->path, "%s", address.sun_path);
    return 1;
}

/* core.wake_accept(): after the host has connected. */
int wake_accept(lua_State *L)
{
    struct waker *w = get_waker(L);
    int descriptor = accept(w->listener, NULL, NULL);
    char *slash = strrchr(w->path, '/');

    close(w->listener);
    unlink(w->path);
    *slash = '\0';
    rmdir(w->path);
    if (descriptor < 0)
        return luaL_error(L, "cannot accept: %s", strerror(errno));
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    fcntl(descriptor, F_SETFL, O_NONBLOCK);
    engine_use_wake_descriptor(w->engine, descriptor);
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
