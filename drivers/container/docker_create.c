/* docker_create.c -- what deploy_container sends to POST /containers/create.
 *
 * What belongs to the host (binds, ports, limits) stands in HostConfig: at the
 * top level current engines ignore it.  Scripts may write the short form of
 * most things: a list of ports, a command line, a table of variables.
 */
#include <string.h>

#include "../../src/core/words.h"
#include "docker.h"

/* "80" -> "80/tcp" */
static void write_port(struct json_writer *w, const char *s, size_t length)
{
    char text[40];
    size_t n = length < 30 ? length : 30;

    memcpy(text, s, n);
    if (!memchr(text, '/', n)) {
        memcpy(text + n, "/tcp", 4);
        n += 4;
    }
    json_name(w, text, n);
}

static void write_port_names(struct json_writer *w, const struct arg *ports)
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

            write_port(w, text ? v.text.s : v.s,
                       text ? v.text.length : v.length);
            json_raw(w, "{}", 2);
        }
    } else {
        while (json_key(&j, &name) && json_skip(&j)) {
            write_port(w, name.s, name.length);
            json_raw(w, "{}", 2);
        }
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
    write_port_names(w, ports);
    if (ports != bindings)
        write_port_names(w, bindings);
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

    (void)c;
    json_start(&j, bindings->text, bindings->length);
    json_open(w, '{');
    json_enter(&j);
    while (!w->problem && json_key(&j, &name)) {
        write_port(w, name.s, name.length);
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

static void write_volumes(struct json_writer *w, struct call *c,
                          const struct arg *volumes)
{
    struct json_value v;
    struct json j;
    bool open = false;

    (void)c;
    if (volumes->type == TABLE) {
        json_raw(w, volumes->text, volumes->length);
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
    {"HostConfig.PortBindings", .from = "port_bindings", .write = write_bindings},
    {"HostConfig.PublishAllPorts", .constant = "true"},
    {"HostConfig.VolumesFrom", .from = "volumes_from"},
    {0}
};
