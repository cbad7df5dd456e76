/* oom_test.c -- what comes out when memory runs out.
 *
 * Every operation is run once to count its allocations, then again and again
 * with each one of them refused.  It must then report an error, or be right all
 * the same; a request that is sent must be the one that was meant.  Leaks and
 * wild pointers are for the sanitizers to see. */
#include "oom_tales.h"
#include "plans.h"

static long allocations;                /* asked for so far */
static long to_refuse;                  /* which one; 0: none */

static bool refuse_one(void)
{
    return ++allocations == to_refuse;
}

struct outcome {
    struct buf text;                    /* what came out; or "!why" */
    struct buf notes;                   /* the requests that were sent */
};

/* Tells what came out, with memory to do so. */
static void tell_outcome(struct outcome *o, bool ok, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void tell_outcome(struct outcome *o, bool ok, const char *format, ...)
{
    bool (*refuses)(void) = mem_refuses;
    char text[8000];
    va_list args;

    mem_refuses = NULL;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_format(&o->text, "%s%s", ok ? "" : "!", text);
    mem_refuses = refuses;
}

/* --- values -------------------------------------------------------------- */

static void parse_url(struct outcome *o)
{
    struct arena a = {0};
    const char *why = "";
    struct url u, v;
    bool ok = url_parse(&a, "http://u%20:p@Host:81/a b?c", &u, &why)
        && url_resolve(&a, &u, "../x/./y?z", &v, &why);

    if (ok)
        tell_outcome(o, true, "%s %s %s %s %d %s %s", u.scheme, u.user,
                     u.password, u.host, u.port, u.target, v.target);
    else
        tell_outcome(o, false, "%s", why);
    arena_free(&a);
}

static void resolve_elsewhere(struct outcome *o)
{
    struct url base = {.scheme = "https", .host = "h", .target = "/"}, u;
    struct arena a = {0};
    const char *why = "";
    bool ok = url_resolve(&a, &base, "//other:8080/x", &u, &why);

    tell_outcome(o, ok, "%s", ok ? u.host : why);
    arena_free(&a);
}

static void build_target(struct outcome *o)
{
    struct buf b = {0};

    for (int i = 0; i < 20; i++) {
        buf_char(&b, '/');
        url_add_segment(&b, "a segment", 9);
    }
    url_add_path(&b, "/a/../b", 7);
    url_add_query(&b, "name", "value", 5);
    tell_outcome(o, buf_ok(&b), "%s", buf_ok(&b) ? b.s : "memory");
    buf_free(&b);
}

static void fill_headers(struct outcome *o)
{
    struct request r = {0};
    bool ok = true;

    for (int i = 0; i < 30; i++) {
        char name[20];

        snprintf(name, sizeof name, "X-%d", i);
        ok = ok && request_header(&r, name, "a value of some length");
    }
    CHECK(ok);
    ok = request_ok(&r);
    tell_outcome(o, ok, "%zu memory", ok ? r.headers.count : 0);
    request_free(&r);
}

static void read_head(struct outcome *o)
{
    struct response r = {0};
    char line[40];
    bool ok = true;

    for (int i = 0; ok && i < 30; i++) {
        int n = snprintf(line, sizeof line, "Header-%d: value\r\n", i);

        ok = response_line(&r, line, (size_t)n);
    }
    tell_outcome(o, ok, "%zu memory", ok ? r.headers.count : 0);
    response_free(&r);
}

static void copy_error(struct outcome *o)
{
    struct error e = {0}, copy = {0};
    bool ok;

    error_set(&e, ERROR_CONFLICT, "%s", "in the way");
    e.code = mem_copy("C", 1);
    e.made = mem_copy("id", 2);
    ok = e.message && e.code && e.made && error_copy(&copy, &e);
    tell_outcome(o, ok, "%s", ok ? copy.message : "memory");
    error_free(&e);
    error_free(&copy);
}

static void write_json(struct outcome *o)
{
    struct buf b = {0};
    struct json_writer w;

    json_write_start(&w, &b);
    json_open(&w, '[');
    for (int i = 0; i < 50; i++) {
        json_string(&w, "text \n", 6);
        json_number(&w, i / 8.0);
    }
    json_close(&w, ']');
    tell_outcome(o, buf_ok(&b), "%s", buf_ok(&b) ? b.s : "memory");
    buf_free(&b);
}

/* Digits beyond what fits a small buffer need memory. */
static void read_long_number(struct outcome *o)
{
    char text[302];
    struct json_value v;
    struct json j;
    bool ok;

    memset(text, '1', sizeof text);
    text[0] = '[';
    text[2] = '.';
    text[sizeof text - 1] = ']';
    json_start(&j, text, sizeof text);
    ok = json_enter(&j) && json_more(&j) && json_scalar(&j, &v)
        && !json_more(&j) && json_finish(&j);
    tell_outcome(o, ok, "%s", ok ? "1.1" : j.problem);
}

static bool framed(void *context, const char *value, size_t length)
{
    tell_outcome(context, true, "%.*s|", (int)length, value);
    return true;
}

static void frame_stream(struct outcome *o)
{
    static const char stream[] = "{\"a\":[1,2,{}]} [\"]\"] 12 \"x\" true";
    struct json_framer f = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < sizeof stream - 1; i += 3)
        ok = json_frame(&f, stream + i, sizeof stream - 1 - i < 3
                        ? sizeof stream - 1 - i : 3, framed, o);
    ok = ok && json_frame_end(&f, framed, o);
    if (!ok) {
        buf_clear(&o->text);
        tell_outcome(o, false, "memory");
    }
    json_framer_free(&f);
}

