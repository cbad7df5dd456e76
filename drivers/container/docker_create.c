/* docker_create.c -- what deploy_container takes, and what it makes of that for
 * POST /containers/create.
 *
 * What belongs to the host (binds, ports, limits) stands in HostConfig: at the
 * top level current engines ignore it.  Scripts may write the short form of
 * most things: a list of ports, a command line, a table of variables.
 */
#include <stdio.h>
#include <string.h>

#include "../../src/core/words.h"
#include "docker.h"

/* --- what it takes -------------------------------------------------------- */

const struct argument docker_create_arguments[] = {
    {"name", TEXT, REQUIRED, .help = "The new container's name."},
    {"image", OBJECT, REQUIRED, .object = &docker_image,
     .help = "What to run; pulled when the host does not have it."},
    {"start", BOOLEAN, "true", .help = "Start it, too."},
    {"command", TEXT | LIST, NULL,
     .help = "What to run in it; otherwise the image says."},
    {"hostname", TEXT, NULL, .help = "Its host name."},
    {"domainname", TEXT, NULL, .help = "Its domain name."},
    {"user", TEXT, NULL, .help = "User, or user:group, to run as."},
    {"stdin_open", BOOLEAN, "true", .help = "Keep its stdin open."},
    {"tty", BOOLEAN, "true",
     .help = "Give it a terminal; its log is then one stream."},
    {"mem_limit", INTEGER, NULL, .help = "Memory, in bytes."},
    {"memswap_limit", INTEGER, NULL,
     .help = "Memory and swap, in bytes; -1 for no limit."},
    {"ports", LIST | TABLE, NULL,
     .help = "Ports it listens at: {80, \"53/udp\"}."},
    {"port_bindings", TABLE, NULL,
     .help = "Ports of the host that lead to its own: "
             "{[\"80/tcp\"] = 8080}."},
    {"environment", LIST | TABLE, NULL,
     .help = "Variables: {NAME = \"value\"} or {\"NAME=value\"}."},
    {"dns", LIST, NULL, .help = "Addresses of name servers."},
    {"volumes", LIST | TABLE, NULL,
     .help = "\"/here:/there:ro\" binds, \"/data\" makes a volume."},
    {"volumes_from", LIST, NULL, .help = "Containers whose volumes it gets."},
    {"network_disabled", BOOLEAN, NULL, .help = "No network at all."},
    {"network_mode", TEXT, NULL,
     .help = "bridge, host, none, container:NAME or a network's name; "
             "otherwise the host's default."},
    {"entrypoint", TEXT | LIST, NULL, .help = "In place of the image's."},
    {"cpu_shares", INTEGER, NULL,
     .help = "Weight against others; 1024 is usual."},
    {"working_dir", TEXT, NULL, .help = "Where its command starts."},
    {"labels", TABLE, NULL, .help = "Names and values."},
    {0}
};

/* --- short forms, written out ------------------------------------------- */

/* "80" -> "80/tcp".  Returns its length. */
static size_t complete_port(const char *s, size_t length, char port[40])
{
    size_t n = length < 30 ? length : 30;

    memcpy(port, s, n);
    if (!memchr(port, '/', n)) {
        memcpy(port + n, "/tcp", 4);
        n += 4;
    }
    port[n] = '\0';
    return n;
}

/* A port may be named twice: as 80 and "80/tcp", exposed and bound. */
static void expose(struct json_writer *w, const char *s, size_t length)
{
    char port[40], member[50];
    size_t n = complete_port(s, length, port);

    snprintf(member, sizeof member, "\"%s\":", port);
    if (strstr(buf_string(w->to), member))
        return;
    json_name(w, port, n);
    json_raw(w, "{}", 2);
}

static void expose_all(struct json_writer *w, const struct arg *ports)
{
    struct json_value v;
    struct json_text name;
    struct json j;

    if (!ports)
        return;
    json_start(&j, ports->text, ports->length);
    json_enter(&j);
    if (ports->type == LIST) {
        while (json_more(&j) && json_scalar(&j, &v)) {
            bool text = v.type == JSON_STRING;

            expose(w, text ? v.text.s : v.s, text ? v.text.length : v.length);
        }
    } else {
        while (json_key(&j, &name) && json_skip(&j))
            expose(w, name.s, name.length);
    }
}

