/* json_documents.h -- what a strict reader of JSON takes and what it refuses
 * (RFC 8259).  json_read_test.c and json_bounds_test.c read all of them. */
#ifndef LUFT_JSON_DOCUMENTS_H
#define LUFT_JSON_DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>

struct document {
    const char *text;
    size_t length;
    bool good;
};

#define GOOD(text) {text, sizeof (text) - 1, true}
#define BAD(text) {text, sizeof (text) - 1, false}

static const struct document documents[] = {
    /* words */
    GOOD("null"), GOOD("true"), GOOD("false"), GOOD("[null,true,false]"),
    BAD("nul"), BAD("nulll"), BAD("tru"), BAD("truee"), BAD("fals"),
    BAD("falsey"), BAD("Null"), BAD("TRUE"), BAD("None"), BAD("undefined"),
    BAD("NaN"), BAD("nan"), BAD("Infinity"), BAD("-Infinity"), BAD("inf"),
    BAD("[nul]"), BAD("[tru]"), BAD("[truth]"), BAD("{\"a\":nul}"),
    BAD("[n]"), BAD("[t]"), BAD("[f]"), BAD("truefalse"), BAD("true false"),

    /* numbers */
    GOOD("0"), GOOD("-0"), GOOD("1"), GOOD("-1"), GOOD("10"), GOOD("123"),
    GOOD("0.0"), GOOD("-0.0"), GOOD("1.5"), GOOD("0e1"), GOOD("0e+1"),
    GOOD("0E-1"), GOOD("1e5"), GOOD("1E5"), GOOD("1e+5"), GOOD("1e-5"),
    GOOD("1.0e05"), GOOD("123.456e78"), GOOD("[0,-0,0.1]"), GOOD("1e-400"),
    GOOD("-1e-400"), GOOD("9223372036854775807"), GOOD("1e308"),
    GOOD("9223372036854775808"), GOOD("-9223372036854775809"),
    GOOD("123456789012345678901234567890"), GOOD("0.00000000000000000000001"),
    BAD("-"), BAD("+1"), BAD("+"), BAD("00"), BAD("01"), BAD("-01"),
    BAD("-00"), BAD("1."), BAD("-1."), BAD(".5"), BAD("-.5"), BAD("1.e5"),
    BAD("1e"), BAD("1e+"), BAD("1e-"), BAD("1E"), BAD("1e5.5"), BAD("1.5.5"),
    BAD("1e1e1"), BAD("--1"), BAD("-+1"), BAD("- 1"), BAD("1 2"), BAD("0x10"),
    BAD("0b1"), BAD("0o7"), BAD("1_000"), BAD("1,000"), BAD("1a"), BAD("-a"),
    BAD("1f"), BAD("1L"), BAD("[1.]"), BAD("[-]"), BAD("[01]"), BAD("[1e]"),
    BAD("[+1]"), BAD("[.1]"), BAD("{\"a\":01}"), BAD("{\"a\":-}"),
    BAD("1e400"), BAD("-1e400"), BAD("[1e400]"), BAD("{\"a\":-1e999}"),
    BAD("\xef\xbc\x91"), BAD("[\xd9\xa1]"), BAD("1\xc2\xa0"), BAD("1\0"),

    /* strings */
    GOOD("\"\""), GOOD("\"a\""), GOOD("\" \""), GOOD("\"\x7f\""),
    GOOD("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), GOOD("\"\\u0000\""),
    GOOD("\"\\u00e9\\u20AC\\uFFFF\""), GOOD("\"\\uD83D\\uDE00\""),
    GOOD("\"\\ud800\""), GOOD("\"\\udc00\""), GOOD("\"\\ud800\\ud800\""),
    GOOD("\"\\udc00\\ud800\""), GOOD("\"\\ud800\\n\""), GOOD("\"'/\""),
    GOOD("\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\""),
    GOOD("\"\xe2\x80\xa8\xe2\x80\xa9\""), GOOD("\"\xef\xbf\xbf\""),
    GOOD("\"\xf4\x8f\xbf\xbf\""), GOOD("\"\xef\xbb\xbf\""),
    GOOD("\"12345678\\\"\""), GOOD("\"1234567\\\\\""),
    BAD("\""), BAD("\"a"), BAD("\"\\\""), BAD("\"\\"), BAD("'a'"), BAD("a"),
    BAD("\"a\"b"), BAD("\"\"\""), BAD("\"\\x41\""), BAD("\"\\a\""),
    BAD("\"\\'\""), BAD("\"\\0\""), BAD("\"\\U0041\""), BAD("\"\\\n\""),
    BAD("\"\\ \""), BAD("\"\\\0\""), BAD("\"\\\xc3\xa9\""),
    BAD("\"\\u\""), BAD("\"\\u1\""), BAD("\"\\u12\""), BAD("\"\\u123\""),
    BAD("\"\\u123"), BAD("\"\\u12G4\""), BAD("\"\\u 123\""),
    BAD("\"\\u-123\""), BAD("\"\\u+123\""), BAD("\"\\ud83d\\u\""),
    BAD("\"\\ud83d\\u12\""), BAD("\"\\ud83d\\"), BAD("\"\n\""),
    BAD("\"a\tb\""), BAD("\"\r\""), BAD("\"\0\""), BAD("\"\x01\""),
    BAD("\"\x1f\""), BAD("\"12345678\x1f\""), BAD("\"1234567\0\""),
    BAD("[\"a\nb\"]"), BAD("{\"a\tb\":1}"), BAD("[\"\\q\"]"),
    BAD("{\"\\q\":1}"), BAD("[\"a]"), BAD("{\"a}"),

    /* UTF-8 that is none */
    BAD("\"\x80\""), BAD("\"\xbf\""), BAD("\"\xc0\x80\""),
    BAD("\"\xc0\xaf\""), BAD("\"\xc1\xbf\""), BAD("\"\xc3\""),
    BAD("\"\xc3(\""), BAD("\"\xe0\x80\x80\""), BAD("\"\xe0\x9f\xbf\""),
    BAD("\"\xe2\x82\""), BAD("\"\xe2(\xa1\""), BAD("\"\xe2\x82(\""),
    BAD("\"\xed\xa0\x80\""), BAD("\"\xed\xbf\xbf\""),
    BAD("\"\xed\xa0\xbd\xed\xb8\x80\""), BAD("\"\xf0\x80\x80\x80\""),
    BAD("\"\xf0\x8f\xbf\xbf\""), BAD("\"\xf0\x9f\x98\""),
    BAD("\"\xf0\x9f\x98(\""), BAD("\"\xf4\x90\x80\x80\""),
    BAD("\"\xf5\x80\x80\x80\""), BAD("\"\xf8\x88\x80\x80\x80\""),
    BAD("\"\xfc\x84\x80\x80\x80\x80\""), BAD("\"\xfe\""), BAD("\"\xff\""),
    BAD("\"abcdefgh\xff\""), BAD("\"abcdefg\xc3\""), BAD("{\"\xff\":1}"),
    BAD("[\"a\",\"\xe9\"]"), BAD("\xff"), BAD("\xc3\xa9"),
    BAD("\xef\xbb\xbf{}"), BAD("\xef\xbb\xbf"), BAD("\xfe\xff\0{\0}"),

    /* arrays */
    GOOD("[]"), GOOD("[ ]"), GOOD("[1]"), GOOD("[1,2]"), GOOD("[[]]"),
    GOOD("[[],[]]"), GOOD("[[[]]]"), GOOD("[{},[],\"\",0]"),
    GOOD("[ 1 , 2 ]"), GOOD("[\n[\t]\r]"), GOOD("[\"]\",\"[\"]"),
    BAD("["), BAD("]"), BAD("[[]"), BAD("[]]"), BAD("[,]"), BAD("[1,]"),
    BAD("[,1]"), BAD("[1,,2]"), BAD("[1 2]"), BAD("[1;2]"), BAD("[1:2]"),
    BAD("[\"a\" \"b\"]"), BAD("[1,"), BAD("[1"), BAD("[\"a\","), BAD("[}"),
    BAD("[1}"), BAD("[{]}"), BAD("[[1},2]"), BAD("[][]"), BAD("[],"),
    BAD("[]1"), BAD("[]x"), BAD("[1]]"), BAD("(1)"), BAD("[\"a\":1]"),
    BAD("[[],"), BAD("[{},"), BAD("[[] []]"), BAD("[...]"), BAD("[*]"),

    /* objects */
    GOOD("{}"), GOOD("{ }"), GOOD("{\"a\":1}"), GOOD("{\"\":0}"),
    GOOD("{\"a\":1,\"b\":2}"), GOOD("{\"a\":{}}"), GOOD("{\"a\":[]}"),
    GOOD("{\"a\":1,\"a\":2}"), GOOD("{\"a\\u0000b\":1}"),
    GOOD("{ \"a\" : 1 , \"b\" : [ ] }"), GOOD("{\"}\":\"{\"}"),
    GOOD("{\"a\":{\"b\":{\"c\":[1,{\"d\":null}]}}}"),
    BAD("{"), BAD("}"), BAD("{\"a\""), BAD("{\"a\":"), BAD("{\"a\":1"),
    BAD("{\"a\":1,"), BAD("{\"a\":1,}"), BAD("{,}"), BAD("{,\"a\":1}"),
    BAD("{\"a\"}"), BAD("{\"a\",1}"), BAD("{\"a\" 1}"), BAD("{\"a\":}"),
    BAD("{\"a\"::1}"), BAD("{\"a\":1:2}"), BAD("{\"a\":1,,\"b\":2}"),
    BAD("{\"a\":1 \"b\":2}"), BAD("{\"a\":1;\"b\":2}"), BAD("{a:1}"),
    BAD("{'a':1}"), BAD("{1:1}"), BAD("{null:1}"), BAD("{[]:1}"),
    BAD("{{}:1}"), BAD("{\"a\":1]"), BAD("{]"), BAD("{}}"), BAD("{}{}"),
    BAD("{\"a\":1}x"), BAD("{\"a\":1},"), BAD("{\"a\":[}"),
    BAD("{\"a\":{]}"), BAD("{\"a\":[1}"), BAD("{\"a\":a}"), BAD("{\"a\"=1}"),
    BAD("{1}"), BAD("{\"a\":1,\"b\"}"), BAD("{\"a\":{\"b\":1}"),

    /* white space, comments, the ends */
    GOOD(" 1 "), GOOD("\t\n\r 1"), GOOD("1\n"), GOOD(" [ ] \r\n"),
    GOOD("\n{\n\"a\"\n:\n1\n}\n"),
    BAD(""), BAD(" "), BAD("\n\n"), BAD("\0"), BAD("\f1"), BAD("\v1"),
    BAD("1\f"), BAD("\xc2\xa0[]"), BAD("[\xc2\xa0]"), BAD("[\f]"),
    BAD("\xe2\x80\x89{}"), BAD("[]\0"), BAD("[\0]"), BAD("[1\0]"),
    BAD("// c\n1"), BAD("/* c */1"), BAD("[1]//"), BAD("[/**/1]"),
    BAD("#c\n1"), BAD("1;"), BAD(","), BAD(":"), BAD("\\n"), BAD("*"),
    BAD("<html>"), BAD("404 page not found"), BAD("\x1f\x8b\x08")
};

#undef GOOD
#undef BAD

enum { DOCUMENTS = sizeof documents / sizeof *documents };

#endif
