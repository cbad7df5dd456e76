/* number.h -- numbers as JSON writes them, whatever the process's locale. */
#ifndef LUFT_NUMBER_H
#define LUFT_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Digits with an optional '-'; false when they do not fit. */
bool number_to_int64(const char *s, size_t length, int64_t *value);

/* A number in JSON's grammar, rounded correctly; infinity when it is too large
 * or memory for its digits ran out. */
double number_to_double(const char *s, size_t length);

enum { NUMBER_ROOM = 32 };

/* The shortest text that reads back as the same double; has a '.' or an
 * exponent.  Returns its length. */
size_t number_from_double(double value, char text[NUMBER_ROOM]);

#endif
