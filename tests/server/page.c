/* page.c -- what each path serves. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server.h"

static void use_scratch(struct connection *c)
{
    content_from_memory(&c->answer.content, c->scratch.s, c->scratch.length);
}

void page_message(struct connection *c, const char *text)
{
    c->scratch.length = 0;
    bytes_text(&c->scratch, "{\"message\":");
    bytes_json(&c->scratch, text, strlen(text));
    bytes_text(&c->scratch, "}");
    use_scratch(c);
}

/* --- /bytes, /frames, /_ping ---------------------------------------------- */

static void make_bytes(struct connection *c)
{
    content_from_pattern(&c->answer.content, c->wish.n);
}

static void make_frames(struct connection *c)
{
    content_from_frames(&c->answer.content, c->wish.n, c->wish.size);
}

static void make_ping(struct connection *c)
{
    content_from_memory(&c->answer.content, "OK", 2);
    c->answer.content.type = "text/plain; charset=utf-8";
}

/* --- /json: Docker's list of containers ----------------------------------- */

/* 64 digits that look random and are the same each time. */
static void add_id(struct bytes *b, const char *prefix, int64_t index,
                   uint64_t kind)
{
    uint64_t x = (uint64_t)index * 8 + kind + 1;

    bytes_text(b, prefix);
    for (int i = 0; i < 4; i++) {
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u + 0x9E3779B97F4A7C15u;
        x = (x ^ x >> 27) * 0x94D049BB133111EBu;
        x ^= x >> 31;
        bytes_format(b, "%016" PRIx64, x);
    }
    bytes_text(b, "\"");
}

static void add_network(struct bytes *b, int64_t index)
{
    int high = (int)((index + 2) >> 8 & 255), low = (int)((index + 2) & 255);

    bytes_text(b, ",\"NetworkSettings\":{\"Networks\":{\"shop_default\":"
               "{\"IPAMConfig\":null,\"Links\":null,\"Aliases\":null,"
               "\"DriverOpts\":null");
    add_id(b, ",\"NetworkID\":\"", 0, 2);
    add_id(b, ",\"EndpointID\":\"", index, 3);
    bytes_format(b, ",\"Gateway\":\"172.18.0.1\",\"IPAddress\":\"172.18.%d.%d\""
                 ",\"IPPrefixLen\":16,\"IPv6Gateway\":\"\","
                 "\"GlobalIPv6Address\":\"\",\"GlobalIPv6PrefixLen\":0,"
                 "\"MacAddress\":\"02:42:ac:12:%02x:%02x\"}}}", high, low,
                 high, low);
}

static void add_labels(struct bytes *b, int64_t index)
{
    add_id(b, ",\"Labels\":{\"com.docker.compose.config-hash\":\"", 0, 4);
    bytes_format(b, ",\"com.docker.compose.container-number\":\"%" PRId64 "\","
                 "\"com.docker.compose.depends_on\":\"\"", index + 1);
    add_id(b, ",\"com.docker.compose.image\":\"sha256:", 0, 1);
    bytes_text(b, ",\"com.docker.compose.oneoff\":\"False\","
               "\"com.docker.compose.project\":\"shop\","
               "\"com.docker.compose.project.config_files\":"
               "\"/srv/shop/compose.yaml\","
               "\"com.docker.compose.project.working_dir\":\"/srv/shop\","
               "\"com.docker.compose.service\":\"web\","
               "\"com.docker.compose.version\":\"2.29.1\","
               "\"maintainer\":\"NGINX Docker Maintainers "
               "<docker-maint@nginx.com>\"}");
}

/* As an engine tells of a service that Docker Compose runs: 1.7 kB. */
static void add_container(struct bytes *b, int64_t index)
{
    int port = 32768 + (int)(index % 28000);

    add_id(b, "{\"Id\":\"", index, 0);
    bytes_format(b, ",\"Names\":[\"/shop-web-%06" PRId64 "\"]"
                 ",\"Image\":\"nginx:1.25\"", index);
    add_id(b, ",\"ImageID\":\"sha256:", 0, 1);
    bytes_format(b, ",\"Command\":\"/docker-entrypoint.sh nginx -g 'daemon "
                 "off;'\",\"Created\":%" PRId64 ",\"Ports\":[{\"IP\":"
                 "\"0.0.0.0\",\"PrivatePort\":80,\"PublicPort\":%d,"
                 "\"Type\":\"tcp\"},{\"IP\":\"::\",\"PrivatePort\":80,"
                 "\"PublicPort\":%d,\"Type\":\"tcp\"}]",
                 1700000000 + index, port, port);
    add_labels(b, index);
    bytes_text(b, ",\"State\":\"running\",\"Status\":\"Up 2 hours\","
               "\"HostConfig\":{\"NetworkMode\":\"shop_default\"}");
    add_network(b, index);
    bytes_text(b, ",\"Mounts\":[{\"Type\":\"volume\",\"Name\":\"shop_web\","
               "\"Source\":\"/var/lib/docker/volumes/shop_web/_data\","
               "\"Destination\":\"/usr/share/nginx/html\",\"Driver\":"
               "\"local\",\"Mode\":\"z\",\"RW\":true,\"Propagation\":\"\"}]}");
}

