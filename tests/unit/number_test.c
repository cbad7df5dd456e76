/* number_test.c -- numbers as JSON writes them: number.h. */
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "../test.h"
#include "../../src/core/mem.h"
#include "../../src/core/number.h"

static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint64_t random_bits(void)               /* xorshift64 */
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static double double_of(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* --- integers ------------------------------------------------------------ */

TEST(integers)
{
    static const struct {
        const char *text;
        bool fits;
        int64_t value;
    } cases[] = {
        {"0", true, 0}, {"-0", true, 0}, {"7", true, 7}, {"-7", true, -7},
        {"9007199254740993", true, INT64_C(9007199254740993)},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0}, {"9223372036854775817", false, 0},
        {"-9223372036854775807", true, -INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775809", false, 0},
        {"18446744073709551615", false, 0}, {"18446744073709551616", false, 0},
        {"18446744073709551617", false, 0},
        {"99999999999999999999999999", false, 0},
        {"", false, 0}, {"-", false, 0}, {"+1", false, 0}, {"1x", false, 0},
        {"1.0", false, 0}, {"1e3", false, 0}, {" 1", false, 0},
        {"1 ", false, 0}, {"--1", false, 0}, {"\xb2", false, 0}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = 42;
        bool fits = number_to_int64(cases[i].text, strlen(cases[i].text),
                                    &value);

        if (!CHECK(fits == cases[i].fits)
            || !CHECK(!fits || value == cases[i].value))
            printf("    '%s'\n", cases[i].text);
    }
}

TEST(integers_of_all_sizes)
{
    int wrong = 0;

    for (int i = 0; i < 200000; i++) {
        int64_t value = (int64_t)(random_bits() >> i % 64), read = 0;
        char text[32];
        int n;

        value = i & 1 ? value : -(value / 2);
        n = snprintf(text, sizeof text, "%" PRId64 "x", value) - 1;
        wrong += !number_to_int64(text, (size_t)n, &read) || read != value;
    }
    CHECK(wrong == 0);
}

/* --- text to double ------------------------------------------------------ */

TEST(doubles)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0.0}, {"-0", -0.0}, {"0.0", 0.0}, {"-0.0", -0.0},
        {"0e0", 0.0}, {"0e999999999999", 0.0}, {"1", 1.0}, {"-1.5", -1.5},
        {"1.5e3", 1500.0}, {"1E+2", 100.0}, {"1e-2", 0.01}, {"0.1", 0.1},
        {"123456789012345678", 123456789012345678.0},
        {"9007199254740992", 0x1p53}, {"9007199254740993", 0x1p53},
        {"9007199254740993.0000000000000000000001", 9007199254740994.0},
        {"9007199254740994", 9007199254740994.0},
        {"9007199254740995", 9007199254740996.0},
        {"9223372036854775808", 0x1p63}, {"18446744073709551615", 0x1p64},
        {"18446744073709551617", 0x1p64}, {"0.18446744073709551617",
                                           0.18446744073709551617},
        {"18446744073709551.617", 18446744073709552.0},
        {"1e22", 1e22}, {"1e23", 1e23}, {"8.5e22", 8.5e22},
        {"1e-22", 1e-22}, {"1e-23", 1e-23}, {"3e22", 3e22},
        {"9007199254740991e22", 9007199254740991e22},
        {"9007199254740991e-22", 9007199254740991e-22},
        {"0.000000000000000000000000000000000000001", 1e-39},
        {"100000000000000000000000000000000000000000", 1e41},
        {"6929495644600919.5", 6929495644600920.0},
        {"2.2250738585072011e-308", 0x0.fffffffffffffp-1022},
        {"2.2250738585072012e-308", 0x1p-1022},
        {"2.2250738585072014e-308", 0x1p-1022},
        {"4.9e-324", 0x1p-1074}, {"2.4703282292062328e-324", 0x1p-1074},
        {"2.4703282292062327e-324", 0.0}, {"1e-400", 0.0}, {"-1e-400", -0.0},
        {"1e-99999999999999999999", 0.0},
        {"1.7976931348623157e308", 0x1.fffffffffffffp1023},
        {"1.7976931348623158e308", 0x1.fffffffffffffp1023},
        {"1.7976931348623159e308", INFINITY}, {"1e309", INFINITY},
        {"-1e309", -INFINITY}, {"1e99999999999999999999", INFINITY},
        {"1e+1000", INFINITY}, {"0.1e309", 1e308}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = number_to_double(cases[i].text, strlen(cases[i].text));

        if (!CHECK(same_bits(value, cases[i].value)))
            printf("    %s: %a\n", cases[i].text, value);
    }
}

TEST(the_length_is_the_end)
{
    CHECK(number_to_double("12345", 3) == 123.0);
    CHECK(number_to_double("1.5e10", 3) == 1.5);
    CHECK(number_to_double("0.12345678901234567890123", 5) == 0.123);
    CHECK(number_to_double("1e300000", 5) == 1e300);
}

TEST(very_many_digits)
{
    static char text[3000];

    memset(text, '0', sizeof text);
    text[0] = '1';
    text[1] = '.';
    text[2999] = '1';
    CHECK(number_to_double(text, 3000) == 1.0);
    memset(text, '9', 300);
    CHECK(number_to_double(text, 300) == 1e300);
    memset(text, '9', 400);
    CHECK(number_to_double(text, 309) == INFINITY);
    CHECK(number_to_double(text, 400) == INFINITY);
}

