-- The order-to-cash spine.
--
-- Conventions. tenant_id leads every primary key, unique key and foreign key, so that a tenant's
-- transaction touches one shard when the schema is distributed. Ids are made by the server (id.h).
-- Money is bigint minor units beside a currency; quantities, unit prices and percent rates are
-- bigint millionths. Business dates are dates of the legal entity; instants are timestamptz.
-- Facts that were posted are never updated or deleted: the server's role lacks the right, and a
-- statement trigger refuses everybody else. Foreign keys guard documents; lines and hot rows go
-- without (they are written with their parent in one transaction) and `o2cd check` looks for
-- orphans instead.

CREATE TABLE tenant (
    tenant_id bigint PRIMARY KEY,
    version bigint NOT NULL DEFAULT 1,
    name text NOT NULL,
    legal_name text NOT NULL,
    tax_id text,
    country text NOT NULL DEFAULT 'DE',
    currency text NOT NULL,
    time_zone text NOT NULL,
    fiscal_year_start_month int NOT NULL DEFAULT 1,
    rounding text NOT NULL DEFAULT 'half_up',
    tax_rounding text NOT NULL DEFAULT 'per_document',
    credit_mode text NOT NULL DEFAULT 'enforce',
    locked_until date,
    created_at timestamptz NOT NULL,
    CONSTRAINT tenant_fiscal_year_check CHECK (fiscal_year_start_month BETWEEN 1 AND 12),
    CONSTRAINT tenant_rounding_check
        CHECK (rounding IN ('half_up', 'half_even', 'half_toward_positive')),
    CONSTRAINT tenant_tax_rounding_check CHECK (tax_rounding IN ('per_line', 'per_document')),
    CONSTRAINT tenant_credit_mode_check CHECK (credit_mode IN ('ignore', 'warn', 'enforce'))
);

CREATE TABLE api_key (
    tenant_id bigint NOT NULL REFERENCES tenant,
    id bigint NOT NULL,
    name text NOT NULL,
    secret_hash bytea NOT NULL,
    scopes text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);

-- One counter per series: document numbers without gaps, and the sequence of events. Taken last in
-- a transaction, once per batch.
CREATE TABLE number_series (
    tenant_id bigint NOT NULL,
    series text NOT NULL,
    prefix text NOT NULL,
    last bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, series)
) WITH (fillfactor = 50);

CREATE TABLE idempotency_key (
    tenant_id bigint NOT NULL,
    api_key_id bigint NOT NULL,
    operation text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status int NOT NULL,
    headers json NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, api_key_id, operation, key)
);
CREATE INDEX idempotency_key_created_at ON idempotency_key USING brin (created_at);

