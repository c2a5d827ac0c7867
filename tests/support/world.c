/* Starts worlds and speaks HTTP to them: see world.h. */
#include "tests/support/world.h"
#include "lib/base/arena.h"
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/http/http.h"
#include "lib/pg/embedded.h"
#include "lib/pg/migrate.h"
#include "lib/pg/pg.h"
#include "server/api/asker.h"
#include "server/api/auth.h"
#include "server/api/bells.h"
#include "server/api/run.h"
#include "server/api/sharer.h"
#include "server/api/worker.h"
#include "server/constraints.h"
#include "server/tenants/tenants.h"
#include "tenants.sql.h"
#include "tests/support/contract.h"
#include <curl/curl.h>
#include <ftw.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORLD_ARENA_LIMIT SIZE_MAX
#define REQUEST_TIMEOUT_S 120L

static char cluster_dir[] = "/tmp/o2c-world-XXXXXX";
static struct embedded *cluster;
static const unsigned char world_secret[] = "a secret of the tests, 32 bytes.";

struct world {
    struct arena *arena;
    pthread_mutex_t lock;
    char database[32];
    const char *url, *key, *tenant, *conninfo;
    int64_t tenant_id;
    struct o2c_settings settings;
    struct pool *pool, *report_pool;
    struct runner *runner;
    struct http_server *http;
    struct bells *bells;
    struct job_workers *jobs;
    struct sharer *sharer;
    struct asker *asker;
    bool has_masters;
    json_t **parsed;
    size_t n_parsed, cap_parsed;
    const char *breach; /* the first reply that was not as openapi.json says */
};

/* ---- the cluster ---- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void run_sql(const char *conninfo, const char *sql)
{
    PGconn *pg = PQconnectdb(conninfo);
    PGresult *res = PQexec(pg, sql);
    if (PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK) {
        fprintf(stderr, "%s: %s\n", sql, PQerrorMessage(pg));
        abort();
    }
    PQclear(res);
    PQfinish(pg);
}

/* conninfo with another database and the superuser: later words win. */
static char *admin_conninfo(const char *database)
{
    char *out = NULL;
    if (asprintf(&out, "%s dbname=%s user=postgres options='-c client_min_messages=error'",
                 embedded_owner_conninfo(cluster), database) < 0)
        abort();
    return out;
}

static void cluster_start(void)
{
    log_set_level(getenv("O2C_TEST_LOG") ? LOG_DEBUG : LOG_OFF);
    signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (mkdtemp(cluster_dir) == NULL)
        abort();
    struct embedded_options o = {
        .dir = cluster_dir, .shared_buffers = "64MB", .max_connections = 80, .throwaway = true};
    if (embedded_start(&o, &cluster) != OK || migrate(embedded_owner_conninfo(cluster)) != OK) {
        fprintf(stderr, "no PostgreSQL\n");
        exit(1);
    }
    pg_set_constraints(constraints);
}

