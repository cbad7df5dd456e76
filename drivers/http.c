/* http.c -- luft.http: any HTTP request, on the engine that all drivers share.
 *
 * Not a provider: one method, whose request is what the script says.  An answer
 * of any status is a result, once redirects are followed and retries used up.
 *
 * A streamed answer comes as texts: first, with tag 1, status and headers as
 * JSON; then the body's bytes, with tag 0.
 */
#include <string.h>

#include "../src/core/driver.h"
#include "../src/core/text.h"

enum { TAG_BODY, TAG_HEAD };

/* Each request has its own place; options say only how to get there. */
static bool configure(struct client *k)
{
    const char *socket = option_text(k, "unix_socket");

    if (k->origin.url.scheme)
        return client_fail(k, ERROR_INVALID_ARGUMENT, "luft.http takes whole "
                           "URLs; it has no use for endpoint and host");
    if (!client_set_endpoint(k, "its place", "http://localhost/"))
        return false;
    k->origin.unix_socket = socket;
    return true;
}

/* --- the request -------------------------------------------------------- */

/* A NUL would cut the text short, and hide what stands behind it. */
static const char *whole_text(struct call *c, const struct json_value *v)
{
    const char *text = value_text(c, v);
    char *plain = v->type == JSON_STRING
        ? arena_alloc(call_arena(c), v->text.length + 1) : NULL;

    if (plain && json_unescape(&v->text, plain) != strlen(text))
        fail(c, ERROR_INVALID_ARGUMENT, "a text holds a NUL character");
    return text;
}

typedef void add_pair(struct call *c, const char *name, const char *value);

/* Adds the value that comes next; false: it is none. */
static bool add_value(struct call *c, struct json *j, const char *name,
                      add_pair *add)
{
    struct json_value v;

    if (!json_scalar(j, &v))
        return false;
    add(c, name, whole_text(c, &v));
    return true;
}

/* A list has a value in each of its members: the first is added as one that
 * stands alone is, the others `again`. */
static bool add_values(struct call *c, struct json *j, const char *name,
                       add_pair *add, add_pair *again)
{
    if (json_peek(j) != JSON_ARRAY)
        return add_value(c, j, name, add);
    json_enter(j);
    for (; json_more(j); add = again)
        if (!add_value(c, j, name, add))
            return false;
    return true;
}

/* Adds each name and value of a table. */
static void each_pair(struct call *c, const char *argument,
                      add_pair *add, add_pair *again)
{
    const struct arg *table = arg(c, argument);
    struct json_value name = {.type = JSON_STRING};
    struct json j;

    if (!table)
        return;
    json_start(&j, table->text, table->length);
    json_enter(&j);
    while (json_key(&j, &name.text)) {
        const char *text = whole_text(c, &name);

        if (!add_values(c, &j, text, add, again))
            fail(c, ERROR_INVALID_ARGUMENT, "%s.%s must be a text, a number "
                 "or a list of them", argument, text);
    }
}

static const char *table_text(struct call *c, const char *argument,
                              const char *name)
{
    const struct arg *table = arg(c, argument);
    struct json_value v;

    if (!table || table->type != TABLE
        || !json_find(table->text, table->length, name, &v))
        return NULL;
    return whole_text(c, &v);
}

static void add_authorization(struct call *c, struct request *r,
                              const struct url *u)
{
    const char *bearer = table_text(c, "auth", "bearer");
    const char *user = table_text(c, "auth", "user");
    const char *password = table_text(c, "auth", "password");

    if (bearer)
        add_header(c, "Authorization",
                   arena_format(&r->arena, "Bearer %s", bearer));
    else if (user)
        sign_basic(r, user, password ? password : "");
    else if (u->user)
        sign_basic(r, u->user, u->password ? u->password : "");
}

/* body = {file = "path", offset = 0, length = 10} */
static enum want add_file(struct call *c, struct request *r)
{
    const struct arg *body = arg(c, "body");
    struct json_value v;

    r->body.kind = BODY_FILE;
    r->body.path = table_text(c, "body", "file");
    r->body.length = -1;
    if (!r->body.path)
        return fail(c, ERROR_INVALID_ARGUMENT, "a table as body needs the "
                    "name 'file'");
    if (json_find(body->text, body->length, "offset", &v))
        r->body.offset = v.integer;
    if (json_find(body->text, body->length, "length", &v))
        r->body.length = v.integer;
    return WANT_REQUEST;
}

static enum want add_body(struct call *c, struct request *r)
{
    const struct arg *body = arg(c, "body"), *json = arg(c, "json");

    if (body && json)
        return fail(c, ERROR_INVALID_ARGUMENT,
                    "body and json exclude each other");
    if (json) {
        r->body.kind = BODY_BYTES;
        buf_add(&r->body.bytes, json->text, json->length);
        if (!headers_get(&r->headers, "Content-Type"))
            add_header(c, "Content-Type", "application/json");
    } else if (body && body->type == TEXT) {
        r->body.kind = BODY_BYTES;
        buf_add(&r->body.bytes, body->text, body->length);
    } else if (body && body->type == FUNCTION) {
        r->body.kind = BODY_PRODUCER;
        r->body.length = -1;
    } else if (body) {
        return add_file(c, r);
    }
    return WANT_REQUEST;
}

