/* answer.c -- what is answered: decided at once, written while it is sent. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

enum {
    LEAST_ROOM = 256,               /* in the output, for the next piece */
    CHUNK_MOST = 8 * 1024,
    CHUNK_FRAMING = 16,
    FILLER_LENGTH = 100,
    COPIED_MOST = 4096              /* larger bodies are sent from where they
                                       are */
};

/* --- decisions ------------------------------------------------------------ */

static int status_of(struct answer *a, const struct wish *w)
{
    int status = (int)w->status;

    a->redirects = !a->fails && (w->redirect.s || w->loop || w->hops > 0);
    if (a->fails)
        return status ? status : 503;
    if (a->redirects)
        return status ? status : 302;
    if (w->fail_first || w->hops_text.s)
        return 200;                 /* the other status was the earlier ones' */
    return status ? status : 200;
}

static void choose_content(struct connection *c)
{
    struct answer *a = &c->answer;
    char message[40];

    if (c->wish.bomb_text.s) {
        content_from_zeros(&a->content, c->wish.bomb, c->wish.fixed);
        return;
    }
    if (a->fails || a->redirects || !c->page->make) {
        snprintf(message, sizeof message, "status %d", a->status);
        page_message(c, message);
    } else {
        c->page->make(c);
    }
    if (c->wish.gzip)
        content_compress(&a->content);
}

/* Content-Length promises more than will come. */
static bool claims_too_much(const struct answer *a, const struct wish *w)
{
    char claim[24] = "";

    if (!w->length.s || a->chunked || !a->has_body)
        return false;
    if (w->length.length >= sizeof claim)
        return true;
    memcpy(claim, w->length.s, w->length.length);
    return strtoll(claim, NULL, 10) > a->content.length;
}

static void choose_framing(struct connection *c)
{
    const struct wish *w = &c->wish;
    struct answer *a = &c->answer;
    bool may_have_body = a->status >= 200 && a->status != 204
        && a->status != 304;

    a->has_body = may_have_body && !text_is(c->request.method, "HEAD");
    a->chunked = may_have_body && w->chunked;
    a->closes = !c->request.keeps_alive || !c->request.complete || w->close
        || w->close_idle || w->no_length || w->http10
        || claims_too_much(a, w);
    a->allowed = !w->ending ? INT64_MAX
        : w->ending_after > 0 ? w->ending_after : 0;
    a->fillers = w->headers;
}

void answer_choose(struct connection *c)
{
    c->answer.status = status_of(&c->answer, &c->wish);
    choose_content(c);
    choose_framing(c);
}

void answer_refuse(struct connection *c, int status, const char *text)
{
    memset(&c->wish, 0, sizeof c->wish);
    memset(&c->answer, 0, sizeof c->answer);
    c->page = page_find((struct text){"", 0}, &(bool){false});
    c->answer.status = status;
    page_message(c, text);
    choose_framing(c);
    c->answer.closes = true;
}

/* --- putting -------------------------------------------------------------- */

static char *room_for(struct connection *c, size_t length)
{
    char *room = c->output + c->output_length;

    if (length > OUTPUT_SIZE - c->output_length)
        die("an answer's head is too long");
    c->output_length += length;
    return room;
}

static void put(struct connection *c, const char *text)
{
    size_t length = strlen(text);

    memcpy(room_for(c, length), text, length);
}

static void put_text(struct connection *c, struct text t)
{
    memcpy(room_for(c, t.length), t.s, t.length);
}

static void put_decoded(struct connection *c, struct text t)
{
    char *room = room_for(c, t.length);

    c->output_length -= t.length - text_decode(t, room);
}

static void put_number(struct connection *c, int64_t n)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%" PRId64, n);
    put(c, digits);
}

