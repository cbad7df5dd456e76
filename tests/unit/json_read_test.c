/* json_read_test.c -- the reader of json.h: what it takes, what it makes of it,
 * and the steps of its cursor.  Ends of memory, depth and cut documents are in
 * json_bounds_test.c. */
#include <math.h>
#include <stdint.h>

#include "../test.h"
#include "../../src/core/json.h"
#include "json_documents.h"
#include "json_walk.h"

/* --- what is good JSON --------------------------------------------------- */

TEST(documents)
{
    for (int i = 0; i < DOCUMENTS; i++) {
        const struct document *d = &documents[i];

        if (!CHECK(skips(d->text, d->length) == d->good)
            || !CHECK(walks(d->text, d->length) == d->good))
            printf("    document %d: %s\n", i, d->text);
    }
    CHECK(DOCUMENTS >= 120);
}

/* Wherever one stands, as an element or as a member, it is the same. */
TEST(documents_inside_others)
{
    char text[200];

    for (int i = 0; i < DOCUMENTS; i++) {
        const struct document *d = &documents[i];
        size_t n = d->length;

        if (!d->good)
            continue;
        memcpy(text, "[1, ", 4);
        memcpy(text + 4, d->text, n);
        memcpy(text + 4 + n, ",\"x\"]", 5);
        CHECK(skips(text, n + 9) && walks(text, n + 9));
        memcpy(text, "{\"a\":", 5);
        memcpy(text + 5, d->text, n);
        memcpy(text + 5 + n, "}", 1);
        if (!CHECK(skips(text, n + 6) && walks(text, n + 6)))
            printf("    document %d\n", i);
    }
}

TEST(a_problem_has_words_and_a_place)
{
    static const struct {
        const char *text, *problem;
        size_t at;
    } cases[] = {
        {"", "it ends in the middle of a value", 0},
        {"[1,2", "it ends in the middle of a value", 4},
        {"[1 2]", "a ',' or ']' was expected", 3},
        {"{\"a\":1 2}", "a ',' or '}' was expected", 7},
        {"{a:1}", "a name in quotes was expected", 1},
        {"{\"a\" 1}", "a ':' was expected", 1},
        {"[x]", "a value was expected", 1},
        {"[01]", "a number starts with a needless 0", 1},
        {"[1.]", "a number lacks a digit", 1},
        {"[1e999]", "a number is too large", 6},
        {"[trie]", "an unknown word; true, false and null are known", 1},
        {"[] []", "text stands behind its end", 3},
        {"\"\\q\"", "a string holds an unknown escape", 0},
        {"\"\\u12\"", "it ends in the middle of a value", 0},
        {"\"\\u12.4\"", "\\u needs four hexadecimal digits", 0},
        {"\"\n\"", "a string holds a bare control character", 0},
        {"\"\xff\"", "a string is not valid UTF-8", 0}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json j;

        json_start(&j, cases[i].text, strlen(cases[i].text));
        CHECK(!walk(&j) || !json_finish(&j));
        if (!CHECK_TEXT(j.problem, cases[i].problem)
            || !CHECK((size_t)(j.at - j.start) == cases[i].at))
            printf("    %s at %d\n", cases[i].text, (int)(j.at - j.start));
    }
}

/* --- values -------------------------------------------------------------- */

