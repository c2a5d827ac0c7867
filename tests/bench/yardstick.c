/* See yardstick.h. */
#include "tests/bench/yardstick.h"
#include "lib/base/value.h"
#include "lib/pg/pg.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 32

static const char *const type_names[] = {
    [PG_I64] = "bigint", [PG_I32] = "integer",         [PG_BOOL] = "boolean", [PG_TEXT] = "text",
    [PG_DATE] = "date",  [PG_INSTANT] = "timestamptz", [PG_JSON] = "json",    [PG_BYTES] = "bytea"};

/* ---- what varies ---- */

#define MASTER_ID (INT64_C(1) << 56) /* ids are above, amounts and counts below */

static const char *varied(const struct yardstick *y, const char *text)
{
    for (size_t i = 0; i < y->n_varied; i++)
        if (strcmp(y->varied[i].text, text) == 0)
            return y->varied[i].with;
    return NULL;
}

static void vary(struct yardstick *y, const char *text, const char *with)
{
    if (varied(y, text) != NULL)
        return;
    if (y->n_varied == VARIED_MAX)
        die("more than %d values vary", VARIED_MAX);
    snprintf(y->varied[y->n_varied].text, sizeof y->varied[0].text, "%s", text);
    snprintf(y->varied[y->n_varied++].with, sizeof y->varied[0].with, "%s", with);
}

void yardstick_vary(struct yardstick *y, const char *text, const char *fmt, ...)
{
    char with[sizeof y->varied[0].with];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(with, sizeof with, fmt, ap);
    va_end(ap);
    vary(y, text, with);
}

void yardstick_vary_id(struct yardstick *y, int64_t id, const char *fmt, ...)
{
    char text[32], with[sizeof y->varied[0].with];
    snprintf(text, sizeof text, "%lld", (long long)id);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(with, sizeof with, fmt, ap);
    va_end(ap);
    vary(y, text, with);
}

void yardstick_set(struct yardstick *y, const char *fmt, ...)
{
    size_t len = strlen(y->sets);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(y->sets + len, sizeof y->sets - len, fmt, ap);
    va_end(ap);
}

void yardstick_begin(struct yardstick *y, struct recording recording)
{
    *y = (struct yardstick){.recording = recording};
    yardstick_set(y,
                  "\\set seq :seq + 1\n"
                  "\\set id %lld + :run * 1099511627776 + :client_id * 4294967296 + :seq * 64\n",
                  (long long)STAGE_YARDSTICK);
}

void yardstick_keep_masters(struct yardstick *y, const struct stage *s)
{
    const int64_t masters[] = {STAGE_TAX, STAGE_WAREHOUSE, s->tenant, s->api_key};
    for (size_t i = 0; i < COUNT_OF(masters); i++)
        yardstick_vary_id(y, masters[i], "%lld", (long long)masters[i]);
}

static void vary_number(struct yardstick *y, const char *text)
{
    size_t prefix = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    const char *digits = text + prefix + 1;
    if (prefix == 3 && text[3] == '-' && *digits != '\0' &&
        strspn(digits, "0123456789") == strlen(digits))
        yardstick_vary(y, text, "'%.4s' || :id", text);
}

void yardstick_end(struct yardstick *y)
{
    int fresh = 0;
    for (size_t i = 0; i < y->recording.n; i++) {
        const struct recorded *r = &y->recording.v[i];
        for (size_t k = 0; k < r->n_params; k++) {
            char *copy = r->params[k] == NULL ? NULL : strdup(r->params[k]), *rest = NULL;
            for (char *e = copy ? strtok_r(copy, "{},\"", &rest) : NULL; e != NULL;
                 e = strtok_r(NULL, "{},\"", &rest)) {
                if (r->stmt->params[k].type == PG_TEXT)
                    vary_number(y, e);
                if (r->stmt->params[k].type == PG_I64 && strtoll(e, NULL, 10) > MASTER_ID &&
                    varied(y, e) == NULL)
                    yardstick_vary(y, e, "(:id)::bigint + %d", fresh++);
            }
            free(copy);
        }
    }
}

