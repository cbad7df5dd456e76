/* number.c -- see number.h.
 *
 * strtod and printf read and write the locale's decimal point, and a host may
 * have set any locale; so the slow path runs under the C locale, in this thread
 * only.  The fast path needs neither: a mantissa below 2^53 and a power of ten
 * up to 22 are exact doubles, and one operation on them rounds once.
 */
#define _POSIX_C_SOURCE 200809L
#include "number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "text.h"

bool number_to_int64(const char *s, size_t length, int64_t *value)
{
    bool negative = length > 0 && *s == '-';
    uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0), n = 0;
    size_t i = negative ? 1 : 0;

    if (i == length)
        return false;
    for (; i < length; i++) {
        uint64_t digit = (uint64_t)(s[i] - '0');

        if (digit > 9 || n > (limit - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    if (negative)
        *value = n == 0 ? 0 : -(int64_t)(n - 1) - 1;
    else
        *value = (int64_t)n;
    return true;
}

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static locale_t enter_c_locale(void)
{
    pthread_once(&c_locale_once, make_c_locale);
    return c_locale ? uselocale(c_locale) : (locale_t)0;
}

static void leave_c_locale(locale_t before)
{
    if (before)
        uselocale(before);
}

static double slow_double(const char *s, size_t length)
{
    char small[128];
    char *text = length < sizeof small ? small : mem_alloc(length + 1);
    locale_t before;
    double value;

    if (!text)
        return HUGE_VAL;
    memcpy(text, s, length);
    text[length] = '\0';
    before = enter_c_locale();
    value = strtod(text, NULL);
    leave_c_locale(before);
    if (text != small)
        mem_free(text);
    return value;
}

/* Reads digits, an optional fraction and an optional exponent; false when the
 * result would not be exact. */
static bool fast_double(const char *s, const char *end, double *value)
{
    static const double powers[] = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
    };
    uint64_t mantissa = 0;
    int digits = 0, exponent = 0, written = 0;
    bool negative = s < end && *s == '-', in_fraction = false, minus = false;

    for (s += negative; s < end && (text_is_digit(*s) || *s == '.'); s++) {
        if (*s == '.') {
            in_fraction = true;
            continue;
        }
        if (++digits > 18)
            return false;
        mantissa = mantissa * 10 + (uint64_t)(*s - '0');
        exponent -= in_fraction;
    }
    if (s < end) {                          /* 'e' or 'E' */
        s++;
        minus = s < end && *s == '-';
        for (s += minus || (s < end && *s == '+'); s < end; s++) {
            written = written * 10 + (*s - '0');
            if (written > 1000)
                return false;
        }
        exponent += minus ? -written : written;
    }
    if (mantissa > UINT64_C(1) << 53 || exponent < -22 || exponent > 22)
        return false;
    *value = exponent < 0 ? (double)mantissa / powers[-exponent]
                          : (double)mantissa * powers[exponent];
    if (negative)
        *value = -*value;
    return true;
}

double number_to_double(const char *s, size_t length)
{
    double value;

    return fast_double(s, s + length, &value) ? value
                                              : slow_double(s, length);
}

size_t number_from_double(double value, char text[NUMBER_ROOM])
{
    locale_t before = enter_c_locale();
    /* denormals have fewer than the 15 digits that all others can tell */
    int digits = value != 0 && fabs(value) < DBL_MIN ? 1 : 15;
    int length = 0;

    for (; digits <= 17; digits++) {
        length = snprintf(text, NUMBER_ROOM, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    leave_c_locale(before);
    if (!strpbrk(text, ".eEn")) {           /* 1 -> 1.0; inf, nan stay */
        memcpy(text + length, ".0", 3);
        length += 2;
    }
    return (size_t)length;
}
