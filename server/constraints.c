/* The named constraints of the schema as errors of the API. Use cases check first and under locks;
 * these speak when two of them raced, or when a check has a bug. A collision that running again
 * turns into a proper answer is ERR_SERIALIZATION. */
#include "server/constraints.h"

const struct pg_constraint constraints[] = {
    /* Somebody took the external id or the code between our look and our insert: look again. */
    {"customer_external_id_key", ERR_SERIALIZATION, NULL},
    {"customer_group_external_id_key", ERR_SERIALIZATION, NULL},
    {"tax_code_external_id_key", ERR_SERIALIZATION, NULL},
    {"product_external_id_key", ERR_SERIALIZATION, NULL},
    {"price_external_id_key", ERR_SERIALIZATION, NULL},
    {"warehouse_external_id_key", ERR_SERIALIZATION, NULL},
    {"stock_movement_external_id_key", ERR_SERIALIZATION, NULL},
    {"stock_supply_external_id_key", ERR_SERIALIZATION, NULL},
    {"stock_count_external_id_key", ERR_SERIALIZATION, NULL},
    {"stock_reservation_external_id_key", ERR_SERIALIZATION, NULL},
    {"sales_order_external_id_key", ERR_SERIALIZATION, NULL},
    {"quote_external_id_key", ERR_SERIALIZATION, NULL},
    {"sales_order_po_key", ERR_SERIALIZATION, NULL},
    {"shipment_external_id_key", ERR_SERIALIZATION, NULL},
    {"invoice_external_id_key", ERR_SERIALIZATION, NULL},
    {"credit_note_external_id_key", ERR_SERIALIZATION, NULL},
    {"payment_external_id_key", ERR_SERIALIZATION, NULL},
    {"refund_external_id_key", ERR_SERIALIZATION, NULL},
    {"idempotency_key_pkey", ERR_SERIALIZATION, NULL},
    {"customer_group_code_key", ERR_SERIALIZATION, NULL},
    {"tax_code_code_key", ERR_SERIALIZATION, NULL},
    {"product_sku_key", ERR_SERIALIZATION, NULL},
    {"warehouse_code_key", ERR_SERIALIZATION, NULL},
    {"warehouse_default", ERR_SERIALIZATION, NULL},
    {"credit_policy_name_key", ERR_SERIALIZATION, NULL},
    {"credit_policy_default", ERR_SERIALIZATION, NULL},
    {"price_key", ERR_SERIALIZATION, NULL},
    {"stock_on_hand_check", ERR_INSUFFICIENT_STOCK, "Not enough stock is on hand."},
    {"stock_reserved_check", ERR_INSUFFICIENT_STOCK, "Not enough stock is available."},
    {"order_line_counters_check", ERR_QUANTITY_EXCEEDED, "More than the line has left."},
    {"shipment_line_counters_check", ERR_QUANTITY_EXCEEDED, "More than the shipment has left."},
    {"invoice_line_credited_check", ERR_QUANTITY_EXCEEDED, "More than the invoice line has left."},
    {"payment_unapplied_check", ERR_AMOUNT_EXCEEDED, "More than the payment has left."},
    {"open_item_open_check", ERR_AMOUNT_EXCEEDED, "More than is open."},
    {"allocation_reverses_key", ERR_WRONG_STATE, "The allocation was reversed already."},
    {NULL, OK, NULL},
};
