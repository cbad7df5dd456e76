/* driver.h -- all that a provider's file sees of luft.
 *
 * A provider is a table of methods.  A row says what the method is called, what
 * it takes, which request it sends and what it gives; binding, argument checks,
 * help, manual and types are made from the row.  What a row cannot say is a
 * step: a function that builds a request and names the step that reads the
 * answer.  Steps do no I/O: they return what the call wants next.
 *
 *     static enum want create(struct call *c)
 *     {
 *         struct request *r = request(c, "POST /containers/create?name");
 *
 *         body_fields(c, r, create_body);
 *         return then(c, created);
 *     }
 *
 * docs/NEW-DRIVER.md shows the way, drivers/container/docker.c an example.
 */
#ifndef LUFT_DRIVER_H
#define LUFT_DRIVER_H

#include "client.h"
#include "error.h"
#include "json.h"
#include "request.h"
#include "result.h"
#include "shape.h"

struct call;

/* What a call wants next (DESIGN 2.1). */
enum want {
    WANT_REQUEST,       /* a slot, then this HTTP request sent */
    WANT_WAIT,          /* to come back in some seconds */
    WANT_READ,          /* a small file's bytes */
    WANT_RUN,           /* a program's output */
    WANT_JOIN,          /* a shared piece of work done, by key */
    WANT_ITEM,          /* the consumer to take what there is, then go on */
    WANT_DONE,
    WANT_FAIL
};

typedef enum want step(struct call *c);

/* --- rows --------------------------------------------------------------- */

/* One member of a JSON body: path "HostConfig.Memory" from the argument
 * "mem_limit", left out when that was not given.  `write` is there for what is
 * no plain copy; a value of which it writes nothing is left out too. */
struct body_field {
    const char *path;
    const char *from;               /* the argument's name */
    void (*write)(struct json_writer *w, struct call *c,
                  const struct arg *value);
    const char *constant;           /* JSON, instead of an argument */
};

struct method {
    const char *name;               /* "list_containers" */
    const struct argument *arguments;
    const char *request;            /* "GET /containers/{id}/json?size":
                                       {x} is argument x as one segment, {+x}
                                       keeps its slashes, ?x goes along when
                                       given, x=y always */
    const struct body_field *body;
    step *begin;                    /* instead of request and body */
    step *then;                     /* reads the answer; NULL: that is all */
    enum gives gives;
    struct shape *shape;            /* what it gives one or many of */
    const char *list_at;            /* member that holds the list; "": all */
    const char *stream_if;          /* argument that makes it a stream */
    int accepts;                    /* a status that is no error, beside 2xx */
    bool safe_to_repeat;            /* though the HTTP method is not */
    bool may_be_silent;             /* no first-byte and stall limits */
    const char *help;               /* one line, mandatory */
};

#define ONE(s)     .gives = GIVES_ONE, .shape = &(s)
#define LIST_OF(s) .gives = GIVES_LIST, .shape = &(s), .list_at = ""

struct driver {
    const char *area;               /* "container" */
    const char *name;               /* "docker" */
    const char *title;              /* "Docker Engine" */
    const char *help;               /* one paragraph for the manual */
    const struct argument *options; /* beside the common ones; or NULL */
    /* Fills client->origin and what else it needs from options and
     * environment; on false, client->error is set. */
    bool (*configure)(struct client *k);
    /* Where a call's first request goes, if not to the client's endpoint: calls
     * goes_to, for it waits in that place's queue before it is built.  False:
     * it failed. */
    bool (*place)(struct call *c);
    /* Shared work every method needs first; its text is learned(c). */
    const struct method *learns;
    /* What stands before each path, such as "/v1.41"; or NULL. */
    void (*prefix)(struct call *c, struct buf *path);
    /* Adds credentials to a request that is about to be sent; or NULL. */
    void (*sign)(struct call *c, struct request *r, double now);
    /* Reads an error answer: the provider's message, code, a better kind. */
    void (*fault)(struct call *c, struct error *e);
    const char *unreachable;        /* what to do when no answer comes */
    const struct method *methods;
    struct shape *const *shapes;    /* every shape it gives; ends with NULL */
};

/* --- in fault and sign -------------------------------------------------- */

/* The provider's message, with the kind that the status suggests. */
void fault_set(struct call *c, struct error *e, const char *message,
               size_t length);

/* Authorization: Basic. */
void sign_basic(struct request *r, const char *user, const char *password);

/* --- anywhere ----------------------------------------------------------- */