TEST(numbers)
{
    static const struct {
        const char *text;
        enum json_type type;
        int64_t integer;
        double number;
    } cases[] = {
        {"0", JSON_INTEGER, 0, 0}, {"7", JSON_INTEGER, 7, 7},
        {"-7", JSON_INTEGER, -7, -7}, {"-0", JSON_NUMBER, 0, -0.0},
        {"0.0", JSON_NUMBER, 0, 0}, {"-0.0", JSON_NUMBER, 0, -0.0},
        {"1.0", JSON_NUMBER, 0, 1}, {"1e3", JSON_NUMBER, 0, 1000},
        {"1E-2", JSON_NUMBER, 0, 0.01}, {"-2.5", JSON_NUMBER, 0, -2.5},
        {"9007199254740993", JSON_INTEGER, INT64_C(9007199254740993),
         0x1p53},
        {"9223372036854775806", JSON_INTEGER, INT64_MAX - 1, 0x1p63},
        {"9223372036854775807", JSON_INTEGER, INT64_MAX, 0x1p63},
        {"9223372036854775808", JSON_NUMBER, 0, 0x1p63},
        {"18446744073709551615", JSON_NUMBER, 0, 0x1p64},
        {"-9223372036854775807", JSON_INTEGER, -INT64_MAX, -0x1p63},
        {"-9223372036854775808", JSON_INTEGER, INT64_MIN, -0x1p63},
        {"-9223372036854775809", JSON_NUMBER, 0, -0x1p63},
        {"1000000000000000000000", JSON_NUMBER, 0, 1e21},
        {"1e-400", JSON_NUMBER, 0, 0}, {"4.9e-324", JSON_NUMBER, 0, 0x1p-1074}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_value v;
        struct json j;
        bool ok;

        json_start(&j, cases[i].text, strlen(cases[i].text));
        CHECK(json_peek(&j) == JSON_NUMBER);
        ok = json_scalar(&j, &v) && json_finish(&j) && v.type == cases[i].type
            && v.number == cases[i].number
            && signbit(v.number) == signbit(cases[i].number)
            && (v.type != JSON_INTEGER || v.integer == cases[i].integer)
            && v.s == cases[i].text && v.length == strlen(cases[i].text);
        if (!CHECK(ok))
            printf("    %s: %d %a\n", cases[i].text, (int)v.type, v.number);
    }
}

