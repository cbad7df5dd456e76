/* docker.c -- Docker Engine, and what speaks like it (podman).
 *
 * Reference   https://docs.docker.com/reference/api/engine/ (1.24 to 1.47)
 * Transport   HTTP/1.1 on a unix socket, TCP, or TLS with client certificates
 * Auth        the client certificate; Basic for a proxy in front (key, secret)
 * Errors      {"message": "No such container: web"}
 * Beside it   docker_create.c (what deploy_container takes and sends),
 *             docker_streams.c (pulls, logs), docker_errors.c
 *
 * Oddities
 *   - Paths start with the API version.  "GET /_ping" tells the engine's in a
 *     header; both sides use the smaller one.  1.9 is smaller than 1.10.
 *   - A pull answers 200 at once and fails inside: a stream of JSON values, one
 *     of which is {"errorDetail": {"message": "manifest unknown"}, ...}.
 *     Without a tag it would pull every tag there is.
 *   - A log comes in frames {source, 0, 0, 0, size, size, size, size}, but raw
 *     when the container has a terminal; only its Config.Tty says which.
 *   - 304 from start and stop means it was so already.
 *   - A list and an inspection name the same things differently.
 */
#include <stdlib.h>
#include <string.h>

#include "../../src/core/text.h"
#include "docker.h"

static const char newest_version[] = "1.47";    /* of what is tested here */

/* --- where the engine is ------------------------------------------------ */

/* The certificates' folder: DOCKER_CERT_PATH, else ~/.docker. */
static const char *certificate(struct client *k, const char *name)
{
    const char *folder = environment_text(k, "DOCKER_CERT_PATH");
    const char *home = environment_text(k, "HOME");

    if (folder)
        return arena_format(&k->arena, "%s/%s", folder, name);
    return home ? arena_format(&k->arena, "%s/.docker/%s", home, name) : NULL;
}

/* As the docker program: DOCKER_TLS_VERIFY asks for TLS on tcp://, and fills
 * in the certificates that no option names. */
static bool configure_tls(struct client *k, const char *place)
{
    struct tls *tls = &k->origin.tls;
    bool by_environment = environment_text(k, "DOCKER_TLS_VERIFY")
        && (text_starts_with(place, "tcp://")
            || text_starts_with(place, "https://"));

    if (text_starts_with(place, "tcp://")
        && (by_environment || tls->cert_file || tls->ca_file))
        k->origin.url.scheme = "https";
    if (by_environment && !tls->cert_file && !tls->key_file) {
        tls->cert_file = certificate(k, "cert.pem");
        tls->key_file = certificate(k, "key.pem");
    }
    if (by_environment && !tls->ca_file)
        tls->ca_file = certificate(k, "ca.pem");
    if (tls->key_file && !tls->cert_file)
        return client_fail(k, ERROR_CREDENTIALS, "key_file needs cert_file");
    return true;
}

static bool configure(struct client *k)
{
    const char *place = option_text(k, "endpoint");
    struct url *url = &k->origin.url;

    k->key = option_text(k, "key");
    k->secret = option_text(k, "secret");
    if (!place && option(k, "host"))
        place = strstr(option_text(k, "host"), "://")
            ? option_text(k, "host") : "tcp://";
    if (!place) {
        place = environment_text(k, "DOCKER_HOST");
        if (!place)
            place = "unix:///var/run/docker.sock";
        if (!client_set_endpoint(k, "DOCKER_HOST", place))
            return false;
    }
    if (!configure_tls(k, place))
        return false;
    if (!url->port)
        url->port = strcmp(url->scheme, "https") == 0 ? 2376 : 2375;
    return true;
}

static void sign(struct call *c, struct request *r, double now)
{
    const struct client *k = call_client(c);

    (void)now;
    if (k->key && k->secret)
        sign_basic(r, k->key, k->secret);
}

/* --- the API's version -------------------------------------------------- */

static const struct method negotiation;

