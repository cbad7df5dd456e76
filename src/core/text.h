/* text.h -- small questions about text that several modules ask. */
#ifndef LUFT_TEXT_H
#define LUFT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* ASCII only, whatever the locale. */
char text_lower(char c);
bool text_is_digit(char c);
bool text_same_nocase(const char *a, const char *b);
bool text_starts_with(const char *text, const char *prefix);

/* What HTTP calls a token (RFC 9110, 5.6.2): names of headers, methods. */
bool text_is_token(const char *text);

/* The value of a hexadecimal digit, or -1. */
int text_hex_digit(char c);

/* A search for the name that somebody probably meant: feed every known name,
 * then read `best`, which is NULL when none is close. */
struct nearest {
    const char *word;
    const char *best;
    size_t distance;
};

void nearest_start(struct nearest *n, const char *word);
void nearest_offer(struct nearest *n, const char *known);

/* Bytes at the start of s that are valid UTF-8 (RFC 3629: no surrogates, no
 * overlong forms); equal to length when all of it is. */
size_t text_valid_utf8(const char *s, size_t length);

#endif
