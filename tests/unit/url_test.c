/* url_test.c -- addresses taken apart and put together: url.h. */
#include "../test.h"
#include "../../src/core/mem.h"
#include "../../src/core/url.h"

/* --- putting together ---------------------------------------------------- */

TEST(every_byte_of_a_segment)
{
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~";
    struct buf b = {0};

    for (int i = 0; i < 256; i++) {
        char c = (char)i, wanted[4];
        bool plain = i && strchr(unreserved, i);

        snprintf(wanted, sizeof wanted, plain ? "%c" : "%%%02X", i);
        buf_clear(&b);
        url_add_segment(&b, &c, 1);
        CHECK_TEXT(buf_string(&b), wanted);
        buf_clear(&b);
        url_add_path(&b, &c, 1);
        CHECK_TEXT(buf_string(&b), i == '/' ? "/" : wanted);
    }
    buf_free(&b);
}

TEST(segments_and_paths)
{
    static const struct {
        const char *bytes, *segment, *path;
    } cases[] = {
        {"", "", ""}, {"web", "web", "web"}, {"a.b", "a.b", "a.b"},
        {".", "%2E", "%2E"}, {"..", "%2E%2E", "%2E%2E"}, {"...", "...", "..."},
        {"..a", "..a", "..a"}, {".a", ".a", ".a"},
        {"a/b", "a%2Fb", "a/b"}, {"/", "%2F", "/"}, {"a//b/", "a%2F%2Fb%2F",
                                                     "a//b/"},
        {"../x", "..%2Fx", "%2E%2E/x"}, {"a/./b", "a%2F.%2Fb", "a/%2E/b"},
        {"a/..", "a%2F..", "a/%2E%2E"}, {"a/.../b", "a%2F...%2Fb", "a/.../b"},
        {"a b+c", "a%20b%2Bc", "a%20b%2Bc"}, {"100%", "100%25", "100%25"},
        {"%41", "%2541", "%2541"}, {"q?x=1&y#z", "q%3Fx%3D1%26y%23z",
                                    "q%3Fx%3D1%26y%23z"},
        {"b:1@sha256", "b%3A1%40sha256", "b%3A1%40sha256"},
        {"caf\xc3\xa9", "caf%C3%A9", "caf%C3%A9"},
        {"\r\n", "%0D%0A", "%0D%0A"}
    };
    struct buf b = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&b);
        url_add_segment(&b, cases[i].bytes, strlen(cases[i].bytes));
        CHECK_TEXT(buf_string(&b), cases[i].segment);
        buf_clear(&b);
        url_add_path(&b, cases[i].bytes, strlen(cases[i].bytes));
        CHECK_TEXT(buf_string(&b), cases[i].path);
    }
    buf_clear(&b);
    url_add_segment(&b, "a\0b", 3);
    CHECK_TEXT(buf_string(&b), "a%00b");
    buf_free(&b);
}

TEST(queries)
{
    struct buf b = {0};

    url_add_query(&b, "all", "1", 1);
    CHECK_TEXT(buf_string(&b), "?all=1");
    buf_clear(&b);
    buf_text(&b, "/a%20b");
    url_add_query(&b, "fromImage", "busybox/x", 9);
    url_add_query(&b, "tag", "1 & 2 = #?+", 11);
    url_add_query(&b, "odd name", "", 0);
    url_add_query(&b, "nul", "a\0b", 3);
    CHECK_TEXT(buf_string(&b), "/a%20b?fromImage=busybox%2Fx"
               "&tag=1%20%26%202%20%3D%20%23%3F%2B&odd%20name=&nul=a%00b");
    buf_clear(&b);
    buf_text(&b, "/x");
    url_add_query(&b, "after_clear", "1", 1);
    CHECK_TEXT(buf_string(&b), "/x?after_clear=1");
    buf_free(&b);
}

/* --- taking apart -------------------------------------------------------- */

/* "scheme|user|password|host|port|target", or "!why". */
static const char *shown(struct arena *a, bool ok, const struct url *u,
                         const char *why)
{
    if (!ok)
        return arena_format(a, "!%s", why);
    return arena_format(a, "%s|%s|%s|%s|%d|%s", u->scheme,
                        u->user ? u->user : "-",
                        u->password ? u->password : "-", u->host, u->port,
                        u->target);
}

static const char *parsed(struct arena *a, const char *text)
{
    const char *why = NULL;
    struct url u;
    bool ok = url_parse(a, text, &u, &why);

    return shown(a, ok, &u, why);
}

