/* words_test.c -- a command line split as a POSIX shell does it: words.h. */
#include "../test.h"
#include "../../src/core/words.h"

/* The words between bars, "|a|b c|"; an unclosed quote ends with " ?" and where
 * the splitter stands. */
static const char *split(const char *line, struct buf *out)
{
    const char *at = line;
    struct buf word = {0};

    buf_clear(out);
    buf_char(out, '|');
    while (words_next(&at, &word)) {
        buf_text(out, buf_string(&word));
        buf_char(out, '|');
    }
    if (*at)
        buf_format(out, " ?%s", at);
    buf_free(&word);
    return buf_string(out);
}

TEST(splits_like_a_shell)
{
    static const struct {
        const char *line, *words;
    } cases[] = {
        {"", "|"}, {"   ", "|"}, {" \t\n ", "|"},
        {"echo", "|echo|"}, {"  echo  ", "|echo|"},
        {"echo hello", "|echo|hello|"}, {"a\tb\nc", "|a|b|c|"},
        {"echo 'hello world'", "|echo|hello world|"},
        {"echo \"hello world\"", "|echo|hello world|"},
        {"a'b c'd", "|ab cd|"}, {"a\"b c\"d", "|ab cd|"},
        {"'a'\"b\"c", "|abc|"}, {"''", "||"}, {"\"\"", "||"},
        {"'' ''", "|||"}, {"a '' b", "|a||b|"}, {"''a", "|a|"},
        {"hello\\ world", "|hello world|"}, {"\\'", "|'|"}, {"\\\"", "|\"|"},
        {"\\\\", "|\\|"}, {"a\\bc", "|abc|"},
        {"'a\\b'", "|a\\b|"}, {"'a\\'", "|a\\|"}, {"'\"'", "|\"|"},
        {"\"'\"", "|'|"}, {"\"a\\\"b\"", "|a\"b|"},
        {"\"a\\\\b\"", "|a\\b|"}, {"\"\\$HOME \\`x\\`\"", "|$HOME `x`|"},
        {"\"a\\nb\"", "|a\\nb|"}, {"\"a\\ b\"", "|a\\ b|"},
        {"a\\", "|a\\|"}, {"\\", "|\\|"}, {"a \\", "|a|\\|"},
        {"$HOME *", "|$HOME|*|"}, {"a;b && c|d", "|a;b|&&|c|d|"},
        {"sh -c 'while true; do sleep 1; done'",
         "|sh|-c|while true; do sleep 1; done|"},
        {"caf\xc3\xa9 \xe2\x82\xac", "|caf\xc3\xa9|\xe2\x82\xac|"}
    };
    struct buf out = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!CHECK_TEXT(split(cases[i].line, &out), cases[i].words))
            printf("    line %s\n", cases[i].line);
    buf_free(&out);
}

/* False and *at before the end: that is how a caller tells it from the end. */
TEST(quotes_that_nothing_closes)
{
    static const struct {
        const char *line, *words;
    } cases[] = {
        {"'", "| ?'"}, {"\"", "| ?\""}, {"echo 'hello", "|echo| ?'hello"},
        {"echo \"hello", "|echo| ?\"hello"}, {"a'b", "| ?a'b"},
        {"a \"b\\\"", "|a| ?\"b\\\""}, {"'a'b'", "| ?'a'b'"},
        {"x \"'", "|x| ?\"'"}
    };
    struct buf out = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!CHECK_TEXT(split(cases[i].line, &out), cases[i].words))
            printf("    line %s\n", cases[i].line);
    buf_free(&out);
}

TEST(a_word_replaces_the_one_before)
{
    const char *at = "first second";
    struct buf word = {0};

    CHECK(words_next(&at, &word));
    CHECK_TEXT(buf_string(&word), "first");
    CHECK_TEXT(at, " second");
    CHECK(words_next(&at, &word));
    CHECK_TEXT(buf_string(&word), "second");
    CHECK_TEXT(at, "");
    CHECK(!words_next(&at, &word) && !words_next(&at, &word));
    buf_free(&word);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"splits_like_a_shell", test_splits_like_a_shell},
        {"quotes_that_nothing_closes", test_quotes_that_nothing_closes},
        {"a_word_replaces_the_one_before",
         test_a_word_replaces_the_one_before},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