-- The outbox and the audit log in one: every fact writes its event in its own transaction.
CREATE TABLE event (
    tenant_id bigint NOT NULL,
    seq bigint NOT NULL,
    type text NOT NULL,
    resource_id bigint NOT NULL,
    resource text NOT NULL,
    at timestamptz NOT NULL,
    api_key_id bigint,
    request_id text,
    before json,
    after json,
    PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX event_resource ON event (tenant_id, resource_id, seq);

-- customers and their credit

CREATE TABLE credit_account (
    tenant_id bigint NOT NULL REFERENCES tenant,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    currency text NOT NULL,
    credit_limit bigint,
    ordered bigint NOT NULL DEFAULT 0,
    unbilled bigint NOT NULL DEFAULT 0,
    receivable bigint NOT NULL DEFAULT 0,
    unapplied bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT credit_account_limit_check CHECK (credit_limit >= 0),
    CONSTRAINT credit_account_ordered_check CHECK (ordered >= 0),
    CONSTRAINT credit_account_unbilled_check CHECK (unbilled >= 0),
    CONSTRAINT credit_account_receivable_check CHECK (receivable >= 0),
    CONSTRAINT credit_account_unapplied_check CHECK (unapplied >= 0)
) WITH (fillfactor = 70);
COMMENT ON COLUMN credit_account.credit_limit IS 'NULL: no limit';
COMMENT ON COLUMN credit_account.ordered IS 'gross of confirmed, unshipped, unbilled order lines';
COMMENT ON COLUMN credit_account.unbilled IS 'gross shipped, not yet invoiced';
COMMENT ON COLUMN credit_account.receivable IS 'gross open invoices';
COMMENT ON COLUMN credit_account.unapplied IS 'unapplied payments and available credit notes';

CREATE TABLE customer (
    tenant_id bigint NOT NULL REFERENCES tenant,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    name text NOT NULL,
    legal_name text,
    tax_id text,
    email text,
    phone text,
    language text,
    currency text NOT NULL,
    payment_terms_days bigint NOT NULL DEFAULT 30,
    credit_account_id bigint NOT NULL,
    status text NOT NULL DEFAULT 'active',
    addresses json NOT NULL DEFAULT '[]',
    contacts json NOT NULL DEFAULT '[]',
    metadata json NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT customer_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT customer_credit_account_fkey FOREIGN KEY (tenant_id, credit_account_id)
        REFERENCES credit_account,
    CONSTRAINT customer_terms_check CHECK (payment_terms_days BETWEEN 0 AND 365),
    CONSTRAINT customer_status_check CHECK (status IN ('active', 'blocked', 'archived'))
);
CREATE INDEX customer_name ON customer (tenant_id, name, id);
CREATE INDEX customer_credit_account ON customer (tenant_id, credit_account_id);

-- catalog

CREATE TABLE tax_code (
    tenant_id bigint NOT NULL REFERENCES tenant,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    code text NOT NULL,
    name text NOT NULL,
    category text NOT NULL DEFAULT 'S',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT tax_code_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT tax_code_code_key UNIQUE (tenant_id, code),
    CONSTRAINT tax_code_category_check CHECK (category IN ('S', 'Z', 'E', 'AE', 'K', 'G', 'O'))
);

CREATE TABLE tax_rate (
    tenant_id bigint NOT NULL,
    tax_code_id bigint NOT NULL,
    valid_from date NOT NULL,
    rate bigint NOT NULL,
    PRIMARY KEY (tenant_id, tax_code_id, valid_from),
    CONSTRAINT tax_rate_code_fkey FOREIGN KEY (tenant_id, tax_code_id) REFERENCES tax_code,
    CONSTRAINT tax_rate_rate_check CHECK (rate BETWEEN 0 AND 100000000)
);

CREATE TABLE product (
    tenant_id bigint NOT NULL REFERENCES tenant,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    sku text NOT NULL,
    name text NOT NULL,
    description text,
    kind text NOT NULL,
    unit text NOT NULL DEFAULT 'piece',
    tax_code_id bigint NOT NULL,
    status text NOT NULL DEFAULT 'active',
    metadata json NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT product_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT product_sku_key UNIQUE (tenant_id, sku),
    CONSTRAINT product_tax_code_fkey FOREIGN KEY (tenant_id, tax_code_id) REFERENCES tax_code,
    CONSTRAINT product_kind_check CHECK (kind IN ('stock', 'service')),
    CONSTRAINT product_status_check CHECK (status IN ('active', 'archived'))
);
CREATE INDEX product_name ON product (tenant_id, name, id);

CREATE TABLE price (
    tenant_id bigint NOT NULL REFERENCES tenant,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    product_id bigint NOT NULL,
    customer_id bigint,
    currency text NOT NULL,
    unit_price bigint NOT NULL,
    min_quantity bigint NOT NULL DEFAULT 0,
    valid_from date NOT NULL,
    valid_to date,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT price_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT price_product_fkey FOREIGN KEY (tenant_id, product_id) REFERENCES product,
    CONSTRAINT price_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES customer,
    CONSTRAINT price_unit_price_check CHECK (unit_price >= 0),
    CONSTRAINT price_min_quantity_check CHECK (min_quantity >= 0),
    CONSTRAINT price_validity_check CHECK (valid_to >= valid_from)
);
-- One price per product, customer, currency, tier and first day.
CREATE UNIQUE INDEX price_key
    ON price (tenant_id, product_id, currency, coalesce(customer_id, 0), min_quantity, valid_from);

-- inventory

CREATE TABLE warehouse (
    tenant_id bigint NOT NULL REFERENCES tenant,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    code text NOT NULL,
    name text NOT NULL,
    address json,
    is_default boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT warehouse_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT warehouse_code_key UNIQUE (tenant_id, code)
);
CREATE UNIQUE INDEX warehouse_default ON warehouse (tenant_id) WHERE is_default;

CREATE TABLE stock (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    product_id bigint NOT NULL,
    warehouse_id bigint NOT NULL,
    on_hand bigint NOT NULL DEFAULT 0,
    reserved bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, product_id, warehouse_id),
    CONSTRAINT stock_id_key UNIQUE (tenant_id, id),
    CONSTRAINT stock_product_fkey FOREIGN KEY (tenant_id, product_id) REFERENCES product,
    CONSTRAINT stock_warehouse_fkey FOREIGN KEY (tenant_id, warehouse_id) REFERENCES warehouse,
    CONSTRAINT stock_on_hand_check CHECK (on_hand >= 0),
    CONSTRAINT stock_reserved_check CHECK (reserved >= 0 AND reserved <= on_hand)
) WITH (fillfactor = 70);

