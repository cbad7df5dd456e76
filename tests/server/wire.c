/* wire.c -- a connection's bytes, plain or by TLS. */
#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <linux/sockios.h>

#include "server.h"

/* --- TLS ------------------------------------------------------------------ */

static int version_named(const char *name)
{
    if (strcmp(name, "1.1") == 0)
        return TLS1_1_VERSION;
    if (strcmp(name, "1.2") == 0)
        return TLS1_2_VERSION;
    if (strcmp(name, "1.3") == 0)
        return TLS1_3_VERSION;
    die("--tls-max takes 1.1, 1.2 or 1.3");
}

static void limit_version(SSL_CTX *tls, const char *most)
{
    int version = version_named(most);

    SSL_CTX_set_max_proto_version(tls, version);
    if (version > TLS1_1_VERSION)
        return;
    /* OpenSSL 3 leaves out what TLS 1.1 needs, SHA-1, above level 0. */
    SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
    SSL_CTX_set_security_level(tls, 0);
    SSL_CTX_set_cipher_list(tls, "ALL:@SECLEVEL=0");
}

SSL_CTX *tls_context(const char *certificate, const char *key,
                     const char *client_ca, const char *most)
{
    SSL_CTX *tls = need(SSL_CTX_new(TLS_server_method()));

    if (SSL_CTX_use_certificate_chain_file(tls, certificate) != 1)
        die("cannot use the certificate %s", certificate);
    if (SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
        die("cannot use the key %s", key);
    if (client_ca) {
        if (SSL_CTX_load_verify_locations(tls, client_ca, NULL) != 1)
            die("cannot use the CA %s", client_ca);
        SSL_CTX_set_client_CA_list(tls, SSL_load_client_CA_file(client_ca));
        SSL_CTX_set_verify(tls, SSL_VERIFY_PEER
                           | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        SSL_CTX_set_session_id_context(tls, (const unsigned char *)"test", 4);
    }
    if (most)
        limit_version(tls, most);
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE
                     | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                     | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION);
    return tls;
}

/* 0: something has to come first; -1: no more will come. */
static int tls_failure(struct connection *c, int result)
{
    switch (SSL_get_error(c->tls, result)) {
    case SSL_ERROR_WANT_READ:
        c->wanted = EPOLLIN;
        return 0;
    case SSL_ERROR_WANT_WRITE:
        c->wanted = EPOLLOUT;
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        return -1;
    default:
        c->tls_broken = true;
        return -1;
    }
}

int wire_shake_hands(struct connection *c)
{
    int result;

    ERR_clear_error();
    result = SSL_accept(c->tls);
    return result == 1 ? 1 : tls_failure(c, result);
}

static ssize_t tls_send(struct connection *c, const char *s, size_t length)
{
    int sent;

    if (length > 1 << 20)
        length = 1 << 20;
    if (length < c->tls_retry)
        length = c->tls_retry;
    ERR_clear_error();
    sent = SSL_write(c->tls, s, (int)length);
    c->tls_retry = sent > 0 ? 0 : length;
    return sent > 0 ? sent : tls_failure(c, sent);
}

/* --- both ----------------------------------------------------------------- */

static ssize_t plain_failure(void)
{
    return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

ssize_t wire_receive(struct connection *c, char *to, size_t room)
{
    ssize_t n;

    if (c->tls) {
        ERR_clear_error();
        n = SSL_read(c->tls, to, (int)room);
        return n > 0 ? n : tls_failure(c, (int)n);
    }
    n = recv(c->source.descriptor, to, room, 0);
    if (n == 0)
        return -1;
    return n > 0 ? n : plain_failure();
}

bool wire_has_more(const struct connection *c)
{
    return c->tls && SSL_pending(c->tls) > 0;
}

static ssize_t plain_send(struct connection *c, size_t output, size_t direct)
{
    struct iovec parts[2] = {
        {c->output + c->output_at, output}, {NULL, direct}
    };
    ssize_t n;

    if (direct == 0) {
        n = send(c->source.descriptor, parts[0].iov_base, output, 0);
    } else {
        memcpy(&parts[1].iov_base, &c->direct, sizeof c->direct);
        n = writev(c->source.descriptor, parts, 2);
    }
    return n >= 0 ? n : plain_failure();
}

ssize_t wire_send(struct connection *c, size_t most)
{
    size_t output = c->output_length - c->output_at, direct, n;
    ssize_t sent;

    if (output > most)
        output = most;
    direct = most - output < c->direct_left ? most - output : c->direct_left;
    sent = c->tls ? tls_send(c, c->output + c->output_at, output)
                  : plain_send(c, output, direct);
    if (sent <= 0)
        return sent;
    n = (size_t)sent < output ? (size_t)sent : output;
    c->output_at += n;
    c->direct_left -= (size_t)sent - n;
    c->direct += (size_t)sent - n;
    return sent;
}

void wire_continue(struct connection *c)
{
    static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";

    /* Nothing was sent since the last answer was whole: there is room. */
    if (c->tls)
        tls_send(c, line, sizeof line - 1);
    else if (send(c->source.descriptor, line, sizeof line - 1, 0) < 0)
        return;
}

/* --- ends ----------------------------------------------------------------- */

bool wire_end(struct connection *c)
{
    char unread[4096];

    if (c->tls && !c->tls_broken && !SSL_in_init(c->tls)
        && !c->wish.no_close_notify) {
        int result;

        ERR_clear_error();
        result = SSL_shutdown(c->tls);
        if (result < 0 && tls_failure(c, result) == 0
            && c->wanted == EPOLLOUT)
            return false;
    }
    shutdown(c->source.descriptor, SHUT_WR);
    /* Bytes left unread would turn the end into a reset. */
    for (int i = 0; i < 16; i++)
        if (recv(c->source.descriptor, unread, sizeof unread, 0) <= 0)
            break;
    return true;
}

bool wire_has_unsent(const struct connection *c)
{
    int bytes = 0;

    return c->by_tcp && ioctl(c->source.descriptor, SIOCOUTQNSD, &bytes) == 0
        && bytes > 0;
}

void wire_reset_at_close(struct connection *c)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    setsockopt(c->source.descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}
