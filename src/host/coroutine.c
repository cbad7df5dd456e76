/* coroutine.c -- pcall, xpcall and coroutine.* as scripts see them in luft.
 *
 * They behave as Lua's own, with two additions:
 *
 *   - A wait of luft's inside a script's own coroutine is a yield of one token.
 *     resume and wrap recognize it and pass it on, up to the task, or on the
 *     main thread let the other tasks run; so generators may call drivers.
 *   - A cancellation on its way out of a scope is not caught.
 *
 * What the tasks' Lua half tells: upvalue `state`, whose field `task` is the
 * running task, a table with epoch (how often it was told of a cancellation)
 * and unwinding (set while one is on its way out).
 */
#include <string.h>

#include "host.h"

lua_State *volatile coroutine_running;
int coroutine_interruptions;

static const char token = 't';          /* its address is what a wait yields */
static const char state_key = 's', drive_key = 'd';

/* What luft knows of a thread, in the room Lua leaves for that. */
struct thread_notes {
    unsigned char chain;            /* every resumer up to the task yields */
    unsigned char waiting;          /* suspended by luft, not by the script */
};

static struct thread_notes *notes_of(lua_State *L)
{
    return lua_getextraspace(L);
}

static bool is_main(lua_State *L)
{
    bool main = lua_pushthread(L);

    lua_pop(L, 1);
    return main;
}

/* --- cancellations ------------------------------------------------------ */

/* Field of the running task; pushes nil when there is none. */
static void push_task_field(lua_State *L, const char *name)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &state_key);
    lua_getfield(L, -1, "task");
    if (lua_istable(L, -1))
        lua_getfield(L, -1, name);
    else
        lua_pushnil(L);
    lua_replace(L, -3);
    lua_pop(L, 1);
}

/* Where there are no tasks, what counts is Ctrl-C. */
static lua_Integer current_epoch(lua_State *L)
{
    lua_Integer epoch;

    push_task_field(L, "epoch");
    epoch = lua_isnil(L, -1) ? coroutine_interruptions
                             : lua_tointeger(L, -1);
    lua_pop(L, 1);
    return epoch;
}

/* True when the error came with a cancellation told since that epoch. */
static bool must_pass(lua_State *L, lua_Integer epoch)
{
    bool unwinding;

    push_task_field(L, "unwinding");
    unwinding = lua_toboolean(L, -1) || coroutine_interruptions;
    lua_pop(L, 1);
    return unwinding && current_epoch(L) > epoch;
}

/* --- pcall and xpcall --------------------------------------------------- */

/* As lbaselib.c's finishpcall; the context is the epoch times four, plus the
 * number of values below the results. */
static int finish_pcall(lua_State *L, int status, lua_KContext context)
{
    if (status != LUA_OK && status != LUA_YIELD) {
        if (must_pass(L, (lua_Integer)(context / 4)))
            return lua_error(L);
        lua_pushboolean(L, 0);
        lua_pushvalue(L, -2);
        return 2;
    }
    return lua_gettop(L) - (int)(context % 4);
}

static int host_pcall(lua_State *L)
{
    lua_KContext context = (lua_KContext)current_epoch(L) * 4;
    int status;

    luaL_checkany(L, 1);
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, context,
                        finish_pcall);
    return finish_pcall(L, status, context);
}

/* A message handler does not see cancellations: they are no errors of the
 * function it watches over. */
static int shielded_handler(lua_State *L)
{
    lua_settop(L, 1);
    if (must_pass(L, (lua_Integer)lua_tointeger(L, lua_upvalueindex(2))))
        return 1;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

static int host_xpcall(lua_State *L)
{
    lua_Integer epoch = current_epoch(L);
    lua_KContext context = (lua_KContext)epoch * 4 + 2;
    int status, n = lua_gettop(L);

    luaL_checktype(L, 2, LUA_TFUNCTION);
    push_task_field(L, "epoch");
    if (!lua_isnil(L, -1)) {            /* there are tasks */
        lua_pushvalue(L, 2);
        lua_insert(L, -2);
        lua_pushcclosure(L, shielded_handler, 2);
        lua_replace(L, 2);
    } else {
        lua_pop(L, 1);
    }
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2);
    status = lua_pcallk(L, n - 2, LUA_MULTRET, 2, context, finish_pcall);
    return finish_pcall(L, status, context);
}

