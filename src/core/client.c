/* client.c -- see client.h. */
#include "client.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "driver.h"
#include "json.h"
#include "mem.h"
#include "text.h"

enum { LONGEST_SOCKET_PATH = 107 };     /* of sockaddr_un, everywhere */

const struct argument common_options[] = {
    {"endpoint", TEXT, NULL,
     .help = "Where the service is: unix:///path, tcp://host:port or a URL."},
    {"host", TEXT, NULL,
     .help = "Host name or address, in place of endpoint."},
    {"port", INTEGER, NULL,
     .help = "Port, with host."},
    {"secure", BOOLEAN, NULL,
     .help = "TLS, with host."},
    {"cert_file", TEXT, NULL,
     .help = "Client certificate, a PEM file."},
    {"key_file", TEXT, NULL,
     .help = "The client certificate's key, a PEM file."},
    {"key_password", TEXT | SECRET, NULL,
     .help = "Opens key_file."},
    {"ca_cert", TEXT, NULL,
     .help = "PEM file of the authorities to trust instead of the system's."},
    {"server_name", TEXT, NULL,
     .help = "Name to ask for and to verify, where it is not the host's."},
    {"verify", BOOLEAN, "true",
     .help = "Whether TLS certificates are verified."},
    {"timeout", NUMBER | TABLE, NULL,
     .help = "Seconds for a whole call, or {connect=10, first_byte=60, "
             "stall=60, total=} in seconds; 0 is no limit."},
    {"retries", INTEGER, "3",
     .help = "Further attempts after a passing failure."},
    {"proxy", TEXT, NULL,
     .help = "URL of an HTTP proxy; \"\" for none; else from the environment."},
    {"max_connections", INTEGER, "64",
     .help = "Requests to the endpoint at a time."},
    {"rate", NUMBER, NULL,
     .help = "Most requests a second."},
    {"max_answer", INTEGER, "67108864",
     .help = "Largest answer held in memory, in bytes."},
    {0}
};

const struct argument *client_option_row(const struct driver *d, size_t index)
{
    size_t common = argument_count(common_options);

    if (index < common)
        return &common_options[index];
    if (index - common < argument_count(d->options))
        return &d->options[index - common];
    return NULL;
}

struct client *client_new(const struct driver *d)
{
    struct client *k = mem_alloc(sizeof *k);
    size_t count = argument_count(common_options)
        + argument_count(d->options);

    if (!k)
        return NULL;
    atomic_init(&k->holders, 1);
    k->driver = d;
    k->options = arena_alloc(&k->arena, (count + 1) * sizeof *k->options);
    if (k->options)
        return k;
    client_release(k);
    return NULL;
}

void client_hold(struct client *k)
{
    atomic_fetch_add(&k->holders, 1);
}

void client_release(struct client *k)
{
    if (!k || atomic_fetch_sub(&k->holders, 1) > 1)
        return;
    error_free(&k->error);
    arena_free(&k->arena);
    mem_free(k);
}

const struct arg *option(struct client *k, const char *name)
{
    const struct argument *row;

    for (size_t i = 0; (row = client_option_row(k->driver, i)) != NULL; i++)
        if (strcmp(row->name, name) == 0)
            return k->options[i].type ? &k->options[i] : NULL;
    return NULL;
}

const char *option_text(struct client *k, const char *name)
{
    const struct arg *value = option(k, name);

    return value ? value->text : NULL;
}

const char *environment_text(struct client *k, const char *name)
{
    const char *value = k->environment.get
        ? k->environment.get(k->environment.context, name) : NULL;

    return value && *value ? arena_text(&k->arena, value) : NULL;
}

bool client_fail(struct client *k, enum error_kind kind,
                 const char *format, ...)
{
    char text[600];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (k->arena.failed)            /* what seems missing was there */
        error_no_memory(&k->error);
    error_set(&k->error, kind, "%s", text);
    return false;
}

static bool set_unix_socket(struct client *k, const char *source,
                            const char *path)
{
    struct origin *o = &k->origin;

    if (!*path)
        return client_fail(k, ERROR_INVALID_ARGUMENT, "%s has no socket path; "
                           "write unix:///path", source);
    if (strlen(path) > LONGEST_SOCKET_PATH)
        return client_fail(k, ERROR_INVALID_ARGUMENT, "%s's socket path has "
                           "%zu characters; a socket's path can have no more "
                           "than %d", source, strlen(path),
                           LONGEST_SOCKET_PATH);
    o->unix_socket = arena_text(&k->arena, path);
    o->url = (struct url){.scheme = "http", .host = "localhost", .port = 80,
                          .target = "/"};
    return true;
}

static bool is_one_of(const char *word, const char *const *list)
{
    while (*list && strcmp(word, *list) != 0)
        list++;
    return *list != NULL;
}