static void cluster_stop(void)
{
    embedded_stop(cluster);
    nftw(cluster_dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    curl_global_cleanup();
}

int world_main(Suite *suite)
{
    cluster_start();
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    cluster_stop();
    contract_save_exercised();
    return failed == 0 ? 0 : 1;
}

/* ---- a world ---- */

struct seed {
    struct world *w;
    const char *scopes;
    bool new_tenant;
    int64_t tenant;
    char key[API_KEY_TEXT];
};

static err seed_body(struct tx *tx, void *arg)
{
    struct seed *s = arg;
    if (s->new_tenant) {
        struct tenant_new t = {.name = "Test Company",
                               .legal_name = "Test Company GmbH",
                               .currency = "EUR",
                               .time_zone = "Europe/Berlin"};
        TRY(tenant_create(tx, &t, &s->tenant));
    }
    unsigned char hash[32];
    int64_t key = id_new();
    struct bytes secret = {.p = world_secret, .len = sizeof(world_secret) - 1};
    TRY(api_key_make(secret, s->tenant, key, s->key, hash));
    TRY(api_key_insert(tx, key, "test", (struct bytes){.p = hash, .len = 32}, s->scopes, NIL64));
    return tx_flush(tx);
}

static void seed(struct world *w, struct seed *s)
{
    struct arena *a = arena_new(WORLD_ARENA_LIMIT);
    struct problem p;
    problem_init(&p, a);
    struct pool *owner = NULL;
    char *conninfo = NULL;
    if (asprintf(&conninfo, "%s dbname=%s", embedded_owner_conninfo(cluster), w->database) < 0)
        abort();
    struct pool_options o = {.conninfo = conninfo, .size = 1, .wait_us = 5000000};
    ck_assert_int_eq(pool_open(&o, &owner), OK);
    struct tx_options t = {
        .mode = TX_WRITE, .tenant = s->tenant, .now = clock_now_us(), .arena = a, .problem = &p};
    err e = tx_run(owner, &t, seed_body, s);
    ck_assert_msg(e == OK, "seeding: %s", p.detail ? p.detail : err_title(e));
    pool_close(owner);
    free(conninfo);
    arena_free(a);
}

static void start_server(struct world *w)
{
    const char *base = embedded_server_conninfo(cluster);
    const char *conninfo = arena_printf(w->arena, "%s dbname=%s", base, w->database);
    const struct o2c_settings *s = &w->settings;
    struct pool_options po = {
        .conninfo = conninfo,
        .size = (size_t)(s->write_workers + s->read_workers + s->job_workers + 2),
        .wait_us = 20000000,
        .statement_timeout_ms = 60000,
        .lock_timeout_ms = s->lock_timeout_ms};
    ck_assert_int_eq(pool_open(&po, &w->pool), OK);
    if (s->report_database_url[0] != '\0')
        po.conninfo = s->report_database_url;
    po.size = (size_t)s->report_workers;
    po.scans = true;
    ck_assert_int_eq(pool_open(&po, &w->report_pool), OK);
    w->bells = bells_new();
    struct runner_options ro = {.settings = s,
                                .pool = w->pool,
                                .report_pool = w->report_pool,
                                .bells = w->bells,
                                .secret = {.p = world_secret, .len = sizeof(world_secret) - 1}};
    w->runner = runner_new(&ro);
    struct http_options ho = {.address = "127.0.0.1",
                              .threads = (int)s->http_threads,
                              .connections = (int)s->connections,
                              .idle_timeout_s = (int)s->idle_timeout_s,
                              .request_timeout_us = s->request_timeout_ms * 1000,
                              .arena_limit = (size_t)256 << 20};
    ho.classes = runner_classes(w->runner, &ho.n_classes);
    struct http_handler h = runner_handler(w->runner);
    ck_assert_int_eq(http_start(&ho, &h, &w->http), OK);
    w->jobs = job_workers_start(w->pool, w->bells, (int)s->job_workers);
    w->sharer = s->job_workers > 0 ? sharer_start(w->pool, w->bells) : NULL;
    struct asker_options bureau = {.url = s->bureau_url,
                                   .token = s->bureau_token,
                                   .token_file = s->bureau_token_file,
                                   .timeout_ms = s->bureau_timeout_ms,
                                   .retry_ms = s->bureau_retry_ms};
    ck_assert_int_eq(asker_start(w->pool, w->bells, &bureau, &w->asker), OK);
    w->url = arena_printf(w->arena, "http://127.0.0.1:%d", http_port(w->http));
}

struct world *world_new_with(const char *const *env)
{
    static int count;
    struct arena *a = arena_new(WORLD_ARENA_LIMIT);
    struct world *w = ARENA_NEW(a, struct world);
    w->arena = a;
    pthread_mutex_init(&w->lock, NULL);
    snprintf(w->database, sizeof(w->database), "world%d", ++count);
    char *admin = admin_conninfo("postgres");
    char sql[128];
    snprintf(sql, sizeof(sql), "CREATE DATABASE %s TEMPLATE o2c OWNER o2c_owner", w->database);
    run_sql(admin, sql);
    free(admin);
    admin = admin_conninfo(w->database);
    w->conninfo = arena_strdup(a, admin);
    free(admin);
    setenv("O2C_JOB_WORKERS", "0", 1); /* so that nothing happens by itself */
    for (size_t i = 0; env != NULL && env[i] != NULL; i += 2)
        setenv(env[i], env[i + 1], 1);
    ck_assert_int_eq(settings_load(o2c_settings_table, o2c_settings_count, &w->settings), OK);
    for (size_t i = 0; env != NULL && env[i] != NULL; i += 2)
        unsetenv(env[i]);
    w->settings.http_threads = 2; /* so that requests meet on several */
    w->settings.connections = w->settings.connections > 480 ? 480 : w->settings.connections;
    w->settings.docs_dir = "";
    struct seed s = {.w = w, .scopes = "*", .new_tenant = true};
    seed(w, &s);
    char tenant[ID_TEXT_MAX];
    id_format("ten", s.tenant, tenant);
    w->tenant = arena_strdup(a, tenant);
    w->tenant_id = s.tenant;
    w->key = arena_strdup(a, s.key);
    start_server(w);
    return w;
}

struct world *world_new(void)
{
    return world_new_with(NULL);
}

void world_free(struct world *w)
{
    ck_assert_msg(w->breach == NULL, "not as openapi.json says: %s", w->breach);
    http_stop(w->http);
    bells_stop(w->bells);
    job_workers_join(w->jobs);
    sharer_join(w->sharer);
    asker_join(w->asker);
    runner_free(w->runner);
    bells_free(w->bells);
    pool_close(w->pool);
    pool_close(w->report_pool);
    for (size_t i = 0; i < w->n_parsed; i++)
        json_decref(w->parsed[i]);
    free(w->parsed);
    char *admin = admin_conninfo("postgres");
    char sql[128];
    snprintf(sql, sizeof(sql), "DROP DATABASE %s WITH (FORCE)", w->database);
    run_sql(admin, sql);
    free(admin);
    pthread_mutex_destroy(&w->lock);
    arena_free(w->arena);
}

const char *world_url(const struct world *w)
{
    return w->url;
}

int world_port(const struct world *w)
{
    return http_port(w->http);
}

const char *world_key(const struct world *w)
{
    return w->key;
}

const char *world_tenant(const struct world *w)
{
    return w->tenant;
}

const char *world_conninfo(const struct world *w)
{
    return w->conninfo;
}

static const char *keep(struct world *w, const char *s)
{
    pthread_mutex_lock(&w->lock);
    const char *kept = arena_strdup(w->arena, s);
    pthread_mutex_unlock(&w->lock);
    return kept;
}

const char *world_key_with(struct world *w, const char *scopes)
{
    struct seed s = {.w = w, .scopes = scopes, .tenant = w->tenant_id};
    seed(w, &s);
    return keep(w, s.key);
}

const char *world_other_tenant_key(struct world *w)
{
    struct seed s = {.w = w, .scopes = "*", .new_tenant = true};
    seed(w, &s);
    return keep(w, s.key);
}

static const char *vkeep(struct world *w, const char *format, va_list ap)
{
    pthread_mutex_lock(&w->lock);
    const char *s = arena_vprintf(w->arena, format, ap);
    pthread_mutex_unlock(&w->lock);
    return s;
}

#define VKEEP(w, format, out)                                                                      \
    va_list ap;                                                                                    \
    va_start(ap, format);                                                                          \
    const char *out = vkeep((w), format, ap);                                                      \
    va_end(ap)

const char *fmt(struct world *w, const char *format, ...)
{
    VKEEP(w, format, s);
    return s;
}

const char *world_sql(struct world *w, const char *format, ...)
{
    VKEEP(w, format, sql);
    PGconn *pg = PQconnectdb(w->conninfo);
    PGresult *res = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(res);
    ck_assert_msg(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql,
                  PQerrorMessage(pg));
    const char *cell = keep(w, PQntuples(res) > 0 ? PQgetvalue(res, 0, 0) : "");
    PQclear(res);
    PQfinish(pg);
    return cell;
}

/* ---- HTTP ---- */

struct text_sink {
    char *p;
    size_t len;
};

static size_t sink(char *data, size_t size, size_t n, void *arg)
{
    struct text_sink *t = arg;
    char *grown = realloc(t->p, t->len + size * n + 1);
    if (grown == NULL)
        return 0;
    t->p = grown;
    memcpy(t->p + t->len, data, size * n);
    t->len += size * n;
    t->p[t->len] = '\0';
    return size * n;
}

static struct curl_slist *request_headers(const struct world *w, const char *body,
                                          const struct request_options *o)
{
    char line[2048], fresh[REQUEST_ID_TEXT];
    struct curl_slist *list = NULL;
    snprintf(line, sizeof(line), "Authorization: Bearer %s", o->api_key ? o->api_key : w->key);
    list = curl_slist_append(list, line);
    list = curl_slist_append(list, "Expect:");
    bool own_type = false;
    for (size_t i = 0; o->headers != NULL && o->headers[i] != NULL; i++) {
        list = curl_slist_append(list, o->headers[i]);
        own_type = own_type || strncasecmp(o->headers[i], "Content-Type", 12) == 0;
    }
    if (body != NULL && !own_type)
        list = curl_slist_append(list, "Content-Type: application/json");
    if (o->key != NULL) {
        request_id_new(fresh);
        snprintf(line, sizeof(line), "Idempotency-Key: \"%s\"", o->key[0] ? o->key : fresh);
        list = curl_slist_append(list, line);
    }
    if (o->if_match != NULL) {
        snprintf(line, sizeof(line), "If-Match: %s", o->if_match);
        list = curl_slist_append(list, line);
    }
    return list;
}

static struct reply reply_of(struct world *w, long status, struct text_sink body,
                             struct text_sink headers)
{
    struct reply r = {.status = (int)status,
                      .body = keep(w, body.p ? body.p : ""),
                      .headers = keep(w, headers.p ? headers.p : "")};
    r.json = json_loadb(r.body, strlen(r.body), JSON_DECODE_ANY, NULL);
    pthread_mutex_lock(&w->lock);
    if (r.json != NULL && w->n_parsed == w->cap_parsed) {
        w->cap_parsed = w->cap_parsed ? w->cap_parsed * 2 : 64;
        w->parsed = realloc(w->parsed, w->cap_parsed * sizeof(*w->parsed));
    }
    if (r.json != NULL)
        w->parsed[w->n_parsed++] = r.json;
    pthread_mutex_unlock(&w->lock);
    return r;
}

/* Only noted here, which may be any thread: world_free() fails the test. */
static void hold_to_contract(struct world *w, const char *method, const char *path, struct reply r)
{
    const char *breach = contract_breach(method, path, r.status, r.json);
    if (breach == NULL)
        return;
    const char *kept = keep(w, breach);
    pthread_mutex_lock(&w->lock);
    if (w->breach == NULL)
        w->breach = kept;
    pthread_mutex_unlock(&w->lock);
}

struct reply request(struct world *w, const char *method, const char *path, const char *body,
                     const struct request_options *o)
{
    static const struct request_options plain;
    char url[8192];
    snprintf(url, sizeof(url), "%s%s", w->url, path);
    CURL *c = curl_easy_init();
    struct curl_slist *headers = request_headers(w, body, o ? o : &plain);
    struct text_sink got = {0}, got_headers = {0};
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, REQUEST_TIMEOUT_S);
    /* A large body waits for the server's word, which may be that it is too large. */
    curl_easy_setopt(c, CURLOPT_EXPECT_100_TIMEOUT_MS, REQUEST_TIMEOUT_S * 1000L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, sink);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &got);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, sink);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, &got_headers);
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    if (body != NULL) {
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
    }
    long status = 0;
    if (curl_easy_perform(c) == CURLE_OK)
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(c);
    struct reply r = reply_of(w, status, got, got_headers);
    hold_to_contract(w, method, path, r);
    free(got.p);
    free(got_headers.p);
    return r;
}

