/* test.h -- the frame of C tests: name them, check, count.
 *
 *     TEST(adds_texts)
 *     {
 *         CHECK(1 + 1 == 2);
 *         CHECK_TEXT(buf_string(&b), "ab");
 *     }
 *
 *     int main(void)
 *     {
 *         test_run("adds_texts", test_adds_texts);
 *         return test_end();
 *     }
 *
 * A test program ends with the line that tests/run adds up.
 */
#ifndef LUFT_TEST_H
#define LUFT_TEST_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int test_passed, test_failed, test_skipped;
static const char *test_name;
static bool test_is_bad, test_is_skipped;

static inline bool test_report(bool ok, const char *file, int line,
                               const char *what)
{
    if (!ok) {
        test_is_bad = true;
        printf("%s:%d: %s: %s\n", file, line, test_name, what);
    }
    return ok;
}

static inline bool test_text(const char *got, const char *wanted,
                             const char *file, int line)
{
    bool ok = got && wanted ? strcmp(got, wanted) == 0 : got == wanted;

    if (!test_report(ok, file, line, "texts differ"))
        printf("    got    %s\n    wanted %s\n", got ? got : "(null)",
               wanted ? wanted : "(null)");
    return ok;
}

#define CHECK(condition) \
    test_report((condition), __FILE__, __LINE__, #condition)
#define CHECK_TEXT(got, wanted) test_text((got), (wanted), __FILE__, __LINE__)

/* Ends the test; it counts as skipped, for a reason that is printed. */
#define SKIP(reason) do { \
        test_is_skipped = true; \
        printf("skipped: %s: %s\n", test_name, (reason)); \
        return; \
    } while (0)

#define TEST(name) static void test_##name(void)

static inline void test_run(const char *name, void (*test)(void))
{
    test_name = name;
    test_is_bad = test_is_skipped = false;
    test();
    if (test_is_bad)
        test_failed++;
    else if (test_is_skipped)
        test_skipped++;
    else
        test_passed++;
}

static inline int test_end(void)
{
    printf("%d passed, %d failed, %d skipped\n", test_passed, test_failed,
           test_skipped);
    return test_failed > 0;
}

#endif
