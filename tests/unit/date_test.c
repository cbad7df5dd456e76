/* date_test.c -- the two ways peers write a time: date.h. */
#include <math.h>

#include "../test.h"
#include "../../src/core/date.h"

struct date_case {
    const char *text;
    double seconds;
};

TEST(http_dates)
{
    static const struct date_case cases[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},       /* the three of */
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},      /* RFC 9110     */
        {"Sun Nov  6 08:49:37 1994", 784111777},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Thu Jan  1 00:00:00 1970", 0},
        {"Wed, 31 Dec 1969 23:59:59 GMT", -1},
        {"Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
        {"Thu, 29 Feb 2024 12:00:00 GMT", 1709208000},
        {"Thu Feb 29 12:00:00 2024", 1709208000},
        {"Tue, 19 Jan 2038 03:14:08 GMT", 2147483648.0},
        {"Mon, 01 Mar 2100 00:00:00 GMT", 4107542400.0},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799.0},
        {"Thursday, 01-Jan-70 00:00:00 GMT", 0},
        {"Thursday, 01-Jan-26 00:00:00 GMT", 1767225600},
        {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},      /* leap second */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double seconds = -0.5;

        if (!CHECK(date_from_http(cases[i].text, &seconds))
            || !CHECK(seconds == cases[i].seconds))
            printf("    %s: %.17g\n", cases[i].text, seconds);
    }
}

TEST(no_http_dates)
{
    static const char *const cases[] = {
        "", ",", "120", "now", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 08:49",
        "Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, 32 Jan 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Wed, 31 Apr 2024 00:00:00 GMT", "Thu, 30 Feb 2024 00:00:00 GMT",
        "Wed, 29 Feb 2023 00:00:00 GMT", "Mon, 29 Feb 2100 00:00:00 GMT",
        "Sun, 06 Nov 1994 08:49:37 PST", "Sun, 06 Nov 1994 08:49:37 +0200",
        "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT+1",
        "Sun Nov  6 08:49:37", "Sun Nov  6 08:49:37 1994 +02",
        "1994-11-06T08:49:37Z"
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double seconds;

        if (!CHECK(!date_from_http(cases[i], &seconds)))
            printf("    %s\n", cases[i]);
    }
}

static bool read_rfc3339(const char *text, double *seconds)
{
    return date_from_rfc3339(text, strlen(text), seconds);
}

TEST(rfc3339_times)
{
    static const struct date_case cases[] = {
        {"1970-01-01T00:00:00Z", 0}, {"1969-12-31T23:59:59Z", -1},
        {"2015-12-23T01:05:40Z", 1450832740},
        {"2015-12-23t01:05:40z", 1450832740},
        {"2015-12-23 01:05:40Z", 1450832740},
        {"2015-12-23T01:05:40+00:00", 1450832740},
        {"2015-12-23T01:05:40-00:00", 1450832740},
        {"2015-12-23T03:05:40+02:00", 1450832740},
        {"2015-12-22T16:05:40-09:00", 1450832740},
        {"2015-12-23T06:35:40+05:30", 1450832740},
        {"2015-12-24T01:04:40+23:59", 1450832740},
        {"2015-12-23T01:05:40.5Z", 1450832740.5},
        {"2015-12-23T01:05:40.25+00:00", 1450832740.25},
        {"2015-12-23T01:05:40.56937184Z", 1450832740.56937184},
        {"2015-12-23T01:05:40.000000000Z", 1450832740},
        {"2015-12-23T01:05:40.12345678901234567890Z",
         1450832740.1234567890},
        {"1985-04-12T23:20:50.52Z", 482196050.52},
        {"1996-12-19T16:39:57-08:00", 851042397},
        {"1990-12-31T23:59:60Z", 662688000},
        {"1990-12-31T15:59:60-08:00", 662688000},
        {"2000-02-29T00:00:00Z", 951782400},
        {"2038-01-19T03:14:08Z", 2147483648.0},
        {"2100-03-01T00:00:00Z", 4107542400.0},
        {"9999-12-31T23:59:59Z", 253402300799.0},
        {"1900-03-01T00:00:00Z", -2203891200.0},
        {"0001-01-01T00:00:00Z", -62135596800.0}    /* Docker's "never" */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double seconds = -0.5;

        if (!CHECK(read_rfc3339(cases[i].text, &seconds))
            || !CHECK(fabs(seconds - cases[i].seconds) < 1e-6))
            printf("    %s: %.17g\n", cases[i].text, seconds);
    }
}