CREATE TABLE stock_movement (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    external_id text,
    product_id bigint NOT NULL,
    warehouse_id bigint NOT NULL,
    kind text NOT NULL,
    quantity bigint NOT NULL,
    document_id bigint,
    reason text,
    effective_date date NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT stock_movement_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT stock_movement_kind_check
        CHECK (kind IN ('receipt', 'shipment', 'adjustment', 'return')),
    CONSTRAINT stock_movement_quantity_check CHECK (quantity <> 0)
);
CREATE INDEX stock_movement_product ON stock_movement (tenant_id, product_id, id);

-- orders

-- Order numbers may have gaps and must not serialize those who take them: a sequence, not a series.
CREATE SEQUENCE order_number;

CREATE TABLE sales_order (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    number text NOT NULL,
    customer_id bigint NOT NULL,
    credit_account_id bigint NOT NULL,
    warehouse_id bigint,
    status text NOT NULL,
    channel text,
    customer_po text,
    currency text NOT NULL,
    order_date date NOT NULL,
    requested_date date,
    payment_terms_days bigint NOT NULL,
    rounding text NOT NULL,
    tax_rounding text NOT NULL,
    net bigint NOT NULL,
    tax bigint NOT NULL,
    gross bigint NOT NULL,
    line_count bigint NOT NULL,
    credit_exposure bigint,
    credit_limit bigint,
    bill_to json,
    ship_to json,
    notes text,
    metadata json NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT sales_order_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT sales_order_number_key UNIQUE (tenant_id, number),
    CONSTRAINT sales_order_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES customer,
    CONSTRAINT sales_order_status_check CHECK (status IN ('draft', 'on_hold', 'confirmed',
        'in_fulfillment', 'fulfilled', 'closed', 'canceled')),
    CONSTRAINT sales_order_total_check CHECK (gross = net + tax)
) WITH (fillfactor = 85);
CREATE INDEX sales_order_customer ON sales_order (tenant_id, customer_id, id);
COMMENT ON COLUMN sales_order.credit_exposure IS
    'exposure of the credit account when the credit decision was taken, this order included';

CREATE TABLE order_line (
    tenant_id bigint NOT NULL,
    order_id bigint NOT NULL,
    line_no bigint NOT NULL,
    product_id bigint NOT NULL,
    kind text NOT NULL,
    sku text NOT NULL,
    description text NOT NULL,
    warehouse_id bigint,
    quantity bigint NOT NULL,
    unit_price bigint NOT NULL,
    discount_percent bigint NOT NULL,
    tax_code_id bigint NOT NULL,
    tax_rate bigint NOT NULL,
    net bigint NOT NULL,
    tax bigint NOT NULL,
    gross bigint NOT NULL,
    canceled bigint NOT NULL DEFAULT 0,
    reserved bigint NOT NULL DEFAULT 0,
    shipped bigint NOT NULL DEFAULT 0,
    delivered bigint NOT NULL DEFAULT 0,
    invoiced bigint NOT NULL DEFAULT 0,
    returned bigint NOT NULL DEFAULT 0,
    credited bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, order_id, line_no),
    CONSTRAINT order_line_total_check CHECK (gross = net + tax),
    CONSTRAINT order_line_quantity_check CHECK (quantity > 0),
    CONSTRAINT order_line_counters_check CHECK (
        canceled >= 0 AND reserved >= 0 AND shipped >= 0 AND delivered >= 0 AND invoiced >= 0
        AND returned >= 0 AND credited >= 0
        AND shipped + canceled + reserved <= quantity
        AND invoiced + canceled <= quantity
        AND delivered <= shipped AND returned <= shipped AND credited <= invoiced
        AND (kind = 'service' OR invoiced <= shipped))
) WITH (fillfactor = 85);

