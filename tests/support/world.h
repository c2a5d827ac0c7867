/* A company for a test: the real server on a free port, on a fresh database of a private
 * PostgreSQL, with one tenant (EUR, Europe/Berlin) and an API key with all scopes.
 *
 *   START_TEST(a_sentence)
 *   {
 *       struct world *w = world_new();
 *       const char *who = given_customer(w, "'credit_limit':'100.00'");
 *       given_product(w, "A", "60.00", 10);
 *       struct reply r = post(w, "/v1/orders", "{'customer_id':'%s','confirm':true,"
 *                                "'lines':[{'sku':'A','quantity':'1'}]}", who);
 *       expect(r, 201);
 *       ck_assert_str_eq(text(r, "/status"), "confirmed");
 *       expect_books_balance(w);
 *       world_free(w);
 *   }
 *
 * Bodies are written with ' for ". Everything a world returns lives until world_free. A program's
 * main is WORLD_MAIN(suite_function): it starts PostgreSQL once, for all its tests, runs them in
 * one process (CK_NOFORK) and removes everything.
 *
 * Every reply is held against openapi.json; world_free() fails the test when one differed. */
#pragma once
#include <check.h>
#undef fail
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct world;
struct world *world_new(void);
/* The same with settings, e.g. {"O2C_BATCHING", "0", NULL}. */
struct world *world_new_with(const char *const *env);
void world_free(struct world *w);

const char *world_url(const struct world *w); /* http://127.0.0.1:port */
int world_port(const struct world *w);
const char *world_key(const struct world *w); /* of the tenant, all scopes */
const char *world_tenant(const struct world *w);
/* Another key of the same tenant with these scopes; another tenant's key with all scopes. */
const char *world_key_with(struct world *w, const char *scopes);
const char *world_other_tenant_key(struct world *w);
/* conninfo of the world's database: as superuser, to look and to corrupt. */
const char *world_conninfo(const struct world *w);
/* Runs SQL as superuser; returns the first cell ("" for none). */
const char *world_sql(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct reply {
    int status; /* 0: the connection failed */
    const char *body;
    json_t *json;        /* NULL when the body is not JSON */
    const char *headers; /* raw, "Name: value\r\n" lines */
};
/* A request. key: the Idempotency-Key: NULL for none, "" for a new one each time. headers: further
 * lines "Name: value", ended by NULL, or NULL. body NULL: none. Thread-safe. */
struct request_options {
    const char *api_key; /* NULL: the world's */
    const char *key;
    const char *if_match; /* NULL: none */
    const char *const *headers;
};
struct reply request(struct world *w, const char *method, const char *path, const char *body,
                     const struct request_options *o);
/* The usual ones: a new Idempotency-Key and If-Match: * go along. fmt makes the body, with ' for ".
 */
struct reply get(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct reply post(struct world *w, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct reply put(struct world *w, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct reply patch(struct world *w, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* POST path/action with an empty body. */
struct reply act(struct world *w, const char *path, const char *action);
/* n POSTs of the same path at the same moment, each on a thread of its own. */
void post_together(struct world *w, const char *path, const char *const *bodies, struct reply *ret,
                   size_t n);
/* n requests at the same moment. */
struct shot {
    const char *method, *path, *body;
    struct request_options options;
    struct reply reply; /* out */
};
void shoot_together(struct world *w, struct shot *shots, size_t n);

const char *header(struct reply r, const char *name); /* value or NULL */
/* The member at a JSON pointer as text: strings as they are, numbers and booleans as JSON, null and
 * absent as "null". */
const char *text(struct reply r, const char *pointer);
size_t length(struct reply r, const char *pointer); /* of an array */
json_t *at(struct reply r, const char *pointer);    /* borrowed, or NULL */
/* printf into the world's memory. */
const char *fmt(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Fails the test, showing the body, unless the status is that one. */
#define expect(r, status_) expect_at((r), (status_), __FILE__, __LINE__)
void expect_at(struct reply r, int status, const char *file, int line);
/* The problem's code must be that one too. */
#define expect_problem(r, status_, code_)                                                          \
    expect_problem_at((r), (status_), (code_), __FILE__, __LINE__)
void expect_problem_at(struct reply r, int status, const char *code, const char *file, int line);
/* A fault at that pointer with that code is among errors[]. */
#define expect_fault(r, pointer_, code_)                                                           \
    expect_fault_at((r), (pointer_), (code_), __FILE__, __LINE__)
void expect_fault_at(struct reply r, const char *pointer, const char *code, const char *file,
                     int line);
/* GET /v1/proof: every invariant holds. */
#define expect_books_balance(w) expect_books_balance_at((w), __FILE__, __LINE__)
void expect_books_balance_at(struct world *w, const char *file, int line);

/* Masters. more: further members like "'credit_limit':'100.00'", or NULL. Return ids. A first call
 * also makes the tax code T19 (19 %), T0 (0 %) and the warehouse MAIN. */
const char *given_customer(struct world *w, const char *more);
/* A stock product taxed with T19, with a EUR price, and on_hand pieces in MAIN. */
const char *given_product(struct world *w, const char *sku, const char *price, int on_hand);
const char *given_service(struct world *w, const char *sku, const char *price);
/* A confirmed order of quantity pieces of sku; its id. */
const char *given_order(struct world *w, const char *customer, const char *sku, int quantity);
/* The order shipped, invoiced and finalized; the invoice's id. */
const char *given_invoice(struct world *w, const char *customer, const char *sku, int quantity);

int world_main(Suite *suite);
#define WORLD_MAIN(suite_function)                                                                 \
    int main(void)                                                                                 \
    {                                                                                              \
        return world_main(suite_function());                                                       \
    }
