-- Stock beyond what is on hand: safety stock, supplies that are on their way, reservations that
-- hold stock before there is an order, orders that wait for stock.

-- What may be promised is on_hand less reserved, held and safety. held counts reservations that are
-- held, also those that have expired meanwhile: whoever locks the row at or after held_until lets
-- them expire first.
ALTER TABLE stock
    ADD COLUMN held bigint NOT NULL DEFAULT 0,
    ADD COLUMN held_until timestamptz,
    ADD COLUMN safety bigint NOT NULL DEFAULT 0,
    ADD COLUMN bin text,
    DROP CONSTRAINT stock_reserved_check,
    ADD CONSTRAINT stock_reserved_check
        CHECK (reserved >= 0 AND held >= 0 AND reserved + held <= on_hand),
    ADD CONSTRAINT stock_held_until_check CHECK ((held > 0) = (held_until IS NOT NULL)),
    ADD CONSTRAINT stock_safety_check CHECK (safety >= 0);
COMMENT ON COLUMN stock.reserved IS 'what confirmed order lines reserve';
COMMENT ON COLUMN stock.held IS 'what reservations without an order hold';
COMMENT ON COLUMN stock.held_until IS 'when the first of them expires';
COMMENT ON COLUMN stock.safety IS 'never promised';
COMMENT ON COLUMN stock.bin IS 'where in the warehouse it is picked';

-- Products whose stock is kept by lot: each piece in a warehouse belongs to a lot of it. What stands
-- in lots that are blocked or expired is on hand and not promised: blocked. Lots that expire are
-- counted by whoever locks the row after expires_on. A block may leave less than is reserved.
ALTER TABLE product
    ADD COLUMN track_lots boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT product_track_lots_check CHECK (kind = 'stock' OR NOT track_lots);
ALTER TABLE stock
    ADD COLUMN by_lot boolean NOT NULL DEFAULT false,
    ADD COLUMN blocked bigint NOT NULL DEFAULT 0,
    ADD COLUMN expires_on date,
    ADD CONSTRAINT stock_blocked_check
        CHECK (blocked >= 0 AND (by_lot OR (blocked = 0 AND expires_on IS NULL)));
COMMENT ON COLUMN stock.by_lot IS 'product.track_lots, which is fixed once there is a row';
COMMENT ON COLUMN stock.blocked IS 'what stands in lots that are blocked or counted as expired';
COMMENT ON COLUMN stock.expires_on IS 'the last day of the first lot that is not counted as expired';

-- Changes of a row are made under the lock of its stock.
CREATE TABLE stock_lot (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    product_id bigint NOT NULL,
    warehouse_id bigint NOT NULL,
    lot_number text NOT NULL,
    expiry_date date,
    best_before_date date,
    supplier_reference text,
    on_hand bigint NOT NULL DEFAULT 0,
    blocked boolean NOT NULL DEFAULT false,
    block_reason text,
    expired boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT stock_lot_number_key UNIQUE (tenant_id, product_id, warehouse_id, lot_number),
    CONSTRAINT stock_lot_stock_fkey FOREIGN KEY (tenant_id, product_id, warehouse_id)
        REFERENCES stock,
    CONSTRAINT stock_lot_on_hand_check CHECK (on_hand >= 0),
    CONSTRAINT stock_lot_blocked_check CHECK (blocked = (block_reason IS NOT NULL)),
    CONSTRAINT stock_lot_expired_check CHECK (expiry_date IS NOT NULL OR NOT expired)
) WITH (fillfactor = 70);
CREATE INDEX stock_lot_expiry ON stock_lot (tenant_id, product_id, warehouse_id, expiry_date, id)
    WHERE on_hand > 0;
CREATE INDEX stock_lot_lot_number ON stock_lot (tenant_id, lot_number, id);
COMMENT ON COLUMN stock_lot.expiry_date IS 'the last day on which it may ship';
COMMENT ON COLUMN stock_lot.expired IS 'counted as expired in stock.blocked';

ALTER TABLE stock_movement ADD COLUMN lot_id bigint;
CREATE INDEX stock_movement_lot ON stock_movement (tenant_id, lot_id, id) WHERE lot_id IS NOT NULL;

-- Goods on their way in. Changes of a row are serialized by its own lock, taken after stock rows.
CREATE TABLE stock_supply (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    product_id bigint NOT NULL,
    warehouse_id bigint NOT NULL,
    quantity bigint NOT NULL,
    received bigint NOT NULL DEFAULT 0,
    expected_date date NOT NULL,
    status text NOT NULL,
    reference text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT stock_supply_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT stock_supply_product_fkey FOREIGN KEY (tenant_id, product_id) REFERENCES product,
    CONSTRAINT stock_supply_warehouse_fkey FOREIGN KEY (tenant_id, warehouse_id)
        REFERENCES warehouse,
    CONSTRAINT stock_supply_status_check CHECK (status IN ('open', 'received', 'canceled')),
    CONSTRAINT stock_supply_quantity_check CHECK (quantity > 0 AND received >= 0
        AND (status = 'received') = (received >= quantity))
);
CREATE INDEX stock_supply_open ON stock_supply (tenant_id, product_id, warehouse_id, expected_date)
    WHERE status = 'open';