CREATE TABLE order_hold (
    tenant_id bigint NOT NULL,
    order_id bigint NOT NULL,
    hold_no bigint NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    placed_at timestamptz NOT NULL,
    placed_by bigint,
    released_at timestamptz,
    released_by bigint,
    release_reason text,
    PRIMARY KEY (tenant_id, order_id, hold_no),
    CONSTRAINT order_hold_kind_check
        CHECK (kind IN ('credit', 'stock', 'approval', 'fraud', 'customer_request'))
);

-- shipments

-- As with orders: gaps do no harm, waiting does.
CREATE SEQUENCE shipment_number;

CREATE TABLE shipment (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    number text NOT NULL,
    customer_id bigint NOT NULL,
    order_id bigint NOT NULL,
    warehouse_id bigint,
    status text NOT NULL,
    carrier text,
    tracking_number text,
    ship_date date,
    expected_date date,
    delivered_date date,
    ship_to json,
    proof json,
    notes text,
    metadata json NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT shipment_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT shipment_number_key UNIQUE (tenant_id, number),
    CONSTRAINT shipment_order_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES sales_order,
    CONSTRAINT shipment_status_check
        CHECK (status IN ('draft', 'shipped', 'delivered', 'canceled'))
);
CREATE INDEX shipment_order ON shipment (tenant_id, order_id, id);

CREATE TABLE shipment_line (
    tenant_id bigint NOT NULL,
    shipment_id bigint NOT NULL,
    line_no bigint NOT NULL,
    order_id bigint NOT NULL,
    order_line_no bigint NOT NULL,
    product_id bigint NOT NULL,
    warehouse_id bigint,
    quantity bigint NOT NULL,
    delivered bigint NOT NULL DEFAULT 0,
    invoiced bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, shipment_id, line_no),
    CONSTRAINT shipment_line_quantity_check CHECK (quantity > 0),
    CONSTRAINT shipment_line_counters_check CHECK (delivered BETWEEN 0 AND quantity
        AND invoiced BETWEEN 0 AND quantity)
);
CREATE INDEX shipment_line_order ON shipment_line (tenant_id, order_id, order_line_no);

-- invoices and credit notes

CREATE TABLE invoice (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    number text,
    customer_id bigint NOT NULL,
    credit_account_id bigint NOT NULL,
    order_id bigint,
    status text NOT NULL,
    currency text NOT NULL,
    invoice_date date NOT NULL,
    due_date date NOT NULL,
    payment_terms_days bigint NOT NULL,
    rounding text NOT NULL,
    tax_rounding text NOT NULL,
    net bigint NOT NULL,
    tax bigint NOT NULL,
    gross bigint NOT NULL,
    line_count bigint NOT NULL,
    bill_to json,
    customer_po text,
    notes text,
    metadata json NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    finalized_at timestamptz,
    voided_at timestamptz,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT invoice_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT invoice_number_key UNIQUE (tenant_id, number),
    CONSTRAINT invoice_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES customer,
    CONSTRAINT invoice_status_check
        CHECK (status IN ('draft', 'finalized', 'partially_paid', 'paid', 'void', 'canceled')),
    CONSTRAINT invoice_number_check
        CHECK ((number IS NULL) = (status IN ('draft', 'canceled'))),
    CONSTRAINT invoice_total_check CHECK (gross = net + tax AND gross >= 0)
) WITH (fillfactor = 85);
CREATE INDEX invoice_customer ON invoice (tenant_id, customer_id, id);
CREATE INDEX invoice_date ON invoice (tenant_id, invoice_date, id);
CREATE INDEX invoice_order ON invoice (tenant_id, order_id) WHERE order_id IS NOT NULL;

