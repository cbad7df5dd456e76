/* bytes.c -- texts: growing, compared, escaped, decoded. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server.h"

void *need(void *memory)
{
    if (!memory)
        die("out of memory");
    return memory;
}

static char *bytes_room(struct bytes *b, size_t length)
{
    if (b->room - b->length <= length) {
        size_t room = b->room ? b->room : 1024;

        while (room - b->length <= length)
            room *= 2;
        b->s = need(realloc(b->s, room));
        b->room = room;
    }
    return b->s + b->length;
}

void bytes_add(struct bytes *b, const char *s, size_t length)
{
    char *room = bytes_room(b, length);

    if (length)
        memcpy(room, s, length);
    b->length += length;
}

void bytes_text(struct bytes *b, const char *text)
{
    bytes_add(b, text, strlen(text));
}

void bytes_format(struct bytes *b, const char *format, ...)
{
    size_t guess = 256;

    for (;;) {
        char *room = bytes_room(b, guess);
        va_list args;
        int length;

        va_start(args, format);
        length = vsnprintf(room, guess, format, args);
        va_end(args);
        if ((size_t)length < guess) {
            b->length += (size_t)length;
            return;
        }
        guess = (size_t)length + 1;
    }
}

/* --- UTF-8 and JSON ------------------------------------------------------- */

/* 0: no character starts with this byte. */
static size_t character_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return 2;
    if (first >= 0xE0 && first <= 0xEF)
        return 3;
    return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

/* What Unicode has no character for: overlong, surrogate, too large. */
static bool may_follow(unsigned char first, unsigned char second)
{
    return !(first == 0xE0 && second < 0xA0)
        && !(first == 0xED && second > 0x9F)
        && !(first == 0xF0 && second < 0x90)
        && !(first == 0xF4 && second > 0x8F);
}

size_t utf8_length(const char *s, size_t length, bool *cut)
{
    const unsigned char *u = (const unsigned char *)s;
    size_t at = 0;

    *cut = false;
    while (at < length) {
        size_t n = character_length(u[at]), i = 1;

        if (n > 1 && at + 1 < length && !may_follow(u[at], u[at + 1]))
            n = 0;
        while (i < n && at + i < length && (u[at + i] & 0xC0) == 0x80)
            i++;
        if (n == 0 || i < n) {
            *cut = n > 0 && at + i == length;
            break;
        }
        at += n;
    }
    return at;
}

void bytes_json(struct bytes *b, const char *s, size_t length)
{
    bool cut, utf8 = utf8_length(s, length, &cut) == length;

    bytes_text(b, "\"");
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)s[i];

        if (c < ' ' || c == 0x7F || (c > 0x7F && !utf8))
            bytes_format(b, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            bytes_format(b, "\\%c", c);
        else
            bytes_add(b, s + i, 1);
    }
    bytes_text(b, "\"");
}

/* --- short texts ---------------------------------------------------------- */

bool text_is(struct text t, const char *word)
{
    return strlen(word) == t.length && strncasecmp(t.s, word, t.length) == 0;
}

bool text_has_word(struct text list, const char *word)
{
    size_t start = 0, length = strlen(word);

    for (size_t i = 0; i <= list.length; i++) {
        if (i < list.length && list.s[i] != ',' && list.s[i] != ' ')
            continue;
        if (i - start == length
            && strncasecmp(list.s + start, word, length) == 0)
            return true;
        start = i + 1;
    }
    return false;
}

int text_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t text_decode(struct text t, char *to)
{
    size_t length = 0;

    for (size_t i = 0; i < t.length; i++) {
        int high = -1, low = -1;

        if (t.s[i] == '%' && t.length - i > 2) {
            high = text_hex_digit(t.s[i + 1]);
            low = text_hex_digit(t.s[i + 2]);
        }
        if (high >= 0 && low >= 0) {
            to[length++] = (char)(high * 16 + low);
            i += 2;
        } else {
            to[length++] = t.s[i];
        }
    }
    return length;
}