static const struct field row_fields[] = {
    {"id", .path = "Id"}, {"name", .path = "Names[0]|Id"},
    {"all", .path = "Names[]", .type = FIELD_LIST},
    {"when", .path = "When", .type = FIELD_TIME},
    {"raw", .path = "Labels.*", .type = FIELD_JSON}, {0}
};

static const struct field row_extra[] = {
    {"labels", .path = "Labels", .type = FIELD_JSON},
    {"name", .path = "Names[0]"}, {0}
};

static struct shape row = {
    .name = "Row", .fields = row_fields, .extra = row_extra
};

static void read_rows(struct outcome *o)
{
    static const char json[] = "[{\"Id\":\"a\\u0062\",\"Names\":[\"/\\n\","
        "\"x\",\"y\",\"z\\t\",\"\"],\"When\":\"2015-12-23T01:05:40Z\","
        "\"Labels\":{\"k\":[1]}},{\"Id\":\"c\"},{},{},{},{\"Id\":\"d\"}]";
    struct slot extra[2] = {{0}};
    struct records r = {0};
    struct arena a = {0};
    struct buf text = {0};
    struct json j;
    bool ok;

    json_start(&j, json, sizeof json - 1);
    ok = read_records(&row, &j, "", &r) && json_finish(&j)
        && read_extra(&row, r.list[0].raw, r.list[0].raw_length, &a, extra);
    if (ok) {
        bool (*refuses)(void) = mem_refuses;

        mem_refuses = NULL;
        show_records(&text, &r, shape_columns(row_fields));
        show_slot(&text, &extra[0]);
        show_slot(&text, &extra[1]);
        mem_refuses = refuses;
    }
    tell_outcome(o, ok, "%s", ok ? text.s : "memory");
    buf_free(&text);
    records_free(&r);
    arena_free(&a);
    forget_plans(&row);
}

/* --- clients ------------------------------------------------------------- */

static const char *variable(void *context, const char *name)
{
    (void)context;
    if (strcmp(name, "DOCKER_HOST") == 0)
        return "tcp://user:pw@Docker.test:2376";
    if (strcmp(name, "DOCKER_TLS_VERIFY") == 0)
        return "1";
    return strcmp(name, "HOME") == 0 ? "/home/me" : NULL;
}

static void tell_client(struct outcome *o, struct client *k)
{
    const struct origin *origin = k ? &k->origin : NULL;

    if (!k || k->error.kind)
        tell_outcome(o, false, "%s: %s",
                     k ? error_kind_name(k->error.kind) : "local",
                     k && k->error.message ? k->error.message : "memory");
    else
        tell_outcome(o, true, "%s %s %d %s %s %s %s %s %g %d %s",
                     origin->url.scheme, origin->url.host, origin->url.port,
                     origin->url.target,
                     origin->unix_socket ? origin->unix_socket : "",
                     origin->tls.cert_file ? origin->tls.cert_file : "",
                     origin->tls.key_file ? origin->tls.key_file : "",
                     origin->tls.ca_file ? origin->tls.ca_file : "",
                     origin->timeouts.stall, origin->attempts, k->identity);
    client_release(k);
}

static void client_of_environment(struct outcome *o)
{
    struct client *k = client_new(&docker_driver);

    if (k)
        client_configure(k, (struct environment){variable, NULL});
    tell_client(o, k);
}

static void client_of_options(struct outcome *o)
{
    static const struct given options[] = {
        {"host", TEXT, "Docker.test/base"}, {"port", INTEGER, "81"},
        {"secure", BOOLEAN, "true"}, {"key", TEXT, "me"},
        {"secret", TEXT, "pw"}, {"timeout", TABLE, "{\"stall\":7}"},
        {"retries", INTEGER, "2"}, {"cert_file", TEXT, "c.pem"},
        {NULL, 0, NULL}
    };

    tell_client(o, make_client(&docker_driver, options));
}

static void client_of_socket(struct outcome *o)
{
    static const struct given options[] = {
        {"endpoint", TEXT, "unix:///run/x.sock"}, {NULL, 0, NULL}
    };

    tell_client(o, make_client(&docker_driver, options));
}

/* --- calls --------------------------------------------------------------- */

