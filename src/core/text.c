/* text.c -- see text.h. */
#include "text.h"

#include <stdint.h>
#include <string.h>

enum { LONGEST_WORD = 40 };

char text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool text_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool text_same_nocase(const char *a, const char *b)
{
    while (*a && text_lower(*a) == text_lower(*b)) {
        a++;
        b++;
    }
    return text_lower(*a) == text_lower(*b);
}

bool text_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_is_token(const char *text)
{
    const char *c = text;

    while (text_is_digit(*c) || (text_lower(*c) >= 'a' && text_lower(*c) <= 'z')
           || (*c && strchr("!#$%&'*+-.^_`|~", *c)))
        c++;
    return c > text && !*c;
}

int text_hex_digit(char c)
{
    if (text_is_digit(c))
        return c - '0';
    c = text_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Edit distance where swapping two neighbours counts as one: timeuot. */
static size_t edit_distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t older[LONGEST_WORD + 1], old[LONGEST_WORD + 1];
    size_t now[LONGEST_WORD + 1];

    for (size_t j = 0; j <= m; j++)
        old[j] = older[j] = j;
    for (size_t i = 1; i <= n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            bool same = text_lower(a[i - 1]) == text_lower(b[j - 1]);

            now[j] = least(old[j] + 1, now[j - 1] + 1, old[j - 1] + !same);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]
                && older[j - 2] + 1 < now[j])
                now[j] = older[j - 2] + 1;
        }
        memcpy(older, old, sizeof old);
        memcpy(old, now, sizeof now);
    }
    return old[m];
}

void nearest_start(struct nearest *n, const char *word)
{
    n->word = word;
    n->best = NULL;
    n->distance = strlen(word) / 3 + 1;     /* what still counts as close */
}

void nearest_offer(struct nearest *n, const char *known)
{
    size_t length = strlen(n->word), known_length = strlen(known);
    size_t distance;

    if (length > LONGEST_WORD || known_length > LONGEST_WORD)
        return;
    distance = edit_distance(n->word, length, known, known_length);
    if (distance < n->distance || (!n->best && distance == n->distance)) {
        n->distance = distance;
        n->best = known;
    }
}

/* Length of the valid sequence that starts at s, or 0. */
static size_t sequence_length(const unsigned char *s, size_t left)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t n;

    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (n > left)
        return 0;
    if (s[0] == 0xe0)
        low = 0xa0;                         /* overlong */
    else if (s[0] == 0xed)
        high = 0x9f;                        /* surrogates */
    else if (s[0] == 0xf0)
        low = 0x90;                         /* overlong */
    else if (s[0] == 0xf4)
        high = 0x8f;                        /* beyond U+10FFFF */
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

size_t text_valid_utf8(const char *s, size_t length)
{
    size_t at = 0;

    while (at < length) {
        uint64_t eight;
        size_t n;

        if (length - at >= 8) {             /* most text is ASCII */
            memcpy(&eight, s + at, 8);
            if (!(eight & UINT64_C(0x8080808080808080))) {
                at += 8;
                continue;
            }
        }
        n = sequence_length((const unsigned char *)s + at, length - at);
        if (n == 0)
            break;
        at += n;
    }
    return at;
}