static void prefix(struct call *c, struct buf *path)
{
    if (call_method(c) != &negotiation)
        buf_format(path, "/v%s", learned(c));
}

/* 1.9 -> 1009, 1.41 -> 1041; 0 when it is no version. */
static int version_number(const char *text)
{
    char *end;
    long major = strtol(text, &end, 10);
    long minor = *end == '.' ? strtol(end + 1, &end, 10) : -1;

    if (*end || major < 1 || major > 99 || minor < 0 || minor > 999)
        return 0;
    return (int)(major * 1000 + minor);
}

static enum want settle(struct call *c, const char *theirs)
{
    int number = version_number(theirs);

    if (!number)
        return fail(c, ERROR_PROTOCOL, "what answers there is no Docker "
                    "Engine: it names no API version");
    if (number > version_number(newest_version))
        theirs = newest_version;
    return done_text(c, theirs, strlen(theirs));
}

static enum want read_version(struct call *c)
{
    return settle(c, answer_text(c, "ApiVersion"));
}

static enum want read_ping(struct call *c)
{
    const char *theirs = answer_header(c, "Api-Version");

    if (theirs)
        return settle(c, theirs);
    request(c, "GET /version");
    return then(c, read_version);
}

static enum want negotiate(struct call *c)
{
    const char *given = option_text(call_client(c), "api_version");

    if (given)
        return done_text(c, given, strlen(given));
    request(c, "GET /_ping");
    accept_status(c, 404);              /* engines before 1.24 */
    return then(c, read_ping);
}

static const struct method negotiation = {
    .name = "negotiate", .begin = negotiate, .gives = GIVES_TEXT,
    .help = "The API version both sides know."
};

/* --- what it gives ------------------------------------------------------ */

/* "/web" -> "web" */
static void bare_name(struct slot *name)
{
    if (name->type == SLOT_TEXT && name->length && *name->text == '/') {
        name->text++;
        name->length--;
    }
}

/* Words of State and, from engines that have none in lists, of Status. */
static void state_of(struct slot *state)
{
    static const struct {
        const char *theirs, *ours;
    } states[] = {
        {"created", "pending"}, {"running", "running"}, {"paused", "paused"},
        {"restarting", "rebooting"}, {"removing", "terminated"},
        {"exited", "stopped"}, {"dead", "error"},
        {"configured", "pending"}, {"initialized", "pending"},
        {"stopping", "running"}, {"stopped", "stopped"},
        {"Created", "pending"}, {"Exited (", "stopped"},
        {"Restarting (", "rebooting"}, {"Removal ", "terminated"},
        {"Dead", "error"}, {"Up ", "running"}, {NULL, "unknown"}
    };
    size_t i = 0;
    bool paused = state->type == SLOT_TEXT && state->length > 8
        && memcmp(state->text + state->length - 8, "(Paused)", 8) == 0;

    if (state->type != SLOT_TEXT) {
        slot_set_text(state, "unknown");
        return;
    }
    for (; states[i].theirs; i++) {
        size_t length = strlen(states[i].theirs);
        bool whole = !strchr(" (", states[i].theirs[length - 1]);

        if (whole ? slot_is(state, states[i].theirs)
                  : state->length >= length
                  && memcmp(state->text, states[i].theirs, length) == 0)
            break;
    }
    slot_set_text(state, paused ? "paused" : states[i].ours);
}

/* An untagged image has "<none>:<none>" for a tag: no name to call it by. */
static void real_tag(struct slot *tag)
{
    if (slot_is(tag, "<none>:<none>"))
        tag->type = SLOT_ABSENT;
}

static const struct field image_fields[] = {
    {"id", .path = "Id", .help = "Digest of its configuration."},
    {"name", .path = "RepoTags[0]|Id", .map = real_tag,
     .help = "Its first tag, such as busybox:1; its id where it has none."},
    {"path", .path = "RepoTags[0]|Id", .map = real_tag,
     .help = "What to pull it by."},
    {"version", .path = "-", .help = "Always nil here."},
    {0}
};

