/* engine_oom_test.c -- the engine when memory runs out.
 *
 * Each tale is told once to count its allocations, then again and again with
 * another one of them refused.  It must come to an end each time: with "out of
 * memory", or right all the same.  Leaks and wild pointers are for the
 * sanitizers to see. */
#include <stdatomic.h>

#include <curl/curl.h>

#include "engine_net.h"

/* Both threads allocate, so a count is not the same each time; but every
 * number up to it is some allocation of the tale. */
static atomic_long allocations;         /* asked for so far */
static atomic_long to_refuse;           /* which one; 0: none */
static _Thread_local int mine;          /* the test's own are not counted */

static bool refuse_one(void)
{
    return !mine
        && atomic_fetch_add(&allocations, 1) + 1 == atomic_load(&to_refuse);
}

/* libcurl's copies of the texts that it is given; where it allocates for its
 * own, 7.88 is not up to it: it loses a query, or the watch of a socket. */
static char *refusing_strdup(const char *text)
{
    return refuse_one() ? NULL : strdup(text);
}

/* --- telling a tale ------------------------------------------------------ */

struct tale {
    const char *name;
    struct client *client;
    const char *method, *text;
    const char *feeds;                  /* byte for byte, where it is asked */
    bool real;                          /* by libcurl */
};

struct teller {
    struct engine *engine;
    const struct tale *tale;
    const char *next;                   /* of what it feeds */
    struct buf text;                    /* pieces, then the end */
};

static void feed_next(struct teller *t, struct job *job)
{
    struct buf bytes = {0};

    mine++;
    if (*t->next)
        buf_char(&bytes, *t->next++);
    mine--;
    engine_feed(t->engine, job, &bytes, *t->next == '\0', NULL);
}

static bool hear(struct teller *t, const struct news *n)
{
    struct response response = {.status = 200};

    mine++;
    if (n->kind == NEWS_PIECE)
        buf_add(&t->text, n->piece->bytes.s, n->piece->bytes.len);
    else if (n->kind == NEWS_END)
        describe_end(&t->text, n->job);
    mine--;
    if (n->kind == NEWS_PIECE)
        engine_pull(t->engine, n->job);
    else if (n->kind == NEWS_NEED)
        feed_next(t, n->job);
    else if (n->kind == NEWS_ASK)
        engine_answer(t->engine, n->job, &response);
    return n->kind == NEWS_END;
}

static bool tell_to_its_end(struct teller *t, struct job *job)
{
    enum error_kind kind;
    bool ended = false;

    while (!ended) {
        struct news *n = engine_take(t->engine);

        if (!n) {
            wait_for_news(t->engine);
            continue;
        }
        ended = hear(t, n);
        engine_forget(n);
    }
    kind = job_call(job)->error.kind;
    job_release(job);
    return kind == ERROR_NONE;
}

/* True when all went well; *text says what came out. */
static bool tell(const struct tale *tale, long refused, struct buf *text)
{
    struct teller t = {.tale = tale, .next = tale->feeds};
    struct job_options options = {.transport = !tale->real};
    struct call *c;
    struct job *job = NULL;
    bool ok = false;

    mine++;
    c = call_for(tale->client, tale->method, tale->text);
    c->wants_items = strcmp(tale->method, "stream") == 0;
    mine--;
    atomic_store(&allocations, 0);
    atomic_store(&to_refuse, refused);
    t.engine = engine_new();
    if (t.engine)
        job = engine_start(t.engine, c, options);
    else
        call_free(c);
    if (job)
        ok = tell_to_its_end(&t, job);
    if (t.engine)
        engine_delete(t.engine);
    atomic_store(&to_refuse, 0);
    mine++;
    buf_free(text);
    *text = t.text;
    mine--;
    return ok;
}

static bool is_fair(const char *text)
{
    return !*text || strstr(text, "local: (no memory)")
        || strstr(text, "local: no memory to talk to")
        || strstr(text, "Unsupported proxy syntax");    /* as libcurl says */
}

static void torture(const struct tale *tale)
{
    struct buf good = {0}, text = {0};
    long count;

    if (!CHECK(tell(tale, 0, &good)))
        printf("    %s: %s\n", tale->name, buf_string(&good));
    count = atomic_load(&allocations);
    CHECK(count > 0);
    for (long n = 1; n <= count; n++) {
        bool ok = tell(tale, n, &text);
        bool fair = ok ? CHECK_TEXT(buf_string(&text), buf_string(&good))
                       : CHECK(is_fair(buf_string(&text)));

        if (!fair)
            printf("    %s, allocation %ld of %ld: %s\n", tale->name, n,
                   count, buf_string(&text));
    }
    mine++;
    buf_free(&good);
    buf_free(&text);
    mine--;
}

/* --- the tales ----------------------------------------------------------- */

TEST(without_a_network)
{
    struct client *plain = client_with(&engine_driver, "4");
    struct client *learning = client_with(&learning_driver, "4");
    const struct tale tales[] = {
        {"get", plain, "get", "/thing", "text", false},
        {"stream", plain, "stream", "/stream", "several pieces", false},
        {"learned", learning, "learned", NULL, "7", false},
        {"nap", plain, "nap", NULL, "", false},
        {"read", plain, "read", "/proc/sys/kernel/ostype", "", false},
        {"run", plain, "run", "echo hello", "", false}
    };

    watch();
    for (size_t i = 0; i < sizeof tales / sizeof *tales; i++)
        torture(&tales[i]);
    client_release(plain);
    client_release(learning);
}

/* To a host that there is only behind the proxy. */
static struct client *client_through(int port)
{
    static char proxy[60];
    const struct given options[] = {
        {"endpoint", TEXT, "http://127.0.0.1:1"}, {"proxy", TEXT, proxy},
        {"retries", INTEGER, "0"}, {NULL, 0, NULL}
    };

    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", port);
    return client_of(&engine_driver, options);
}

TEST(with_a_network)
{
    struct server server = start_server();
    struct client *plain = client_to(&engine_driver, server.port, "4");
    struct client *learning = client_to(&learning_driver, server.port, "4");
    struct client *proxied = client_through(server.port);
    const struct tale tales[] = {
        {"get", plain, "get", "/bytes?n=20", "", true},
        {"post", plain, "post", "/echo", "", true},
        {"remove", plain, "remove", "/echo", "", true},
        {"put", plain, "put", "/echo", "a body", true},
        {"stream", plain, "stream", "/bytes?n=300000", "", true},
        {"learned", learning, "get", "/bytes?n=20", "", true},
        {"proxy", proxied, "get", "/echo", "", true}
    };

    watch();
    for (size_t i = 0; i < sizeof tales / sizeof *tales; i++)
        torture(&tales[i]);
    client_release(plain);
    client_release(learning);
    client_release(proxied);
    stop_server(&server);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"without_a_network", test_without_a_network},
        {"with_a_network", test_with_a_network},
        {NULL, NULL}
    };

    mem_refuses = refuse_one;
    curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, free, realloc,
                         refusing_strdup, calloc);
    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
