/* step.c -- what a driver's steps are made of (see driver.h): arguments,
 * memory, answers, and the ways to leave a step.  Requests: build.c. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "call.h"
#include "mem.h"
#include "text.h"

struct client *call_client(struct call *c)
{
    return c->client;
}

const struct method *call_method(struct call *c)
{
    return c->method;
}

/* --- arguments ---------------------------------------------------------- */

const struct arg *arg(struct call *c, const char *name)
{
    int i = argument_index(c->method->arguments, name);

    return i >= 0 && c->args[i].type ? &c->args[i] : NULL;
}

const char *arg_text(struct call *c, const char *name)
{
    const struct arg *a = arg(c, name);

    if (!a || !(a->type & (TEXT | OBJECT)))
        return NULL;
    if (strlen(a->text) != a->length)       /* the rest would be lost */
        error_set(&c->error, ERROR_INVALID_ARGUMENT,
                  "%s holds a NUL character", name);
    return a->text;
}

bool arg_true(struct call *c, const char *name)
{
    const struct arg *a = arg(c, name);

    return a && a->type == BOOLEAN && a->integer;
}

/* --- memory ------------------------------------------------------------- */

struct arena *call_arena(struct call *c)
{
    return &c->arena;
}

void keep(struct call *c, const char *name, const char *text)
{
    struct kept_text *k = arena_alloc(&c->arena, sizeof *k);

    if (!k)
        return;
    k->name = name;
    k->text = arena_text(&c->arena, text);
    k->next = c->kept_texts;
    c->kept_texts = k;
}

const char *kept(struct call *c, const char *name)
{
    for (const struct kept_text *k = c->kept_texts; k; k = k->next)
        if (strcmp(k->name, name) == 0)
            return k->text;
    return NULL;
}

const char *learned(struct call *c)
{
    return c->learned ? c->learned : "";
}

void made(struct call *c, const char *id)
{
    mem_free(c->error.made);
    c->error.made = mem_copy(id, strlen(id));
    if (!c->error.made)
        error_no_memory(&c->error);
}

/* --- the answer --------------------------------------------------------- */

int answer_status(struct call *c)
{
    return c->response.status;
}

const char *answer_header(struct call *c, const char *name)
{
    return headers_get(&c->response.headers, name);
}

const struct buf *answer_body(struct call *c)
{
    return &c->response.body;
}

/* Names in lower case; of a name that came twice, the last one wins. */
void answer_headers(struct call *c, struct json_writer *to)
{
    const struct headers *h = &c->response.headers;

    json_open(to, '{');
    for (size_t i = 0; i < h->count; i++) {
        size_t length = strlen(h->list[i].value), n = 0;
        char name[100];

        if (text_valid_utf8(h->list[i].value, length) != length)
            continue;               /* JSON has no form for it */
        for (; h->list[i].name[n] && n < sizeof name; n++)
            name[n] = text_lower(h->list[i].name[n]);
        json_name(to, name, n);
        json_string(to, h->list[i].value, length);
    }
    json_close(to, '}');
}

const char *value_text(struct call *c, const struct json_value *v)
{
    char *text;

    if (v->type != JSON_STRING) {
        text = arena_copy(&c->arena, v->s, v->length);
    } else {
        text = arena_alloc(&c->arena, v->text.length + 1);
        if (text)
            text[json_unescape(&v->text, text)] = '\0';
    }
    return text ? text : "";
}

const char *answer_text(struct call *c, const char *path)
{
    struct json_value v;

    if (!json_find(buf_string(&c->response.body), c->response.body.len, path,
                   &v))
        return "";
    return value_text(c, &v);
}

/* --- leaving a step ----------------------------------------------------- */

enum want then(struct call *c, step *next)
{
    c->next = next;
    c->built = true;
    c->attempt = c->redirects = 0;
    if (!request_ok(&c->request))
        error_no_memory(&c->error);
    return WANT_REQUEST;
}

enum want wait_then(struct call *c, double seconds, step *next)
{
    c->wait = seconds;
    c->next = next;
    return WANT_WAIT;
}

enum want read_then(struct call *c, const char *path, step *next)
{
    c->path = arena_text(&c->arena, path);
    c->next = next;
    return WANT_READ;
}

enum want run_then(struct call *c, const char *const *argv,
                   const char *input, step *next)
{
    c->argv = argv;
    c->input = input;
    c->next = next;
    return WANT_RUN;
}

const struct buf *brought(struct call *c)
{
    return &c->brought;
}

int exit_status(struct call *c)
{
    return c->exit_status;
}

enum want fail(struct call *c, enum error_kind kind, const char *format, ...)
{
    char text[1000];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->error.status = c->response.status;
    if (c->arena.failed)            /* what seems missing was there */
        error_no_memory(&c->error);
    error_set(&c->error, kind, "%s", text);
    return WANT_FAIL;
}

static void move_body(struct call *c)
{
    c->result.bytes = c->response.body;
    memset(&c->response.body, 0, sizeof c->response.body);
}

/* Bytes count from 1, as in luft.json; behind the last is the last. */
static enum want not_understood(struct call *c, const struct json *j,
                                const char *at, const char *problem)
{
    size_t length = (size_t)(j->end - j->start);
    size_t byte = (size_t)(at - j->start) + 1;

    return fail(c, ERROR_PROTOCOL, "the answer cannot be understood: %s, at "
                "byte %zu of %zu", problem ? problem : "",
                byte < length ? byte : length, length);
}

