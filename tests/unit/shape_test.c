/* shape_test.c -- objects read out of JSON by their rows: shape.h, plan.h. */
#include <pthread.h>

#include "../test.h"
#include "../../src/core/shape.h"
#include "plans.h"
#include "shape_paths.h"
#include "show.h"

/* "1 2 -|3 4 -|": the slots of each record; "!problem" when it cannot be. */
static const char *shown(struct buf *to, bool ok, const struct records *r,
                         size_t columns, const struct json *j)
{
    buf_clear(to);
    if (ok)
        show_records(to, r, columns);
    else
        buf_format(to, "!%s", j->problem ? j->problem : "memory");
    return buf_string(to);
}

static const char *one(struct shape *s, const char *json, struct buf *to,
                       struct records *r)
{
    struct json j;
    bool ok;

    memset(r, 0, sizeof *r);
    json_start(&j, json, strlen(json));
    ok = read_record(s, &j, r) && json_finish(&j);
    return shown(to, ok, r, shape_columns(s->fields), &j);
}

static const char *many(struct shape *s, const char *json, const char *at,
                        struct buf *to, struct records *r)
{
    struct json j;
    bool ok;

    memset(r, 0, sizeof *r);
    json_start(&j, json, strlen(json));
    ok = read_records(s, &j, at, r) && json_finish(&j);
    return shown(to, ok, r, shape_columns(s->fields), &j);
}

/* --- one field ----------------------------------------------------------- */

TEST(one_field)
{
    struct buf text = {0}, wanted = {0};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const struct field fields[] = {
            {.name = "f", .path = paths[i].path, .type = paths[i].type}, {0}
        };
        struct shape s = {.fields = fields};
        struct records r;

        buf_clear(&wanted);
        buf_format(&wanted, *paths[i].value == '!' ? "%s" : "%s|",
                   paths[i].value);
        if (!CHECK_TEXT(one(&s, paths[i].json, &text, &r), wanted.s))
            printf("    %s of %s\n", paths[i].path, paths[i].json);
        records_free(&r);
        forget_plans(&s);
    }
    buf_free(&text);
    buf_free(&wanted);
}

TEST(ranks_tell_the_alternative)
{
    static const struct field fields[] = {{"f", .path = "a|b.c|d"}, {0}};
    static const char *const records[] = {
        "{\"d\":1,\"b\":{\"c\":2},\"a\":3}", "{\"d\":1,\"b\":{\"c\":2}}",
        "{\"d\":1,\"a\":\"\"}"
    };
    struct shape s = {.fields = fields};
    struct buf text = {0};

    for (int i = 0; i < 3; i++) {
        struct records r;

        one(&s, records[i], &text, &r);
        CHECK(r.count == 1 && r.list[0].slots[0].rank == i);
        records_free(&r);
    }
    forget_plans(&s);
    buf_free(&text);
}

/* --- several fields ------------------------------------------------------ */

TEST(fields_do_not_take_from_each_other)
{
    static const struct field fields[] = {
        {"first", .path = "Names[0]"},
        {"all", .path = "Names[]", .type = FIELD_LIST},
        {"whole", .path = "Names", .type = FIELD_JSON},
        {"again", .path = "Names[0]"},
        {"status", .path = "State.Status|State"},
        {"states", .path = "State.*", .type = FIELD_LIST},
        {"every", .path = "State.*"},
        {"json", .path = "State", .type = FIELD_JSON},
        {0}
    };
    struct shape s = {.fields = fields};
    struct buf text = {0};
    struct records r;

    CHECK_TEXT(one(&s, "{\"Names\":[\"x\",\"y\"],\"State\":{\"Pid\":1,"
                   "\"Status\":\"up\"}}", &text, &r),
               "'x' ['x','y'] <[\"x\",\"y\"]> 'x' 'up' [1,'up'] 'up' "
               "<{\"Pid\":1,\"Status\":\"up\"}>|");
    records_free(&r);
    CHECK_TEXT(one(&s, "{\"State\":\"down\"}", &text, &r),
               "- - - - 'down' - - <\"down\">|");
    records_free(&r);
    forget_plans(&s);
    buf_free(&text);
}

static void bare(struct slot *slot)
{
    if (slot->type == SLOT_TEXT && slot->length && *slot->text == '/') {
        slot->text++;
        slot->length--;
    }
}

static void state_of(struct slot *slot)
{
    slot_set_text(slot, slot_is(slot, "running") ? "running" : "unknown");
}

static const struct field part_fields[] = {
    {"id", .path = "ImageID|Image"}, {"name", .path = "Image"}, {0}
};

static struct shape part = {.name = "Part", .fields = part_fields};

