/* list.c -- lists the running containers of a Docker Engine without any Lua.
 *
 *     make example
 *     build/examples/c/list [tcp://127.0.0.1:2375]
 *
 * What it stands on is internal and makes no promises: names, structs and
 * meanings may be others in the next version.  Promised is what Lua sees.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "../../src/engine/engine.h"

extern const struct driver docker_driver;

/* A client, and a call of one of its methods.  Without Lua nobody fills in the
 * defaults of arguments: here only what runs is listed. */
static struct call *make_call(const char *endpoint)
{
    struct client *k = client_new(&docker_driver);
    const struct method *m = docker_driver.methods;
    struct call *c = NULL;

    while (strcmp(m->name, "list_containers") != 0)
        m++;
    if (k)
        k->options[argument_index(common_options, "endpoint")] =
            (struct arg){.type = TEXT, .text = endpoint};
    if (k && client_configure(k, (struct environment){0}))
        c = call_new(k, m);
    else if (k)
        fprintf(stderr, "list: %s\n", k->error.message);
    client_release(k);              /* the call holds it */
    return c;
}

/* The only news of a call that is no stream is its end.  A program with a loop
 * of its own watches the descriptor there. */
static void wait_for_end(struct engine *e)
{
    struct pollfd wake = {engine_wake_descriptor(e), POLLIN, 0};
    struct news *n;

    while ((n = engine_take(e)) == NULL) {
        if (engine_will_wait(e))
            poll(&wake, 1, -1);
        engine_waited(e);
    }
    engine_forget(n);
}

/* An answer's fields stand in columns; their texts have no NUL at the end. */
static int print(const struct call *c)
{
    const struct field *fields = c->method->shape->fields;
    int name = shape_column(fields, "name");
    int state = shape_column(fields, "state");

    if (c->error.kind)
        fprintf(stderr, "list: %s\n", c->error.message);
    for (size_t i = 0; i < c->result.records.count; i++) {
        const struct slot *s = c->result.records.list[i].slots;

        printf("%.*s\t%.*s\n", (int)s[name].length, s[name].text,
               (int)s[state].length, s[state].text);
    }
    return c->error.kind != ERROR_NONE;
}

int main(int argc, char **argv)
{
    struct call *c = make_call(argc > 1 ? argv[1]
                               : "unix:///var/run/docker.sock");
    struct engine *e = c ? engine_new() : NULL;
    struct job *job = e ? engine_start(e, c, (struct job_options){0}) : NULL;
    int status = 1;

    if (job) {
        wait_for_end(e);
        status = print(job_call(job));
        job_release(job);
    }
    if (e)
        engine_delete(e);
    else
        call_free(c);
    return status;
}
