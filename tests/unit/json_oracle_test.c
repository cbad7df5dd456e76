/* json_oracle_test.c -- our reader and writer against cJSON, on documents made
 * at random from a fixed seed.
 *
 * What cJSON does otherwise does not come up: it ends strings at a NUL, has no
 * integers beyond doubles, and takes what is no UTF-8. */
#include <stdint.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "../test.h"
#include "../../src/core/json.h"

enum { TREES = 20000, DEEPEST = 7 };

static uint64_t random_state = 0x2545f4914f6cdd1d;

static uint64_t random_bits(void)                  /* xorshift64 */
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static unsigned random_below(unsigned limit)
{
    return (unsigned)((random_bits() >> 11) % limit);
}

/* --- documents ----------------------------------------------------------- */

static void put_space(struct buf *to)
{
    while (random_below(4) == 0)
        buf_char(to, " \n\r\t"[random_below(4)]);
}

static void put_utf8(struct buf *to, unsigned code)
{
    if (code < 0x80) {
        buf_char(to, (char)code);
    } else if (code < 0x800) {
        buf_format(to, "%c%c", 0xc0 | code >> 6, 0x80 | (code & 63));
    } else if (code < 0x10000) {
        buf_format(to, "%c%c%c", 0xe0 | code >> 12, 0x80 | (code >> 6 & 63),
                   0x80 | (code & 63));
    } else {
        buf_format(to, "%c%c%c%c", 0xf0 | code >> 18,
                   0x80 | (code >> 12 & 63), 0x80 | (code >> 6 & 63),
                   0x80 | (code & 63));
    }
}

static unsigned random_code_point(void)
{
    static const unsigned ends[] = {0x80, 0x800, 0x10000, 0x110000};
    unsigned code = 1 + random_below(ends[random_below(4)] - 1);

    return code >= 0xd800 && code < 0xe000 ? 0xfffd : code;
}

static void put_character(struct buf *to)
{
    unsigned code = random_code_point();

    switch (random_below(8)) {
    case 0:
        buf_format(to, "\\%c", "\"\\/bfnrt"[random_below(8)]);
        break;
    case 1:
        if (code < 0x10000)
            buf_format(to, random_below(2) ? "\\u%04x" : "\\u%04X", code);
        else
            buf_format(to, "\\u%04x\\u%04X", 0xd800 + ((code - 0x10000) >> 10),
                       0xdc00 + (code & 0x3ff));
        break;
    case 2:
        put_utf8(to, code < ' ' || code == '"' || code == '\\' ? 'x' : code);
        break;
    default:
        buf_char(to, (char)('a' + random_below(26)));
    }
}

static void put_string(struct buf *to, unsigned longest)
{
    buf_char(to, '"');
    for (unsigned n = random_below(longest); n > 0; n--)
        put_character(to);
    buf_char(to, '"');
}

static void put_number(struct buf *to)
{
    static const char *const odd[] = {
        "0", "-0", "0.0", "1e22", "-1E-7", "9007199254740992", "1e308",
        "9223372036854775807", "-9223372036854775808", "0.1", "5e-324"
    };
    uint64_t bits = random_bits();
    double value;

    switch (random_below(4)) {
    case 0:
        buf_text(to, odd[random_below(sizeof odd / sizeof *odd)]);
        break;
    case 1:
        memcpy(&value, &bits, sizeof value);
        if (value - value == 0) {                   /* finite */
            buf_format(to, "%.17g", value);
            break;
        }
        /* fall through */
    default:
        buf_format(to, "%lld", (long long)bits >> random_below(64));
    }
}

static void put_value(struct buf *to, int depth);

static void put_members(struct buf *to, int depth, bool object)
{
    unsigned count = random_below(6);

    buf_char(to, object ? '{' : '[');
    put_space(to);
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            buf_char(to, ',');
        put_space(to);
        if (object) {
            put_string(to, 8);
            to->len--;                              /* no name comes twice */
            buf_format(to, "%u\"", i);
            put_space(to);
            buf_char(to, ':');
            put_space(to);
        }
        put_value(to, depth + 1);
        put_space(to);
    }
    buf_char(to, object ? '}' : ']');
}

static void put_value(struct buf *to, int depth)
{
    static const char *const words[] = {"null", "true", "false"};
    unsigned kind = random_below(depth < DEEPEST ? 10 : 6);

    if (kind < 2)
        put_number(to);
    else if (kind < 5)
        put_string(to, 20);
    else if (kind < 6)
        buf_text(to, words[random_below(3)]);
    else
        put_members(to, depth, kind < 8);
}

/* --- comparing ----------------------------------------------------------- */

static bool same_text(const struct json_text *ours, const char *theirs)
{
    char *plain = malloc(ours->length + 1);
    bool same;

    plain[json_unescape(ours, plain)] = '\0';
    same = theirs && strcmp(plain, theirs) == 0;
    free(plain);
    return same;
}

static bool same_scalar(struct json *j, const cJSON *theirs)
{
    struct json_value v;

    if (!json_scalar(j, &v))
        return false;
    switch (v.type) {
    case JSON_NULL:
        return cJSON_IsNull(theirs);
    case JSON_BOOLEAN:
        return v.integer ? cJSON_IsTrue(theirs) : cJSON_IsFalse(theirs);
    case JSON_STRING:
        return cJSON_IsString(theirs)
            && same_text(&v.text, theirs->valuestring);
    case JSON_INTEGER: case JSON_NUMBER:
        return cJSON_IsNumber(theirs) && v.number == theirs->valuedouble;
    default:
        return false;
    }
}

