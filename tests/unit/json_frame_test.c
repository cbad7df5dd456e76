/* json_frame_test.c -- values cut out of a stream: the framer of json.h. */
#include "../test.h"
#include "../../src/core/json.h"
#include "../../src/core/mem.h"

struct values {
    struct buf text;                /* "value|value|" */
    int left;                       /* the callback stops at 0; -1: never */
};

static bool collect(void *context, const char *value, size_t length)
{
    struct values *to = context;

    if (to->left >= 0 && to->left-- == 0)
        return false;
    buf_add(&to->text, value, length);
    buf_char(&to->text, '|');
    return true;
}

/* The values of a stream that comes in pieces which end at two places; with a
 * '!' where the framer refused, with a '?' where the end was in the middle. */
static const char *framed(const char *stream, size_t length, size_t first,
                          size_t second, size_t ceiling, struct values *to)
{
    struct json_framer f = {.ceiling = ceiling};
    bool ok;

    to->left = -1;
    buf_clear(&to->text);
    ok = json_frame(&f, stream, first, collect, to)
        && json_frame(&f, stream + first, second - first, collect, to)
        && json_frame(&f, stream + second, length - second, collect, to);
    if (!ok)
        buf_char(&to->text, '!');
    else if (!json_frame_end(&f, collect, to))
        buf_char(&to->text, '?');
    json_framer_free(&f);
    return buf_string(&to->text);
}

static const char *framed_bytewise(const char *stream, size_t length,
                                   size_t ceiling, struct values *to)
{
    struct json_framer f = {.ceiling = ceiling};
    bool ok = true;

    to->left = -1;
    buf_clear(&to->text);
    for (size_t i = 0; ok && i < length; i++)
        ok = json_frame(&f, stream + i, 1, collect, to)
            && json_frame(&f, "", 0, collect, to);
    if (!ok)
        buf_char(&to->text, '!');
    else if (!json_frame_end(&f, collect, to))
        buf_char(&to->text, '?');
    json_framer_free(&f);
    return buf_string(&to->text);
}

static const struct {
    const char *stream, *values;
    size_t ceiling;
} streams[] = {
    {"", "", 0}, {" \r\n\t ", "", 0},
    {"{}", "{}|", 0}, {"{}{}", "{}|{}|", 0}, {"{} {}\n[]\r\n", "{}|{}|[]|", 0},
    {"[][[]][{}]", "[]|[[]]|[{}]|", 0}, {"{\"a\": {}}[1]", "{\"a\": {}}|[1]|",
                                         0},
    {"{\"a\":\"}\"}{\"b\":\"{\"}", "{\"a\":\"}\"}|{\"b\":\"{\"}|", 0},
    {"[\"]\"][\"[\"]", "[\"]\"]|[\"[\"]|", 0},
    {"[\"\\\"]\"]{}", "[\"\\\"]\"]|{}|", 0}, {"[\"\\\\\"]{}", "[\"\\\\\"]|{}|",
                                              0},
    {"[\"\\\\\\\"]\"]{}", "[\"\\\\\\\"]\"]|{}|", 0},
    {"[\"\\u005d\"][]", "[\"\\u005d\"]|[]|", 0},
    {"\"a\"\"b\"", "\"a\"|\"b\"|", 0}, {"\"a b\" \"\"", "\"a b\"|\"\"|", 0},
    {"1 2", "1|2|", 0}, {"1\n-2.5e3\n", "1|-2.5e3|", 0}, {"12", "12|", 0},
    {"true false null", "true|false|null|", 0},
    {"1{}", "1|{}|", 0}, {"1[]", "1|[]|", 0}, {"1\"a\"", "1|\"a\"|", 0},
    {"{}1", "{}|1|", 0}, {"\"a\"1", "\"a\"|1|", 0}, {"true[1]null{}",
                                                     "true|[1]|null|{}|", 0},
    {"{\n \"a\" : [ 1 , 2 ]\n}\n{}", "{\n \"a\" : [ 1 , 2 ]\n}|{}|", 0},
    {"{\"a\":\"caf\xc3\xa9\"}[]", "{\"a\":\"caf\xc3\xa9\"}|[]|", 0},

    /* the end in the middle */
    {"{", "?", 0}, {"{}[", "{}|?", 0}, {"{\"a\":1", "?", 0}, {"\"a", "?", 0},
    {"[\"]", "?", 0}, {"\"a\\\"", "?", 0}, {"[1,2] [1,", "[1,2]|?", 0},

    /* what is no JSON is cut somewhere; the reader refuses it */
    {"{]}", "{]|}|", 0}, {"}", "}|", 0}, {"1,2", "1,2|", 0}, {"abc", "abc|",
                                                             0},

    /* ceilings: of one value, not of the stream */
    {"[12345678][12345678]", "[12345678]|[12345678]|", 10},
    {"[123456789]", "!", 10}, {"[1][123456789][2]", "[1]|!", 10},
    {"\"123456789\"", "!", 10}, {"[[[[[[[[[[[[[", "!", 10},
    {"1234567890", "1234567890|", 10}, {"12345678901", "!", 10},
    {"          [1]          ", "[1]|", 10}
};

