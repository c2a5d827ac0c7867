-- Orders at the check points of credit.

-- Orders whose credit somebody has released, and that release has not expired.
-- fn orders_released(orders i64[]) -> many(order_id i64)
SELECT DISTINCT h.order_id FROM order_hold h
 WHERE h.tenant_id = :tenant AND h.order_id = ANY(:orders) AND h.kind = 'credit' AND h.released_at IS NOT NULL
   AND h.released_by IS NOT NULL AND coalesce(h.release_expires >= :today, true);
