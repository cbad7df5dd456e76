/* error.h -- what went wrong, as a value.
 *
 * Law: an error names what failed (provider, operation), why (message) and what
 * to do, in one line, and never holds a secret.  Whoever holds the struct owns
 * its texts; error_free gives them back.  A zeroed struct is "no error".
 */
#ifndef LUFT_ERROR_H
#define LUFT_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* The kinds are API: scripts compare err.kind with these names. */
#define ERROR_KINDS(X)                                                       \
    X(NONE, "none", "no error")                                              \
    X(INVALID_ARGUMENT, "invalid_argument",                                  \
      "the call itself is wrong: a type, a name, a missing argument")        \
    X(UNSUPPORTED, "unsupported", "this provider or server cannot do it")    \
    X(CREDENTIALS, "credentials", "missing, unreadable or refused")          \
    X(PERMISSION, "permission", "known, but not allowed to do this")         \
    X(NOT_FOUND, "not_found", "the thing named does not exist")              \
    X(ALREADY_EXISTS, "already_exists", "the name is taken")                 \
    X(CONFLICT, "conflict", "the thing is in a state that forbids this")     \
    X(NOT_EMPTY, "not_empty", "it must be empty first")                      \
    X(QUOTA, "quota", "a limit of the account is reached")                   \
    X(RATE_LIMITED, "rate_limited", "too many requests; see retry_after")    \
    X(UNAVAILABLE, "unavailable", "the service cannot answer now")           \
    X(TIMEOUT, "timeout", "a time limit passed")                             \
    X(NETWORK, "network", "no answer came: name, connection, reset")         \
    X(TLS, "tls", "no trust: certificate, key or protocol version")          \
    X(PROTOCOL, "protocol", "the answer is not what the protocol says")      \
    X(CHECKSUM, "checksum", "the bytes are not the ones that were sent")     \
    X(CANCELLED, "cancelled", "stopped by the script, a deadline or Ctrl-C") \
    X(LOCAL, "local", "this machine: a file, memory, the script itself")     \
    X(PROVIDER, "provider", "any other refusal; see code and message")

enum error_kind {
#define X(name, text, meaning) ERROR_##name,
    ERROR_KINDS(X)
#undef X
    ERROR_KIND_COUNT
};

struct error {
    enum error_kind kind;
    const char *provider;           /* static text, such as "docker" */
    const char *operation;          /* static text, such as "list_images" */
    char *message;                  /* NULL: memory ran out while saying it */
    int status;                     /* HTTP status of the last attempt, or 0 */
    char *code;                     /* the provider's own code, or NULL */
    char *request_id;               /* the provider's, or NULL */
    char *made;                     /* id of what was created all the same */
    bool retryable;                 /* the same call may succeed later */
    double retry_after;             /* seconds the provider asks for, or 0 */
    int attempts;                   /* requests sent for the failing step */
};

/* The name scripts see, such as "not_found". */
const char *error_kind_name(enum error_kind kind);

/* What the kind means, for the manual. */
const char *error_kind_meaning(enum error_kind kind);

/* Sets kind and message; an error that is set already is kept: the first
 * failure is the cause. */
void error_set(struct error *e, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "No more memory": needs none itself. */
void error_no_memory(struct error *e);

/* A copy of its own of every text; false, and an out-of-memory error in
 * *to, when that fails. */
bool error_copy(struct error *to, const struct error *from);

void error_free(struct error *e);   /* zeroed again */

#endif
