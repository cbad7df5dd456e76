/* url.c -- see url.h. */
#include "url.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

static int default_port(const char *scheme)
{
    if (strcmp(scheme, "http") == 0)
        return 80;
    return strcmp(scheme, "https") == 0 ? 443 : 0;
}

/* --- encoding ----------------------------------------------------------- */

static bool is_unreserved(char c)
{
    return text_is_digit(c) || (text_lower(c) >= 'a' && text_lower(c) <= 'z')
        || c == '-' || c == '.' || c == '_' || c == '~';
}

static void add_escape(struct buf *to, char c)
{
    static const char hex[] = "0123456789ABCDEF";
    char escape[3] = {'%', hex[(unsigned char)c >> 4],
                      hex[(unsigned char)c & 15]};

    buf_add(to, escape, sizeof escape);
}

static void add_encoded(struct buf *to, const char *s, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (is_unreserved(s[i]))
            buf_char(to, s[i]);
        else
            add_escape(to, s[i]);
    }
}

void url_add_segment(struct buf *to, const char *bytes, size_t length)
{
    /* "." and ".." would be taken for directions, even encoded, by peers
     * that decode first; a dot as %2E is the best that can be said. */
    if ((length == 1 || length == 2) && memcmp(bytes, "..", length) == 0)
        for (size_t i = 0; i < length; i++)
            add_escape(to, '.');
    else
        add_encoded(to, bytes, length);
}

void url_add_path(struct buf *to, const char *bytes, size_t length)
{
    size_t start = 0;

    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != '/')
            continue;
        url_add_segment(to, bytes + start, i - start);
        buf_char(to, '/');
        start = i + 1;
    }
    url_add_segment(to, bytes + start, length - start);
}

void url_add_query(struct buf *to, const char *name,
                   const char *value, size_t length)
{
    buf_char(to, to->s && memchr(to->s, '?', to->len) ? '&' : '?');
    add_encoded(to, name, strlen(name));
    buf_char(to, '=');
    add_encoded(to, value, length);
}

void url_add_authority(struct buf *to, const struct url *u)
{
    bool ipv6 = strchr(u->host, ':') != NULL;

    buf_format(to, ipv6 ? "[%s]" : "%s", u->host);
    if (u->port && u->port != default_port(u->scheme))
        buf_format(to, ":%d", u->port);
}

/* --- parsing ------------------------------------------------------------ */

static bool refuse(const char **why, const char *reason)
{
    *why = reason;
    return false;
}

static char *decoded(struct arena *a, const char *s, size_t length)
{
    char *out = arena_copy(a, s, length), *to = out;

    for (size_t i = 0; out && i < length; i++) {
        int high = -1, low = -1;

        if (s[i] == '%' && length - i > 2) {
            high = text_hex_digit(s[i + 1]);
            low = text_hex_digit(s[i + 2]);
        }
        if (high >= 0 && low >= 0) {
            *to++ = (char)(high * 16 + low);
            i += 2;
        } else {
            *to++ = s[i];
        }
    }
    if (out)
        *to = '\0';
    return out;
}

static char *lower_copy(struct arena *a, const char *s, size_t length)
{
    char *copy = arena_copy(a, s, length);

    for (char *c = copy; c && *c; c++)
        *c = text_lower(*c);
    return copy;
}

/* Length of "scheme" when text starts with "scheme:", else 0. */
static size_t scheme_length(const char *text)
{
    size_t n = 0;

    while (text_is_digit(text[n]) || strchr("+-.", text[n])
           || (text_lower(text[n]) >= 'a' && text_lower(text[n]) <= 'z')) {
        if (text[n] == '\0')
            return 0;
        n++;
    }
    return text[n] == ':' && !text_is_digit(text[0])
        && !strchr("+-.", text[0]) ? n : 0;
}

static bool parse_port(const char *s, const char *end, struct url *out,
                       const char **why)
{
    long port = 0;

    if (s == end)
        return true;
    for (; s < end; s++) {
        if (!text_is_digit(*s) || port > 65535)
            return refuse(why, "has a port that is not a number up to 65535");
        port = port * 10 + (*s - '0');
    }
    if (port < 1 || port > 65535)
        return refuse(why, "has a port that is not a number up to 65535");
    out->port = (int)port;
    return true;
}

static bool is_host(const char *host, bool bracketed)
{
    for (; *host; host++)
        if (bracketed ? text_hex_digit(*host) < 0 && !strchr(":.", *host)
                      : (unsigned char)*host <= ' '
                        || strchr("\"<>[\\]^`{|}%", *host))
            return false;
    return true;
}

static bool parse_host(struct arena *a, const char *s, const char *end,
                       struct url *out, const char **why)
{
    const char *stop = s;
    bool bracketed = s < end && *s == '[';