static char *quoted(const char *body)
{
    char *s = strdup(body);
    for (char *p = s; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    return s;
}

static struct reply send_body(struct world *w, const char *method, const char *path,
                              const char *body)
{
    char *json = quoted(body);
    struct request_options o = {.key = "", .if_match = "*"};
    struct reply r = request(w, method, path, json, &o);
    free(json);
    return r;
}

struct reply get(struct world *w, const char *format, ...)
{
    VKEEP(w, format, path);
    return request(w, "GET", path, NULL, NULL);
}

struct reply post(struct world *w, const char *path, const char *format, ...)
{
    VKEEP(w, format, body);
    return send_body(w, "POST", path, body);
}

struct reply put(struct world *w, const char *path, const char *format, ...)
{
    VKEEP(w, format, body);
    return send_body(w, "PUT", path, body);
}

struct reply patch(struct world *w, const char *path, const char *format, ...)
{
    VKEEP(w, format, body);
    return send_body(w, "PATCH", path, body);
}

struct reply act(struct world *w, const char *path, const char *action)
{
    return send_body(w, "POST", fmt(w, "%s/%s", path, action), "{}");
}

struct shooter {
    struct world *w;
    struct shot *shot;
    pthread_barrier_t *start;
};

static void *shoot(void *arg)
{
    struct shooter *s = arg;
    pthread_barrier_wait(s->start);
    s->shot->reply = request(s->w, s->shot->method, s->shot->path, s->shot->body,
                             &s->shot->options);
    return NULL;
}

void shoot_together(struct world *w, struct shot *shots, size_t n)
{
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, (unsigned)n);
    pthread_t *threads = calloc(n, sizeof(*threads));
    struct shooter *shooters = calloc(n, sizeof(*shooters));
    for (size_t i = 0; i < n; i++) {
        shooters[i] = (struct shooter){.w = w, .shot = &shots[i], .start = &start};
        pthread_create(&threads[i], NULL, shoot, &shooters[i]);
    }
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
    free(threads);
    free(shooters);
}

