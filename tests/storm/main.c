/* o2c-storm O2CD [--seconds N] [--kill]: every command of the server at once, by 64 clients on a
 * few customers, products and documents, so that everything meets everything. With --kill the
 * server is killed at random and started again. In the end the books must be right, nothing was
 * answered 500, no transaction met a deadlock, and every act succeeded sometimes. */
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "tests/bench/http_load.h"
#include "tests/bench/requests.h"
#include "tests/bench/stage.h"
#include "tests/load/rng.h"
#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECONDS_DEFAULT 60
#define CONNECTIONS 64
#define SLICE_US INT64_C(5000000)
#define CUSTOMERS 4
#define PRODUCTS 6
#define RECENT 64 /* documents of a kind that acts pick from */
#define OPS 4096  /* more than requests in flight */
#define WORD_MAX 8
#define CARRIER STAGE_ID(9001)
#define CARRIER_SECRET "the-secret-of-a-stormy-carrier"

static const struct act {
    int weight;
    const char *method, *path, *body;
} acts[] = {
#define ACT(weight, method, path, body) {weight, #method, path, body},
#include "tests/storm/acts.def"
#undef ACT
};
#define N_ACTS (sizeof acts / sizeof acts[0])

/* The last documents of a kind that the server told of. */
struct recent {
    char kind[WORD_MAX];
    char ids[RECENT][ID_TEXT_MAX];
    uint64_t n;
};

struct storm {
    struct stage stage, approver; /* which differ in their keys */
    uint64_t seed;
    int weights[N_ACTS];
    struct recent recent[64];
    size_t n_kinds;
    size_t ops[OPS]; /* the act of request n % OPS */
    struct {
        int64_t good, refused, missing, conflicts, invalid;
    } count[N_ACTS];
};

/* ---- what requests say ---- */

static const struct recent *recent_of(const struct storm *s, const char *kind)
{
    for (size_t i = 0; i < s->n_kinds; i++)
        if (strcmp(s->recent[i].kind, kind) == 0)
            return &s->recent[i];
    return NULL;
}

static void remember(struct storm *s, const char *kind, const char *id)
{
    struct recent *r = (struct recent *)recent_of(s, kind);
    if (r == NULL) {
        if (s->n_kinds == sizeof s->recent / sizeof s->recent[0])
            die("more kinds of documents than there is room for");
        r = &s->recent[s->n_kinds++];
        snprintf(r->kind, sizeof r->kind, "%s", kind);
    }
    snprintf(r->ids[r->n++ % RECENT], ID_TEXT_MAX, "%s", id);
}

/* One of the last few most often, so that several clients take the same. */
static const char *pick_recent(struct storm *s, struct rng *r, const char *kind)
{
    static char none[ID_TEXT_MAX];
    const struct recent *of = recent_of(s, kind);
    if (of == NULL) {
        id_format(kind, 1, none);
        return none;
    }
    int64_t most = of->n < RECENT ? (int64_t)of->n : RECENT;
    int64_t back = rng_between(r, 1, rng_chance(r, 60) && most > 6 ? 6 : most);
    return of->ids[(of->n - (uint64_t)back) % RECENT];
}

static void put_word(struct storm *s, struct rng *r, uint64_t n, const char *word, FILE *out)
{
    char id[ID_TEXT_MAX];
    if (strcmp(word, "cus") == 0) {
        id_format("cus", STAGE_CUSTOMER + rng_between(r, 0, CUSTOMERS - 1), id);
        fputs(id, out);
    } else if (strcmp(word, "prd") == 0) {
        id_format("prd", STAGE_PRODUCT + rng_between(r, 0, PRODUCTS - 1), id);
        fputs(id, out);
    } else if (strcmp(word, "sku") == 0) {
        fprintf(out, "SKU-%05ld", rng_between(r, 0, PRODUCTS - 1));
    } else if (strcmp(word, "q") == 0) {
        fprintf(out, "%ld", rng_between(r, 1, 9));
    } else if (strcmp(word, "amount") == 0) {
        fprintf(out, "%ld.%02ld", rng_between(r, 1, 900), rng_between(r, 0, 99));
    } else if (strcmp(word, "soon") == 0) {
        char at[INSTANT_TEXT];
        instant_format(clock_now_us() + 3000000, at);
        fputs(at, out);
    } else if (strcmp(word, "whs") == 0) {
        id_format("whs", STAGE_WAREHOUSE, id);
        fputs(id, out);
    } else if (strcmp(word, "tenant") == 0) {
        id_format("ten", s->stage.tenant, id);
        fputs(id, out);
    } else if (strcmp(word, "carrier") == 0) {
        id_format("car", CARRIER, id);
        fputs(id, out);
    } else if (strcmp(word, "ago") == 0) {
        char at[INSTANT_TEXT];
        instant_format(clock_now_us() - 1000000 * rng_between(r, 0, 100), at);
        fputs(at, out);
    } else if (strcmp(word, "n") == 0) {
        fprintf(out, "%llx-%llx", (unsigned long long)s->seed, (unsigned long long)n);
    } else {
        fputs(pick_recent(s, r, word), out);
    }
}

