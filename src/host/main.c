/* main.c -- the luft program: options, the script, the end.
 *
 * Options, arg and messages are those of the lua program; what luft adds is in
 * --help.  The main chunk runs on Lua's main thread.  When it ends, so that a
 * script without luft notices nothing, the Lua half is asked to wait for tasks
 * only if it was loaded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../core/version.h"
#include "host.h"

enum { EXIT_USAGE = 2, EXIT_DEADLOCK = 70 };

static const char usage[] =
    "usage: luft [options] [script [arguments]]\n"
    "\n"
    "  -e STATEMENT      run a statement; luft is there as a global\n"
    "  -l [NAME=]MODULE  require a module into a global of that name\n"
    "  -v, --version     print the version\n"
    "  -E                ignore LUA_INIT and the other LUA_ variables\n"
    "  -W                turn Lua's warnings on\n"
    "  -                 run the script on standard input\n"
    "  --                stop reading options\n"
    "  --playground      simulate every cloud inside this program; so does\n"
    "                    LUFT_PLAYGROUND=1 in the environment\n"
    "  --traceback       print the whole story of an error\n"
    "  --help [TOPIC]    print this, or what a driver or method does\n"
    "\n"
    "A script says: local luft = require \"luft\"\n"
    "Exit status: 0, 1 error, 2 usage, 70 deadlock, 130/143 signals.\n";

struct options {
    int first_argument;                 /* index of the script, or argc */
    bool script_from_stdin, ignore_environment, warnings;
    bool version, help, traceback, playground, did_something;
};

/* --- options ------------------------------------------------------------ */

static int refuse(const char *option, const char *why)
{
    fprintf(stderr, "luft: %s '%s'\nTry: luft --help\n", why, option);
    return EXIT_USAGE;
}

static bool takes_value(char letter)
{
    return letter == 'e' || letter == 'l';
}

static int read_long_option(struct options *o, const char *option)
{
    static const char *const names[] = {
        "--version", "--help", "--traceback", "--playground"
    };
    bool *const flags[] = {
        &o->version, &o->help, &o->traceback, &o->playground
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(option, names[i]) == 0) {
            *flags[i] = true;
            return 0;
        }
    return refuse(option, "unrecognized option");
}

static int read_short_option(struct options *o, char **argv, int *i)
{
    const char *option = argv[*i];

    switch (option[1]) {
    case 'E':
        o->ignore_environment = true;
        break;
    case 'W':
        o->warnings = true;
        break;
    case 'v':
        o->version = true;
        break;
    case 'e': case 'l':
        if (option[2] == '\0' && argv[++*i] == NULL)
            return refuse(option, "a value is missing behind");
        o->did_something |= option[1] == 'e';
        return 0;
    default:
        return refuse(option, "unrecognized option");
    }
    return option[2] ? refuse(option, "unrecognized option") : 0;
}

/* 0, or the exit status. */
static int read_options(struct options *o, char **argv)
{
    int i, status = 0;

    for (i = 1; argv[i] && argv[i][0] == '-' && status == 0; i++) {
        if (strcmp(argv[i], "--") == 0) {
            i++;
            break;
        }
        if (strcmp(argv[i], "-") == 0) {
            o->script_from_stdin = true;
            break;
        }
        status = argv[i][1] == '-' ? read_long_option(o, argv[i])
                                   : read_short_option(o, argv, &i);
    }
    o->first_argument = i;
    return status;
}

/* --- errors ------------------------------------------------------------- */

/* As lua.c's: a text gets a traceback; an object of luft's stays one, for the
 * Lua half to report. */
static int message_handler(lua_State *L)
{
    const char *message = lua_tostring(L, 1);

    if (!message) {
        if (luaL_getmetafield(L, 1, "__luft_error")) {
            lua_settop(L, 1);
            lua_getfield(L, 1, "traceback");
            if (lua_isnil(L, -1)) {
                luaL_traceback(L, L, NULL, 1);
                lua_setfield(L, 1, "traceback");
            }
            lua_settop(L, 1);
            return 1;
        }
        if (luaL_callmeta(L, 1, "__tostring")
            && lua_type(L, -1) == LUA_TSTRING)
            return 1;
        message = lua_pushfstring(L, "(error object is a %s value)",
                                  luaL_typename(L, 1));
    }
    luaL_traceback(L, L, message, 1);
    return 1;
}

