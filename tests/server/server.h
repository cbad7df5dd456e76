/* server.h -- an HTTP server that misbehaves exactly as its URLs ask.
 *
 *     server.c      options, listeners, the loop
 *     timer.c       clock, date, timers
 *     connection.c  one connection through its stages
 *     receive.c     the stages in which a request comes in
 *     send.c        those in which its answer goes out
 *     wire.c        its bytes, plain or by TLS
 *     request.c     heads and bodies of requests
 *     wish.c        what a URL's parameters ask for
 *     answer.c      heads and bodies of answers
 *     page.c        what each path serves
 *     content.c     bodies, made while they are sent
 *     gzip.c        checksums, compressed zeros
 *     counts.c      what was seen so far
 *     bytes.c       texts
 *
 * One thread, no blocking call.  A connection has its buffers; beside them a
 * plain answer allocates nothing and is one write.  A peer that shuts down its
 * sending half while it is owed an answer is taken for gone.
 */
#ifndef TEST_SERVER_H
#define TEST_SERVER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    HEAD_MOST = 48 * 1024,          /* of a request, else 431 */
    TARGET_MOST = 24 * 1024,        /* likewise, else 414 */
    INPUT_SIZE = 64 * 1024,         /* a head, and room for body bytes */
    OUTPUT_SIZE = 80 * 1024,        /* any head made from such a target */
    START_KEPT = 1000               /* body bytes that /echo shows */
};

/* --- bytes.c -------------------------------------------------------------- */

struct text {                       /* zeroed: not given; no NUL at its end */
    const char *s;
    size_t length;
};

struct bytes {                      /* grows; zeroed: empty */
    char *s;
    size_t length, room;
};

/* Memory, or the end of the program. */
void *need(void *memory);