/* What is bound must be exposed too. */
static void write_exposed(struct json_writer *w, struct call *c,
                          const struct arg *ports)
{
    const struct arg *bindings = arg(c, "port_bindings");

    if (ports == bindings && arg(c, "ports"))
        return;                     /* said already, with the ports */
    json_open(w, '{');
    expose_all(w, ports);
    if (ports != bindings)
        expose_all(w, bindings);
    json_close(w, '}');
}

/* The text of a value: "8080" of "8080" and of 8080. */
static void write_as_text(struct json_writer *w, struct json *j)
{
    struct json_value v;

    if (!json_scalar(j, &v))
        w->problem = "a plain value was expected";
    else if (v.type == JSON_STRING)
        json_raw(w, v.s, v.length);
    else
        json_string(w, v.s, v.length);
}

/* One binding: 8080, "8080", or the API's own {HostPort=, HostIp=}. */
static void write_binding(struct json_writer *w, struct json *j)
{
    struct json_text name;

    json_open(w, '{');
    if (json_peek(j) != JSON_OBJECT) {
        json_name(w, "HostPort", 8);
        write_as_text(w, j);
    } else {
        json_enter(j);
        while (json_key(j, &name)) {
            json_raw_name(w, &name);
            write_as_text(w, j);
        }
    }
    json_close(w, '}');
}

/* {["80/tcp"] = 8080} or {["80/tcp"] = {{HostPort = "8080"}}} */
static void write_bindings(struct json_writer *w, struct call *c,
                           const struct arg *bindings)
{
    struct json_text name;
    struct json j;
    char port[40];

    (void)c;
    json_start(&j, bindings->text, bindings->length);
    json_open(w, '{');
    json_enter(&j);
    while (!w->problem && json_key(&j, &name)) {
        json_name(w, port, complete_port(name.s, name.length, port));
        json_open(w, '[');
        if (json_peek(&j) != JSON_ARRAY) {
            write_binding(w, &j);
        } else {
            json_enter(&j);
            while (!w->problem && json_more(&j))
                write_binding(w, &j);
        }
        json_close(w, ']');
    }
    json_close(w, '}');
}

/* {A = "b"} as ["A=b"]; a list stays as it is. */
static void write_environment(struct json_writer *w, struct call *c,
                              const struct arg *environment)
{
    struct json_text name;
    struct json_value v;
    struct json j;

    (void)c;
    if (environment->type == LIST) {
        json_raw(w, environment->text, environment->length);
        return;
    }
    json_start(&j, environment->text, environment->length);
    json_open(w, '[');
    json_enter(&j);
    while (json_key(&j, &name) && json_scalar(&j, &v)) {
        bool text = v.type == JSON_STRING;

        /* both are escaped already: joined, they still are */
        json_raw(w, "\"", 1);
        buf_add(w->to, name.s, name.length);
        buf_char(w->to, '=');
        buf_add(w->to, text ? v.text.s : v.s, text ? v.text.length : v.length);
        buf_char(w->to, '"');
    }
    json_close(w, ']');
}

/* "echo 'hello world'" as ["echo", "hello world"]; a list stays as it is. */
static void write_command(struct json_writer *w, struct call *c,
                          const struct arg *command)
{
    const char *at = command->text;
    struct buf word = {0};

    (void)c;
    if (command->type == LIST) {
        json_raw(w, command->text, command->length);
        return;
    }
    json_open(w, '[');
    while (words_next(&at, &word))
        json_string(w, buf_string(&word), word.len);
    json_close(w, ']');
    if (*at)
        w->problem = "a quote in the command is not closed";
    if (!buf_ok(&word))
        w->to->failure = BUF_NO_MEMORY;
    buf_free(&word);
}

