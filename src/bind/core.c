/* core.c -- the Lua C module luft.core: calls by number, and their news.
 *
 * A running call is a slot number on the Lua side.  The Lua half starts calls,
 * waits in its host's way until core.take names slots that have news, and reads
 * that news with core.piece and core.result.  Nothing in here waits; wait.c has
 * what a host may wait with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bind.h"
#include "../core/mem.h"
#include "../core/version.h"

struct slot_entry {
    struct job *job;                /* NULL: the slot is free */
    struct result *first, **end;    /* pieces not yet read */
    bool ended;
    bool lent;                      /* the engine's own job, to be answered */
    bool dropped;                   /* nobody reads the rest */
    int next_free;
};

struct state {                      /* one for each Lua state; a userdata */
    struct waker waker;             /* first: wait.c knows no more of it */
    struct slot_entry *slots;
    int room, free;                 /* free: first free slot, from 1; 0: none */
};

static const char state_key = 's';

/* --- slots -------------------------------------------------------------- */

static struct state *get_state(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static bool grow(struct state *s)
{
    int room = s->room ? s->room * 2 : 64;
    struct slot_entry *slots = mem_resize(s->slots,
                                          (size_t)room * sizeof *slots);

    if (!slots)
        return false;
    s->slots = slots;
    for (int i = room; i > s->room; i--) {
        memset(&slots[i - 1], 0, sizeof *slots);
        slots[i - 1].next_free = s->free;
        s->free = i;
    }
    s->room = room;
    return true;
}

static struct slot_entry *check_slot(lua_State *L, struct state *s)
{
    lua_Integer slot = luaL_checkinteger(L, 1);

    luaL_argcheck(L, slot >= 1 && slot <= s->room
                  && s->slots[slot - 1].job, 1, "no such call");
    return &s->slots[slot - 1];
}

static void release_slot(struct state *s, struct slot_entry *e)
{
    while (e->first) {
        struct result *piece = e->first;

        e->first = piece->next;
        result_delete(piece);
    }
    if (e->job)
        job_release(e->job);
    memset(e, 0, sizeof *e);
    e->next_free = s->free;
    s->free = (int)(e - s->slots) + 1;
}

/* --- starting ----------------------------------------------------------- */

/* A call that the collector frees if an error jumps before it is started. */
static int free_call(lua_State *L)
{
    struct call **box = lua_touserdata(L, 1);

    call_free(*box);
    *box = NULL;
    return 0;
}

static struct call **push_call_box(lua_State *L)
{
    struct call **box = lua_newuserdatauv(L, sizeof *box, 0);

    *box = NULL;
    if (luaL_newmetatable(L, "luft.call")) {
        lua_pushcfunction(L, free_call);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return box;
}

/* core.start(client, method, rank, patience, transport, wants_items, ...)
 *
 * method: index in the driver's table, from 1; rank: calls that the caller's
 * group has under way; patience: when (core.now) no retry shall wait any more,
 * or 0; transport: number of the transport to ask, 0 for the network;
 * wants_items: pieces are read.  Gives the slot.  Raises what is wrong. */
static int start(lua_State *L)
{
    struct state *s = get_state(L);
    struct client *k = check_client(L, 1);
    const struct method *m = &k->driver->methods[luaL_checkinteger(L, 2) - 1];
    struct job_options options = {
        .rank = (unsigned)luaL_checkinteger(L, 3),
        .transport = (int)luaL_checkinteger(L, 5)
    };
    double patience = luaL_checknumber(L, 4);
    bool wants_items = lua_toboolean(L, 6);
    struct slot_entry *e;
    struct call **box = push_call_box(L);

    lua_replace(L, 6);              /* keeps the box below the arguments */
    if (!s->free && !grow(s))
        return luaL_error(L, "not enough memory");
    *box = call_new(k, m);
    if (!*box)
        return luaL_error(L, "not enough memory");
    take_arguments(L, 7, *box);
    (*box)->wants_items = wants_items;
    (*box)->patience = patience > 0 ? patience - clock_offset() : 0;
    options.tag = s->free;
    e = &s->slots[options.tag - 1];
    e->job = engine_start(s->waker.engine, *box, options);
    *box = NULL;                    /* the engine's, or freed */
    if (!e->job)
        return luaL_error(L, "cannot start the engine: out of memory or "
                             "threads");
    s->free = e->next_free;
    e->end = &e->first;
    lua_pushinteger(L, options.tag);
    return 1;
}

/* --- news --------------------------------------------------------------- */

static void set_text(lua_State *L, const char *name, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

/* What a transport must answer, as a table. */
static void push_request(lua_State *L, const struct request *r)
{
    struct arena a = {0};
    const char *origin = origin_text(r->origin, &a);

    lua_createtable(L, 0, 6);
    set_text(L, "method", r->method);
    set_text(L, "endpoint", origin ? origin : "?");
    arena_free(&a);
    set_text(L, "target", buf_string(&r->target));
    lua_newtable(L);
    for (size_t i = 0; i < r->headers.count; i++)
        set_text(L, r->headers.list[i].name, r->headers.list[i].value);
    lua_setfield(L, -2, "headers");
    if (r->body.kind == BODY_BYTES) {
        lua_pushlstring(L, buf_string(&r->body.bytes), r->body.bytes.len);
        lua_setfield(L, -2, "body");
    } else if (r->body.kind == BODY_FILE) {
        set_text(L, "file", r->body.path);
    }
}

/* The engine's own job asks too: it gets a slot while it is answered. */
static struct slot_entry *lend_slot(struct state *s, struct job *job)
{
    struct slot_entry *e;

    if (!s->free && !grow(s))
        return NULL;
    e = &s->slots[s->free - 1];
    job_set_tag(job, s->free);
    job_hold(job);
    s->free = e->next_free;
    e->job = job;
    e->end = &e->first;
    e->lent = true;
    return e;
}

static void keep_piece(struct slot_entry *e, struct news *n)
{
    if (e->dropped)
        return;                     /* engine_forget frees it */
    *e->end = n->piece;
    e->end = &n->piece->next;
    n->piece = NULL;
}

static struct slot_entry *slot_of(struct state *s, const struct news *n)
{
    int tag = job_tag(n->job);

    if (tag > 0 && s->slots[tag - 1].job == n->job)
        return &s->slots[tag - 1];
    return n->kind == NEWS_ASK ? lend_slot(s, n->job) : NULL;
}

static void end_slot(struct state *s, struct slot_entry *e)
{
    e->ended = true;
    if (e->dropped)
        release_slot(s, e);
}

/* core.take() -> slot, and "news", "need", "ask" with a request, or "unask";
 * nothing when there is no news */
static int take(lua_State *L)
{
    struct state *s = get_state(L);
    struct news *n = engine_take(s->waker.engine);
    struct slot_entry *e;
    const char *kind = "news";
    int values = 2;

    if (!n)
        return 0;
    e = slot_of(s, n);
    if (n->kind == NEWS_PIECE && e)
        keep_piece(e, n);
    else if (n->kind == NEWS_END && e)
        end_slot(s, e);
    else if (n->kind == NEWS_NEED)
        kind = "need";
    else if (n->kind == NEWS_UNASK)
        kind = "unask";
    lua_pushinteger(L, e ? (int)(e - s->slots) + 1 : 0);
    if (n->kind == NEWS_ASK) {
        lua_pushliteral(L, "ask");
        push_request(L, n->request);
        values = 3;
    } else {
        lua_pushstring(L, kind);
    }
    engine_forget(n);
    return values;
}

/* core.piece(slot, client) -> the next piece: a list of objects, or of texts
 * and tags; nothing when there is none yet. */
static int piece(lua_State *L)
{
    struct state *s = get_state(L);
    struct slot_entry *e = check_slot(L, s);
    struct result *p = e->first;

    if (!p)
        return 0;
    push_result(L, p, 2);
    e->first = p->next;
    if (!e->first)
        e->end = &e->first;
    result_delete(p);
    if (!e->ended)
        engine_pull(s->waker.engine, e->job);
    return 1;
}

/* core.result(slot, client) -> true, value, id of what was made | false, error,
 * and frees the slot; nothing while the call is under way. */
static int result(lua_State *L)
{
    struct state *s = get_state(L);
    struct slot_entry *e = check_slot(L, s);
    struct call *c;

    if (!e->ended)
        return 0;
    c = job_call(e->job);
    lua_pushboolean(L, !c->error.kind);
    if (c->error.kind && !c->error.provider) {  /* of the engine itself */
        c->error.provider = c->client->driver->name;
        c->error.operation = c->method->name;
    }
    if (c->error.kind)
        push_error(L, &c->error);
    else
        push_result(L, &c->result, 2);
    lua_pushstring(L, c->error.made);
    release_slot(s, e);
    return 3;
}

/* core.drop(slot): nobody will read the rest; for streams left early. */
static int drop(lua_State *L)
{
    struct state *s = get_state(L);
    struct slot_entry *e = check_slot(L, s);

    e->dropped = true;
    if (e->ended)
        release_slot(s, e);
    else
        engine_cancel(s->waker.engine, e->job);
    return 0;
}

/* core.cancel(slot): its end comes all the same, an error or a late result */
static int cancel(lua_State *L)
{
    struct state *s = get_state(L);
    struct slot_entry *e = check_slot(L, s);

    engine_cancel(s->waker.engine, e->job);
    return 0;
}

/* --- transports and producers ------------------------------------------- */

static enum error_kind kind_named(const char *name)
{
    int kind = ERROR_KIND_COUNT - 1;

    while (kind > ERROR_NONE
           && strcmp(name, error_kind_name((enum error_kind)kind)) != 0)
        kind--;
    return kind ? (enum error_kind)kind : ERROR_NETWORK;
}

/* core.feed(slot, bytes | nil, last, error message, its kind) */
static int feed_bytes(lua_State *L)
{
    struct state *s = get_state(L);
    struct slot_entry *e = check_slot(L, s);
    struct buf bytes = {0};
    struct error why = {0};
    size_t length = 0;
    const char *text = luaL_optlstring(L, 2, "", &length);
    const char *message = luaL_optstring(L, 4, NULL);
    const char *kind = luaL_optstring(L, 5, "");

    if (message)
        error_set(&why, kind_named(kind), "%s", message);
    if (length)
        buf_add(&bytes, text, length);
    if (!buf_ok(&bytes))
        error_no_memory(&why);
    engine_feed(s->waker.engine, e->job, &bytes, lua_toboolean(L, 3), &why);
    return 0;
}

/* core.answer(slot, status, headers) */
static int answer(lua_State *L)
{
    struct state *s = get_state(L);
    struct slot_entry *e = check_slot(L, s);
    struct response r = {0};

    r.status = (int)luaL_checkinteger(L, 2);
    if (lua_istable(L, 3))
        for (lua_pushnil(L); lua_next(L, 3); lua_pop(L, 1)) {
            size_t length;
            const char *name = lua_type(L, -2) == LUA_TSTRING
                ? lua_tostring(L, -2) : "";
            const char *value = lua_tolstring(L, -1, &length);

            if (value)
                headers_add(&r.headers, &r.arena, name, value, length);
        }
    engine_answer(s->waker.engine, e->job, &r);
    return 0;
}

/* core.answered(slot): the transport is done with it. */
static int answered(lua_State *L)
{
    struct state *s = get_state(L);
    lua_Integer slot = luaL_checkinteger(L, 1);

    if (slot >= 1 && slot <= s->room && s->slots[slot - 1].lent)
        release_slot(s, &s->slots[slot - 1]);
    return 0;
}

/* --- the module --------------------------------------------------------- */

static int close_state(lua_State *L)
{
    struct state *s = lua_touserdata(L, 1);

    forget_requests(&s->waker);
    close_listener(&s->waker);
    if (s->waker.engine)
        engine_delete(s->waker.engine);
    s->waker.engine = NULL;
    for (int i = 0; i < s->room; i++)
        if (s->slots[i].job)
            release_slot(s, &s->slots[i]);
    mem_free(s->slots);
    memset(s, 0, sizeof *s);
    return 0;
}

static struct state *push_state(lua_State *L)
{
    struct state *s = lua_newuserdatauv(L, sizeof *s, 0);

    memset(s, 0, sizeof *s);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, close_state);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    s->waker.engine = engine_new();
    if (!s->waker.engine)
        luaL_error(L, "cannot start: out of memory or descriptors");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &state_key);
    return s;
}

__attribute__((visibility("default"))) int luaopen_luft_core(lua_State *L)
{
    static const luaL_Reg with_state[] = {
        {"start", start}, {"take", take}, {"piece", piece},
        {"result", result}, {"drop", drop}, {"cancel", cancel},
        {"feed", feed_bytes}, {"answer", answer}, {"answered", answered},
        {"wait", wait_for_news}, {"wake_descriptor", wake_descriptor},
        {"wake_listen", wake_listen}, {"wake_accept", wake_accept},
        {"news_descriptor", news_descriptor}, {"forget_news", forget_news},
        {"will_wait", will_wait}, {"signal", signal_host},
        {"busy", busy_calls}, {"request", running_request},
        {"watch_request", watch_request}, {"ended", next_ended}, {NULL, NULL}
    };
    static const luaL_Reg without[] = {
        {"open", open_client}, {"origin", client_origin},
        {"describe", describe_drivers}, {"now", read_now},
        {"place", script_place}, {"nearest", nearest_word},
        {"driver_metatable", client_metatable},
        {"shape_metatable", set_shape_metatable}, {"extra", object_extra},
        {"raw", object_raw}, {"mine", mark_as_own}, {"can_yield", may_yield},
        {"environment", whole_environment}, {"in_finalizer", in_finalizer},
        {"error_metatable", error_metatable}, {NULL, NULL}
    };

    look_for_requests();
    lua_newtable(L);
    push_state(L);
    luaL_setfuncs(L, with_state, 1);
    luaL_setfuncs(L, without, 0);
    push_json_library(L);
    lua_setfield(L, -2, "json");
    lua_pushliteral(L, LUFT_VERSION);
    lua_setfield(L, -2, "version");
    return 1;
}
