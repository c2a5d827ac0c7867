/* The parts of the program put together: settings, secret, database, pool. */
#pragma once
#include "lib/base/value.h"
#include "server/settings.h"

struct app {
    struct o2c_settings settings;
    struct bytes secret;
    struct embedded *embedded; /* NULL with O2C_DATABASE_URL */
    const char *owner_conninfo, *server_conninfo;
    struct bells *bells;      /* of the workers */
    struct pool *pool;        /* both NULL until app_open_pool */
    struct pool *report_pool; /* for reports and proofs: of the replica if there is one */
};

/* Settings, the server's secret (made once), and the database: the private one is started. Failures
 * are logged. */
err app_open(struct app *app) MUST_CHECK;
/* Migrates as the owner. */
err app_migrate(struct app *app) MUST_CHECK;
/* Connects as the server's role; the schema must be the one this program knows. */
err app_open_pool(struct app *app) MUST_CHECK;
void app_close(struct app *app);
