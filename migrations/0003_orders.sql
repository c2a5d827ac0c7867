-- Orders in depth: who pays, dates, the customer's own number, typed holds, revisions, splits.

ALTER TABLE sales_order
    ADD COLUMN payer_id bigint,
    ADD COLUMN committed_date date,
    ADD COLUMN promised_date date,
    ADD COLUMN po_copy bigint,
    ADD COLUMN split_from bigint,
    ADD CONSTRAINT sales_order_payer_fkey FOREIGN KEY (tenant_id, payer_id) REFERENCES customer,
    ADD CONSTRAINT sales_order_payer_check CHECK (payer_id <> customer_id);
CREATE INDEX sales_order_payer ON sales_order (tenant_id, payer_id, id)
    WHERE payer_id IS NOT NULL;
COMMENT ON COLUMN sales_order.payer_id IS 'another customer who pays; NULL: customer_id';
COMMENT ON COLUMN sales_order.po_copy IS
    '0: the order of its customer_po; the order''s id: one more, allowed; NULL: none, or canceled';

UPDATE sales_order o
   SET po_copy = CASE WHEN EXISTS (SELECT 1 FROM sales_order x
                                    WHERE x.tenant_id = o.tenant_id
                                      AND x.customer_id = o.customer_id
                                      AND x.customer_po = o.customer_po
                                      AND x.status <> 'canceled' AND x.id < o.id)
                      THEN o.id ELSE 0 END
 WHERE o.customer_po IS NOT NULL AND o.status <> 'canceled';
ALTER TABLE sales_order
    ADD CONSTRAINT sales_order_po_check
        CHECK ((po_copy IS NOT NULL) = (customer_po IS NOT NULL AND status <> 'canceled')
               AND po_copy IN (0, id));
-- Two that race for a customer's order number meet here. status is no part of it, so that an order
-- that moves on is updated in place.
CREATE UNIQUE INDEX sales_order_po_key
    ON sales_order (tenant_id, customer_po, customer_id, po_copy) WHERE po_copy IS NOT NULL;

ALTER TABLE order_hold
    ADD COLUMN owner text,
    ADD COLUMN release_rule text NOT NULL DEFAULT 'manual',
    ADD COLUMN cleared boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT order_hold_rule_check CHECK (release_rule IN ('manual', 'when_clear')),
    ADD CONSTRAINT order_hold_rule_kind_check
        CHECK (release_rule = 'manual' OR kind IN ('credit', 'stock')),
    ADD CONSTRAINT order_hold_cleared_check
        CHECK (NOT cleared OR (release_rule = 'when_clear' AND released_at IS NOT NULL));
COMMENT ON COLUMN order_hold.owner IS 'who has to do something about it; NULL: whoever placed it';
COMMENT ON COLUMN order_hold.cleared IS 'released because its condition was gone, by nobody''s decision';
UPDATE order_hold SET release_rule = 'when_clear'
 WHERE kind = 'credit' AND released_at IS NULL
   AND order_id IN (SELECT id FROM sales_order o
                     WHERE o.tenant_id = order_hold.tenant_id AND o.confirmed_at IS NULL);

ALTER TABLE order_line
    ADD COLUMN dropped boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT order_line_dropped_check
        CHECK (NOT dropped OR (canceled = quantity AND net = 0 AND tax = 0));
COMMENT ON COLUMN order_line.dropped IS 'taken out by an amendment, or moved to another order';

-- What an order was before and after each amendment. Never changed.
CREATE TABLE order_revision (
    tenant_id bigint NOT NULL,
    order_id bigint NOT NULL,
    revision_no bigint NOT NULL,
    kind text NOT NULL,
    reason text,
    at timestamptz NOT NULL,
    api_key_id bigint,
    request_id text,
    before json NOT NULL,
    after json NOT NULL,
    PRIMARY KEY (tenant_id, order_id, revision_no),
    CONSTRAINT order_revision_kind_check CHECK (kind IN ('amend', 'split', 'substitute'))
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON order_revision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'o2c_server') THEN
        GRANT SELECT, INSERT ON order_revision TO o2c_server;
    END IF;
END $$;
