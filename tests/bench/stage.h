/* The stage of the measurements: a private PostgreSQL in a temporary directory with fsync on, o2cd
 * servers on it as they are released, and one tenant with masters whose ids follow each other, so
 * that a yardstick can pick one by arithmetic. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define STAGE_CUSTOMERS 2000
#define STAGE_PRODUCTS 1000
#define STAGE_LINES 5 /* of an order; line i takes one of the i-th fifth of the products */

/* First ids of the masters. */
#define STAGE_ID(kind) ((INT64_C(1) << 57) + ((int64_t)(kind) << 40))
#define STAGE_TAX STAGE_ID(1)
#define STAGE_WAREHOUSE STAGE_ID(2)
#define STAGE_PRODUCT STAGE_ID(3)
#define STAGE_PRICE STAGE_ID(4)
#define STAGE_ACCOUNT STAGE_ID(5)
#define STAGE_CUSTOMER STAGE_ID(6)
#define STAGE_STOCK STAGE_ID(7)
#define STAGE_MOVEMENT STAGE_ID(8)
#define STAGE_YARDSTICK STAGE_ID(16) /* what yardsticks write begins here */

struct server {
    pid_t pid;
    int port;
    int64_t started_us; /* from the start of the program to readiness */
};

struct stage {
    char dir[64]; /* O2C_DATA_DIR */
    char conninfo[160];
    const char *o2cd;
    struct server main;
    pid_t postmaster;
    char key[160];
    int64_t tenant, api_key;
};

/* Builds everything; ends the program with a sentence when something is missing. */
void stage_open(struct stage *s, const char *o2cd);
/* A further server on the same database, with settings "O2C_X=1", ended by NULL. */
struct server stage_server(const struct stage *s, const char *const *settings);
void stage_server_stop(struct server *server);
/* A further tenant of the same database, without masters: a stage that differs in its tenant. It is
 * not to be closed. */
struct stage stage_tenant(const struct stage *s);
/* Another API key of the tenant, with all scopes. */
void stage_key(const struct stage *s, char *ret, size_t size);
/* Another program that listens on the port. */
struct server stage_program(const char *const *argv, int port);
void stage_close(struct stage *s);

/* SQL as superuser. Ends the program when it fails. Returns the first cell, "" for none; it lives
 * until the next call. */
const char *stage_sql(const struct stage *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int64_t stage_int(const struct stage *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* n copies of the tenant's rows whose column `key` is id, for g = 0 … n - 1, with other values in
 * the columns that fmt names, one a line: "id = %lld + g\n". No trigger and no foreign key looks at
 * them. */
void stage_clone(const struct stage *s, const char *table, int64_t id, const char *key, int n,
                 const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* Runs a program, gives back what it wrote to both outputs (free it), and its exit status. */
char *run_program(const char *const *argv, const char *const *env, int *ret_status);
/* A free port of 127.0.0.1. */
int free_port(void);
/* Ends with a sentence on stderr; what was started is cleaned up. */
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
