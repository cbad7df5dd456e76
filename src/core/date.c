/* date.c -- see date.h. */
#include "date.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* Days from 1970-01-01 to a day of the Gregorian calendar, by counting years
 * from March, so that the leap day comes last. */
static int64_t days_since_1970(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
        + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4
        - year_of_era / 100 + day_of_year - 719468;
}

struct moment {
    int year, month, day, hour, minute, second;
};

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
                               31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

static bool moment_seconds(const struct moment *m, double *seconds)
{
    if (m->month < 1 || m->month > 12
        || m->day < 1 || m->day > days_of_month(m->year, m->month)
        || m->hour < 0 || m->hour > 23 || m->minute < 0 || m->minute > 59
        || m->second < 0 || m->second > 60)
        return false;
    *seconds = (double)days_since_1970(m->year, m->month, m->day) * 86400.0
        + m->hour * 3600.0 + m->minute * 60.0 + m->second;
    return true;
}

static int month_number(const char *name)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int i = 0; i < 12; i++)
        if (strncmp(name, names + 3 * i, 3) == 0)
            return i + 1;
    return 0;
}

/* RFC 9110: a two-digit year that seems over 50 years ahead is in the past. */
static int full_year(int year)
{
    return year >= 100 ? year : year < 70 ? year + 2000 : year + 1900;
}

bool date_from_http(const char *s, double *seconds)
{
    struct moment m = {0};
    char month[4] = "";
    const char *comma = strchr(s, ',');
    int length = 0;                 /* set when all of the form was there */

    if (comma) {
        s = comma + 1;
        sscanf(s, " %2d%*1[ -]%3s%*1[ -]%4d %2d:%2d:%2d GMT%n", &m.day, month,
               &m.year, &m.hour, &m.minute, &m.second, &length);
        m.year = full_year(m.year);
    } else {
        sscanf(s, "%*3s %3s %2d %2d:%2d:%2d %4d%n", month, &m.day, &m.hour,
               &m.minute, &m.second, &m.year, &length);
    }
    m.month = month_number(month);
    return length > 0 && s[length] == '\0' && moment_seconds(&m, seconds);
}

static bool digits(const char **at, const char *end, int count, int *value)
{
    *value = 0;
    if (end - *at < count)
        return false;
    while (count-- > 0) {
        if (!text_is_digit(**at))
            return false;
        *value = *value * 10 + (*(*at)++ - '0');
    }
    return true;
}

static bool one_of(const char **at, const char *end, const char *set)
{
    if (*at == end || !**at || !strchr(set, **at))
        return false;
    (*at)++;
    return true;
}

/* The fraction and the zone behind hh:mm:ss. */
static bool rfc3339_tail(const char *at, const char *end, double *seconds)
{
    double unit = 0.1;
    int hours, minutes;
    bool west;

    if (one_of(&at, end, ".")) {
        if (at == end || !text_is_digit(*at))
            return false;
        for (; at < end && text_is_digit(*at); at++, unit /= 10)
            *seconds += (*at - '0') * unit;
    }
    if (one_of(&at, end, "Zz"))
        return at == end;
    west = at < end && *at == '-';
    if (!one_of(&at, end, "+-") || !digits(&at, end, 2, &hours)
        || !one_of(&at, end, ":") || !digits(&at, end, 2, &minutes)
        || hours > 23 || minutes > 59)
        return false;
    *seconds += (west ? 60.0 : -60.0) * (hours * 60 + minutes);
    return at == end;
}

bool date_from_rfc3339(const char *s, size_t length, double *seconds)
{
    const char *at = s, *end = s + length;
    struct moment m;

    return digits(&at, end, 4, &m.year) && one_of(&at, end, "-")
        && digits(&at, end, 2, &m.month) && one_of(&at, end, "-")
        && digits(&at, end, 2, &m.day) && one_of(&at, end, "Tt ")
        && digits(&at, end, 2, &m.hour) && one_of(&at, end, ":")
        && digits(&at, end, 2, &m.minute) && one_of(&at, end, ":")
        && digits(&at, end, 2, &m.second)
        && moment_seconds(&m, seconds) && rfc3339_tail(at, end, seconds);
}