/* --- resume and wrap ---------------------------------------------------- */

static bool is_wait(lua_State *co, int results)
{
    return results == 1 && lua_touserdata(co, -1) == (const void *)&token
        && lua_islightuserdata(co, -1);
}

/* From 5.4.4 on Lua's collector answers -1 inside a finalizer, coroutines there
 * included; before, it stands still and the finalizer's frame has that name. */
static bool in_finalizer(lua_State *L)
{
    int running = lua_gc(L, LUA_GCISRUNNING);
    lua_Debug ar;

    if (running)
        return running < 0;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "n", &ar);
        if (ar.name && strcmp(ar.name, "__gc") == 0
            && strcmp(ar.namewhat, "metamethod") == 0)
            return true;
    }
    return false;
}

/* On the main thread: lets the other tasks run until it is our turn. */
static void drive(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &drive_key);
    lua_call(L, 0, 0);
}

/* Resumes co, which has its arguments, until it yields to the script or ends.
 * Number of results, moved to L; -1: an error, moved to L; -2: luft waits, pass
 * it on. */
static int run_thread(lua_State *L, lua_State *co, int arguments)
{
    struct thread_notes *notes = notes_of(co);
    int status, results;

    for (;;) {
        notes->chain = is_main(L) ? !in_finalizer(L)
                                  : lua_isyieldable(L) && notes_of(L)->chain;
        notes->waiting = 0;
        coroutine_running = co;
        status = lua_resume(co, L, arguments, &results);
        coroutine_running = L;
        if (status != LUA_YIELD || !is_wait(co, results))
            break;
        lua_pop(co, results);
        notes->waiting = 1;
        if (!is_main(L))
            return -2;
        drive(L);
        arguments = 0;
    }
    if (status == LUA_OK || status == LUA_YIELD) {
        if (!lua_checkstack(L, results + 1)) {
            lua_pop(co, results);
            lua_pushliteral(L, "too many results to resume");
            return -1;
        }
        lua_xmove(co, L, results);
        return results;
    }
    lua_xmove(co, L, 1);
    return -1;
}

static int start_thread(lua_State *L, lua_State *co, int arguments)
{
    if (notes_of(co)->waiting) {
        lua_pushliteral(L, "cannot resume non-suspended coroutine");
        return -1;
    }
    if (!lua_checkstack(co, arguments)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, co, arguments);
    return run_thread(L, co, arguments);
}

static lua_State *check_thread(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);

    luaL_argexpected(L, co, 1, "coroutine");
    return co;
}

/* Closes what died of a cancellation, which then goes on. */
static int pass_error(lua_State *L, lua_State *co)
{
    int status = lua_status(co);

    if (status != LUA_OK && status != LUA_YIELD)
        lua_resetthread(co);
    return lua_error(L);
}

static int finish_resume(lua_State *L, int status, lua_KContext epoch);

static int resumed(lua_State *L, int results, lua_KContext epoch)
{
    lua_State *co = lua_tothread(L, 1);

    if (results == -2) {
        lua_pushlightuserdata(L, (void *)&token);
        return lua_yieldk(L, 1, epoch, finish_resume);
    }
    if (results < 0) {
        if (must_pass(L, (lua_Integer)epoch))
            return pass_error(L, co);
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        return 2;
    }
    lua_pushboolean(L, 1);
    lua_insert(L, -(results + 1));
    return results + 1;
}

static int finish_resume(lua_State *L, int status, lua_KContext epoch)
{
    (void)status;
    return resumed(L, run_thread(L, lua_tothread(L, 1), 0), epoch);
}

static int host_resume(lua_State *L)
{
    lua_State *co = check_thread(L);
    lua_KContext epoch = (lua_KContext)current_epoch(L);

    return resumed(L, start_thread(L, co, lua_gettop(L) - 1), epoch);
}

static int finish_wrap(lua_State *L, int status, lua_KContext epoch);

