/* transfer_options.c -- a request, said to libcurl.
 *
 * Handles are used again, so each option is set for each request, also those
 * that it does not need.
 */
#include <string.h>

#include "reactor.h"

static bool add_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (longer)
        *list = longer;
    return longer != NULL;
}

static bool set_headers(struct transfer *t, const struct request *r)
{
    struct buf line = {0};
    bool ok = true, typed = headers_get(&r->headers, "Content-Type") != NULL;

    for (size_t i = 0; ok && i < r->headers.count; i++) {
        const struct header *h = &r->headers.list[i];

        buf_clear(&line);
        /* libcurl's way to write an empty value is "Name;" */
        buf_format(&line, *h->value ? "%s: %s" : "%s;", h->name, h->value);
        ok = buf_ok(&line) && add_line(&t->headers, line.s);
    }
    if (ok && r->body.kind != BODY_NONE && !typed)
        ok = add_line(&t->headers, "Content-Type:");
    if (ok && r->body.kind != BODY_NONE)
        ok = add_line(&t->headers, "Expect:");
    if (ok && r->origin->tls.server_name
        && !headers_get(&r->headers, "Host")) {
        buf_clear(&line);
        buf_text(&line, "Host: ");
        url_add_authority(&line, &r->origin->url);
        ok = buf_ok(&line) && add_line(&t->headers, line.s);
    }
    buf_free(&line);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    return ok;
}

/* libcurl copies the texts; one that found no memory there would make another
 * request of this one. */
#define SET(t, option, text) \
    ((t)->unset |= curl_easy_setopt((t)->easy, option, text) \
                   == CURLE_OUT_OF_MEMORY)

/* A name to verify other than the host's: the URL carries that name, and the
 * connection is led to the host. */
static bool set_address(struct transfer *t, const struct request *r)
{
    const struct origin *o = r->origin;
    struct url u = o->url;
    struct buf text = {0};
    bool ok = true;

    if (o->tls.server_name)
        u.host = (char *)o->tls.server_name;
    buf_format(&text, "%s://", u.scheme);
    url_add_authority(&text, &u);
    buf_add(&text, r->target.s, r->target.len);
    ok = buf_ok(&text)
        && curl_easy_setopt(t->easy, CURLOPT_URL, text.s) == CURLE_OK;
    if (ok && o->tls.server_name) {
        buf_clear(&text);
        buf_format(&text, strchr(o->url.host, ':') ? "::[%s]:%d" : "::%s:%d",
                   o->url.host, o->url.port);
        ok = buf_ok(&text) && add_line(&t->connect_to, text.s);
    }
    curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, t->connect_to);
    SET(t, CURLOPT_UNIX_SOCKET_PATH, o->unix_socket);
    SET(t, CURLOPT_PROXY, o->proxy);
    buf_free(&text);
    return ok;
}

static void set_tls(struct transfer *t, const struct tls *tls)
{
    const curl_version_info_data *system = t->reactor->curl;
    CURL *easy = t->easy;

    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls->insecure ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls->insecure ? 0L : 2L);
    SET(t, CURLOPT_SSLCERT, tls->cert_file);
    SET(t, CURLOPT_SSLKEY, tls->key_file);
    SET(t, CURLOPT_KEYPASSWD, tls->key_password);
    SET(t, CURLOPT_CAINFO, tls->ca_file ? tls->ca_file : system->cainfo);
    SET(t, CURLOPT_CAPATH, tls->ca_file ? NULL : system->capath);
}

static bool set_body(struct transfer *t, const struct request *r)
{
    CURL *easy = t->easy;
    struct call *c = t->job->call;

    if (r->body.kind == BODY_NONE)
        return true;
    if (r->body.kind == BODY_BYTES) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)r->body.bytes.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                         buf_string(&r->body.bytes));
        return true;
    }
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    if (r->body.kind == BODY_FILE) {
        t->bulk = bulk_read(t, &r->body, &c->error);
        if (!t->bulk)
            return false;
    }
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)
                     (t->bulk ? bulk_size(t->bulk) : r->body.length));
    return true;
}

static bool set_method(struct transfer *t, const struct request *r)
{
    CURL *easy = t->easy;
    bool post = strcmp(r->method, "POST") == 0;
    bool wants_length = post || strcmp(r->method, "PUT") == 0
        || strcmp(r->method, "PATCH") == 0;

    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);    /* undoes all others */
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
    if (strcmp(r->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return true;
    }
    if (wants_length && r->body.kind == BODY_NONE) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
        if (!add_line(&t->headers, "Content-Type:"))
            return false;
    }
    if (strcmp(r->method, "GET") != 0 || r->body.kind != BODY_NONE)
        SET(t, CURLOPT_CUSTOMREQUEST, r->method);
    return set_body(t, r);
}

/* Compressed answers only where they are read whole: a stream or a file is
 * passed on as it comes. */
static void set_reading(struct transfer *t, const struct call *c)
{
    bool streams = c->feed || c->request.save_as;

    t->takes_gzip = !streams && !c->request.origin->unix_socket;
    SET(t, CURLOPT_ACCEPT_ENCODING, t->takes_gzip ? "gzip" : NULL);
    curl_easy_setopt(t->easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE,
                     (long)(streams ? CHUNK : CURL_BUFFER));
    /* -1: for ever; a scout asks anew, the others use what it found */
    curl_easy_setopt(t->easy, CURLOPT_DNS_CACHE_TIMEOUT,
                     t->job->lane->scout == t->job ? 50L : -1L);
}

bool transfer_set_options(struct transfer *t, struct call *c)
{
    const struct request *r = &c->request;

    set_tls(t, &r->origin->tls);
    set_reading(t, c);
    return set_method(t, r) && set_headers(t, r) && set_address(t, r)
        && !t->unset;
}