void post_together(struct world *w, const char *path, const char *const *bodies, struct reply *ret,
                   size_t n)
{
    struct shot *shots = calloc(n, sizeof(*shots));
    char **json = calloc(n, sizeof(*json));
    for (size_t i = 0; i < n; i++) {
        json[i] = quoted(bodies[i]);
        shots[i] = (struct shot){.method = "POST",
                                 .path = path,
                                 .body = json[i],
                                 .options = {.key = "", .if_match = "*"}};
    }
    shoot_together(w, shots, n);
    for (size_t i = 0; i < n; i++) {
        ret[i] = shots[i].reply;
        free(json[i]);
    }
    free(json);
    free(shots);
}

/* ---- looking at replies ---- */

const char *header(struct reply r, const char *name)
{
    static _Thread_local char value[4096];
    size_t len = strlen(name);
    for (const char *line = r.headers; line != NULL && *line != '\0';) {
        const char *end = strstr(line, "\r\n");
        if (end == NULL)
            break;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
            const char *v = line + len + 1;
            v += strspn(v, " ");
            snprintf(value, sizeof(value), "%.*s", (int)(end - v), v);
            return value;
        }
        line = end + 2;
    }
    return NULL;
}

json_t *at(struct reply r, const char *pointer)
{
    json_t *v = r.json;
    char part[256];
    while (v != NULL && *pointer == '/') {
        size_t len = strcspn(++pointer, "/");
        snprintf(part, sizeof(part), "%.*s", (int)len, pointer);
        v = json_is_array(v) ? json_array_get(v, (size_t)strtoul(part, NULL, 10))
                             : json_object_get(v, part);
        pointer += len;
    }
    return v;
}