static enum want bad_json(struct call *c, const struct json *j)
{
    if (!j->problem)
        return fail(c, ERROR_LOCAL, "out of memory");
    return not_understood(c, j, j->at, j->problem);
}

/* Reads the objects out of the answer; their texts stay in its bytes.  One that
 * has nothing to call it by is not what was asked for. */
static enum want read_objects(struct call *c)
{
    const struct method *m = c->method;
    struct records *to = &c->result.records;
    const struct record *nameless = NULL;
    struct json j;
    bool ok;

    json_start(&j, buf_string(&c->response.body), c->response.body.len);
    if (m->gives == GIVES_LIST)
        ok = read_records(m->shape, &j, m->list_at, to);
    else if (m->gives == GIVES_ONE)
        ok = read_record(m->shape, &j, to);
    else
        ok = json_skip(&j);
    if (!ok || !json_finish(&j))
        return bad_json(c, &j);
    if (m->shape)
        nameless = record_without_reference(m->shape, to);
    if (nameless)
        return not_understood(c, &j, nameless->raw, arena_format(
            &c->arena, "a %s without its %s", m->shape->name,
            m->shape->reference));
    move_body(c);
    return WANT_DONE;
}

static enum want nothing_left(struct call *c)
{
    c->result.gives = GIVES_NOTHING;
    return WANT_DONE;
}

/* For an iterator a list is one batch of items. */
static enum want give_list(struct call *c)
{
    c->items = result_new();
    if (!c->items)
        return fail(c, ERROR_LOCAL, "out of memory");
    *c->items = c->result;
    c->items->weight = c->items->bytes.len;
    memset(&c->result, 0, sizeof c->result);
    c->next = nothing_left;
    return WANT_ITEM;
}

enum want done(struct call *c)
{
    enum want want = WANT_DONE;

    c->result.gives = c->method->gives;
    c->result.shape = c->method->shape;
    switch (c->result.gives) {
    case GIVES_TEXT:
        move_body(c);
        break;
    case GIVES_RESPONSE:
        move_body(c);
        c->result.response = c->response;
        memset(&c->response, 0, sizeof c->response);
        break;
    case GIVES_ONE: case GIVES_LIST: case GIVES_TABLE:
        want = read_objects(c);
        break;
    default:
        break;
    }
    if (want == WANT_DONE && c->result.gives == GIVES_LIST && c->wants_items)
        return give_list(c);
    return want;
}

enum want done_json(struct call *c, const char *json)
{
    buf_clear(&c->response.body);
    if (json)
        buf_text(&c->response.body, json);
    if (!json || !buf_ok(&c->response.body))
        return fail(c, ERROR_LOCAL, "out of memory");
    return done(c);
}

void set_field(struct call *c, const char *name, const char *text)
{
    struct records *r = &c->result.records;
    char *copy = arena_text(&r->arena, text);
    int column = r->count ? shape_column(c->result.shape->fields, name) : -1;

    if (text && !copy)
        error_no_memory(&c->error);
    if (copy && column >= 0)
        slot_set_text(&r->list[0].slots[column], copy);
}

enum want done_text(struct call *c, const char *text, size_t length)
{
    c->result.gives = GIVES_TEXT;
    buf_add(&c->result.bytes, text, length);
    if (!buf_ok(&c->result.bytes))
        error_no_memory(&c->error);
    return WANT_DONE;
}

/* --- streams ------------------------------------------------------------ */

bool add_text(struct call *c, const char *text, size_t length)
{
    struct buf *to = &c->result.bytes;

    to->ceiling = (size_t)c->client->origin.largest_answer;
    buf_add(to, text, length);
    if (buf_ok(to))
        return true;
    if (to->failure == BUF_TOO_LARGE)
        error_set(&c->error, ERROR_PROTOCOL, "the text is larger than %zu "
                  "bytes; the option max_answer allows more, or read it as "
                  "a stream", to->ceiling);
    error_no_memory(&c->error);
    return false;
}

enum want done_stream(struct call *c)
{
    c->result.gives = has_consumer(c) ? GIVES_NOTHING : GIVES_TEXT;
    return WANT_DONE;
}

bool has_consumer(struct call *c)
{
    return c->wants_items;
}

void feed_to(struct call *c, feed *to)
{
    c->feed = to;
}

void *feed_state(struct call *c, size_t size, void (*end)(void *state))
{
    if (!c->feed_state) {
        c->feed_state = mem_alloc(size);
        c->feed_state_end = end;
    }
    if (!c->feed_state)
        error_no_memory(&c->error);
    return c->feed_state;
}

static struct result *batch(struct call *c, enum gives gives)
{
    if (!c->items) {
        c->items = result_new();
        if (!c->items) {
            error_no_memory(&c->error);
            return NULL;
        }
        c->items->gives = gives;
    }
    return c->items;
}

bool give_text(struct call *c, int tag, const char *text, size_t length)
{
    struct result *items = batch(c, GIVES_TEXTS);

    if (items && result_add_text(items, tag, text, length))
        return true;
    error_no_memory(&c->error);
    return false;
}

bool give_object(struct call *c, struct shape *shape,
                 const char *json, size_t length)
{
    struct result *items = batch(c, GIVES_LIST);
    const char *copy;
    struct json j;

    if (!items)
        return false;
    items->shape = shape;
    copy = arena_copy(&items->records.arena, json, length);
    if (!copy) {
        error_no_memory(&c->error);
        return false;
    }
    json_start(&j, copy, length);
    if (!read_record(shape, &j, &items->records) || !json_finish(&j)) {
        bad_json(c, &j);
        return false;
    }
    items->weight += length;
    return true;
}
