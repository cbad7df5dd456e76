/* docker_errors.c -- what error answers mean: the engine's, and those of what
 * stands in front of it.
 *
 *     404 {"message":"No such container: web"}
 *     403 {}, 502 <html>...: a proxy
 */
#include <string.h>

#include "docker.h"

/* The engine has few statuses and no codes; its words tell more. */
enum error_kind docker_kind_of(const char *message)
{
    static const struct {
        const char *words;
        enum error_kind kind;
    } known[] = {
        {"is already in use by", ERROR_ALREADY_EXISTS},
        {"is already in use", ERROR_ALREADY_EXISTS},
        {"HTTP request to an HTTPS server", ERROR_TLS},
        {"manifest unknown", ERROR_NOT_FOUND},
        {"manifest for", ERROR_NOT_FOUND},
        {"does not exist", ERROR_NOT_FOUND},
        {"no such image", ERROR_NOT_FOUND},
        {"unauthorized", ERROR_CREDENTIALS},
        {"authentication required", ERROR_CREDENTIALS},
        {"access denied", ERROR_PERMISSION},
        {"toomanyrequests", ERROR_RATE_LIMITED},
        {"no space left", ERROR_QUOTA},
        {NULL, ERROR_NONE}
    };
    size_t i = 0;

    while (known[i].words && !strstr(message, known[i].words))
        i++;
    return known[i].kind;
}

/* Proxies and web servers answer errors with a page of HTML. */
static bool is_html(struct call *c, const char *body)
{
    const char *type = answer_header(c, "Content-Type");

    return body[strspn(body, " \t\r\n")] == '<'
        || (type && strstr(type, "html"));
}

/* The engine's message, else the body as it came; "" when it says nothing. */
static const char *fault_message(struct call *c, const char *body)
{
    struct json_value v;

    if (json_find(body, answer_body(c)->len, "message", &v))
        return value_text(c, &v);
    return body[strspn(body, " \t\r\n{}")] ? body : "";
}

void docker_fault(struct call *c, struct error *e)
{
    const char *body = buf_string(answer_body(c));
    const char *message = fault_message(c, body);
    const char *words = answer_status_words(c);
    int status = answer_status(c);
    enum error_kind kind;
    int line;

    if (is_html(c, body))
        message = arena_format(call_arena(c), "%s, in HTML: what answers "
                               "there is no Docker Engine (a proxy?)",
                               words ? words : "an error");
    if (!message || !*message)
        return;
    line = (int)strcspn(message, "\r\n");
    kind = docker_kind_of(message);
    if (kind == ERROR_TLS)
        error_set(e, kind, "the engine speaks TLS only; give ca_cert, "
                  "cert_file and key_file, or set DOCKER_TLS_VERIFY=1");
    else if (kind && (status >= 500 || status == 409))
        error_set(e, kind, "%.*s", line, message);
    else
        fault_set(c, e, message, (size_t)line);
}