-- Stock that is held for somebody before there is an order. Changes of a row are made under the lock
-- of its stock. Once an order has taken it over, what it reserves is the order line's affair
-- (order_line.reserved), and how it ended is told by the line.
CREATE TABLE stock_reservation (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    product_id bigint NOT NULL,
    warehouse_id bigint NOT NULL,
    quantity bigint NOT NULL,
    owner text NOT NULL,
    status text NOT NULL,
    expires_at timestamptz NOT NULL,
    order_id bigint,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT stock_reservation_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT stock_reservation_status_check
        CHECK (status IN ('held', 'committed', 'released', 'expired')),
    CONSTRAINT stock_reservation_quantity_check CHECK (quantity > 0),
    CONSTRAINT stock_reservation_order_check CHECK (status <> 'committed' OR order_id IS NOT NULL)
) WITH (fillfactor = 85);
CREATE INDEX stock_reservation_held
    ON stock_reservation (tenant_id, product_id, warehouse_id, expires_at) WHERE status = 'held';
-- What a server may let go next.
CREATE INDEX stock_reservation_due ON stock_reservation (tenant_id, expires_at)
    WHERE status = 'held';
CREATE INDEX stock_reservation_order ON stock_reservation (tenant_id, order_id)
    WHERE order_id IS NOT NULL;

-- Lines that may wait for stock (backorder) wait for all that is open and not reserved once their
-- order is confirmed: backordered.
ALTER TABLE order_line
    ADD COLUMN backorder boolean NOT NULL DEFAULT false,
    ADD COLUMN backordered bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT order_line_backordered_check CHECK (backordered >= 0
        AND shipped + canceled + reserved + backordered <= quantity
        AND (backorder OR backordered = 0));
-- Part of what a line reserves may be picked already: out of the shelf, waiting to ship.
ALTER TABLE order_line
    ADD COLUMN picked bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT order_line_picked_check CHECK (picked BETWEEN 0 AND reserved);
CREATE INDEX order_line_backordered ON order_line (tenant_id, product_id, warehouse_id)
    WHERE backordered > 0;

-- Among orders that wait for the same stock the higher priority comes first. An order that ships
-- complete leaves when nothing of it waits any more.
ALTER TABLE sales_order
    ADD COLUMN priority bigint NOT NULL DEFAULT 0,
    ADD COLUMN ship_complete boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT sales_order_priority_check CHECK (priority BETWEEN 0 AND 9);

-- What may be delivered instead of a product, one for one, the best first.
CREATE TABLE product_substitute (
    tenant_id bigint NOT NULL,
    product_id bigint NOT NULL,
    rank bigint NOT NULL,
    substitute_id bigint NOT NULL,
    valid_from date,
    valid_to date,
    PRIMARY KEY (tenant_id, product_id, rank),
    CONSTRAINT product_substitute_key UNIQUE (tenant_id, product_id, substitute_id),
    CONSTRAINT product_substitute_product_fkey FOREIGN KEY (tenant_id, product_id)
        REFERENCES product,
    CONSTRAINT product_substitute_substitute_fkey FOREIGN KEY (tenant_id, substitute_id)
        REFERENCES product,
    CONSTRAINT product_substitute_self_check CHECK (substitute_id <> product_id),
    CONSTRAINT product_substitute_valid_check CHECK (valid_to >= valid_from)
);

-- Lines that may be delivered by other goods, and lines that replace another one of their order.
ALTER TABLE order_line
    ADD COLUMN substitution text,
    ADD COLUMN substitutes_line_no bigint,
    ADD CONSTRAINT order_line_substitution_check CHECK (substitution IN ('propose', 'accept')),
    ADD CONSTRAINT order_line_substitutes_check CHECK (substitutes_line_no < line_no);
COMMENT ON COLUMN order_line.substitution IS 'NULL: none';

