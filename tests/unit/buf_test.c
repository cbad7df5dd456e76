/* buf_test.c -- bytes that grow, up to a ceiling: buf.h. */
#include <stdint.h>

#include "../test.h"
#include "../../src/core/buf.h"
#include "../../src/core/mem.h"

static bool refuse(void)
{
    return true;
}

TEST(zeroed_is_empty_and_valid)
{
    struct buf b = {0};

    CHECK(buf_ok(&b) && b.len == 0);
    CHECK_TEXT(buf_string(&b), "");
    buf_clear(&b);
    buf_free(&b);
    buf_free(&b);
    CHECK(buf_ok(&b));
}

TEST(adds_in_order)
{
    struct buf b = {0};

    buf_text(&b, "one");
    buf_char(&b, ',');
    buf_add(&b, "two!", 3);
    buf_format(&b, ",%d%s", 3, "");
    buf_add(&b, NULL, 0);
    buf_text(&b, "");
    CHECK_TEXT(buf_string(&b), "one,two,3");
    CHECK(b.len == 9 && b.s[9] == '\0');
    buf_free(&b);
}

TEST(holds_any_byte)
{
    struct buf b = {0};
    bool same = true;

    for (int c = 0; c < 256; c++)
        buf_char(&b, (char)c);
    for (int c = 0; c < 256; c++)
        same = same && (unsigned char)b.s[c] == c;
    CHECK(same && b.len == 256 && b.s[256] == '\0');
    buf_free(&b);
}

/* Every length around the sizes at which memory grows. */
TEST(is_terminated_at_every_length)
{
    struct buf b = {0}, formatted = {0};
    bool ok = true;

    for (size_t n = 1; n <= 1030; n++) {
        buf_char(&b, 'x');
        buf_clear(&formatted);
        buf_format(&formatted, "%s", b.s);
        ok = ok && b.len == n && strlen(b.s) == n && formatted.len == n
            && strcmp(formatted.s, b.s) == 0;
    }
    CHECK(ok);
    buf_free(&b);
    buf_free(&formatted);
}

TEST(room_is_what_was_asked_for)
{
    struct buf b = {0};
    char *room;

    buf_text(&b, "head ");
    room = buf_room(&b, 1000);
    if (!CHECK(room != NULL))
        return;
    memset(room, 'r', 1000);
    b.len += 1000;
    buf_text(&b, " tail");
    CHECK(b.len == 1010 && memcmp(b.s, "head rr", 7) == 0);
    CHECK_TEXT(b.s + 1003, "rr tail");
    buf_free(&b);
}

TEST(the_ceiling_is_exact)
{
    struct buf b = {.ceiling = 10};

    buf_text(&b, "12345");
    buf_text(&b, "67890");
    CHECK(buf_ok(&b));
    CHECK_TEXT(buf_string(&b), "1234567890");
    buf_char(&b, '!');
    CHECK(!buf_ok(&b) && b.failure == BUF_TOO_LARGE);
    CHECK_TEXT(buf_string(&b), "1234567890");
    buf_free(&b);
}

TEST(a_failure_sticks)
{
    struct buf b = {.ceiling = 10};

    buf_text(&b, "12345");
    buf_text(&b, "6789012345");
    CHECK(!buf_ok(&b));
    buf_char(&b, '6');
    buf_format(&b, "%d", 7);
    CHECK(buf_room(&b, 1) == NULL);
    CHECK(!buf_ok(&b) && b.failure == BUF_TOO_LARGE);
    CHECK_TEXT(buf_string(&b), "12345");
    buf_free(&b);
}

TEST(clear_keeps_memory_and_ceiling)
{
    struct buf b = {.ceiling = 4};
    size_t size;

    buf_text(&b, "four");
    buf_text(&b, "more");
    size = b.size;
    buf_clear(&b);
    CHECK(buf_ok(&b) && b.len == 0 && b.size == size && b.ceiling == 4);
    CHECK_TEXT(buf_string(&b), "");
    buf_text(&b, "five!");
    CHECK(b.failure == BUF_TOO_LARGE);
    buf_free(&b);
    CHECK(b.ceiling == 0 && b.size == 0 && buf_ok(&b));
}

TEST(no_memory_keeps_what_was_there)
{
    struct buf b = {0};
    char many[500];

    memset(many, 'm', sizeof many);
    buf_text(&b, "kept");
    mem_refuses = refuse;
    buf_add(&b, many, sizeof many);
    mem_refuses = NULL;
    CHECK(b.failure == BUF_NO_MEMORY);
    buf_text(&b, "more");
    CHECK_TEXT(buf_string(&b), "kept");
    buf_free(&b);
}

TEST(no_memory_from_the_start)
{
    struct buf b = {0};

    mem_refuses = refuse;
    buf_format(&b, "%d", 1);
    mem_refuses = NULL;
    CHECK(!buf_ok(&b));
    CHECK_TEXT(buf_string(&b), "");
    buf_free(&b);
}

TEST(impossible_lengths_are_refused)
{
    struct buf b = {0}, limited = {.ceiling = 100};

    buf_text(&b, "x");
    CHECK(buf_room(&b, SIZE_MAX) == NULL && b.failure == BUF_NO_MEMORY);
    CHECK(buf_room(&limited, SIZE_MAX) == NULL);
    CHECK(limited.failure == BUF_TOO_LARGE);
    buf_free(&b);
    buf_free(&limited);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"zeroed_is_empty_and_valid", test_zeroed_is_empty_and_valid},
        {"adds_in_order", test_adds_in_order},
        {"holds_any_byte", test_holds_any_byte},
        {"is_terminated_at_every_length", test_is_terminated_at_every_length},
        {"room_is_what_was_asked_for", test_room_is_what_was_asked_for},
        {"the_ceiling_is_exact", test_the_ceiling_is_exact},
        {"a_failure_sticks", test_a_failure_sticks},
        {"clear_keeps_memory_and_ceiling",
         test_clear_keeps_memory_and_ceiling},
        {"no_memory_keeps_what_was_there",
         test_no_memory_keeps_what_was_there},
        {"no_memory_from_the_start", test_no_memory_from_the_start},
        {"impossible_lengths_are_refused",
         test_impossible_lengths_are_refused},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
