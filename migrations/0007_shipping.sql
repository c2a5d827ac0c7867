-- Shipping: shipments over several orders, packages, deliveries that fail in part.

-- One order, or NULL: goods of several. The lines name theirs either way.
ALTER TABLE shipment ALTER COLUMN order_id DROP NOT NULL;
ALTER TABLE shipment ADD COLUMN service text;
ALTER TABLE shipment DROP CONSTRAINT shipment_status_check;
ALTER TABLE shipment ADD CONSTRAINT shipment_status_check
    CHECK (status IN ('draft', 'shipped', 'delivered', 'exception', 'canceled'));

-- What was shipped, did not arrive, and so does not count as shipped any more. Goods that were
-- invoiced before they failed are owed: the line ships again and is not invoiced again.
ALTER TABLE shipment_line ADD COLUMN failed bigint NOT NULL DEFAULT 0;
ALTER TABLE shipment_line DROP CONSTRAINT shipment_line_counters_check;
ALTER TABLE shipment_line ADD CONSTRAINT shipment_line_counters_check
    CHECK (delivered >= 0 AND failed >= 0 AND delivered + failed <= quantity
        AND invoiced BETWEEN 0 AND quantity);
ALTER TABLE order_line ADD COLUMN failed bigint NOT NULL DEFAULT 0;
ALTER TABLE order_line DROP CONSTRAINT order_line_counters_check;
ALTER TABLE order_line ADD CONSTRAINT order_line_counters_check CHECK (
    canceled >= 0 AND reserved >= 0 AND shipped >= 0 AND delivered >= 0 AND invoiced >= 0
    AND returned >= 0 AND credited >= 0 AND failed >= 0
    AND shipped + canceled + reserved <= quantity
    AND invoiced + canceled <= quantity
    AND delivered <= shipped AND returned <= shipped AND credited <= invoiced
    AND (kind = 'service' OR invoiced <= shipped + failed));

CREATE TABLE shipment_package (
    tenant_id bigint NOT NULL,
    shipment_id bigint NOT NULL,
    package_no bigint NOT NULL,
    tracking_number text,
    weight_kg bigint,
    length_cm bigint,
    width_cm bigint,
    height_cm bigint,
    PRIMARY KEY (tenant_id, shipment_id, package_no),
    CONSTRAINT shipment_package_shipment_fkey FOREIGN KEY (tenant_id, shipment_id)
        REFERENCES shipment,
    CONSTRAINT shipment_package_measures_check
        CHECK (weight_kg > 0 AND length_cm > 0 AND width_cm > 0 AND height_cm > 0)
);

CREATE TABLE shipment_package_line (
    tenant_id bigint NOT NULL,
    shipment_id bigint NOT NULL,
    package_no bigint NOT NULL,
    line_no bigint NOT NULL,
    quantity bigint NOT NULL,
    PRIMARY KEY (tenant_id, shipment_id, package_no, line_no),
    CONSTRAINT shipment_package_line_package_fkey
        FOREIGN KEY (tenant_id, shipment_id, package_no) REFERENCES shipment_package,
    CONSTRAINT shipment_package_line_line_fkey
        FOREIGN KEY (tenant_id, shipment_id, line_no) REFERENCES shipment_line,
    CONSTRAINT shipment_package_line_quantity_check CHECK (quantity > 0)
);

-- What did not arrive as shipped. A posted fact.
CREATE TABLE shipment_exception (
    tenant_id bigint NOT NULL,
    shipment_id bigint NOT NULL,
    exception_no bigint NOT NULL,
    line_no bigint NOT NULL,
    kind text NOT NULL,
    quantity bigint NOT NULL,
    resolution text NOT NULL,
    restocked boolean NOT NULL,
    failed bigint NOT NULL,
    reason text,
    PRIMARY KEY (tenant_id, shipment_id, exception_no),
    CONSTRAINT shipment_exception_line_fkey
        FOREIGN KEY (tenant_id, shipment_id, line_no) REFERENCES shipment_line,
    CONSTRAINT shipment_exception_kind_check
        CHECK (kind IN ('short', 'damaged', 'refused', 'lost')),
    CONSTRAINT shipment_exception_resolution_check CHECK (resolution IN ('reship', 'close')),
    CONSTRAINT shipment_exception_quantity_check
        CHECK (quantity > 0 AND failed BETWEEN 0 AND quantity),
    CONSTRAINT shipment_exception_restocked_check
        CHECK (NOT restocked OR kind IN ('short', 'refused'))
);
COMMENT ON COLUMN shipment_exception.failed IS
    'part that is not counted as shipped any more; the rest was invoiced and is to be credited';

