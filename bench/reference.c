/* reference.c -- what the budgets are measured against: libcurl and cJSON.
 *
 *     reference URL TOTAL CONCURRENCY      wall=1.240 cpu=1.210
 *     reference --parse FILE               parse=0.271
 *
 * Lists the containers of a Docker Engine TOTAL times, CONCURRENCY at a time:
 * curl_multi_socket_action on one epoll loop, handles and connections that are
 * used again.  Every answer is parsed and its fields are read.  Seconds count
 * from before libcurl starts to the last answer; cpu is user and system time.
 * --parse gives the best of 5 parses, wall time, without freeing the tree.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>

struct transfer {
    CURL *easy;
    char *body;                     /* its room serves the next answer too */
    size_t length, room;
};

struct bench {
    CURLM *multi;
    int epoll;
    double due;                     /* when libcurl's timer is; < 0: never */
    long total, started, finished;
};

struct container {
    const char *id, *name, *state, *image, *image_id, *address;
    double created;
};

static void give_up(const char *what, const char *why)
{
    fprintf(stderr, "reference: %s: %s\n", what, why);
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_seconds(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
        + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* libcurl's write callback. */
static size_t keep(char *start, size_t one, size_t length, void *transfer)
{
    struct transfer *t = transfer;

    (void)one;
    if (t->length + length > t->room) {
        t->room = 2 * (t->length + length);
        t->body = realloc(t->body, t->room);
        if (!t->body)
            give_up("an answer", "no memory");
    }
    memcpy(t->body + t->length, start, length);
    t->length += length;
    return length;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(member(object, name));
}

static bool read_container(const cJSON *object, struct container *c)
{
    const cJSON *settings = member(object, "NetworkSettings"), *network;

    c->id = text(object, "Id");
    c->name = cJSON_GetStringValue(
        cJSON_GetArrayItem(member(object, "Names"), 0));
    c->state = text(object, "State");
    c->image = text(object, "Image");
    c->image_id = text(object, "ImageID");
    c->created = cJSON_GetNumberValue(member(object, "Created"));
    c->address = NULL;
    cJSON_ArrayForEach(network, member(settings, "Networks"))
        c->address = text(network, "IPAddress");
    return c->id && c->name && c->state && c->image && c->image_id
        && c->created > 0;
}

static void read_answer(const struct transfer *t)
{
    cJSON *list = cJSON_ParseWithLength(t->body, t->length);
    const cJSON *object;
    struct container container;

    if (!cJSON_IsArray(list))
        give_up("an answer", "it is no JSON array");
    cJSON_ArrayForEach(object, list)
        if (!read_container(object, &container))
            give_up("an answer", "a container lacks fields");
    cJSON_Delete(list);
}

/* known: not NULL once the socket is in the epoll set. */
static int watch(CURL *easy, curl_socket_t s, int what, void *bench,
                 void *known)
{
    struct bench *b = bench;
    struct epoll_event event = {
        .events = (what & CURL_POLL_IN ? EPOLLIN : 0)
            | (what & CURL_POLL_OUT ? EPOLLOUT : 0),
        .data.fd = s
    };

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(b->epoll, EPOLL_CTL_DEL, s, &event);
        return 0;
    }
    if (epoll_ctl(b->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, s, &event))
        give_up("epoll_ctl", strerror(errno));
    if (!known)
        curl_multi_assign(b->multi, s, b);
    return 0;
}

static int set_timer(CURLM *multi, long milliseconds, void *bench)
{
    (void)multi;
    ((struct bench *)bench)->due =
        milliseconds < 0 ? -1 : now() + (double)milliseconds / 1e3;
    return 0;
}

static void start(struct bench *b, CURL *easy)
{
    b->started++;
    if (curl_multi_add_handle(b->multi, easy) != CURLM_OK)
        give_up("curl_multi_add_handle", "it failed");
}

static void finish(struct bench *b, CURL *easy, CURLcode result)
{
    struct transfer *t;

    if (result != CURLE_OK)
        give_up("a request", curl_easy_strerror(result));
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
    read_answer(t);
    t->length = 0;
    b->finished++;
    curl_multi_remove_handle(b->multi, easy);
    if (b->started < b->total)
        start(b, easy);
}

static void act(struct bench *b, curl_socket_t s, uint32_t events)
{
    int running, what = (events & EPOLLIN ? CURL_CSELECT_IN : 0)
        | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0)
        | (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

    curl_multi_socket_action(b->multi, s, what, &running);
}

/* Rounded up, for a timer must not be early. */
static int milliseconds_left(const struct bench *b)
{
    double left = (b->due - now()) * 1e3;

    return b->due < 0 ? -1 : left > 0 ? (int)left + 1 : 0;
}

static void turn(struct bench *b)
{
    struct epoll_event events[256];
    int i, left, count = epoll_wait(b->epoll, events, 256,
                                    milliseconds_left(b));
    const CURLMsg *message;

    if (count < 0 && errno != EINTR)
        give_up("epoll_wait", strerror(errno));
    for (i = 0; i < count; i++)
        act(b, events[i].data.fd, events[i].events);
    if (milliseconds_left(b) == 0) {
        b->due = -1;                /* the timer goes off once */
        act(b, CURL_SOCKET_TIMEOUT, 0);
    }
    while ((message = curl_multi_info_read(b->multi, &left)))
        finish(b, message->easy_handle, message->data.result);
}

static void open_transfer(struct transfer *t, const char *url)
{
    t->easy = curl_easy_init();
    if (!t->easy)
        give_up("curl_easy_init", "it failed");
    curl_easy_setopt(t->easy, CURLOPT_URL, url);
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
}

static void run(const char *url, long total, long concurrency)
{
    double began = now(), cpu = cpu_seconds();
    struct transfer *transfers = calloc((size_t)concurrency,
                                        sizeof *transfers);
    struct bench b = {.due = -1, .total = total};
    long i;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    b.multi = curl_multi_init();
    b.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!b.multi || b.epoll < 0 || !transfers)
        give_up("the start", "no memory or no descriptor");
    curl_multi_setopt(b.multi, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(b.multi, CURLMOPT_SOCKETDATA, &b);
    curl_multi_setopt(b.multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(b.multi, CURLMOPT_TIMERDATA, &b);
    curl_multi_setopt(b.multi, CURLMOPT_MAXCONNECTS, concurrency);
    for (i = 0; i < concurrency && i < total; i++) {
        open_transfer(&transfers[i], url);
        start(&b, transfers[i].easy);
    }
    while (b.finished < total)
        turn(&b);
    printf("wall=%.6f cpu=%.6f\n", now() - began, cpu_seconds() - cpu);
    while (i-- > 0) {
        curl_easy_cleanup(transfers[i].easy);
        free(transfers[i].body);
    }
    curl_multi_cleanup(b.multi);
    free(transfers);
}

static void parse(const char *path)
{
    struct transfer file = {0};
    char chunk[65536];
    FILE *from = fopen(path, "rb");
    double began, seconds, best = -1;
    size_t length;
    cJSON *tree;
    int i;

    if (!from)
        give_up(path, strerror(errno));
    while ((length = fread(chunk, 1, sizeof chunk, from)) > 0)
        keep(chunk, 1, length, &file);
    fclose(from);
    for (i = 0; i < 5; i++) {
        began = now();
        tree = cJSON_ParseWithLength(file.body, file.length);
        seconds = now() - began;
        if (!tree)
            give_up(path, "it is no JSON");
        cJSON_Delete(tree);
        best = i == 0 || seconds < best ? seconds : best;
    }
    free(file.body);
    printf("parse=%.6f\n", best);
}

int main(int argc, char **argv)
{
    long total = argc == 4 ? strtol(argv[2], NULL, 10) : 0;
    long concurrency = argc == 4 ? strtol(argv[3], NULL, 10) : 0;

    if (argc == 3 && strcmp(argv[1], "--parse") == 0)
        parse(argv[2]);
    else if (total > 0 && concurrency > 0)
        run(argv[1], total, concurrency);
    else
        give_up("usage", "reference URL TOTAL CONCURRENCY | --parse FILE");
    return 0;
}