TEST(no_rfc3339_times)
{
    static const char *const cases[] = {
        "", "2015", "2015-12-23", "2015-12-23T01:05:40", "T01:05:40Z",
        "2015-12-23T01:05Z", "2015-12-23T01:05:40.Z", "2015-12-23T01:05:40.",
        "2015-12-23T01:05:40,5Z", "2015-12-23T01:05:40ZZ",
        "2015-12-23T01:05:40Z ", " 2015-12-23T01:05:40Z",
        "2015-12-23T01:05:40+0200", "2015-12-23T01:05:40+02",
        "2015-12-23T01:05:40+2:00", "2015-12-23T01:05:40+24:00",
        "2015-12-23T01:05:40+02:60", "2015-12-23T01:05:40+02:00Z",
        "2015-13-23T01:05:40Z", "2015-00-23T01:05:40Z",
        "2015-12-32T01:05:40Z", "2015-12-00T01:05:40Z",
        "2015-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
        "2024-02-30T00:00:00Z", "2015-04-31T00:00:00Z",
        "2015-12-23T24:00:00Z", "2015-12-23T01:60:40Z",
        "2015-12-23T01:05:61Z", "2015-12-23X01:05:40Z",
        "2015/12/23T01:05:40Z", "15-12-23T01:05:40Z",
        "20151223T010540Z", "-015-12-23T01:05:40Z", "2015-12-23T01:05:-4Z",
        "2015-12-23T+1:05:40Z", "2015-1-23T01:05:40Z", "\xe2\x91\xa0"
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double seconds;

        if (!CHECK(!read_rfc3339(cases[i], &seconds)))
            printf("    %s\n", cases[i]);
    }
}

TEST(length_is_the_end)
{
    double seconds;

    CHECK(date_from_rfc3339("2015-12-23T01:05:40Z\", ...", 20, &seconds));
    CHECK(seconds == 1450832740);
    for (size_t cut = 0; cut < 20; cut++)
        CHECK(!date_from_rfc3339("2015-12-23T01:05:40Z", cut, &seconds));
    CHECK(!date_from_rfc3339("2015-12-23T01:05:40\0", 20, &seconds));
}

/* Both forms, day by day over 400 years, against plain counting. */
TEST(every_day_of_the_calendar)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
                                  31};
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    double expected = 0, seconds;
    char text[40];
    int wrong = 0;

    for (int year = 1970; year < 2370; year++)
        for (int month = 0; month < 12; month++) {
            bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            int days = lengths[month] + (month == 1 && leap);

            for (int day = 1; day <= days; day++, expected += 86400) {
                snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year,
                         month + 1, day);
                wrong += !read_rfc3339(text, &seconds) || seconds != expected;
                snprintf(text, sizeof text, "Day, %02d %.3s %d 00:00:00 GMT",
                         day, names + 3 * month, year);
                wrong += !date_from_http(text, &seconds)
                    || seconds != expected;
            }
        }
    CHECK(wrong == 0);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"http_dates", test_http_dates},
        {"no_http_dates", test_no_http_dates},
        {"rfc3339_times", test_rfc3339_times},
        {"no_rfc3339_times", test_no_rfc3339_times},
        {"length_is_the_end", test_length_is_the_end},
        {"every_day_of_the_calendar", test_every_day_of_the_calendar},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
