/* build.c -- requests out of rows, templates and arguments: see driver.h. */
#include <string.h>

#include <openssl/evp.h>

#include "call.h"
#include "number.h"
#include "version.h"

static const char *number_text(struct call *c, double value)
{
    char text[NUMBER_ROOM];
    size_t n = number_from_double(value, text);

    if (n > 2 && strcmp(text + n - 2, ".0") == 0)
        n -= 2;
    return arena_copy(&c->arena, text, n);
}

/* The text of a placeholder: an argument, or something kept. */
static const char *value_of(struct call *c, const char *name)
{
    const struct arg *a = arg(c, name);

    if (!a)
        return kept(c, name);
    if (a->type & (TEXT | OBJECT | LIST | TABLE)) {
        if (strlen(a->text) != a->length)
            error_set(&c->error, ERROR_INVALID_ARGUMENT,
                      "%s holds a NUL character", name);
        return a->text;
    }
    if (a->type == BOOLEAN)
        return a->integer ? "true" : "false";
    if (a->type == INTEGER)
        return arena_format(&c->arena, "%lld", (long long)a->integer);
    return number_text(c, a->number);
}

/* "{id}" at *at as one segment, "{+image}" with its slashes. */
static void add_placeholder(struct call *c, const char **at)
{
    const char *end = strchr(*at, '}');
    bool slashes = (*at)[1] == '+';
    const char *start = *at + 1 + slashes;
    char *name = arena_copy(&c->request.arena, start, (size_t)(end - start));
    const char *value = name ? value_of(c, name) : NULL;

    if (name && (!value || !*value))
        fail(c, ERROR_INVALID_ARGUMENT, "%s is empty", name);
    else if (value)
        (slashes ? url_add_path : url_add_segment)(&c->request.target, value,
                                                   strlen(value));
    *at = end + 1;
}

/* "size" or "stdout=1" at *at; a name alone goes along when it has a value. */
static void add_query_item(struct call *c, const char **at)
{
    size_t length = strcspn(*at, "&");
    char *item = arena_copy(&c->request.arena, *at, length);
    char *equals = item ? strchr(item, '=') : NULL;
    const char *value;

    *at += length;
    if (!item)
        return;
    if (equals) {
        *equals = '\0';
        add_query(c, item, equals + 1);
    } else {
        value = value_of(c, item);
        if (value)
            add_query(c, item, value);
    }
}

/* A request without a target yet. */
static struct request *new_request(struct call *c, const char *method,
                                   size_t length)
{
    struct request *r = &c->request;

    request_reset(r);
    c->feed = NULL;
    c->any_status = false;
    c->accepted = c->method->accepts;
    r->origin = &c->client->origin;
    r->method = arena_copy(&r->arena, method, length);
    r->safe_to_repeat = c->method->safe_to_repeat;
    r->may_be_silent = c->method->may_be_silent;
    add_header(c, "User-Agent", "luft/" LUFT_VERSION);
    return r;
}

/* As the client's, but somewhere else; NULL: no memory. */
static struct origin *origin_at(struct call *c, struct arena *a,
                                const struct url *u)
{
    struct origin *o = arena_alloc(a, sizeof *o);

    if (!o)
        return NULL;
    *o = c->client->origin;
    o->url = *u;
    return origin_seal(o, a) ? o : NULL;
}

bool goes_to(struct call *c, const struct url *u)
{
    struct origin *o = origin_at(c, &c->arena, u);

    if (o)
        c->request.origin = o;
    else
        error_no_memory(&c->error);
    return o != NULL;
}

struct request *request_to(struct call *c, const char *method,
                           const struct url *u)
{
    struct request *r = new_request(c, method, strlen(method));
    struct origin *o = origin_at(c, &r->arena, u);

    if (o)
        r->origin = o;
    buf_text(&r->target, u->target);
    return r;
}

struct request *request(struct call *c, const char *template)
{
    const char *at = strchr(template, ' ');
    struct request *r = new_request(c, template, (size_t)(at - template));
    const char *base = r->origin->url.target;

    if (base) {
        size_t length = strlen(base);

        buf_add(&r->target, base,
                length - (length > 0 && base[length - 1] == '/'));
    }
    if (c->client->driver->prefix)
        c->client->driver->prefix(c, &r->target);
    for (at++; *at && *at != '?'; ) {
        if (*at == '{')
            add_placeholder(c, &at);
        else
            buf_char(&r->target, *at++);
    }
    while (*at) {
        at++;
        add_query_item(c, &at);
    }
    return r;
}

struct request *row_request(struct call *c)
{
    struct request *r = request(c, c->method->request);

