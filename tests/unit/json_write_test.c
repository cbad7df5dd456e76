/* json_write_test.c -- the writer of json.h. */
#include <float.h>
#include <math.h>
#include <stdint.h>

#include "../test.h"
#include "../../src/core/mem.h"
#include "json_walk.h"

static bool refuse(void)
{
    return true;
}

static void name(struct json_writer *w, const char *text)
{
    json_name(w, text, strlen(text));
}

TEST(a_document)
{
    static const struct json_text raw = {"\\u0041/", 7, true};
    struct buf b = {0};
    struct json_writer w;

    json_write_start(&w, &b);
    json_open(&w, '{');
    name(&w, "Image");
    json_string(&w, "busybox:1", 9);
    name(&w, "Cmd");
    json_open(&w, '[');
    json_string(&w, "a", 1);
    json_string(&w, "", 0);
    json_open(&w, '[');
    json_close(&w, ']');
    json_open(&w, '{');
    json_close(&w, '}');
    json_integer(&w, -7);
    json_number(&w, 1.5);
    json_word(&w, "null");
    json_close(&w, ']');
    json_raw_name(&w, &raw);
    json_raw(&w, "{\"x\": 1}", 8);
    name(&w, "");
    json_word(&w, "true");
    json_close(&w, '}');
    CHECK(w.problem == NULL && w.depth == 0 && buf_ok(&b));
    CHECK_TEXT(buf_string(&b), "{\"Image\":\"busybox:1\",\"Cmd\":[\"a\",\"\","
               "[],{},-7,1.5,null],\"\\u0041/\":{\"x\": 1},\"\":true}");
    CHECK(skips(b.s, b.len) && walks(b.s, b.len));
    buf_free(&b);
}

TEST(a_value_alone)
{
    struct buf b = {0};
    struct json_writer w;

    json_write_start(&w, &b);
    json_string(&w, "alone", 5);
    CHECK_TEXT(buf_string(&b), "\"alone\"");
    buf_free(&b);
}

TEST(strings)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *text;
    } cases[] = {
        {"", 0, "\"\""}, {"a/b", 3, "\"a/b\""},
        {"\"\\\b\f\n\r\t", 7, "\"\\\"\\\\\\b\\f\\n\\r\\t\""},
        {"a\0b", 3, "\"a\\u0000b\""}, {"\x01\x1f\x7f", 3,
                                       "\"\\u0001\\u001f\\u007f\""},
        {"caf\xc3\xa9", 5, "\"caf\xc3\xa9\""},
        {"\xf0\x9f\x98\x80", 4, "\"\xf0\x9f\x98\x80\""},
        {"\xe2\x80\xa8", 3, "\"\xe2\x80\xa8\""}, {"'<&>", 4, "\"'<&>\""}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = {0};
        struct json_writer w;

        json_write_start(&w, &b);
        json_string(&w, cases[i].bytes, cases[i].length);
        CHECK_TEXT(buf_string(&b), cases[i].text);
        buf_free(&b);
    }
}

/* Every byte below 0x80, and every code point that two to four bytes tell. */
TEST(what_is_written_reads_the_same)
{
    int wrong = 0;

    for (unsigned code = 0; code < 0x110000; code += code < 0x900 ? 1 : 37) {
        char bytes[5], escaped[16], plain[16];
        struct json_text pair = {escaped, 0, true};
        struct json_value v;
        struct buf b = {0};
        struct json_writer w;
        size_t n;

        if (code >= 0xd800 && code < 0xe000)
            continue;
        if (code < 0x10000)
            snprintf(escaped, sizeof escaped, "\\u%04x", code);
        else
            snprintf(escaped, sizeof escaped, "\\u%04x\\u%04x",
                     0xd800 + ((code - 0x10000) >> 10),
                     0xdc00 + (code & 0x3ff));
        pair.length = strlen(escaped);
        n = json_unescape(&pair, bytes);
        json_write_start(&w, &b);
        json_string(&w, bytes, n);
        wrong += w.problem || !reads_scalar(b.s, b.len, &v)
            || json_unescape(&v.text, plain) != n
            || memcmp(plain, bytes, n) != 0;
        buf_free(&b);
    }
    CHECK(wrong == 0);
}