static int call_protected(lua_State *L, int arguments)
{
    int function = lua_gettop(L) - arguments, status;

    lua_pushcfunction(L, message_handler);
    lua_insert(L, function);
    status = lua_pcall(L, arguments, 0, function);
    lua_remove(L, function);
    return status;
}

static void print_message(lua_State *L)
{
    size_t length;
    const char *message = luaL_tolstring(L, -1, &length);

    fflush(stdout);
    fprintf(stderr, "luft: %s\n", message);
    lua_pop(L, 1);
}

/* --- the end ------------------------------------------------------------ */

/* Runs program.lua's finish(ok, error, options): waits for tasks and reports.
 * The exit status. */
static int finish(lua_State *L, bool ok, const struct options *o)
{
    int status;

    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, "luft.world");
    lua_remove(L, -2);
    if (lua_isnil(L, -1)) {             /* the script used no luft */
        lua_pop(L, 1);
        if (!ok)
            print_message(L);
        return signals_exit_status() ? signals_exit_status() : !ok;
    }
    lua_pop(L, 1);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "luft.finish");
    lua_call(L, 1, 1);
    lua_pushboolean(L, ok);
    if (ok)
        lua_pushnil(L);
    else
        lua_pushvalue(L, -3);
    lua_pushboolean(L, o->traceback);
    if (lua_pcall(L, 3, 1, 0)) {
        print_message(L);
        return EXIT_FAILURE;
    }
    status = (int)lua_tointeger(L, -1);
    return signals_exit_status() ? signals_exit_status() : status;
}

/* --- the script --------------------------------------------------------- */

/* arg[0] is the script, negative indices what stands before it. */
static void create_arg(lua_State *L, char **argv, int argc, int script)
{
    if (script >= argc)
        script = 0;
    lua_createtable(L, argc - script, script + 1);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i - script);
    }
    lua_setglobal(L, "arg");
}

static int push_arguments(lua_State *L)
{
    int n;

    if (lua_getglobal(L, "arg") != LUA_TTABLE)
        luaL_error(L, "'arg' is not a table");
    n = (int)luaL_len(L, -1);
    luaL_checkstack(L, n + 3, "too many arguments to script");
    for (int i = 1; i <= n; i++)
        lua_rawgeti(L, -i, i);
    lua_remove(L, -(n + 1));
    return n;
}

static int run_string(lua_State *L, const char *text, const char *name)
{
    int status = luaL_loadbuffer(L, text, strlen(text), name);

    return status ? status : call_protected(L, 0);
}

/* "module", or "name=module" for a global of another name. */
static int run_library(lua_State *L, const char *text)
{
    const char *mark = strchr(text, '=');
    int status;

    lua_getglobal(L, "require");
    lua_pushstring(L, mark ? mark + 1 : text);
    lua_pushcfunction(L, message_handler);
    lua_insert(L, -3);
    status = lua_pcall(L, 1, 1, -3);
    lua_remove(L, -2);
    if (status == LUA_OK) {
        lua_pushglobaltable(L);
        lua_pushlstring(L, text, mark ? (size_t)(mark - text) : strlen(text));
        lua_rotate(L, -3, -1);
        lua_settable(L, -3);
        lua_pop(L, 1);
    }
    return status;
}

static int run_script(lua_State *L, const char *name)
{
    int status = luaL_loadfile(L, name);

    return status ? status : call_protected(L, push_arguments(L));
}

/* luft as a global, for -e: what a script has to require. */
static int define_luft(lua_State *L)
{
    lua_getglobal(L, "luft");
    if (!lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return LUA_OK;
    }
    lua_pop(L, 1);
    return run_library(L, "luft");
}

static int run_pending_options(lua_State *L, char **argv, int end)
{
    int status = LUA_OK;

    for (int i = 1; i < end && status == LUA_OK; i++) {
        const char *value;

        if (argv[i][0] != '-' || !takes_value(argv[i][1]))
            continue;
        value = argv[i][2] ? argv[i] + 2 : argv[i + 1];
        if (argv[i][1] == 'l') {
            status = run_library(L, value);
        } else {
            status = define_luft(L);
            if (status == LUA_OK)
                status = run_string(L, value, "=(command line)");
        }
        i += argv[i][2] == '\0';
    }
    return status;
}