/* ---- values ---- */

/* A literal without a colon: pgbench takes every ":word" for a variable. */
static void put_literal(FILE *out, const char *text)
{
    fputs("E'", out);
    for (; *text != '\0'; text++) {
        if (strchr("\\':", *text) != NULL)
            fprintf(out, "\\x%02x", (unsigned char)*text);
        else
            fputc(*text, out);
    }
    fputc('\'', out);
}

static void put_value(FILE *out, const struct yardstick *y, const char *text)
{
    const char *with = text == NULL ? NULL : varied(y, text);
    if (text == NULL)
        fputs("NULL", out);
    else if (with != NULL)
        fprintf(out, "(%s)", with);
    else
        put_literal(out, text);
}

/* {1,"two",NULL} */
static void put_array(FILE *out, const struct yardstick *y, const char *text)
{
    fputs("ARRAY[", out);
    char *element = malloc(strlen(text) + 1);
    if (element == NULL)
        abort();
    for (const char *p = text + 1; *p != '\0' && *p != '}';) {
        size_t len = 0;
        bool quoted = *p == '"';
        for (p += quoted; *p != '\0' && (quoted ? *p != '"' : strchr(",}", *p) == NULL); p++) {
            p += *p == '\\';
            element[len++] = *p;
        }
        element[len] = '\0';
        p += quoted;
        put_value(out, y, !quoted && strcmp(element, "NULL") == 0 ? NULL : element);
        if (*p == ',')
            fputc(*p++, out);
    }
    free(element);
    fputc(']', out);
}

static void put_param(FILE *out, const struct yardstick *y, const struct recorded *r, size_t i)
{
    const struct pg_column *c = &r->stmt->params[i];
    if (c->array && r->params[i] != NULL)
        put_array(out, y, r->params[i]);
    else
        put_value(out, y, r->params[i]);
    fprintf(out, "::%s%s", type_names[c->type], c->array ? "[]" : "");
}

static void put_sql(FILE *out, const struct yardstick *y, const struct recorded *r)
{
    for (const char *p = r->sql; *p != '\0';) {
        if (*p != '$' || !isdigit((unsigned char)p[1])) {
            fputc(*p++, out);
            continue;
        }
        char *end;
        size_t number = strtoul(p + 1, &end, 10);
        if (r->stmt == NULL || number > r->n_params)
            die("no parameter $%zu in %s", number, r->sql);
        put_param(out, y, r, number - 1);
        p = end;
    }
}

/* ---- scripts ---- */

static FILE *open_script(const struct stage *s, char *path, size_t size)
{
    snprintf(path, size, "%s/yardstick.sql", s->dir);
    FILE *f = fopen(path, "we");
    if (f == NULL)
        die("cannot write %s", path);
    return f;
}

static int runs;

int yardstick_runs(void)
{
    return runs;
}

static int64_t pgbench_tps(const struct stage *s, const char *script, int clients, int seconds)
{
    char c[16], t[16], run[32], file[160], env_host[200], user[] = "PGUSER=postgres";
    snprintf(run, sizeof run, "run=%d", ++runs);
    snprintf(c, sizeof c, "%d", clients);
    snprintf(t, sizeof t, "%d", seconds);
    snprintf(file, sizeof file, "%s", script);
    snprintf(env_host, sizeof env_host, "PGHOST=%s/pg", s->dir);
    const char *argv[] = {"/usr/lib/postgresql/15/bin/pgbench",
                          "-n",
                          "-M",
                          "prepared",
                          "-c",
                          c,
                          "-j",
                          clients > 1 ? "2" : "1",
                          "-T",
                          t,
                          "-D",
                          "seq=0",
                          "-D",
                          run,
                          "-f",
                          file,
                          "o2c",
                          NULL};
    const char *env[] = {env_host, user, "PGOPTIONS=-c plan_cache_mode=force_generic_plan", NULL};
    int status = 0;
    char *said = run_program(argv, env, &status);
    const char *tps = strstr(said, "tps = ");
    if (status != 0 || tps == NULL)
        die("pgbench: %.2000s", said);
    int64_t ret = (int64_t)strtod(tps + 6, NULL);
    free(said);
    return ret;
}

