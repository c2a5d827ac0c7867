-- Prices and discounts: customer groups and their prices, where the price of an order line comes
-- from, discounts of lines and of whole orders.

CREATE TABLE customer_group (
    tenant_id bigint NOT NULL REFERENCES tenant,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    code text NOT NULL,
    name text NOT NULL,
    metadata json NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT customer_group_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT customer_group_code_key UNIQUE (tenant_id, code)
);

ALTER TABLE customer
    ADD COLUMN group_id bigint,
    ADD CONSTRAINT customer_group_fkey FOREIGN KEY (tenant_id, group_id) REFERENCES customer_group;
CREATE INDEX customer_group_members ON customer (tenant_id, group_id, id) WHERE group_id IS NOT NULL;

ALTER TABLE price
    ADD COLUMN group_id bigint,
    ADD CONSTRAINT price_group_fkey FOREIGN KEY (tenant_id, group_id) REFERENCES customer_group,
    ADD CONSTRAINT price_owner_check CHECK (customer_id IS NULL OR group_id IS NULL);
-- One price per product, customer or group or all, currency, tier and first day. No id belongs to
-- both a customer and a group.
DROP INDEX price_key;
CREATE UNIQUE INDEX price_key ON price (tenant_id, product_id, currency,
    coalesce(customer_id, group_id, 0), min_quantity, valid_from);

ALTER TABLE sales_order
    ADD COLUMN discount_percent bigint,
    ADD COLUMN discount_amount bigint,
    ADD COLUMN discount bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT sales_order_discount_check CHECK (discount >= 0
        AND discount_percent BETWEEN 0 AND 100000000
        AND (discount_amount IS NULL OR discount_amount = discount)
        AND (discount_percent IS NULL OR discount_amount IS NULL)
        AND (discount = 0 OR discount_percent IS NOT NULL OR discount_amount IS NOT NULL));
COMMENT ON COLUMN sales_order.discount IS
    'what is taken off the sum of the lines by discount_percent or discount_amount';

ALTER TABLE order_line
    ADD COLUMN price_source text,
    ADD COLUMN price_id bigint,
    ADD COLUMN discount_amount bigint NOT NULL DEFAULT 0,
    ADD COLUMN order_discount bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT order_line_price_check CHECK (
        price_source IN ('customer', 'group', 'general', 'request')
        AND (price_id IS NULL) = (price_source = 'request')),
    ADD CONSTRAINT order_line_discount_check
        CHECK (discount_amount >= 0 AND order_discount >= 0 AND net >= 0);
ALTER TABLE invoice_line
    ADD COLUMN discount_amount bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT invoice_line_discount_check CHECK (discount_amount >= 0);
COMMENT ON COLUMN order_line.price_source IS 'NULL: placed before this was kept';
COMMENT ON COLUMN order_line.order_discount IS 'the part of the order''s discount; net is less by it';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'o2c_server') THEN
        GRANT SELECT, INSERT, UPDATE ON customer_group TO o2c_server;
    END IF;
END $$;