CREATE TABLE invoice_line (
    tenant_id bigint NOT NULL,
    invoice_id bigint NOT NULL,
    line_no bigint NOT NULL,
    order_id bigint,
    order_line_no bigint,
    shipment_id bigint,
    shipment_line_no bigint,
    product_id bigint,
    sku text,
    description text NOT NULL,
    quantity bigint NOT NULL,
    unit_price bigint NOT NULL,
    discount_percent bigint NOT NULL,
    tax_code_id bigint NOT NULL,
    tax_rate bigint NOT NULL,
    net bigint NOT NULL,
    tax bigint NOT NULL,
    gross bigint NOT NULL,
    credited_quantity bigint NOT NULL DEFAULT 0,
    credited_net bigint NOT NULL DEFAULT 0,
    credited_tax bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, invoice_id, line_no),
    CONSTRAINT invoice_line_total_check CHECK (gross = net + tax),
    CONSTRAINT invoice_line_quantity_check CHECK (quantity > 0),
    CONSTRAINT invoice_line_credited_check CHECK (credited_quantity BETWEEN 0 AND quantity
        AND credited_net BETWEEN 0 AND net AND credited_tax BETWEEN 0 AND tax)
) WITH (fillfactor = 90);
-- A shipment line is invoiced by each invoice at most once; shipment_line.invoiced caps the rest.
CREATE INDEX invoice_line_shipment ON invoice_line (tenant_id, shipment_id, shipment_line_no)
    WHERE shipment_id IS NOT NULL;

CREATE TABLE credit_note (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    number text,
    customer_id bigint NOT NULL,
    credit_account_id bigint NOT NULL,
    invoice_id bigint,
    status text NOT NULL,
    reason text NOT NULL,
    currency text NOT NULL,
    credit_note_date date NOT NULL,
    rounding text NOT NULL,
    tax_rounding text NOT NULL,
    net bigint NOT NULL,
    tax bigint NOT NULL,
    gross bigint NOT NULL,
    line_count bigint NOT NULL,
    bill_to json,
    notes text,
    metadata json NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    issued_at timestamptz,
    voided_at timestamptz,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT credit_note_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT credit_note_number_key UNIQUE (tenant_id, number),
    CONSTRAINT credit_note_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES customer,
    CONSTRAINT credit_note_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice,
    CONSTRAINT credit_note_status_check CHECK (status IN ('draft', 'issued', 'void')),
    CONSTRAINT credit_note_number_check CHECK ((number IS NULL) = (status = 'draft')),
    CONSTRAINT credit_note_total_check CHECK (gross = net + tax AND gross >= 0)
);
CREATE INDEX credit_note_customer ON credit_note (tenant_id, customer_id, id);
CREATE INDEX credit_note_invoice ON credit_note (tenant_id, invoice_id)
    WHERE invoice_id IS NOT NULL;

CREATE TABLE credit_note_line (
    tenant_id bigint NOT NULL,
    credit_note_id bigint NOT NULL,
    line_no bigint NOT NULL,
    invoice_id bigint,
    invoice_line_no bigint,
    product_id bigint,
    sku text,
    description text NOT NULL,
    quantity bigint NOT NULL,
    credited_quantity bigint NOT NULL DEFAULT 0,
    unit_price bigint NOT NULL,
    discount_percent bigint NOT NULL,
    tax_code_id bigint NOT NULL,
    tax_rate bigint NOT NULL,
    net bigint NOT NULL,
    tax bigint NOT NULL,
    gross bigint NOT NULL,
    PRIMARY KEY (tenant_id, credit_note_id, line_no),
    CONSTRAINT credit_note_line_total_check CHECK (gross = net + tax),
    CONSTRAINT credit_note_line_quantity_check
        CHECK (quantity > 0 AND credited_quantity IN (0, quantity))
);
COMMENT ON COLUMN credit_note_line.credited_quantity IS
    'what it takes back of the invoice line; 0 when only an amount is credited';

-- cash

CREATE TABLE payment (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    number text NOT NULL,
    customer_id bigint NOT NULL,
    credit_account_id bigint NOT NULL,
    method text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    unapplied bigint NOT NULL,
    refunded bigint NOT NULL DEFAULT 0,
    value_date date NOT NULL,
    reference text,
    notes text,
    metadata json NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT payment_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT payment_number_key UNIQUE (tenant_id, number),
    CONSTRAINT payment_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES customer,
    CONSTRAINT payment_method_check CHECK (method IN
        ('bank_transfer', 'card', 'cash', 'check', 'direct_debit', 'other')),
    CONSTRAINT payment_amount_check CHECK (amount > 0),
    CONSTRAINT payment_unapplied_check CHECK (unapplied >= 0 AND refunded >= 0
        AND unapplied + refunded <= amount)
) WITH (fillfactor = 85);
CREATE INDEX payment_customer ON payment (tenant_id, customer_id, id);

