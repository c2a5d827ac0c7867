/* What processes use, from /proc. */
#pragma once
#include "tests/bench/stage.h"

/* CPU time since they began, user and system. */
struct cpu {
    int64_t server_us, postgres_us, load_us; /* load: this program */
};
struct cpu cpu_now(const struct stage *s, const struct server *server);
struct cpu cpu_since(const struct stage *s, const struct server *server, struct cpu before);

/* Resident set of the process. */
int64_t resident_kib(pid_t pid);
/* Memory of all processes of PostgreSQL, what they share counted once. */
int64_t postgres_kib(const struct stage *s);
