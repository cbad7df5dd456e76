/* words.c -- see words.h. */
#include "words.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* From behind an opening quote to behind its end; NULL: there is none. */
static const char *quoted(const char *s, char quote, struct buf *word)
{
    for (; *s && *s != quote; s++) {
        if (*s == '\\' && quote == '"' && s[1] && strchr("\"\\$`", s[1]))
            s++;
        buf_char(word, *s);
    }
    return *s ? s + 1 : NULL;
}

bool words_next(const char **at, struct buf *word)
{
    const char *s = *at;

    word->len = 0;                  /* but a failure stays: see buf.h */
    while (is_blank(*s))
        s++;
    *at = s;
    if (!*s)
        return false;
    while (*s && !is_blank(*s)) {
        if (*s == '\'' || *s == '"') {
            s = quoted(s + 1, *s, word);
            if (!s)
                return false;
        } else {
            s += *s == '\\' && s[1];
            buf_char(word, *s++);
        }
    }
    *at = s;
    return true;
}