/* Replaces "{word}"; braces of JSON are followed by anything but a letter. */
static void put_template(struct storm *s, struct rng *r, uint64_t n, const char *text, FILE *out)
{
    for (const char *p = text; *p != '\0';) {
        size_t len = *p == '{' ? strspn(p + 1, "abcdefghijklmnopqrstuvwxyz") : 0;
        if (len == 0 || len >= WORD_MAX || p[len + 1] != '}') {
            fputc(*p++, out);
            continue;
        }
        char word[WORD_MAX];
        snprintf(word, sizeof word, "%.*s", (int)len, p + 1);
        put_word(s, r, n, word, out);
        p += len + 2;
    }
}

static void fill(struct storm *s, struct rng *r, uint64_t n, const char *text, char *out,
                 size_t size)
{
    FILE *f = fmemopen(out, size, "w");
    put_template(s, r, n, text, f);
    fclose(f);
}

/* What the carrier sends: it has no key, it signs. */
static size_t make_signed(char *out, const char *path, const char *body)
{
    char text[2100], hex[65];
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    long long at = clock_now_us() / 1000000;
    int n = snprintf(text, sizeof text, "%lld.%s", at, body);
    HMAC(EVP_sha256(), CARRIER_SECRET, (int)strlen(CARRIER_SECRET), (const unsigned char *)text,
         (size_t)n, mac, &len);
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", mac[i]);
    return (size_t)snprintf(out, HTTP_LOAD_REQUEST_MAX,
                            "POST %s HTTP/1.1\r\nHost: o2c\r\nWebhook-Timestamp: %lld\r\n"
                            "Webhook-Signature: v1=%s\r\nContent-Type: application/json\r\n"
                            "Content-Length: %zu\r\n\r\n%s",
                            path, at, hex, strlen(body), body);
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), n = strlen(end);
    return len >= n && strcmp(text + len - n, end) == 0;
}

/* NULL: JSON. */
static const char *media_of(const char *path)
{
    static const struct {
        const char *path, *media;
    } others[] = {{"/v1/usage-records", "application/x-ndjson"},
                  {"/v1/orders/bulk", "application/x-ndjson"},
                  {"/v1/jobs/orders-import", "application/x-ndjson"},
                  {"/v1/shipments/{shp}/documents", "text/plain"}};
    size_t len = strcspn(path, "?");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strlen(others[i].path) == len && strncmp(path, others[i].path, len) == 0)
            return others[i].media;
    return NULL;
}

static size_t make_act(void *arg, uint64_t n, char *out)
{
    struct storm *s = arg;
    struct rng r = rng_of(s->seed, "act", n);
    size_t i = (size_t)rng_pick(&r, s->weights, N_ACTS);
    char path[300], body[2000], key[48];
    fill(s, &r, n, acts[i].path, path, sizeof path);
    fill(s, &r, n, acts[i].body, body, sizeof body);
    s->ops[n % OPS] = i;
    /* One in fifty sends a key for the second time. */
    uint64_t number = n > 100 && rng_chance(&r, 2) ? n - 100 : n;
    snprintf(key, sizeof key, "%llx-%llx", (unsigned long long)s->seed, (unsigned long long)number);
    bool get = strcmp(acts[i].method, "GET") == 0;
    if (strncmp(acts[i].path, "/v1/webhooks/", 13) == 0)
        return make_signed(out, path, body);
    const char *media = get ? NULL : media_of(acts[i].path);
    if (media != NULL)
        return make_media_request(&s->stage, out, path, key, media, body);
    /* Whoever made an order does not approve it. */
    bool decides = ends_with(acts[i].path, "/approve") || ends_with(acts[i].path, "/reject");
    return make_request(decides ? &s->approver : &s->stage, out, acts[i].method, path,
                        get ? NULL : key, acts[i].body[0] != '\0' ? body : NULL);
}

/* ---- what the server says ---- */

