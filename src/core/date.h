/* date.h -- the two ways peers write a time, as seconds since 1970 UTC. */
#ifndef LUFT_DATE_H
#define LUFT_DATE_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 9110's three forms: "Sun, 06 Nov 1994 08:49:37 GMT", RFC 850's and
 * asctime's. */
bool date_from_http(const char *s, double *seconds);

/* RFC 3339 with any fraction: "2015-12-23T01:05:40.56937184Z", "+02:00". */
bool date_from_rfc3339(const char *s, size_t length, double *seconds);

#endif
