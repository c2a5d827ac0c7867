/* Stands in for somebody else's HTTP server: see stand_in.h. */
#include "tests/support/stand_in.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define REQUEST_MAX 8192

struct stand_in {
    int listener, port;
    pthread_t thread;
    atomic_bool stopping;
    pthread_mutex_t lock;
    enum stand_in_manner manner;
    int status, asked;
    char body[1024], last[REQUEST_MAX];
};

static bool complete(const char *request)
{
    const char *end = strstr(request, "\r\n\r\n"), *length = strcasestr(request, "Content-Length:");
    if (end == NULL)
        return false;
    size_t body = length != NULL && length < end ? strtoul(length + 15, NULL, 10) : 0;
    return strlen(end + 4) >= body;
}

static bool read_request(int fd, char *to)
{
    size_t n = 0;
    struct timeval patience = {.tv_sec = 2};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    to[0] = '\0';
    while (n < REQUEST_MAX - 1 && !complete(to)) {
        ssize_t got = recv(fd, to + n, REQUEST_MAX - 1 - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        to[n] = '\0';
    }
    return true;
}

static void say(int fd, const char *text)
{
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
        return;
}

static void talk_on(struct stand_in *s, int fd)
{
    char line[1025];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    say(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < 10000 && !atomic_load(&s->stopping); i++)
        if (send(fd, line, sizeof line - 1, MSG_NOSIGNAL) < 0)
            return;
}

/* Until the other side goes away. */
static void hang(struct stand_in *s, int fd)
{
    char byte;
    struct timeval patience = {.tv_usec = 20000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    for (int i = 0; i < 500 && !atomic_load(&s->stopping); i++)
        if (recv(fd, &byte, 1, 0) == 0)
            return;
}

static void behave(struct stand_in *s, int fd)
{
    char text[2048];
    pthread_mutex_lock(&s->lock);
    enum stand_in_manner manner = s->manner;
    snprintf(text, sizeof text,
             "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
             "Connection: close\r\n\r\n%s",
             s->status, strlen(s->body), s->body);
    pthread_mutex_unlock(&s->lock);
    switch (manner) {
    case STAND_IN_ANSWERS:
        say(fd, text);
        break;
    case STAND_IN_HANGS:
        hang(s, fd);
        break;
    case STAND_IN_HANGS_UP:
        break;
    case STAND_IN_BABBLES:
        say(fd, "220 smtp.example.com ESMTP\r\n");
        break;
    case STAND_IN_TALKS_ON:
        talk_on(s, fd);
        break;
    case STAND_IN_REDIRECTS:
        snprintf(text, sizeof text,
                 "HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:%d/elsewhere\r\nContent-Length: 0"
                 "\r\nConnection: close\r\n\r\n",
                 s->port);
        say(fd, text);
        break;
    }
}

static void *serving(void *arg)
{
    struct stand_in *s = arg;
    static char request[REQUEST_MAX];
    while (!atomic_load(&s->stopping)) {
        int fd = accept(s->listener, NULL, NULL);
        if (fd < 0)
            continue;
        if (read_request(fd, request)) {
            pthread_mutex_lock(&s->lock);
            s->asked++;
            memcpy(s->last, request, sizeof request);
            pthread_mutex_unlock(&s->lock);
            behave(s, fd);
        }
        close(fd);
    }
    return NULL;
}

struct stand_in *stand_in_new(void)
{
    struct stand_in *s = calloc(1, sizeof *s);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    if (s == NULL)
        abort();
    pthread_mutex_init(&s->lock, NULL);
    s->status = 500;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(s->listener, 16) != 0 || getsockname(s->listener, (struct sockaddr *)&at, &len) != 0)
        abort();
    s->port = ntohs(at.sin_port);
    if (pthread_create(&s->thread, NULL, serving, s) != 0)
        abort();
    return s;
}

void stand_in_free(struct stand_in *s)
{
    atomic_store(&s->stopping, true);
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->listener);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

int stand_in_port(const struct stand_in *s)
{
    return s->port;
}

void stand_in_shall(struct stand_in *s, enum stand_in_manner manner, int status, const char *body)
{
    pthread_mutex_lock(&s->lock);
    s->manner = manner;
    s->status = status;
    snprintf(s->body, sizeof s->body, "%s", body);
    pthread_mutex_unlock(&s->lock);
}

int stand_in_asked(struct stand_in *s, char *ret, size_t size)
{
    pthread_mutex_lock(&s->lock);
    int asked = s->asked;
    snprintf(ret, size, "%s", s->last);
    pthread_mutex_unlock(&s->lock);
    return asked;
}