const char *text(struct reply r, const char *pointer)
{
    static _Thread_local char slots[16][128];
    static _Thread_local unsigned next;
    json_t *v = at(r, pointer);
    if (json_is_string(v))
        return json_string_value(v);
    if (v == NULL || json_is_null(v))
        return "null";
    char *out = slots[next++ % 16];
    if (json_is_integer(v))
        snprintf(out, sizeof(slots[0]), "%lld", (long long)json_integer_value(v));
    else
        snprintf(out, sizeof(slots[0]), "%s",
                 json_is_true(v)    ? "true"
                 : json_is_false(v) ? "false"
                                    : "(structure)");
    return out;
}

size_t length(struct reply r, const char *pointer)
{
    return json_array_size(at(r, pointer));
}

void expect_at(struct reply r, int status, const char *file, int line)
{
    ck_assert_msg(r.status == status, "%s:%d: %d instead of %d: %.2000s", file, line, r.status,
                  status, r.body);
}

void expect_problem_at(struct reply r, int status, const char *code, const char *file, int line)
{
    expect_at(r, status, file, line);
    ck_assert_msg(strcmp(text(r, "/code"), code) == 0, "%s:%d: not %s: %.2000s", file, line, code,
                  r.body);
}

void expect_fault_at(struct reply r, const char *pointer, const char *code, const char *file,
                     int line)
{
    json_t *fault;
    size_t i;
    json_array_foreach (at(r, "/errors"), i, fault) {
        const char *where = json_string_value(json_object_get(fault, "pointer"));
        const char *what = json_string_value(json_object_get(fault, "code"));
        if (where != NULL && what != NULL && strcmp(where, pointer) == 0 && strcmp(what, code) == 0)
            return;
    }
    ck_abort_msg("%s:%d: no fault %s at %s: %.2000s", file, line, code, pointer, r.body);
}

