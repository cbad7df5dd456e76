/* headers_test.c -- an ordered list of header fields: headers.h. */
#include "../test.h"
#include "../../src/core/headers.h"
#include "../../src/core/mem.h"

static bool refuse(void)
{
    return true;
}

/* "Name: value|" for each field. */
static const char *shown(struct arena *a, const struct headers *h)
{
    const char *all = "";

    for (size_t i = 0; i < h->count; i++)
        all = arena_format(a, "%s%s: %s|", all, h->list[i].name,
                           h->list[i].value);
    return all;
}

static bool add(struct headers *h, struct arena *a, const char *name,
                const char *value)
{
    return headers_add(h, a, name, value, strlen(value));
}

static bool set(struct headers *h, struct arena *a, const char *name,
                const char *value)
{
    return headers_set(h, a, name, value, strlen(value));
}

TEST(order_and_repetition_are_kept)
{
    struct headers h = {0};
    struct arena a = {0};

    CHECK_TEXT(headers_get(&h, "Accept"), NULL);
    headers_remove(&h, "Accept");
    CHECK(add(&h, &a, "Accept", "a/b") && add(&h, &a, "X-One", "1")
          && add(&h, &a, "accept", "c/d") && add(&h, &a, "Empty", ""));
    CHECK_TEXT(shown(&a, &h), "Accept: a/b|X-One: 1|accept: c/d|Empty: |");
    CHECK_TEXT(headers_get(&h, "ACCEPT"), "a/b");
    CHECK_TEXT(headers_get(&h, "empty"), "");
    CHECK_TEXT(headers_get(&h, "Accep"), NULL);
    CHECK_TEXT(headers_get(&h, "Accept-"), NULL);
    arena_free(&a);
}

TEST(set_takes_the_place_of_all)
{
    struct headers h = {0};
    struct arena a = {0};

    add(&h, &a, "A", "1");
    add(&h, &a, "B", "2");
    add(&h, &a, "a", "3");
    CHECK(set(&h, &a, "A", "4"));
    CHECK_TEXT(shown(&a, &h), "B: 2|A: 4|");
    CHECK(set(&h, &a, "C", "5"));
    headers_remove(&h, "b");
    CHECK_TEXT(shown(&a, &h), "A: 4|C: 5|");
    CHECK(!set(&h, &a, "A", "6\r\nB: 7") && !set(&h, &a, "C:", "8"));
    CHECK_TEXT(shown(&a, &h), "A: 4|C: 5|");    /* what is refused harms none */
    arena_free(&a);
}

TEST(texts_are_copies)
{
    char name[] = "Name", value[] = "value and more";
    struct headers h = {0};
    struct arena a = {0};

    CHECK(headers_add(&h, &a, name, value, 5));
    memset(name, 'x', sizeof name - 1);
    memset(value, 'y', sizeof value - 1);
    CHECK_TEXT(shown(&a, &h), "Name: value|");
    arena_free(&a);
}

/* RFC 9110: token is what may be a name. */
TEST(every_byte_of_a_name)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789"
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    struct arena a = {0};
    int wrong = 0;

    for (int i = 1; i < 256; i++) {
        const char name[] = {'X', (char)i, 'Y', '\0'};
        struct headers h = {0};
        bool good = strchr(token, i) != NULL;

        wrong += add(&h, &a, name, "v") != good
            || h.count != (good ? 1 : 0);
    }
    CHECK(wrong == 0);
    arena_free(&a);
}

/* Where a control character stands in it makes no difference. */
TEST(every_byte_of_a_value)
{
    struct arena a = {0};
    int wrong = 0;

    for (int i = 0; i < 256; i++)
        for (int at = 0; at < 3; at++) {
            char value[] = "abc";
            struct headers h = {0};
            bool good = (i >= ' ' || i == '\t') && i != 0x7f;

            value[at] = (char)i;
            wrong += headers_add(&h, &a, "X", value, 3) != good
                || h.count != (good ? 1 : 0);
        }
    CHECK(wrong == 0 && !a.failed);
    arena_free(&a);
}

