-- Prices and discounts: customer groups and their prices, where the price of an order line comes
-- from, discounts of lines and of whole orders; quotes; approval rules;
-- blanket orders.

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

-- Prices that hold together, for a time and for some.
CREATE TABLE price_list (
    tenant_id bigint NOT NULL REFERENCES tenant,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    name text NOT NULL,
    currency text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    priority bigint NOT NULL,
    active boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT price_list_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT price_list_validity_check CHECK (valid_to >= valid_from),
    CONSTRAINT price_list_priority_check CHECK (priority BETWEEN 0 AND 9)
);
-- Whom it is for; neither customer nor group: everybody.
CREATE TABLE price_list_buyer (
    tenant_id bigint NOT NULL,
    price_list_id bigint NOT NULL,
    buyer_no bigint NOT NULL,
    customer_id bigint,
    group_id bigint,
    PRIMARY KEY (tenant_id, price_list_id, buyer_no),
    CONSTRAINT price_list_buyer_list_fkey FOREIGN KEY (tenant_id, price_list_id)
        REFERENCES price_list,
    CONSTRAINT price_list_buyer_customer_fkey FOREIGN KEY (tenant_id, customer_id)
        REFERENCES customer,
    CONSTRAINT price_list_buyer_group_fkey FOREIGN KEY (tenant_id, group_id)
        REFERENCES customer_group,
    CONSTRAINT price_list_buyer_check CHECK (customer_id IS NULL OR group_id IS NULL)
);

ALTER TABLE price
    ADD COLUMN group_id bigint,
    ADD COLUMN price_list_id bigint,
    ADD CONSTRAINT price_group_fkey FOREIGN KEY (tenant_id, group_id) REFERENCES customer_group,
    ADD CONSTRAINT price_price_list_fkey FOREIGN KEY (tenant_id, price_list_id)
        REFERENCES price_list,
    ADD CONSTRAINT price_owner_check CHECK (num_nonnulls(customer_id, group_id, price_list_id) <= 1);
-- One price per product, customer or group or list or all, currency, tier and first day. No id
-- belongs to two of them.
DROP INDEX price_key;
CREATE UNIQUE INDEX price_key ON price (tenant_id, product_id, currency,
    coalesce(customer_id, group_id, price_list_id, 0), min_quantity, valid_from);
CREATE INDEX price_listed ON price (tenant_id, price_list_id, id) WHERE price_list_id IS NOT NULL;

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
        price_source IN ('customer', 'group', 'general', 'request', 'quote', 'agreement')
        AND (price_id IS NOT NULL) = (price_source IN ('customer', 'group', 'general'))),
    ADD CONSTRAINT order_line_discount_check
        CHECK (discount_amount >= 0 AND order_discount >= 0 AND net >= 0);
ALTER TABLE invoice_line
    ADD COLUMN discount_amount bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT invoice_line_discount_check CHECK (discount_amount >= 0);
COMMENT ON COLUMN order_line.price_source IS 'NULL: placed before this was kept';
COMMENT ON COLUMN order_line.order_discount IS 'the part of the order''s discount; net is less by it';

-- quotes

-- As with orders: gaps do no harm, waiting does.
CREATE SEQUENCE quote_number;

CREATE TABLE quote (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    number text NOT NULL,
    customer_id bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    revision bigint NOT NULL,
    order_id bigint,
    lost_reason text,
    metadata json NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT quote_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT quote_number_key UNIQUE (tenant_id, number),
    CONSTRAINT quote_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES customer,
    CONSTRAINT quote_order_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES sales_order,
    CONSTRAINT quote_status_check CHECK (status IN ('open', 'accepted', 'declined')),
    CONSTRAINT quote_outcome_check CHECK ((order_id IS NOT NULL) = (status = 'accepted')
        AND (lost_reason IS NOT NULL) = (status = 'declined'))
);
CREATE INDEX quote_customer ON quote (tenant_id, customer_id, id);
COMMENT ON COLUMN quote.status IS 'an open one has expired when its valid_until has passed';

CREATE TABLE quote_revision (
    tenant_id bigint NOT NULL,
    quote_id bigint NOT NULL,
    revision bigint NOT NULL,
    quote_date date NOT NULL,
    valid_until date NOT NULL,
    requested_date date,
    payment_terms_days bigint NOT NULL,
    warehouse_id bigint,
    discount_percent bigint,
    discount_amount bigint,
    discount bigint NOT NULL,
    net bigint NOT NULL,
    tax bigint NOT NULL,
    gross bigint NOT NULL,
    line_count bigint NOT NULL,
    notes text,
    reason text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, quote_id, revision),
    CONSTRAINT quote_revision_total_check CHECK (gross = net + tax AND discount >= 0),
    CONSTRAINT quote_revision_validity_check CHECK (valid_until >= quote_date)
);

