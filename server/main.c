/* o2cd: the verbs of the program. */
#include "idempotency.sql.h"
#include "lib/base/buf.h"
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/http/http.h"
#include "lib/pg/pg.h"
#include "server/api/asker.h"
#include "server/api/auth.h"
#include "server/api/bells.h"
#include "server/api/openapi.h"
#include "server/api/run.h"
#include "server/api/sharer.h"
#include "server/api/worker.h"
#include "server/app.h"
#include "server/cash/cash.h"
#include "server/events/events.h"
#include "server/inventory/inventory.h"
#include "server/jobs/jobs.h"
#include "server/orders/reconsider.h"
#include "server/reporting/proof.h"
#include "server/tenants/tenants.h"
#include "tenants.sql.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define REQUEST_ARENA_LIMIT ((size_t)256 << 20)
#define VERB_ARENA_LIMIT ((size_t)64 << 20)
#define PRUNE_EVERY_S 3600
#define SWEEP_EVERY_S 60
#define KEYS_KEPT_US (7 * 86400 * INT64_C(1000000))  /* domain.md 4.1 */
#define FILES_KEPT_US (7 * 86400 * INT64_C(1000000)) /* of jobs that have ended */
#define CHECK_DEADLINE_US (3600 * INT64_C(1000000))  /* the proof reads the whole history */

struct options {
    const char *name, *legal_name, *currency, *time_zone, *country, *tax_id, *tax_rounding,
        *rounding;
    const char *tenant, *scopes;
};

/* ---- serve ---- */

static err prune_tenant(struct tx *tx, void *arg)
{
    (void)arg;
    TRY(idempotency_forget(tx, tx->now - KEYS_KEPT_US));
    return jobs_prune(tx, tx->now - FILES_KEPT_US);
}

static err sweep_tenant(struct tx *tx, void *arg)
{
    (void)arg;
    TRY(reservations_sweep(tx));
    return events_flush(tx);
}

/* What clears makes room: orders that wait for credit go on. */
static err clear_payments(struct tx *tx, void *arg)
{
    (void)arg;
    struct actor server;
    TRY(payments_sweep(tx));
    if (tx->credit == NULL)
        return OK;
    TRY(auth_tenant(tx, &server));
    struct call c = {.problem = tx->problem,
                     .tenant = &server.tenant,
                     .api_key_id = NIL64,
                     .if_match = VERSION_ANY};
    TRY(orders_reconsider(tx, &c));
    return events_flush(tx);
}

static err list_tenants(struct tx *tx, void *arg)
{
    return tenants_list_all(tx, arg);
}

/* Runs fn in a transaction of its own for each tenant, reads as reports do; the first failure is
 * returned, but the others still run. */
static err each_tenant(struct app *app, enum tx_mode mode, err (*fn)(struct tx *, void *),
                       void *arg)
{
    struct arena *a = arena_new(VERB_ARENA_LIMIT), *each = arena_new(SIZE_MAX);
    struct problem p;
    problem_init(&p, a);
    struct tenants_list_all_row_list tenants = {0};
    struct tx_options o = {.mode = TX_READ, .now = clock_now_us(), .arena = a, .problem = &p};
    err e = tx_run(app->pool, &o, list_tenants, &tenants);
    for (size_t i = 0; i < tenants.n; i++) {
        arena_reset(each);
        problem_init(&p, each);
        struct tx_options t = {.mode = mode,
                               .tenant = tenants.v[i].id,
                               .now = clock_now_us(),
                               .today = instant_date_utc(clock_now_us()),
                               .deadline_us = clock_monotonic_us() + CHECK_DEADLINE_US,
                               .arena = each,
                               .problem = &p};
        err one = tx_run(mode == TX_READ ? app->report_pool : app->pool, &t, fn, arg);
        if (one != OK && e == OK)
            e = one;
    }
    arena_free(each);
    arena_free(a);
    return e;
}

/* Waits for SIGTERM or SIGINT, and meanwhile lets reservations expire and payments clear, and
 * forgets old idempotency keys and files now and then. */
