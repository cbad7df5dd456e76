/* docker_streams.c -- the two answers of an engine that come bit by bit: how a
 * pull goes, and what a container wrote. */
#include <string.h>

#include "docker.h"

/* --- pulls -----------------------------------------------------------------
 *
 *     {"status":"Pulling from library/ubuntu","id":"12.04"}
 *     {"status":"Downloading","progressDetail":{"current":419,"total":419},
 *      "id":"3e32dbf1ab94"}
 *     {"status":"Digest: sha256:992069ae..."}
 *     {"errorDetail":{"message":"manifest unknown"},"error":"manifest unknown"}
 */

static const struct field progress_fields[] = {
    {"id", .path = "id", .help = "The layer, or nil for the whole image."},
    {"status", .path = "status", .help = "Such as Downloading."},
    {"current", .path = "progressDetail.current", .help = "Bytes so far."},
    {"total", .path = "progressDetail.total", .help = "Bytes in all."},
    {0}
};

struct shape docker_progress = {
    .name = "Progress", .reference = "id", .fields = progress_fields,
    .help = "How far a pull is."
};

static void end_pull(void *state)
{
    json_framer_free(state);
}

static bool fail_pull(struct call *c, const struct json_value *why)
{
    const char *message = value_text(c, why);
    enum error_kind kind = docker_kind_of(message);

    fail(c, kind ? kind : ERROR_PROVIDER, "%s", message);
    return false;
}

static bool pull_value(void *context, const char *json, size_t length)
{
    static const char digest[] = "Digest: ";
    const size_t n = sizeof digest - 1;
    struct call *c = context;
    struct json_value v;

    if (json_find(json, length, "errorDetail.message", &v)
        || json_find(json, length, "error", &v))
        return fail_pull(c, &v);
    if (json_find(json, length, "status", &v) && v.type == JSON_STRING
        && v.text.length > n && memcmp(v.text.s, digest, n) == 0) {
        const char *status = value_text(c, &v);

        if (strlen(status) > n)             /* "" when memory ran out */
            keep(c, "digest", status + n);
    }
    return !has_consumer(c)
        || give_object(c, &docker_progress, json, length);
}

static bool pull_bytes(struct call *c, const char *bytes, size_t length)
{
    struct json_framer *f = feed_state(c, sizeof *f, end_pull);

    if (!f || json_frame(f, bytes, length, pull_value, c))
        return f != NULL;
    if (f->pending.failure == BUF_TOO_LARGE)
        fail(c, ERROR_PROTOCOL, "a part of the engine's report on the pull "
             "is larger than 16 MiB");
    return false;
}

bool docker_pulled(struct call *c)
{
    struct json_framer *f = feed_state(c, sizeof *f, end_pull);

    if (f && json_frame_end(f, pull_value, c))
        return true;
    fail(c, ERROR_PROTOCOL, "the engine's report on the pull ends in the "
         "middle");
    return false;
}

/* The tag stands behind a ':' that follows the last '/'.  A digest goes along
 * as part of the name.  No tag would mean every tag. */
enum want docker_pull(struct call *c, const char *image, step *next)
{
    const char *slash = strrchr(image, '/');
    const char *colon = strchr(slash ? slash : image, ':');
    char *name = arena_text(call_arena(c), image);
    struct request *r = request(c, "POST /images/create");

    if (!name)
        return fail(c, ERROR_LOCAL, "out of memory");
    if (strchr(image, '@')) {
        add_query(c, "fromImage", image);
    } else {
        if (colon)
            name[colon - image] = '\0';
        add_query(c, "fromImage", name);
        add_query(c, "tag", colon ? colon + 1 : "latest");
    }
    r->may_be_silent = true;
    feed_to(c, pull_bytes);
    return then(c, next);
}

/* --- logs ------------------------------------------------------------------
 *
 * Without a terminal: frames of 8 bytes head, {1 stdout or 2 stderr, 0, 0, 0,
 * size (4 bytes, high one first)}, and size bytes of text.  With one: the text
 * alone.  A stream gives lines, without their ends, each with its source.
 */

enum { HEAD = 8, LONGEST_LINE = 1024 * 1024, LARGEST_FRAME = 16 << 20 };

