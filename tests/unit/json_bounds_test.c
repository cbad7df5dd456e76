/* json_bounds_test.c -- where documents end: in the middle, too deep, and where
 * memory ends.  What a reader makes of whole ones: json_read_test.c. */
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../test.h"
#include "../../src/core/text.h"
#include "json_documents.h"
#include "json_walk.h"

static const char rich[] =
    "{\"Id\":\"3f2a\",\"Names\":[\"/web\",\"/caf\xc3\xa9 \\u20ac\"],"
    "\"Created\" : 1450832740 ,\"Size\":-12.5e+3,\"Up\":true,\"Dead\":false,"
    "\"Labels\":{},\"Ports\":[ ],\"Nothing\":null,\"Deep\":[[[{\"a\":[1,[2,"
    "{\"b\":\"\\\"\\\\\"}]]}]]],\"Pair\":\"\\ud83d\\ude00\xf0\x9f\x98\x80\","
    "\"Big\":9223372036854775808}";

/* --- cut short ----------------------------------------------------------- */

TEST(no_proper_prefix_is_a_document)
{
    const size_t length = sizeof rich - 1;

    CHECK(skips(rich, length) && walks(rich, length));
    for (size_t cut = 0; cut < length; cut++)
        if (!CHECK(!skips(rich, cut)) || !CHECK(!walks(rich, cut)))
            printf("    %zu bytes\n", cut);
}

TEST(no_proper_suffix_is_a_document)
{
    for (size_t cut = 1; cut < sizeof rich - 1; cut++)
        CHECK(!skips(rich + cut, sizeof rich - 1 - cut)
              && !walks(rich + cut, sizeof rich - 1 - cut));
}

/* Both ways through must say the same of whatever it has become. */
TEST(both_ways_agree_on_broken_documents)
{
    static const char bytes[] = "{}[],:\"\\ntu0.-e \xc3\xff";
    uint64_t x = 88172645463325252;
    int differ = 0, good = 0;
    char text[sizeof rich];

    for (int i = 0; i < 100000; i++) {
        size_t length = sizeof rich - 1;
        bool ok;

        memcpy(text, rich, sizeof rich);
        for (int k = 0; k <= i % 3; k++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            text[x % length] = bytes[(x >> 32) % (sizeof bytes - 1)];
        }
        ok = skips(text, length);
        good += ok;
        differ += ok != walks(text, length);
    }
    CHECK(differ == 0);
    CHECK(good > 0 && good < 100000);
}

/* --- depth --------------------------------------------------------------- */

/* `depth` levels: 'a' arrays, 'o' objects, 'm' both in turn, around a 1. */
static size_t nest(char *text, char kind, int depth)
{
    char *to = text;

    for (int i = 0; i < depth; i++) {
        bool object = kind == 'o' || (kind == 'm' && i % 2);

        to += sprintf(to, object ? "{\"a\": " : "[");
    }
    *to++ = '1';
    for (int i = depth; i-- > 0; )
        *to++ = kind == 'o' || (kind == 'm' && i % 2) ? '}' : ']';
    return (size_t)(to - text);
}

TEST(depth)
{
    static const char kinds[] = "aom";
    static char text[8 * (JSON_DEPTH + 100)];

    for (const char *kind = kinds; *kind; kind++)
        for (int depth = 0; depth < JSON_DEPTH + 60; depth++) {
            size_t length = nest(text, *kind, depth);
            bool good = depth <= JSON_DEPTH;

            if (!CHECK(skips(text, length) == good)
                || !CHECK(walks(text, length) == good))
                printf("    %d levels of %c\n", depth, *kind);
        }
}

/* Levels that the cursor entered count for what it skips. */
TEST(depth_entered_and_skipped)
{
    static char text[8 * (JSON_DEPTH + 100)];
    static const int entered[] = {1, 7, 8, 9, 100, 511, 512};

    for (size_t i = 0; i < sizeof entered / sizeof *entered; i++)
        for (int depth = JSON_DEPTH - 1; depth < JSON_DEPTH + 3; depth++) {
            size_t length = nest(text, 'a', depth);
            bool ok = true;
            struct json j;

            json_start(&j, text, length);
            for (int k = 0; k < entered[i] && k < depth; k++)
                ok = ok && json_enter(&j) && json_more(&j);
            ok = ok && json_skip(&j);
            for (int k = 0; k < entered[i] && k < depth; k++)
                ok = ok && !json_more(&j);
            ok = ok && json_finish(&j);
            if (!CHECK(ok == (depth <= JSON_DEPTH)))
                printf("    %d of %d\n", entered[i], depth);
        }
}

TEST(breadth_has_no_limit)
{
    struct buf b = {0};

    buf_char(&b, '[');
    for (int i = 0; i < 50000; i++)
        buf_text(&b, "[{}],{\"a\":[[]]},");
    buf_text(&b, "0]");
    CHECK(skips(b.s, b.len) && walks(b.s, b.len));
    buf_free(&b);
}

/* --- the end of memory --------------------------------------------------- */

/* A page with an unreadable one behind it; returns where it ends. */
static char *page_before_guard(size_t *size)
{
    int zero = open("/dev/zero", O_RDWR);
    char *pages;

    *size = (size_t)sysconf(_SC_PAGESIZE);
    pages = mmap(NULL, *size * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero,
                 0);
    close(zero);
    if (pages == MAP_FAILED || mprotect(pages + *size, *size, PROT_NONE))
        return NULL;
    memset(pages, 'x', *size);
    return pages + *size;
}

static bool read_in_place(const char *bytes, size_t length, bool skipping)
{
    struct json j;

    json_start(&j, bytes, length);
    return (skipping ? json_skip(&j) : walk(&j)) && json_finish(&j);
}

TEST(nothing_is_read_behind_the_end)
{
    static const char *const paths[] = {
        "", "a", "Id", "Deep.a", "Big", "Nothing", "message"
    };
    size_t size;
    char *end = page_before_guard(&size);

    if (!end)
        SKIP("no memory pages to be had");
    for (int i = 0; i < DOCUMENTS; i++) {
        char *at = end - documents[i].length;
        struct json_value v;

        memcpy(at, documents[i].text, documents[i].length);
        CHECK(read_in_place(at, documents[i].length, true)
              == documents[i].good);
        CHECK(read_in_place(at, documents[i].length, false)
              == documents[i].good);
        json_find(at, documents[i].length, "a.b", &v);
        text_valid_utf8(at, documents[i].length);
    }
    for (size_t n = 0; n < sizeof rich; n++) {
        char *at = end - n;
        struct json_value v;

        memcpy(at, rich, n);
        CHECK(read_in_place(at, n, true) == (n == sizeof rich - 1));
        CHECK(read_in_place(at, n, false) == (n == sizeof rich - 1));
        for (size_t k = 0; k < sizeof paths / sizeof *paths; k++)
            json_find(at, n, paths[k], &v);
    }
    munmap(end - size, size * 2);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"no_proper_prefix_is_a_document",
         test_no_proper_prefix_is_a_document},
        {"no_proper_suffix_is_a_document",
         test_no_proper_suffix_is_a_document},
        {"both_ways_agree_on_broken_documents",
         test_both_ways_agree_on_broken_documents},
        {"depth", test_depth},
        {"depth_entered_and_skipped", test_depth_entered_and_skipped},
        {"breadth_has_no_limit", test_breadth_has_no_limit},
        {"nothing_is_read_behind_the_end",
         test_nothing_is_read_behind_the_end},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