struct client *call_client(struct call *c);
const struct method *call_method(struct call *c);

/* --- in a step: arguments ----------------------------------------------- */

const struct arg *arg(struct call *c, const char *name);   /* NULL: not given */
const char *arg_text(struct call *c, const char *name);     /* or NULL */
bool arg_true(struct call *c, const char *name);            /* default counts */

/* --- in a step: the next request ---------------------------------------- */

/* Starts a request by the template of struct method; {x} may also be a kept
 * text.  Never NULL; failures show when the step returns. */
struct request *request(struct call *c, const char *template);

/* The request that the method's own row describes. */
struct request *row_request(struct call *c);

/* A request to some other place, such as a URL that a script gave; for the
 * first one driver.place has said so with goes_to, which is false when there
 * is no memory. */
bool goes_to(struct call *c, const struct url *u);
struct request *request_to(struct call *c, const char *method,
                           const struct url *u);

/* Takes the place of a header of that name; again: adds one more of it. */
void add_header(struct call *c, const char *name, const char *value);
void add_header_again(struct call *c, const char *name, const char *value);
void add_query(struct call *c, const char *name, const char *value);
void body_fields(struct call *c, const struct body_field *fields);
void body_bytes(struct call *c, const char *type,
                const char *bytes, size_t length);

/* This status is no error for this request. */
void accept_status(struct call *c, int status);

/* No status is an error: once retries are used up, the last answer is the
 * result.  Redirects are followed all the same; one too many, or one that
 * cannot be followed, is an error. */
void accept_any_status(struct call *c);

/* The answer's bytes go to feed as they come, in any split, when the status is
 * a good one; the first call has none, and tells that the head is there.  False
 * stops the call (use fail first). */
typedef bool feed(struct call *c, const char *bytes, size_t length);
void feed_to(struct call *c, feed *to);

/* --- in a step: the answer ---------------------------------------------- */

int answer_status(struct call *c);
const char *answer_status_words(struct call *c);    /* "Bad Gateway"; or NULL */
const char *answer_header(struct call *c, const char *name);    /* or NULL */
const struct buf *answer_body(struct call *c);
void answer_headers(struct call *c, struct json_writer *to);    /* as object */

/* The plain value at a path of a JSON answer as text, "" when it is not there.
 * Lives as long as the call. */
const char *answer_text(struct call *c, const char *path);

/* A plain JSON value as text, which lives as long as the call. */
const char *value_text(struct call *c, const struct json_value *v);

/* --- in a step: memory -------------------------------------------------- */

/* Texts made in it live as long as the call. */
struct arena *call_arena(struct call *c);

/* Remembers a copy of a text by name for later steps and templates. */
void keep(struct call *c, const char *name, const char *text);
const char *kept(struct call *c, const char *name);         /* NULL: nothing */
const char *learned(struct call *c);

/* Something exists now that did not before: an error that follows names it. */
void made(struct call *c, const char *id);

/* --- leaving a step ----------------------------------------------------- */

enum want then(struct call *c, step *next);         /* send, next reads */
enum want wait_then(struct call *c, double seconds, step *next);
enum want read_then(struct call *c, const char *path, step *next);
enum want run_then(struct call *c, const char *const *argv,
                   const char *input, step *next);
enum want done(struct call *c);                     /* by the row's gives */
enum want done_text(struct call *c, const char *text, size_t length);
enum want done_json(struct call *c, const char *json);  /* as if answered */
enum want refused(struct call *c);      /* the answer is an error after all */
enum want fail(struct call *c, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* After done(): the result's field is this instead. */
void set_field(struct call *c, const char *name, const char *text);

/* What read_then and run_then brought, and how the program ended. */
const struct buf *brought(struct call *c);
int exit_status(struct call *c);

/* --- streams ------------------------------------------------------------ */

/* Gives the consumer one item: a text with a tag (0 to 255), or an object of
 * the shape, read from JSON.  False: the call is over. */
bool give_text(struct call *c, int tag, const char *text, size_t length);
bool give_object(struct call *c, struct shape *shape,
                 const char *json, size_t length);

/* True when somebody takes the items. */
bool has_consumer(struct call *c);

/* Adds to the text that done_stream gives; false: too large, no memory. */
bool add_text(struct call *c, const char *text, size_t length);
enum want done_stream(struct call *c);

/* Room for a feed's state between its calls, zeroed when an answer begins; end
 * is called before it goes, to give back what it holds.  NULL: no memory. */
void *feed_state(struct call *c, size_t size, void (*end)(void *state));

#endif