-- Who got scarce stock when it was shared out, and why.
CREATE TABLE stock_allocation (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    cause text NOT NULL,
    line_count bigint NOT NULL,
    lines_granted bigint NOT NULL,
    truncated boolean NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT stock_allocation_cause_check CHECK (cause IN ('request', 'receipt', 'freed'))
);
CREATE TABLE stock_allocation_line (
    tenant_id bigint NOT NULL,
    allocation_id bigint NOT NULL,
    rank bigint NOT NULL,
    order_id bigint NOT NULL,
    order_line_no bigint NOT NULL,
    product_id bigint NOT NULL,
    warehouse_id bigint NOT NULL,
    priority bigint NOT NULL,
    due_date date,
    wanted bigint NOT NULL,
    available bigint NOT NULL,
    granted bigint NOT NULL,
    outcome text NOT NULL,
    PRIMARY KEY (tenant_id, allocation_id, rank),
    CONSTRAINT stock_allocation_line_granted_check
        CHECK (granted BETWEEN 0 AND wanted AND granted <= available)
);
-- Stock of which something has become free while somebody waited for it: written in that transaction,
-- under the lock of the stock; whoever has shared it out behind the commit deletes it.
CREATE TABLE stock_freed (
    tenant_id bigint NOT NULL,
    product_id bigint NOT NULL,
    warehouse_id bigint NOT NULL,
    mark bigint NOT NULL,
    PRIMARY KEY (tenant_id, product_id, warehouse_id)
);
COMMENT ON COLUMN stock_freed.mark IS 'another one each time: what became free meanwhile stays';
-- Orders that are held until there is stock for them.
CREATE INDEX order_hold_stock ON order_hold (tenant_id, order_id)
    WHERE kind = 'stock' AND release_rule = 'when_clear' AND released_at IS NULL;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_allocation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_allocation_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Counts: what the books say when the sheet is made (expected) and when a quantity is entered (book).
CREATE TABLE stock_count (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    warehouse_id bigint NOT NULL,
    status text NOT NULL,
    notes text,
    line_count bigint NOT NULL,
    created_at timestamptz NOT NULL,
    posted_at timestamptz,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT stock_count_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT stock_count_warehouse_fkey FOREIGN KEY (tenant_id, warehouse_id)
        REFERENCES warehouse,
    CONSTRAINT stock_count_status_check CHECK (status IN ('open', 'posted', 'canceled')
        AND (status = 'posted') = (posted_at IS NOT NULL))
);
CREATE TABLE stock_count_line (
    tenant_id bigint NOT NULL,
    count_id bigint NOT NULL,
    line_no bigint NOT NULL,
    product_id bigint NOT NULL,
    lot_id bigint,
    expected bigint NOT NULL,
    counted bigint,
    book bigint,
    PRIMARY KEY (tenant_id, count_id, line_no),
    CONSTRAINT stock_count_line_product_key UNIQUE NULLS NOT DISTINCT (tenant_id, count_id, product_id, lot_id),
    CONSTRAINT stock_count_line_counted_check
        CHECK (counted >= 0 AND (counted IS NULL) = (book IS NULL))
);

-- What reservations hold of a row of stock at a moment: those that have expired hold nothing, even
-- where nobody has noticed it yet.
CREATE FUNCTION stock_held(tenant bigint, product bigint, warehouse bigint, held bigint,
                           held_until timestamptz, at timestamptz) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN held_until <= at THEN
        (SELECT coalesce(sum(r.quantity), 0)::bigint FROM stock_reservation r
          WHERE r.tenant_id = tenant AND r.product_id = product AND r.warehouse_id = warehouse
            AND r.status = 'held' AND r.expires_at > at)
        ELSE held END
$$;

-- What of a row of stock stands in lots that are blocked, or expired on a day, even where nobody has
-- noticed it yet.
CREATE FUNCTION stock_blocked(tenant bigint, product bigint, warehouse bigint, blocked bigint,
                              expires_on date, day date) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN expires_on < day THEN
        (SELECT coalesce(sum(l.on_hand), 0)::bigint FROM stock_lot l
          WHERE l.tenant_id = tenant AND l.product_id = product AND l.warehouse_id = warehouse
            AND l.on_hand > 0 AND (l.blocked OR l.expiry_date < day))
        ELSE blocked END
$$;

-- Where a reservation stands at a moment. How one ended that an order took over is told by the
-- order's lines: consumed when nothing of the product is left to ship and something has shipped.
CREATE FUNCTION stock_reservation_status(tenant bigint, status text, expires_at timestamptz,
                                         ordered_by bigint, product bigint, warehouse bigint,
                                         at timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN status = 'held' AND expires_at <= at THEN 'expired'
        WHEN status <> 'committed' THEN status
        ELSE (SELECT CASE WHEN sum(l.quantity - l.canceled - l.shipped) > 0 THEN 'committed'
                     WHEN sum(l.shipped) > 0 THEN 'consumed' ELSE 'released' END
                FROM order_line l
               WHERE l.tenant_id = tenant AND l.order_id = ordered_by AND l.product_id = product
                 AND l.warehouse_id = warehouse) END
$$;

-- The role that runs requests.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'o2c_server') THEN
        GRANT SELECT, INSERT, UPDATE ON stock_supply, stock_reservation, stock_lot TO o2c_server;
        GRANT SELECT, INSERT, UPDATE ON stock_count, stock_count_line TO o2c_server;
        GRANT SELECT, INSERT, DELETE ON product_substitute TO o2c_server;
        GRANT SELECT, INSERT ON stock_allocation, stock_allocation_line TO o2c_server;
        GRANT SELECT, INSERT, UPDATE, DELETE ON stock_freed TO o2c_server;
    END IF;
END $$;