TEST(numbers)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.0, "0.0"}, {-0.0, "-0.0"}, {1.0, "1.0"}, {0.1, "0.1"},
        {-2.5, "-2.5"}, {1e22, "1e+22"}, {0x1p53, "9007199254740992.0"},
        {DBL_MAX, "1.7976931348623157e+308"}, {0x1p-1074, "5e-324"}
    };
    static const struct {
        int64_t value;
        const char *text;
    } integers[] = {
        {0, "0"}, {-1, "-1"}, {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
        {INT64_C(9007199254740993), "9007199254740993"}
    };
    struct buf b = {0};
    struct json_writer w;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&b);
        json_write_start(&w, &b);
        json_number(&w, cases[i].value);
        CHECK_TEXT(buf_string(&b), cases[i].text);
    }
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
        buf_clear(&b);
        json_write_start(&w, &b);
        json_integer(&w, integers[i].value);
        CHECK_TEXT(buf_string(&b), integers[i].text);
    }
    buf_free(&b);
}

/* A problem is told, and nothing is written from then on. */
TEST(what_has_no_form)
{
    static const double numbers[] = {INFINITY, -INFINITY, NAN};
    static const char *const strings[] = {
        "\xff", "a\x80", "\xc0\x80", "\xed\xa0\x80", "caf\xc3", "\xf5"
    };

    for (size_t i = 0; i < 9; i++) {
        struct buf b = {0};
        struct json_writer w;

        json_write_start(&w, &b);
        json_open(&w, '[');
        json_integer(&w, 1);
        if (i < 3)
            json_number(&w, numbers[i]);
        else if (i & 1)
            json_string(&w, strings[i - 3], strlen(strings[i - 3]));
        else
            json_name(&w, strings[i - 3], strlen(strings[i - 3]));
        CHECK(w.problem != NULL);
        json_integer(&w, 2);
        json_string(&w, "x", 1);
        name(&w, "x");
        json_word(&w, "true");
        json_raw(&w, "3", 1);
        json_open(&w, '[');
        json_close(&w, ']');
        CHECK(w.problem != NULL);
        CHECK_TEXT(buf_string(&b), "[1");
        buf_free(&b);
    }
}

TEST(depth)
{
    struct buf b = {0};
    struct json_writer w;

    json_write_start(&w, &b);
    for (int i = 0; i < JSON_DEPTH; i++)
        json_open(&w, '[');
    CHECK(w.problem == NULL);
    for (int i = 0; i < JSON_DEPTH; i++)
        json_close(&w, ']');
    CHECK(w.problem == NULL && skips(b.s, b.len));
    buf_clear(&b);
    json_write_start(&w, &b);
    for (int i = 0; i <= JSON_DEPTH; i++)
        json_open(&w, '[');
    CHECK(w.problem != NULL && b.len == JSON_DEPTH);
    buf_free(&b);
}

TEST(no_memory_shows_in_the_buffer)
{
    struct buf b = {0};
    struct json_writer w;

    json_write_start(&w, &b);
    mem_refuses = refuse;
    json_open(&w, '{');
    mem_refuses = NULL;
    name(&w, "a");
    json_integer(&w, 1);
    json_close(&w, '}');
    CHECK(!buf_ok(&b) && b.len == 0);
    buf_free(&b);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"a_document", test_a_document},
        {"a_value_alone", test_a_value_alone},
        {"strings", test_strings},
        {"what_is_written_reads_the_same",
         test_what_is_written_reads_the_same},
        {"numbers", test_numbers},
        {"what_has_no_form", test_what_has_no_form},
        {"depth", test_depth},
        {"no_memory_shows_in_the_buffer", test_no_memory_shows_in_the_buffer},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