static void wait_for_signal(struct app *app, const sigset_t *signals)
{
    const struct timespec pause = {.tv_sec = SWEEP_EVERY_S};
    int64_t pruned_us = clock_monotonic_us();
    while (sigtimedwait(signals, NULL, &pause) < 0) {
        if (each_tenant(app, TX_WRITE, sweep_tenant, NULL) != OK)
            log_line(LOG_WARN, "expired reservations could not be swept");
        if (each_tenant(app, TX_WRITE, clear_payments, NULL) != OK)
            log_line(LOG_WARN, "payments that have cleared could not be swept");
        if (clock_monotonic_us() - pruned_us < PRUNE_EVERY_S * INT64_C(1000000))
            continue;
        pruned_us = clock_monotonic_us();
        if (each_tenant(app, TX_WRITE, prune_tenant, NULL) != OK)
            log_line(LOG_WARN, "old idempotency keys and files could not be pruned");
    }
}

static int serve_until_signal(struct app *app, const sigset_t *signals)
{
    const struct o2c_settings *s = &app->settings;
    struct runner_options ro = {.settings = s,
                                .pool = app->pool,
                                .report_pool = app->report_pool,
                                .bells = app->bells,
                                .secret = app->secret};
    struct runner *run = runner_new(&ro);
    struct http_options o = {.address = s->address,
                             .port = (int)s->port,
                             .threads = (int)s->http_threads,
                             .connections = (int)s->connections,
                             .idle_timeout_s = (int)s->idle_timeout_s,
                             .request_timeout_us = s->request_timeout_ms * 1000,
                             .arena_limit = REQUEST_ARENA_LIMIT};
    o.classes = runner_classes(run, &o.n_classes);
    struct http_handler handler = runner_handler(run);
    struct http_server *http = NULL;
    int status = 1;
    if (http_start(&o, &handler, &http) == OK) {
        log_line(LOG_INFO, "listening", LOG_S("address", s->address),
                 LOG_I("port", http_port(http)));
        int workers = (int)s->job_workers;
        struct job_workers *jobs = job_workers_start(app->pool, app->bells, workers);
        struct sharer *sharer = workers > 0 ? sharer_start(app->pool, app->bells) : NULL;
        struct asker *asker;
        const struct asker_options bureau = {.url = s->bureau_url,
                                             .token = s->bureau_token,
                                             .token_file = s->bureau_token_file,
                                             .timeout_ms = s->bureau_timeout_ms,
                                             .retry_ms = s->bureau_retry_ms};
        status = asker_start(app->pool, app->bells, &bureau, &asker) == OK ? 0 : 1;
        if (status == 0)
            wait_for_signal(app, signals);
        log_line(LOG_INFO, "draining");
        http_stop(http);
        bells_stop(app->bells);
        job_workers_join(jobs);
        sharer_join(sharer);
        asker_join(asker);
        log_line(LOG_INFO, "stopped");
    }
    runner_free(run);
    return status;
}

static int verb_serve(const struct options *opt)
{
    (void)opt;
    /* Blocked before any thread exists, so that only sigtimedwait sees them. */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct app app;
    int status = 1;
    if (app_open(&app) == OK && app_migrate(&app) == OK && app_open_pool(&app) == OK)
        status = serve_until_signal(&app, &signals);
    app_close(&app);
    return status;
}

static int verb_migrate(const struct options *opt)
{
    (void)opt;
    struct app app;
    int status = app_open(&app) == OK && app_migrate(&app) == OK ? 0 : 1;
    app_close(&app);
    return status;
}

/* ---- tenants and keys ---- */

struct key_case {
    const struct options *opt;
    struct bytes secret;
    int64_t tenant, key;
    char text[API_KEY_TEXT];
};

static err insert_key(struct tx *tx, struct key_case *k)
{
    unsigned char hash[32];
    k->key = id_new();
    TRY(api_key_make(k->secret, k->tenant, k->key, k->text, hash));
    const char *name = k->opt->name ? k->opt->name : "key";
    const char *scopes = k->opt->scopes ? k->opt->scopes : "*";
    TRY(api_key_insert(tx, k->key, name, (struct bytes){.p = hash, .len = sizeof(hash)}, scopes,
                       NIL64));
    return tx_flush(tx);
}

static err create_tenant(struct tx *tx, void *arg)
{
    struct key_case *k = arg;
    const struct options *o = k->opt;
    struct tenant_new in = {.name = o->name,
                            .legal_name = o->legal_name ? o->legal_name : o->name,
                            .currency = o->currency ? o->currency : "EUR",
                            .time_zone = o->time_zone ? o->time_zone : "UTC",
                            .tax_id = o->tax_id,
                            .country = o->country,
                            .rounding = o->rounding,
                            .tax_rounding = o->tax_rounding};
    TRY(tenant_create(tx, &in, &k->tenant));
    return insert_key(tx, k);
}