/* ssh:// is how the docker program reaches a socket on another machine. */
static bool check_scheme(struct client *k, const char *source,
                         const struct url *u)
{
    static const char *const known[] = {"tcp", "http", "https", NULL};

    if (strcmp(u->scheme, "ssh") == 0)
        return client_fail(k, ERROR_UNSUPPORTED, "%s's scheme 'ssh' is not "
                           "supported yet; forward the socket, ssh -N -L "
                           "/tmp/engine.sock:/var/run/docker.sock %s, and use "
                           "unix:///tmp/engine.sock", source,
                           *u->host ? u->host : "HOST");
    return is_one_of(u->scheme, known)
        || client_fail(k, ERROR_UNSUPPORTED, "%s's scheme '%s' is not one of "
                       "unix, tcp, http, https", source, u->scheme);
}

bool client_set_endpoint(struct client *k, const char *source,
                         const char *text)
{
    const char *why = "", *rest = strstr(text, "://");
    struct url *u = &k->origin.url;

    if (text_starts_with(text, "unix://"))
        return set_unix_socket(k, source, text + strlen("unix://"));
    if (*text == '/')
        return client_fail(k, ERROR_INVALID_ARGUMENT, "%s has no host name; "
                           "did you mean unix://%s?", source, text);
    if (!rest)
        text = arena_format(&k->arena, "tcp://%s", text);
    if (!text || !url_parse(&k->arena, text, u, &why))
        return client_fail(k, ERROR_INVALID_ARGUMENT, "%s %s", source, why);
    if (!check_scheme(k, source, u))
        return false;
    if (!*u->host)
        return client_fail(k, ERROR_INVALID_ARGUMENT, "%s has no host name",
                           source);
    if (strpbrk(text, "?#"))        /* paths are put behind an endpoint */
        return client_fail(k, ERROR_INVALID_ARGUMENT, "%s has a query or a "
                           "fragment, which an endpoint cannot have", source);
    if (strcmp(u->scheme, "tcp") == 0)
        u->scheme = "http";
    return true;
}

/* --- common options ----------------------------------------------------- */

static bool read_seconds(struct client *k, double value, double *to)
{
    if (!(value >= 0) || isinf(value))
        return client_fail(k, ERROR_INVALID_ARGUMENT,
                           "timeout must be 0 or more seconds");
    *to = value;
    return true;
}

static double *timeout_member(struct timeouts *t, const struct json_text *name)
{
    if (json_text_is(name, "connect"))
        return &t->connect;
    if (json_text_is(name, "first_byte"))
        return &t->first_byte;
    if (json_text_is(name, "stall"))
        return &t->stall;
    return json_text_is(name, "total") ? &t->total : NULL;
}

static bool read_timeouts(struct client *k, const struct arg *given)
{
    struct json_text name;
    struct json_value v;
    struct json j;

    if (given->type != TABLE)
        return read_seconds(k, given->number, &k->origin.timeouts.total);
    json_start(&j, given->text, given->length);
    json_enter(&j);
    while (json_key(&j, &name)) {
        double *to = timeout_member(&k->origin.timeouts, &name);

        if (!to)
            return client_fail(k, ERROR_INVALID_ARGUMENT, "timeout has no "
                               "'%.*s'; it has connect, first_byte, stall and "
                               "total", (int)name.length, name.s);
        if (!json_scalar(&j, &v)
            || (v.type != JSON_INTEGER && v.type != JSON_NUMBER))
            return client_fail(k, ERROR_INVALID_ARGUMENT,
                               "timeout.%.*s must be a number of seconds",
                               (int)name.length, name.s);
        if (!read_seconds(k, v.number, to))
            return false;
    }
    return true;
}

/* An integer option between two limits. */
static bool read_count(struct client *k, const char *name, int least,
                       int most, int *to)
{
    const struct arg *given = option(k, name);

    if (!given)
        return true;
    if (given->integer < least || given->integer > most)
        return client_fail(k, ERROR_INVALID_ARGUMENT,
                           "%s must be between %d and %d", name, least, most);
    *to = (int)given->integer;
    return true;
}

static bool read_limits(struct client *k)
{
    struct origin *o = &k->origin;
    const struct arg *timeout = option(k, "timeout");
    const struct arg *rate = option(k, "rate");
    int retries = o->attempts - 1;
    bool ok;

    if (rate && (!(rate->number > 0) || isinf(rate->number)))
        return client_fail(k, ERROR_INVALID_ARGUMENT,
                           "rate must be more than 0 requests a second");
    o->rate = rate ? rate->number : 0;
    ok = (!timeout || read_timeouts(k, timeout))
        && read_count(k, "retries", 0, 100, &retries)
        && read_count(k, "max_answer", 1, INT_MAX, &o->largest_answer)
        && read_count(k, "max_connections", 1, 100000, &o->max_connections);
    o->attempts = retries + 1;
    return ok;
}

