/* json_write.c -- the writer of json.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "number.h"
#include "text.h"

void json_write_start(struct json_writer *w, struct buf *to)
{
    memset(w, 0, sizeof *w);
    w->to = to;
}

/* What stands before any value or name. */
static bool begin(struct json_writer *w)
{
    if (w->problem)
        return false;
    if (w->comma)
        buf_char(w->to, ',');
    w->comma = true;
    return true;
}

void json_open(struct json_writer *w, char bracket)
{
    if (w->depth == JSON_DEPTH && !w->problem)
        w->problem = "it is nested more than 512 levels deep";
    if (!begin(w))
        return;
    w->depth++;
    buf_char(w->to, bracket);
    w->comma = false;
}

void json_close(struct json_writer *w, char bracket)
{
    if (w->problem)
        return;
    w->depth--;
    buf_char(w->to, bracket);
    w->comma = true;
}

static void put_escape(struct buf *to, char c)
{
    static const char codes[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
    const char *known = c ? strchr(codes, c) : NULL;

    if (known)
        buf_format(to, "\\%c", letters[known - codes]);
    else
        buf_format(to, "\\u%04x", (unsigned char)c);
}

static void put_quoted(struct buf *to, const char *s, size_t length)
{
    size_t plain = 0;

    buf_char(to, '"');
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)s[i] >= 0x20 && s[i] != '"' && s[i] != '\\'
            && s[i] != 0x7f)
            continue;
        buf_add(to, s + plain, i - plain);
        put_escape(to, s[i]);
        plain = i + 1;
    }
    buf_add(to, s + plain, length - plain);
    buf_char(to, '"');
}

void json_string(struct json_writer *w, const char *s, size_t length)
{
    if (text_valid_utf8(s, length) != length && !w->problem)
        w->problem = "a string is not valid UTF-8";
    if (begin(w))
        put_quoted(w->to, s, length);
}

void json_name(struct json_writer *w, const char *name, size_t length)
{
    json_string(w, name, length);
    if (!w->problem)
        buf_char(w->to, ':');
    w->comma = false;
}

/* As it was read, escapes and all. */
void json_raw_name(struct json_writer *w, const struct json_text *name)
{
    if (!begin(w))
        return;
    buf_char(w->to, '"');
    buf_add(w->to, name->s, name->length);
    buf_text(w->to, "\":");
    w->comma = false;
}

void json_integer(struct json_writer *w, int64_t value)
{
    if (begin(w))
        buf_format(w->to, "%lld", (long long)value);
}

void json_number(struct json_writer *w, double value)
{
    char text[NUMBER_ROOM];

    if (!isfinite(value) && !w->problem)
        w->problem = "JSON has no form for infinity and NaN";
    if (begin(w))
        buf_add(w->to, text, number_from_double(value, text));
}

void json_word(struct json_writer *w, const char *word)
{
    if (begin(w))
        buf_text(w->to, word);
}

void json_raw(struct json_writer *w, const char *json, size_t length)
{
    if (begin(w))
        buf_add(w->to, json, length);
}
