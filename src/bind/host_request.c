/* host_request.c -- nginx's requests: whose code this is, and their end.
 *
 * nginx ends a request without a word to its Lua code: the client left, the
 * handler called ngx.exit, a time limit.  So each root task asks nginx to be
 * told (a clean-up handler of the request); what was noted here is read from
 * Lua at the next chance.  Source: ngx_http_request.h, ngx_http_cleanup_add.
 *
 * Both functions are nginx's and its LuaJIT's own, and are looked up by name:
 * elsewhere there are none, and there are no requests either.
 */
#include <stdint.h>
#include <string.h>

#include "bind.h"
#include "../core/mem.h"

#if LUA_VERSION_NUM < 502

#include <dlfcn.h>

struct cleanup {                    /* ngx_http_cleanup_t */
    void (*handler)(void *data);
    void *data;
    struct cleanup *next;
};

struct watch {                      /* one request's end */
    struct watch *next, **at;
    struct waker *waker;            /* NULL: the Lua state is closed */
    lua_Integer number;
};

static void *(*exdata_of)(lua_State *L);
static void *(*record_of)(lua_State *L);
static struct cleanup *(*add_cleanup)(void *request, size_t size);

void look_for_requests(void)
{
    void *program = dlopen(NULL, RTLD_LAZY);
    uintptr_t exdata, record, cleanup;

    if (!program)
        return;
    /* through integers: ISO C knows no way from an object to a function */
    exdata = (uintptr_t)dlsym(program, "lua_getexdata");
    record = (uintptr_t)dlsym(program, "lua_getexdata2");
    cleanup = (uintptr_t)dlsym(program, "ngx_http_cleanup_add");
    exdata_of = (void *(*)(lua_State *))exdata;
    record_of = (void *(*)(lua_State *))record;
    add_cleanup = (struct cleanup *(*)(void *, size_t))cleanup;
    dlclose(program);
}

static void link_watch(struct watch *w, struct watch **list)
{
    w->next = *list;
    w->at = list;
    if (w->next)
        w->next->at = &w->next;
    *list = w;
}

static void unlink_watch(struct watch *w)
{
    *w->at = w->next;
    if (w->next)
        w->next->at = w->at;
}

/* Called by nginx, which may be anywhere: nothing of Lua may be touched. */
static void note_end(void *data)
{
    struct watch *w = data;

    if (!w->waker) {
        mem_free(w);
        return;
    }
    unlink_watch(w);
    link_watch(w, &w->waker->ended);
    wake_host(w->waker);
}

static struct waker *get_waker(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

/* core.request() -> the request whose code is running, nil outside of one; true
 * when others have ended since core.ended was last asked; ngx_lua's own record
 * of the running coroutine, another one after a redirect */
int running_request(lua_State *L)
{
    void *request = exdata_of ? exdata_of(L) : NULL;

    if (request)
        lua_pushlightuserdata(L, request);
    else
        lua_pushnil(L);
    lua_pushboolean(L, get_waker(L)->ended != NULL);
    lua_pushlightuserdata(L, record_of ? record_of(L) : NULL);
    return 3;
}

/* core.watch_request(number): at the running request's end core.ended gives the
 * number.  False where nobody can be asked to tell. */
int watch_request(lua_State *L)
{
    void *request = exdata_of ? exdata_of(L) : NULL;
    lua_Integer number = luaL_checkinteger(L, 1);
    struct watch *w = NULL;
    struct cleanup *c = NULL;

    if (request && add_cleanup && (w = mem_alloc(sizeof *w)) != NULL)
        c = add_cleanup(request, 0);
    if (c) {
        w->number = number;
        w->waker = get_waker(L);
        link_watch(w, &w->waker->watched);
        c->data = w;
        c->handler = note_end;
    } else {
        mem_free(w);
    }
    lua_pushboolean(L, c != NULL);
    return 1;
}

/* core.ended() -> the number of a request that has ended; nothing at the end */
int next_ended(lua_State *L)
{
    struct watch *w = get_waker(L)->ended;

    if (!w)
        return 0;
    unlink_watch(w);
    lua_pushinteger(L, w->number);
    mem_free(w);
    return 1;
}

void forget_requests(struct waker *waker)
{
    struct watch *w;

    while ((w = waker->ended) != NULL) {
        unlink_watch(w);
        mem_free(w);
    }
    while ((w = waker->watched) != NULL) {
        unlink_watch(w);
        w->waker = NULL;            /* its end frees it */
    }
}

#else

static int no_request(lua_State *L)
{
    (void)L;
    return 0;
}

void look_for_requests(void) {}
int running_request(lua_State *L) { return no_request(L); }
int watch_request(lua_State *L) { return no_request(L); }
int next_ended(lua_State *L) { return no_request(L); }
void forget_requests(struct waker *waker) { (void)waker; }

#endif