-- What carriers say of shipments on their way. The shipment keeps the last word: the latest by the
-- carrier's clock, whatever came in when.
ALTER TABLE shipment ADD COLUMN tracking_status text;
ALTER TABLE shipment ADD COLUMN tracking_at timestamptz;
ALTER TABLE shipment ADD CONSTRAINT shipment_tracking_check
    CHECK ((tracking_status IS NULL) = (tracking_at IS NULL));
CREATE INDEX shipment_tracking_status ON shipment (tenant_id, tracking_status, id)
    WHERE tracking_status IS NOT NULL;
CREATE INDEX shipment_tracking_number ON shipment (tenant_id, tracking_number)
    WHERE tracking_number IS NOT NULL;
CREATE INDEX shipment_package_tracking_number ON shipment_package (tenant_id, tracking_number)
    WHERE tracking_number IS NOT NULL;

-- name is what shipments say in carrier. The secrets key the signatures of the carrier's webhook.
CREATE TABLE carrier (
    tenant_id bigint NOT NULL REFERENCES tenant,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    name text NOT NULL,
    webhook_secret text,
    old_secret text,
    old_secret_until timestamptz,
    delivers boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT carrier_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT carrier_name_key UNIQUE (tenant_id, name),
    CONSTRAINT carrier_old_secret_check
        CHECK ((old_secret IS NULL) = (old_secret_until IS NULL)
            AND (old_secret IS NULL OR webhook_secret IS NOT NULL))
);

COMMENT ON COLUMN carrier.delivers IS 'its word that a shipment was delivered delivers it';

CREATE TABLE shipment_tracking (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    shipment_id bigint NOT NULL,
    event_id text NOT NULL,
    status text NOT NULL,
    occurred_at timestamptz NOT NULL,
    package_no bigint,
    place text,
    description text,
    source text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT shipment_tracking_event_key UNIQUE (tenant_id, shipment_id, event_id),
    CONSTRAINT shipment_tracking_shipment_fkey FOREIGN KEY (tenant_id, shipment_id)
        REFERENCES shipment,
    CONSTRAINT shipment_tracking_status_check CHECK (status IN
        ('picked_up', 'in_transit', 'out_for_delivery', 'delivered', 'exception', 'refused',
         'damaged', 'lost')),
    CONSTRAINT shipment_tracking_source_check CHECK (source IN ('api', 'webhook'))
);

-- Documents. The content is kept once by its hash; it does not compress.
CREATE TABLE document_content (
    tenant_id bigint NOT NULL REFERENCES tenant,
    sha256 bytea NOT NULL,
    size bigint NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (tenant_id, sha256),
    CONSTRAINT document_content_size_check
        CHECK (size = octet_length(content) AND size BETWEEN 1 AND 5242880
            AND octet_length(sha256) = 32)
);
ALTER TABLE document_content ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE shipment_document (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    shipment_id bigint NOT NULL,
    kind text NOT NULL,
    file_name text NOT NULL,
    media_type text NOT NULL,
    sha256 bytea NOT NULL,
    size bigint NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT shipment_document_content_key UNIQUE (tenant_id, shipment_id, kind, sha256),
    CONSTRAINT shipment_document_shipment_fkey FOREIGN KEY (tenant_id, shipment_id)
        REFERENCES shipment,
    CONSTRAINT shipment_document_content_fkey FOREIGN KEY (tenant_id, sha256)
        REFERENCES document_content,
    CONSTRAINT shipment_document_kind_check CHECK (kind IN
        ('packing_slip', 'bill_of_lading', 'proof_of_delivery', 'customs', 'other'))
);

