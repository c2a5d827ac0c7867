/* A private PostgreSQL of the server's own: made once, started and stopped with the server.
 *
 * Who may enter: the unix socket asks for no password, but lies in a directory of mode 0700 that
 * belongs to the user who runs PostgreSQL, so only that user and root reach it; they could read the
 * data files anyway. There is no TCP socket. */
#include "lib/pg/embedded.h"

#include "lib/base/date.h"
#include "lib/base/log.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <libpq-fe.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BIN_ROOT "/usr/lib/postgresql"
#define SOCKET_NAME "/.s.PGSQL.5432.lock"
#define START_US INT64_C(300000000) /* a crash recovery may take its time */
#define STOP_US INT64_C(60000000)
#define STARTS_MAX 20
#define GROUPS_MAX 64

struct embedded {
    char *dir, *data, *bin, *socket_dir;
    char *owner, *server, *admin; /* conninfo */
    bool own_socket_dir, adopted, throwaway;
    bool prepared; /* has the roles and the database */
    bool change_user;
    uid_t uid;
    gid_t gid;
    gid_t groups[GROUPS_MAX];
    int n_groups;
    int lock;
    pid_t pid; /* 0 = not running by us */
};

static char *text(const char *fmt, ...) PRINTF_LIKE(1, 2);
static char *text(const char *fmt, ...)
{
    char *s = NULL;
    va_list ap;
    va_start(ap, fmt);
    if (vasprintf(&s, fmt, ap) < 0)
        abort();
    va_end(ap);
    return s;
}

static err failed(const char *what, const char *on)
{
    log_line(LOG_ERROR, "the embedded database did not start", LOG_S("what", what), LOG_S("on", on),
             LOG_S("errno", strerror(errno)));
    return ERR_UNAVAILABLE;
}

static void nap_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* ---- where things are ---- */

static char *find_bin(void)
{
    DIR *d = opendir(BIN_ROOT);
    long best = 0;
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        long version = strtol(e->d_name, NULL, 10);
        char *postgres = text(BIN_ROOT "/%ld/bin/postgres", version);
        if (version > best && access(postgres, X_OK) == 0)
            best = version;
        free(postgres);
    }
    if (d != NULL)
        closedir(d);
    return best == 0 ? NULL : text(BIN_ROOT "/%ld/bin", best);
}

static err find_user(struct embedded *e, const char *name)
{
    e->uid = geteuid();
    e->gid = getegid();
    if (e->uid != 0)
        return OK;
    struct passwd pw, *found = NULL;
    char memory[4096];
    if (getpwnam_r(name, &pw, memory, sizeof memory, &found) != 0 || found == NULL ||
        pw.pw_uid == 0)
        return failed("no such user, or root", name);
    e->change_user = true;
    e->uid = pw.pw_uid;
    e->gid = pw.pw_gid;
    e->n_groups = GROUPS_MAX;
    if (getgrouplist(name, pw.pw_gid, e->groups, &e->n_groups) < 0)
        e->n_groups = 0;
    return OK;
}

static err make_private(const struct embedded *e, const char *dir)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return failed("mkdir", dir);
    if (e->change_user && chown(dir, e->uid, e->gid) != 0)
        return failed("chown", dir);
    return chmod(dir, 0700) == 0 ? OK : failed("chmod", dir);
}

static err make_dirs(const struct embedded *e)
{
    char *path = text("%s", e->dir);
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0755) != 0 && errno != EEXIST) {
            err failure = failed("mkdir", path);
            free(path);
            return failure;
        }
        *slash = '/';
    }
    free(path);
    return make_private(e, e->dir);
}

/* A socket's path has a limit far below that of files. */
static err choose_socket_dir(struct embedded *e)
{
    struct sockaddr_un limit;
    if (strlen(e->dir) + sizeof SOCKET_NAME <= sizeof limit.sun_path) {
        e->socket_dir = text("%s", e->dir);
        return OK;
    }
    char made[] = "/tmp/o2c-pg-XXXXXX";
    if (mkdtemp(made) == NULL)
        return failed("mkdtemp", made);
    e->socket_dir = text("%s", made);
    e->own_socket_dir = true;
    return make_private(e, made);
}

