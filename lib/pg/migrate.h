/* Schema migrations: migrations/NNNN_words.sql, forward only, one transaction each, recorded with
 * their SHA-256 in schema_migration(version int, name text, sha256 text, applied_at). */
#pragma once
#include "lib/base/err.h"

struct migration {
    int version;
    const char *name; /* "0001_spine" */
    const char *sql;
};
/* Embedded at build time from migrations/, ascending. */
extern const struct migration migrations[];
extern const int n_migrations;

/* Applies what is missing under an advisory lock, as the role of conninfo. ERR_UNAVAILABLE, or
 * ERR_INTERNAL with a log line that says which file and why. A recorded hash that differs, or a
 * version this program does not know, is refused. */
err migrate(const char *conninfo) MUST_CHECK;
/* OK when the schema is exactly what this program knows. */
err migrate_check(const char *conninfo) MUST_CHECK;
