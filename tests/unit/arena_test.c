/* arena_test.c -- memory that is given back all at once: arena.h. */
#include <stdint.h>
#include <stdlib.h>

#include "../test.h"
#include "../../src/core/arena.h"
#include "../../src/core/mem.h"

static bool refuse(void)
{
    return true;
}

static bool is_zero(const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i])
            return false;
    return true;
}

TEST(zeroed_is_empty_and_valid)
{
    struct arena a = {0};

    arena_free(&a);
    arena_free(&a);
    CHECK(!a.failed);
}

TEST(memory_is_zeroed_and_aligned)
{
    struct arena a = {0};

    for (size_t size = 0; size < 3000; size++) {
        unsigned char *room = arena_alloc(&a, size);

        if (!CHECK(room && (uintptr_t)room % _Alignof(max_align_t) == 0)
            || !CHECK(is_zero(room, size)))
            break;
        memset(room, 0xff, size);
    }
    CHECK(!a.failed);
    arena_free(&a);
}

/* Each piece gets a byte of its own; an overlap would change an older one. */
TEST(pieces_do_not_overlap)
{
    enum { PIECES = 2000 };
    static unsigned char *pieces[PIECES];
    struct arena a = {0};
    bool intact = true;

    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = arena_alloc(&a, i % 701);
        memset(pieces[i], (int)(i & 0xff), i % 701);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t k = 0; k < i % 701; k++)
            intact = intact && pieces[i][k] == (i & 0xff);
    CHECK(intact);
    arena_free(&a);
}

TEST(a_large_piece_stands_beside_small_ones)
{
    struct arena a = {0};
    char *before = arena_text(&a, "before");
    unsigned char *large = arena_alloc(&a, 3 << 20);
    char *after = arena_text(&a, "after");

    if (CHECK(large != NULL)) {
        CHECK(is_zero(large, 3 << 20));
        memset(large, 'x', 3 << 20);
    }
    CHECK_TEXT(before, "before");
    CHECK_TEXT(after, "after");
    arena_free(&a);
}

TEST(copies_are_terminated)
{
    struct arena a = {0};
    const char bytes[4] = {'a', '\0', 'b', 'c'};
    char *copy = arena_copy(&a, bytes, 4), *part = arena_copy(&a, "abc", 2);

    CHECK(memcmp(copy, "a\0bc", 5) == 0);
    CHECK_TEXT(part, "ab");
    CHECK_TEXT(arena_copy(&a, NULL, 0), "");
    CHECK_TEXT(arena_text(&a, ""), "");
    CHECK(copy != bytes);
    arena_free(&a);
}

TEST(formats)
{
    static char long_text[5000];
    struct arena a = {0};
    char *text;

    memset(long_text, 'y', sizeof long_text - 1);
    CHECK_TEXT(arena_format(&a, "%s:%d", "host", 80), "host:80");
    CHECK_TEXT(arena_format(&a, "%s", ""), "");
    text = arena_format(&a, "<%s>", long_text);
    CHECK(text && strlen(text) == sizeof long_text + 1
          && text[sizeof long_text] == '>');
    arena_free(&a);
}

TEST(a_refusal_is_remembered)
{
    struct arena a = {0};

    mem_refuses = refuse;
    CHECK(arena_alloc(&a, 1) == NULL);
    CHECK(arena_text(&a, "text") == NULL);
    CHECK(arena_format(&a, "%d", 1) == NULL);
    mem_refuses = NULL;
    CHECK(a.failed);
    CHECK_TEXT(arena_text(&a, "text"), "text");
    CHECK(a.failed);
    arena_free(&a);
    CHECK(!a.failed);
}

TEST(impossible_sizes_are_refused)
{
    const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 16,
                            SIZE_MAX / 2 + 1};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct arena a = {0};

        CHECK(arena_alloc(&a, sizes[i]) == NULL);
        CHECK(a.failed);
        arena_free(&a);
    }
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"zeroed_is_empty_and_valid", test_zeroed_is_empty_and_valid},
        {"memory_is_zeroed_and_aligned", test_memory_is_zeroed_and_aligned},
        {"pieces_do_not_overlap", test_pieces_do_not_overlap},
        {"a_large_piece_stands_beside_small_ones",
         test_a_large_piece_stands_beside_small_ones},
        {"copies_are_terminated", test_copies_are_terminated},
        {"formats", test_formats},
        {"a_refusal_is_remembered", test_a_refusal_is_remembered},
        {"impossible_sizes_are_refused", test_impossible_sizes_are_refused},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
