/* error_test.c -- what went wrong, as a value: error.h. */
#include "../test.h"
#include "../../src/core/error.h"
#include "../../src/core/mem.h"

static int allocations_left;

static bool refuse_after_some(void)
{
    return allocations_left-- <= 0;
}

/* The names are API; scripts compare with them. */
TEST(the_kinds_and_their_names)
{
    static const char *const names[] = {
        "none", "invalid_argument", "unsupported", "credentials",
        "permission", "not_found", "already_exists", "conflict", "not_empty",
        "quota", "rate_limited", "unavailable", "timeout", "network", "tls",
        "protocol", "checksum", "cancelled", "local", "provider"
    };

    CHECK(ERROR_KIND_COUNT == sizeof names / sizeof *names);
    for (int i = 0; i < ERROR_KIND_COUNT; i++) {
        CHECK_TEXT(error_kind_name((enum error_kind)i), names[i]);
        CHECK(strlen(error_kind_meaning((enum error_kind)i)) > 5);
    }
}

TEST(zeroed_is_no_error)
{
    struct error e = {0}, copy;

    CHECK(e.kind == ERROR_NONE);
    CHECK(error_copy(&copy, &e));
    CHECK(copy.kind == ERROR_NONE && copy.message == NULL);
    error_free(&copy);
    error_free(&e);
    error_free(&e);
}

TEST(the_first_failure_is_the_cause)
{
    struct error e = {0};

    error_set(&e, ERROR_NOT_FOUND, "no container '%s' on %d hosts", "web", 3);
    error_set(&e, ERROR_NETWORK, "connection reset");
    error_no_memory(&e);
    CHECK(e.kind == ERROR_NOT_FOUND);
    CHECK_TEXT(e.message, "no container 'web' on 3 hosts");
    error_free(&e);
    CHECK(e.kind == ERROR_NONE && e.message == NULL);
    error_set(&e, ERROR_NETWORK, "connection reset");
    CHECK(e.kind == ERROR_NETWORK);
    error_free(&e);
}

TEST(messages_of_any_length)
{
    static char text[20000];
    struct error e = {0};

    memset(text, 't', sizeof text - 1);
    error_set(&e, ERROR_PROVIDER, "%s", text);
    CHECK_TEXT(e.message, text);
    error_free(&e);
    error_set(&e, ERROR_PROVIDER, "%s", "");
    CHECK_TEXT(e.message, "");
    error_free(&e);
}

TEST(no_memory_needs_none)
{
    struct error e = {0};

    allocations_left = 0;
    mem_refuses = refuse_after_some;
    error_no_memory(&e);
    CHECK(e.kind == ERROR_LOCAL && e.message == NULL);
    error_free(&e);
    error_set(&e, ERROR_NOT_FOUND, "no such thing");
    mem_refuses = NULL;
    CHECK(e.kind == ERROR_LOCAL && e.message == NULL);
    error_free(&e);
}

static void set_everything(struct error *e)
{
    memset(e, 0, sizeof *e);
    error_set(e, ERROR_CONFLICT, "the container is running");
    e->provider = "docker";
    e->operation = "destroy_container";
    e->status = 409;
    e->code = mem_copy("InUse", 5);
    e->request_id = mem_copy("req-1", 5);
    e->made = mem_copy("3f2a", 4);
    e->retryable = true;
    e->retry_after = 2.5;
    e->attempts = 3;
}

TEST(a_copy_has_texts_of_its_own)
{
    struct error e, copy;

    set_everything(&e);
    CHECK(error_copy(&copy, &e));
    CHECK(copy.message != e.message && copy.code != e.code
          && copy.request_id != e.request_id && copy.made != e.made);
    error_free(&e);
    CHECK(copy.kind == ERROR_CONFLICT && copy.status == 409);
    CHECK(copy.retryable && copy.retry_after == 2.5 && copy.attempts == 3);
    CHECK_TEXT(copy.provider, "docker");
    CHECK_TEXT(copy.operation, "destroy_container");
    CHECK_TEXT(copy.message, "the container is running");
    CHECK_TEXT(copy.code, "InUse");
    CHECK_TEXT(copy.request_id, "req-1");
    CHECK_TEXT(copy.made, "3f2a");
    error_free(&copy);
}

TEST(a_copy_that_fails_says_so)
{
    struct error e, copy;

    set_everything(&e);
    for (int n = 0; n < 4; n++) {
        allocations_left = n;
        mem_refuses = refuse_after_some;
        CHECK(!error_copy(&copy, &e));
        mem_refuses = NULL;
        CHECK(copy.kind == ERROR_LOCAL && copy.message == NULL);
        error_free(&copy);
    }
    error_free(&e);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"the_kinds_and_their_names", test_the_kinds_and_their_names},
        {"zeroed_is_no_error", test_zeroed_is_no_error},
        {"the_first_failure_is_the_cause",
         test_the_first_failure_is_the_cause},
        {"messages_of_any_length", test_messages_of_any_length},
        {"no_memory_needs_none", test_no_memory_needs_none},
        {"a_copy_has_texts_of_its_own", test_a_copy_has_texts_of_its_own},
        {"a_copy_that_fails_says_so", test_a_copy_that_fails_says_so},
        {NULL, NULL}
    };

    for (int i = 0; tests[i].name; i++)
        test_run(tests[i].name, tests[i].run);
    return test_end();
}