static void forget_driver(const struct driver *d)
{
    for (size_t i = 0; d->shapes && d->shapes[i]; i++)
        forget_plans(d->shapes[i]);
    forget_plans(&fake_thing);
}

static void tell_call(struct outcome *o, struct play *p, struct call *c,
                      enum want want)
{
    bool (*refuses)(void) = mem_refuses;

    mem_refuses = NULL;
    if (want == WANT_DONE) {
        buf_add(&o->text, p->items.s, p->items.len);
        show_result(&o->text, &c->result);
    } else {
        buf_format(&o->text, "!%s: %s", c ? error_kind_name(c->error.kind)
                   : "local", c && c->error.message ? c->error.message
                   : "memory");
    }
    buf_add(&o->notes, p->notes.s, p->notes.len);
    mem_refuses = refuses;
}

static void run_tale(const struct tale *t, struct outcome *o)
{
    static const struct given options[] = {
        {"key", TEXT, "me"}, {"secret", TEXT, "pw"},
        {"endpoint", TEXT, "http://host.test/base"}, {NULL, 0, NULL}
    };
    struct play p = {
        .answers = t->answers, .shows_headers = true, .shows_places = true,
        .shows_bodies = true, .file = "from a file", .cut = 7
    };
    bool (*refuses)(void) = mem_refuses;
    enum want want = WANT_FAIL;
    struct client *k;
    struct call *c;

    mem_refuses = NULL;             /* clients have operations of their own */
    k = make_client(t->driver, t->driver == &http_driver ? NULL : options);
    mem_refuses = refuses;
    c = make_call(k, t->method, t->arguments);
    if (c) {
        c->wants_items = t->wants_items;
        want = play(&p, c);
    }
    tell_call(o, &p, c, want);
    call_free(c);
    client_release(k);
    play_end(&p);
    forget_driver(t->driver);
}

/* --- torture ------------------------------------------------------------- */

struct operation {
    const char *name;
    void (*run)(struct outcome *o);
    const struct tale *tale;            /* instead of run */
};

static void run(const struct operation *op, long which, struct outcome *o)
{
    buf_clear(&o->text);
    buf_clear(&o->notes);
    allocations = 0;
    to_refuse = which;
    mem_refuses = refuse_one;
    if (op->tale)
        run_tale(op->tale, o);
    else
        op->run(o);
    mem_refuses = NULL;
}

/* An error for want of memory: kind local; or where JSON was read, a problem
 * that the reader names. */
static bool is_fair(const char *text)
{
    return strstr(text, "local: ") || strstr(text, "memory")
        || strstr(text, "a number is too large");
}

static void torture(const struct operation *op)
{
    struct outcome good = {{0}, {0}}, o = {{0}, {0}};
    long count;

    run(op, 0, &good);
    count = allocations;
    CHECK(count > 0 && good.text.len > 0);
    if (!CHECK(*buf_string(&good.text) != '!'))
        printf("    %s: %s\n", op->name, good.text.s);
    for (long n = 1; n <= count; n++) {
        bool failed, fine;

        run(op, n, &o);
        failed = *buf_string(&o.text) == '!';
        fine = failed ? CHECK(is_fair(o.text.s))
                      : CHECK_TEXT(buf_string(&o.text), good.text.s);
        fine &= failed ? CHECK(text_starts_with(buf_string(&good.notes),
                                                buf_string(&o.notes)))
                       : CHECK_TEXT(buf_string(&o.notes),
                                    buf_string(&good.notes));
        if (!fine)
            printf("    %s, allocation %ld of %ld: %s\n    after %s\n",
                   op->name, n, count, buf_string(&o.text),
                   buf_string(&o.notes));
    }
    buf_free(&good.text);
    buf_free(&good.notes);
    buf_free(&o.text);
    buf_free(&o.notes);
}

TEST(values)
{
    static const struct operation operations[] = {
        {"parse_url", parse_url, NULL},
        {"resolve_elsewhere", resolve_elsewhere, NULL},
        {"build_target", build_target, NULL},
        {"fill_headers", fill_headers, NULL}, {"read_head", read_head, NULL},
        {"copy_error", copy_error, NULL}, {"write_json", write_json, NULL},
        {"read_long_number", read_long_number, NULL},
        {"frame_stream", frame_stream, NULL}, {"read_rows", read_rows, NULL}
    };

    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        torture(&operations[i]);
}

TEST(clients)
{
    static const struct operation operations[] = {
        {"client_of_environment", client_of_environment, NULL},
        {"client_of_options", client_of_options, NULL},
        {"client_of_socket", client_of_socket, NULL}
    };

    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        torture(&operations[i]);
}

TEST(calls)
{
    for (size_t i = 0; i < sizeof tales / sizeof *tales; i++) {
        const struct operation op = {tales[i].name, NULL, &tales[i]};

        torture(&op);
    }
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"values", test_values},
        {"clients", test_clients},
        {"calls", test_calls},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
