/* engine_driver.h -- a driver whose calls want everything that a call can want:
 * requests, waits, files, programs, shared work, items. */
#ifndef LUFT_ENGINE_DRIVER_H
#define LUFT_ENGINE_DRIVER_H

#include "../unit/play.h"

/* --- requests ------------------------------------------------------------ */

/* A request of the template's method to whatever target the test says. */
static struct request *aim(struct call *c, const char *template)
{
    struct request *r = request(c, template);
    const char *target = arg_text(c, "text");

    if (target) {
        buf_clear(&r->target);
        buf_text(&r->target, target);
    }
    return r;
}

static enum want engine_get(struct call *c)
{
    aim(c, "GET /");
    return then(c, done);
}

static enum want engine_post(struct call *c)
{
    aim(c, "POST /");
    body_bytes(c, "text/plain", "body", 4);
    return then(c, done);
}

static enum want engine_head(struct call *c)
{
    aim(c, "HEAD /");
    return then(c, done);
}

static enum want engine_remove(struct call *c)
{
    aim(c, "DELETE /");
    return then(c, done);
}

static enum want engine_put(struct call *c)
{
    struct request *r = aim(c, "PUT /");

    r->body.kind = BODY_PRODUCER;
    r->body.length = -1;
    return then(c, done);
}

/* A file as body, or as the place of the answer's: "target path". */
static const char *path_behind(struct request *r, const char *text)
{
    const char *space = strchr(text, ' ');

    buf_clear(&r->target);
    buf_add(&r->target, text, (size_t)(space - text));
    return arena_text(&r->arena, space + 1);
}

static enum want engine_upload(struct call *c)
{
    struct request *r = request(c, "PUT /");

    r->body.kind = BODY_FILE;
    r->body.path = path_behind(r, arg_text(c, "text"));
    r->body.length = -1;
    return then(c, done);
}

static enum want engine_download(struct call *c)
{
    struct request *r = request(c, "GET /");

    r->save_as = path_behind(r, arg_text(c, "text"));
    return then(c, done);
}

static bool engine_bytes(struct call *c, const char *bytes, size_t length)
{
    return length == 0 || give_text(c, 0, bytes, length);
}

static enum want engine_stream(struct call *c)
{
    aim(c, "GET /");
    feed_to(c, engine_bytes);
    return then(c, done_stream);
}

/* --- waits and items ----------------------------------------------------- */

static enum want engine_said(struct call *c)
{
    return done_text(c, "done", 4);
}

static enum want engine_sleep(struct call *c)
{
    return wait_then(c, 36000, engine_said);
}

static enum want engine_nap(struct call *c)
{
    return wait_then(c, 0.001, engine_said);
}

/* Items for as long as somebody takes them. */
static enum want engine_item(struct call *c)
{
    if (!give_text(c, 0, "item", 4))
        return WANT_FAIL;
    c->next = engine_item;
    return WANT_ITEM;
}

static enum want engine_fail(struct call *c)
{
    return fail(c, ERROR_CONFLICT, "no");
}

static enum want engine_learned(struct call *c)
{
    return done_text(c, learned(c), strlen(learned(c)));
}

/* --- files and programs -------------------------------------------------- */

static enum want engine_have_read(struct call *c)
{
    return done_text(c, buf_string(brought(c)), brought(c)->len);
}

static enum want engine_read(struct call *c)
{
    return read_then(c, arg_text(c, "text"), engine_have_read);
}

static enum want engine_ran(struct call *c)
{
    const char *text = arena_format(call_arena(c), "%d %s", exit_status(c),
                                    buf_string(brought(c)));

    return text ? done_text(c, text, strlen(text)) : WANT_FAIL;
}

static enum want engine_run(struct call *c)
{
    const char **argv = arena_alloc(call_arena(c), 4 * sizeof *argv);

    if (!argv)
        return WANT_FAIL;
    argv[0] = "sh";
    argv[1] = "-c";
    argv[2] = arg_text(c, "text");
    return run_then(c, argv, arg_text(c, "input"), engine_ran);
}

static enum want engine_run_exactly(struct call *c)
{
    static const char *const argv[] = {
        "printf", "[%s]", "a b", "", "$HOME", "*", "'\"\\", "\xff\n", NULL
    };

    return run_then(c, argv, NULL, engine_ran);
}

static enum want engine_run_nothing(struct call *c)
{
    static const char *const argv[] = {"/no/such/program", NULL};

    return run_then(c, argv, NULL, engine_ran);
}

/* --- the drivers --------------------------------------------------------- */

static const struct argument engine_arguments[] = {
    {"text", TEXT, NULL, .help = "Target, path or command."},
    {"input", TEXT, NULL, .help = "What the program reads."}, {0}
};

#define STEPS(name, first) \
    {name, .arguments = engine_arguments, .begin = first, \
     .gives = GIVES_TEXT, .help = "A test's."}

static const struct method engine_methods[] = {
    STEPS("get", engine_get), STEPS("head", engine_head),
    STEPS("post", engine_post), STEPS("put", engine_put),
    STEPS("remove", engine_remove), STEPS("upload", engine_upload),
    STEPS("download", engine_download), STEPS("stream", engine_stream),
    STEPS("sleep", engine_sleep), STEPS("nap", engine_nap),
    STEPS("items", engine_item), STEPS("fail", engine_fail),
    STEPS("read", engine_read), STEPS("run", engine_run),
    STEPS("run_exactly", engine_run_exactly),
    STEPS("run_nothing", engine_run_nothing),
    STEPS("learned", engine_learned), {0}
};

static const struct method engine_learns = {
    "learn", .request = "GET /learn", .gives = GIVES_TEXT,
    .help = "Learns something."
};

static const struct argument engine_options[] = {{0}};

static const struct driver engine_driver = {
    .area = "test", .name = "engine", .title = "Engine", .help = "A test's.",
    .options = engine_options, .methods = engine_methods
};

/* The same, but each method first needs the shared work. */
static const struct driver learning_driver = {
    .area = "test", .name = "learning", .title = "Learning",
    .help = "A test's.", .options = engine_options, .methods = engine_methods,
    .learns = &engine_learns
};

#endif
