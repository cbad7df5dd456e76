/* counts.c -- what was seen so far, in all and by key. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

static struct key **bucket_of(struct counts *c, const char *s, size_t length)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)s[i]) * 16777619u;
    return &c->keys[hash % KEY_BUCKETS];
}

struct key *counts_key(struct counts *c, struct text name)
{
    struct key *k = need(malloc(sizeof *k + name.length)), **at;

    memset(k, 0, sizeof *k);
    k->length = text_decode(name, k->name);
    for (at = bucket_of(c, k->name, k->length); *at; at = &(*at)->next)
        if ((*at)->length == k->length
            && memcmp((*at)->name, k->name, k->length) == 0) {
            free(k);
            return *at;
        }
    *at = k;
    return k;
}

void counts_request(struct counts *c)
{
    c->requests++;
    c->in_flight++;
    if (c->in_flight > c->most_in_flight)
        c->most_in_flight = c->in_flight;
}

void counts_reset(struct counts *c)
{
    for (size_t i = 0; i < KEY_BUCKETS; i++)
        while (c->keys[i]) {
            struct key *k = c->keys[i];

            c->keys[i] = k->next;
            free(k);
        }
    c->connections = c->requests = 0;
    c->most_open = c->open;
    c->most_in_flight = c->in_flight;
}

void counts_write(const struct counts *c, struct bytes *to)
{
    const char *comma = "";

    bytes_format(to, "{\"connections\":%" PRId64 ",\"open\":%" PRId64
                 ",\"requests\":%" PRId64 ",\"in_flight\":%" PRId64
                 ",\"most_in_flight\":%" PRId64 ",\"most_open\":%" PRId64
                 ",\"by_key\":{", c->connections, c->open, c->requests,
                 c->in_flight, c->most_in_flight, c->most_open);
    for (size_t i = 0; i < KEY_BUCKETS; i++)
        for (const struct key *k = c->keys[i]; k; k = k->next) {
            bytes_text(to, comma);
            bytes_json(to, k->name, k->length);
            bytes_format(to, ":%" PRId64, k->requests);
            comma = ",";
        }
    bytes_text(to, "}}");
}
