/* client_test.c -- a driver with its options: client.h, and where the docker
 * driver finds its engine. */
#include <stdlib.h>

#include "play.h"

extern const struct driver docker_driver;

/* What a process's environment holds: "NAME=value" texts. */
static const char *variable(void *context, const char *name)
{
    const char *const *all = context;
    size_t n = strlen(name);

    for (; all && *all; all++)
        if (strncmp(*all, name, n) == 0 && (*all)[n] == '=')
            return *all + n + 1;
    return NULL;
}

static struct client *configured(const struct given *options,
                                 const char *const *environment)
{
    struct client *k = client_new(&docker_driver);
    const struct argument *row;

    for (size_t i = 0; (row = client_option_row(&docker_driver, i)); i++) {
        for (const struct given *g = options; g && g->name; g++)
            if (strcmp(g->name, row->name) == 0)
                set_value(&k->options[i], g->type, g->text);
        fill(row, &k->options[i]);
    }
    client_configure(k, (struct environment){variable, (void *)environment});
    return k;
}

/* "http://host:port/target", "unix:///path", with " cert=" and so on; or
 * "kind: message". */
static const char *place(struct client *k)
{
    static char text[500];
    const struct origin *o = &k->origin;

    if (k->error.kind)
        snprintf(text, sizeof text, "%s: %s", error_kind_name(k->error.kind),
                 k->error.message);
    else if (o->unix_socket)
        snprintf(text, sizeof text, "unix://%s", o->unix_socket);
    else
        snprintf(text, sizeof text, "%s://%s:%d%s%s%s%s%s%s%s", o->url.scheme,
                 o->url.host, o->url.port, o->url.target,
                 o->tls.cert_file ? " cert=" : "",
                 o->tls.cert_file ? o->tls.cert_file : "",
                 o->tls.key_file ? " key=" : "",
                 o->tls.key_file ? o->tls.key_file : "",
                 o->tls.ca_file ? " ca=" : "",
                 o->tls.ca_file ? o->tls.ca_file : "");
    return text;
}

struct place_case {
    struct given options[4];
    const char *environment[4];
    const char *place;
};

static void check_places(const struct place_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct client *k = configured(cases[i].options,
                                      cases[i].environment);

        if (!CHECK_TEXT(place(k), cases[i].place))
            printf("    row %zu\n", i);
        client_release(k);
    }
}

#define ENDPOINT(text) {{"endpoint", TEXT, text}}
#define HOST(text) {{"host", TEXT, text}}

/* A socket's path of 100 characters. */
#define TEN "/234567890"
#define LONG_PATH TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

TEST(places_by_option)
{
    static const struct place_case cases[] = {
        {ENDPOINT("unix:///run/x.sock"), {0}, "unix:///run/x.sock"},
        {ENDPOINT("tcp://h:2375"), {0}, "http://h:2375/"},
        {ENDPOINT("tcp://h"), {0}, "http://h:2375/"},
        {ENDPOINT("http://h"), {0}, "http://h:80/"},
        {ENDPOINT("https://h/base"), {0}, "https://h:443/base"},
        {ENDPOINT("h:81"), {0}, "http://h:81/"},
        {ENDPOINT("tcp://[::1]:2375"), {0}, "http://::1:2375/"},
        /* a prefix is taken off whole, and nothing else with it */
        {HOST("http://test-host"), {0}, "http://test-host:80/"},
        {HOST("https://shop.example.com"), {0},
         "https://shop.example.com:443/"},
        {HOST("tcp://tcp.test"), {0}, "http://tcp.test:2375/"},
        {HOST("test-host"), {0}, "http://test-host:2375/"},
        {HOST("host.test:81"), {0}, "http://host.test:81/"},
        {{{"host", TEXT, "h"}, {"port", INTEGER, "81"}}, {0}, "http://h:81/"},
        {{{"host", TEXT, "h"}, {"secure", BOOLEAN, "true"}}, {0},
         "https://h:2376/"},
        {{{"host", TEXT, "h"}, {"port", INTEGER, "81"},
          {"secure", BOOLEAN, "false"}}, {0}, "http://h:81/"},
        {HOST("unix:///run/x.sock"), {0}, "unix:///run/x.sock"}
    };

    check_places(cases, sizeof cases / sizeof *cases);
}