static const struct field image_extra[] = {
    {"created", .path = "Created", .type = FIELD_TIME},
    {"size", .path = "Size"},
    {"virtual_size", .path = "VirtualSize"},
    {0}
};

static const struct verb image_verbs[] = {
    {"deploy", "deploy_container", 2},
    {0}
};

struct shape docker_image = {
    .name = "ContainerImage", .reference = "path", .fields = image_fields,
    .extra = image_extra, .verbs = image_verbs,
    .help = "An image that the host has."
};

/* The image as a container's record tells of it: a list has its name as Image
 * and its id as ImageID, an inspection its id as Image. */
static const struct field image_of_container[] = {
    {"id", .path = "ImageID|Image"},
    {"name", .path = "Config.Image|Image"},
    {"path", .path = "Config.Image|Image"},
    {0}
};

static const struct field container_fields[] = {
    {"id", .path = "Id", .help = "64 hexadecimal digits."},
    {"name", .path = "Name|Names[0]|Id", .map = bare_name,
     .help = "Its name, without the slash."},
    {"state", .path = "State.Status|State|Status", .map = state_of,
     .help = "running, stopped, pending, paused, rebooting, terminated, "
             "error or unknown."},
    {"image", .object = &docker_image, .fields = image_of_container,
     .help = "The ContainerImage it was made from."},
    {"ip_addresses", .type = FIELD_LIST,
     .path = "NetworkSettings.Networks.*.IPAddress|NetworkSettings.IPAddress",
     .help = "Its own addresses, one for each network it is in."},
    {"created_at", .path = "Created", .type = FIELD_TIME,
     .help = "Seconds since 1970, UTC."},
    {0}
};

static const struct field container_extra[] = {
    {"id", .path = "Id"},
    {"status", .path = "Status|State.Status"},
    {"created", .path = "Created", .type = FIELD_TIME},
    {"image", .path = "Config.Image|Image"},
    {"ports", .path = "Ports|NetworkSettings.Ports", .type = FIELD_JSON},
    {"command", .path = "Command|Config.Cmd", .type = FIELD_JSON},
    {"sizerw", .path = "SizeRw"},
    {"sizerootfs", .path = "SizeRootFs"},
    {0}
};

static const struct verb container_verbs[] = {
    {"start", "start_container", 1},
    {"stop", "stop_container", 1},
    {"restart", "restart_container", 1},
    {"destroy", "destroy_container", 1},
    {"refresh", "get_container", 1},
    {"ex_get_logs", "ex_get_logs", 1},
    {0}
};

static struct shape container = {
    .name = "Container", .reference = "id", .fields = container_fields,
    .extra = container_extra, .verbs = container_verbs,
    .help = "A container, running or not."
};

static struct shape *const shapes[] = {
    &container, &docker_image, &docker_progress, NULL
};

/* --- steps -------------------------------------------------------------- */

static enum want list_containers(struct call *c)
{
    const char *wanted = arg_text(c, "image");
    struct json_writer w;
    struct buf filters = {0};

    row_request(c);
    if (wanted) {
        json_write_start(&w, &filters);
        json_open(&w, '{');
        json_name(&w, "ancestor", strlen("ancestor"));
        json_open(&w, '[');
        json_string(&w, wanted, strlen(wanted));
        json_close(&w, ']');
        json_close(&w, '}');
        if (!buf_ok(&filters))
            fail(c, ERROR_LOCAL, "out of memory");
        add_query(c, "filters", buf_string(&filters));
        buf_free(&filters);
    }
    return then(c, done);
}

static enum want inspect(struct call *c)
{
    request(c, "GET /containers/{container}/json");
    return then(c, done);
}

/* --- deploy: create, pull what is missing, start, look at it ------------ */