TEST(parsing)
{
    static const struct {
        const char *text, *parts;
    } cases[] = {
        {"http://test-host", "http|-|-|test-host|80|/"},
        {"https://shop.example.com", "https|-|-|shop.example.com|443|/"},
        {"http://http.example", "http|-|-|http.example|80|/"},
        {"HTTP://Example.COM/Path", "http|-|-|example.com|80|/Path"},
        {"http://h/", "http|-|-|h|80|/"}, {"http://h?q", "http|-|-|h|80|/?q"},
        {"http://h/?", "http|-|-|h|80|/?"}, {"http://h#f", "http|-|-|h|80|/"},
        {"http://h/a#f?g", "http|-|-|h|80|/a"},
        {"http://h/a?q#f", "http|-|-|h|80|/a?q"},
        {"http://h//a//b/", "http|-|-|h|80|//a//b/"},
        {"http://h/a/", "http|-|-|h|80|/a/"},
        {"http://h/a/../b/./c", "http|-|-|h|80|/a/../b/./c"},
        {"http://h/a%2Fb%20c", "http|-|-|h|80|/a%2Fb%20c"},
        {"http://h/a%2", "http|-|-|h|80|/a%2"},
        {"http://h/a b\"<>\\^`{|}", "http|-|-|h|80|"
         "/a%20b%22%3C%3E%5C%5E%60%7B%7C%7D"},
        {"http://h/caf\xc3\xa9?\xe2\x82\xac", "http|-|-|h|80|"
         "/caf%C3%A9?%E2%82%AC"},
        {"http://h/\xff", "http|-|-|h|80|/%FF"},
        {"http://h/a;b=1,2:3@4!$'()*+", "http|-|-|h|80|"
         "/a;b=1,2:3@4!$'()*+"},
        {"http://h:8080", "http|-|-|h|8080|/"},
        {"http://h:1/", "http|-|-|h|1|/"},
        {"http://h:65535/", "http|-|-|h|65535|/"},
        {"http://h:080/", "http|-|-|h|80|/"},
        {"http://h:/", "http|-|-|h|80|/"}, {"https://h:", "https|-|-|h|443|/"},
        {"tcp://h", "tcp|-|-|h|0|/"}, {"tcp://h:2375", "tcp|-|-|h|2375|/"},
        {"unix:///var/run/docker.sock", "unix|-|-||0|/var/run/docker.sock"},
        {"http://[::1]", "http|-|-|::1|80|/"},
        {"http://[::1]:8080/x", "http|-|-|::1|8080|/x"},
        {"http://[2001:DB8::A]/", "http|-|-|2001:db8::a|80|/"},
        {"http://[::ffff:10.0.0.1]:1", "http|-|-|::ffff:10.0.0.1|1|/"},
        {"http://10.0.0.1:80", "http|-|-|10.0.0.1|80|/"},
        {"http://u@h", "http|u|-|h|80|/"}, {"http://u:@h", "http|u||h|80|/"},
        {"http://:p@h", "http||p|h|80|/"}, {"http://@h", "http||-|h|80|/"},
        {"http://u:p@h:1/x", "http|u|p|h|1|/x"},
        {"http://u:p:q@h", "http|u|p:q|h|80|/"},
        {"http://a@b@h", "http|a@b|-|h|80|/"},
        {"http://u%40x:p%3a%2F%25@h", "http|u@x|p:/%|h|80|/"},
        {"http://u%4:%zz@h", "http|u%4|%zz|h|80|/"},
        {"http://u:p@[::1]:1", "http|u|p|::1|1|/"},
        {"http://h/a@b:c", "http|-|-|h|80|/a@b:c"},
        {"http://h?a@b:c", "http|-|-|h|80|/?a@b:c"}
    };
    struct arena a = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!CHECK_TEXT(parsed(&a, cases[i].text), cases[i].parts))
            printf("    %s\n", cases[i].text);
    arena_free(&a);
}