/* A list's members with a colon are binds ("/here:/there:ro"), the others and
 * a table's names are volumes of the container's own ("/data"). */
static void write_binds(struct json_writer *w, struct call *c,
                        const struct arg *volumes)
{
    struct json_value v;
    struct json j;
    bool open = false;

    (void)c;
    json_start(&j, volumes->text, volumes->length);
    if (volumes->type != LIST || !json_enter(&j))
        return;
    while (json_more(&j) && json_scalar(&j, &v)) {
        if (v.type != JSON_STRING || !memchr(v.s, ':', v.length))
            continue;
        if (!open)
            json_open(w, '[');
        open = true;
        json_raw(w, v.s, v.length);
    }
    if (open)
        json_close(w, ']');
}

/* The API wants an empty object for each name; what stood there instead would
 * be lost. */
static void write_volume_names(struct json_writer *w,
                               const struct arg *volumes)
{
    struct json_text name;
    struct json j;

    json_start(&j, volumes->text, volumes->length);
    json_open(w, '{');
    json_enter(&j);
    while (json_key(&j, &name)) {
        const char *value = j.at;

        json_skip(&j);
        if (j.at - value != 2)
            w->problem = "a volume's value must be {}; a bind is written "
                         "\"/here:/there\" in a list";
        json_raw_name(w, &name);
        json_raw(w, "{}", 2);
    }
    json_close(w, '}');
}

static void write_volumes(struct json_writer *w, struct call *c,
                          const struct arg *volumes)
{
    struct json_value v;
    struct json j;
    bool open = false;

    (void)c;
    if (volumes->type == TABLE) {
        write_volume_names(w, volumes);
        return;
    }
    json_start(&j, volumes->text, volumes->length);
    json_enter(&j);
    while (json_more(&j) && json_scalar(&j, &v)) {
        if (v.type != JSON_STRING || memchr(v.s, ':', v.length))
            continue;
        if (!open)
            json_open(w, '{');
        open = true;
        json_raw_name(w, &v.text);
        json_raw(w, "{}", 2);
    }
    if (open)
        json_close(w, '}');
}

static void write_labels(struct json_writer *w, struct call *c,
                         const struct arg *labels)
{
    struct json_text name;
    struct json j;

    (void)c;
    json_start(&j, labels->text, labels->length);
    json_open(w, '{');
    json_enter(&j);
    while (!w->problem && json_key(&j, &name)) {
        json_raw_name(w, &name);
        write_as_text(w, &j);
    }
    json_close(w, '}');
}

/* --- the body ------------------------------------------------------------ */

const struct body_field docker_create_body[] = {
    {"Hostname", .from = "hostname"},
    {"Domainname", .from = "domainname"},
    {"User", .from = "user"},
    {"ExposedPorts", .from = "ports", .write = write_exposed},
    {"ExposedPorts", .from = "port_bindings", .write = write_exposed},
    {"Tty", .from = "tty"},
    {"OpenStdin", .from = "stdin_open"},
    {"Env", .from = "environment", .write = write_environment},
    {"Cmd", .from = "command", .write = write_command},
    {"Image", .from = "image"},
    {"Volumes", .from = "volumes", .write = write_volumes},
    {"WorkingDir", .from = "working_dir"},
    {"Entrypoint", .from = "entrypoint", .write = write_command},
    {"NetworkDisabled", .from = "network_disabled"},
    {"Labels", .from = "labels", .write = write_labels},
    {"HostConfig.Binds", .from = "volumes", .write = write_binds},
    {"HostConfig.CpuShares", .from = "cpu_shares"},
    {"HostConfig.Dns", .from = "dns"},
    {"HostConfig.Memory", .from = "mem_limit"},
    {"HostConfig.MemorySwap", .from = "memswap_limit"},
    {"HostConfig.NetworkMode", .from = "network_mode"},
    {"HostConfig.PortBindings", .from = "port_bindings",
     .write = write_bindings},
    {"HostConfig.PublishAllPorts", .constant = "true"},
    {"HostConfig.VolumesFrom", .from = "volumes_from"},
    {0}
};