TEST(places_that_are_none)
{
    static const char exclude[] = "invalid_argument: endpoint and host, port, "
        "secure exclude each other; give one or the other";
    static const struct place_case cases[] = {
        {{{"endpoint", TEXT, "tcp://h"}, {"port", INTEGER, "1"}}, {0},
         exclude},
        {{{"endpoint", TEXT, "tcp://h"}, {"host", TEXT, "h"}}, {0}, exclude},
        {{{"port", INTEGER, "1"}}, {0},
         "invalid_argument: port and secure need host"},
        {{{"host", TEXT, "h"}, {"port", INTEGER, "0"}}, {0},
         "invalid_argument: port must be between 1 and 65535"},
        {ENDPOINT("ftp://h"), {0}, "unsupported: the endpoint's scheme 'ftp' "
         "is not one of unix, tcp, http, https"},
        {ENDPOINT("tcp://h:x"), {0}, "invalid_argument: the endpoint has a "
         "port that is not a number up to 65535"},
        {ENDPOINT("unix://"), {0}, "invalid_argument: the endpoint has no "
         "socket path; write unix:///path"},
        {ENDPOINT("unix://" LONG_PATH "6789012"), {0}, "unix://" LONG_PATH
         "6789012"},
        {ENDPOINT("unix://" LONG_PATH "67890123"), {0}, "invalid_argument: "
         "the endpoint's socket path has 108 characters; a socket's path can "
         "have no more than 107"},
        {ENDPOINT("/run/x.sock"), {0}, "invalid_argument: the endpoint has no "
         "host name; did you mean unix:///run/x.sock?"},
        {ENDPOINT("ssh://me:hush@h:22/x"), {0}, "unsupported: the endpoint's "
         "scheme 'ssh' is not supported yet; forward the socket, ssh -N -L "
         "/tmp/engine.sock:/var/run/docker.sock h, and use "
         "unix:///tmp/engine.sock"},
        {ENDPOINT("http://h/base?x=1"), {0}, "invalid_argument: the endpoint "
         "has a query or a fragment, which an endpoint cannot have"},
        {ENDPOINT("http://h/#x"), {0}, "invalid_argument: the endpoint "
         "has a query or a fragment, which an endpoint cannot have"},
        {ENDPOINT("tcp://me%00:hush@h"), {0}, "invalid_argument: the endpoint "
         "has a NUL character in its user or password"},
        {HOST("h h"), {0}, "invalid_argument: the option host has a host name "
         "with characters that no host name can have"},
        {ENDPOINT("tcp://"), {0},
         "invalid_argument: the endpoint has no host name"}
    };

    check_places(cases, sizeof cases / sizeof *cases);
}

