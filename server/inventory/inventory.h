/* Stock per product and warehouse: on hand, reserved, and the append-only movements that prove
 * them. Rows are locked sorted by (product, warehouse), after orders and before payments. */
#pragma once
#include "server/api/call.h"
#include "server/customers/customers.h"

/* ---- the API ---- */

extern const char *const stock_movement_kinds[];       /* receipt, shipment … undelivered */
extern const char *const stock_movement_entry_kinds[]; /* receipt, adjustment, return */

#define WAREHOUSE_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                               \
    VALUE(T, string, external_id, .min = 1, .max = 100,                                            \
          .doc = "Your id of the warehouse, unique.")                                              \
    VALUE(T, string, code, .required = true, .min = 1, .max = 40, .doc = "Short name, unique.",    \
          .example = "\"MAIN\"")                                                                   \
    VALUE(T, string, name, .required = true, .min = 1, .max = 200, .doc = "Name.")                 \
    OBJECT(T, address, address, .doc = "Where it stands.")                                         \
    VALUE(T, boolean, is_default,                                                                  \
          .doc = "Used where none is named. The first one is it; true moves the mark here.")
JSON_STRUCT(warehouse_new, WAREHOUSE_NEW_FIELDS);

#define WAREHOUSE_FIELDS(T, VALUE, OBJECT, LIST)                                                   \
    VALUE(T, id, id, .prefix = "whs", .doc = "The warehouse's id.")                                \
    VALUE(T, integer, version, .doc = "Grows with every change; the ETag.")                        \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, string, code, .doc = "Short name, unique.")                                           \
    VALUE(T, string, name, .doc = "Name.")                                                         \
    VALUE(T, raw, address, .doc = "Where it stands.")                                              \
    VALUE(T, boolean, is_default, .doc = "Used where no warehouse is named.")                      \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")                                  \
    VALUE(T, instant, updated_at, .doc = "When it last changed.")
JSON_STRUCT(warehouse, WAREHOUSE_FIELDS);

#define STOCK_LEVEL_FIELDS(T, VALUE, OBJECT, LIST)                                                 \
    VALUE(T, id, id, .prefix = "stk", .doc = "Id of the row.")                                     \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "The product's SKU.")                                             \
    VALUE(T, string, unit, .doc = "The product's unit.")                                           \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "The warehouse.")                           \
    VALUE(T, string, warehouse_code, .doc = "The warehouse's code.")                               \
    VALUE(T, decimal, on_hand, .doc = "Quantity in the warehouse.")                                \
    VALUE(T, decimal, reserved, .doc = "Part of it that confirmed orders wait for.")               \
    VALUE(T, decimal, available, .doc = "on_hand less reserved.")
JSON_STRUCT(stock_level, STOCK_LEVEL_FIELDS);

#define STOCK_MOVEMENT_ENTRY_FIELDS(T, VALUE, OBJECT, LIST)                                        \
    VALUE(T, string, external_id, .min = 1, .max = 100, .doc = "Your id of the movement, unique.") \
    VALUE(T, choice, kind, .required = true, .choices = stock_movement_entry_kinds,                \
          .doc = "receipt and return come in; adjustment corrects either way.")                    \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product; or give its sku.")              \
    VALUE(T, string, sku, .max = 100, .doc = "The product by its SKU.")                            \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "Default: the default warehouse.")          \
    VALUE(T, decimal, quantity, .required = true, .min = -1000000000000000,                        \
          .max = 1000000000000000, .doc = "In the product's unit; only adjustments go below 0.",   \
          .example = "\"100\"")                                                                    \
    VALUE(T, string, reason, .max = 200, .doc = "Why.")                                            \
    VALUE(T, date, effective_date, .doc = "Default: today in the tenant's time zone.")
JSON_STRUCT(stock_movement_entry, STOCK_MOVEMENT_ENTRY_FIELDS);

#define STOCK_MOVEMENTS_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                         \
    LIST(T, stock_movement_entry, movements, .required = true, .min = 1, .max = 10000,             \
         .doc = "All of them are recorded, in this order, or none.")