static const struct field thing_fields[] = {
    {"id", .path = "Id"},
    {"name", .path = "Names[0]|Id", .map = bare},
    {"state", .path = "State", .map = state_of},
    {"image", .object = &part, .fields = part_fields},
    {"created", .path = "Created", .type = FIELD_TIME},
    {0}
};

static const struct field thing_extra[] = {
    {"ports", .path = "Ports", .type = FIELD_JSON},
    {"name", .path = "Names[0]", .map = bare},
    {"size", .path = "Size"},
    {0}
};

static struct shape thing = {
    .name = "Thing", .reference = "id", .fields = thing_fields,
    .extra = thing_extra
};

TEST(objects_inside_count_with_theirs)
{
    struct buf text = {0};
    struct records r;

    CHECK(shape_columns(thing_fields) == 6);
    CHECK(shape_columns(part_fields) == 2 && shape_columns(NULL) == 0);
    CHECK_TEXT(one(&thing, "{\"Id\":\"3f\",\"Names\":[\"/web\"],\"State\":"
                   "\"running\",\"Image\":\"tomcat\",\"ImageID\":\"sha\","
                   "\"Created\":5}", &text, &r),
               "'3f' 'web' 'running' 'sha' 'tomcat' 5|");
    records_free(&r);
    CHECK_TEXT(one(&thing, "{\"Id\":\"3f\",\"Image\":\"x\"}", &text, &r),
               "'3f' '3f' 'unknown' 'x' 'x' -|");
    records_free(&r);
    forget_plans(&thing);
    buf_free(&text);
}

/* "<none>" stands for no name. */
static void real_name(struct slot *slot)
{
    if (slot_is(slot, "<none>"))
        slot->type = SLOT_ABSENT;
}

/* Whatever a map makes of them, what is not there, null or empty gives way. */
TEST(maps_leave_the_choice_to_the_path)
{
    static const struct {
        const char *json, *shown;
    } cases[] = {
        {"{\"s\":{\"t\":\"running\"},\"u\":\"x\"}", "'running' -|"},
        {"{\"s\":\"x\",\"u\":\"running\"}", "'unknown' -|"},
        {"{\"s\":{\"t\":null},\"u\":\"running\"}", "'running' -|"},
        {"{\"u\":\"running\",\"s\":{\"t\":null}}", "'running' -|"},
        {"{\"s\":{\"t\":\"\"},\"u\":\"running\"}", "'running' -|"},
        {"{\"u\":\"running\",\"s\":{\"t\":\"\"}}", "'running' -|"},
        {"{\"s\":{\"t\":\"\"}}", "'unknown' -|"}, {"{}", "'unknown' -|"},
        {"{\"n\":[\"a\"],\"id\":\"i\"}", "'unknown' 'a'|"},
        {"{\"n\":[],\"id\":\"i\"}", "'unknown' 'i'|"},
        {"{\"n\":[\"<none>\"],\"id\":\"i\"}", "'unknown' 'i'|"},
        {"{\"id\":\"i\",\"n\":[\"<none>\"]}", "'unknown' 'i'|"},
        {"{\"n\":[\"<none>\"]}", "'unknown' -|"}
    };
    static const struct field fields[] = {
        {"state", .path = "s.t|s|u", .map = state_of},
        {"name", .path = "n[0]|id", .map = real_name}, {0}
    };
    struct shape s = {.fields = fields};
    struct buf text = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct records r;

        if (!CHECK_TEXT(one(&s, cases[i].json, &text, &r), cases[i].shown))
            printf("    %s\n", cases[i].json);
        records_free(&r);
    }
    forget_plans(&s);
    buf_free(&text);
}

TEST(maps_see_slots)
{
    struct slot s = {.type = SLOT_TEXT, .text = "running!", .length = 7};

    CHECK(slot_is(&s, "running") && !slot_is(&s, "runnin")
          && !slot_is(&s, "running!"));
    slot_set_text(&s, "stopped");
    CHECK(slot_is(&s, "stopped"));
    s.type = SLOT_INTEGER;
    CHECK(!slot_is(&s, "stopped"));
}

/* --- lists of records ---------------------------------------------------- */

