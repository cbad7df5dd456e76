/* words.h -- a command line split into words as a POSIX shell does it: blanks
 * separate, '...' keeps all, "..." keeps blanks, \ keeps one character.  No
 * variables, no patterns. */
#ifndef LUFT_WORDS_H
#define LUFT_WORDS_H

#include <stdbool.h>

#include "buf.h"

/* Puts the next word into *word and moves *at behind it.  False: there is none,
 * or a quote is not closed (*at then stands before the end). */
bool words_next(const char **at, struct buf *word);

#endif
