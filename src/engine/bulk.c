/* bulk.c -- a file as a request's body, or filled with an answer's.
 *
 * Disks can be slow, and this thread serves everyone: files are read and
 * written on libuv's worker threads.  There are two chunks: libcurl works on
 * the front one while the back one is being read or written.
 *
 * A file that is filled has another name until it is whole; so nobody ever
 * finds half of it under its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/mem.h"
#include "reactor.h"

struct bulk {
    uv_fs_t work;
    struct transfer *transfer;      /* NULL: nobody waits for it any more */
    int descriptor;
    bool writing, busy, finishing;
    char *front, *back;
    size_t front_at, front_length, back_length;
    int64_t start, offset;          /* where the next read or write goes */
    int64_t size, left;             /* reading: in all, and not yet read */
    char *path, *partial;           /* writing: final and present name */
    char problem[300];
};

/* --- life --------------------------------------------------------------- */

static void free_bulk(struct bulk *b)
{
    if (b->descriptor >= 0)
        close(b->descriptor);
    if (b->partial)
        unlink(b->partial);
    mem_free(b->front);
    mem_free(b->back);
    mem_free(b->path);
    mem_free(b->partial);
    mem_free(b);
}

static struct bulk *new_bulk(struct transfer *t)
{
    struct bulk *b = mem_alloc(sizeof *b);

    if (!b)
        return NULL;
    b->descriptor = -1;
    b->transfer = t;
    b->work.data = b;
    b->front = mem_alloc(CHUNK);
    b->back = mem_alloc(CHUNK);
    if (b->front && b->back)
        return b;
    free_bulk(b);
    return NULL;
}

void bulk_stop(struct bulk *b)
{
    b->transfer = NULL;
    if (!b->busy)
        free_bulk(b);
}

const char *bulk_problem(const struct bulk *b)
{
    return *b->problem ? b->problem : NULL;
}

static void set_problem(struct bulk *b, const char *what, int error_number)
{
    if (!*b->problem)
        snprintf(b->problem, sizeof b->problem, "%s %s: %s", what, b->path,
                 strerror(error_number));
}

/* --- reading ------------------------------------------------------------ */

static void read_more(struct bulk *b);

static void was_read(uv_fs_t *work)
{
    struct bulk *b = work->data;
    ssize_t n = work->result;

    uv_fs_req_cleanup(work);
    b->busy = false;
    if (!b->transfer) {
        free_bulk(b);
        return;
    }
    if (n < 0)
        set_problem(b, "cannot read", (int)-n);
    else if (n == 0)
        snprintf(b->problem, sizeof b->problem, "%s became shorter while it "
                 "was sent", b->path);
    else {
        b->back_length = (size_t)n;
        b->offset += n;
        b->left -= n;
    }
    transfer_resume(b->transfer->reactor, b->transfer);
}

static void read_more(struct bulk *b)
{
    size_t length = b->left < CHUNK ? (size_t)b->left : CHUNK;
    uv_buf_t to = uv_buf_init(b->back, (unsigned)length);

    if (b->busy || b->back_length || !b->left || *b->problem)
        return;
    b->busy = true;
    uv_fs_read(&b->transfer->reactor->loop, &b->work, b->descriptor, &to, 1,
               b->offset, was_read);
}

struct bulk *bulk_read(struct transfer *t, const struct body *body,
                       struct error *why)
{
    struct bulk *b = new_bulk(t);
    struct stat st;

