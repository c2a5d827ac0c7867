/* Starts and ends what is measured: see stage.h. */
#include "tests/bench/stage.h"
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "tests/bench/http_load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_US INT64_C(60000000)
#define ENV_MAX 32

extern char **environ;

static struct stage *current; /* to clean up when the program ends early */

/* ---- programs ---- */

static void nap_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static void become(const char *const *argv, const char *const *env)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (size_t i = 0; env != NULL && env[i] != NULL; i++)
        putenv((char *)env[i]);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

char *run_program(const char *const *argv, const char *const *env, int *ret_status)
{
    int ends[2];
    if (pipe(ends) != 0)
        die("no pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        become(argv, env);
    }
    close(ends[1]);
    size_t len = 0, cap = 65536;
    char *out = malloc(cap);
    for (ssize_t got = 1; out != NULL && got > 0; len += got > 0 ? (size_t)got : 0) {
        if (cap - len < 4096) {
            char *more = realloc(out, cap *= 2);
            if (more == NULL)
                abort();
            out = more;
        }
        got = out == NULL ? 0 : read(ends[0], out + len, cap - len - 1);
    }
    if (out == NULL)
        abort();
    out[len] = '\0';
    close(ends[0]);
    int status = -1;
    waitpid(pid, &status, 0);
    *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return out;
}

int free_port(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof any;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) != 0 ||
        getsockname(fd, (struct sockaddr *)&any, &len) != 0)
        die("no free port: %s", strerror(errno));
    close(fd);
    return ntohs(any.sin_port);
}

/* ---- the server ---- */

static size_t ask_ready(void *arg, uint64_t n, char *out)
{
    (void)arg;
    (void)n;
    return (size_t)snprintf(out, HTTP_LOAD_REQUEST_MAX,
                            "GET /readyz HTTP/1.1\r\nHost: o2c\r\n\r\n");
}

static bool is_ready(void *arg, uint64_t n, int status, const char *body, size_t len)
{
    (void)arg;
    (void)n;
    (void)body;
    (void)len;
    return status == 200;
}

static bool listens(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
    close(fd);
    return good;
}

static bool ready(int port)
{
    struct http_load_result result;
    struct http_load load = {.port = port,
                             .connections = 1,
                             .for_us = 2000000,
                             .most = 1,
                             .make = ask_ready,
                             .check = is_ready};
    return listens(port) && http_load_run(&load, &result) && result.good == 1;
}

struct server stage_server(const struct stage *s, const char *const *settings)
{
    struct server server = {.port = free_port()};
    static char port[32], dir[96], log[96];
    snprintf(port, sizeof port, "O2C_PORT=%d", server.port);
    snprintf(dir, sizeof dir, "O2C_DATA_DIR=%s", s->dir);
    snprintf(log, sizeof log, "%s/o2cd.log", s->dir);
    const char *env[ENV_MAX] = {port, dir, "O2C_ADDRESS=127.0.0.1"};
    for (size_t n = 3, i = 0; settings != NULL && settings[i] != NULL && n < ENV_MAX - 1; i++)
        env[n++] = settings[i];
    const char *argv[] = {s->o2cd, "serve", NULL};
    int64_t since = clock_monotonic_us();
    server.pid = fork();
    if (server.pid == 0) {
        int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(out, 1);
        dup2(out, 2);
        setsid(); /* the kernel shares the cores between sessions, as between services */
        become(argv, env);
    }
    while (!ready(server.port)) {
        if (waitpid(server.pid, NULL, WNOHANG) != 0 || clock_monotonic_us() > since + START_US)
            die("o2cd does not start; see %s", log);
        nap_ms(5);
    }
    server.started_us = clock_monotonic_us() - since;
    return server;
}

struct server stage_program(const char *const *argv, int port)
{
    struct server server = {.port = port};
    int64_t since = clock_monotonic_us();
    server.pid = fork();
    if (server.pid == 0) {
        setsid();
        become(argv, NULL);
    }
    while (!listens(port)) {
        if (waitpid(server.pid, NULL, WNOHANG) != 0 || clock_monotonic_us() > since + START_US)
            die("%s does not start", argv[0]);
        nap_ms(5);
    }
    server.started_us = clock_monotonic_us() - since;
    return server;
}