/* --- the head ------------------------------------------------------------- */

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        {200, "OK"}, {201, "Created"}, {202, "Accepted"},
        {204, "No Content"}, {206, "Partial Content"},
        {301, "Moved Permanently"}, {302, "Found"}, {303, "See Other"},
        {304, "Not Modified"}, {307, "Temporary Redirect"},
        {308, "Permanent Redirect"}, {400, "Bad Request"},
        {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"},
        {409, "Conflict"}, {413, "Content Too Large"},
        {429, "Too Many Requests"}, {500, "Internal Server Error"},
        {502, "Bad Gateway"}, {503, "Service Unavailable"},
        {504, "Gateway Timeout"}
    };

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Status";
}

static void put_early(struct connection *c)
{
    put(c, "HTTP/1.1 100 Continue\r\n\r\n"
        "HTTP/1.1 103 Early Hints\r\n"
        "Link: </style.css>; rel=preload; as=style\r\n\r\n");
}

static void put_framing(struct connection *c)
{
    const struct answer *a = &c->answer;

    if (c->wish.length.s) {
        put(c, "Content-Length: ");
        put_decoded(c, c->wish.length);
        put(c, "\r\n");
    } else if (!a->chunked && !c->wish.no_length && a->status >= 200
               && a->status != 204) {
        put(c, "Content-Length: ");
        put_number(c, a->content.length);
        put(c, "\r\n");
    }
    if (a->chunked)
        put(c, "Transfer-Encoding: chunked\r\n");
    if (a->chunked && c->wish.trailer)
        put(c, "Trailer: X-Trailer\r\n");
    if (a->closes && !c->wish.close_idle && !c->wish.http10
        && !claims_too_much(a, &c->wish))
        put(c, "Connection: close\r\n");
    else if (c->request.http10 && !a->closes)
        put(c, "Connection: keep-alive\r\n");
}

/* The target itself, with one hop less where it counts them. */
static void put_own_target(struct connection *c)
{
    struct text target = c->request.target, hops = c->wish.hops_text, rest;
    size_t before;

    if (!hops.s) {
        put_text(c, target);
        return;
    }
    before = (size_t)(hops.s - target.s);
    rest.s = hops.s + hops.length;
    rest.length = target.length - before - hops.length;
    put_text(c, (struct text){target.s, before});
    put_number(c, c->wish.hops - 1);
    put_text(c, rest);
}

static void put_wished(struct connection *c)
{
    const struct wish *w = &c->wish;
    struct text rest = c->request.query, header;

    if (c->answer.redirects) {
        put(c, "Location: ");
        if (w->redirect.s)
            put_decoded(c, w->redirect);
        else
            put_own_target(c);
        put(c, "\r\n");
    }
    if (w->retry_after.s && (c->answer.fails || !w->fail_first)) {
        put(c, "Retry-After: ");
        put_decoded(c, w->retry_after);
        put(c, "\r\n");
    }
    while (wish_next_header(&rest, &header)) {
        const char *colon = memchr(header.s, ':', header.length);
        size_t name = colon ? (size_t)(colon - header.s) : header.length;

        put_decoded(c, (struct text){header.s, name});
        put(c, ": ");
        if (colon)
            put_decoded(c, (struct text){colon + 1,
                                         header.length - name - 1});
        put(c, "\r\n");
    }
}

static void put_head(struct connection *c)
{
    const struct answer *a = &c->answer;

    if (c->wish.early_100)
        put_early(c);
    put(c, c->wish.http10 ? "HTTP/1.0 " : "HTTP/1.1 ");
    put_number(c, a->status);
    put(c, " ");
    put(c, reason(a->status));
    put(c, "\r\n");
    if (!c->wish.no_date) {
        put(c, "Date: ");
        put(c, server_date(c->source.server));
        put(c, "\r\n");
    }
    if (c->page->headers)
        put(c, c->page->headers);
    put(c, "Content-Type: ");
    put(c, a->content.type);
    put(c, a->content.gzip || a->content.kind == ZEROS
        ? "\r\nContent-Encoding: gzip\r\n" : "\r\n");
    put_framing(c);
    put_wished(c);
}

