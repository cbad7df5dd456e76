/* json_read.c -- the reader of json.h.
 *
 * Below stand functions that take a place in the text and return the place
 * behind what they passed, or NULL after noting the problem; on them stand the
 * steps that callers take.  Strings are searched eight bytes at a time: a word
 * without a quote, a backslash, a control character or a byte beyond ASCII is
 * passed in one go.
 */
#include <math.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "json.h"
#include "number.h"
#include "text.h"

static bool breaks(struct json *j, const char *problem)
{
    if (!j->problem)
        j->problem = problem;
    return false;
}

static const char *breaks_at(struct json *j, const char *problem)
{
    breaks(j, problem);
    return NULL;
}

static const char cut_short[] = "it ends in the middle of a value";

void json_start(struct json *j, const char *bytes, size_t length)
{
    memset(j, 0, sizeof *j);
    j->start = j->at = bytes;
    j->end = bytes + length;
}

static inline const char *past_space(const char *p, const char *end)
{
    while (p < end && (unsigned char)*p <= ' '
           && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* --- strings ------------------------------------------------------------ */

#define EVERY_BYTE(x) (UINT64_C(0x0101010101010101) * (x))

/* The eight bytes at s, the first one lowest. */
static inline uint64_t eight_bytes(const char *s)
{
    uint64_t w;

    memcpy(&w, s, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

/* The first byte at or behind p that needs a closer look.  x - 1 borrows into
 * the top bit where x is 0; what the borrow does to later bytes is no matter,
 * since only the first one found is used. */
static inline const char *past_plain(const char *p, const char *end)
{
#ifdef __SSE2__
    while (end - p >= 16) {
        __m128i w = _mm_loadu_si128((const __m128i *)p);
        __m128i special = _mm_or_si128(
            _mm_cmplt_epi8(w, _mm_set1_epi8(0x20)),     /* or beyond ASCII */
            _mm_or_si128(_mm_cmpeq_epi8(w, _mm_set1_epi8('"')),
                         _mm_cmpeq_epi8(w, _mm_set1_epi8('\\'))));
        unsigned found = (unsigned)_mm_movemask_epi8(special);

        if (found)
            return p + __builtin_ctz(found);
        p += 16;
    }
#endif
    while (end - p >= 8) {
        uint64_t w = eight_bytes(p);
        uint64_t quote = (w ^ EVERY_BYTE('"')) - EVERY_BYTE(1);
        uint64_t slash = (w ^ EVERY_BYTE('\\')) - EVERY_BYTE(1);
        uint64_t special = (quote | slash | (w - EVERY_BYTE(0x20)) | w)
            & EVERY_BYTE(0x80);

        if (special)
            return p + (__builtin_ctzll(special) >> 3);
        p += 8;
    }
    while (p < end && *p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\')
        p++;
    return p;
}

static const char *past_escape(struct json *j, const char *p)
{
    if (j->end - p < 2)
        return breaks_at(j, cut_short);
    if (p[1] != 'u') {
        if (!p[1] || !strchr("\"\\/bfnrt", p[1]))
            return breaks_at(j, "a string holds an unknown escape");
        return p + 2;
    }
    if (j->end - p < 6)
        return breaks_at(j, cut_short);
    for (int i = 2; i < 6; i++)
        if (text_hex_digit(p[i]) < 0)
            return breaks_at(j, "\\u needs four hexadecimal digits");
    return p + 6;
}

static const char *past_unusual(struct json *j, const char *p)
{
    size_t length = 0;

    if (*p == 0x7f)
        return p + 1;
    if (!(*p & 0x80))
        return breaks_at(j, "a string holds a bare control character");
    while (p + length < j->end && p[length] & 0x80)
        length++;
    if (text_valid_utf8(p, length) != length)
        return breaks_at(j, "a string is not valid UTF-8");
    return p + length;
}

/* From the opening quote to behind the closing one. */
static inline const char *past_string(struct json *j, const char *p,
                                      bool *escaped)
{
    *escaped = false;
    p++;
    for (;;) {
        p = past_plain(p, j->end);
        if (p == j->end)
            return breaks_at(j, cut_short);
        if (*p == '"')
            return p + 1;
        if (*p == '\\') {
            *escaped = true;
            p = past_escape(j, p);
        } else {
            p = past_unusual(j, p);
        }
        if (!p)
            return NULL;
    }
}

/* --- numbers and words -------------------------------------------------- */

static inline const char *past_digits(const char *p, const char *end)
{
    while (p < end && text_is_digit(*p))
        p++;
    return p;
}

/* *integral: neither fraction nor exponent. */
static const char *past_number(struct json *j, const char *p, bool *integral)
{
    static const char no_digit[] = "a number lacks a digit";
    const char *digits;

    *integral = true;
    p += *p == '-';
    digits = p;
    p = past_digits(p, j->end);
    if (p == digits)
        return breaks_at(j, no_digit);
    if (*digits == '0' && p - digits > 1)
        return breaks_at(j, "a number starts with a needless 0");
    if (p < j->end && *p == '.') {
        *integral = false;
        digits = ++p;
        p = past_digits(p, j->end);
        if (p == digits)
            return breaks_at(j, no_digit);
    }
    if (p < j->end && (*p == 'e' || *p == 'E')) {
        *integral = false;
        p++;
        p += p < j->end && (*p == '+' || *p == '-');
        digits = p;
        p = past_digits(p, j->end);
        if (p == digits)
            return breaks_at(j, no_digit);
    }
    return p;
}

static const char *past_word(struct json *j, const char *p)
{
    const char *word = *p == 't' ? "true" : *p == 'f' ? "false" : "null";
    size_t length = strlen(word);

    if ((size_t)(j->end - p) < length || memcmp(p, word, length) != 0)
        return breaks_at(j, "an unknown word; true, false and null are known");
    return p + length;
}

static enum json_type type_at(struct json *j, const char *p)
{
    if (p == j->end) {
        breaks(j, cut_short);
        return JSON_BROKEN;
    }
    switch (*p) {
    case '{': return JSON_OBJECT;
    case '[': return JSON_ARRAY;
    case '"': return JSON_STRING;
    case 'n': return JSON_NULL;
    case 't': case 'f': return JSON_BOOLEAN;
    case '-': case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9': return JSON_NUMBER;
    }
    breaks(j, "a value was expected");
    return JSON_BROKEN;
}

enum json_type json_peek(struct json *j)
{
    j->at = past_space(j->at, j->end);
    return j->problem ? JSON_BROKEN : type_at(j, j->at);
}

/* Which of the two a number is, once its text is known. */
static bool weigh_number(struct json *j, struct json_value *v, bool integral)
{
    bool minus_zero = v->length == 2 && memcmp(v->s, "-0", 2) == 0;

    if (integral && !minus_zero
        && number_to_int64(v->s, v->length, &v->integer)) {
        v->type = JSON_INTEGER;
        v->number = (double)v->integer;
        return true;
    }
    v->number = number_to_double(v->s, v->length);
    return !isinf(v->number) || breaks(j, "a number is too large");
}

bool json_scalar(struct json *j, struct json_value *v)
{
    bool integral = false;
    const char *p;

    v->type = json_peek(j);
    v->s = j->at;
    switch (v->type) {
    case JSON_STRING:
        p = past_string(j, j->at, &v->text.escaped);
        break;
    case JSON_BOOLEAN:
        v->integer = *j->at == 't';
        /* fall through */
    case JSON_NULL:
        p = past_word(j, j->at);
        break;
    case JSON_NUMBER:
        p = past_number(j, j->at, &integral);
        break;
    default:
        return breaks(j, "a plain value was expected");
    }
    if (!p)
        return false;
    j->at = p;
    v->length = (size_t)(p - v->s);
    if (v->type == JSON_STRING) {
        v->text.s = v->s + 1;
        v->text.length = v->length - 2;
    }
    return v->type != JSON_NUMBER || weigh_number(j, v, integral);
}

/* --- containers --------------------------------------------------------- */

static const char too_deep[] = "it is nested more than 512 levels deep";

bool json_enter(struct json *j)
{
    enum json_type type = json_peek(j);

    if (type != JSON_ARRAY && type != JSON_OBJECT)
        return breaks(j, "a list or an object was expected");
    if (j->depth == JSON_DEPTH)
        return breaks(j, too_deep);
    j->depth++;
    j->at++;
    j->fresh = true;
    return true;
}

/* Past the comma; false behind the closing bracket. */
static bool next_in(struct json *j, char closing, const char *complaint)
{
    j->at = past_space(j->at, j->end);
    if (j->problem)
        return false;
    if (j->at == j->end)
        return breaks(j, cut_short);
    if (!j->fresh && *j->at == ',') {
        j->at++;
        return true;
    }
    if (*j->at == closing) {
        j->at++;
        j->depth--;
        j->fresh = false;
        return false;
    }
    if (!j->fresh)
        return breaks(j, complaint);
    j->fresh = false;
    return true;
}

bool json_more(struct json *j)
{
    return next_in(j, ']', "a ',' or ']' was expected")
        && json_peek(j) != JSON_BROKEN;
}

/* A member's name and its colon. */
static inline const char *past_name(struct json *j, const char *p,
                                    struct json_text *name)
{
    p = past_space(p, j->end);
    if (p == j->end || *p != '"')
        return breaks_at(j, "a name in quotes was expected");
    name->s = p + 1;
    p = past_string(j, p, &name->escaped);
    if (!p)
        return NULL;
    name->length = (size_t)(p - name->s) - 1;
    p = past_space(p, j->end);
    if (p == j->end || *p != ':')
        return breaks_at(j, "a ':' was expected");
    return p + 1;
}

bool json_key(struct json *j, struct json_text *name)
{
    const char *p;

    if (!next_in(j, '}', "a ',' or '}' was expected"))
        return false;
    p = past_name(j, j->at, name);
    if (!p)
        return false;
    j->at = p;
    return true;
}

static inline const char *past_scalar(struct json *j, const char *p)
{
    struct json_value v;
    bool ignored;

    switch (*p) {
    case '"':
        return past_string(j, p, &ignored);
    case 't': case 'f': case 'n':
        return past_word(j, p);
    }
    if (type_at(j, p) != JSON_NUMBER)
        return NULL;
    v.s = p;
    p = past_number(j, p, &ignored);
    if (!p)
        return NULL;
    v.length = (size_t)(p - v.s);
    if (ignored && v.length < 300)          /* an integer of that size fits */
        return p;
    return weigh_number(j, &v, false) ? p : NULL;
}

/* Closes what ends at p, as often as it ends there; NULL: the comma that must
 * stand there does not. */
static inline const char *past_closings(struct json *j, const char *p,
                                        const uint8_t *objects, int outer)
{
    for (;;) {
        bool object;

        p = past_space(p, j->end);
        if (p == j->end)
            return breaks_at(j, cut_short);
        if (*p == ',')
            return p + 1;
        object = objects[(j->depth - 1) / 8] >> (j->depth - 1) % 8 & 1;
        if (*p != (object ? '}' : ']'))
            return breaks_at(j, object ? "a ',' or '}' was expected"
                                       : "a ',' or ']' was expected");
        p++;
        if (--j->depth == outer)
            return p;
    }
}

/* Past the container that opens at p.  A bit for each open level says whether
 * it is an object. */
static const char *past_container(struct json *j, const char *p)
{
    uint8_t objects[JSON_DEPTH / 8 + 1] = {0};
    const int outer = j->depth;
    struct json_text name;
    bool object = false, fresh = false;

    do {
        if (*p == '{' || *p == '[') {
            int level = j->depth++;

            if (level >= JSON_DEPTH)
                return breaks_at(j, too_deep);
            object = *p == '{';
            objects[level / 8] &= (uint8_t)~(1u << level % 8);
            objects[level / 8] |= (uint8_t)(object << level % 8);
            p = past_space(p + 1, j->end);
            fresh = p < j->end && *p == (object ? '}' : ']');
        } else {
            p = past_scalar(j, p);
            fresh = true;
        }
        if (p && fresh) {                   /* nothing more inside */
            p = past_closings(j, p, objects, outer);
            if (!p || j->depth == outer)
                return p;
            object = objects[(j->depth - 1) / 8] >> (j->depth - 1) % 8 & 1;
        }
        if (p && object)
            p = past_name(j, p, &name);
        if (p)
            p = past_space(p, j->end);
    } while (p && (p < j->end || breaks(j, cut_short)));
    return NULL;
}

bool json_skip(struct json *j)
{
    enum json_type type = json_peek(j);
    const char *p;

    if (type == JSON_BROKEN)
        return false;
    p = type == JSON_ARRAY || type == JSON_OBJECT ? past_container(j, j->at)
                                                  : past_scalar(j, j->at);
    if (p) {
        j->at = p;
        j->fresh = false;
    }
    return p != NULL;
}

bool json_finish(struct json *j)
{
    j->at = past_space(j->at, j->end);
    if (!j->problem && j->at < j->end)
        return breaks(j, "text stands behind its end");
    return !j->problem;
}
