/* host.h -- what the files of the luft program share. */
#ifndef LUFT_HOST_H
#define LUFT_HOST_H

#include <stdbool.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

int luaopen_luft_core(lua_State *L);

/* coroutine.c: replaces pcall, xpcall and coroutine.* so that luft's waits and
 * cancellations pass through them; makes the module luft.program. */
void coroutine_install(lua_State *L);

/* The thread at work, for the signal handler. */
extern lua_State *volatile coroutine_running;

/* How often a script without tasks was interrupted: pcall lets that through. */
extern int coroutine_interruptions;

/* signals.c: Ctrl-C and its like. */
void signals_install(lua_State *L);
int signals_exit_status(void);      /* 128 + n of the last one; 0: none came */

/* embedded.c: the Lua files inside the program, as require finds them. */
void embedded_install(lua_State *L);

#endif