TEST(nothing_smuggles_a_field_in)
{
    static const struct {
        const char *name, *value;
        size_t length;
    } cases[] = {
        {"X", "a\r\nEvil: 1", 10}, {"X", "a\nEvil: 1", 9}, {"X", "a\r", 2},
        {"X", "\r\n\r\nGET / HTTP/1.1", 18}, {"X", "a\0b", 3},
        {"X", "\x7f", 1}, {"X", "\x1b[2J", 4}, {"", "v", 1}, {" ", "v", 1},
        {"X\r\nEvil", "v", 1}, {"X: a\r\nEvil", "v", 1}, {"X:", "v", 1},
        {"X Y", "v", 1}, {" X", "v", 1}, {"X ", "v", 1}, {"X\t", "v", 1},
        {"X\x7f", "v", 1}, {"caf\xc3\xa9", "v", 1}, {"(X)", "v", 1}
    };
    struct headers h = {0};
    struct arena a = {0};

    add(&h, &a, "Before", "1");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!CHECK(!headers_add(&h, &a, cases[i].name, cases[i].value,
                                cases[i].length))
            || !CHECK(!headers_set(&h, &a, cases[i].name, cases[i].value,
                                   cases[i].length)))
            printf("    row %zu\n", i);
    CHECK_TEXT(shown(&a, &h), "Before: 1|");
    CHECK(!a.failed);
    arena_free(&a);
}

TEST(many_fields)
{
    struct headers h = {0};
    struct arena a = {0};

    for (int i = 0; i < 1000; i++)
        CHECK(add(&h, &a, arena_format(&a, "X-%d", i),
                  arena_format(&a, "%d", i)));
    CHECK(h.count == 1000);
    CHECK_TEXT(headers_get(&h, "x-0"), "0");
    CHECK_TEXT(headers_get(&h, "X-999"), "999");
    arena_free(&a);
}

TEST(no_memory_shows_in_the_arena)
{
    struct headers h = {0};
    struct arena a = {0};

    mem_refuses = refuse;
    CHECK(add(&h, &a, "Name", "value"));
    mem_refuses = NULL;
    CHECK(a.failed && h.count == 0);
    arena_free(&a);
}

TEST(secrets)
{
    static const char *const secret[] = {
        "Authorization", "authorization", "AUTHORIZATION",
        "Proxy-Authorization", "Cookie", "Set-Cookie", "set-cookie",
        "X-Registry-Auth", "x-registry-auth", "X-Auth-Token",
        "X-Subject-Token", "X-Amz-Security-Token", "x-vault-token",
        "X-Api-Key", "x-goog-api-key", "-Key", NULL
    };
    static const char *const open[] = {
        "Accept", "Host", "Content-Type", "Location", "ETag", "Api-Version",
        "Authorization-Info", "X-Token-Count", "Token", "Key", "Monkey",
        "X-Request-Id", "Cookies", "", NULL
    };

    for (size_t i = 0; secret[i]; i++)
        if (!CHECK(header_is_secret(secret[i])))
            printf("    %s\n", secret[i]);
    for (size_t i = 0; open[i]; i++)
        if (!CHECK(!header_is_secret(open[i])))
            printf("    %s\n", open[i]);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"order_and_repetition_are_kept", test_order_and_repetition_are_kept},
        {"set_takes_the_place_of_all", test_set_takes_the_place_of_all},
        {"texts_are_copies", test_texts_are_copies},
        {"every_byte_of_a_name", test_every_byte_of_a_name},
        {"every_byte_of_a_value", test_every_byte_of_a_value},
        {"nothing_smuggles_a_field_in", test_nothing_smuggles_a_field_in},
        {"many_fields", test_many_fields},
        {"no_memory_shows_in_the_arena", test_no_memory_shows_in_the_arena},
        {"secrets", test_secrets},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
