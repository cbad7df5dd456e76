/* failure.c -- libcurl's error codes in our words: kind, text, what to do. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../core/text.h"
#include "reactor.h"

struct meaning {
    CURLcode code;
    enum error_kind kind;
    bool passing;                   /* may be gone at the next attempt */
    const char *text;               /* %s: where the request went */
};

static const struct meaning meanings[] = {
    {CURLE_COULDNT_RESOLVE_HOST, ERROR_NETWORK, true,
     "cannot find the address of %s"},
    {CURLE_COULDNT_RESOLVE_PROXY, ERROR_NETWORK, true,
     "cannot find the address of the proxy for %s"},
    {CURLE_COULDNT_CONNECT, ERROR_NETWORK, true, "cannot connect to %s"},
    {CURLE_OPERATION_TIMEDOUT, ERROR_TIMEOUT, true, "no answer from %s"},
    {CURLE_GOT_NOTHING, ERROR_NETWORK, true,
     "%s closed the connection without an answer"},
    {CURLE_ABORTED_BY_CALLBACK, ERROR_NETWORK, true,
     "%s closed the connection without an answer"},
    {CURLE_SEND_ERROR, ERROR_NETWORK, true, "sending to %s failed"},
    {CURLE_RECV_ERROR, ERROR_NETWORK, true, "the connection to %s broke"},
    {CURLE_PARTIAL_FILE, ERROR_PROTOCOL, true,
     "the answer of %s ended before its time"},
    {CURLE_SSL_CONNECT_ERROR, ERROR_TLS, false, "no TLS connection to %s"},
    {CURLE_PEER_FAILED_VERIFICATION, ERROR_TLS, false,
     "the certificate of %s is not to be trusted"},
    {CURLE_SSL_ISSUER_ERROR, ERROR_TLS, false,
     "the certificate of %s is not to be trusted"},
    {CURLE_SSL_CERTPROBLEM, ERROR_CREDENTIALS, false,
     "the client certificate for %s cannot be used"},
    {CURLE_SSL_CACERT_BADFILE, ERROR_CREDENTIALS, false,
     "the file of certificate authorities for %s cannot be used"},
    {CURLE_SSL_CIPHER, ERROR_TLS, false, "no TLS cipher in common with %s"},
    {CURLE_BAD_CONTENT_ENCODING, ERROR_PROTOCOL, false,
     "the compressed answer of %s is broken"},
    {CURLE_WEIRD_SERVER_REPLY, ERROR_PROTOCOL, false,
     "the answer of %s is not HTTP"},
    {CURLE_UNSUPPORTED_PROTOCOL, ERROR_PROTOCOL, false,
     "the answer of %s is not HTTP/1"},
    {CURLE_PROXY, ERROR_NETWORK, true, "the proxy for %s refused"},
    {CURLE_SEND_FAIL_REWIND, ERROR_NETWORK, false,
     "the connection to %s broke, and the body cannot be sent again"},
    {CURLE_OUT_OF_MEMORY, ERROR_LOCAL, false, "no memory to talk to %s"},
    {CURLE_OK, ERROR_NETWORK, false, "no answer from %s"}
};

static const struct meaning *meaning_of(CURLcode code)
{
    const struct meaning *m = meanings;

    while (m->code && m->code != code)
        m++;
    return m;
}

/* A server that refuses a client certificate says so after the handshake, in
 * TLS 1.3 as an error while receiving; one that speaks no TLS at all looks like
 * a broken handshake. */
static bool is_tls_alert(const char *detail)
{
    return strstr(detail, "alert") || strstr(detail, "SSL_read")
        || strstr(detail, "SSL_write");
}

/* Or, in TLS 1.3, as a connection that breaks before the first byte of an
 * answer, when it was made for this request. */
static bool breaks_after_handshake(CURLcode code, const struct transfer *t)
{
    const struct url *u = &t->job->call->request.origin->url;
    long connections = 0;

    curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connections);
    return (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR)
        && connections > 0 && t->phase == AWAITING
        && strcmp(u->scheme, "https") == 0;
}

/* A unix socket that is not there, or that nobody listens at, will not be in a
 * moment either. */
static const char *system_reason(struct error *e, struct transfer *t)
{
    long number = 0;

    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &number);
    if (t->job->call->request.origin->unix_socket)
        e->retryable = false;
    return number ? strerror((int)number) : NULL;
}

static void advise(struct error *e, const struct transfer *t, struct buf *to)
{
    const struct call *c = t->job->call;
    const struct tls *tls = &c->request.origin->tls;
    const char *advice = c->client->driver->unreachable;

    if (e->kind == ERROR_TLS)
        advice = tls->cert_file
            ? "check the options ca_cert, cert_file, key_file and server_name"
            : "check the options ca_cert and server_name, or cert_file and "
              "key_file where the service asks for a certificate";
    else if (e->kind == ERROR_CREDENTIALS)
        advice = "check the options ca_cert, cert_file, key_file and "
                 "key_password";
    else if (e->kind != ERROR_NETWORK)
        advice = NULL;
    if (advice)
        buf_format(to, "; %s", advice);
}