static enum want inspect_made(struct call *c)
{
    request(c, "GET /containers/{made}/json");
    return then(c, done);
}

static enum want start_made(struct call *c)
{
    const char *id = answer_text(c, "Id");

    if (!*id)
        return fail(c, ERROR_PROTOCOL, "the engine created a container "
                    "without an Id");
    made(c, id);
    keep(c, "made", id);
    if (!arg_true(c, "start"))
        return inspect_made(c);
    request(c, "POST /containers/{made}/start");
    accept_status(c, 304);
    return then(c, inspect_made);
}

static enum want create_again(struct call *c)
{
    if (!docker_pulled(c))
        return WANT_FAIL;
    row_request(c);
    accept_status(c, 0);
    return then(c, start_made);
}

/* 404 means the image (or a network, a volume) is not there. */
static enum want created(struct call *c)
{
    if (answer_status(c) != 404)
        return start_made(c);
    if (!strstr(buf_string(answer_body(c)), "o such image"))
        return refused(c);
    return docker_pull(c, arg_text(c, "image"), create_again);
}

static enum want deploy(struct call *c)
{
    if (!*arg_text(c, "image"))
        return fail(c, ERROR_INVALID_ARGUMENT, "image is empty");
    row_request(c);
    return then(c, created);
}

/* --- install_image ------------------------------------------------------ */

/* The image by the name that was asked for, whatever others it has. */
static enum want installed(struct call *c)
{
    enum want want;

    if (answer_status(c) == 404 && kept(c, "digest"))
        want = done_json(c, arena_format(call_arena(c), "{\"Id\":\"%s\"}",
                                         kept(c, "digest")));
    else
        want = answer_status(c) == 404 ? refused(c) : done(c);
    set_field(c, "name", arg_text(c, "path"));
    set_field(c, "path", arg_text(c, "path"));
    return want;
}

static enum want look_at_image(struct call *c)
{
    if (!docker_pulled(c))
        return WANT_FAIL;
    request(c, "GET /images/{+path}/json");
    accept_status(c, 404);
    return then(c, installed);
}

static enum want install_image(struct call *c)
{
    if (!*arg_text(c, "path"))
        return fail(c, ERROR_INVALID_ARGUMENT, "path is empty");
    return docker_pull(c, arg_text(c, "path"), look_at_image);
}

/* --- the table ---------------------------------------------------------- */

static const struct argument options[] = {
    {"key", TEXT, NULL,
     .help = "User name for Basic authentication, where a proxy asks for it."},
    {"secret", TEXT | SECRET, NULL, .help = "Its password."},
    {"api_version", TEXT, NULL,
     .help = "Such as 1.41; otherwise the newest that both sides know."},
    {0}
};

static const struct argument by_id[] = {
    {"id", OBJECT, REQUIRED, .object = &container,
     .help = "Its id, the start of its id, or its name."},
    {0}
};

static const struct argument one_container[] = {
    {"container", OBJECT, REQUIRED, .object = &container,
     .help = "The container, its id or its name."},
    {0}
};

static const struct argument stop_arguments[] = {
    {"container", OBJECT, REQUIRED, .object = &container,
     .help = "The container, its id or its name."},
    {"t", INTEGER, NULL,
     .help = "Seconds between SIGTERM and SIGKILL; 10 when left out."},
    {0}
};

static const struct argument destroy_arguments[] = {
    {"container", OBJECT, REQUIRED, .object = &container,
     .help = "The container, its id or its name."},
    {"force", BOOLEAN, "true", .help = "Kill it first if it runs."},
    {"v", BOOLEAN, NULL, .help = "Remove its anonymous volumes too."},
    {0}
};

static const struct argument list_arguments[] = {
    {"image", OBJECT, NULL, .object = &docker_image,
     .help = "Only those made from this image or a child of it."},
    {"all", BOOLEAN, "true",
     .help = "Whether to list those that do not run, too."},
    {0}
};