-- What an applicant for credit sent along; beside the content that shipments' documents share.
CREATE TABLE credit_application_document (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    application_id bigint NOT NULL,
    kind text NOT NULL,
    file_name text NOT NULL,
    media_type text NOT NULL,
    sha256 bytea NOT NULL,
    size bigint NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT credit_application_document_content_key
        UNIQUE (tenant_id, application_id, kind, sha256),
    CONSTRAINT credit_application_document_application_fkey FOREIGN KEY (tenant_id, application_id)
        REFERENCES credit_application,
    CONSTRAINT credit_application_document_content_fkey FOREIGN KEY (tenant_id, sha256)
        REFERENCES document_content,
    CONSTRAINT credit_application_document_kind_check CHECK (kind IN
        ('balance_sheet', 'register_extract', 'bank_reference', 'tax_certificate', 'identity',
         'other'))
);

-- What shipping costs the customer. The policy of a currency; none: shipping is free.
CREATE TABLE freight_policy (
    tenant_id bigint NOT NULL REFERENCES tenant,
    currency text NOT NULL,
    mode text NOT NULL,
    amount bigint,
    tax_code_id bigint NOT NULL,
    description text NOT NULL,
    PRIMARY KEY (tenant_id, currency),
    CONSTRAINT freight_policy_tax_code_fkey FOREIGN KEY (tenant_id, tax_code_id)
        REFERENCES tax_code,
    CONSTRAINT freight_policy_mode_check CHECK (mode IN ('fixed', 'per_shipment', 'actual')),
    CONSTRAINT freight_policy_amount_check
        CHECK ((amount IS NULL) = (mode = 'actual') AND amount >= 0)
);
-- The charge, once the shipment has left, and the living invoice that bills it.
ALTER TABLE shipment ADD COLUMN freight bigint;
ALTER TABLE shipment ADD COLUMN freight_currency text;
ALTER TABLE shipment ADD COLUMN freight_tax_code_id bigint;
ALTER TABLE shipment ADD COLUMN freight_description text;
ALTER TABLE shipment ADD COLUMN freight_invoice_id bigint;
ALTER TABLE shipment ADD CONSTRAINT shipment_freight_check
    CHECK ((freight IS NULL) = (freight_currency IS NULL)
        AND (freight IS NULL) = (freight_tax_code_id IS NULL)
        AND (freight IS NULL) = (freight_description IS NULL)
        AND freight > 0 AND (freight_invoice_id IS NULL OR freight IS NOT NULL));

-- Which lots a line took, and what of them came back.
CREATE TABLE shipment_line_lot (
    tenant_id bigint NOT NULL,
    shipment_id bigint NOT NULL,
    line_no bigint NOT NULL,
    lot_id bigint NOT NULL,
    quantity bigint NOT NULL,
    returned bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, shipment_id, line_no, lot_id),
    CONSTRAINT shipment_line_lot_quantity_check
        CHECK (quantity > 0 AND returned BETWEEN 0 AND quantity)
);
CREATE INDEX shipment_line_lot_lot ON shipment_line_lot (tenant_id, lot_id, shipment_id);

-- Goods of a shipment that came back instead of arriving.
ALTER TABLE stock_movement DROP CONSTRAINT stock_movement_kind_check;
ALTER TABLE stock_movement ADD CONSTRAINT stock_movement_kind_check
    CHECK (kind IN ('receipt', 'shipment', 'adjustment', 'return', 'undelivered'));

-- What the proof compares.