TEST(lists)
{
    static const struct {
        const char *json, *at, *shown;
    } cases[] = {
        {"[]", "", ""}, {" null ", "", ""}, {"[{\"a\":1}]", "", "1|"},
        {"[{\"a\":1},{},{\"a\":\"x\"}]", "", "1|-|'x'|"},
        {"{\"items\":[{\"a\":1},{\"a\":2}]}", "items", "1|2|"},
        {"{\"x\":[{\"a\":9}],\"items\":[{\"a\":1}],\"y\":{}}", "items", "1|"},
        {"{\"items\":[]}", "items", ""}, {"{\"items\":null}", "items", ""},
        {"{\"\\u0069tems\":[{\"a\":1}]}", "items", "1|"},
        {"{}", "items", "!the list is missing"},
        {"{\"x\":{\"items\":[]}}", "items", "!the list is missing"},
        {"{\"items\":{}}", "items", "!a list was expected"},
        {"{\"items\":\"x\"}", "items", "!a list was expected"},
        {"{}", "", "!a list was expected"},
        {"\"\"", "", "!a list was expected"},
        {"[]", "items", "!an object was expected"},
        {"null", "items", "!an object was expected"},
        {"[1]", "", "!an object was expected"},
        {"[{\"a\":1},null]", "", "!an object was expected"},
        {"[{\"a\":1},[]]", "", "!an object was expected"},
        {"", "", "!it ends in the middle of a value"},
        {"[{\"a\":1},", "", "!it ends in the middle of a value"},
        {"[{\"a\":1},{\"b\":\"\xff\"}]", "", "!a string is not valid UTF-8"},
        {"[{\"a\":1}]]", "", "!text stands behind its end"},
        {"{\"items\":[],\"x\":tru}", "items", "!an unknown word; true, false "
         "and null are known"}
    };
    static const struct field fields[] = {{"a", .path = "a"}, {0}};
    struct shape s = {.fields = fields};
    struct buf text = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct records r;

        if (!CHECK_TEXT(many(&s, cases[i].json, cases[i].at, &text, &r),
                        cases[i].shown))
            printf("    %s\n", cases[i].json);
        records_free(&r);
    }
    forget_plans(&s);
    buf_free(&text);
}

TEST(long_lists)
{
    static const struct field fields[] = {
        {"id", .path = "Id"}, {"all", .path = "L[]", .type = FIELD_LIST}, {0}
    };
    struct shape s = {.fields = fields};
    struct buf json = {0}, text = {0};
    struct records r;

    for (int i = 0; i < 3000; i++) {
        buf_format(&json, "%c{\"Id\":\"\\u0069%d\",\"L\":[", i ? ',' : '[', i);
        for (int k = 0; k < i % 70; k++)
            buf_format(&json, k ? ",%d" : "%d", k);
        buf_text(&json, "]}");
    }
    buf_char(&json, ']');
    many(&s, json.s, "", &text, &r);
    CHECK(r.count == 3000);
    for (size_t i = 0; i < r.count; i++) {
        const struct slot *slots = r.list[i].slots;
        char id[24];
        bool ok = slots[1].length == i % 70;

        snprintf(id, sizeof id, "i%zu", i);
        for (uint32_t k = 0; ok && k < slots[1].length; k++)
            ok = slots[1].list[k].integer == k;
        CHECK(ok && slot_is(&slots[0], id));
    }
    records_free(&r);
    forget_plans(&s);
    buf_free(&json);
    buf_free(&text);
}

/* Each name three times, of which the last counts. */
TEST(many_names)
{
    enum { NAMES = 1000 };
    static const struct field fields[] = {
        {"ips", .path = "n.*.ip", .type = FIELD_LIST}, {0}
    };
    struct shape s = {.fields = fields};
    struct buf json = {0}, text = {0};
    struct records r;
    bool ok;

    buf_text(&json, "{\"n\":{");
    for (int i = 0; i < 3 * NAMES; i++)
        buf_format(&json, "%s\"%s%d\":{\"ip\":%d}", i ? "," : "",
                   i % 2 ? "net" : "\\u006eet", i % NAMES, i);
    buf_text(&json, "}}");
    one(&s, buf_string(&json), &text, &r);
    ok = CHECK(r.count == 1) && CHECK(r.list[0].slots[0].length == NAMES);
    for (int i = 0; ok && i < NAMES; i++)
        ok = CHECK(r.list[0].slots[0].list[i].integer == 2 * NAMES + i);
    records_free(&r);
    forget_plans(&s);
    buf_free(&json);
    buf_free(&text);
}

