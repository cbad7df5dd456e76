/* json_frame.c -- the framer of json.h.
 *
 * Only brackets and strings are followed, just enough to see where a value
 * ends; whether it is good JSON is for the reader to say.
 */
#include <string.h>

#include "json.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void follow_string(struct json_framer *f, char c)
{
    if (f->in_escape)
        f->in_escape = false;
    else if (c == '\\')
        f->in_escape = true;
    else if (c == '"')
        f->in_string = false;
}

/* Follows one byte of a value.  The value ends behind it (1), before it (-1:
 * a number or word met something else), or not yet (0). */
static int follow(struct json_framer *f, char c)
{
    if (f->in_string) {
        follow_string(f, c);
        return !f->in_string && f->depth == 0;
    }
    if (f->depth == 0 && f->in_value && (is_space(c) || strchr("{[\"", c)))
        return -1;
    f->in_value = true;
    switch (c) {
    case '"':
        f->in_string = true;
        break;
    case '{': case '[':
        f->depth++;
        break;
    case '}': case ']':
        return --f->depth <= 0;
    }
    return 0;
}

static bool give(struct json_framer *f, const char *bytes, size_t length,
                 json_framed *callback, void *context)
{
    bool ok;

    f->in_value = f->in_string = f->in_escape = false;
    f->depth = 0;
    if (f->pending.len == 0 && length <= f->pending.ceiling)
        return callback(context, bytes, length);
    buf_add(&f->pending, bytes, length);
    ok = buf_ok(&f->pending)
        && callback(context, f->pending.s, f->pending.len);
    if (ok)                         /* else pending.failure tells why */
        buf_clear(&f->pending);
    return ok;
}

bool json_frame(struct json_framer *f, const char *bytes, size_t length,
                json_framed *callback, void *context)
{
    size_t start = 0;               /* of what belongs to the open value */

    f->pending.ceiling = f->ceiling ? f->ceiling : 16 * 1024 * 1024;
    for (size_t i = 0; i < length; i++) {
        int ends;

        if (!f->in_value && is_space(bytes[i])) {
            start = i + 1;
            continue;
        }
        ends = follow(f, bytes[i]);
        if (ends == 0)
            continue;
        if (ends > 0)
            i++;
        if (!give(f, bytes + start, i - start, callback, context))
            return false;
        start = i--;
    }
    buf_add(&f->pending, bytes + start, length - start);
    return buf_ok(&f->pending);
}

bool json_frame_end(struct json_framer *f, json_framed *callback,
                    void *context)
{
    if (!f->in_value)
        return true;
    if (f->depth > 0 || f->in_string)
        return false;
    return give(f, "", 0, callback, context);
}

void json_framer_free(struct json_framer *f)
{
    buf_free(&f->pending);
    memset(f, 0, sizeof *f);
}
