/* json_text.c -- the texts of json.h: what stands between quotes, and what it
 * means. */
#include <string.h>

#include "json.h"
#include "text.h"

enum { LONGEST_ESCAPED = 600 };     /* a name worth comparing, as written */

static unsigned read_hex4(const char *s)
{
    unsigned code = 0;

    for (int i = 0; i < 4; i++)
        code = code * 16 + (unsigned)text_hex_digit(s[i]);
    return code;
}

static char *put_utf8(char *to, unsigned code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

/* \uXXXX at s, and its other half when it is the first of a pair. */
static const char *unescape_unicode(const char *s, const char *end, char **to)
{
    unsigned code = read_hex4(s + 2);

    s += 6;
    if (code >= 0xd800 && code < 0xdc00 && end - s >= 6
        && s[0] == '\\' && s[1] == 'u') {
        unsigned low = read_hex4(s + 2);

        if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            s += 6;
        }
    }
    if (code >= 0xd800 && code < 0xe000)
        code = 0xfffd;
    *to = put_utf8(*to, code);
    return s;
}

size_t json_unescape(const struct json_text *text, char *to)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *s = text->s, *end = s + text->length;
    char *start = to;

    while (s < end) {
        if (*s != '\\') {
            *to++ = *s++;
        } else if (s[1] == 'u') {
            s = unescape_unicode(s, end, &to);
        } else {
            *to++ = meant[strchr(letters, s[1]) - letters];
            s += 2;
        }
    }
    return (size_t)(to - start);
}

bool json_text_equals(const struct json_text *text,
                      const char *s, size_t length)
{
    char plain[LONGEST_ESCAPED];

    if (!text->escaped)
        return text->length == length && memcmp(text->s, s, length) == 0;
    return text->length <= sizeof plain
        && json_unescape(text, plain) == length
        && memcmp(plain, s, length) == 0;
}

bool json_text_is(const struct json_text *text, const char *word)
{
    return json_text_equals(text, word, strlen(word));
}
