/* wish.c -- what a URL's parameters ask for.
 *
 * One row is one parameter: how it is read, where it goes, what it does.  The
 * rows are the manual too: server --help prints them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

static const int64_t NUMBER_MOST = 1000000000000000;
static const int64_t ITEMS_MOST = 1000000;      /* they are kept in memory */

enum type {
    NUMBER,                         /* int64_t */
    SECONDS,                        /* double */
    FLAG,                           /* bool: 1 sets it */
    NEGATED,                        /* bool: 0 sets it */
    VERBATIM,                       /* text, still escaped */
    COUNT,                          /* int64_t, and a text behind: given */
    ENDING,                         /* how it ends, and after what */
    REPEATED                        /* see wish_next_header */
};

struct row {
    const char *name;
    enum type type;
    size_t at;                      /* offset in struct wish */
    size_t given_at;                /* COUNT: of the text */
    enum ending ending;
    const char *help;
};

#define TO(type, member, help) \
    {#member, type, offsetof(struct wish, member), 0, 0, help}
#define WITH_TEXT(member, help) \
    {#member, COUNT, offsetof(struct wish, member), \
     offsetof(struct wish, member##_text), 0, help}
#define NOT(name, member, help) \
    {name, NEGATED, offsetof(struct wish, member), 0, 0, help}
#define END(name, how, help) {name, ENDING, 0, 0, how, help}

static const struct row rows[] = {
    TO(NUMBER, n, "bytes of /bytes, frames of /frames"),
    WITH_TEXT(items, "objects of /json and of Docker's list"),
    TO(NUMBER, size, "payload bytes of each of /frames"),
    TO(VERBATIM, key, "counts this request under a name"),
    TO(NUMBER, status, "another status than 200"),
    TO(SECONDS, delay, "seconds before the first byte"),
    END("stall_after", ENDS_STALLED, "sends so many body bytes, no more"),
    END("cut_after", ENDS_CUT, "closes after so many body bytes"),
    END("reset_after", ENDS_RESET, "resets after so many body bytes; "
        "-1, of all three: before any byte"),
    TO(FLAG, stall_head, "sends half of the status line, no more"),
    TO(FLAG, slice, "sends each byte by itself"),
    TO(NUMBER, rate, "sends at most so many bytes a second"),
    TO(NUMBER, read_rate, "reads at most so many body bytes a second"),
    TO(FLAG, not_read, "never reads the request's body, nor answers it"),
    TO(FLAG, early, "answers before it reads the body; then closes"),
    TO(VERBATIM, length, "what Content-Length claims, true or not"),
    TO(FLAG, no_length, "the body ends where the connection does"),
    TO(FLAG, chunked, "sends chunks"),
    TO(FLAG, trailer, "a trailer behind the chunks"),
    TO(VERBATIM, retry_after, "the header Retry-After"),
    NOT("date", no_date, "0: no header Date"),
    {"header", REPEATED, 0, 0, 0, "NAME:VALUE, one more header; repeatable"},
    TO(NUMBER, headers, "so many more headers of 100 bytes each"),
    TO(VERBATIM, redirect, "Location, with status 302 or `status`"),
    TO(FLAG, loop, "redirects to itself, always"),
    WITH_TEXT(hops, "redirects to itself so many times, then 200"),
    TO(NUMBER, fail_first, "the first so many requests of the key get "
       "`status`, or 503"),
    TO(FLAG, close, "Connection: close"),
    TO(FLAG, close_idle, "closes behind the answer without saying so"),
    TO(FLAG, close_after_request, "closes unanswered a connection that has "
       "served before, fail_first (or one) times for the key"),
    TO(FLAG, gzip, "compressed, in stored blocks"),
    WITH_TEXT(bomb, "a body of so many zeros, gzipped 1032:1"),
    TO(FLAG, fixed, "the bomb with fixed codes, 159:1"),
    TO(FLAG, garbage, "bytes that are no HTTP, and the end"),
    TO(FLAG, http10, "the answer is HTTP/1.0"),
    TO(FLAG, early_100, "sends 100 Continue and 103 Early Hints before"),
    NOT("close_notify", no_close_notify, "0: TLS ends without a word"),
    {NULL, NUMBER, 0, 0, 0, NULL}
};

/* Takes the next name=value off a query. */
static bool next(struct text *query, struct text *name, struct text *value)
{
    const char *and, *is;

    if (query->length == 0)
        return false;
    *name = *query;
    and = memchr(query->s, '&', query->length);
    if (and)
        name->length = (size_t)(and - query->s);
    query->s += name->length + (and ? 1 : 0);
    query->length -= name->length + (and ? 1 : 0);
    is = memchr(name->s, '=', name->length);
    *value = (struct text){"", 0};
    if (is) {
        value->s = is + 1;
        value->length = name->length - (size_t)(is + 1 - name->s);
        name->length = (size_t)(is - name->s);
    }
    return true;
}

static const struct row *find_row(struct text name)
{
    for (const struct row *row = rows; row->name; row++)
        if (strlen(row->name) == name.length
            && memcmp(row->name, name.s, name.length) == 0)
            return row;
    return NULL;
}

/* A number that is all of the text, which ends before other bytes. */
static bool read_number(struct text t, int64_t *integer, double *seconds)
{
    char copy[32], *end;

    if (t.length == 0 || t.length >= sizeof copy)
        return false;
    memcpy(copy, t.s, t.length);
    copy[t.length] = '\0';
    errno = 0;
    if (integer)
        *integer = strtoll(copy, &end, 10);
    else
        *seconds = strtod(copy, &end);
    return *end == '\0' && errno == 0
        && (!integer || *integer <= NUMBER_MOST);
}

static bool read_row(struct wish *w, const struct row *row, struct text value)
{
    char *to = (char *)w + row->at;
    int64_t number;
    double seconds;

    switch (row->type) {
    case SECONDS:
        if (!read_number(value, NULL, &seconds) || !(seconds >= 0))
            return false;
        *(double *)(void *)to = seconds;
        return true;
    case VERBATIM:
        *(struct text *)(void *)to = value;
        return true;
    case REPEATED:
        return true;
    default:
        break;
    }
    if (!read_number(value, &number, NULL))
        return false;
    if (row->type == FLAG || row->type == NEGATED) {
        *(bool *)to = (number != 0) == (row->type == FLAG);
    } else if (row->type == ENDING) {
        w->ending = row->ending;
        w->ending_after = number;
    } else if (number < 0) {
        return false;
    } else {
        *(int64_t *)(void *)to = number;
        if (row->type == COUNT)
            *(struct text *)(void *)((char *)w + row->given_at) = value;
    }
    return true;
}

static const char *check(const struct wish *w)
{
    if (w->items > ITEMS_MOST || w->size > NUMBER_MOST / (w->n + 1))
        return "that is too much";
    if ((w->fail_first || w->close_after_request) && !w->key.s)
        return "fail_first and close_after_request need a key";
    return w->status && (w->status < 100 || w->status > 999)
        ? "the status has three digits" : NULL;
}

static const char *complain(const char *what, struct text name)
{
    static char message[100];

    snprintf(message, sizeof message, "%s %.*s; server --help lists them",
             what, name.length < 40 ? (int)name.length : 40, name.s);
    return message;
}

const char *wish_parse(struct wish *w, struct text query, bool lenient)
{
    struct text name, value;

    memset(w, 0, sizeof *w);
    while (next(&query, &name, &value)) {
        const struct row *row = find_row(name);

        if (!row && !lenient)
            return complain("unknown parameter", name);
        if (row && !read_row(w, row, value) && !lenient)
            return complain("wrong value of parameter", name);
    }
    return check(w);
}

bool wish_next_header(struct text *rest, struct text *header)
{
    struct text name;

    while (next(rest, &name, header))
        if (name.length == 6 && memcmp(name.s, "header", 6) == 0)
            return true;
    return false;
}

void wish_print_help(void)
{
    for (const struct row *row = rows; row->name; row++)
        printf("  %-20s %s\n", row->name, row->help);
}
