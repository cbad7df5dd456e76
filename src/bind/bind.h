/* bind.h -- what the files of the Lua C module luft.core share.
 *
 * Law: a userdata exists, zeroed and collectable, before it owns anything, so
 * that an error can jump from any line.
 */
#ifndef LUFT_BIND_H
#define LUFT_BIND_H

#include <sys/un.h>

#include "../core/call.h"
#include "../engine/engine.h"
#include "compat.h"

/* --- values ------------------------------------------------------------- */

/* Pushes the value that comes next; false: j->problem. */
bool json_to_lua(lua_State *L, struct json *j);

/* Writes the value at index.  False: w->problem, or the first place that is no
 * JSON, in `why`. */
bool lua_to_json(lua_State *L, int index, struct json_writer *w, bool sorted,
                 char why[200]);

/* An integer as this Lua can hold it: on one without integers, digits beyond
 * 2^53 come as a string. */
void push_int64(lua_State *L, int64_t value);

/* The other way: false unless the text at index is such digits. */
bool text_to_int64(lua_State *L, int index, int64_t *value);

/* Pushes a buffer that the collector frees, whatever error jumps. */
struct buf *push_buffer(lua_State *L);

/* json.encode, decode, array, null as a table. */
void push_json_library(lua_State *L);

/* --- errors ------------------------------------------------------------- */

/* An error object; its metatable is the one of core.error_metatable. */
void push_error(lua_State *L, const struct error *e);

/* Raises kind invalid_argument with the place of the script's call. */
int raise_misuse(lua_State *L, const char *provider, const char *operation,
                 const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Pushes "script.lua:12", the nearest caller that is not luft's own, or "". */
void push_script_place(lua_State *L);

/* core.mine(): the calling file belongs to luft.  core.error_metatable(). */
int mark_as_own(lua_State *L);
int error_metatable(lua_State *L);

/* --- arguments ---------------------------------------------------------- */

/* Converts the value at index as the row says; texts are copied into a.
 * False: `why` says what was expected. */
bool convert_argument(lua_State *L, int index, const struct argument *row,
                      struct arg *to, struct arena *a, char why[300]);

/* The arguments of a method, from stack index `first` to the top. */
void take_arguments(lua_State *L, int first, struct call *c);

/* The options of a driver, from the table at index. */
void take_options(lua_State *L, int index, struct client *k);

/* Defaults of rows for which nothing was given. */
bool fill_defaults(const struct argument *rows, struct arg *values);

/* --- waiting ------------------------------------------------------------ */

struct waker {                      /* first member of upvalue 1 of these */
    struct engine *engine;
    int listener;                   /* see wake_listen */
    char path[sizeof ((struct sockaddr_un *)0)->sun_path];
    struct watch *watched, *ended;  /* see host_request.c */
};

int wait_for_news(lua_State *L);    /* core.wait */
int news_descriptor(lua_State *L);
int forget_news(lua_State *L);
int wake_descriptor(lua_State *L);
int signal_host(lua_State *L);      /* core.signal */
void wake_host(struct waker *w);
int wake_listen(lua_State *L);
int wake_accept(lua_State *L);
void close_listener(struct waker *w);    /* if there is one */
int will_wait(lua_State *L);
int busy_calls(lua_State *L);       /* core.busy */

/* --- the system ----------------------------------------------------------- */

double clock_offset(void);          /* seconds, from monotonic to core.now */

int read_now(lua_State *L);         /* core.now, place, nearest, environment, */
int script_place(lua_State *L);     /* can_yield, in_finalizer */
int nearest_word(lua_State *L);
int whole_environment(lua_State *L);
int may_yield(lua_State *L);
int in_finalizer(lua_State *L);

/* --- requests of a host -------------------------------------------------- */

void look_for_requests(void);       /* once, before the others */
int running_request(lua_State *L);  /* core.request */
int watch_request(lua_State *L);
int next_ended(lua_State *L);       /* core.ended */
void forget_requests(struct waker *waker);      /* the Lua state is closed */

/* --- results ------------------------------------------------------------ */

/* Pushes what a call gave; the object at `driver` goes into each. */
void push_result(lua_State *L, struct result *r, int driver);

/* core.shape_metatable, core.extra, core.raw */
int set_shape_metatable(lua_State *L);
int object_extra(lua_State *L);
int object_raw(lua_State *L);

/* --- drivers ------------------------------------------------------------ */

extern const struct driver *const drivers[];    /* drivers/list.c */

struct client *check_client(lua_State *L, int index);

/* core.open(area, name, options, getenv) -> a client as userdata */
int open_client(lua_State *L);
int client_metatable(lua_State *L);     /* core.driver_metatable(area, name) */

/* core.describe() -> every driver's tables as Lua tables */
int describe_drivers(lua_State *L);

/* core.origin(client) -> "unix:///var/run/docker.sock", verified */
int client_origin(lua_State *L);

#endif
