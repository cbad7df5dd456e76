/* redirect.h -- answers that point elsewhere.
 *
 * Law: at most five, http and https only, and no secret leaves for another
 * origin.  libcurl follows none: a request must be signed anew for its target.
 */
#ifndef LUFT_REDIRECT_H
#define LUFT_REDIRECT_H

#include "call.h"

/* True when the answer is a redirect that can be followed or refused. */
bool redirect_wanted(struct call *c);

/* Points the request at the new place. */
enum want redirect_follow(struct call *c);

#endif
