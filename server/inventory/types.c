/* JSON types of warehouses and stock. */
#include "server/inventory/inventory.h"

const char *const stock_movement_kinds[] = {"receipt", "shipment",    "adjustment",
                                            "return",  "undelivered", NULL};
const char *const stock_movement_entry_kinds[] = {"receipt", "adjustment", "return", NULL};

const char *const stock_lot_statuses[] = {"available", "blocked", "expired", NULL};

const char *const stock_supply_statuses[] = {"open", "received", "canceled", NULL};
const char *const stock_reservation_statuses[] = {"held",     "committed", "consumed",
                                                  "released", "expired",   NULL};

JSON_TYPE(warehouse_new, WAREHOUSE_NEW_FIELDS, .doc = "A warehouse to create or replace.");
JSON_TYPE(warehouse, WAREHOUSE_FIELDS, .doc = "A place that stock is kept in.");
JSON_TYPE(stock_level, STOCK_LEVEL_FIELDS, .doc = "Stock of a product in a warehouse.");
JSON_TYPE(stock_lot_named, STOCK_LOT_NAMED_FIELDS, .doc = "A lot, as a movement names it.");
JSON_TYPE(stock_movement_entry, STOCK_MOVEMENT_ENTRY_FIELDS, .doc = "A movement to record.");
JSON_TYPE(stock_movements_new, STOCK_MOVEMENTS_NEW_FIELDS, .doc = "Movements to record at once.");
JSON_TYPE(stock_movement, STOCK_MOVEMENT_FIELDS, .doc = "A recorded movement of stock.");
JSON_TYPE(stock_movements, STOCK_MOVEMENTS_FIELDS, .doc = "Movements that were recorded at once.");
JSON_TYPE(stock_level_patch, STOCK_LEVEL_PATCH_FIELDS,
          .doc = "How stock may be promised, and where it is picked.");
JSON_TYPE(stock_lot, STOCK_LOT_FIELDS, .doc = "A lot of a product in a warehouse.");
JSON_TYPE(stock_lot_patch, STOCK_LOT_PATCH_FIELDS, .doc = "What is corrected of a lot.");
JSON_TYPE(stock_lot_block, STOCK_LOT_BLOCK_FIELDS, .doc = "Why a lot is blocked.");
JSON_TYPE(stock_lot_unblock, STOCK_LOT_UNBLOCK_FIELDS, .doc = "Why a lot is good again.");
JSON_TYPE(stock_lot_traced, STOCK_LOT_TRACED_FIELDS, .doc = "Somebody who got goods of a lot.");
JSON_TYPE(stock_lot_trace, STOCK_LOT_TRACE_FIELDS, .doc = "Where a lot went.");
JSON_TYPE(stock_supply_new, STOCK_SUPPLY_NEW_FIELDS, .doc = "A supply to expect.");
JSON_TYPE(stock_supply_patch, STOCK_SUPPLY_PATCH_FIELDS, .doc = "What changes of a supply.");
JSON_TYPE(stock_supply, STOCK_SUPPLY_FIELDS, .doc = "Goods on their way into a warehouse.");
JSON_TYPE(stock_reservation_entry, STOCK_RESERVATION_ENTRY_FIELDS, .doc = "Stock to hold.");
JSON_TYPE(stock_reservations_new, STOCK_RESERVATIONS_NEW_FIELDS, .doc = "Stock to hold at once.");
JSON_TYPE(stock_reservation, STOCK_RESERVATION_FIELDS, .doc = "Stock that is held for somebody.");
JSON_TYPE(stock_reservations, STOCK_RESERVATIONS_FIELDS, .doc = "Stock that is held at once.");
JSON_TYPE(stock_reservation_patch, STOCK_RESERVATION_PATCH_FIELDS, .doc = "Another expiry.");