TEST(places_by_environment)
{
    static const struct place_case cases[] = {
        {{{0}}, {0}, "unix:///var/run/docker.sock"},
        {{{0}}, {"DOCKER_HOST="}, "unix:///var/run/docker.sock"},
        {{{0}}, {"DOCKER_HOST=unix:///run/user.sock"},
         "unix:///run/user.sock"},
        {{{0}}, {"DOCKER_HOST=tcp://h:2375"}, "http://h:2375/"},
        {{{0}}, {"DOCKER_HOST=tcp://h", "DOCKER_TLS_VERIFY=1", "HOME=/home"},
         "https://h:2376/ cert=/home/.docker/cert.pem "
         "key=/home/.docker/key.pem ca=/home/.docker/ca.pem"},
        {{{0}}, {"DOCKER_HOST=tcp://h", "DOCKER_TLS_VERIFY=1",
                 "DOCKER_CERT_PATH=/certs"},
         "https://h:2376/ cert=/certs/cert.pem key=/certs/key.pem "
         "ca=/certs/ca.pem"},
        {{{0}}, {"DOCKER_HOST=tcp://h", "DOCKER_CERT_PATH=/certs"},
         "http://h:2375/"},
        {{{0}}, {"DOCKER_TLS_VERIFY=1", "HOME=/home"},
         "unix:///var/run/docker.sock"},
        /* options go before the environment */
        {ENDPOINT("tcp://mine"), {"DOCKER_HOST=tcp://h"},
         "http://mine:2375/"},
        {HOST("mine"), {"DOCKER_HOST=unix:///run/x"}, "http://mine:2375/"},
        {{{"cert_file", TEXT, "c"}, {"key_file", TEXT, "k"}},
         {"DOCKER_HOST=tcp://h", "DOCKER_TLS_VERIFY=1", "HOME=/home"},
         "https://h:2376/ cert=c key=k ca=/home/.docker/ca.pem"},
        {{{"key_file", TEXT, "k"}}, {"DOCKER_HOST=tcp://h"},
         "credentials: key_file needs cert_file"},
        {{{0}}, {"DOCKER_HOST=ftp://h"}, "unsupported: DOCKER_HOST's scheme "
         "'ftp' is not one of unix, tcp, http, https"},
        {{{0}}, {"DOCKER_HOST=ssh://h"}, "unsupported: DOCKER_HOST's scheme "
         "'ssh' is not supported yet; forward the socket, ssh -N -L "
         "/tmp/engine.sock:/var/run/docker.sock h, and use "
         "unix:///tmp/engine.sock"},
        {{{0}}, {"DOCKER_HOST=tcp://h:x"}, "invalid_argument: DOCKER_HOST has "
         "a port that is not a number up to 65535"},
        {{{0}}, {"DOCKER_HOST=/run/x"}, "invalid_argument: DOCKER_HOST has no "
         "host name; did you mean unix:///run/x?"},
        {{{0}}, {"DOCKER_HOST=unix://"}, "invalid_argument: DOCKER_HOST has "
         "no socket path; write unix:///path"}
    };

    check_places(cases, sizeof cases / sizeof *cases);
}

TEST(limits)
{
    static const struct {
        const char *option;
        unsigned type;
        const char *text, *error;
    } cases[] = {
        {"timeout", NUMBER, "7.5", NULL}, {"timeout", NUMBER, "0", NULL},
        {"timeout", TABLE, "{\"connect\":1,\"first_byte\":2.5,\"stall\":0,"
         "\"total\":9}", NULL},
        {"timeout", NUMBER, "-1", "timeout must be 0 or more seconds"},
        {"timeout", TABLE, "{\"conect\":1}", "timeout has no 'conect'; it has "
         "connect, first_byte, stall and total"},
        {"timeout", TABLE, "{\"total\":\"1\"}",
         "timeout.total must be a number of seconds"},
        {"timeout", TABLE, "{\"stall\":-1}",
         "timeout must be 0 or more seconds"},
        {"retries", INTEGER, "0", NULL}, {"retries", INTEGER, "100", NULL},
        {"retries", INTEGER, "-1", "retries must be between 0 and 100"},
        {"retries", INTEGER, "101", "retries must be between 0 and 100"},
        {"max_connections", INTEGER, "0",
         "max_connections must be between 1 and 100000"},
        {"rate", NUMBER, "0.5", NULL},
        {"rate", NUMBER, "0", "rate must be more than 0 requests a second"},
        {"max_answer", INTEGER, "0",
         "max_answer must be between 1 and 2147483647"},
        {"proxy", TEXT, "", NULL}, {"proxy", TEXT, "http://h:1", NULL},
        {"proxy", TEXT, "h:3128", NULL}, {"proxy", TEXT, "HTTPS://h", NULL},
        {"proxy", TEXT, "http://me:hush%40@[::1]:1/", NULL},
        {"proxy", TEXT, "socks4://h", NULL},
        {"proxy", TEXT, "socks4a://h", NULL},
        {"proxy", TEXT, "socks5://h:1", NULL},
        {"proxy", TEXT, "socks5h://h", NULL},
        {"proxy", TEXT, "http://me:hush@h:x", "the option proxy has a port "
         "that is not a number up to 65535"},
        {"proxy", TEXT, "me:hush@h:1h", "the option proxy has a port "
         "that is not a number up to 65535"},
        {"proxy", TEXT, "http://me:hush@", "the option proxy has no host "
         "name"},
        {"proxy", TEXT, "http://me:%00@h", "the option proxy has a NUL "
         "character in its user or password"},
        {"proxy", TEXT, "ftp://me:hush@h", "the option proxy has the scheme "
         "'ftp', which is not one of http, https, socks4, socks4a, socks5, "
         "socks5h"}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct given options[] = {
            {cases[i].option, cases[i].type, cases[i].text}, {NULL, 0, NULL}
        };
        struct client *k = configured(options, NULL);

        CHECK_TEXT(k->error.message, cases[i].error);
        CHECK(k->error.kind == (cases[i].error ? ERROR_INVALID_ARGUMENT
                                               : ERROR_NONE));
        client_release(k);
    }
}