/* Heads that never are whole: then there is nothing more to come. */
static bool spoils_head(struct connection *c)
{
    struct answer *a = &c->answer;

    if (c->wish.ending && c->wish.ending_after < 0) {
        a->ending = c->wish.ending;
    } else if (c->wish.garbage) {
        put(c, "\x16\x03\x01\x02this is no HTTP\r\n\xff\xfe\r\n\r\n");
        a->ending = ENDS_CUT;
    } else if (c->wish.stall_head) {
        put(c, "HTTP/1.1 2");
        a->ending = ENDS_STALLED;
    } else {
        return false;
    }
    a->part = PART_DONE;
    return true;
}

static void put_fillers(struct connection *c)
{
    struct answer *a = &c->answer;
    char line[FILLER_LENGTH + 1];

    memset(line, 'x', FILLER_LENGTH - 2);
    memcpy(line + FILLER_LENGTH - 2, "\r\n", 3);
    for (; a->fillers > 0; a->fillers--) {
        int length;

        if (OUTPUT_SIZE - c->output_length < LEAST_ROOM)
            return;
        length = snprintf(line, FILLER_LENGTH, "X-Filler-%" PRId64 ":",
                          a->fillers);
        line[length] = ' ';
        put(c, line);
    }
    put(c, "\r\n");
    a->part = PART_BODY;
}

/* --- the body ------------------------------------------------------------- */

static void put_last_chunk(struct connection *c)
{
    put(c, "0\r\n");
    if (c->wish.trailer)
        put(c, "X-Trailer: end\r\n");
    put(c, "\r\n");
}

static bool is_sent_in_place(const struct connection *c, int64_t left)
{
    const struct content *content = &c->answer.content;

    return content->kind == MEMORY && !content->gzip && !c->answer.chunked
        && !c->wish.ending && !c->tls && left > COPIED_MOST;
}

/* The next piece of the body; where it breaks off, within a chunk too. */
static void put_piece(struct connection *c, int64_t left)
{
    struct answer *a = &c->answer;
    size_t n = OUTPUT_SIZE - c->output_length - CHUNK_FRAMING, sent;

    if (a->chunked && n > CHUNK_MOST)
        n = CHUNK_MOST;
    if ((int64_t)n > left)
        n = (size_t)left;
    sent = (int64_t)n > a->allowed ? (size_t)a->allowed : n;
    if (a->chunked)
        c->output_length += (size_t)snprintf(c->output + c->output_length,
                                             CHUNK_FRAMING, "%zx\r\n", n);
    content_fill(&a->content, room_for(c, sent), sent);
    if (c->wish.ending)
        a->allowed -= (int64_t)sent;
    if (a->chunked && a->allowed > 0)
        put(c, "\r\n");
}

static void put_body(struct connection *c)
{
    struct answer *a = &c->answer;
    int64_t left = a->has_body ? a->content.length - a->content.at : 0;

    if (a->allowed == 0) {
        a->ending = c->wish.ending;
        a->part = PART_DONE;
    } else if (left == 0) {
        if (a->chunked && a->has_body)
            put_last_chunk(c);
        a->part = PART_DONE;
    } else if (is_sent_in_place(c, left)) {
        c->direct = a->content.memory + a->content.at;
        c->direct_left = (size_t)left;
        a->content.at += left;
    } else {
        put_piece(c, left);
    }
}

void answer_fill(struct connection *c)
{
    struct answer *a = &c->answer;

    if (a->part == PART_HEAD && !spoils_head(c)) {
        put_head(c);
        a->part = PART_FILLERS;
    }
    if (a->part == PART_FILLERS)
        put_fillers(c);
    while (a->part == PART_BODY
           && OUTPUT_SIZE - c->output_length >= LEAST_ROOM)
        put_body(c);
}
