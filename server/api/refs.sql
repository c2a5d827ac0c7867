-- Looks up resources by the external ids of a request ("ext:…"), one statement per kind.

-- fn ref_customer(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM customer
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_customer_group(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM customer_group
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_tax_code(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM tax_code
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_product(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM product
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_price(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM price
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_price_list(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM price_list
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_warehouse(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM warehouse
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_order(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM sales_order
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_quote(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM quote
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_approval_rule(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM approval_rule
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_blanket_order(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM blanket_order
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_shipment(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM shipment
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_carrier(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM carrier
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_invoice(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM invoice
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_credit_note(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM credit_note
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_payment(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM payment
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_refund(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM refund
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_stock_movement(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM stock_movement
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_stock_supply(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM stock_supply
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_stock_reservation(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM stock_reservation
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_stock_count(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM stock_count
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_access_grant(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM access_grant
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);

-- fn ref_pick_list(external_ids text[]) -> many(id i64, external_id text)
SELECT id, external_id FROM pick_list
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids);
