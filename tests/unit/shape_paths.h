/* shape_paths.h -- what the path of a field finds in a record (shape_test.c).
 *
 * Values are shown as text: 'text' 1 1.5 true [list] <JSON>, - for none, and
 * !problem where there is no record. */
#ifndef LUFT_SHAPE_PATHS_H
#define LUFT_SHAPE_PATHS_H

#include "../../src/core/shape.h"

static const struct path_case {
    const char *path;
    enum field_type type;
    const char *json, *value;
} paths[] = {
    /* values as they come */
    {"a", FIELD_PLAIN, "{\"a\":\"x\"}", "'x'"},
    {"a", FIELD_PLAIN, "{\"a\":7,\"b\":8}", "7"},
    {"a", FIELD_PLAIN, "{\"a\":9007199254740993}", "9007199254740993"},
    {"a", FIELD_PLAIN, "{\"a\":9223372036854775808}", "9.223372036854776e+18"},
    {"a", FIELD_PLAIN, "{\"a\":-1.5}", "-1.5"},
    {"a", FIELD_PLAIN, "{\"a\":false}", "false"},
    {"a", FIELD_PLAIN, "{\"a\":\"\"}", "''"},
    {"a", FIELD_PLAIN, "{\"a\":\"q\\\"\\u20ac\"}", "'q\"\xe2\x82\xac'"},
    {"a", FIELD_PLAIN, "{\"a\":null}", "-"},
    {"a", FIELD_PLAIN, "{\"a\":{}}", "-"},
    {"a", FIELD_PLAIN, "{\"a\":[1]}", "-"},
    {"a", FIELD_PLAIN, "{}", "-"}, {"a", FIELD_PLAIN, "{\"b\":1}", "-"},
    {"-", FIELD_PLAIN, "{\"a\":1}", "-"},

    /* paths */
    {"a.b", FIELD_PLAIN, "{\"a\":{\"b\":1}}", "1"},
    {"a.b.c", FIELD_PLAIN, "{\"a\":{\"b\":{\"x\":0,\"c\":1}}}", "1"},
    {"a.b", FIELD_PLAIN, "{\"a\":{\"c\":{\"b\":1}}}", "-"},
    {"a.b", FIELD_PLAIN, "{\"a\":1}", "-"},
    {"a.b", FIELD_PLAIN, "{\"a\":[{\"b\":1}]}", "-"},
    {"a.b", FIELD_PLAIN, "{\"b\":1,\"a\":null}", "-"},
    {"a.b", FIELD_PLAIN, "{\"a.b\":1}", "-"},
    {"a[0]", FIELD_PLAIN, "{\"a\":[\"x\",\"y\"]}", "'x'"},
    {"a[1]", FIELD_PLAIN, "{\"a\":[\"x\",\"y\"]}", "'y'"},
    {"a[2]", FIELD_PLAIN, "{\"a\":[\"x\",\"y\"]}", "-"},
    {"a[0]", FIELD_PLAIN, "{\"a\":[]}", "-"},
    {"a[0]", FIELD_PLAIN, "{\"a\":{\"0\":1}}", "-"},
    {"a[0].b", FIELD_PLAIN, "{\"a\":[{\"b\":1},{\"b\":2}]}", "1"},
    {"a[1][0]", FIELD_PLAIN, "{\"a\":[[1],[2,3]]}", "2"},
    {"a.*", FIELD_PLAIN, "{\"a\":{\"x\":1}}", "1"},
    {"a", FIELD_PLAIN, "{\"\\u0061\":1}", "1"},         /* escaped names */
    {"a.b", FIELD_PLAIN, "{\"a\":{\"\\u0062\":1}}", "1"},
    {"ab", FIELD_PLAIN, "{\"\\u0061\":1}", "-"},

    /* alternatives */
    {"a|b", FIELD_PLAIN, "{\"a\":1,\"b\":2}", "1"},
    {"a|b", FIELD_PLAIN, "{\"b\":2,\"a\":1}", "1"},
    {"a|b", FIELD_PLAIN, "{\"b\":2}", "2"},
    {"a|b|c", FIELD_PLAIN, "{\"c\":3,\"b\":null,\"a\":null}", "3"},
    {"a|b", FIELD_PLAIN, "{\"a\":\"\",\"b\":2}", "2"},
    {"a|b", FIELD_PLAIN, "{\"b\":2,\"a\":\"\"}", "2"},
    {"a|b", FIELD_PLAIN, "{\"a\":\"\"}", "''"},
    {"a|b", FIELD_PLAIN, "{\"a\":[],\"b\":2}", "2"},
    {"a|b", FIELD_PLAIN, "{\"a\":0,\"b\":2}", "0"},
    {"a|b", FIELD_PLAIN, "{\"a\":false,\"b\":2}", "false"},
    {"s.t|s", FIELD_PLAIN, "{\"s\":{\"t\":\"x\"}}", "'x'"},
    {"s.t|s", FIELD_PLAIN, "{\"s\":\"y\"}", "'y'"},
    {"a[0]|b", FIELD_PLAIN, "{\"a\":[],\"b\":\"id\"}", "'id'"},
    {"a[0]|b", FIELD_PLAIN, "{\"b\":\"id\",\"a\":[\"x\"]}", "'x'"},

    /* a name that comes twice: the last one */
    {"a", FIELD_PLAIN, "{\"a\":1,\"a\":2}", "2"},
    {"a.b", FIELD_PLAIN, "{\"a\":{\"b\":1},\"a\":{\"b\":2}}", "2"},
    {"a", FIELD_JSON, "{\"a\":[1],\"a\":[2]}", "<[2]>"},
    {"a|b", FIELD_PLAIN, "{\"a\":1,\"b\":2,\"a\":3,\"b\":4}", "3"},
    {"a|b", FIELD_PLAIN, "{\"a\":1,\"b\":2,\"a\":null}", "2"},
    {"a", FIELD_PLAIN, "{\"a\":1,\"a\":{}}", "-"},
    {"a", FIELD_PLAIN, "{\"a\":1,\"\\u0061\":2}", "2"},
    {"a.b", FIELD_PLAIN, "{\"a\":{\"b\":1},\"a\":{}}", "-"},
    {"a", FIELD_JSON, "{\"a\":[1],\"a\":null}", "-"},
    {"a[]", FIELD_LIST, "{\"a\":[1,2],\"a\":[3]}", "[3]"},
    {"a[]", FIELD_LIST, "{\"a\":[1,2],\"b\":0,\"a\":[]}", "-"},
    {"a[].b", FIELD_LIST, "{\"a\":[{\"b\":1,\"b\":2},{\"b\":3}]}", "[2,3]"},
    {"a[].b[]", FIELD_LIST, "{\"a\":[{\"b\":[1],\"b\":[2]},{\"b\":[3]}]}",
     "[2,3]"},
    {"n.*.ip", FIELD_LIST, "{\"n\":{\"x\":{\"ip\":\"1\"}},\"n\":{\"y\":"
     "{\"ip\":\"2\"}}}", "['2']"},
    {"n.*.ip", FIELD_LIST, "{\"n\":{\"x\":{\"ip\":\"1\"},\"y\":{\"ip\":"
     "\"2\"},\"x\":{\"ip\":\"3\"}}}", "['2','3']"},
    {"n.*.ip", FIELD_LIST, "{\"n\":{\"x\":{\"ip\":\"1\"},\"\\u0078\":"
     "{\"ip\":\"2\"}}}", "['2']"},
    {"n.*.ip", FIELD_LIST, "{\"n\":{\"x\":{\"ip\":\"1\",\"ip\":\"2\"}}}",
     "['2']"},
    {"n.*.ip", FIELD_LIST, "{\"n\":{\"x\":{\"ip\":\"1\"},\"x\":{}}}", "-"},
    {"n.*.ip", FIELD_LIST, "{\"n\":{\"a\":{\"ip\":\"1\"},\"b\":{\"ip\":"
     "\"1\"}}}", "['1','1']"},        /* other names, the same value */
    {"a", FIELD_PLAIN, "{\"a\":1,\"a\":x}", "!a value was expected"},

    /* lists */
    {"a[]", FIELD_LIST, "{\"a\":[\"x\",\"y\",3,true]}", "['x','y',3,true]"},
    {"a[]", FIELD_LIST, "{\"a\":[\"\",\"y\",null,\"\"]}", "['y']"},
    {"a[]", FIELD_LIST, "{\"a\":[\"\",null]}", "-"},
    {"a[]", FIELD_LIST, "{\"a\":[]}", "-"}, {"a[]", FIELD_LIST, "{}", "-"},
    {"a[]", FIELD_LIST, "{\"a\":null}", "-"},
    {"a[]", FIELD_LIST, "{\"a\":\"x\"}", "-"},
    {"a[]", FIELD_LIST, "{\"a\":[[1],2,{\"b\":3}]}", "[2]"},
    {"a[].b", FIELD_LIST, "{\"a\":[{\"b\":1},{},{\"b\":2},5]}", "[1,2]"},
    {"a[].b[]", FIELD_LIST, "{\"a\":[{\"b\":[1,2]},{\"b\":[3]}]}", "[1,2,3]"},
    {"a[][]", FIELD_LIST, "{\"a\":[[1,2],[],[3]]}", "[1,2,3]"},
    {"a.*", FIELD_LIST, "{\"a\":{\"x\":1,\"y\":\"\",\"z\":3}}", "[1,3]"},
    {"n.*.ip", FIELD_LIST, "{\"n\":{\"x\":{\"ip\":\"1\"},\"y\":{\"ip\":\"\"},"
     "\"z\":{\"ip\":\"2\",\"gw\":\"3\"}}}", "['1','2']"},
    {"n.*.ip|ip", FIELD_LIST, "{\"ip\":\"9\",\"n\":{\"x\":{\"ip\":\"1\"}}}",
     "['1']"},
    {"n.*.ip|ip", FIELD_LIST, "{\"n\":{\"x\":{\"ip\":\"\"}},\"ip\":\"9\"}",
     "['9']"},
    {"n.*.ip|ip", FIELD_LIST, "{\"n\":{\"x\":{\"ip\":\"1\"}},\"ip\":\"9\"}",
     "['1']"},
    {"a|b", FIELD_LIST, "{\"b\":2,\"a\":1}", "[1]"},

    /* times */
    {"a", FIELD_TIME, "{\"a\":\"2015-12-23T01:05:40Z\"}", "1450832740"},
    {"a", FIELD_TIME, "{\"a\":\"2015-12-23T03:05:40.5+02:00\"}",
     "1450832740.5"},
    {"a", FIELD_TIME, "{\"a\":\"2015-12-23T01:05:40\\u005a\"}", "1450832740"},
    {"a", FIELD_TIME, "{\"a\":1450832740}", "1450832740"},
    {"a", FIELD_TIME, "{\"a\":1450832740.25}", "1450832740.25"},
    {"a", FIELD_TIME, "{\"a\":\"0001-01-01T00:00:00Z\"}", "-"},
    {"a", FIELD_TIME, "{\"a\":\"yesterday\"}", "-"},
    {"a", FIELD_TIME, "{\"a\":\"\"}", "-"},
    {"a", FIELD_TIME, "{\"a\":null}", "-"}, {"a", FIELD_TIME, "{}", "-"},

    /* JSON as it stands there */
    {"a", FIELD_JSON, "{\"a\": [ 1, {\"b\":null} ] }",
     "<[ 1, {\"b\":null} ]>"},
    {"a", FIELD_JSON, "{\"a\":{}}", "<{}>"},
    {"a", FIELD_JSON, "{\"a\":\"x\\n\"}", "<\"x\\n\">"},
    {"a", FIELD_JSON, "{\"a\":1.50 }", "<1.50>"},
    {"a", FIELD_JSON, "{\"a\":true}", "<true>"},
    {"a", FIELD_JSON, "{\"a\":null}", "-"}, {"a", FIELD_JSON, "{}", "-"},
    {"a|b", FIELD_JSON, "{\"b\":[],\"a\":[0]}", "<[0]>"},
    {"a|b", FIELD_JSON, "{\"a\":null,\"b\":[]}", "<[]>"},
    {"a.b|a", FIELD_JSON, "{\"a\":{\"b\":[1]}}", "<[1]>"},
    {"a.b|a", FIELD_JSON, "{\"a\":{\"c\":[1]}}", "<{\"c\":[1]}>"},

    /* what is no record */
    {"a", FIELD_PLAIN, "[]", "!an object was expected"},
    {"a", FIELD_PLAIN, "null", "!an object was expected"},
    {"a", FIELD_PLAIN, "", "!it ends in the middle of a value"},
    {"a", FIELD_PLAIN, "{\"a\":1", "!it ends in the middle of a value"},
    {"a", FIELD_PLAIN, "{\"b\":[1,]}", "!a value was expected"},
    {"a", FIELD_PLAIN, "{\"a\":1}x", "!text stands behind its end"},
    {"a[]", FIELD_LIST, "{\"a\":[1,x]}", "!a value was expected"}
};

#endif