static err create_key(struct tx *tx, void *arg)
{
    struct key_case *k = arg;
    struct tenant_find_row t;
    err e = tenant_find(tx, &t);
    if (e == ERR_NO_ROW)
        return fail(tx->problem, ERR_NOT_FOUND, "There is no such tenant.");
    TRY(e);
    return insert_key(tx, k);
}

/* Tenants are made by the owner of the schema: the server's role may not. */
static int with_owner(struct key_case *k, err (*body)(struct tx *, void *))
{
    struct app app;
    struct arena *a = arena_new(VERB_ARENA_LIMIT);
    struct problem p;
    problem_init(&p, a);
    struct pool *pool = NULL;
    err e = app_open(&app);
    if (e == OK)
        e = app_migrate(&app);
    if (e == OK) {
        struct pool_options o = {.conninfo = app.owner_conninfo, .size = 1, .wait_us = 5000000};
        e = pool_open(&o, &pool);
    }
    if (e == OK) {
        k->secret = app.secret;
        struct tx_options o = {.mode = TX_WRITE,
                               .tenant = k->tenant,
                               .now = clock_now_us(),
                               .arena = a,
                               .problem = &p};
        e = tx_run(pool, &o, body, k);
    }
    if (e != OK)
        fprintf(stderr, "o2cd: %s\n", p.detail ? p.detail : err_title(e));
    if (pool != NULL)
        pool_close(pool);
    app_close(&app);
    arena_free(a);
    return e == OK ? 0 : 1;
}

static int verb_tenant_create(const struct options *opt)
{
    if (opt->name == NULL) {
        fprintf(stderr, "o2cd tenant create needs --name\n");
        return 2;
    }
    struct key_case k = {.opt = opt};
    if (with_owner(&k, create_tenant) != 0)
        return 1;
    char tenant[ID_TEXT_MAX];
    id_format("ten", k.tenant, tenant);
    printf("tenant %s\nkey    %s\n", tenant, k.text);
    return 0;
}

static int verb_key_create(const struct options *opt)
{
    struct key_case k = {.opt = opt};
    if (opt->tenant == NULL || id_parse("ten", opt->tenant, &k.tenant) != OK) {
        fprintf(stderr, "o2cd key create needs --tenant ten_…\n");
        return 2;
    }
    if (with_owner(&k, create_key) != 0)
        return 1;
    printf("key    %s\n", k.text);
    return 0;
}

/* ---- check ---- */

static err check_tenant(struct tx *tx, void *arg)
{
    bool *all_ok = arg;
    struct proof proof;
    TRY(proof_run(tx, &proof));
    char tenant[ID_TEXT_MAX];
    id_format("ten", tx->tenant, tenant);
    for (size_t i = 0; i < proof.invariants.n; i++) {
        const struct proof_invariant *inv = &proof.invariants.v[i];
        printf("%s  %-4s %s\n", tenant,
               inv->ok         ? "ok"
               : inv->advisory ? "note"
                               : "FAIL",
               inv->name);
        for (size_t k = 0; !inv->ok && k < inv->examples.n; k++) {
            const struct proof_example *x = &inv->examples.v[k];
            printf("      %s: %s\n", x->resource_id ? x->resource_id : "-", x->detail);
        }
    }
    *all_ok = *all_ok && proof.ok;
    return OK;
}

static int verb_check(const struct options *opt)
{
    (void)opt;
    struct app app;
    bool all_ok = true;
    err e = app_open(&app);
    /* That of requests is too short. */
    app.settings.statement_timeout_ms = CHECK_DEADLINE_US / 1000;
    if (e == OK)
        e = app_open_pool(&app);
    if (e == OK)
        e = each_tenant(&app, TX_READ, check_tenant, &all_ok);
    if (e != OK)
        fprintf(stderr, "o2cd: the check could not be made: %s\n", err_title(e));
    else
        printf("%s\n", all_ok ? "all invariants hold" : "SOME INVARIANTS ARE VIOLATED");
    app_close(&app);
    return e == OK && all_ok ? 0 : 1;
}

/* ---- the small ones ---- */