/* --- the answer --------------------------------------------------------- */

static bool give_head(struct call *c)
{
    struct buf text = {0};
    struct json_writer w;
    bool ok;

    json_write_start(&w, &text);
    json_open(&w, '{');
    json_name(&w, "status", strlen("status"));
    json_integer(&w, answer_status(c));
    json_name(&w, "headers", strlen("headers"));
    answer_headers(c, &w);
    json_close(&w, '}');
    ok = buf_ok(&text) && give_text(c, TAG_HEAD, text.s, text.len);
    buf_free(&text);
    return ok;
}

static bool give_body(struct call *c, const char *bytes, size_t length)
{
    return length ? give_text(c, TAG_BODY, bytes, length) : give_head(c);
}

static enum want answered(struct call *c)
{
    return arg_true(c, "stream") && answer_status(c) < 300 ? done_stream(c)
                                                           : done(c);
}

/* Lower case would be another method, which hardly any server knows. */
static enum want check_method(struct call *c, const char *method)
{
    if (!*method)
        return fail(c, ERROR_INVALID_ARGUMENT, "the method is empty");
    if (!text_is_token(method))
        return fail(c, ERROR_INVALID_ARGUMENT, "the method holds a character "
                    "that no method can have");
    if (method[strcspn(method, "abcdefghijklmnopqrstuvwxyz")])
        return fail(c, ERROR_INVALID_ARGUMENT, "the method '%.20s' is not in "
                    "capital letters", method);
    return WANT_REQUEST;
}

static bool parse(struct call *c, struct url *u)
{
    const char *why;

    if (!url_parse(call_arena(c), arg_text(c, "url"), u, &why))
        fail(c, ERROR_INVALID_ARGUMENT, "the URL %s", why);
    else if (strcmp(u->scheme, "http") != 0 && strcmp(u->scheme, "https") != 0)
        fail(c, ERROR_INVALID_ARGUMENT,
             "the URL must start with http:// or https://");
    else
        return true;
    return false;
}

static bool place(struct call *c)
{
    struct url u;

    return parse(c, &u) && goes_to(c, &u);
}

static enum want begin(struct call *c)
{
    const char *method = arg_text(c, "method");
    struct request *r;
    struct url u;

    if (!parse(c, &u) || check_method(c, method) == WANT_FAIL)
        return WANT_FAIL;
    if (arg(c, "save") && arg_true(c, "stream"))
        return fail(c, ERROR_INVALID_ARGUMENT, "stream and save exclude each "
                    "other");
    r = request_to(c, method, &u);
    accept_any_status(c);
    each_pair(c, "query", add_query, add_query);
    each_pair(c, "headers", add_header, add_header_again);
    add_authorization(c, r, &u);
    r->save_as = arg_text(c, "save");
    r->may_be_silent = false;
    if (arg_true(c, "stream"))
        feed_to(c, give_body);
    return add_body(c, r) == WANT_REQUEST ? then(c, answered) : WANT_FAIL;
}

/* --- the table ---------------------------------------------------------- */

static const struct argument options[] = {
    {"unix_socket", TEXT, NULL, .help = "A socket that all requests go to."},
    {0}
};

static const struct argument request_arguments[] = {
    {"url", TEXT, REQUIRED, .help = "http:// or https://, with host."},
    {"method", TEXT, "GET", .help = "In capital letters."},
    {"headers", TABLE, NULL,
     .help = "Names and values; a list is a header for each of its members."},
    {"query", TABLE, NULL,
     .help = "Names and values, or lists of them, added to the URL."},
    {"json", TABLE | LIST, NULL, .help = "A value to send as JSON."},
    {"body", TEXT | TABLE | FUNCTION, NULL,
     .help = "What to send: a string, {file=, offset=, length=}, or a "
             "function that gives strings and at last nil."},
    {"auth", TABLE, NULL, .help = "{user=, password=} or {bearer=}."},
    {"stream", BOOLEAN, "false",
     .help = "Give the answer as soon as its head is there; its body comes "
             "by response:chunks()."},
    {"save", TEXT, NULL,
     .help = "File that takes the body; it has its name once it is whole."},
    {0}
};

static const struct method methods[] = {
    {"request", .arguments = request_arguments, .begin = begin,
     .gives = GIVES_RESPONSE, .stream_if = "stream",
     .help = "Sends a request; gives the answer, whatever its status."},
    {0}
};

const struct driver http_driver = {
    .area = "http", .name = "http", .title = "HTTP",
    .help = "HTTP requests to anywhere, with the same pool, retries, limits "
            "and cancellation as the drivers have.",
    .options = options, .configure = configure, .place = place,
    .methods = methods
};