void expect_books_balance_at(struct world *w, const char *file, int line)
{
    struct reply r = get(w, "/v1/proof");
    expect_at(r, 200, file, line);
    if (json_is_true(at(r, "/ok")))
        return;
    json_t *invariant;
    size_t i;
    json_array_foreach (at(r, "/invariants"), i, invariant) {
        if (json_is_true(json_object_get(invariant, "ok")))
            continue;
        char *dump = json_dumps(invariant, JSON_COMPACT);
        fprintf(stderr, "violated: %s\n", dump);
        free(dump);
    }
    ck_abort_msg("%s:%d: the books do not balance", file, line);
}

/* ---- masters ---- */

static const char *created(struct world *w, struct reply r)
{
    expect(r, 201);
    return keep(w, text(r, "/id"));
}

static void given_masters(struct world *w)
{
    if (w->has_masters)
        return;
    w->has_masters = true;
    created(w, post(w, "/v1/tax-codes",
                    "{'external_id':'T19','code':'T19','name':'VAT 19','category':'S','rates':"
                    "[{'valid_from':'2000-01-01','rate':'19'}]}"));
    created(w, post(w, "/v1/tax-codes",
                    "{'external_id':'T0','code':'T0','name':'Zero','category':'Z','rates':"
                    "[{'valid_from':'2000-01-01','rate':'0'}]}"));
    created(w, post(w, "/v1/warehouses",
                    "{'external_id':'MAIN','code':'MAIN','name':'Main warehouse'}"));
}

const char *given_customer(struct world *w, const char *more)
{
    given_masters(w);
    return created(w, post(w, "/v1/customers", "{'name':'A customer'%s%s}", more ? "," : "",
                           more ? more : ""));
}

static const char *given_item(struct world *w, const char *sku, const char *kind, const char *price)
{
    given_masters(w);
    const char *id = created(w, post(w, "/v1/products",
                                     "{'external_id':'%s','sku':'%s','name':'Product %s',"
                                     "'kind':'%s','tax_code_id':'ext:T19'}",
                                     sku, sku, sku, kind));
    created(w, post(w, "/v1/prices",
                    "{'product_id':'%s','currency':'EUR','unit_price':'%s',"
                    "'valid_from':'2000-01-01'}",
                    id, price));
    return id;
}

const char *given_product(struct world *w, const char *sku, const char *price, int on_hand)
{
    const char *id = given_item(w, sku, "stock", price);
    if (on_hand > 0)
        expect(post(w, "/v1/stock/movements",
                    "{'movements':[{'product_id':'%s','kind':'receipt','quantity':'%d'}]}", id,
                    on_hand),
               201);
    return id;
}

const char *given_service(struct world *w, const char *sku, const char *price)
{
    return given_item(w, sku, "service", price);
}

const char *given_order(struct world *w, const char *customer, const char *sku, int quantity)
{
    struct reply r = post(w, "/v1/orders",
                          "{'customer_id':'%s','confirm':true,'lines':[{'sku':'%s','quantity':"
                          "'%d'}]}",
                          customer, sku, quantity);
    const char *id = created(w, r);
    ck_assert_str_eq(text(r, "/status"), "confirmed");
    return id;
}

const char *given_invoice(struct world *w, const char *customer, const char *sku, int quantity)
{
    const char *order = given_order(w, customer, sku, quantity);
    expect(post(w, "/v1/shipments", "{'order_id':'%s','ship':true}", order), 201);
    return created(w, post(w, "/v1/invoices", "{'order_id':'%s','finalize':true}", order));
}