static int verb_openapi(const struct options *opt)
{
    (void)opt;
    struct arena *a = arena_new(VERB_ARENA_LIMIT);
    struct buf b;
    buf_init(&b, a, 1 << 20, VERB_ARENA_LIMIT / 2);
    openapi_write(&b);
    fwrite(b.p, 1, b.len, stdout);
    arena_free(a);
    return 0;
}

static int verb_settings(const struct options *opt)
{
    (void)opt;
    struct o2c_settings s;
    if (settings_load(o2c_settings_table, o2c_settings_count, &s) != OK)
        return 1;
    settings_print(o2c_settings_table, o2c_settings_count, &s);
    return 0;
}

/* GET /healthz of the server that these settings describe: for container health checks. */
static int verb_health(const struct options *opt)
{
    (void)opt;
    struct o2c_settings s;
    if (settings_load(o2c_settings_table, o2c_settings_count, &s) != OK)
        return 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s.port)};
    const char *address = strcmp(s.address, "0.0.0.0") == 0 ? "127.0.0.1" : s.address;
    static const char ask[] = "GET /healthz HTTP/1.1\r\nHost: o2c\r\nConnection: close\r\n\r\n";
    static const char good[] = "HTTP/1.1 200";
    char got[sizeof(good)] = "";
    struct timeval limit = {.tv_sec = 3};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
        return 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    bool ok = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
              write(fd, ask, sizeof(ask) - 1) == (ssize_t)sizeof(ask) - 1 &&
              recv(fd, got, sizeof(got) - 1, MSG_WAITALL) == (ssize_t)sizeof(got) - 1 &&
              strcmp(got, good) == 0;
    close(fd);
    return ok ? 0 : 1;
}

struct verb {
    const char *name, *second;
    int (*run)(const struct options *);
    const char *doc;
};
static const struct verb verbs[] = {
    {"serve", NULL, verb_serve, "run the server (SIGTERM drains it)"},
    {"migrate", NULL, verb_migrate, "bring the schema up to date"},
    {"tenant", "create", verb_tenant_create,
     "--name N [--legal-name N] [--currency EUR] [--time-zone UTC] [--country DE] [--tax-id T]\n"
     "                    [--rounding half_up] [--tax-rounding per_document]: prints its key once"},
    {"key", "create", verb_key_create, "--tenant ten_… [--name N] [--scopes \"orders:* …\"]"},
    {"check", NULL, verb_check, "prove every invariant of the books of every tenant"},
    {"openapi", NULL, verb_openapi, "print the API's description"},
    {"settings", NULL, verb_settings, "print the settings and their variables"},
    {"health", NULL, verb_health, "ask the running server whether it is healthy"},
};

static int usage(void)
{
    fprintf(stderr, "o2cd " O2C_VERSION "\n");
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        fprintf(stderr, "  o2cd %-7s %-6s  %s\n", verbs[i].name,
                verbs[i].second ? verbs[i].second : "", verbs[i].doc);
    return 2;
}

static bool parse_options(int argc, char **argv, struct options *ret)
{
    static const char *const names[] = {"name",    "legal-name", "currency",     "time-zone",
                                        "country", "tax-id",     "tax-rounding", "rounding",
                                        "tenant",  "scopes"};
    const char **targets[] = {&ret->name,    &ret->legal_name, &ret->currency,     &ret->time_zone,
                              &ret->country, &ret->tax_id,     &ret->tax_rounding, &ret->rounding,
                              &ret->tenant,  &ret->scopes};
    for (int i = 0; i < argc; i += 2) {
        size_t k = 0;
        while (k < COUNT_OF(names) &&
               (strncmp(argv[i], "--", 2) != 0 || strcmp(argv[i] + 2, names[k]) != 0))
            k++;
        if (k == COUNT_OF(names) || i + 1 == argc)
            return false;
        *targets[k] = argv[i + 1];
    }
    return true;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < COUNT_OF(verbs); i++) {
        int words = verbs[i].second ? 3 : 2;
        if (strcmp(argv[1], verbs[i].name) != 0 ||
            (verbs[i].second && (argc < 3 || strcmp(argv[2], verbs[i].second) != 0)))
            continue;
        struct options opt = {0};
        return parse_options(argc - words, argv + words, &opt) ? verbs[i].run(&opt) : usage();
    }
    return usage();
}
