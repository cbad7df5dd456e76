/* signals.c -- Ctrl-C, SIGTERM and SIGQUIT.
 *
 * The first SIGINT or SIGTERM cancels the root task: at once where it waits,
 * else by a hook as soon as a line of the script is run, so that a busy loop is
 * reached too.  The second one ends the program on the spot.  SIGQUIT prints
 * who waits for what.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

static volatile sig_atomic_t deadly, asked_for_tasks, wake_descriptor = -1;

static void hook(lua_State *L, lua_Debug *ar);

static void take_signal(int number)
{
    int before = errno;
    lua_State *L = coroutine_running;

    if (number == SIGQUIT) {
        asked_for_tasks = 1;
    } else {
        if (deadly)
            _exit(128 + number);
        deadly = number;
    }
    if (wake_descriptor >= 0 && write(wake_descriptor, "", 1) < 0)
        errno = before;                 /* full: it is awake */
    lua_sethook(L, hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT, 1);
    errno = before;
}

/* Calls what the Lua half left in program.on_signal with the signal's name; it
 * raises when the running code is to stop. */
static void tell_lua(lua_State *L, const char *name)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, "luft.program");
    lua_getfield(L, -1, "on_signal");
    if (lua_isfunction(L, -1)) {
        lua_pushstring(L, name);
        lua_call(L, 1, 0);
        lua_pop(L, 2);
    } else {
        lua_pop(L, 3);
        if (strcmp(name, "SIGQUIT") != 0) {
            coroutine_interruptions++;
            luaL_error(L, "interrupted!");
        }
    }
}

static int told;                        /* the deadly one */

static void tell_pending(lua_State *L)
{
    if (asked_for_tasks) {
        asked_for_tasks = 0;
        tell_lua(L, "SIGQUIT");
    }
    if (deadly && !told) {
        told = deadly;
        tell_lua(L, deadly == SIGINT ? "SIGINT" : "SIGTERM");
    }
}

/* luft's own code is not interrupted in the middle: the hook stays until a line
 * of the script comes. */
static bool is_own(lua_State *L, lua_Debug *ar)
{
    lua_getinfo(L, "S", ar);
    return strncmp(ar->source, "=luft/", 6) == 0 || *ar->what == 'C';
}

static void hook(lua_State *L, lua_Debug *ar)
{
    if (is_own(L, ar)) {
        lua_sethook(L, hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE
                    | LUA_MASKCOUNT, 1);
        return;
    }
    lua_sethook(L, NULL, 0, 0);
    tell_pending(L);
}

/* program.check_signals(): from the loop, between two turns. */
static int check_signals(lua_State *L)
{
    tell_pending(L);
    return 0;
}

/* program.wake_with(descriptor): a byte there ends the loop's wait. */
static int wake_with(lua_State *L)
{
    wake_descriptor = (sig_atomic_t)luaL_checkinteger(L, 1);
    return 0;
}

int signals_exit_status(void)
{
    return deadly ? 128 + deadly : 0;
}

void signals_install(lua_State *L)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGQUIT};
    struct sigaction action = {.sa_handler = take_signal};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, "luft.program");
    lua_pushcfunction(L, check_signals);
    lua_setfield(L, -2, "check_signals");
    lua_pushcfunction(L, wake_with);
    lua_setfield(L, -2, "wake_with");
    lua_pop(L, 2);
}