static bool same_tree(struct json *j, const cJSON *theirs)
{
    bool object = json_peek(j) == JSON_OBJECT;
    const cJSON *child = theirs ? theirs->child : NULL;
    struct json_text name = {0};

    if (!theirs)
        return false;
    if (!object && json_peek(j) != JSON_ARRAY)
        return same_scalar(j, theirs);
    if (!(object ? cJSON_IsObject(theirs) : cJSON_IsArray(theirs)))
        return false;
    json_enter(j);
    while (object ? json_key(j, &name) : json_more(j)) {
        if (!child || (object && !same_text(&name, child->string))
            || !same_tree(j, child))
            return false;
        child = child->next;
    }
    return !j->problem && !child;
}

static bool reads_same(const struct buf *text, const cJSON *theirs)
{
    struct json j, skipping;

    json_start(&j, text->s, text->len);
    json_start(&skipping, text->s, text->len);
    return same_tree(&j, theirs) && json_finish(&j)
        && json_skip(&skipping) && json_finish(&skipping);
}

/* --- writing ------------------------------------------------------------- */

static void write_text(struct json_writer *w, const struct json_text *text,
                       bool is_name)
{
    char *plain = malloc(text->length + 1);
    size_t n = json_unescape(text, plain);

    (is_name ? json_name : json_string)(w, plain, n);
    free(plain);
}

static void copy_value(struct json *j, struct json_writer *w)
{
    enum json_type type = json_peek(j);
    struct json_text name;
    struct json_value v;

    if (type == JSON_ARRAY || type == JSON_OBJECT) {
        bool object = type == JSON_OBJECT;

        json_open(w, object ? '{' : '[');
        json_enter(j);
        while (object ? json_key(j, &name) : json_more(j)) {
            if (object)
                write_text(w, &name, true);
            copy_value(j, w);
        }
        json_close(w, object ? '}' : ']');
        return;
    }
    json_scalar(j, &v);
    if (v.type == JSON_STRING)
        write_text(w, &v.text, false);
    else if (v.type == JSON_INTEGER)
        json_integer(w, v.integer);
    else if (v.type == JSON_NUMBER)
        json_number(w, v.number);
    else
        json_word(w, v.type == JSON_NULL ? "null"
                     : v.integer ? "true" : "false");
}

/* Our copy of it, read by both. */
static bool copies(const struct buf *text, const cJSON *theirs)
{
    struct buf copy = {0};
    struct json_writer w;
    cJSON *read;
    struct json j;
    bool ok;

    json_start(&j, text->s, text->len);
    json_write_start(&w, &copy);
    copy_value(&j, &w);
    read = cJSON_ParseWithLength(copy.s, copy.len);
    ok = !w.problem && buf_ok(&copy) && read
        && cJSON_Compare(read, theirs, true) && reads_same(&copy, theirs)
        && reads_same(text, read);
    cJSON_Delete(read);
    buf_free(&copy);
    return ok;
}

/* What they write, we read. */
static bool reads_theirs(const cJSON *theirs)
{
    char *text = cJSON_PrintUnformatted(theirs);
    cJSON *again = cJSON_Parse(text);
    struct buf b = {.s = text, .len = strlen(text)};
    bool ok = reads_same(&b, again);

    cJSON_Delete(again);
    cJSON_free(text);
    return ok;
}

TEST(random_trees)
{
    struct buf text = {0};
    size_t bytes = 0;

    for (int i = 0; i < TREES; i++) {
        cJSON *theirs;

        buf_clear(&text);
        put_space(&text);
        if (i % 10)
            put_members(&text, 0, i % 2);
        else
            put_value(&text, 0);
        put_space(&text);
        bytes += text.len;
        theirs = cJSON_ParseWithLength(text.s, text.len);
        if (!CHECK(theirs && reads_same(&text, theirs))
            || !CHECK(copies(&text, theirs)) || !CHECK(reads_theirs(theirs))) {
            printf("    %.*s\n", (int)text.len, text.s);
            i = TREES;
        }
        cJSON_Delete(theirs);
    }
    CHECK(bytes > 50 * (size_t)TREES);              /* not all of it trivial */
    buf_free(&text);
}

/* A comparison that could not fail would prove nothing. */
TEST(differences_are_seen)
{
    static const struct {
        const char *ours, *theirs;
    } cases[] = {
        {"1", "2"}, {"1", "\"1\""}, {"null", "false"}, {"[]", "{}"},
        {"[1]", "[1,2]"}, {"[1,2]", "[1]"}, {"{\"a\":1}", "{\"b\":1}"},
        {"{\"a\":1}", "{\"a\":2}"}, {"\"a\"", "\"b\""},
        {"{\"a\":[1]}", "{\"a\":[1.5]}"}, {"[true]", "[false]"}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *theirs = cJSON_Parse(cases[i].theirs);
        struct buf b = {0};

        buf_text(&b, cases[i].ours);
        CHECK(!reads_same(&b, theirs));
        buf_free(&b);
        cJSON_Delete(theirs);
    }
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"random_trees", test_random_trees},
        {"differences_are_seen", test_differences_are_seen},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