CREATE TABLE quote_line (
    tenant_id bigint NOT NULL,
    quote_id bigint NOT NULL,
    revision bigint NOT NULL,
    line_no bigint NOT NULL,
    product_id bigint NOT NULL,
    kind text NOT NULL,
    sku text NOT NULL,
    description text NOT NULL,
    warehouse_id bigint,
    quantity bigint NOT NULL,
    unit_price bigint NOT NULL,
    price_source text NOT NULL,
    price_id bigint,
    discount_percent bigint NOT NULL,
    discount_amount bigint NOT NULL,
    order_discount bigint NOT NULL,
    tax_code_id bigint NOT NULL,
    tax_rate bigint NOT NULL,
    net bigint NOT NULL,
    tax bigint NOT NULL,
    gross bigint NOT NULL,
    PRIMARY KEY (tenant_id, quote_id, revision, line_no),
    CONSTRAINT quote_line_total_check CHECK (gross = net + tax),
    CONSTRAINT quote_line_quantity_check CHECK (quantity > 0),
    CONSTRAINT quote_line_discount_check
        CHECK (discount_amount >= 0 AND order_discount >= 0 AND net >= 0)
);
-- What was offered stays what was offered.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON quote_revision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON quote_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE sales_order ADD COLUMN quote_id bigint;
-- A quote becomes an order once.
CREATE UNIQUE INDEX sales_order_quote ON sales_order (tenant_id, quote_id)
    WHERE quote_id IS NOT NULL;

-- approvals

ALTER TABLE product
    ADD COLUMN unit_cost bigint,
    ADD CONSTRAINT product_unit_cost_check CHECK (unit_cost >= 0);
COMMENT ON COLUMN product.unit_cost IS 'in the tenant''s currency; NULL: unknown';

ALTER TABLE order_hold
    ADD COLUMN approval_rule_id bigint,
    ADD CONSTRAINT order_hold_approval_check CHECK (approval_rule_id IS NULL OR kind = 'approval');
COMMENT ON COLUMN order_hold.approval_rule_id IS
    'the rule that placed it; its owner is the scope that an approver needs';

CREATE TABLE approval_rule (
    tenant_id bigint NOT NULL REFERENCES tenant,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    name text NOT NULL,
    status text NOT NULL,
    currency text NOT NULL,
    gross_from bigint,
    discount_from bigint,
    margin_below bigint,
    approver_scope text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT approval_rule_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT approval_rule_status_check CHECK (status IN ('active', 'archived')),
    CONSTRAINT approval_rule_condition_check
        CHECK (num_nonnulls(gross_from, discount_from, margin_below) > 0)
);

-- blanket orders

CREATE SEQUENCE blanket_order_number;

CREATE TABLE blanket_order (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    number text NOT NULL,
    status text NOT NULL,
    customer_id bigint NOT NULL,
    currency text NOT NULL,
    customer_po text,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    payment_terms_days bigint NOT NULL,
    line_count bigint NOT NULL,
    closed_reason text,
    notes text,
    metadata json NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT blanket_order_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT blanket_order_number_key UNIQUE (tenant_id, number),
    CONSTRAINT blanket_order_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES customer,
    CONSTRAINT blanket_order_status_check CHECK (status IN ('open', 'closed')),
    CONSTRAINT blanket_order_reason_check
        CHECK ((closed_reason IS NOT NULL) = (status = 'closed')),
    CONSTRAINT blanket_order_validity_check CHECK (valid_to >= valid_from)
);
CREATE INDEX blanket_order_customer ON blanket_order (tenant_id, customer_id, id);
COMMENT ON COLUMN blanket_order.status IS 'an open one has expired when its valid_to has passed';

CREATE TABLE blanket_line (
    tenant_id bigint NOT NULL,
    blanket_order_id bigint NOT NULL,
    line_no bigint NOT NULL,
    product_id bigint NOT NULL,
    sku text NOT NULL,
    description text NOT NULL,
    unit_price bigint NOT NULL,
    discount_percent bigint NOT NULL,
    quantity bigint NOT NULL,
    called bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, blanket_order_id, line_no),
    CONSTRAINT blanket_line_quantity_check CHECK (quantity > 0),
    CONSTRAINT blanket_line_called_check CHECK (called BETWEEN 0 AND quantity)
) WITH (fillfactor = 85);
COMMENT ON COLUMN blanket_line.called IS 'on order lines that draw from it, less what is canceled';

ALTER TABLE sales_order ADD COLUMN blanket_order_id bigint;
CREATE INDEX sales_order_blanket ON sales_order (tenant_id, blanket_order_id, id)
    WHERE blanket_order_id IS NOT NULL;
ALTER TABLE order_line ADD COLUMN blanket_line_no bigint;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'o2c_server') THEN
        GRANT SELECT, INSERT, UPDATE ON customer_group, quote, approval_rule, blanket_order,
            blanket_line TO o2c_server;
        GRANT DELETE ON blanket_line TO o2c_server;
        GRANT SELECT, INSERT, UPDATE ON price_list TO o2c_server;
        GRANT SELECT, INSERT, DELETE ON price_list_buyer TO o2c_server;
        GRANT SELECT, INSERT ON quote_revision, quote_line TO o2c_server;
        GRANT USAGE ON SEQUENCE quote_number, blanket_order_number TO o2c_server;
    END IF;
END $$;