static void learn_marked(struct storm *s, const char *body, size_t len, const char *mark)
{
    for (const char *p = body; (p = memmem(p, len - (size_t)(p - body), mark, strlen(mark)));) {
        char id[ID_TEXT_MAX], kind[WORD_MAX];
        p += strlen(mark);
        size_t left = len - (size_t)(p - body);
        size_t n = 0;
        while (n < left && n < ID_TEXT_MAX - 1 && p[n] != '"')
            n++;
        snprintf(id, sizeof id, "%.*s", (int)n, p);
        snprintf(kind, sizeof kind, "%.*s", (int)strcspn(id, "_"), id);
        remember(s, kind, id);
    }
}

/* Remembers every id of the reply; lots have no request that answers with them alone. */
static void learn(struct storm *s, const char *body, size_t len)
{
    learn_marked(s, body, len, "\"id\":\"");
    learn_marked(s, body, len, "\"lot_id\":\"");
}

static bool check_act(void *arg, uint64_t n, int status, const char *body, size_t len)
{
    struct storm *s = arg;
    size_t i = s->ops[n % OPS];
    if (status >= 200 && status < 300) {
        s->count[i].good++;
        if (strcmp(acts[i].method, "GET") != 0)
            learn(s, body, len);
        return true;
    }
    s->count[i].missing += status == 404;
    s->count[i].conflicts += status == 409 || status == 412;
    s->count[i].invalid += status == 422 || status == 400;
    return status == 404 || status == 409 || status == 412 || status == 422 || status == 400;
}

/* ---- the run ---- */

struct killer {
    pid_t pid;
    int64_t after_us;
};

static void *kill_later(void *arg)
{
    const struct killer *k = arg;
    usleep((useconds_t)k->after_us);
    kill(k->pid, SIGKILL);
    return NULL;
}

/* False when the server went away, as it may when it is killed. */
static bool run_slice(struct storm *s, int64_t for_us)
{
    struct http_load_result result;
    struct http_load load = {.port = s->stage.main.port,
                             .connections = CONNECTIONS,
                             .for_us = for_us,
                             .make = make_act,
                             .check = check_act,
                             .arg = s};
    s->seed = fresh_seed();
    bool reached = http_load_run(&load, &result);
    if (result.wrong > 0)
        die("a request was answered: %s", result.sample);
    if (result.refused_without_hint > 0)
        die("a refusal had no Retry-After");
    printf("  %lld answered, %lld refused, %lld cut off\n", (long long)result.good,
           (long long)result.refused, (long long)result.broken);
    fflush(stdout);
    return reached;
}

static void run_and_kill(struct storm *s, struct rng *r)
{
    struct killer k = {.pid = s->stage.main.pid, .after_us = rng_between(r, 500000, SLICE_US)};
    pthread_t thread;
    pthread_create(&thread, NULL, kill_later, &k);
    run_slice(s, SLICE_US);
    pthread_join(thread, NULL);
    stage_server_stop(&s->stage.main); /* collects what was killed */
    s->stage.main = stage_server(&s->stage, NULL);
}

/* Services that are fulfilled bit by bit. */
static void make_services(struct stage *s)
{
    stage_sql(s,
              "INSERT INTO product (tenant_id, id, sku, name, kind, fulfillment, tax_code_id,"
              " created_at, updated_at)"
              " SELECT p.tenant_id, p.id + 1000000 + k.no, k.sku, k.sku, 'service', k.fulfillment,"
              " p.tax_code_id, now(), now()"
              " FROM (SELECT * FROM product WHERE tenant_id = %lld ORDER BY id LIMIT 1) p,"
              " (VALUES (1, 'PROJECT', 'milestone'), (2, 'SEAT', 'access'),"
              " (3, 'METER', 'metered'), (4, 'WORK', NULL)) k(no, sku, fulfillment)",
              (long long)s->tenant);
    stage_sql(s,
              "INSERT INTO price (tenant_id, id, product_id, currency, unit_price, valid_from,"
              " created_at, updated_at)"
              " SELECT p.tenant_id, p.id, p.id, 'EUR', 70000, '2000-01-01', now(), now()"
              " FROM product p WHERE p.tenant_id = %lld AND p.kind = 'service'",
              (long long)s->tenant);
}