-- Applies a payment or a credit note to an invoice. Taking it back is a mirror row that names the
-- one it reverses, never a change.
CREATE TABLE allocation (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    source text NOT NULL,
    source_id bigint NOT NULL,
    invoice_id bigint NOT NULL,
    amount bigint NOT NULL,
    reverses bigint,
    reason text,
    effective_date date NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT allocation_source_check CHECK (source IN ('payment', 'credit_note')),
    CONSTRAINT allocation_amount_check
        CHECK (CASE WHEN reverses IS NULL THEN amount > 0 ELSE amount < 0 END),
    CONSTRAINT allocation_reverses_key UNIQUE (tenant_id, reverses)
);
CREATE INDEX allocation_source ON allocation (tenant_id, source_id, id);
CREATE INDEX allocation_invoice ON allocation (tenant_id, invoice_id, id);

CREATE TABLE refund (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    external_id text,
    source text NOT NULL,
    source_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    method text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    value_date date NOT NULL,
    reference text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT refund_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT refund_source_check CHECK (source IN ('payment', 'credit_note')),
    CONSTRAINT refund_amount_check CHECK (amount > 0)
);
CREATE INDEX refund_source ON refund (tenant_id, source_id, id);

-- the books

-- What is still open: small and hot. A row goes when it is settled. id is the document's.
CREATE TABLE open_item (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    kind text NOT NULL,
    customer_id bigint NOT NULL,
    currency text NOT NULL,
    document_date date NOT NULL,
    due_date date NOT NULL,
    amount bigint NOT NULL,
    open_amount bigint NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT open_item_kind_check CHECK (kind IN ('invoice', 'payment', 'credit_note')),
    CONSTRAINT open_item_open_check CHECK (open_amount > 0 AND open_amount <= amount)
) WITH (fillfactor = 70);
CREATE INDEX open_item_customer ON open_item (tenant_id, customer_id, due_date, id);

-- Every movement of value: debit one account, credit another, same amount. debit_item and
-- credit_item name the open item (the document's id) where the account is receivable,
-- unapplied_cash or customer_credit.
CREATE TABLE ledger_transfer (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    debit_account text NOT NULL,
    credit_account text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    customer_id bigint,
    debit_item bigint,
    credit_item bigint,
    document text NOT NULL,
    document_id bigint NOT NULL,
    effective_date date NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT ledger_transfer_amount_check CHECK (amount > 0),
    CONSTRAINT ledger_transfer_account_check CHECK (debit_account <> credit_account)
);
CREATE INDEX ledger_transfer_date ON ledger_transfer (tenant_id, effective_date, id);
CREATE INDEX ledger_transfer_document ON ledger_transfer (tenant_id, document_id);
CREATE INDEX ledger_transfer_customer ON ledger_transfer (tenant_id, customer_id, effective_date, id);

-- Totals per day and account, kept with every batch; `o2cd check` proves them.
CREATE TABLE ledger_day (
    tenant_id bigint NOT NULL,
    account text NOT NULL,
    currency text NOT NULL,
    day date NOT NULL,
    debit bigint NOT NULL DEFAULT 0,
    credit bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, account, currency, day)
) WITH (fillfactor = 50);

-- What the proof compares: each view puts what is kept beside what it follows from. Only the proof
-- reads them.

-- Both sides of every transfer; a debit is positive. Not LATERAL, which only a loop can join.
CREATE VIEW ledger_posting AS
SELECT t.tenant_id, t.id AS transfer_id, t.document, t.document_id, t.customer_id, t.currency,
       t.effective_date, t.debit_account AS account, t.debit_item AS item, t.amount
  FROM ledger_transfer t
UNION ALL
SELECT t.tenant_id, t.id, t.document, t.document_id, t.customer_id, t.currency, t.effective_date,
       t.credit_account, t.credit_item, -t.amount
  FROM ledger_transfer t;

-- What the documents must have posted.
CREATE VIEW posting_due AS
SELECT i.tenant_id, 'invoice'::text AS document, i.id AS document_id, s.account, s.amount
  FROM invoice i
 CROSS JOIN LATERAL (VALUES ('receivable', i.gross), ('revenue', -i.net), ('tax', -i.tax))
       AS s(account, amount)
 WHERE i.status IN ('finalized', 'partially_paid', 'paid')
