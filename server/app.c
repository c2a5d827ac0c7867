/* Opens and closes what every verb of o2cd needs. */
#include "server/app.h"
#include "lib/base/log.h"
#include "lib/pg/embedded.h"
#include "lib/pg/migrate.h"
#include "lib/pg/pg.h"
#include "server/api/bells.h"
#include "server/constraints.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_BYTES 32
#define PATH_MAX_TEXT 4096
#define SPARE_CONNECTIONS 4 /* readiness, the command line, who shares out stock, the bureau */

static err say(const char *what, const char *path)
{
    log_line(LOG_ERROR, what, LOG_S("path", path), LOG_S("reason", strerror(errno)));
    return ERR_UNAVAILABLE;
}

static bool read_secret(const char *path, unsigned char *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, out, SECRET_BYTES);
    close(fd);
    return n == SECRET_BYTES;
}

/* Made once, readable by the owner alone; of two starters the one that links first wins. */
static err make_secret(const char *path, unsigned char *out)
{
    char temporary[PATH_MAX_TEXT + 16];
    snprintf(temporary, sizeof(temporary), "%s.%d", path, (int)getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return say("cannot make the secret", temporary);
    bool written = RAND_bytes(out, SECRET_BYTES) == 1 &&
                   write(fd, out, SECRET_BYTES) == SECRET_BYTES && fsync(fd) == 0;
    close(fd);
    bool linked = written && (link(temporary, path) == 0 || errno == EEXIST);
    unlink(temporary);
    if (!linked || !read_secret(path, out))
        return say("cannot make the secret", path);
    return OK;
}

static err load_secret(struct app *app)
{
    static unsigned char secret[SECRET_BYTES];
    const char *given = app->settings.secret;
    if (given[0] != '\0') {
        app->secret = (struct bytes){.p = (const unsigned char *)given, .len = strlen(given)};
        if (app->secret.len >= 16)
            return OK;
        log_line(LOG_ERROR, "O2C_SECRET is too short: use at least 16 characters");
        return ERR_PARAMETER;
    }
    char path[PATH_MAX_TEXT];
    if (mkdir(app->settings.data_dir, 0755) != 0 && errno != EEXIST)
        return say("cannot make the data directory", app->settings.data_dir);
    snprintf(path, sizeof(path), "%s/secret", app->settings.data_dir);
    if (!read_secret(path, secret))
        TRY(make_secret(path, secret));
    app->secret = (struct bytes){.p = secret, .len = SECRET_BYTES};
    return OK;
}

static err open_database(struct app *app)
{
    const struct o2c_settings *s = &app->settings;
    if (s->database_url[0] != '\0') {
        app->server_conninfo = s->database_url;
        app->owner_conninfo = s->owner_database_url[0] ? s->owner_database_url : s->database_url;
        return OK;
    }
    char dir[PATH_MAX_TEXT];
    snprintf(dir, sizeof(dir), "%s/pg", s->data_dir);
    struct embedded_options o = {.dir = dir,
                                 .user = "postgres",
                                 .shared_buffers = s->shared_buffers,
                                 .max_connections = 100};
    TRY(embedded_start(&o, &app->embedded));
    app->owner_conninfo = embedded_owner_conninfo(app->embedded);
    app->server_conninfo = embedded_server_conninfo(app->embedded);
    return OK;
}

err app_open(struct app *app)
{
    *app = (struct app){.bells = bells_new()};
    TRY(settings_load(o2c_settings_table, o2c_settings_count, &app->settings));
    enum log_level level;
    if (log_level_parse(app->settings.log_level, &level) != OK) {
        log_line(LOG_ERROR, "O2C_LOG_LEVEL is debug, info, warn, error or off");
        return ERR_PARAMETER;
    }
    log_set_level(level);
    pg_set_constraints(constraints);
    pg_set_slow_us(app->settings.slow_ms * 1000);
    TRY(load_secret(app));
    return open_database(app);
}

err app_migrate(struct app *app)
{
    return migrate(app->owner_conninfo);
}

err app_open_pool(struct app *app)
{
    const struct o2c_settings *s = &app->settings;
    err e = migrate_check(app->server_conninfo);
    if (e != OK) {
        log_line(LOG_ERROR, "the schema is not the one this program knows: run o2cd migrate");
        return e;
    }
    int64_t workers = s->write_workers + s->read_workers + s->job_workers;
    struct pool_options o = {.conninfo = app->server_conninfo,
                             .size = (size_t)workers + SPARE_CONNECTIONS,
                             .wait_us = s->request_timeout_ms * 1000,
                             .statement_timeout_ms = s->statement_timeout_ms,
                             .lock_timeout_ms = s->lock_timeout_ms};
    TRY(pool_open(&o, &app->pool));
    if (s->report_database_url[0] != '\0')
        o.conninfo = s->report_database_url;
    o.size = (size_t)s->report_workers;
    o.scans = true;
    return pool_open(&o, &app->report_pool);
}

void app_close(struct app *app)
{
    if (app->report_pool != NULL)
        pool_close(app->report_pool);
    if (app->pool != NULL)
        pool_close(app->pool);
    embedded_stop(app->embedded);
    bells_free(app->bells);
    *app = (struct app){0};
}