static const struct bytes *container_list(struct server *s, int64_t items)
{
    struct list_text **at = &s->lists, *list;

    while (*at && (*at)->items != items)
        at = &(*at)->next;
    if (*at)
        return &(*at)->json;
    list = *at = need(calloc(1, sizeof *list));
    list->items = items;
    bytes_text(&list->json, "[");
    for (int64_t i = 0; i < items; i++) {
        if (i)
            bytes_text(&list->json, ",");
        add_container(&list->json, i);
    }
    bytes_text(&list->json, "]");
    return &list->json;
}

static void make_list(struct connection *c)
{
    int64_t items = c->wish.items_text.s ? c->wish.items
                                         : c->source.server->items;
    const struct bytes *json = container_list(c->source.server, items);

    content_from_memory(&c->answer.content, json->s, json->length);
    if (c->wish.delay == 0)
        c->wish.delay = c->source.server->delay;
}

void pages_free(struct server *s)
{
    while (s->lists) {
        struct list_text *list = s->lists;

        s->lists = list->next;
        free(list->json.s);
        free(list);
    }
}

/* --- /echo ---------------------------------------------------------------- */

static void add_name(struct bytes *b, struct text name)
{
    bytes_text(b, "\"");
    for (size_t i = 0; i < name.length; i++) {
        char c = name.s[i];

        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        if (c > ' ' && c < 0x7F && c != '"' && c != '\\')
            bytes_add(b, &c, 1);
        else
            bytes_format(b, "\\u%04x", (unsigned char)c);
    }
    bytes_text(b, "\":");
}

static bool same_name(struct text a, struct text b)
{
    return a.length == b.length && strncasecmp(a.s, b.s, a.length) == 0;
}

/* The headers of one name from a line on, joined as RFC 9110 has it. */
static void add_values(struct bytes *b, struct text lines, struct text name)
{
    struct bytes joined = {0};
    struct text other, value;

    while (request_header(&lines, &other, &value)) {
        if (!same_name(name, other))
            continue;
        if (joined.s)
            bytes_text(&joined, ", ");
        bytes_add(&joined, value.s, value.length);
    }
    bytes_json(b, joined.s, joined.length);
    free(joined.s);
}

static bool came_before(const struct request *r, struct text name)
{
    struct text lines = r->headers, other, value;

    while (request_header(&lines, &other, &value) && other.s != name.s)
        if (same_name(name, other))
            return true;
    return false;
}

static void add_headers(struct bytes *b, const struct request *r)
{
    struct text lines = r->headers, here = lines, name, value;
    const char *comma = "";

    bytes_text(b, ",\"headers\":{");
    for (; request_header(&lines, &name, &value); here = lines) {
        if (came_before(r, name))
            continue;
        bytes_text(b, comma);
        add_name(b, name);
        add_values(b, here, name);
        comma = ",";
    }
    bytes_text(b, "}");
}

static void add_body(struct bytes *b, const struct request *r)
{
    bool cut;
    size_t shown = utf8_length(r->start, r->start_length, &cut);

    bytes_format(b, ",\"body_bytes\":%" PRId64 ",\"crc\":%" PRIu32,
                 r->body_length, r->crc);
    if (shown == r->start_length
        || (cut && r->body_length > (int64_t)r->start_length)) {
        bytes_text(b, ",\"body\":");
        bytes_json(b, r->start, shown);
    }
}

static void make_echo(struct connection *c)
{
    struct bytes *b = &c->scratch;

    b->length = 0;
    bytes_text(b, "{\"method\":");
    bytes_json(b, c->request.method.s, c->request.method.length);
    bytes_text(b, ",\"target\":");
    bytes_json(b, c->request.target.s, c->request.target.length);
    add_headers(b, &c->request);
    add_body(b, &c->request);
    bytes_text(b, "}");
    use_scratch(c);
}

/* --- /counts, /reset ------------------------------------------------------ */

static void make_counts(struct connection *c)
{
    c->scratch.length = 0;
    counts_write(&c->source.server->counts, &c->scratch);
    use_scratch(c);
}

static void make_reset(struct connection *c)
{
    counts_reset(&c->source.server->counts);
    make_counts(c);
}

/* --- all paths ------------------------------------------------------------ */

static const struct page pages[] = {
    {.path = "/json", .make = make_list},
    {.path = "/containers/json", .make = make_list, .lenient = true},
    {.path = "/bytes", .make = make_bytes},
    {.path = "/frames", .make = make_frames},
    {.path = "/echo", .make = make_echo, .lenient = true,
     .shows_body = true},
    {.path = "/counts", .make = make_counts, .uncounted = true},
    {.path = "/reset", .make = make_reset, .uncounted = true},
    {.path = "/_ping", .make = make_ping, .lenient = true,
     .headers = "Api-Version: 1.41\r\nCache-Control: no-cache\r\n"},
    {.path = NULL}                  /* any other path */
};

/* Length of "/v1.41", or 0. */
static size_t version_length(struct text path)
{
    size_t n = 2, dots = 0;

    if (path.length < 4 || memcmp(path.s, "/v", 2) != 0)
        return 0;
    for (; n < path.length && path.s[n] != '/'; n++) {
        if (path.s[n] == '.')
            dots++;
        else if (path.s[n] < '0' || path.s[n] > '9')
            return 0;
    }
    return dots == 1 ? n : 0;
}

const struct page *page_find(struct text path, bool *has_version)
{
    const struct page *page = pages;
    size_t version = version_length(path);

    *has_version = version > 0;
    path.s += version;
    path.length -= version;
    while (page->path && (strlen(page->path) != path.length
                          || memcmp(page->path, path.s, path.length) != 0))
        page++;
    return page;
}