TEST(refusals)
{
    static const char start[] = "!must start with http:// or https://";
    static const char port[] = "!has a port that is not a number up to 65535";
    static const char host[] =
        "!has a host name with characters that no host name can have";
    static const char control[] = "!has a control character in it";
    static const char none[] = "!has no host name";
    static const char nul[] = "!has a NUL character in its user or password";
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", start}, {"host", start}, {"host:80", start}, {"//host/", start},
        {"/path", start}, {"http", start}, {"http:", start},
        {"http:/h", start}, {"http:h", start}, {"1http://h", start},
        {"+http://h", start}, {"-x://h", start}, {" http://h", start},
        {"ht tp://h", start}, {"h\xc3\xa9://h", start}, {"://h", start},
        {"http://", none}, {"http:///x", none}, {"https://?q", none},
        {"http://:80", none}, {"http://u:p@", none}, {"http://[]/", none},
        {"http://h:0", port}, {"http://h:65536", port}, {"http://h:x", port},
        {"http://h:80x", port}, {"http://h:-1", port}, {"http://h:+1", port},
        {"http://h: 80", port}, {"http://h:80:90", port},
        {"http://h:99999999999999999999", port}, {"http://[::1]:x", port},
        {"http://::1", port}, {"http://h:\xd9\xa1", port},
        {"http://a b", host}, {"http://a\"b", host}, {"http://a<b>", host},
        {"http://a\\b", host}, {"http://a^b", host}, {"http://a`b", host},
        {"http://a{b}", host}, {"http://a|b", host}, {"http://a%41b", host},
        {"http://a[b", host}, {"http://a]b", host}, {"http://[g::1]", host},
        {"http://[fe80::1%25eth0]", host}, {"http://[a b]/", host},
        {"http://[::1", "!has an IPv6 address without its ']'"},
        {"http://[::1/]", "!has an IPv6 address without its ']'"},
        {"http://[::1]x", "!has text behind its host name"},
        {"http://[::1][::2]", "!has text behind its host name"},
        {"http://h/\n", control}, {"http://h/\r\nX: y", control},
        {"http://h/\t", control}, {"http://h\x01/", control},
        {"http://h/\x7f", control}, {"\nhttp://h/", control},
        {"http://u\n@h/", control}, {"http://u%00@h/", nul},
        {"http://u:a%00b@h/", nul}
    };
    struct arena a = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!CHECK_TEXT(parsed(&a, cases[i].text), cases[i].why))
            printf("    %s\n", cases[i].text);
    arena_free(&a);
}

/* --- references ---------------------------------------------------------- */

static const char *resolved(struct arena *a, const char *base,
                            const char *reference)
{
    struct url u, out;
    const char *why = NULL;
    bool ok;

    CHECK(url_parse(a, base, &u, &why));
    ok = url_resolve(a, &u, reference, &out, &why);
    return shown(a, ok, &out, why);
}

/* RFC 3986, 5.4, without fragments, which are not sent. */
TEST(the_examples_of_rfc_3986)
{
    static const struct {
        const char *reference, *target;
    } cases[] = {
        {"g", "/b/c/g"}, {"./g", "/b/c/g"}, {"g/", "/b/c/g/"}, {"/g", "/g"},
        {"?y", "/b/c/d;p?y"}, {"g?y", "/b/c/g?y"}, {"#s", "/b/c/d;p?q"},
        {"g#s", "/b/c/g"}, {"g?y#s", "/b/c/g?y"}, {";x", "/b/c/;x"},
        {"g;x", "/b/c/g;x"}, {"g;x?y#s", "/b/c/g;x?y"}, {"", "/b/c/d;p?q"},
        {".", "/b/c/"}, {"./", "/b/c/"}, {"..", "/b/"}, {"../", "/b/"},
        {"../g", "/b/g"}, {"../..", "/"}, {"../../", "/"}, {"../../g", "/g"},
        {"../../../g", "/g"}, {"../../../../g", "/g"}, {"/./g", "/g"},
        {"/../g", "/g"}, {"g.", "/b/c/g."}, {".g", "/b/c/.g"},
        {"g..", "/b/c/g.."}, {"..g", "/b/c/..g"}, {"./../g", "/b/g"},
        {"./g/.", "/b/c/g/"}, {"g/./h", "/b/c/g/h"}, {"g/../h", "/b/c/h"},
        {"g;x=1/./y", "/b/c/g;x=1/y"}, {"g;x=1/../y", "/b/c/y"},
        {"g?y/./x", "/b/c/g?y/./x"}, {"g?y/../x", "/b/c/g?y/../x"},
        {"g#s/./x", "/b/c/g"}, {"g#s/../x", "/b/c/g"},
        {"/..", "/"}, {"/.", "/"}, {"/a/b/..", "/a/"}, {"/a/..?q", "/?q"},
        {"..?q", "/b/?q"}, {".?q", "/b/c/?q"}, {"a//../b", "/b/c/a/b"}
    };
    struct arena a = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!CHECK_TEXT(resolved(&a, "http://a/b/c/d;p?q",
                                 cases[i].reference),
                        arena_format(&a, "http|-|-|a|80|%s",
                                     cases[i].target)))
            printf("    reference %s\n", cases[i].reference);
    arena_free(&a);
}