UNION ALL
SELECT n.tenant_id, 'credit_note', n.id, s.account, s.amount
  FROM credit_note n
 CROSS JOIN LATERAL (VALUES ('customer_credit', -n.gross), ('revenue', n.net), ('tax', n.tax))
       AS s(account, amount)
 WHERE n.status = 'issued'
UNION ALL
SELECT p.tenant_id, 'payment', p.id, s.account, s.amount
  FROM payment p
 CROSS JOIN LATERAL (VALUES ('cash', p.amount), ('unapplied_cash', -p.amount))
       AS s(account, amount)
UNION ALL
SELECT a.tenant_id, 'allocation', a.id, s.account, s.amount
  FROM allocation a
 CROSS JOIN LATERAL (VALUES
       (CASE a.source WHEN 'payment' THEN 'unapplied_cash' ELSE 'customer_credit' END, a.amount),
       ('receivable', -a.amount)) AS s(account, amount)
UNION ALL
SELECT r.tenant_id, 'refund', r.id, s.account, s.amount
  FROM refund r
 CROSS JOIN LATERAL (VALUES
       (CASE r.source WHEN 'payment' THEN 'unapplied_cash' ELSE 'customer_credit' END, r.amount),
       ('cash', -r.amount)) AS s(account, amount);

-- Documents that posted something else than they must.
CREATE VIEW misposted AS
SELECT e.tenant_id, e.document, e.document_id, e.account, sum(e.due) AS due,
       sum(e.posted) AS posted
  FROM (SELECT d.tenant_id, d.document, d.document_id, d.account, d.amount AS due,
               0::bigint AS posted
          FROM posting_due d
        UNION ALL
        SELECT p.tenant_id, p.document, p.document_id, p.account, 0, p.amount
          FROM ledger_posting p) e
 GROUP BY e.tenant_id, e.document, e.document_id, e.account
HAVING sum(e.due) <> sum(e.posted);

-- Documents whose totals are not the sums of their lines.
CREATE VIEW mistotaled AS
SELECT h.tenant_id, h.kind, h.id, h.net, h.tax, h.line_count, coalesce(l.net, 0) AS lines_net,
       coalesce(l.tax, 0) AS lines_tax, coalesce(l.n, 0) AS lines
  FROM (SELECT o.tenant_id, 'order'::text AS kind, o.id, o.net, o.tax, o.line_count
          FROM sales_order o
        UNION ALL
        SELECT i.tenant_id, 'invoice', i.id, i.net, i.tax, i.line_count FROM invoice i
        UNION ALL
        SELECT n.tenant_id, 'credit_note', n.id, n.net, n.tax, n.line_count FROM credit_note n) h
  LEFT JOIN (SELECT x.tenant_id, x.id, sum(x.net) AS net, sum(x.tax) AS tax, count(*) AS n
               FROM (SELECT o.tenant_id, o.order_id AS id, o.net, o.tax FROM order_line o
                     UNION ALL
                     SELECT i.tenant_id, i.invoice_id, i.net, i.tax FROM invoice_line i
                     UNION ALL
                     SELECT n.tenant_id, n.credit_note_id, n.net, n.tax
                       FROM credit_note_line n) x
              GROUP BY x.tenant_id, x.id) l ON l.tenant_id = h.tenant_id AND l.id = h.id
 WHERE h.net <> coalesce(l.net, 0) OR h.tax <> coalesce(l.tax, 0)
    OR h.line_count <> coalesce(l.n, 0);

-- The documents that can be open, and the account that holds what is open of them.
CREATE VIEW item_document AS
SELECT i.tenant_id, 'invoice'::text AS kind, 'receivable'::text AS account, i.id, i.customer_id,
       i.credit_account_id, i.currency, i.invoice_date AS day, i.due_date, i.gross AS amount
  FROM invoice i
UNION ALL
SELECT p.tenant_id, 'payment', 'unapplied_cash', p.id, p.customer_id, p.credit_account_id,
       p.currency, p.value_date, p.value_date, p.amount
  FROM payment p
UNION ALL
SELECT n.tenant_id, 'credit_note', 'customer_credit', n.id, n.customer_id, n.credit_account_id,
       n.currency, n.credit_note_date, n.credit_note_date, n.gross
  FROM credit_note n;

