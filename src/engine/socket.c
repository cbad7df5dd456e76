/* socket.c -- libcurl's sockets on libuv.
 *
 * libcurl 7.88 closes a socket that is not connected yet without telling
 * anyone: not CLOSESOCKETFUNCTION, and the removal comes late or, when the
 * number is taken again at once, not at all.  libuv must not be left watching
 * such a number.  So every socket is opened here, remembered by number and
 * inode, and looked at again whenever it could have gone.
 *
 * Between two requests libcurl takes its interest in a pooled connection back.
 * Telling the kernel so would cost two system calls a request; instead the
 * socket stays watched until something really comes that nobody wants.  That is
 * its end, or an answer to no request; libcurl 7.88 would send the next request
 * after either, and take that answer for its own, but not once the socket is
 * shut down.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/mem.h"
#include "reactor.h"

struct socket_watch {
    uv_poll_t poll;
    struct reactor *reactor;
    struct socket_watch *next;      /* in transfer->opening */
    struct transfer *opener;        /* whose list that is, or NULL */
    ino_t inode;
    int descriptor;
    int wanted;                     /* UV_READABLE | UV_WRITABLE, by libcurl */
    int watched;                    /* the same, by libuv */
    bool inside;                    /* libcurl's own, of its resolver */
    bool established;               /* connected: libcurl will tell its end */
};

static struct socket_watch *find(struct reactor *r, int descriptor)
{
    return descriptor < r->sockets_room ? r->sockets[descriptor] : NULL;
}

static bool make_room(struct reactor *r, int descriptor)
{
    int room = r->sockets_room ? r->sockets_room : 64;
    struct socket_watch **sockets;

    if (descriptor < r->sockets_room)
        return true;
    while (room <= descriptor)
        room *= 2;
    sockets = mem_resize(r->sockets, (size_t)room * sizeof *sockets);
    if (!sockets)
        return false;
    memset(sockets + r->sockets_room, 0,
           (size_t)(room - r->sockets_room) * sizeof *sockets);
    r->sockets = sockets;
    r->sockets_room = room;
    return true;
}

static void freed(uv_handle_t *handle)
{
    mem_free(handle->data);
}

static void leave_list(struct socket_watch *s)
{
    struct socket_watch **at;

    if (!s->opener)
        return;
    at = &s->opener->opening;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    s->opener = NULL;
}

static void drop(struct socket_watch *s)
{
    leave_list(s);
    s->reactor->sockets[s->descriptor] = NULL;
    uv_close((uv_handle_t *)&s->poll, freed);
}

static ino_t inode_of(int descriptor)
{
    struct stat st;

    return fstat(descriptor, &st) == 0 ? st.st_ino : 0;
}

static void ready(uv_poll_t *handle, int status, int events);

static void watch(struct socket_watch *s, int events)
{
    s->watched = events;
    if (events)
        uv_poll_start(&s->poll, events, ready);
    else
        uv_poll_stop(&s->poll);
}

/* In libcurl's pool, for all we know: a transfer that pauses does not want its
 * socket either, and libcurl does not say which one it has. */
static bool is_idle(const struct socket_watch *s)
{
    const struct job *job = s->reactor->jobs;

    while (job && !(job->transfer && (job->transfer->paused
                                      || job->transfer->upload_paused)))
        job = job->next;
    return s->established && !job;
}

static void ready(uv_poll_t *handle, int status, int events)
{
    struct socket_watch *s = handle->data;
    struct reactor *r = s->reactor;
    int flags = 0, running;

    if (!s->wanted) {
        watch(s, 0);
        if (is_idle(s))
            shutdown(s->descriptor, SHUT_RDWR);
        return;
    }
    if (status < 0) {               /* libuv has stopped watching by itself */
        s->watched = 0;
        flags = CURL_CSELECT_ERR | CURL_CSELECT_IN;     /* recv knows why */
    }
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    curl_multi_socket_action(r->multi, s->descriptor, flags, &running);
}

static struct socket_watch *add(struct transfer *t, int descriptor)
{
    struct reactor *r = t->reactor;
    struct socket_watch *s;

    if (!make_room(r, descriptor))
        return NULL;
    s = mem_alloc(sizeof *s);
    if (!s)
        return NULL;
    if (uv_poll_init(&r->loop, &s->poll, descriptor) != 0) {
        mem_free(s);
        return NULL;
    }
    s->poll.data = s;
    s->reactor = r;
    s->descriptor = descriptor;
    s->inode = inode_of(descriptor);
    s->opener = t;
    s->next = t->opening;
    t->opening = s;
    r->sockets[descriptor] = s;
    return s;
}

/* The number was taken anew while libcurl thinks it watches it already. */
static struct socket_watch *replace(struct transfer *t, int descriptor)
{
    struct socket_watch *old = find(t->reactor, descriptor), *s;
    int wanted = old && !old->established ? old->wanted : 0;

    if (old)
        drop(old);
    s = add(t, descriptor);
    if (s && wanted) {
        s->wanted = wanted;
        watch(s, wanted);
    }
    return s;
}

curl_socket_t sockets_open(void *transfer, curlsocktype purpose,
                           struct curl_sockaddr *address)
{
    struct transfer *t = transfer;
    int s = socket(address->family,
                   address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                   address->protocol);

    (void)purpose;
    if (s < 0)
        return CURL_SOCKET_BAD;
    if (!replace(t, s)) {
        if (t->job)
            error_no_memory(&t->job->call->error);
        close(s);
        return CURL_SOCKET_BAD;
    }
    if (t->job)
        lane_resolved(t->reactor, t->job);
    return s;
}

int sockets_close(void *reactor, curl_socket_t descriptor)
{
    struct socket_watch *s = find(reactor, descriptor);

    if (s)
        drop(s);
    return close(descriptor);
}

/* Asked once, when libcurl first loses interest: is this now a connection in
 * its pool, or was it closed without a word? */
static bool is_established(struct socket_watch *s)
{
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;

    if (!s->established)
        s->established = !s->inside
            && inode_of(s->descriptor) == s->inode
            && getpeername(s->descriptor, (struct sockaddr *)&peer,
                           &length) == 0;
    return s->established;
}

int sockets_wanted(CURL *easy, curl_socket_t descriptor, int what,
                   void *reactor, void *unused)
{
    struct socket_watch *s = find(reactor, descriptor);
    struct transfer *t = NULL;

    (void)unused;
    if (what == CURL_POLL_REMOVE) {
        if (s && is_established(s)) {
            leave_list(s);
            s->wanted = 0;
            if (s->watched & UV_WRITABLE)
                watch(s, UV_READABLE);
        } else if (s) {
            drop(s);
        }
        return 0;
    }
    if (!s) {                       /* the resolver's own, inside libcurl */
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
        s = t ? add(t, descriptor) : NULL;
        if (!s)
            return -1;
        s->inside = true;
    }
    s->wanted = (what & CURL_POLL_IN ? UV_READABLE : 0)
        | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    if (s->wanted != s->watched)
        watch(s, s->wanted);
    return 0;
}

void sockets_forget_opening(struct transfer *t)
{
    while (t->opening) {
        if (is_established(t->opening))
            leave_list(t->opening);
        else
            drop(t->opening);
    }
}

void sockets_free(struct reactor *r)
{
    for (int i = 0; i < r->sockets_room; i++)
        if (r->sockets[i])
            drop(r->sockets[i]);
    mem_free(r->sockets);
}