void bytes_add(struct bytes *b, const char *s, size_t length);
void bytes_text(struct bytes *b, const char *text);
void bytes_format(struct bytes *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* As a JSON string; bytes that are no UTF-8 are taken for Latin-1. */
void bytes_json(struct bytes *b, const char *s, size_t length);

bool text_is(struct text t, const char *word);          /* in any case */
bool text_has_word(struct text list, const char *word); /* "close, te" */

int text_hex_digit(char c);                             /* -1: it is none */

/* Undoes %XX; to has room for t.length bytes. */
size_t text_decode(struct text t, char *to);

/* How many of the bytes are whole UTF-8 characters, up to the first fault;
 * *cut tells that only the rest of a character is missing there. */
size_t utf8_length(const char *s, size_t length, bool *cut);

/* --- request.c ------------------------------------------------------------ */

enum chunk_place {
    CHUNK_SIZE, CHUNK_EXTENSION, CHUNK_DATA, CHUNK_END,
    TRAILER_START, TRAILER
};

struct request {                    /* texts lie in the connection's input */
    struct text method, target, path, query;
    struct text headers;            /* their lines */
    size_t head_length;
    bool http10, keeps_alive, expects_continue, has_body, chunked;
    int fault;                      /* the status that refuses it; 0: none */
    const char *fault_text;

    int64_t left;                   /* of the body or chunk */
    enum chunk_place place;
    int size_digits;
    bool complete;
    bool is_kept;                   /* crc and start are wanted */
    int64_t body_length;
    uint32_t crc;
    size_t start_length;
    char start[START_KEPT];         /* stays last: not cleared */
};

/* Length of the head when it is all there, else 0; searched: how far earlier
 * calls have looked. */
size_t request_head_length(const char *s, size_t length, size_t *searched);

/* Reads a head; r->fault tells what is wrong with it. */
void request_parse(struct request *r, const char *head, size_t length);

/* The next header; false at the end, or at a broken line, which stays. */
bool request_header(struct text *lines, struct text *name,
                    struct text *value);

/* Takes body bytes and returns how many were this request's. */
size_t request_body(struct request *r, const char *s, size_t length);

/* --- wish.c --------------------------------------------------------------- */

enum ending { ENDS_WHOLE, ENDS_STALLED, ENDS_CUT, ENDS_RESET };

struct wish {                       /* zeroed: a plain answer */
    int64_t n, items, size, status, hops, fail_first, headers, bomb;
    int64_t rate, read_rate;        /* bytes a second; 0: no limit */
    double delay;
    enum ending ending;
    int64_t ending_after;           /* body bytes; -1: before any byte */
    struct text key, length, retry_after, redirect;
    struct text items_text, hops_text, bomb_text;   /* given at all? */
    bool chunked, no_length, no_date, loop, close, close_idle;
    bool close_after_request, gzip, fixed, garbage, http10, early_100;
    bool not_read, early, trailer, slice, stall_head, no_close_notify;
};

/* Reads a query.  NULL, or what is wrong; lenient: foreign names are fine. */
const char *wish_parse(struct wish *w, struct text query, bool lenient);

/* The next header=NAME:VALUE of a query; *rest starts as the query. */
bool wish_next_header(struct text *rest, struct text *header);

void wish_print_help(void);

/* --- gzip.c --------------------------------------------------------------- */

uint32_t crc_add(uint32_t crc, const char *s, size_t length);
uint32_t crc_of_zeros(int64_t length);

/* A gzip stream of nothing but zeros, bit by bit. */
struct zeros {
    int part;
    uint64_t bits;                  /* not yet given out, lowest first */
    int bit_count;
    int64_t count;                  /* of what this part repeats */
    int64_t length;                 /* of the zeros */
    bool fixed;
    uint32_t crc;
};

/* fixed: fixed Huffman codes, 159:1, instead of 1032:1.  Returns how many
 * bytes the stream has. */
int64_t zeros_start(struct zeros *z, int64_t length, bool fixed);
void zeros_fill(struct zeros *z, char *to, size_t length);

/* --- content.c ------------------------------------------------------------ */

enum content_kind { MEMORY, PATTERN, FRAMES, ZEROS };

struct content {
    enum content_kind kind;
    const char *type;
    int64_t length;                 /* as sent, so compressed if it is */
    int64_t at;
    const char *memory;             /* MEMORY */
    int64_t plain_length, plain_at;
    int64_t frame, frame_at;        /* FRAMES */
    int64_t frame_size;
    struct zeros zeros;
    bool gzip;
    uint32_t crc;                   /* of what was sent, for gzip */
};

void content_from_memory(struct content *c, const char *s, size_t length);
void content_from_pattern(struct content *c, int64_t length);
void content_from_frames(struct content *c, int64_t count, int64_t size);
void content_from_zeros(struct content *c, int64_t length, bool fixed);
void content_compress(struct content *c);

/* The next bytes, at most those that are left. */
void content_fill(struct content *c, char *to, size_t length);

/* --- counts.c ------------------------------------------------------------- */

enum { KEY_BUCKETS = 256 };

struct key {
    struct key *next;
    int64_t requests;
    int64_t closed;                 /* by close_after_request */
    size_t length;
    char name[];
};

struct counts {
    int64_t connections, open, most_open;
    int64_t requests, in_flight, most_in_flight;
    struct key *keys[KEY_BUCKETS];
};

struct key *counts_key(struct counts *c, struct text name);
void counts_request(struct counts *c);
void counts_reset(struct counts *c);
void counts_write(const struct counts *c, struct bytes *to);

/* --- the server and its connections --------------------------------------- */

struct source {                     /* what epoll reports on */
    void (*ready)(struct source *s, uint32_t events);
    int descriptor;
    struct server *server;
};

struct list_text {                  /* a container list, made once */
    struct list_text *next;
    int64_t items;
    struct bytes json;
};

struct server {
    int poll;
    double now;                     /* seconds, monotonic; one for a turn */
    int64_t date_second;
    char date[40];                  /* "Sun, 06 Nov 1994 08:49:37 GMT" */
    int64_t items;                  /* of Docker's list, by --items */
    double delay;                   /* seconds before a list, by --delay */
    SSL_CTX *tls;
    struct counts counts;
    struct list_text *lists;
    struct connection *connections;
    struct connection *soonest, *latest;    /* those with a timer */
};

enum stage {
    SHAKING_HANDS, READING_HEAD, READING_BODY, DELAYING, ANSWERING, STALLING,
    RESETTING, CLOSING, DRAINING
};

enum part { PART_HEAD, PART_FILLERS, PART_BODY, PART_DONE };

struct answer {
    int status;
    enum part part;
    struct content content;
    bool has_body, chunked, closes, fails, redirects;
    enum ending ending;
    int64_t allowed;                /* body bytes before the ending */
    int64_t fillers;                /* extra headers still to come */
};

struct connection {
    struct source source;           /* stays first */
    struct connection *next, *previous;
    struct connection *sooner, *later;
    bool has_timer;
    double timer;
    enum stage stage;
    uint32_t wanted, watched;       /* events: needed now, asked of epoll */
    SSL *tls;
    size_t tls_retry;               /* bytes of a write OpenSSL insists on */
    bool tls_broken;                /* it allows no more, not even an end */
    bool by_tcp, in_flight;
    int64_t served;
    double next_read, next_send;    /* read_rate and rate allow no sooner */
    const struct page *page;
    struct request request;
    struct wish wish;
    struct answer answer;
    struct bytes scratch;           /* a body made for this answer */
    size_t searched;
    const char *direct;             /* bytes to send behind the output */
    size_t direct_left;
    size_t input_length, output_at, output_length;
    char input[INPUT_SIZE];         /* these two stay last: not cleared */
    char output[OUTPUT_SIZE];
};

/* --- page.c --------------------------------------------------------------- */

struct page {
    const char *path;               /* without "/v1.41" */
    void (*make)(struct connection *c);     /* its content; NULL: a message */
    bool lenient;                   /* takes parameters that are not ours */
    bool uncounted;
    bool shows_body;                /* crc and start of the request's body */
    const char *headers;            /* whole lines, or NULL */
};

const struct page *page_find(struct text path, bool *has_version);

/* {"message": text} */
void page_message(struct connection *c, const char *text);

void pages_free(struct server *s);

/* --- answer.c ------------------------------------------------------------- */

/* Decides on everything; the request's head must be there. */
void answer_choose(struct connection *c);

/* An answer that refuses the request. */
void answer_refuse(struct connection *c, int status, const char *text);

/* Puts more into the output; none left: nothing is put. */
void answer_fill(struct connection *c);

/* --- connection.c --------------------------------------------------------- */

enum { TURN_MOST = 1 << 20 };       /* bytes before others have their turn */

void connection_new(struct server *s, int descriptor, bool tls, bool by_tcp);
void connection_run(struct connection *c);
void connection_free(struct connection *c);

/* For the functions of stages, which return what these return. */
bool wait_for(struct connection *c, uint32_t events);
bool wait_until(struct connection *c, double time);
bool enter_stage(struct connection *c, enum stage stage);
bool end_connection(struct connection *c);

/* The request is no longer one that waits for its answer. */
void leave_flight(struct connection *c);

/* How many bytes a rate allows in one piece, and when the next one may follow;
 * only a little lost time is made up for. */
size_t rate_piece(int64_t rate);
double rate_next(double due, double now, int64_t rate, size_t bytes);

/* --- receive.c, send.c: stages -------------------------------------------- */

bool receive_head(struct connection *c);
bool receive_body(struct connection *c);
bool receive_rest(struct connection *c);    /* to throw it away */
bool send_later(struct connection *c);
bool send_answer(struct connection *c);
bool send_nothing(struct connection *c);
bool send_reset(struct connection *c);
bool send_end(struct connection *c);

/* --- wire.c --------------------------------------------------------------- */

SSL_CTX *tls_context(const char *certificate, const char *key,
                     const char *client_ca, const char *most);

/* 1: done; 0: c->wanted has to come first; -1: it failed. */
int wire_shake_hands(struct connection *c);

/* A number of bytes; 0: not now; -1: the peer is gone. */
ssize_t wire_receive(struct connection *c, char *to, size_t room);

/* Sends output and direct bytes, at most so many, and takes them off. */
ssize_t wire_send(struct connection *c, size_t most);

/* Bytes were received that epoll does not know of. */
bool wire_has_more(const struct connection *c);

void wire_continue(struct connection *c);   /* 100 Continue */

/* FIN, behind TLS's own end.  False: c->wanted has to come first. */
bool wire_end(struct connection *c);
bool wire_has_unsent(const struct connection *c);
void wire_reset_at_close(struct connection *c);

/* --- timer.c -------------------------------------------------------------- */

double server_clock(void);
const char *server_date(struct server *s);

/* A connection's one timer: connection_run is called then. */
void timer_set(struct connection *c, double at);
void timer_stop(struct connection *c);

/* --- server.c ------------------------------------------------------------- */

_Noreturn void die(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
