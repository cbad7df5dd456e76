/* argument.h -- what methods and drivers take, as rows, and the values given.
 *
 * One row type serves the arguments of methods and the options of drivers.
 */
#ifndef LUFT_ARGUMENT_H
#define LUFT_ARGUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shape.h"

/* What a value may be; several can be or-ed. */
enum arg_type {
    TEXT = 1,
    INTEGER = 2,
    NUMBER = 4,
    BOOLEAN = 8,
    LIST = 16,                      /* crosses as JSON */
    TABLE = 32,                     /* names to values; crosses as JSON */
    OBJECT = 64,                    /* of the row's shape, or its id */
    FUNCTION = 128,                 /* stays on the Lua side */
    SECRET = 256                    /* never shown; not a type of its own */
};

extern const char REQUIRED[];       /* as a row's default: must be given */

struct argument {
    const char *name;
    unsigned type;
    const char *otherwise;          /* default: true, false, an integer, or a
                                       text without quotes; or REQUIRED; or
                                       NULL: left out */
    const char *help;
    struct shape *object;           /* of OBJECT */
};

struct arg {                        /* a value; zeroed: not given */
    unsigned type;                  /* which one of enum arg_type */
    const char *text;               /* TEXT, OBJECT (its id); JSON of others */
    size_t length;
    int64_t integer;                /* INTEGER; BOOLEAN as 0 or 1 */
    double number;                  /* NUMBER, INTEGER */
};

size_t argument_count(const struct argument *rows);

/* The row's index, or -1. */
int argument_index(const struct argument *rows, const char *name);

bool argument_is_required(const struct argument *row);

/* "a string or a list", for messages. */
const char *argument_expects(const struct argument *row, char text[100]);

#endif