static const struct argument install_arguments[] = {
    {"path", TEXT, REQUIRED,
     .help = "Such as busybox:1 or quay.io/team/app@sha256:...; without a "
             "tag it means :latest."},
    {"on_progress", FUNCTION, NULL,
     .help = "Called with a Progress for every step of every layer."},
    {0}
};

static const struct argument logs_arguments[] = {
    {"container", OBJECT, REQUIRED, .object = &container,
     .help = "The container, its id or its name."},
    {"stream", BOOLEAN, "false",
     .help = "Give the lines as they come, to a for loop: line, source."},
    {"follow", BOOLEAN, NULL,
     .help = "Go on until the container ends; true when stream is."},
    {"stdout", BOOLEAN, "true", .help = "What it wrote to stdout."},
    {"stderr", BOOLEAN, "true", .help = "What it wrote to stderr."},
    {"since", INTEGER, NULL,
     .help = "Only what is newer than this time (seconds since 1970)."},
    {"tail", INTEGER, NULL, .help = "Only so many of the last lines."},
    {"timestamps", BOOLEAN, NULL, .help = "A time in front of every line."},
    {0}
};

static const struct method methods[] = {
    {"install_image", .arguments = install_arguments, .begin = install_image,
     ONE(docker_image),
     .help = "Pulls an image; gives it when all of it is here."},

    {"list_images", .request = "GET /images/json", LIST_OF(docker_image),
     .help = "Lists the images that the host has."},

    {"list_containers", .arguments = list_arguments,
     .request = "GET /containers/json?all", .begin = list_containers,
     LIST_OF(container), .help = "Lists the containers of the host."},

    {"deploy_container", .arguments = docker_create_arguments,
     .request = "POST /containers/create?name", .body = docker_create_body,
     .begin = deploy, .accepts = 404, ONE(container),
     .help = "Creates a container and starts it; pulls a missing image."},

    {"get_container", .arguments = by_id,
     .request = "GET /containers/{id}/json", ONE(container),
     .help = "Fetches one container, as it is now."},

    {"start_container", .arguments = one_container,
     .request = "POST /containers/{container}/start", .then = inspect,
     .accepts = 304, .safe_to_repeat = true, ONE(container),
     .help = "Starts it; that it runs already is no error."},

    {"stop_container", .arguments = stop_arguments,
     .request = "POST /containers/{container}/stop?t", .then = inspect,
     .accepts = 304, .safe_to_repeat = true, .may_be_silent = true,
     ONE(container),
     .help = "Stops it; that it has stopped already is no error."},

    {"restart_container", .arguments = stop_arguments,
     .request = "POST /containers/{container}/restart?t", .then = inspect,
     .may_be_silent = true, ONE(container),
     .help = "Stops it, if it runs, and starts it."},

    {"destroy_container", .arguments = destroy_arguments,
     .request = "DELETE /containers/{container}?force&v",
     .may_be_silent = true, .gives = GIVES_TRUE,
     .help = "Removes it; kills it first if it runs."},

    {"ex_get_logs", .arguments = logs_arguments, .begin = docker_logs,
     .gives = GIVES_TEXT, .stream_if = "stream",
     .help = "Gives what it wrote, as one text or line by line."},
    {0}
};

const struct driver docker_driver = {
    .area = "container", .name = "docker", .title = "Docker Engine",
    .help = "Containers and images of a Docker Engine or podman: on a unix "
            "socket, TCP, or TLS with client certificates. Without an "
            "endpoint it takes DOCKER_HOST (with DOCKER_TLS_VERIFY and "
            "DOCKER_CERT_PATH), else unix:///var/run/docker.sock.",
    .options = options, .configure = configure, .learns = &negotiation,
    .prefix = prefix, .sign = sign, .fault = docker_fault,
    .unreachable = "is the Docker Engine running there? Say where it is with "
                   "DOCKER_HOST or the option endpoint",
    .methods = methods, .shapes = shapes
};
