/* json.h -- JSON read in one pass over its bytes, and written.
 *
 * Law: the reader is strict (RFC 8259: no trailing text, no NaN, valid UTF-8,
 * at most JSON_DEPTH levels) and exact (64-bit integers, NULs in strings), and
 * allocates nothing.  What is skipped is checked as well as what is read.
 */
#ifndef LUFT_JSON_H
#define LUFT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

enum { JSON_DEPTH = 512 };

enum json_type {
    JSON_BROKEN,                    /* json.problem says why */
    JSON_NULL,
    JSON_BOOLEAN,
    JSON_INTEGER,                   /* fits int64_t */
    JSON_NUMBER,                    /* a fraction, an exponent, or too large */
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json {
    const char *start, *at, *end;
    const char *problem;            /* static text; NULL while all is well */
    int depth;
    bool fresh;                     /* a container was just entered */
};

struct json_text {                  /* what stands between the quotes */
    const char *s;
    size_t length;
    bool escaped;                   /* json_unescape is needed */
};

struct json_value {
    enum json_type type;
    const char *s;                  /* as written, quotes included */
    size_t length;
    struct json_text text;          /* JSON_STRING */
    int64_t integer;                /* JSON_INTEGER, JSON_BOOLEAN */
    double number;                  /* JSON_NUMBER, JSON_INTEGER */
};

/* The bytes must stay where they are while they are read. */
void json_start(struct json *j, const char *bytes, size_t length);

/* The type of the value that comes next; consumes only white space. */
enum json_type json_peek(struct json *j);

/* Into the array or object that comes next.  Then, until it returns false:
 * json_more for each element, json_key for each member; read or skip its value.
 *
 *     if (json_enter(&j))
 *         while (json_key(&j, &name))
 *             json_skip(&j);
 */
bool json_enter(struct json *j);
bool json_more(struct json *j);
bool json_key(struct json *j, struct json_text *name);

/* A value that is no array and no object. */
bool json_scalar(struct json *j, struct json_value *v);

/* Past any value, checking it. */
bool json_skip(struct json *j);

/* True when all is well and nothing but white space is left. */
bool json_finish(struct json *j);

/* Writes the text's bytes, at most text->length, and returns their number.
 * Lone surrogates become U+FFFD. */
size_t json_unescape(const struct json_text *text, char *to);

/* True when the name, unescaped, is exactly this. */
bool json_text_is(const struct json_text *text, const char *word);
bool json_text_equals(const struct json_text *text,
                      const char *s, size_t length);

/* The plain value at a path of names, "errorDetail.message", in a document that
 * was not read yet; of a name that came twice, the last one.  False: it is not
 * there, or it is null.  A document that breaks behind the value still has it:
 * an error's text may have been cut. */
bool json_find(const char *bytes, size_t length, const char *path,
               struct json_value *v);

/* --- writing ---------------------------------------------------------------
 *
 * A writer puts the commas; names and values come in turn.  Broken UTF-8 and
 * numbers that JSON has no form for set `problem` and write nothing more. */

struct json_writer {
    struct buf *to;
    const char *problem;
    int depth;
    bool comma;                     /* something stands before in this level */
};

void json_write_start(struct json_writer *w, struct buf *to);
void json_open(struct json_writer *w, char bracket);        /* '{' or '[' */
void json_close(struct json_writer *w, char bracket);       /* '}' or ']' */
void json_name(struct json_writer *w, const char *name, size_t length);
void json_raw_name(struct json_writer *w, const struct json_text *name);
void json_string(struct json_writer *w, const char *s, size_t length);
void json_integer(struct json_writer *w, int64_t value);
void json_number(struct json_writer *w, double value);
void json_word(struct json_writer *w, const char *word);    /* true, null */
void json_raw(struct json_writer *w, const char *json, size_t length);

/* --- streams ---------------------------------------------------------------
 *
 * Cuts JSON values that follow one another, with or without white space
 * between them, out of a stream that comes in any split. */

struct json_framer {                /* zeroed: ready */
    struct buf pending;             /* the start of a value not yet whole */
    size_t ceiling;                 /* most bytes of one value; 0: 16 MiB */
    int depth;
    bool in_string, in_escape, in_value;
};

/* Calls back with each whole value (its bytes are valid during the call only);
 * false from the callback stops.  False: stopped, too large, no memory;
 * pending.failure tells these apart. */
typedef bool json_framed(void *context, const char *value, size_t length);
bool json_frame(struct json_framer *f, const char *bytes, size_t length,
                json_framed *callback, void *context);

/* At the end of the stream: a number or word that nothing closed is given out;
 * false when a value is cut short. */
bool json_frame_end(struct json_framer *f, json_framed *callback,
                    void *context);
void json_framer_free(struct json_framer *f);

#endif