-- Shipments whose lines, less what was put back, are not what left the stock.
CREATE OR REPLACE VIEW mismoved AS
SELECT x.tenant_id, x.shipment_id, x.product_id, x.warehouse_id, sum(x.moved) AS moved,
       sum(x.shipped) AS shipped
  FROM (SELECT m.tenant_id, m.document_id AS shipment_id, m.product_id, m.warehouse_id,
               -m.quantity AS moved, 0::bigint AS shipped
          FROM stock_movement m
         WHERE m.kind IN ('shipment', 'undelivered')
        UNION ALL
        SELECT l.tenant_id, l.shipment_id, l.product_id, l.warehouse_id, 0, l.quantity
          FROM shipment_line l
          JOIN shipment h ON h.tenant_id = l.tenant_id AND h.id = l.shipment_id
         WHERE h.status IN ('shipped', 'delivered', 'exception')
        UNION ALL
        SELECT l.tenant_id, l.shipment_id, l.product_id, l.warehouse_id, 0, -e.quantity
          FROM shipment_exception e
          JOIN shipment_line l ON l.tenant_id = e.tenant_id AND l.shipment_id = e.shipment_id
               AND l.line_no = e.line_no
         WHERE e.restocked) x
 GROUP BY x.tenant_id, x.shipment_id, x.product_id, x.warehouse_id
HAVING sum(x.moved) <> sum(x.shipped);

-- Pick lists: what is taken from the shelves, part by part of order lines. Their states change under
-- the lock of the list, behind the locks of the orders; order_line.picked under those of the orders.
CREATE TABLE pick_list (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    warehouse_id bigint NOT NULL,
    status text NOT NULL,
    part_count bigint NOT NULL,
    notes text,
    created_at timestamptz NOT NULL,
    picked_at timestamptz,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT pick_list_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT pick_list_warehouse_fkey FOREIGN KEY (tenant_id, warehouse_id) REFERENCES warehouse,
    CONSTRAINT pick_list_status_check
        CHECK (status IN ('open', 'picking', 'picked', 'canceled', 'recalled')
            AND (status IN ('picked', 'recalled')) = (picked_at IS NOT NULL))
);
CREATE TABLE pick_list_part (
    tenant_id bigint NOT NULL,
    pick_list_id bigint NOT NULL,
    line_no bigint NOT NULL,
    part_no bigint NOT NULL,
    product_id bigint NOT NULL,
    bin text,
    order_id bigint NOT NULL,
    order_line_no bigint NOT NULL,
    quantity bigint NOT NULL,
    picked bigint,
    recalled bigint NOT NULL DEFAULT 0,
    shipment_id bigint,
    PRIMARY KEY (tenant_id, pick_list_id, line_no, part_no),
    CONSTRAINT pick_list_part_list_fkey FOREIGN KEY (tenant_id, pick_list_id) REFERENCES pick_list,
    CONSTRAINT pick_list_part_quantity_check CHECK (quantity > 0 AND picked BETWEEN 0 AND quantity
        AND recalled BETWEEN 0 AND coalesce(picked, 0))
);
CREATE INDEX pick_list_part_order ON pick_list_part (tenant_id, order_id, order_line_no);
COMMENT ON COLUMN pick_list_part.shipment_id IS 'the draft that was made of what was picked';
-- How orders are found that are promised by a day; those without a promise are not in it.
CREATE INDEX sales_order_promised ON sales_order (tenant_id, promised_date, id)
    WHERE promised_date IS NOT NULL;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON shipment_exception
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON shipment_tracking
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON document_content
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON shipment_document
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_application_document
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'o2c_server') THEN
        GRANT SELECT, INSERT ON shipment_package, shipment_package_line, shipment_exception,
            shipment_tracking, document_content, shipment_document, credit_application_document
            TO o2c_server;
        GRANT SELECT, INSERT, UPDATE ON pick_list, pick_list_part TO o2c_server;
        GRANT SELECT, INSERT, UPDATE ON carrier, shipment_line_lot TO o2c_server;
        GRANT SELECT, INSERT, DELETE ON freight_policy TO o2c_server;
        GRANT DELETE ON shipment_package, shipment_package_line TO o2c_server;
    END IF;
END $$;