TEST(defaults)
{
    static const struct given times[] = {
        {"timeout", TABLE, "{\"first_byte\":2.5}"}, {"retries", INTEGER, "1"},
        {NULL, 0, NULL}
    };
    struct client *k = configured(NULL, NULL);
    const struct origin *o = &k->origin;

    CHECK(o->timeouts.connect == 10 && o->timeouts.first_byte == 60
          && o->timeouts.stall == 60 && o->timeouts.total == 0);
    CHECK(o->max_connections == 64 && o->attempts == 4 && o->rate == 0
          && o->largest_answer == 64 << 20 && !o->tls.insecure && !o->proxy);
    client_release(k);
    k = configured(times, NULL);
    CHECK(k->origin.timeouts.first_byte == 2.5
          && k->origin.timeouts.stall == 60 && k->origin.attempts == 2);
    client_release(k);
}

/* What is learned is shared by all who ask as the same at the same place, and
 * no secret shows in the name of it. */
TEST(identities)
{
    static const struct given options[][4] = {
        {{"endpoint", TEXT, "tcp://h"}},
        {{"endpoint", TEXT, "tcp://h"}, {"key", TEXT, "a"},
         {"secret", TEXT, "hush"}},
        {{"endpoint", TEXT, "tcp://h"}, {"key", TEXT, "a"},
         {"secret", TEXT, "hush!"}},
        {{"endpoint", TEXT, "tcp://h"}, {"key", TEXT, "b"},
         {"secret", TEXT, "hush"}},
        {{"endpoint", TEXT, "tcp://i"}},
        {{"endpoint", TEXT, "tcp://h:1"}},
        {{"endpoint", TEXT, "tcp://h"}, {"cert_file", TEXT, "c"}}
    };
    enum { KINDS = sizeof options / sizeof *options };
    struct client *k[KINDS], *again[KINDS];

    for (int i = 0; i < KINDS; i++) {
        k[i] = configured(options[i], NULL);
        again[i] = configured(options[i], NULL);
        CHECK_TEXT(k[i]->identity, again[i]->identity);
        CHECK(!strstr(k[i]->identity, "hush"));
        for (int j = 0; j < i; j++)
            CHECK(strcmp(k[i]->identity, k[j]->identity) != 0);
    }
    for (int i = 0; i < KINDS; i++) {
        client_release(k[i]);
        client_release(again[i]);
    }
}

TEST(options_by_name)
{
    static const struct given options[] = {
        {"key", TEXT, "me"}, {"port", INTEGER, "81"}, {"host", TEXT, "h"},
        {NULL, 0, NULL}
    };
    struct client *k = configured(options, NULL);

    CHECK_TEXT(option_text(k, "key"), "me");
    CHECK_TEXT(option_text(k, "secret"), NULL);
    CHECK(option(k, "port")->integer == 81 && !option(k, "rate"));
    CHECK(!option(k, "no_such_option"));
    CHECK_TEXT(client_option_row(&docker_driver, 0)->name, "endpoint");
    CHECK(client_option_row(&docker_driver, 1000) == NULL);
    client_hold(k);
    client_release(k);
    CHECK_TEXT(k->key, "me");
    client_release(k);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"places_by_option", test_places_by_option},
        {"places_that_are_none", test_places_that_are_none},
        {"places_by_environment", test_places_by_environment},
        {"limits", test_limits},
        {"defaults", test_defaults},
        {"identities", test_identities},
        {"options_by_name", test_options_by_name},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