/* Why a file cannot be read; 0: it can be, or there is none. */
static int unreadable(const char *path)
{
    int file, why = 0;
    char byte;

    if (!path)
        return 0;
    file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return errno;
    if (read(file, &byte, 1) < 0 && errno != EAGAIN)
        why = errno;                /* a folder can be opened */
    close(file);
    return why;
}

/* libcurl and OpenSSL name no reason, or a line of OpenSSL's own sources. */
static bool say_unreadable(struct error *e, CURLcode code,
                           const struct transfer *t)
{
    const struct tls *tls = &t->job->call->request.origin->tls;
    const struct {
        CURLcode code;
        const char *option, *path;
    } files[] = {
        {CURLE_SSL_CACERT_BADFILE, "ca_cert", tls->ca_file},
        {CURLE_SSL_CERTPROBLEM, "cert_file", tls->cert_file},
        {CURLE_SSL_CERTPROBLEM, "key_file", tls->key_file}
    };

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        int why = code == files[i].code ? unreadable(files[i].path) : 0;

        if (why) {
            error_set(e, ERROR_CREDENTIALS, "cannot read %s %s: %s",
                      files[i].option, files[i].path, strerror(why));
            return true;
        }
    }
    return false;
}

/* Where libcurl found its proxy. */
static const char *proxy_variable(const struct url *u)
{
    static const char *const of_http[] = {
        "http_proxy", "all_proxy", "ALL_PROXY", NULL
    };
    static const char *const of_https[] = {
        "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL
    };
    const char *const *name = strcmp(u->scheme, "https") == 0 ? of_https
                                                              : of_http;

    for (; name[1]; name++) {
        const char *value = getenv(*name);

        if (value && *value)
            break;
    }
    return *name;
}

/* True as well when there is no memory to tell. */
static bool is_url(const char *text)
{
    CURLU *u = curl_url();
    CURLUcode code = CURLUE_OUT_OF_MEMORY;

    if (u)
        code = curl_url_set(u, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME
                            | CURLU_GUESS_SCHEME);
    curl_url_cleanup(u);
    return code == CURLUE_OK || code == CURLUE_OUT_OF_MEMORY;
}

/* libcurl repeats the proxy's URL, with the password in it; and says of one
 * that it had no memory for that its syntax is wrong. */
static bool say_bad_proxy(struct error *e, const struct transfer *t,
                          const char *where)
{
    const char *detail = t->error_text;
    const struct origin *o = t->job->call->request.origin;
    const char *variable = o->proxy ? NULL : proxy_variable(&o->url);
    const char *proxy = o->proxy ? o->proxy : getenv(variable);

    if (!text_starts_with(detail, "Unsupported proxy"))
        return false;
    if (text_starts_with(detail, "Unsupported proxy syntax") && proxy
        && is_url(proxy))
        error_set(e, ERROR_LOCAL, "no memory to talk to %s", where);
    else
        error_set(e, ERROR_INVALID_ARGUMENT, "the proxy for %s cannot be "
                  "used: the %s %s is no URL of a proxy", where,
                  variable ? "environment variable" : "option",
                  variable ? variable : "proxy");
    return true;
}

/* The text with the place where its %s stands. */
static void add_place(struct buf *to, const char *text, const char *place)
{
    const char *mark = strstr(text, "%s");

    buf_add(to, text, (size_t)(mark - text));
    buf_text(to, place);
    buf_text(to, mark + 2);
}

void failure_say(struct error *e, CURLcode code, struct transfer *t)
{
    struct call *c = t->job->call;
    const struct meaning *m = meaning_of(code);
    const char *where = origin_text(c->request.origin, &c->arena);
    const char *detail = t->error_text, *reason = NULL;
    enum error_kind kind = m->kind;
    struct buf text = {0};

    if (!where)
        where = "the service";
    if (say_unreadable(e, code, t) || say_bad_proxy(e, t, where))
        return;
    e->retryable = m->passing;
    if (kind == ERROR_NETWORK && is_tls_alert(detail)) {
        kind = ERROR_TLS;
        e->retryable = false;
    } else if (breaks_after_handshake(code, t)) {
        kind = ERROR_TLS;
    }
    if (code == CURLE_COULDNT_CONNECT)
        reason = system_reason(e, t);
    e->kind = kind;
    add_place(&text, m->text, where);
    if (reason || *detail)
        buf_format(&text, ": %s", reason ? reason : detail);
    advise(e, t, &text);
    e->kind = ERROR_NONE;
    error_set(e, kind, "%s", buf_string(&text));
    buf_free(&text);
}
