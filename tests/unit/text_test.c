/* text_test.c -- small questions about text: text.h. */
#include <stdint.h>

#include "../test.h"
#include "../../src/core/text.h"

TEST(letters_and_digits_are_ascii)
{
    static const char hex[] = "0123456789abcdef";
    bool ok = true;

    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        bool upper = i >= 'A' && i <= 'Z';
        const char *digit = i ? strchr(hex, upper ? i + 32 : i) : NULL;

        ok = ok && text_lower(c) == (upper ? (char)(i + 32) : c)
            && text_is_digit(c) == (i >= '0' && i <= '9')
            && text_hex_digit(c) == (digit ? (int)(digit - hex) : -1);
    }
    CHECK(ok);
}

TEST(same_nocase)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"", "", true}, {"a", "", false}, {"", "a", false},
        {"Content-Type", "content-TYPE", true}, {"abc", "abd", false},
        {"abc", "ab", false}, {"ab", "abc", false}, {"[", "{", false},
        {"@", "`", false}, {"\xc4", "\xe4", false}, {"K1", "k1", true}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!CHECK(text_same_nocase(cases[i].a, cases[i].b)
                   == cases[i].same))
            printf("    '%s' and '%s'\n", cases[i].a, cases[i].b);
}

TEST(starts_with)
{
    CHECK(text_starts_with("unix:///x", "unix://"));
    CHECK(text_starts_with("unix", ""));
    CHECK(text_starts_with("", ""));
    CHECK(!text_starts_with("uni", "unix"));
    CHECK(!text_starts_with("Unix://", "unix://"));
}

TEST(nearest_is_the_name_that_was_meant)
{
    static const char *const known[] = {
        "timeout", "retries", "endpoint", "host", "port", "secure",
        "cert_file", "key_file", "ca_cert", NULL
    };
    static const struct {
        const char *word, *meant;
    } cases[] = {
        {"timeuot", "timeout"}, {"timeot", "timeout"}, {"tiemout", "timeout"},
        {"retry", NULL}, {"retrys", "retries"}, {"hots", "host"},
        {"prot", "port"}, {"endpiont", "endpoint"}, {"cacert", "ca_cert"},
        {"keyfile", "key_file"}, {"certfile", "cert_file"},
        {"color", NULL}, {"x", NULL}, {"port", "port"},
        {"a_word_that_is_far_longer_than_any_option_is_or_ever_will_be", NULL}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct nearest n;

        nearest_start(&n, cases[i].word);
        for (size_t k = 0; known[k]; k++)
            nearest_offer(&n, known[k]);
        if (!CHECK_TEXT(n.best, cases[i].meant))
            printf("    for '%s'\n", cases[i].word);
    }
}

/* --- UTF-8 --------------------------------------------------------------- */

static size_t encode(unsigned code, char *to)
{
    unsigned char *s = (unsigned char *)to;

    if (code < 0x80) {
        s[0] = (unsigned char)code;
        return 1;
    }
    if (code < 0x800) {
        s[0] = (unsigned char)(0xc0 + code / 64);
        s[1] = (unsigned char)(0x80 + code % 64);
        return 2;
    }
    if (code < 0x10000) {
        s[0] = (unsigned char)(0xe0 + code / 4096);
        s[1] = (unsigned char)(0x80 + code / 64 % 64);
        s[2] = (unsigned char)(0x80 + code % 64);
        return 3;
    }
    s[0] = (unsigned char)(0xf0 + code / 262144);
    s[1] = (unsigned char)(0x80 + code / 4096 % 64);
    s[2] = (unsigned char)(0x80 + code / 64 % 64);
    s[3] = (unsigned char)(0x80 + code % 64);
    return 4;
}

TEST(every_code_point_but_surrogates)
{
    size_t wrong = 0;

    for (unsigned code = 0; code < 0x120000; code++) {
        bool valid = code < 0x110000 && (code < 0xd800 || code > 0xdfff);
        char s[4];
        size_t n = encode(code, s);

        wrong += text_valid_utf8(s, n) != (valid ? n : 0);
        for (size_t cut = 1; cut < n; cut++)
            wrong += text_valid_utf8(s, cut) != 0;
    }
    CHECK(wrong == 0);
}

/* The number of three-byte texts that are valid UTF-8 follows from how many
 * sequences of each length there are. */
TEST(every_text_of_three_bytes)
{
    const size_t one = 128, two = 0x800 - 0x80, three = 0xf800 - 0x800;
    size_t valid = 0;
    char s[3];

    for (unsigned code = 0; code < 1u << 24; code++) {
        s[0] = (char)(code >> 16);
        s[1] = (char)(code >> 8);
        s[2] = (char)code;
        valid += text_valid_utf8(s, 3) == 3;
    }
    CHECK(valid == one * one * one + 2 * one * two + three);
}

TEST(stops_where_it_breaks)
{
    static const struct {
        const char *s;
        size_t length, valid;
    } cases[] = {
        {"", 0, 0}, {"abc", 3, 3}, {"a\0b", 3, 3}, {"\x7f", 1, 1},
        {"\x80", 1, 0}, {"\xbf", 1, 0}, {"a\x80", 2, 1},
        {"\xc0\x80", 2, 0}, {"\xc1\xbf", 2, 0}, {"\xc2\x80", 2, 2},
        {"\xc3", 1, 0}, {"\xc3(", 2, 0}, {"\xc3\xa9\xc3", 3, 2},
        {"\xe0\x80\x80", 3, 0}, {"\xe0\x9f\xbf", 3, 0},
        {"\xe0\xa0\x80", 3, 3}, {"\xe2\x82", 2, 0}, {"\xe2\x28\xa1", 3, 0},
        {"\xe2\x82\x28", 3, 0}, {"\xed\x9f\xbf", 3, 3},
        {"\xed\xa0\x80", 3, 0}, {"\xed\xbf\xbf", 3, 0},
        {"\xee\x80\x80", 3, 3}, {"\xef\xbf\xbf", 3, 3},
        {"\xf0\x80\x80\x80", 4, 0}, {"\xf0\x8f\xbf\xbf", 4, 0},
        {"\xf0\x90\x80\x80", 4, 4}, {"\xf0\x9f\x98\x80", 4, 4},
        {"\xf0\x9f\x98", 3, 0}, {"\xf0\x9f\x98(", 4, 0},
        {"\xf4\x8f\xbf\xbf", 4, 4}, {"\xf4\x90\x80\x80", 4, 0},
        {"\xf5\x80\x80\x80", 4, 0}, {"\xf8\x88\x80\x80\x80", 5, 0},
        {"\xfc\x84\x80\x80\x80\x80", 6, 0}, {"\xfe", 1, 0}, {"\xff", 1, 0}
    };
    char s[40];

    /* ASCII in front moves the text over the word that is read at once */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t before = 0; before <= 17; before++) {
            memset(s, 'x', before);
            memcpy(s + before, cases[i].s, cases[i].length);
            if (!CHECK(text_valid_utf8(s, before + cases[i].length)
                       == before + cases[i].valid))
                printf("    row %zu behind %zu bytes\n", i, before);
        }
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"letters_and_digits_are_ascii", test_letters_and_digits_are_ascii},
        {"same_nocase", test_same_nocase},
        {"starts_with", test_starts_with},
        {"nearest_is_the_name_that_was_meant",
         test_nearest_is_the_name_that_was_meant},
        {"every_code_point_but_surrogates",
         test_every_code_point_but_surrogates},
        {"every_text_of_three_bytes", test_every_text_of_three_bytes},
        {"stops_where_it_breaks", test_stops_where_it_breaks},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