/* Stock and limits that run out, external ids for the products, and one that tracks lots. */
static void make_scarce(struct stage *s)
{
    stage_sql(s,
              "SET session_replication_role = replica;" /* movements are append-only */
              "UPDATE stock SET on_hand = 400000000 WHERE tenant_id = %lld;"
              "UPDATE stock_movement SET quantity = 400000000 WHERE tenant_id = %lld;"
              "UPDATE product SET external_id = sku WHERE tenant_id = %lld;"
              "UPDATE credit_account SET credit_limit = 3000000 WHERE tenant_id = %lld;"
              "SET session_replication_role = origin",
              (long long)s->tenant, (long long)s->tenant, (long long)s->tenant,
              (long long)s->tenant);
    stage_sql(s,
              "INSERT INTO product (tenant_id, id, external_id, sku, name, kind, track_lots,"
              " tax_code_id, created_at, updated_at)"
              " VALUES (%lld, %lld, 'LOTS', 'LOTS', 'Comes in lots', 'stock', true, %lld, now(),"
              " now())",
              (long long)s->tenant, (long long)(STAGE_PRODUCT + STAGE_PRODUCTS),
              (long long)STAGE_TAX);
}

/* A carrier that signs, and whose word delivers; somebody who approves. */
static void make_partners(struct storm *s)
{
    stage_sql(&s->stage,
              "INSERT INTO carrier (tenant_id, id, name, webhook_secret, delivers, created_at,"
              " updated_at) VALUES (%lld, %lld, 'Storm', '" CARRIER_SECRET "', true, now(), now())",
              (long long)s->stage.tenant, (long long)CARRIER);
    s->approver = s->stage;
    stage_key(&s->stage, s->approver.key, sizeof s->approver.key);
}

static int tell(const struct storm *s)
{
    int idle = 0;
    printf("%9s %9s %9s %9s\n", "good", "missing", "conflict", "invalid");
    for (size_t i = 0; i < N_ACTS; i++) {
        printf("%9lld %9lld %9lld %9lld  %s %s %.60s\n", (long long)s->count[i].good,
               (long long)s->count[i].missing, (long long)s->count[i].conflicts,
               (long long)s->count[i].invalid, acts[i].method, acts[i].path, acts[i].body);
        if (s->count[i].good == 0 && ++idle > 0)
            printf("          ^ never succeeded\n");
    }
    return idle;
}

/* What a command says of PostgreSQL's log. */
static char *of_log(const struct stage *s, const char *filter)
{
    char command[300];
    snprintf(command, sizeof command, "cat %s/pg/data/log/* | %s", s->dir, filter);
    const char *argv[] = {"sh", "-c", command, NULL};
    int status = 0;
    return run_program(argv, NULL, &status);
}

static int deadlocks(const struct stage *s)
{
    char *said = of_log(s, "grep -c 'deadlock detected'");
    int n = (int)strtol(said, NULL, 10);
    free(said);
    if (n > 0) {
        said = of_log(s, "grep -A 30 -m 1 'deadlock detected'");
        printf("%s\n", said);
        free(said);
    }
    return n;
}

static bool books_right(const struct stage *s)
{
    char dir[96];
    snprintf(dir, sizeof dir, "O2C_DATA_DIR=%s", s->dir);
    const char *argv[] = {s->o2cd, "check", NULL}, *env[] = {dir, NULL};
    int status = 0;
    char *said = run_program(argv, env, &status);
    if (status != 0)
        printf("%.3000s\n", said);
    free(said);
    return status == 0;
}

int main(int argc, char **argv)
{
    static struct storm s;
    int seconds = SECONDS_DEFAULT;
    bool kills = false;
    if (argc < 2)
        die("usage: o2c-storm O2CD [--seconds N] [--kill]");
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
            seconds = (int)strtol(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--kill") == 0)
            kills = true;
        else
            die("%s is neither --seconds N nor --kill", argv[i]);
    }
    for (size_t i = 0; i < N_ACTS; i++)
        s.weights[i] = acts[i].weight;
    stage_open(&s.stage, argv[1]);
    make_scarce(&s.stage);
    make_services(&s.stage);
    make_partners(&s);
    struct rng r = rng_of(fresh_seed(), "storm", 0);
    int64_t end_us = clock_monotonic_us() + (int64_t)seconds * 1000000;
    while (clock_monotonic_us() < end_us) {
        if (kills)
            run_and_kill(&s, &r);
        else if (!run_slice(&s, SLICE_US))
            die("the server went away");
    }
    int idle = tell(&s), locked = deadlocks(&s.stage);
    bool right = books_right(&s.stage);
    printf("%d acts never succeeded, %d deadlocks, the books are %s\n", idle, locked,
           right ? "right" : "WRONG");
    stage_close(&s.stage);
    return idle > 0 || locked > 0 || !right;
}