TEST(strings)
{
    static const struct {
        const char *text, *bytes;
        size_t length;
    } cases[] = {
        {"\"\"", "", 0}, {"\"abc\"", "abc", 3}, {"\"a b\"", "a b", 3},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
        {"\"\\u0041\\u00e9\\u20ac\"", "A\xc3\xa9\xe2\x82\xac", 6},
        {"\"a\\u0000b\"", "a\0b", 3}, {"\"\\u0000\"", "\0", 1},
        {"\"\\u007f\\u0080\\u07ff\\u0800\\uFFFF\"",
         "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", 11},
        {"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", 4},
        {"\"\\uD800\\uDC00\\uDBFF\\uDFFF\"",
         "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8},
        /* halves of pairs: U+FFFD */
        {"\"\\ud800\"", "\xef\xbf\xbd", 3}, {"\"\\udfff\"", "\xef\xbf\xbd", 3},
        {"\"\\ud800x\"", "\xef\xbf\xbdx", 4},
        {"\"\\ud800\\n\"", "\xef\xbf\xbd\n", 4},
        {"\"\\ud800\\u0041\"", "\xef\xbf\xbd" "A", 4},
        {"\"\\ud800\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80", 7},
        {"\"\\ude00\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd", 6},
        {"\"\\ud83d\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd", 6},
        {"\"\\\\ud83d\"", "\\ud83d", 6}, {"\"\\u005cn\"", "\\n", 2},
        {"\"\x7f\"", "\x7f", 1}, {"\"caf\xc3\xa9\"", "caf\xc3\xa9", 5}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_value v;
        struct json j;
        char to[100];
        size_t n;

        json_start(&j, cases[i].text, strlen(cases[i].text));
        CHECK(json_peek(&j) == JSON_STRING && json_scalar(&j, &v));
        CHECK(v.type == JSON_STRING && json_finish(&j));
        CHECK(v.text.escaped == (strchr(cases[i].text, '\\') != NULL));
        n = json_unescape(&v.text, to);
        if (!CHECK(n == cases[i].length && n <= v.text.length
                   && memcmp(to, cases[i].bytes, n) == 0))
            printf("    %s\n", cases[i].text);
    }
}

/* A special byte at each place of the words that are read at once. */
TEST(strings_of_every_length)
{
    static const char *const specials[] = {
        "\\n", "\\u20ac", "\xc3\xa9", "\xf0\x9f\x98\x80", "\x7f"
    };
    char text[80], to[80];
    int wrong = 0;

    for (size_t before = 0; before < 20; before++)
        for (size_t after = 0; after < 20; after++)
            for (size_t k = 0; k < 5; k++) {
                size_t n = strlen(specials[k]);
                struct json_text read;
                struct json_value v;

                memset(text, 'x', sizeof text);
                text[0] = '"';
                memcpy(text + 1 + before, specials[k], n);
                text[1 + before + n + after] = '"';
                wrong += !reads_scalar(text, before + n + after + 2, &v);
                read = v.text;
                wrong += read.length != before + n + after;
                wrong += json_unescape(&read, to) < before + after + 1;
                text[1 + before] = '\x1f';
                wrong += reads_scalar(text, before + n + after + 2, &v);
            }
    CHECK(wrong == 0);
}

TEST(words)
{
    struct json_value v;

    CHECK(reads_scalar(" true ", 6, &v) && v.type == JSON_BOOLEAN
          && v.integer == 1 && v.length == 4);
    CHECK(reads_scalar("false", 5, &v) && v.type == JSON_BOOLEAN
          && v.integer == 0);
    CHECK(reads_scalar("null", 4, &v) && v.type == JSON_NULL);
}

TEST(names_are_compared_by_what_they_mean)
{
    static const struct {
        const char *text, *word;
        bool same;
    } cases[] = {
        {"Id", "Id", true}, {"Id", "I", false}, {"I", "Id", false},
        {"Id", "id", false}, {"", "", true}, {"", "a", false},
        {"\\u0049d", "Id", true}, {"I\\u0064", "Id", true},
        {"\\u0049d", "\\u0049d", false}, {"a\\/b", "a/b", true},
        {"\\u0049", "Id", false}, {"Id\\u0000", "Id", false}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_text text = {
            .s = cases[i].text, .length = strlen(cases[i].text),
            .escaped = strchr(cases[i].text, '\\') != NULL
        };

        if (!CHECK(json_text_is(&text, cases[i].word) == cases[i].same))
            printf("    %s, %s\n", cases[i].text, cases[i].word);
    }
}

/* --- the cursor ---------------------------------------------------------- */

TEST(steps_through_a_document)
{
    static const char text[] =
        " {\"a\" : [1, {\"b\": null}, []], \"c\":\"x\", \"d\":{}} ";
    struct json_text name;
    struct json_value v;
    struct json j;

    json_start(&j, text, sizeof text - 1);
    CHECK(json_peek(&j) == JSON_OBJECT && json_peek(&j) == JSON_OBJECT);
    CHECK(json_enter(&j));
    CHECK(json_key(&j, &name) && json_text_is(&name, "a"));
    CHECK(json_peek(&j) == JSON_ARRAY && json_enter(&j));
    CHECK(json_more(&j) && json_scalar(&j, &v) && v.integer == 1);
    CHECK(json_more(&j) && json_enter(&j));
    CHECK(json_key(&j, &name) && json_text_is(&name, "b"));
    CHECK(json_peek(&j) == JSON_NULL && json_scalar(&j, &v));
    CHECK(!json_key(&j, &name));
    CHECK(json_more(&j) && json_enter(&j) && !json_more(&j));
    CHECK(!json_more(&j));
    CHECK(json_key(&j, &name) && json_text_is(&name, "c"));
    CHECK(json_skip(&j));
    CHECK(json_key(&j, &name) && json_text_is(&name, "d"));
    CHECK(json_enter(&j) && !json_key(&j, &name));
    CHECK(!json_key(&j, &name));
    CHECK(json_finish(&j) && j.problem == NULL && j.depth == 0);
}

TEST(what_is_skipped_is_checked)
{
    static const char *const bad[] = {
        "{\"a\":[1,{\"b\":tru}],\"c\":1}", "{\"a\":[\"\xff\"],\"c\":1}",
        "{\"a\":[1e999],\"c\":1}", "{\"a\":{\"b\":[1,]},\"c\":1}",
        "{\"a\":\"\\q\",\"c\":1}"
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct json_text name;
        struct json j;

        json_start(&j, bad[i], strlen(bad[i]));
        CHECK(json_enter(&j) && json_key(&j, &name));
        CHECK(!json_skip(&j) && j.problem != NULL);
    }
}

/* After a failure every step fails, and the first problem stays. */
TEST(a_failure_is_final)
{
    struct json_text name;
    struct json_value v;
    const char *problem;
    struct json j;

    json_start(&j, "[1,x,2]", 7);
    CHECK(json_enter(&j) && json_more(&j) && json_skip(&j));
    CHECK(!json_more(&j));
    problem = j.problem;
    CHECK(problem != NULL && json_peek(&j) == JSON_BROKEN);
    CHECK(!json_more(&j) && !json_key(&j, &name) && !json_scalar(&j, &v)
          && !json_skip(&j) && !json_enter(&j) && !json_finish(&j));
    CHECK(j.problem == problem);
}

TEST(a_step_that_does_not_fit)
{
    struct json_value v;
    struct json j;

    json_start(&j, "[1]", 3);
    CHECK(!json_scalar(&j, &v) && j.problem);
    json_start(&j, "1", 1);
    CHECK(!json_enter(&j) && j.problem);
    json_start(&j, "1 ", 2);
    CHECK(json_skip(&j) && !json_skip(&j) && j.problem);
}

TEST(finding_one_value)
{
    static const struct {
        const char *text, *path, *value;        /* as written; NULL: none */
    } cases[] = {
        {"{\"a\":1}", "a", "1"}, {"{\"a\":1}", "b", NULL},
        {"{\"a\":null}", "a", NULL}, {"{\"a\":[]}", "a", NULL},
        {"{\"a\":{}}", "a", NULL}, {"{}", "a", NULL}, {"[]", "a", NULL},
        {"1", "a", NULL}, {"\"a\"", "a", NULL}, {"", "a", NULL},
        {"true", "", "true"}, {"{}", "", NULL}, {"null", "", NULL},
        {"{\"message\":\"no such thing\"}", "message", "\"no such thing\""},
        {"{\"x\":[{\"a\":1}],\"a\":2}", "a", "2"},
        {"{\"e\":{\"m\":\"x\",\"c\":7}}", "e.c", "7"},
        {"{\"e\":{\"m\":{\"c\":7}}}", "e.m.c", "7"},
        {"{\"e\":{\"m\":1}}", "e.c", NULL}, {"{\"e\":1}", "e.c", NULL},
        {"{\"e\":[1]}", "e.c", NULL}, {"{\"e.c\":1}", "e.c", NULL},
        {"{\"ab\":1,\"a\":2}", "a", "2"}, {"{\"a\":1,\"ab\":2}", "ab", "2"},
        {"{\"A\":1}", "a", NULL}, {"{\"\\u0061\":1}", "a", "1"},
        {"{\"a\":1,\"a\":2}", "a", "2"},            /* the last one wins */
        {"{\"e\":{\"m\":1},\"e\":{\"m\":2}}", "e.m", "2"},
        {"{\"a\":\"\xff\"}", "a", NULL}, {"{\"b\":tru,\"a\":1}", "a", NULL},
        /* an error's text whose end was cut off still tells what it is */
        {"{\"message\":\"full\",\"detail\":\"it has no en", "message",
         "\"full\""},
        {"{\"message\":\"ful", "message", NULL}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *value = cases[i].value;
        struct json_value v = {0};
        bool found = json_find(cases[i].text, strlen(cases[i].text),
                               cases[i].path, &v);

        if (!CHECK(found == (value != NULL))
            || !CHECK(!found || (v.length == strlen(value)
                                 && memcmp(v.s, value, v.length) == 0)))
            printf("    %s in %s\n", cases[i].path, cases[i].text);
    }
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"documents", test_documents},
        {"documents_inside_others", test_documents_inside_others},
        {"a_problem_has_words_and_a_place",
         test_a_problem_has_words_and_a_place},
        {"numbers", test_numbers},
        {"strings", test_strings},
        {"strings_of_every_length", test_strings_of_every_length},
        {"words", test_words},
        {"names_are_compared_by_what_they_mean",
         test_names_are_compared_by_what_they_mean},
        {"steps_through_a_document", test_steps_through_a_document},
        {"what_is_skipped_is_checked", test_what_is_skipped_is_checked},
        {"a_failure_is_final", test_a_failure_is_final},
        {"a_step_that_does_not_fit", test_a_step_that_does_not_fit},
        {"finding_one_value", test_finding_one_value},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