JSON_STRUCT(stock_movements_new, STOCK_MOVEMENTS_NEW_FIELDS);

#define STOCK_MOVEMENT_FIELDS(T, VALUE, OBJECT, LIST)                                              \
    VALUE(T, id, id, .prefix = "mov", .doc = "The movement's id.")                                 \
    VALUE(T, string, external_id, .doc = "Your id.")                                               \
    VALUE(T, choice, kind, .choices = stock_movement_kinds, .doc = "What happened.")               \
    VALUE(T, id, product_id, .prefix = "prd", .doc = "The product.")                               \
    VALUE(T, string, sku, .doc = "The product's SKU.")                                             \
    VALUE(T, id, warehouse_id, .prefix = "whs", .doc = "The warehouse.")                           \
    VALUE(T, string, warehouse_code, .doc = "The warehouse's code.")                               \
    VALUE(T, decimal, quantity, .doc = "What came in; negative: what left.")                       \
    VALUE(T, id, shipment_id, .prefix = "shp", .doc = "The shipment that took it or came back.")   \
    VALUE(T, id, credit_note_id, .prefix = "crn", .doc = "The credit note that brought it back.")  \
    VALUE(T, string, reason, .doc = "Why.")                                                        \
    VALUE(T, date, effective_date, .doc = "The day it counts for.")                                \
    VALUE(T, instant, recorded_at, .doc = "When it was recorded.")
JSON_STRUCT(stock_movement, STOCK_MOVEMENT_FIELDS);

#define STOCK_MOVEMENTS_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    LIST(T, stock_movement, movements, .doc = "What was recorded, in the order of the request.")
JSON_STRUCT(stock_movements, STOCK_MOVEMENTS_FIELDS);

/* ---- for the stages that follow ---- */

struct warehouse_facts {
    int64_t id;
    const char *code;
    bool is_default;
};
struct warehouse_facts_list {
    struct warehouse_facts *v;
    size_t n;
};
/* All warehouses of the tenant, by id; ret is filled by the next flush. */
err warehouses_load_queue(struct tx *tx, struct warehouse_facts_list *ret) MUST_CHECK;
/* NULL when it is not there. */
const struct warehouse_facts *warehouse_find(const struct warehouse_facts_list *list, int64_t id);
const struct warehouse_facts *warehouse_default(const struct warehouse_facts_list *list);

struct stock_key {
    int64_t product_id, warehouse_id;
};
struct stock_facts {
    int64_t product_id, warehouse_id, on_hand, reserved;
};
struct stock_facts_list {
    struct stock_facts *v;
    size_t n;
};
/* Locks the rows of these keys (duplicates are fine), sorted; keys without a row are left out. */
err stock_lock_queue(struct tx *tx, const struct stock_key *keys, size_t n,
                     struct stock_facts_list *ret) MUST_CHECK;
err stock_lock(struct tx *tx, const struct stock_key *keys, size_t n,
               struct stock_facts_list *ret) MUST_CHECK;
/* The facts of a key in a list sorted by (product, warehouse); NULL when it is not there. */
struct stock_facts *stock_find(const struct stock_facts_list *list, int64_t product_id,
                               int64_t warehouse_id);

/* Quantities in 10^-6. */
struct stock_delta {
    int64_t product_id, warehouse_id, on_hand, reserved;
};
/* Queues the deltas, summed per key, in key order; rows are created when missing (on_hand >= 0).
 * Locked by this transaction before. */
err stock_apply(struct tx *tx, const struct stock_delta *deltas, size_t n) MUST_CHECK;

struct stock_movement_new {
    int64_t id; /* id_new() */
    const char *external_id;
    int64_t product_id, warehouse_id;
    const char *kind;    /* one of stock_movement_kinds */
    int64_t quantity;    /* signed */
    int64_t document_id; /* NIL64: none */
    const char *reason;
    int32_t effective_date;
};
/* Queues the movements. The caller moves the stock itself with stock_apply. */
err stock_movements_record(struct tx *tx, const struct stock_movement_new *m, size_t n) MUST_CHECK;
