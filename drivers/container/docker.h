/* docker.h -- what the files of the docker driver share. */
#ifndef LUFT_DOCKER_H
#define LUFT_DOCKER_H

#include "../../src/core/driver.h"

/* docker.c: what an argument may be an object of. */
extern struct shape docker_image;

/* docker_create.c: POST /containers/create, its arguments and its body. */
extern const struct argument docker_create_arguments[];
extern const struct body_field docker_create_body[];

/* docker_streams.c: pulls.  Asks for an image such as busybox:1; next runs at
 * the end and first asks docker_pulled whether it is there.  False: it has
 * failed.  kept(c, "digest") may name the image. */
enum want docker_pull(struct call *c, const char *image, step *next);
bool docker_pulled(struct call *c);
extern struct shape docker_progress;

/* docker_streams.c: ex_get_logs. */
enum want docker_logs(struct call *c);

/* docker_errors.c: an error answer, and what the words of one mean; NONE: no
 * idea. */
void docker_fault(struct call *c, struct error *e);
enum error_kind docker_kind_of(const char *message);

#endif