-- How far order lines have come by the documents that followed.
CREATE VIEW order_line_done AS
SELECT l.tenant_id, l.order_id, l.line_no, l.shipped, l.delivered, l.invoiced, l.credited,
       coalesce(s.shipped, 0) AS on_shipments, coalesce(s.delivered, 0) AS arrived,
       s.invoiced AS on_invoiced_shipments, coalesce(i.quantity, 0) AS on_invoices,
       i.credited AS on_credited_invoices, coalesce(c.quantity, 0) AS on_credit_notes
  FROM order_line l
  LEFT JOIN (SELECT x.tenant_id, x.order_id, x.order_line_no,
                    sum(x.quantity) FILTER (WHERE h.status IN ('shipped', 'delivered')) AS shipped,
                    sum(x.delivered) AS delivered, sum(x.invoiced) AS invoiced
               FROM shipment_line x
               JOIN shipment h ON h.tenant_id = x.tenant_id AND h.id = x.shipment_id
              GROUP BY x.tenant_id, x.order_id, x.order_line_no) s
       ON s.tenant_id = l.tenant_id AND s.order_id = l.order_id AND s.order_line_no = l.line_no
  LEFT JOIN (SELECT x.tenant_id, x.order_id, x.order_line_no,
                    sum(x.quantity) FILTER (WHERE h.status NOT IN ('void', 'canceled')) AS quantity,
                    sum(x.credited_quantity) AS credited
               FROM invoice_line x
               JOIN invoice h ON h.tenant_id = x.tenant_id AND h.id = x.invoice_id
              WHERE x.order_id IS NOT NULL
              GROUP BY x.tenant_id, x.order_id, x.order_line_no) i
       ON i.tenant_id = l.tenant_id AND i.order_id = l.order_id AND i.order_line_no = l.line_no
  LEFT JOIN (SELECT v.tenant_id, v.order_id, v.order_line_no,
                    sum(x.credited_quantity) AS quantity
               FROM credit_note_line x
               JOIN credit_note h ON h.tenant_id = x.tenant_id AND h.id = x.credit_note_id
               JOIN invoice_line v ON v.tenant_id = x.tenant_id AND v.invoice_id = x.invoice_id
                    AND v.line_no = x.invoice_line_no
              WHERE h.status = 'issued' AND v.order_id IS NOT NULL
              GROUP BY v.tenant_id, v.order_id, v.order_line_no) c
       ON c.tenant_id = l.tenant_id AND c.order_id = l.order_id AND c.order_line_no = l.line_no;

-- Shipments whose lines are not what left the stock.
CREATE VIEW mismoved AS
SELECT x.tenant_id, x.shipment_id, x.product_id, x.warehouse_id, sum(x.moved) AS moved,
       sum(x.shipped) AS shipped
  FROM (SELECT m.tenant_id, m.document_id AS shipment_id, m.product_id, m.warehouse_id,
               -m.quantity AS moved, 0::bigint AS shipped
          FROM stock_movement m
         WHERE m.kind = 'shipment'
        UNION ALL
        SELECT l.tenant_id, l.shipment_id, l.product_id, l.warehouse_id, 0, l.quantity
          FROM shipment_line l
          JOIN shipment h ON h.tenant_id = l.tenant_id AND h.id = l.shipment_id
         WHERE h.status IN ('shipped', 'delivered')) x
 GROUP BY x.tenant_id, x.shipment_id, x.product_id, x.warehouse_id
HAVING sum(x.moved) <> sum(x.shipped);

-- Posted facts stay as they are.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_movement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON allocation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON refund
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The role that runs requests, where it exists (the embedded database has it; README says how to
-- make it elsewhere).
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'o2c_server') THEN
        GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO o2c_server;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO o2c_server;
        REVOKE UPDATE ON event, stock_movement, allocation, refund, ledger_transfer FROM o2c_server;
        GRANT DELETE ON idempotency_key, open_item, order_line, tax_rate TO o2c_server;
        REVOKE INSERT, UPDATE ON tenant FROM o2c_server;
        GRANT UPDATE (name, legal_name, tax_id, credit_mode, locked_until, version) ON tenant
            TO o2c_server;
    END IF;
END $$;