/* A conninfo value in quotes. */
static char *quoted(const char *s)
{
    char *out = malloc(2 * strlen(s) + 3), *p = out;
    if (out == NULL)
        abort();
    *p++ = '\'';
    for (; *s != '\0'; s++) {
        if (*s == '\'' || *s == '\\')
            *p++ = '\\';
        *p++ = *s;
    }
    *p++ = '\'';
    *p = '\0';
    return out;
}

static void set_conninfo(struct embedded *e)
{
    char *host = quoted(e->socket_dir);
    free(e->admin);
    free(e->owner);
    free(e->server);
    e->admin = text("host=%s port=5432 user=postgres dbname=postgres connect_timeout=5", host);
    e->owner = text("host=%s port=5432 user=o2c_owner dbname=o2c", host);
    e->server = text("host=%s port=5432 user=o2c_server dbname=o2c", host);
    free(host);
}

/* ---- programs ---- */

/* Between fork and exec only async-signal-safe calls: other threads may hold any lock. */
static void become_program(const struct embedded *e, char *const argv[], int out, pid_t parent)
{
    static char *const env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", NULL};
    sigset_t none;
    sigemptyset(&none);
    for (int s = 1; s < NSIG; s++)
        signal(s, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* A session of its own: ^C at the terminal is for the server, which stops us when it is done.
     */
    setsid();
    umask(0077);
    int in = open("/dev/null", O_RDONLY);
    if (in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(126);
    close_range(3, ~0U, 0);
    if (e->change_user && (setgroups((size_t)e->n_groups, e->groups) != 0 || setgid(e->gid) != 0 ||
                           setuid(e->uid) != 0))
        _exit(126);
    /* After setuid, which clears it. SIGINT is PostgreSQL's fast shutdown. */
    prctl(PR_SET_PDEATHSIG, SIGINT);
    if (getppid() != parent || chdir(e->dir) != 0)
        _exit(126);
    execve(argv[0], argv, env);
    _exit(127);
}

static err spawn(const struct embedded *e, char *const argv[], pid_t *ret)
{
    char *log = text("%s/start.log", e->dir);
    int out = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    err failure = out < 0 ? failed("open", log) : OK;
    free(log);
    TRY(failure);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become_program(e, argv, out, parent);
    close(out);
    if (pid < 0)
        return failed("fork", argv[0]);
    *ret = pid;
    return OK;
}

static bool gone(pid_t pid)
{
    return waitpid(pid, NULL, WNOHANG) != 0;
}

/* Shows the last words of a program that failed. */
static void log_last_words(const struct embedded *e)
{
    char *path = text("%s/start.log", e->dir), words[2048] = "", *said = words;
    int in = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = in < 0 ? 0 : read(in, words, sizeof words - 1);
    words[n > 0 ? n : 0] = '\0';
    if (in >= 0)
        close(in);
    log_line(LOG_ERROR, "the embedded database says", LOG_S("text", said));
    free(path);
}

/* ---- making the cluster ---- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static err run_initdb(const struct embedded *e, const char *into)
{
    char *program = text("%s/initdb", e->bin), *pgdata = text("--pgdata=%s", into);
    char *argv[] = {program,
                    pgdata,
                    "--data-checksums",
                    "--username=postgres",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--lc-collate=C",
                    e->throwaway ? "--no-sync" : "--no-instructions",
                    NULL};
    pid_t pid = 0;
    err failure = spawn(e, argv, &pid);
    int status = -1;
    while (failure == OK && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    free(program);
    free(pgdata);
    if (failure == OK && status != 0) {
        log_last_words(e);
        failure = failed("initdb", into);
    }
    return failure;
}

/* Under another name first: a cluster that was interrupted half-way is never taken for one. */
static err make_cluster(const struct embedded *e)
{
    if (access(e->data, F_OK) == 0)
        return OK;
    char *fresh = text("%s/data.new", e->dir);
    nftw(fresh, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    err failure = run_initdb(e, fresh);
    if (failure == OK && rename(fresh, e->data) != 0)
        failure = failed("rename", fresh);
    free(fresh);
    return failure;
}

static void put_setting(FILE *f, const char *name, const char *value)
{
    fprintf(f, "%s = '", name);
    for (; *value != '\0'; value++) {
        if (*value == '\'' || *value == '\\')
            fputc(*value, f);
        fputc(*value, f);
    }
    fputs("'\n", f);
}

static const char *const tuning[][2] = {
    {"listen_addresses", ""},
    {"unix_socket_permissions", "0700"},
    {"port", "5432"},
    {"huge_pages", "try"},
    {"max_wal_size", "8GB"},
    {"min_wal_size", "512MB"},
    {"checkpoint_timeout", "15min"},
    {"checkpoint_completion_target", "0.9"},
    {"wal_compression", "off"},
    {"default_toast_compression", "lz4"},
    {"commit_delay", "0"},
    {"jit", "off"},
    {"random_page_cost", "1.1"},
    {"work_mem", "32MB"},
    {"maintenance_work_mem", "256MB"},
    {"autovacuum_naptime", "15s"},
    {"autovacuum_vacuum_insert_scale_factor", "0.02"},
    {"logging_collector", "on"},
    {"log_filename", "postgresql-%a.log"},
    {"log_truncate_on_rotation", "on"},
    {"log_rotation_age", "1d"},
    {"log_rotation_size", "0"},
    {"log_line_prefix", "%m [%p] %u %a "},
    {"log_min_messages", "warning"},
    {"log_parameter_max_length_on_error", "0"},
    {"timezone", "UTC"},
    {"log_timezone", "UTC"},
};

static const char *const throwaway_tuning[][2] = {
    {"fsync", "off"},         {"full_page_writes", "off"},      {"max_wal_size", "256MB"},
    {"min_wal_size", "80MB"}, {"maintenance_work_mem", "32MB"}, {"logging_collector", "off"},
};

static void put_settings(FILE *f, const struct embedded *e, const struct embedded_options *o)
{
    char connections[16];
    snprintf(connections, sizeof connections, "%d",
             o->max_connections > 0 ? o->max_connections : 32);
    fputs("# Written by the server at each start. Own settings go into local.conf.\n", f);
    put_setting(f, "unix_socket_directories", e->socket_dir);
    put_setting(f, "shared_buffers", o->shared_buffers != NULL ? o->shared_buffers : "512MB");
    put_setting(f, "max_connections", connections);
    for (size_t i = 0; i < sizeof tuning / sizeof tuning[0]; i++)
        put_setting(f, tuning[i][0], tuning[i][1]);
    for (size_t i = 0; o->throwaway && i < sizeof throwaway_tuning / sizeof tuning[0]; i++)
        put_setting(f, throwaway_tuning[i][0], throwaway_tuning[i][1]);
    fputs("include_if_exists 'local.conf'\n", f);
}

static err write_file(const struct embedded *e, const char *name, const struct embedded_options *o,
                      void (*put)(FILE *f, const struct embedded *e,
                                  const struct embedded_options *o))
{
    char *path = text("%s/%s", e->data, name), *fresh = text("%s.new", path);
    FILE *f = fopen(fresh, "we");
    bool good = f != NULL;
    if (good) {
        put(f, e, o);
        good = fchmod(fileno(f), 0600) == 0 &&
               (!e->change_user || fchown(fileno(f), e->uid, e->gid) == 0);
        good = fclose(f) == 0 && good && rename(fresh, path) == 0;
    }
    err failure = good ? OK : failed("write", path);
    free(path);
    free(fresh);
    return failure;
}

static void put_hba(FILE *f, const struct embedded *e, const struct embedded_options *o)
{
    (void)e;
    (void)o;
    fputs("# Only the unix socket, whose directory lets in nobody else.\nlocal all all trust\n", f);
}

/* ---- running it ---- */

static err launch(struct embedded *e)
{
    char *program = text("%s/postgres", e->bin);
    char *argv[] = {program, "-D", e->data, NULL};
    err failure = spawn(e, argv, &e->pid);
    free(program);
    return failure;
}

/* OK: answers. ERR_CONNECTION: it ended. */
static err await_answer(struct embedded *e)
{
    int64_t limit = clock_monotonic_us() + START_US;
    while (clock_monotonic_us() < limit) {
        if (gone(e->pid)) {
            e->pid = 0;
            return ERR_CONNECTION;
        }
        if (PQping(e->admin) == PQPING_OK)
            return OK;
        nap_ms(20);
    }
    return ERR_DEADLINE;
}

/* More than one try: after a crash the old children take a moment to notice, and hold the shared
 * memory until then. */
static err launch_patiently(struct embedded *e)
{
    for (int i = 0; i < STARTS_MAX; i++) {
        TRY(launch(e));
        err answer = await_answer(e);
        if (answer == OK)
            return OK;
        if (answer != ERR_CONNECTION)
            break;
        nap_ms(250);
    }
    log_last_words(e);
    return failed("postgres", e->dir);
}

/* The socket directory of a running server is line 5 of its postmaster.pid. */
static void find_running(struct embedded *e)
{
    char *path = text("%s/postmaster.pid", e->data), line[PATH_MAX] = "";
    FILE *f = fopen(path, "re");
    for (int i = 0; f != NULL && i < 5 && fgets(line, sizeof line, f) != NULL; i++)
        line[strcspn(line, "\n")] = '\0';
    if (f != NULL)
        fclose(f);
    free(path);
    if (line[0] != '/')
        return;
    free(e->socket_dir);
    e->socket_dir = text("%s", line);
    set_conninfo(e);
}

/* Roles and database are there: the last thing that make_roles() does. */
static bool is_prepared(const struct embedded *e)
{
    PGconn *pg = PQconnectdb(e->admin);
    PGresult *res = PQexec(pg, "SELECT FROM pg_database WHERE datname = 'o2c' AND"
                               " datacl IS NOT NULL");
    bool there = PQntuples(res) > 0;
    PQclear(res);
    PQfinish(pg);
    return there;
}

/* Ours when the lock is free and nothing answers; adopted when another server's database does.
 * One that is just stopping or starting, or being made, is waited for. */
static err start_or_adopt(struct embedded *e, const struct embedded_options *o)
{
    int64_t limit = clock_monotonic_us() + START_US;
    for (bool locked = false; clock_monotonic_us() < limit; nap_ms(100)) {
        locked = locked || flock(e->lock, LOCK_EX | LOCK_NB) == 0;
        find_running(e);
        PGPing ping = e->socket_dir != NULL ? PQping(e->admin) : PQPING_NO_RESPONSE;
        e->prepared = ping == PQPING_OK && is_prepared(e);
        if (e->prepared || (ping == PQPING_OK && locked)) {
            e->adopted = true;
            return OK;
        }
        if (!locked || ping == PQPING_REJECT)
            continue;
        free(e->socket_dir);
        e->socket_dir = NULL;
        TRY(choose_socket_dir(e));
        set_conninfo(e);
        TRY(make_cluster(e));
        TRY(write_file(e, "postgresql.conf", o, put_settings));
        TRY(write_file(e, "pg_hba.conf", o, put_hba));
        return launch_patiently(e);
    }
    return failed("another server holds the directory and does not answer", e->dir);
}

static err run_sql(PGconn *pg, const char *sql, bool *ret_any)
{
    PGresult *res = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(res);
    if (ret_any != NULL)
        *ret_any = PQntuples(res) > 0;
    PQclear(res);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return OK;
    log_line(LOG_ERROR, "the embedded database refused a statement", LOG_S("statement", sql),
             LOG_S("text", PQerrorMessage(pg)));
    return ERR_UNAVAILABLE;
}

static err make_roles(PGconn *pg)
{
    bool there = false;
    TRY(run_sql(pg,
                "DO $$ BEGIN"
                " IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'o2c_owner') THEN"
                "  CREATE ROLE o2c_owner LOGIN; END IF;"
                " IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'o2c_server') THEN"
                "  CREATE ROLE o2c_server LOGIN; END IF;"
                "END $$",
                NULL));
    TRY(run_sql(pg, "SELECT FROM pg_database WHERE datname = 'o2c'", &there));
    if (!there)
        TRY(run_sql(pg, "CREATE DATABASE o2c OWNER o2c_owner", NULL));
    return run_sql(pg,
                   "REVOKE ALL ON DATABASE o2c FROM PUBLIC;"
                   "GRANT CONNECT ON DATABASE o2c TO o2c_server",
                   NULL);
}

static err make_database(const struct embedded *e)
{
    PGconn *pg = PQconnectdb(e->admin);
    err failure = PQstatus(pg) == CONNECTION_OK ? make_roles(pg) : failed("connect", e->dir);
    PQfinish(pg);
    return failure;
}

static err start_steps(struct embedded *e, const struct embedded_options *o)
{
    e->bin = o->bin_dir != NULL ? text("%s", o->bin_dir) : find_bin();
    if (e->bin == NULL)
        return failed("no PostgreSQL under", BIN_ROOT);
    TRY(find_user(e, o->user != NULL ? o->user : "postgres"));
    TRY(make_dirs(e));
    char *lock = text("%s/lock", e->dir);
    e->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    free(lock);
    if (e->lock < 0)
        return failed("open lock", e->dir);
    TRY(start_or_adopt(e, o));
    return e->prepared ? OK : make_database(e);
}

static char *absolute(const char *dir)
{
    if (dir[0] == '/')
        return text("%s", dir);
    char here[PATH_MAX];
    return getcwd(here, sizeof here) == NULL ? text("%s", dir) : text("%s/%s", here, dir);
}

err embedded_start(const struct embedded_options *o, struct embedded **ret)
{
    struct embedded *e = calloc(1, sizeof *e);
    if (e == NULL)
        abort();
    e->lock = -1;
    e->throwaway = o->throwaway;
    e->dir = absolute(o->dir);
    e->data = text("%s/data", e->dir);
    err failure = start_steps(e, o);
    if (failure != OK) {
        embedded_stop(e);
        return failure;
    }
    *ret = e;
    return OK;
}

const char *embedded_owner_conninfo(const struct embedded *e)
{
    return e->owner;
}

const char *embedded_server_conninfo(const struct embedded *e)
{
    return e->server;
}

static void shut_down(pid_t pid)
{
    kill(pid, SIGINT);
    int64_t limit = clock_monotonic_us() + STOP_US;
    while (!gone(pid)) {
        if (clock_monotonic_us() > limit) {
            log_line(LOG_WARN, "the embedded database is stopped at once");
            kill(pid, SIGQUIT);
            limit = INT64_MAX;
        }
        nap_ms(10);
    }
}

void embedded_stop(struct embedded *e)
{
    if (e == NULL)
        return;
    if (e->pid > 0)
        shut_down(e->pid);
    if (e->own_socket_dir && e->socket_dir != NULL)
        rmdir(e->socket_dir);
    if (e->lock >= 0)
        close(e->lock);
    free(e->dir);
    free(e->data);
    free(e->bin);
    free(e->socket_dir);
    free(e->owner);
    free(e->server);
    free(e->admin);
    free(e);
}