/* As lcorolib.c's auxwrap. */
static int wrapped(lua_State *L, int results, lua_KContext epoch)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int status;

    if (results == -2) {
        lua_pushlightuserdata(L, (void *)&token);
        return lua_yieldk(L, 1, epoch, finish_wrap);
    }
    if (results >= 0)
        return results;
    status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD) {
        status = lua_resetthread(co);
        lua_xmove(co, L, 1);
    }
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int finish_wrap(lua_State *L, int status, lua_KContext epoch)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));

    (void)status;
    return wrapped(L, run_thread(L, co, 0), epoch);
}

static int call_wrapped(lua_State *L)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    lua_KContext epoch = (lua_KContext)current_epoch(L);

    return wrapped(L, start_thread(L, co, lua_gettop(L)), epoch);
}

static int host_wrap(lua_State *L)
{
    lua_State *co;

    luaL_checktype(L, 1, LUA_TFUNCTION);
    co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, call_wrapped, 1);
    return 1;
}

/* One that luft suspended is at work, as far as the script is concerned. */
static int host_status(lua_State *L)
{
    lua_State *co = check_thread(L);

    if (notes_of(co)->waiting && co != L) {
        lua_pushliteral(L, "normal");
        return 1;
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int host_close(lua_State *L)
{
    lua_State *co = check_thread(L);

    if (notes_of(co)->waiting && co != L)
        return luaL_error(L, "cannot close a normal coroutine");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* --- for the tasks' Lua half -------------------------------------------- */

/* program.resume(thread): the scheduler's own; true, or false and the error. */
static int resume_task(lua_State *L)
{
    lua_State *co = check_thread(L);
    int status, results;

    notes_of(co)->chain = 1;
    notes_of(co)->waiting = 0;
    coroutine_running = co;
    status = lua_resume(co, L, 0, &results);
    coroutine_running = L;
    lua_pushboolean(L, status == LUA_OK || status == LUA_YIELD);
    if (lua_toboolean(L, -1)) {
        notes_of(co)->waiting = status == LUA_YIELD && is_wait(co, results);
        lua_pop(co, results);
        return 1;
    }
    lua_xmove(co, L, 1);
    return 2;
}

/* program.can_suspend(): whether a wait may suspend what runs now. */
static int can_suspend(lua_State *L)
{
    if (is_main(L))
        lua_pushboolean(L, !in_finalizer(L));
    else
        lua_pushboolean(L, lua_isyieldable(L) && notes_of(L)->chain);
    return 1;
}

static int is_in_finalizer(lua_State *L)
{
    lua_pushboolean(L, in_finalizer(L));
    return 1;
}

/* program.drive_with(fn): what runs other tasks while the main thread waits in
 * a coroutine that it resumed. */
static int drive_with(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &drive_key);
    return 0;
}

static void replace_coroutine_functions(lua_State *L)
{
    lua_getglobal(L, "coroutine");
    lua_pushcfunction(L, host_resume);
    lua_setfield(L, -2, "resume");
    lua_pushcfunction(L, host_wrap);
    lua_setfield(L, -2, "wrap");
    lua_getfield(L, -1, "status");
    lua_pushcclosure(L, host_status, 1);
    lua_setfield(L, -2, "status");
    lua_getfield(L, -1, "close");
    lua_pushcclosure(L, host_close, 1);
    lua_setfield(L, -2, "close");
    lua_pop(L, 1);
}

static void make_program_module(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"resume", resume_task}, {"can_suspend", can_suspend},
        {"in_finalizer", is_in_finalizer}, {"drive_with", drive_with},
        {NULL, NULL}
    };

    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    luaL_newlib(L, functions);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &state_key);
    lua_setfield(L, -2, "state");
    lua_pushlightuserdata(L, (void *)&token);
    lua_setfield(L, -2, "token");
    lua_getglobal(L, "pcall");
    lua_setfield(L, -2, "pcall");
    lua_getglobal(L, "xpcall");
    lua_setfield(L, -2, "xpcall");
    lua_setfield(L, -2, "luft.program");
    lua_pop(L, 1);
}

void coroutine_install(lua_State *L)
{
    memset(notes_of(L), 0, sizeof(struct thread_notes));
    coroutine_running = L;
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &state_key);
    make_program_module(L);             /* keeps Lua's own pcall and xpcall */
    lua_pushcfunction(L, host_pcall);
    lua_setglobal(L, "pcall");
    lua_pushcfunction(L, host_xpcall);
    lua_setglobal(L, "xpcall");
    replace_coroutine_functions(L);
}