int64_t yardstick_tps(const struct stage *s, const struct yardstick *y, int clients, int seconds)
{
    char path[160];
    FILE *f = open_script(s, path, sizeof path);
    fputs(y->sets, f);
    for (size_t i = 0; i < y->recording.n; i++) {
        put_sql(f, y, &y->recording.v[i]);
        fputs(";\n", f);
    }
    fclose(f);
    return pgbench_tps(s, path, clients, seconds);
}

/* ---- one call ---- */

/* The variables that the varying values use, each once. */
static size_t variables(const struct yardstick *y, char names[NAMES_MAX][32])
{
    size_t n = 0;
    for (const char *p = y->sets; (p = strstr(p, "\\set ")) != NULL && n < NAMES_MAX;) {
        p += 5;
        snprintf(names[n], sizeof names[n], "%.*s", (int)strcspn(p, " "), p);
        bool twin = false;
        for (size_t i = 0; i < n; i++)
            twin = twin || strcmp(names[i], names[n]) == 0;
        n += !twin;
    }
    return n;
}

/* In the function the variables are arguments: ":id" becomes "v_id". */
static void put_body(FILE *f, const char *sql)
{
    for (const char *p = sql; *p != '\0'; p++) {
        if (p[0] == ':' && p[1] == ':') {
            fputs("::", f);
            p++;
        } else if (p[0] == ':' && isalpha((unsigned char)p[1])) {
            fputs("v_", f);
        } else {
            fputc(*p, f);
        }
    }
}

static void create_function(const struct stage *s, const struct yardstick *y)
{
    char names[NAMES_MAX][32];
    size_t n = variables(y, names);
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    fputs("DROP FUNCTION IF EXISTS bench_call; CREATE FUNCTION bench_call(", f);
    for (size_t i = 0; i < n; i++)
        fprintf(f, "%sv_%s bigint", i > 0 ? ", " : "", names[i]);
    fputs(") RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $fn$\n"
          "#variable_conflict use_column\nDECLARE r record; BEGIN\n",
          f);
    for (size_t i = 0; i < y->recording.n; i++) {
        const struct recorded *one = &y->recording.v[i];
        if (one->stmt == NULL)
            continue;
        char *sql = NULL;
        size_t len = 0;
        FILE *g = open_memstream(&sql, &len);
        put_sql(g, y, one);
        fclose(g);
        if (one->stmt->n_columns > 0)
            fputs("FOR r IN ", f);
        put_body(f, sql);
        fputs(one->stmt->n_columns > 0 ? " LOOP NULL; END LOOP;\n" : ";\n", f);
        free(sql);
    }
    fputs("END $fn$", f);
    fclose(f);
    stage_sql(s, "%s", text);
    free(text);
}

int64_t yardstick_call_tps(const struct stage *s, const struct yardstick *y, int clients,
                           int seconds)
{
    char path[160], names[NAMES_MAX][32];
    create_function(s, y);
    FILE *f = open_script(s, path, sizeof path);
    fputs(y->sets, f);
    fputs("SELECT bench_call(", f);
    size_t n = variables(y, names);
    for (size_t i = 0; i < n; i++)
        fprintf(f, "%s:%s", i > 0 ? ", " : "", names[i]);
    fputs(");\n", f);
    fclose(f);
    return pgbench_tps(s, path, clients, seconds);
}

struct tps yardstick_best(const struct stage *s, const struct yardstick *y, int seconds,
                          int64_t (*run)(const struct stage *, const struct yardstick *, int, int))
{
    static const int clients[] = {4, 8, 16};
    struct tps best = {0};
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        int64_t tps = run(s, y, clients[i], seconds);
        if (tps > best.tps)
            best = (struct tps){.tps = tps, .clients = clients[i]};
    }
    return best;
}
