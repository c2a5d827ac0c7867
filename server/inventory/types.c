/* JSON types of warehouses and stock. */
#include "server/inventory/inventory.h"

const char *const stock_movement_kinds[] = {"receipt", "shipment",    "adjustment",
                                            "return",  "undelivered", NULL};
const char *const stock_movement_entry_kinds[] = {"receipt", "adjustment", "return", NULL};

JSON_TYPE(warehouse_new, WAREHOUSE_NEW_FIELDS, .doc = "A warehouse to create or replace.");
JSON_TYPE(warehouse, WAREHOUSE_FIELDS, .doc = "A place that stock is kept in.");
JSON_TYPE(stock_level, STOCK_LEVEL_FIELDS, .doc = "Stock of a product in a warehouse.");
JSON_TYPE(stock_movement_entry, STOCK_MOVEMENT_ENTRY_FIELDS, .doc = "A movement to record.");
JSON_TYPE(stock_movements_new, STOCK_MOVEMENTS_NEW_FIELDS, .doc = "Movements to record at once.");
JSON_TYPE(stock_movement, STOCK_MOVEMENT_FIELDS, .doc = "A recorded movement of stock.");
JSON_TYPE(stock_movements, STOCK_MOVEMENTS_FIELDS, .doc = "Movements that were recorded at once.");