/* What libcurl takes for one.  It would say what is wrong only when it is used,
 * and show the password in it. */
static bool read_proxy(struct client *k)
{
    static const char *const known[] = {
        "http", "https", "socks4", "socks4a", "socks5", "socks5h", NULL
    };
    const char *proxy = option_text(k, "proxy"), *why = "";
    struct url u;

    k->origin.proxy = proxy;
    if (!proxy || !*proxy)
        return true;
    if (!strstr(proxy, "://"))
        proxy = arena_format(&k->arena, "http://%s", proxy);
    if (!proxy || !url_parse(&k->arena, proxy, &u, &why))
        return client_fail(k, ERROR_INVALID_ARGUMENT, "the option proxy %s",
                           why);
    if (!is_one_of(u.scheme, known))
        return client_fail(k, ERROR_INVALID_ARGUMENT, "the option proxy has "
                           "the scheme '%s', which is not one of http, https, "
                           "socks4, socks4a, socks5, socks5h", u.scheme);
    return *u.host || client_fail(k, ERROR_INVALID_ARGUMENT,
                                  "the option proxy has no host name");
}

static void read_tls(struct client *k)
{
    struct tls *t = &k->origin.tls;
    const struct arg *verify = option(k, "verify");

    t->ca_file = option_text(k, "ca_cert");
    t->cert_file = option_text(k, "cert_file");
    t->key_file = option_text(k, "key_file");
    t->key_password = option_text(k, "key_password");
    t->server_name = option_text(k, "server_name");
    t->insecure = verify && !verify->integer;
}

/* endpoint, or host with port and secure. */
static bool read_place(struct client *k)
{
    const char *endpoint = option_text(k, "endpoint");
    const char *host = option_text(k, "host");
    const struct arg *secure = option(k, "secure");
    int port = 0;

    if (endpoint && (host || option(k, "port") || secure))
        return client_fail(k, ERROR_INVALID_ARGUMENT,
                           "endpoint and host, port, secure exclude each "
                           "other; give one or the other");
    if (!host && (option(k, "port") || secure))
        return client_fail(k, ERROR_INVALID_ARGUMENT,
                           "port and secure need host");
    if (!read_count(k, "port", 1, 65535, &port))
        return false;
    if (endpoint)
        return client_set_endpoint(k, "the endpoint", endpoint);
    if (!host)
        return true;
    if (!client_set_endpoint(k, "the option host", host))
        return false;
    if (port)
        k->origin.url.port = port;
    if (secure && !k->origin.unix_socket)
        k->origin.url.scheme = secure->integer ? "https" : "http";
    return true;
}

/* Somewhere to go, and a port to go to. */
static bool has_place(struct client *k)
{
    struct url *u = &k->origin.url;

    if (!u->scheme)
        return client_fail(k, ERROR_INVALID_ARGUMENT,
                           "no endpoint is known; give the endpoint option");
    if (!u->port)
        u->port = strcmp(u->scheme, "https") == 0 ? 443 : 80;
    return true;
}

/* Who asks, as far as answers may differ by it: a digest, no secret.  Most show
 * nothing; OpenSSL takes a millisecond for its first digest. */
static bool make_identity(struct client *k)
{
    const char *parts[] = {k->origin.key, k->key, k->secret,
                           k->origin.tls.cert_file, k->origin.tls.ca_file};
    unsigned char digest[EVP_MAX_MD_SIZE];
    struct buf all = {0};
    unsigned n = 0;
    bool ok;

    if (!parts[1] && !parts[2] && !parts[3] && !parts[4]) {
        k->identity = k->origin.key;
        return true;
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        buf_format(&all, "%s\n", parts[i] ? parts[i] : "");
    ok = buf_ok(&all)
        && EVP_Digest(all.s, all.len, digest, &n, EVP_sha256(), NULL);
    if (ok)
        k->identity = arena_format(&k->arena, "%s %02x%02x%02x%02x%02x%02x",
                                   k->origin.key, digest[0], digest[1],
                                   digest[2], digest[3], digest[4], digest[5]);
    buf_free(&all);
    return ok && k->identity;
}

bool client_configure(struct client *k, struct environment environment)
{
    bool ok;

    k->environment = environment;
    origin_defaults(&k->origin);
    read_tls(k);
    ok = read_limits(k) && read_proxy(k) && read_place(k)
        && (!k->driver->configure || k->driver->configure(k))
        && has_place(k)
        && origin_seal(&k->origin, &k->arena) && make_identity(k);
    k->environment = (struct environment){0};
    if (k->arena.failed || (!ok && !k->error.kind)) {
        error_no_memory(&k->error);
        ok = false;
    }
    k->error.provider = k->driver->name;
    return ok;
}