TEST(every_split_gives_the_same_values)
{
    struct values to = {.left = -1};

    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        const char *stream = streams[i].stream;
        size_t n = strlen(stream), ceiling = streams[i].ceiling;
        bool same = CHECK_TEXT(framed(stream, n, n, n, ceiling, &to),
                               streams[i].values)
            && CHECK_TEXT(framed_bytewise(stream, n, ceiling, &to),
                          streams[i].values);

        for (size_t first = 0; same && first <= n; first++)
            for (size_t second = first; same && second <= n; second++)
                same = CHECK_TEXT(framed(stream, n, first, second, ceiling,
                                         &to), streams[i].values);
        if (!same)
            printf("    stream %s\n", stream);
    }
    buf_free(&to.text);
}

/* A pull as the engine reports it. */
TEST(a_long_stream)
{
    static const char line[] = "{\"status\":\"Downloading \\\"x}\\\"\","
        "\"progressDetail\":{\"current\":[1,{}],\"total\":419}}\r\n";
    enum { LINES = 30 };
    struct buf stream = {0}, wanted = {0};
    struct values to = {.left = -1};

    for (int i = 0; i < LINES; i++) {
        buf_text(&stream, line);
        buf_add(&wanted, line, sizeof line - 3);
        buf_char(&wanted, '|');
    }
    for (size_t cut = 0; cut <= stream.len; cut++)
        if (!CHECK_TEXT(framed(stream.s, stream.len, cut, cut, 0, &to),
                        wanted.s))
            break;
    CHECK_TEXT(framed_bytewise(stream.s, stream.len, 0, &to), wanted.s);
    buf_free(&stream);
    buf_free(&wanted);
    buf_free(&to.text);
}

TEST(a_callback_can_stop_it)
{
    struct values to = {.left = 2};
    struct json_framer f = {0};

    CHECK(!json_frame(&f, "[1][2][3][4]", 12, collect, &to));
    CHECK_TEXT(buf_string(&to.text), "[1]|[2]|");
    json_framer_free(&f);
    to.left = 0;
    CHECK(json_frame(&f, "12", 2, collect, &to));
    CHECK(!json_frame_end(&f, collect, &to));
    json_framer_free(&f);
    buf_free(&to.text);
}

TEST(values_of_megabytes)
{
    static char part[1 << 16];
    struct values to = {.left = -1};
    struct json_framer f = {0};
    bool ok = true;

    memset(part, 'x', sizeof part);
    ok = json_frame(&f, "\"", 1, collect, &to);
    for (int i = 0; i < 200; i++)
        ok = ok && json_frame(&f, part, sizeof part, collect, &to);
    CHECK(ok && json_frame(&f, "\"", 1, collect, &to));
    CHECK(to.text.len == 200 * sizeof part + 3);
    ok = json_frame(&f, "\"", 1, collect, &to);
    for (int i = 0; i < 257; i++)                   /* beyond 16 MiB */
        ok = ok && json_frame(&f, part, sizeof part, collect, &to);
    CHECK(!ok);
    json_framer_free(&f);
    buf_free(&to.text);
}

static bool refuse(void)
{
    return true;
}

TEST(no_memory_is_no_success)
{
    struct values to = {.left = -1};
    struct json_framer f = {0};

    mem_refuses = refuse;
    CHECK(!json_frame(&f, "[1,", 3, collect, &to));
    mem_refuses = NULL;
    json_framer_free(&f);
    CHECK(to.text.len == 0);
    buf_free(&to.text);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"every_split_gives_the_same_values",
         test_every_split_gives_the_same_values},
        {"a_long_stream", test_a_long_stream},
        {"a_callback_can_stop_it", test_a_callback_can_stop_it},
        {"values_of_megabytes", test_values_of_megabytes},
        {"no_memory_is_no_success", test_no_memory_is_no_success},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
