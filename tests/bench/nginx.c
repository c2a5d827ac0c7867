/* See nginx.h. */
#include "tests/bench/nginx.h"
#include <stdio.h>

struct server nginx_start(const struct stage *s, int connections, int upstream, const char *inside)
{
    char conf[128];
    int port = free_port();
    snprintf(conf, sizeof conf, "%s/nginx.conf", s->dir);
    FILE *f = fopen(conf, "we");
    if (f == NULL)
        die("cannot write %s", conf);
    fprintf(f,
            "daemon off; worker_processes 1; worker_rlimit_nofile %d; pid %s/nginx.pid;\n"
            "error_log stderr crit; events { worker_connections %d; }\n"
            "http { access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;\n",
            connections + 1024, s->dir, connections + 512);
    if (upstream > 0)
        fprintf(f, "upstream o2c { server 127.0.0.1:%d; keepalive 64; }\n", upstream);
    fprintf(f, "server { listen 127.0.0.1:%d backlog=4096; %s } }\n", port, inside);
    fclose(f);
    return stage_program((const char *[]){"nginx", "-c", conf, NULL}, port);
}