/* The first record that has nothing to call it by. */
TEST(references)
{
    static const struct field inside[] = {{"x", .path = "x"}, {0}};
    static const struct field fields[] = {
        {"in", .fields = inside}, {"id", .path = "Id|Name"}, {0}
    };
    static const struct {
        const char *json;
        int without;
    } cases[] = {
        {"[]", -1}, {"[{\"Id\":\"a\"},{\"Name\":\"b\"},{\"Id\":0}]", -1},
        {"[{}]", 0}, {"[{\"Id\":1},{\"x\":1},{}]", 1},
        {"[{\"Id\":\"\"}]", 0}, {"[{\"Id\":\"\",\"Name\":\"b\"}]", -1},
        {"[{\"Id\":null}]", 0}, {"[{\"Id\":{}}]", 0}
    };
    struct shape s = {.fields = fields, .reference = "id"};
    struct buf text = {0};

    CHECK(shape_column(fields, "id") == 1 && shape_column(fields, "in") == 0
          && shape_column(fields, "none") == -1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct record *found;
        struct records r;

        many(&s, cases[i].json, "", &text, &r);
        s.reference = "id";
        found = record_without_reference(&s, &r);
        if (!CHECK((found ? found - r.list : -1) == cases[i].without))
            printf("    %s\n", cases[i].json);
        s.reference = NULL;
        CHECK(!record_without_reference(&s, &r));
        records_free(&r);
    }
    forget_plans(&s);
    buf_free(&text);
}

TEST(raw_is_the_whole_record)
{
    struct buf text = {0};
    struct records r;

    many(&thing, "[ {\"Id\" : 1, \"x\":[{}]} ,{} ]", "", &text, &r);
    CHECK(r.count == 2);
    CHECK(r.list[0].raw_length == 20
          && memcmp(r.list[0].raw, "{\"Id\" : 1, \"x\":[{}]}", 20) == 0);
    CHECK(r.list[1].raw_length == 2 && memcmp(r.list[1].raw, "{}", 2) == 0);
    records_free(&r);
    forget_plans(&thing);
    buf_free(&text);
}

TEST(extra)
{
    static const char raw[] = "{\"Names\":[\"/\\u0077eb\"],\"Ports\":[{}],"
        "\"Size\":7}";
    struct slot slots[3] = {{0}}, none[3] = {{0}};
    struct buf text = {0};
    struct arena a = {0};

    CHECK(read_extra(&thing, raw, sizeof raw - 1, &a, slots));
    for (int i = 0; i < 3; i++)
        show_slot(&text, &slots[i]);
    CHECK_TEXT(buf_string(&text), "<[{}]>'web'7");
    CHECK(read_extra(&thing, "{}", 2, &a, none));
    CHECK(none[0].type == SLOT_ABSENT && none[2].type == SLOT_ABSENT);
    CHECK(!read_extra(&thing, "[]", 2, &a, none));
    arena_free(&a);
    forget_plans(&thing);
    buf_free(&text);
}

/* --- threads ------------------------------------------------------------- */

struct racer {
    pthread_barrier_t *start;
    struct shape *shape;
    bool ok;
};

static void *race(void *context)
{
    struct racer *me = context;
    struct slot slots[3] = {{0}};
    struct buf text = {0};
    struct arena a = {0};
    struct records r;

    pthread_barrier_wait(me->start);
    me->ok = strcmp(one(me->shape, "{\"Id\":\"3f\",\"Names\":[\"/web\"]}",
                        &text, &r), "'3f' 'web' 'unknown' - - -|") == 0
        && read_extra(me->shape, "{\"Size\":7}", 10, &a, slots)
        && slots[2].integer == 7;
    records_free(&r);
    arena_free(&a);
    buf_free(&text);
    return NULL;
}

/* Whoever comes second throws its own away: a leak or a second plan would show
 * under a sanitizer. */
TEST(two_threads_make_one_plan)
{
    for (int i = 0; i < 300; i++) {
        struct shape s = {.fields = thing_fields, .extra = thing_extra};
        pthread_barrier_t start;
        struct racer racers[2] = {{&start, &s, false}, {&start, &s, false}};
        pthread_t threads[2];

        pthread_barrier_init(&start, NULL, 2);
        for (int k = 0; k < 2; k++)
            pthread_create(&threads[k], NULL, race, &racers[k]);
        for (int k = 0; k < 2; k++)
            pthread_join(threads[k], NULL);
        pthread_barrier_destroy(&start);
        CHECK(racers[0].ok && racers[1].ok);
        forget_plans(&s);
    }
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"one_field", test_one_field},
        {"ranks_tell_the_alternative", test_ranks_tell_the_alternative},
        {"fields_do_not_take_from_each_other",
         test_fields_do_not_take_from_each_other},
        {"objects_inside_count_with_theirs",
         test_objects_inside_count_with_theirs},
        {"maps_leave_the_choice_to_the_path",
         test_maps_leave_the_choice_to_the_path},
        {"maps_see_slots", test_maps_see_slots},
        {"lists", test_lists},
        {"long_lists", test_long_lists},
        {"many_names", test_many_names},
        {"references", test_references},
        {"raw_is_the_whole_record", test_raw_is_the_whole_record},
        {"extra", test_extra},
        {"two_threads_make_one_plan", test_two_threads_make_one_plan},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