static bool refuse(void)
{
    return true;
}

TEST(digits_without_memory_are_infinite)
{
    static char text[500];
    double value;

    memset(text, '1', sizeof text);
    text[1] = '.';
    mem_refuses = refuse;
    value = number_to_double(text, sizeof text);
    mem_refuses = NULL;
    CHECK(isinf(value));
}

/* --- double to text ------------------------------------------------------ */

TEST(texts)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.0, "0.0"}, {-0.0, "-0.0"}, {1.0, "1.0"}, {-1.0, "-1.0"},
        {100.0, "100.0"}, {0.1, "0.1"}, {0.3, "0.3"}, {0.1 + 0.2,
                                                    "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"}, {123456789.0, "123456789.0"},
        {1e22, "1e+22"}, {1e23, "1e+23"}, {1e300, "1e+300"},
        {1e-7, "1e-07"}, {1.5e-10, "1.5e-10"}, {0x1p53, "9007199254740992.0"},
        {5e-324, "5e-324"}, {0x1p-1073, "1e-323"}, {2e-323, "2e-323"},
        {0x1p-1022, "2.2250738585072014e-308"},
        {0x1.fffffffffffffp1023, "1.7976931348623157e+308"}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[NUMBER_ROOM];
        size_t n = number_from_double(cases[i].value, text);

        CHECK_TEXT(text, cases[i].text);
        CHECK(n == strlen(text));
    }
}

/* Reads back the same, has a '.' or an exponent, and no text of fewer digits
 * would do. */
static bool is_shortest(double value)
{
    char text[NUMBER_ROOM], shorter[400];
    size_t n = number_from_double(value, text), first, digits;
    const char *end;

    if (n != strlen(text) || n >= NUMBER_ROOM || !strpbrk(text, ".e")
        || !same_bits(number_to_double(text, n), value))
        return false;
    first = strcspn(text, "123456789");
    end = text + strcspn(text, "e");
    if (end - text > 2 && memcmp(end - 2, ".0", 2) == 0)
        end -= 2;
    while (end > text + first && end[-1] == '0')
        end--;
    digits = (size_t)(end - text) - first
        - (memchr(text + first, '.', (size_t)(end - text) - first) != NULL);
    if (digits <= 1)
        return true;
    snprintf(shorter, sizeof shorter, "%.*g", (int)digits - 1, value);
    return strtod(shorter, NULL) != value;
}

TEST(shortest_round_trip)
{
    int wrong = 0;

    for (int i = 0; i < 200000; i++) {
        double value = double_of(random_bits());

        wrong += isfinite(value) && !is_shortest(value);
    }
    for (int i = -1074; i < 1024; i++)                  /* powers of two */
        wrong += !is_shortest(ldexp(1, i)) || !is_shortest(-ldexp(1, i));
    for (int i = -323; i < 309; i++) {                  /* powers of ten */
        char text[16];

        snprintf(text, sizeof text, "1e%d", i);
        wrong += !is_shortest(strtod(text, NULL));
    }
    for (int i = 0; i < 20000; i++) {                   /* denormals */
        uint64_t bits = random_bits() >> (12 + i % 52);

        wrong += bits && !is_shortest(double_of(bits));
    }
    for (int i = 0; i < 20000; i++)                     /* short decimals */
        wrong += !is_shortest((double)(random_bits() % 1000000) / 1000);
    CHECK(wrong == 0);
}

TEST(every_written_double_is_read)
{
    int wrong = 0;

    for (int i = 0; i < 200000; i++) {
        double value = double_of(random_bits());
        char text[64];
        int n = snprintf(text, sizeof text, i & 1 ? "%.17g" : "%.25e", value);

        wrong += isfinite(value)
            && !same_bits(number_to_double(text, (size_t)n), value);
    }
    CHECK(wrong == 0);
}

/* --- a host with a decimal comma ----------------------------------------- */

static bool use_comma(void)
{
    static const char *const names[] = {
        "de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "fr_FR",
        "nl_NL.UTF-8", "ru_RU.UTF-8", "pt_BR.UTF-8", "es_ES.UTF-8", NULL
    };

    for (int i = 0; names[i]; i++)
        if (setlocale(LC_ALL, names[i])
            && strcmp(localeconv()->decimal_point, ",") == 0)
            return true;
    setlocale(LC_ALL, "C");
    return false;
}

TEST(whatever_the_locale)
{
    char text[NUMBER_ROOM];
    double slow;

    if (!use_comma())
        SKIP("this machine has no locale with a decimal comma");
    CHECK(number_to_double("1.5", 3) == 1.5);
    slow = number_to_double("0.30000000000000004", 19);
    number_from_double(0.1 + 0.2, text);
    CHECK(strcmp(localeconv()->decimal_point, ",") == 0);
    setlocale(LC_ALL, "C");
    CHECK(slow == 0.1 + 0.2);
    CHECK_TEXT(text, "0.30000000000000004");
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"integers", test_integers},
        {"integers_of_all_sizes", test_integers_of_all_sizes},
        {"doubles", test_doubles},
        {"the_length_is_the_end", test_the_length_is_the_end},
        {"very_many_digits", test_very_many_digits},
        {"digits_without_memory_are_infinite",
         test_digits_without_memory_are_infinite},
        {"texts", test_texts},
        {"shortest_round_trip", test_shortest_round_trip},
        {"every_written_double_is_read", test_every_written_double_is_read},
        {"whatever_the_locale", test_whatever_the_locale},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