TEST(references_elsewhere)
{
    static const char base[] = "https://u:p@Host:8443/v1/x?q=/a/b";
    static const struct {
        const char *reference, *parts;
    } cases[] = {
        {"y", "https|u|p|host|8443|/v1/y"},
        {"?z", "https|u|p|host|8443|/v1/x?z"},
        {"//g", "https|-|-|g|443|/"}, {"//g:1/x", "https|-|-|g|1|/x"},
        {"//[::1]/x", "https|-|-|::1|443|/x"},
        {"http://g/x", "http|-|-|g|80|/x"},
        {"HTTPS://host:8443/", "https|-|-|host|8443|/"},
        {"ftp://g/x", "ftp|-|-|g|0|/x"},
        {"/a b\xc3\xa9|", "https|u|p|host|8443|/a%20b%C3%A9%7C"},
        {"/a%2e%2e/%2E./b", "https|u|p|host|8443|/a%2e%2e/%2E./b"},
        {"./g:h", "https|u|p|host|8443|/v1/g:h"},
        {"g:h", "!must start with http:// or https://"},
        {"http:g", "!must start with http:// or https://"},
        {"//h:x/", "!has a port that is not a number up to 65535"},
        {"//", "!has no host name"},
        {"/a\r\nX: y", "!has a control character in it"},
        {"\t", "!has a control character in it"}
    };
    struct arena a = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!CHECK_TEXT(resolved(&a, base, cases[i].reference),
                        cases[i].parts))
            printf("    reference %s\n", cases[i].reference);
    CHECK_TEXT(resolved(&a, "http://h", "x"), "http|-|-|h|80|/x");
    CHECK_TEXT(resolved(&a, "http://h?q", "?r"), "http|-|-|h|80|/?r");
    arena_free(&a);
}

/* --- comparing and writing ----------------------------------------------- */

TEST(same_origins)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"http://h/a", "http://h/b?q", true},
        {"http://h", "HTTP://H:80/", true},
        {"https://h", "https://h:443/", true},
        {"http://u:p@h", "http://h", true},
        {"http://[::1]/", "http://[::1]:80/", true},
        {"http://h", "https://h", false}, {"http://h:443", "https://h", false},
        {"http://h", "http://h:81", false}, {"http://h", "http://i", false},
        {"http://h", "http://h.", false}, {"http://h", "http://x.h", false}
    };
    struct arena a = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct url x, y;
        const char *why;

        CHECK(url_parse(&a, cases[i].a, &x, &why)
              && url_parse(&a, cases[i].b, &y, &why));
        if (!CHECK(url_same_origin(&x, &y) == cases[i].same)
            || !CHECK(url_same_origin(&y, &x) == cases[i].same))
            printf("    %s and %s\n", cases[i].a, cases[i].b);
    }
    arena_free(&a);
}

TEST(authorities)
{
    static const struct {
        const char *text, *authority;
    } cases[] = {
        {"http://h", "h"}, {"http://h:80", "h"}, {"https://h:443", "h"},
        {"http://h:443", "h:443"}, {"https://h:80", "h:80"},
        {"tcp://h", "h"}, {"tcp://h:80", "h:80"}, {"http://u:p@h:1", "h:1"},
        {"http://[::1]", "[::1]"}, {"http://[::1]:81", "[::1]:81"}
    };
    struct arena a = {0};
    struct buf b = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct url u;
        const char *why;

        CHECK(url_parse(&a, cases[i].text, &u, &why));
        buf_clear(&b);
        url_add_authority(&b, &u);
        CHECK_TEXT(buf_string(&b), cases[i].authority);
    }
    buf_free(&b);
    arena_free(&a);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"every_byte_of_a_segment", test_every_byte_of_a_segment},
        {"segments_and_paths", test_segments_and_paths},
        {"queries", test_queries},
        {"parsing", test_parsing},
        {"refusals", test_refusals},
        {"the_examples_of_rfc_3986", test_the_examples_of_rfc_3986},
        {"references_elsewhere", test_references_elsewhere},
        {"same_origins", test_same_origins},
        {"authorities", test_authorities},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