void stage_server_stop(struct server *server)
{
    if (server->pid <= 0)
        return;
    kill(server->pid, SIGTERM);
    waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

/* ---- SQL ---- */

static PGconn *connection(const struct stage *s)
{
    static PGconn *pg;
    if (pg != NULL && PQstatus(pg) == CONNECTION_OK)
        return pg;
    PQfinish(pg);
    pg = PQconnectdb(s->conninfo);
    if (PQstatus(pg) != CONNECTION_OK)
        die("no connection: %s", PQerrorMessage(pg));
    return pg;
}

static const char *run_sql(const struct stage *s, const char *sql)
{
    static char *cell;
    PGresult *res = PQexec(connection(s), sql);
    ExecStatusType status = PQresultStatus(res);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        die("%.200s: %s", sql, PQresultErrorMessage(res));
    free(cell);
    cell = strdup(PQntuples(res) > 0 ? PQgetvalue(res, 0, 0) : "");
    PQclear(res);
    return cell;
}

const char *stage_sql(const struct stage *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *sql = NULL;
    if (vasprintf(&sql, fmt, ap) < 0)
        abort();
    va_end(ap);
    const char *ret = run_sql(s, sql);
    free(sql);
    return ret;
}

int64_t stage_int(const struct stage *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *sql = NULL;
    if (vasprintf(&sql, fmt, ap) < 0)
        abort();
    va_end(ap);
    int64_t ret = strtoll(run_sql(s, sql), NULL, 10);
    free(sql);
    return ret;
}

/* The columns of the table in order, with what the lines "column = expression" say in place of
 * those they name. Takes lines apart. */
static const char *columns_of_clone(const struct stage *s, const char *table, char *lines)
{
    char *sql = NULL, *rest = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&sql, &size);
    fputs("SELECT string_agg(coalesce(m.expression, 'o.' || quote_ident(a.attname)), ', ' "
          "ORDER BY a.attnum) FROM pg_attribute a LEFT JOIN (VALUES (NULL, NULL)",
          f);
    for (char *line = strtok_r(lines, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *expression = strstr(line, " = ");
        if (expression == NULL)
            abort(); /* not what stage.h asks for */
        fprintf(f, ", ('%.*s', $e$%s$e$)", (int)(expression - line), line, expression + 3);
    }
    fprintf(f,
            ") AS m(name, expression) ON m.name = a.attname "
            "WHERE a.attrelid = '%s'::regclass AND a.attnum > 0",
            table);
    fclose(f);
    const char *ret = run_sql(s, sql);
    free(sql);
    return ret;
}

void stage_clone(const struct stage *s, const char *table, int64_t id, const char *key, int n,
                 const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *lines = NULL;
    if (vasprintf(&lines, fmt, ap) < 0)
        abort();
    va_end(ap);
    char *columns = strdup(columns_of_clone(s, table, lines));
    stage_sql(s,
              "SET session_replication_role = replica; INSERT INTO %s SELECT %s FROM %s o "
              "CROSS JOIN generate_series(0, %d) g WHERE o.tenant_id = %lld AND o.%s = %lld; "
              "SET session_replication_role = origin",
              table, columns, table, n - 1, (long long)s->tenant, key, (long long)id);
    free(columns);
    free(lines);
}

/* ---- the tenant ---- */

static void word_after(const char *text, const char *label, char *ret, size_t size)
{
    const char *p = strstr(text, label);
    if (p == NULL)
        die("o2cd tenant create said: %s", text);
    p += strlen(label);
    p += strspn(p, " ");
    snprintf(ret, size, "%.*s", (int)strcspn(p, " \n"), p);
}

static void make_tenant(struct stage *s)
{
    char dir[96], tenant[64];
    snprintf(dir, sizeof dir, "O2C_DATA_DIR=%s", s->dir);
    const char *argv[] = {s->o2cd,      "tenant", "create",      "--name",        "Bench",
                          "--currency", "EUR",    "--time-zone", "Europe/Berlin", NULL};
    const char *env[] = {dir, NULL};
    int status = 0;
    char *said = run_program(argv, env, &status);
    if (status != 0)
        die("o2cd tenant create: %s", said);
    word_after(said, "tenant ", tenant, sizeof tenant);
    word_after(said, "key ", s->key, sizeof s->key);
    free(said);
    if (id_parse("ten", tenant, &s->tenant) != OK)
        die("no tenant id: %s", tenant);
    s->api_key = stage_int(s, "SELECT id FROM api_key WHERE tenant_id = %lld",
                           (long long)s->tenant);
}

void stage_key(const struct stage *s, char *ret, size_t size)
{
    char dir[96], tenant[ID_TEXT_MAX];
    snprintf(dir, sizeof dir, "O2C_DATA_DIR=%s", s->dir);
    id_format("ten", s->tenant, tenant);
    const char *argv[] = {s->o2cd, "key", "create", "--tenant", tenant, NULL}, *env[] = {dir, NULL};
    int status = 0;
    char *said = run_program(argv, env, &status);
    if (status != 0)
        die("o2cd key create: %s", said);
    word_after(said, "key ", ret, size);
    free(said);
}

struct stage stage_tenant(const struct stage *s)
{
    struct stage other = *s;
    make_tenant(&other);
    return other;
}

/* By SQL and not over the API, for the sake of the ids. Stock and limits are what no run exhausts;
 * a price is 5 to 54 whole euros, so that 19 % are whole cents on every line. */
static void make_masters(const struct stage *s)
{
    stage_sql(
        s,
        "BEGIN;"
        "SELECT set_config('b.t', '%lld', false);"
        "CREATE FUNCTION pg_temp.t() RETURNS bigint LANGUAGE sql AS "
        " 'SELECT current_setting(''b.t'')::bigint';"
        "INSERT INTO tax_code (tenant_id, id, code, name, created_at, updated_at)"
        " VALUES (pg_temp.t(), %lld, 'T19', 'Standard', now(), now());"
        "INSERT INTO tax_rate VALUES (pg_temp.t(), %lld, '2000-01-01', 19000000);"
        "INSERT INTO warehouse (tenant_id, id, code, name, is_default, created_at, updated_at)"
        " VALUES (pg_temp.t(), %lld, 'MAIN', 'Main', true, now(), now());",
        (long long)s->tenant, (long long)STAGE_TAX, (long long)STAGE_TAX,
        (long long)STAGE_WAREHOUSE);
    stage_sql(s,
              "INSERT INTO product (tenant_id, id, sku, name, kind, tax_code_id, created_at,"
              " updated_at) SELECT pg_temp.t(), %lld + i, 'SKU-' || lpad(i::text, 5, '0'),"
              " 'Product number ' || i, 'stock', %lld, now(), now()"
              " FROM generate_series(0, %d) i;"
              "INSERT INTO price (tenant_id, id, product_id, currency, unit_price, valid_from,"
              " created_at, updated_at) SELECT pg_temp.t(), %lld + i, %lld + i, 'EUR',"
              " (5 + i %% 50) * 1000000, '2000-01-01', now(), now()"
              " FROM generate_series(0, %d) i;",
              (long long)STAGE_PRODUCT, (long long)STAGE_TAX, STAGE_PRODUCTS - 1,
              (long long)STAGE_PRICE, (long long)STAGE_PRODUCT, STAGE_PRODUCTS - 1);
    stage_sql(s,
              "INSERT INTO stock (tenant_id, id, product_id, warehouse_id, on_hand)"
              " SELECT pg_temp.t(), %lld + i, %lld + i, %lld, 1000000000000000"
              " FROM generate_series(0, %d) i;"
              "INSERT INTO stock_movement (tenant_id, id, product_id, warehouse_id, kind, quantity,"
              " reason, effective_date, recorded_at)"
              " SELECT pg_temp.t(), %lld + i, %lld + i, %lld, 'receipt', 1000000000000000,"
              " 'opening', '2000-01-01', now() FROM generate_series(0, %d) i;",
              (long long)STAGE_STOCK, (long long)STAGE_PRODUCT, (long long)STAGE_WAREHOUSE,
              STAGE_PRODUCTS - 1, (long long)STAGE_MOVEMENT, (long long)STAGE_PRODUCT,
              (long long)STAGE_WAREHOUSE, STAGE_PRODUCTS - 1);
    stage_sql(
        s,
        "INSERT INTO credit_account (tenant_id, id, currency, credit_limit)"
        " SELECT pg_temp.t(), %lld + i, 'EUR', 1000000000000000"
        " FROM generate_series(0, %d) i;"
        "INSERT INTO customer (tenant_id, id, name, currency, credit_account_id, addresses,"
        " created_at, updated_at) SELECT pg_temp.t(), %lld + i, 'Customer number ' || i,"
        " 'EUR', %lld + i, '[{\"kind\":\"billing\",\"lines\":[\"Marktplatz 1\"],\"postal_code\":"
        "\"10115\",\"city\":\"Berlin\",\"country\":\"DE\"}]', now(), now()"
        " FROM generate_series(0, %d) i;"
        "COMMIT; ANALYZE tax_code, tax_rate, warehouse, product, price, stock, stock_movement,"
        " credit_account, customer;", /* to analyze an empty table is to plan for none */
        (long long)STAGE_ACCOUNT, STAGE_CUSTOMERS - 1, (long long)STAGE_CUSTOMER,
        (long long)STAGE_ACCOUNT, STAGE_CUSTOMERS - 1);
}

/* ---- beginning and end ---- */

static pid_t read_postmaster(const struct stage *s)
{
    char path[128], line[32] = "";
    snprintf(path, sizeof path, "%s/pg/data/postmaster.pid", s->dir);
    FILE *f = fopen(path, "re");
    if (f == NULL || fgets(line, sizeof line, f) == NULL)
        die("no %s", path);
    fclose(f);
    return (pid_t)strtol(line, NULL, 10);
}

static void on_signal(int sig)
{
    (void)sig;
    die("interrupted");
}

void stage_open(struct stage *s, const char *o2cd)
{
    *s = (struct stage){.dir = "/tmp/o2c-bench-XXXXXX", .o2cd = o2cd};
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    if (mkdtemp(s->dir) == NULL || chmod(s->dir, 0755) != 0)
        die("no temporary directory: %s", strerror(errno));
    current = s;
    snprintf(s->conninfo, sizeof s->conninfo, "host=%s/pg port=5432 user=postgres dbname=o2c",
             s->dir);
    s->main = stage_server(s, NULL);
    s->postmaster = read_postmaster(s);
    make_tenant(s);
    make_masters(s);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void stage_close(struct stage *s)
{
    current = NULL;
    stage_server_stop(&s->main);
    nftw(s->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("bench: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    struct stage *s = current;
    current = NULL;
    if (s != NULL) {
        stage_server_stop(&s->main);
        fprintf(stderr, "bench: left %s for you to look at\n", s->dir);
    }
    exit(1);
}