    if (bracketed) {
        stop = memchr(s, ']', (size_t)(end - s));
        if (!stop)
            return refuse(why, "has an IPv6 address without its ']'");
        out->host = lower_copy(a, s + 1, (size_t)(stop - s - 1));
        stop++;
    } else {
        while (stop < end && *stop != ':')
            stop++;
        out->host = lower_copy(a, s, (size_t)(stop - s));
    }
    if (out->host && !is_host(out->host, bracketed))
        return refuse(why, "has a host name with characters that no host "
                           "name can have");
    if (stop < end && *stop != ':')
        return refuse(why, "has text behind its host name");
    return parse_port(stop < end ? stop + 1 : end, end, out, why);
}

static bool hides_nul(const char *s, const char *end)
{
    for (; end - s > 2; s++)
        if (memcmp(s, "%00", 3) == 0)
            return true;
    return false;
}

static bool parse_authority(struct arena *a, const char *s, const char *end,
                            struct url *out, const char **why)
{
    const char *at = NULL, *colon;

    for (const char *c = s; c < end; c++)
        if (*c == '@')
            at = c;
    if (!at)
        return parse_host(a, s, end, out, why);
    if (hides_nul(s, at))           /* what stands behind it would be lost */
        return refuse(why, "has a NUL character in its user or password");
    colon = memchr(s, ':', (size_t)(at - s));
    out->user = decoded(a, s, (size_t)((colon ? colon : at) - s));
    if (colon)
        out->password = decoded(a, colon + 1, (size_t)(at - colon - 1));
    return parse_host(a, at + 1, end, out, why);
}

/* Somebody else's path and query: escapes stay, what cannot stand in a request
 * line is encoded, a fragment is cut off. */
static char *clean_target(struct arena *a, const char *s)
{
    struct buf target = {0};
    char *copy;

    if (*s != '/')
        buf_char(&target, '/');
    for (; *s && *s != '#'; s++) {
        if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f
            || strchr("\"<>\\^`{|}", *s))
            add_escape(&target, *s);
        else
            buf_char(&target, *s);
    }
    copy = buf_ok(&target) ? arena_copy(a, target.s, target.len) : NULL;
    if (!copy)
        a->failed = true;
    buf_free(&target);
    return copy;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    return false;
}

bool url_parse(struct arena *a, const char *text, struct url *out,
               const char **why)
{
    size_t n = scheme_length(text);
    const char *s, *end;

    memset(out, 0, sizeof *out);
    if (has_control(text))
        return refuse(why, "has a control character in it");
    if (n == 0 || strncmp(text + n, "://", 3) != 0)
        return refuse(why, "must start with http:// or https://");
    out->scheme = lower_copy(a, text, n);
    s = text + n + 3;
    end = s + strcspn(s, "/?#");
    if (!parse_authority(a, s, end, out, why))
        return false;
    out->target = clean_target(a, end);
    if (a->failed)
        return refuse(why, "needs more memory than there is");
    if (!out->port)
        out->port = default_port(out->scheme);
    if (default_port(out->scheme) && !*out->host)
        return refuse(why, "has no host name");
    return true;
}

/* --- references --------------------------------------------------------- */

/* RFC 3986, 5.2.4, on the path in place; the query behind it stays. */
static void remove_dots(char *target)
{
    char *in = target, *out = target;
    size_t path = strcspn(target, "?");

    while (in < target + path) {
        size_t n = 1 + strcspn(in + 1, "/?");
        bool last = in + n >= target + path;

        if (n == 2 && in[1] == '.') {
            if (last)
                *out++ = '/';
        } else if (n == 3 && in[1] == '.' && in[2] == '.') {
            while (out > target && *--out != '/')
                ;
            if (last)
                *out++ = '/';
        } else {
            memmove(out, in, n);
            out += n;
        }
        in += n;
    }
    memmove(out, target + path, strlen(target + path) + 1);
}

/* The base's path up to its last '/', then the reference. */
static char *merged(struct arena *a, const char *base, const char *reference)
{
    size_t path = strcspn(base, "?");

    if (*reference == '?')
        return arena_format(a, "%.*s%s", (int)path, base, reference);
    while (path > 0 && base[path - 1] != '/')
        path--;
    return arena_format(a, "%.*s%s", (int)path, base, reference);
}

bool url_resolve(struct arena *a, const struct url *base,
                 const char *reference, struct url *out, const char **why)
{
    char *whole;

    if (scheme_length(reference))
        return url_parse(a, reference, out, why);
    if (strncmp(reference, "//", 2) == 0) {
        whole = arena_format(a, "%s:%s", base->scheme, reference);
        return whole ? url_parse(a, whole, out, why)
                     : refuse(why, "needs more memory than there is");
    }
    if (has_control(reference))
        return refuse(why, "has a control character in it");
    *out = *base;
    if (*reference == '\0' || *reference == '#')
        return true;
    whole = *reference == '/' ? arena_text(a, reference)
                              : merged(a, base->target, reference);
    out->target = whole ? clean_target(a, whole) : NULL;
    if (!out->target)
        return refuse(why, "needs more memory than there is");
    remove_dots(out->target);
    return true;
}

bool url_same_origin(const struct url *a, const struct url *b)
{
    return strcmp(a->scheme, b->scheme) == 0 && a->port == b->port
        && strcmp(a->host, b->host) == 0;
}