    if (!b) {
        error_no_memory(why);
        return NULL;
    }
    b->path = mem_copy(body->path, strlen(body->path));
    /* O_NONBLOCK: a pipe must not hold up everyone until it has a writer */
    b->descriptor = open(body->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK
                         | O_NOCTTY);
    if (!b->path || b->descriptor < 0 || fstat(b->descriptor, &st) != 0) {
        error_set(why, ERROR_LOCAL, "cannot open %s: %s", body->path,
                  strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        error_set(why, ERROR_LOCAL, "%s is no plain file", body->path);
    } else if (body->offset > st.st_size || body->offset < 0
               || body->length > st.st_size - body->offset) {
        error_set(why, ERROR_LOCAL, "%s has only %lld bytes", body->path,
                  (long long)st.st_size);
    } else {
        b->start = b->offset = body->offset;
        b->size = body->length >= 0 ? body->length
                                    : st.st_size - body->offset;
        b->left = b->size;
        read_more(b);
        return b;
    }
    error_no_memory(why);           /* unless it says more already */
    free_bulk(b);
    return NULL;
}

ssize_t bulk_take(struct bulk *b, char *to, size_t length)
{
    size_t n = b->front_length - b->front_at;

    if (n == 0 && b->back_length) {
        char *empty = b->front;

        b->front = b->back;
        b->front_length = n = b->back_length;
        b->back = empty;
        b->front_at = b->back_length = 0;
        read_more(b);
    }
    if (n == 0)
        return b->left || b->busy || *b->problem ? -1 : 0;
    if (n > length)
        n = length;
    memcpy(to, b->front + b->front_at, n);
    b->front_at += n;
    return (ssize_t)n;
}

int64_t bulk_size(const struct bulk *b)
{
    return b->size;
}

bool bulk_is_empty(const struct bulk *b)
{
    return !b->left && !b->back_length && b->front_at == b->front_length;
}

bool bulk_rewind(struct bulk *b)
{
    if (b->busy)                    /* what is being read is not wanted */
        return false;
    b->front_at = b->front_length = b->back_length = 0;
    b->offset = b->start;
    b->left = b->size;
    read_more(b);
    return true;
}

/* --- writing ------------------------------------------------------------ */

static void go_on_writing(struct bulk *b);

static void was_written(uv_fs_t *work)
{
    struct bulk *b = work->data;
    ssize_t n = work->result;
    struct error why = {0};

    uv_fs_req_cleanup(work);
    b->busy = false;
    if (!b->transfer) {
        free_bulk(b);
        return;
    }
    if (n >= 0 && (size_t)n < b->back_length) {     /* a rest is left */
        memmove(b->back, b->back + n, b->back_length - (size_t)n);
        b->back_length -= (size_t)n;
        b->offset += n;
        go_on_writing(b);
        return;
    }
    if (n < 0) {
        set_problem(b, "cannot write", (int)-n);
        error_set(&why, ERROR_LOCAL, "%s", b->problem);
        job_broken(b->transfer->reactor, b->transfer->job, &why, true);
        return;
    }
    b->offset += n;
    b->back_length = 0;
    if (b->finishing)
        bulk_finish(b);
    else
        transfer_resume(b->transfer->reactor, b->transfer);
}

static void go_on_writing(struct bulk *b)
{
    uv_buf_t from = uv_buf_init(b->back, (unsigned)b->back_length);

    b->busy = true;
    uv_fs_write(&b->transfer->reactor->loop, &b->work, b->descriptor, &from,
                1, b->offset, was_written);
}

static void write_front(struct bulk *b)
{
    char *empty = b->back;

    b->back = b->front;
    b->back_length = b->front_length;
    b->front = empty;
    b->front_length = 0;
    go_on_writing(b);
}

struct bulk *bulk_write(struct transfer *t, const char *path,
                        struct error *why)
{
    struct bulk *b = new_bulk(t);
    size_t length = strlen(path) + 32;

    if (!b) {
        error_no_memory(why);
        return NULL;
    }
    b->writing = true;
    b->path = mem_copy(path, strlen(path));
    b->partial = mem_alloc(length);
    if (b->path && b->partial) {
        snprintf(b->partial, length, "%s.%08x.part", path, (unsigned)
                 (reactor_random(t->reactor) * 4294967295.0));
        b->descriptor = open(b->partial, O_WRONLY | O_CREAT | O_EXCL
                             | O_CLOEXEC, 0666);
        if (b->descriptor >= 0)
            return b;
        error_set(why, ERROR_LOCAL, "cannot write %s: %s", b->partial,
                  strerror(errno));
        mem_free(b->partial);
        b->partial = NULL;
    }
    error_no_memory(why);
    free_bulk(b);
    return NULL;
}

bool bulk_put(struct bulk *b, const char *bytes, size_t length)
{
    if (b->front_length + length > CHUNK) {
        if (b->busy)
            return false;
        write_front(b);
    }
    memcpy(b->front + b->front_length, bytes, length);
    b->front_length += length;
    return true;
}

static bool give_its_name(struct bulk *b)
{
    int failure = close(b->descriptor);

    b->descriptor = -1;
    if (failure || rename(b->partial, b->path) != 0)
        return false;
    mem_free(b->partial);
    b->partial = NULL;
    return true;
}

void bulk_finish(struct bulk *b)
{
    struct transfer *t = b->transfer;
    struct error why = {0};

    b->finishing = true;
    if (b->busy)
        return;
    if (b->front_length) {
        write_front(b);
    } else if (give_its_name(b)) {
        job_answer_whole(t->reactor, t->job);
    } else {
        error_set(&why, ERROR_LOCAL, "cannot write %s: %s", b->path,
                  strerror(errno));
        job_broken(t->reactor, t->job, &why, true);
    }
}