struct log_state {
    bool raw;
    unsigned char head[HEAD];
    size_t head_length;
    size_t left;                    /* of the frame's text */
    int source;
    struct buf line[3];             /* begun, not ended; by source */
};

static void end_log(void *state)
{
    struct log_state *s = state;

    for (int i = 0; i < 3; i++)
        buf_free(&s->line[i]);
}

static bool give_line(struct call *c, struct log_state *s, int source)
{
    struct buf *line = &s->line[source];
    size_t length = line->len;
    bool ok;

    if (length && line->s[length - 1] == '\r' && s->raw)
        length--;
    ok = buf_ok(line) && give_text(c, source, buf_string(line), length);
    buf_clear(line);
    return ok;
}

static bool log_lines(struct call *c, struct log_state *s, int source,
                      const char *text, size_t length)
{
    struct buf *line = &s->line[source];

    while (length) {
        const size_t room = LONGEST_LINE - line->len;
        size_t n = length < room ? length : room;
        const char *end = memchr(text, '\n', n);

        if (end)
            n = (size_t)(end - text);
        buf_add(line, text, n);
        if (!buf_ok(line) || ((end || line->len == LONGEST_LINE)
                              && !give_line(c, s, source)))
            return false;
        n += end != NULL;
        text += n;
        length -= n;
    }
    return true;
}

static bool log_text(struct call *c, struct log_state *s,
                     const char *text, size_t length)
{
    if (has_consumer(c))
        return log_lines(c, s, s->source, text, length);
    return add_text(c, text, length);
}

static bool start_frame(struct call *c, struct log_state *s)
{
    s->left = (size_t)s->head[4] << 24 | (size_t)s->head[5] << 16
        | (size_t)s->head[6] << 8 | (size_t)s->head[7];
    s->source = s->head[0];
    s->head_length = 0;
    if (s->source <= 2 && !s->head[1] && !s->head[2] && !s->head[3]
        && s->left <= LARGEST_FRAME)
        return true;
    fail(c, ERROR_PROTOCOL, "the log is not in the frames it should be in");
    return false;
}

static struct log_state *log_state(struct call *c)
{
    struct log_state *s = feed_state(c, sizeof *s, end_log);

    if (s)
        s->raw = strcmp(kept(c, "tty"), "true") == 0;
    if (s && s->raw)
        s->source = 1;
    return s;
}

static bool log_bytes(struct call *c, const char *bytes, size_t length)
{
    struct log_state *s = log_state(c);

    if (s && s->raw)
        return log_text(c, s, bytes, length);
    while (s && length) {
        size_t n = s->left ? s->left : HEAD - s->head_length;

        if (n > length)
            n = length;
        if (s->left) {
            if (!log_text(c, s, bytes, n))
                return false;
            s->left -= n;
        } else {
            memcpy(s->head + s->head_length, bytes, n);
            s->head_length += n;
            if (s->head_length == HEAD && !start_frame(c, s))
                return false;
        }
        bytes += n;
        length -= n;
    }
    return s != NULL;
}

static enum want log_ended(struct call *c)
{
    struct log_state *s = log_state(c);

    if (!s)
        return WANT_FAIL;
    if (s->left || s->head_length)
        return fail(c, ERROR_PROTOCOL, "the log ends in the middle of a "
                    "frame");
    for (int i = 0; i < 3; i++)
        if (s->line[i].len && !give_line(c, s, i))
            return WANT_FAIL;
    return done_stream(c);
}

static enum want request_log(struct call *c)
{
    bool follow = arg(c, "follow") ? arg_true(c, "follow")
                                   : arg_true(c, "stream");
    struct request *r;

    keep(c, "tty", answer_text(c, "Config.Tty"));
    keep(c, "follow", follow ? "true" : "false");
    r = request(c, "GET /containers/{container}/logs?stdout&stderr&since&tail"
                "&timestamps");
    add_query(c, "follow", kept(c, "follow"));
    r->may_be_silent = follow;
    feed_to(c, log_bytes);
    return then(c, log_ended);
}

enum want docker_logs(struct call *c)
{
    request(c, "GET /containers/{container}/json");
    return then(c, request_log);
}