static int run_init(lua_State *L)
{
    const char *name = "=LUA_INIT_5_4";
    const char *init = getenv(name + 1);

    if (!init)
        init = getenv((name = "=LUA_INIT") + 1);
    if (!init)
        return LUA_OK;
    if (*init != '@')
        return run_string(L, init, name);
    return luaL_loadfile(L, init + 1) || call_protected(L, 0);
}

/* LUFT_PLAYGROUND: 1, or options of the playground. */
static bool wants_playground(const struct options *o)
{
    const char *said = getenv("LUFT_PLAYGROUND");

    return o->playground || (said && *said && strcmp(said, "0") != 0);
}

static int run_playground(lua_State *L)
{
    return run_string(L, "require('luft.playground').install()",
                      "=luft/playground");
}

static int run_everything(lua_State *L, const struct options *o, int argc,
                          char **argv)
{
    int status = o->ignore_environment ? LUA_OK : run_init(L);

    if (status == LUA_OK && wants_playground(o))
        status = run_playground(L);
    if (status == LUA_OK)
        status = run_pending_options(L, argv, o->first_argument);
    if (status == LUA_OK && o->script_from_stdin)
        status = run_script(L, NULL);
    else if (status == LUA_OK && o->first_argument < argc)
        status = run_script(L, argv[o->first_argument]);
    else if (status == LUA_OK && !o->did_something)
        status = run_script(L, NULL);
    return status;
}

/* --- main --------------------------------------------------------------- */

/* A fan-out wants more descriptors than a shell gives at first. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0
        && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int print_help(lua_State *L, const char *topic)
{
    int status;

    if (!topic) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    lua_getglobal(L, "require");
    lua_pushliteral(L, "luft");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "help");
    lua_pushstring(L, topic);
    status = lua_pcall(L, 1, 1, 0);
    if (status) {
        print_message(L);
        return EXIT_USAGE;
    }
    puts(luaL_tolstring(L, -1, NULL));
    return EXIT_SUCCESS;
}

static void open_libraries(lua_State *L, const struct options *o)
{
    if (o->ignore_environment) {
        lua_pushboolean(L, 1);
        lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
    }
    luaL_openlibs(L);
    lua_gc(L, LUA_GCGEN, 0, 0);         /* as lua.c does */
    embedded_install(L);
    coroutine_install(L);
    signals_install(L);
    if (o->warnings)
        lua_warning(L, "@on", 0);
}

struct program {
    const struct options *options;
    int argc;
    char **argv;
    int status;                         /* of the exit */
};

/* Everything that needs Lua, under a protected call; as in lua.c, this is the
 * "[C]: in ?" at the foot of every traceback. */
static int protected_main(lua_State *L)
{
    struct program *p = lua_touserdata(L, 1);
    const struct options *o = p->options;
    bool ok;

    open_libraries(L, o);
    if (o->help) {
        p->status = print_help(L, p->argv[o->first_argument]);
        return 0;
    }
    create_arg(L, p->argv, p->argc, o->first_argument);
    ok = run_everything(L, o, p->argc, p->argv) == LUA_OK;
    p->status = finish(L, ok, o);
    return 0;
}

static int run(lua_State *L, const struct options *o, int argc, char **argv)
{
    struct program p = {.options = o, .argc = argc, .argv = argv};

    lua_pushcfunction(L, protected_main);
    lua_pushlightuserdata(L, &p);
    if (lua_pcall(L, 1, 0, 0)) {
        print_message(L);
        return EXIT_FAILURE;
    }
    return p.status;
}

int main(int argc, char **argv)
{
    struct options o = {0};
    int status = read_options(&o, argv);
    lua_State *L;

    if (status)
        return status;
    if (o.version) {
        puts("luft " LUFT_VERSION "  " LUA_RELEASE);
        if (!o.did_something && o.first_argument >= argc)
            return EXIT_SUCCESS;
    }
    if (!o.help && !o.version && !o.did_something && !o.script_from_stdin
        && o.first_argument >= argc && isatty(STDIN_FILENO)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    raise_descriptor_limit();
    L = luaL_newstate();
    if (!L) {
        fputs("luft: not enough memory\n", stderr);
        return EXIT_FAILURE;
    }
    status = run(L, &o, argc, argv);
    lua_close(L);
    return status;
}
