/* show.h -- slots and results as text, so that tests can compare them: 'text' 7
 * 1.5 true [list] <JSON>, and - for what is not there. */
#ifndef LUFT_SHOW_H
#define LUFT_SHOW_H

#include "../../src/core/number.h"
#include "../../src/core/result.h"

static inline void show_slot(struct buf *to, const struct slot *s)
{
    char number[NUMBER_ROOM];

    switch (s->type) {
    case SLOT_ABSENT:
        buf_char(to, '-');
        break;
    case SLOT_TEXT:
        buf_char(to, '\'');
        buf_add(to, s->text, s->length);
        buf_char(to, '\'');
        break;
    case SLOT_INTEGER:
        buf_format(to, "%lld", (long long)s->integer);
        break;
    case SLOT_NUMBER:
        number_from_double(s->number, number);
        buf_text(to, number);
        break;
    case SLOT_BOOLEAN:
        buf_text(to, s->integer ? "true" : "false");
        break;
    case SLOT_LIST:
        for (uint32_t i = 0; i < s->length; i++) {
            buf_char(to, i ? ',' : '[');
            show_slot(to, &s->list[i]);
        }
        buf_char(to, ']');
        break;
    case SLOT_JSON:
        buf_format(to, "<%.*s>", (int)s->length, s->text);
        break;
    }
}

/* "'3f2a' 'web' -|": the slots of each record. */
static inline void show_records(struct buf *to, const struct records *r,
                                size_t columns)
{
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < columns; k++) {
            show_slot(to, &r->list[i].slots[k]);
            buf_char(to, k + 1 < columns ? ' ' : '|');
        }
}

/* Bytes that a terminal does not show, as \xNN. */
static inline void show_bytes(struct buf *to, const char *s, size_t length)
{
    for (size_t i = 0; i < length; i++)
        buf_format(to, s[i] >= ' ' && s[i] <= '~' ? "%c" : "\\x%02X",
                   (unsigned char)s[i]);
}

/* "1:text|2:text|", by tag and text. */
static inline void show_pieces(struct buf *to, const struct result *r)
{
    const char *at = buf_string(&r->bytes);

    for (size_t i = 0; i < r->piece_count; i++) {
        buf_format(to, "%d:", r->pieces[i].tag);
        show_bytes(to, at, r->pieces[i].length);
        buf_char(to, '|');
        at += r->pieces[i].length;
    }
}

static inline void show_result(struct buf *to, const struct result *r)
{
    switch (r->gives) {
    case GIVES_TEXT: case GIVES_TABLE:
        show_bytes(to, buf_string(&r->bytes), r->bytes.len);
        break;
    case GIVES_ONE: case GIVES_LIST:
        show_records(to, &r->records, shape_columns(r->shape->fields));
        break;
    case GIVES_RESPONSE:
        buf_format(to, "%d ", r->response.status);
        show_bytes(to, buf_string(&r->bytes), r->bytes.len);
        break;
    case GIVES_TEXTS:
        show_pieces(to, r);
        break;
    case GIVES_TRUE:
        buf_text(to, "true");
        break;
    case GIVES_NOTHING:
        break;
    }
}

#endif