    if (c->method->body)
        body_fields(c, c->method->body);
    return r;
}

static void refuse_header(struct call *c, const char *name)
{
    fail(c, ERROR_INVALID_ARGUMENT, "the header '%.60s' has a character that "
         "headers cannot hold", name);
}

void add_header(struct call *c, const char *name, const char *value)
{
    if (!request_header(&c->request, name, value))
        refuse_header(c, name);
}

void add_header_again(struct call *c, const char *name, const char *value)
{
    struct request *r = &c->request;

    if (value
        && !headers_add(&r->headers, &r->arena, name, value, strlen(value)))
        refuse_header(c, name);
}

void add_query(struct call *c, const char *name, const char *value)
{
    if (value)                      /* else there was no memory for it */
        url_add_query(&c->request.target, name, value, strlen(value));
}

void accept_status(struct call *c, int status)
{
    c->accepted = status;
}

void accept_any_status(struct call *c)
{
    c->any_status = true;
}

void sign_basic(struct request *r, const char *user, const char *password)
{
    char *pair = arena_format(&r->arena, "%s:%s", user, password);
    size_t length = pair ? strlen(pair) : 0;
    char *line = arena_alloc(&r->arena, 6 + (length + 2) / 3 * 4 + 1);

    if (!pair || !line)
        return;
    memcpy(line, "Basic ", 6);
    EVP_EncodeBlock((unsigned char *)line + 6, (const unsigned char *)pair,
                    (int)length);
    request_header(r, "Authorization", line);
}

/* --- bodies ------------------------------------------------------------- */

void body_bytes(struct call *c, const char *type,
                const char *bytes, size_t length)
{
    struct body *b = &c->request.body;

    b->kind = BODY_BYTES;
    buf_clear(&b->bytes);
    buf_add(&b->bytes, bytes, length);
    add_header(c, "Content-Type", type);
}

static void write_plain(struct json_writer *w, const struct arg *a)
{
    if (a->type & (TEXT | OBJECT))
        json_string(w, a->text, a->length);
    else if (a->type == INTEGER)
        json_integer(w, a->integer);
    else if (a->type == NUMBER)
        json_number(w, a->number);
    else if (a->type == BOOLEAN)
        json_word(w, a->integer ? "true" : "false");
    else
        json_raw(w, a->text, a->length);
}

/* Length of what two dotted paths share, up to and with their last dot. */
static size_t shared_levels(const char *a, const char *b)
{
    size_t shared = 0;

    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '.')
            shared = i + 1;
    return shared;
}

/* Closes the objects open for one path that another does not stand in, and
 * opens its own.  Returns the last name of the path. */
static const char *enter_levels(struct json_writer *w, const char *before,
                                const char *path)
{
    size_t shared = shared_levels(before, path);
    const char *dot;

    for (const char *s = before + shared; (s = strchr(s, '.')) != NULL; s++)
        json_close(w, '}');
    path += shared;
    while ((dot = strchr(path, '.')) != NULL) {
        json_name(w, path, (size_t)(dot - path));
        json_open(w, '{');
        path = dot + 1;
    }
    return path;
}

static void write_value(struct json_writer *w, struct call *c,
                        const struct body_field *f)
{
    const struct arg *a = f->from ? arg(c, f->from) : NULL;

    if (f->constant)
        json_raw(w, f->constant, strlen(f->constant));
    else if (f->write && a)
        f->write(w, c, a);
    else if (a)
        write_plain(w, a);
}

void body_fields(struct call *c, const struct body_field *fields)
{
    struct body *b = &c->request.body;
    struct json_writer w, inner;
    struct buf value = {0};
    const char *before = "";

    b->kind = BODY_BYTES;
    buf_clear(&b->bytes);
    json_write_start(&w, &b->bytes);
    json_open(&w, '{');
    for (const struct body_field *f = fields; f->path; f++) {
        const char *name;

        buf_clear(&value);
        json_write_start(&inner, &value);
        write_value(&inner, c, f);
        if (!w.problem)
            w.problem = inner.problem;
        if (!buf_ok(&value))
            error_no_memory(&c->error);
        if (!value.len)
            continue;
        name = enter_levels(&w, before, f->path);
        before = f->path;
        json_name(&w, name, strlen(name));
        json_raw(&w, value.s, value.len);
    }
    buf_free(&value);
    enter_levels(&w, before, "");
    json_close(&w, '}');
    if (w.problem)
        error_set(&c->error, ERROR_INVALID_ARGUMENT,
                  "the arguments make no valid JSON: %s", w.problem);
    add_header(c, "Content-Type", "application/json");
}
