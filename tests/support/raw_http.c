/* A raw-socket HTTP client for tests of the front end. */
#include "tests/support/raw_http.h"
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_LIMIT_S 10

void raw_open(struct raw_http *c, int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = READ_LIMIT_S};
    c->n = 0;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0) {
        perror("connect");
        abort();
    }
}

void raw_close(struct raw_http *c)
{
    close(c->fd);
    c->fd = -1;
}

bool raw_send_bytes(struct raw_http *c, const void *bytes, size_t len)
{
    const char *p = bytes;
    while (len > 0) {
        ssize_t n = send(c->fd, p, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

void raw_send(struct raw_http *c, const char *text)
{
    (void)!raw_send_bytes(c, text, strlen(text));
}

static bool fill(struct raw_http *c)
{
    assert(c->n < sizeof c->buf - 1);
    ssize_t n = recv(c->fd, c->buf + c->n, sizeof c->buf - 1 - c->n, 0);
    if (n <= 0)
        return false;
    c->n += (size_t)n;
    c->buf[c->n] = '\0';
    return true;
}

static void take(struct raw_http *c, char *out, size_t size, size_t len)
{
    assert(len < size && len <= c->n);
    memcpy(out, c->buf, len);
    out[len] = '\0';
    memmove(c->buf, c->buf + len, c->n - len + 1);
    c->n -= len;
}

const char *raw_header(const struct raw_reply *reply, const char *name)
{
    static char value[1024];
    size_t len = strlen(name);
    for (const char *line = reply->head; (line = strstr(line, "\r\n")); line += 2) {
        if (strncasecmp(line + 2, name, len) != 0 || line[2 + len] != ':')
            continue;
        const char *from = line + 2 + len + 1;
        from += strspn(from, " ");
        snprintf(value, sizeof value, "%.*s", (int)strcspn(from, "\r"), from);
        return value;
    }
    return NULL;
}

bool raw_read_head_reply(struct raw_http *c, struct raw_reply *reply)
{
    c->buf[c->n] = '\0';
    char *end;
    while (!(end = strstr(c->buf, "\r\n\r\n")))
        if (!fill(c))
            return false;
    take(c, reply->head, sizeof reply->head, (size_t)(end + 4 - c->buf));
    reply->status = (int)strtol(reply->head + strlen("HTTP/1.1 "), NULL, 10);
    reply->body_len = 0;
    reply->body[0] = '\0';
    return true;
}

bool raw_read(struct raw_http *c, struct raw_reply *reply)
{
    if (!raw_read_head_reply(c, reply))
        return false;
    const char *length = raw_header(reply, "Content-Length");
    reply->body_len = length ? strtoul(length, NULL, 10) : 0;
    while (c->n < reply->body_len)
        if (!fill(c))
            return false;
    take(c, reply->body, sizeof reply->body, reply->body_len);
    return true;
}

bool raw_at_end(struct raw_http *c)
{
    char byte;
    ssize_t n = recv(c->fd, &byte, 1, 0);
    return c->n == 0 && (n == 0 || (n < 0 && errno == ECONNRESET));
}
