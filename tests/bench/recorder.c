/* See recorder.h. */
#include "tests/bench/recorder.h"
#include "lib/pg/pg.h"
#include "tests/bench/http_load.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOG_FIELDS 26

static char *read_log(const struct stage *s)
{
    char command[256];
    snprintf(command, sizeof command, "cat %s/pg/data/log/*.csv", s->dir);
    const char *argv[] = {"sh", "-c", command, NULL};
    int status = 0;
    return run_program(argv, NULL, &status);
}

/* Takes the next field of a CSV line apart in place; *end: it was the last of the line. */
static char *next_field(char **at, bool *end)
{
    char *out = *at, *to = out, *from = out;
    bool quoted = *from == '"';
    if (quoted)
        from++;
    for (; *from != '\0'; from++) {
        if (quoted && from[0] == '"' && from[1] == '"')
            from++;
        else if (quoted && from[0] == '"') {
            quoted = false;
            continue;
        } else if (!quoted && (*from == ',' || *from == '\n'))
            break;
        *to++ = *from;
    }
    *end = *from != ',';
    *at = *from == '\0' ? from : from + 1;
    *to = '\0';
    return out;
}

/* $1 = 'text', $2 = NULL, … */
static void take_params(struct recorded *r, char *detail)
{
    static const char head[] = "parameters: ";
    char *p = strstr(detail, head);
    if (p == NULL)
        return;
    for (p += sizeof head - 1; *p == '$';) {
        p = strstr(p, " = ") + 3;
        r->params = realloc(r->params, (r->n_params + 1) * sizeof *r->params);
        if (r->params == NULL)
            abort();
        if (*p != '\'') {
            r->params[r->n_params++] = NULL;
            p += strlen("NULL");
        } else {
            char *to = ++p;
            r->params[r->n_params++] = to;
            for (; p[0] != '\'' || p[1] == '\''; p++) {
                p += *p == '\'';
                *to++ = *p;
            }
            p++;
            *to = '\0';
        }
        p += strspn(p, ", ");
    }
}

static const struct stmt *stmt_of(const char *sql)
{
    for (size_t i = 0; i < n_all_stmts; i++)
        if (strcmp(all_stmts[i]->sql, sql) == 0)
            return all_stmts[i];
    return NULL;
}

static void take_line(struct recording *r, char *const *fields)
{
    char *message = fields[13];
    if (strncmp(message, "execute ", 8) != 0)
        return;
    char *sql = strstr(message, ": ") + 2;
    if (strncmp(sql, "BEGIN", 5) == 0)
        r->n = 0; /* only the last transaction is wanted */
    r->v = realloc(r->v, (r->n + 1) * sizeof *r->v);
    if (r->v == NULL)
        abort();
    struct recorded *one = &r->v[r->n++];
    *one = (struct recorded){.sql = sql, .stmt = stmt_of(sql)};
    take_params(one, fields[14]);
}

static struct recording parse_log(char *log)
{
    struct recording r = {0};
    for (char *at = log; *at != '\0';) {
        char *fields[LOG_FIELDS] = {0};
        bool end = false;
        for (size_t i = 0; !end; i++) {
            char *field = next_field(&at, &end);
            if (i < LOG_FIELDS)
                fields[i] = field;
        }
        if (fields[14] != NULL)
            take_line(&r, fields);
    }
    return r;
}

struct kept {
    size_t (*make)(void *arg, uint64_t n, char *out);
    void *arg;
    int status;
    char *reply;
};

static size_t make_one(void *arg, uint64_t n, char *out)
{
    const struct kept *k = arg;
    return k->make(k->arg, n, out);
}

static bool keep_reply(void *arg, uint64_t n, int status, const char *body, size_t len)
{
    struct kept *k = arg;
    (void)n;
    free(k->reply);
    k->reply = strndup(body, len);
    return status == k->status;
}

struct recording record(const struct stage *s, size_t (*make)(void *arg, uint64_t n, char *out),
                        void *arg, int status)
{
    stage_sql(s, "ALTER SYSTEM SET log_destination = 'csvlog'");
    stage_sql(s, "ALTER ROLE o2c_server SET log_statement = 'all'");
    stage_sql(s, "SELECT pg_reload_conf()");
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    static const char *const alone[] = {"O2C_WRITE_WORKERS=1", NULL};
    struct server server = stage_server(s, alone);
    struct kept k = {.make = make, .arg = arg, .status = status};
    struct http_load_result result;
    struct http_load load = {.port = server.port,
                             .connections = 1,
                             .for_us = 10000000,
                             .most = RECORDED + 1,
                             .make = make_one,
                             .check = keep_reply,
                             .arg = &k};
    if (!http_load_run(&load, &result) || result.good != RECORDED + 1)
        die("a request to record was answered: %s", result.sample);
    stage_server_stop(&server);
    stage_sql(s, "ALTER ROLE o2c_server RESET log_statement");
    stage_sql(s, "ALTER SYSTEM RESET log_destination");
    stage_sql(s, "SELECT pg_reload_conf()");
    struct recording r = parse_log(read_log(s));
    if (r.n == 0)
        die("PostgreSQL logged nothing");
    r.reply = k.reply;
    return r;
}
