-- Services that are fulfilled bit by bit, and billed as they are: by milestones, by access that is
-- granted, by what was used. Invoices over several orders.

-- NULL: with the order, so that it is billed at once; and of goods.
ALTER TABLE product
    ADD COLUMN fulfillment text,
    ADD CONSTRAINT product_fulfillment_check CHECK (fulfillment IS NULL OR (kind = 'service'
        AND fulfillment IN ('milestone', 'access', 'usage', 'metered')));

-- What of such a line is fulfilled counts as shipped and delivered, as goods do: what is open, what
-- can be invoiced, what counts for credit and the status of the order follow from the same counters.
ALTER TABLE order_line
    ADD COLUMN fulfillment text,
    ADD CONSTRAINT order_line_fulfillment_check CHECK (fulfillment IS NULL OR (kind = 'service'
        AND fulfillment IN ('milestone', 'access', 'usage', 'metered'))),
    DROP CONSTRAINT order_line_counters_check,
    ADD CONSTRAINT order_line_counters_check CHECK (
        canceled >= 0 AND reserved >= 0 AND shipped >= 0 AND delivered >= 0 AND invoiced >= 0
        AND returned >= 0 AND credited >= 0 AND failed >= 0
        AND shipped + canceled + reserved <= quantity
        AND invoiced + canceled <= quantity
        AND delivered <= shipped AND returned <= shipped AND credited <= invoiced
        AND ((kind = 'service' AND fulfillment IS NULL) OR invoiced <= shipped + failed));
COMMENT ON COLUMN order_line.fulfillment IS
    'of a service that is billed as it is fulfilled, the product''s when ordered; NULL: another line';

-- Changes of all three are made under the lock of the order.
CREATE TABLE milestone (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    order_id bigint NOT NULL,
    order_line_no bigint NOT NULL,
    milestone_no bigint NOT NULL,
    name text NOT NULL,
    planned_date date,
    quantity bigint NOT NULL,
    net bigint NOT NULL,
    status text NOT NULL,
    completed_on date,
    evidence text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT milestone_no_key UNIQUE (tenant_id, order_id, order_line_no, milestone_no),
    CONSTRAINT milestone_line_fkey FOREIGN KEY (tenant_id, order_id, order_line_no)
        REFERENCES order_line,
    CONSTRAINT milestone_quantity_check CHECK (quantity > 0),
    CONSTRAINT milestone_status_check CHECK (status IN ('planned', 'completed', 'replaced')
        AND (status = 'completed') = (completed_on IS NOT NULL))
);
COMMENT ON COLUMN milestone.net IS 'its part of the line''s net when it was planned';

CREATE TABLE access_grant (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    external_id text,
    order_id bigint NOT NULL,
    order_line_no bigint NOT NULL,
    customer_id bigint NOT NULL,
    product_id bigint NOT NULL,
    quantity bigint NOT NULL,
    released bigint NOT NULL DEFAULT 0,
    status text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    reason text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT access_grant_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT access_grant_line_fkey FOREIGN KEY (tenant_id, order_id, order_line_no)
        REFERENCES order_line,
    CONSTRAINT access_grant_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES customer,
    CONSTRAINT access_grant_status_check CHECK (status IN ('granted', 'suspended', 'revoked')),
    CONSTRAINT access_grant_time_check CHECK (ends_at > starts_at),
    CONSTRAINT access_grant_quantity_check CHECK (quantity > 0 AND released BETWEEN 0 AND quantity
        AND (released = 0 OR status = 'revoked'))
);
CREATE INDEX access_grant_line ON access_grant (tenant_id, order_id, order_line_no);
CREATE INDEX access_grant_customer ON access_grant (tenant_id, customer_id, id);
COMMENT ON COLUMN access_grant.status IS
    'what somebody decided; whether it has begun or expired is told by the clock';
COMMENT ON COLUMN access_grant.released IS 'what was not invoiced when it was revoked';

-- What was used. Posted facts: a correction is a record of its own, with a negative quantity.
CREATE TABLE usage_record (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    external_id text NOT NULL,
    order_id bigint NOT NULL,
    order_line_no bigint NOT NULL,
    quantity bigint NOT NULL,
    used_at timestamptz NOT NULL,
    description text,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT usage_record_external_id_key UNIQUE (tenant_id, external_id),
    CONSTRAINT usage_record_line_fkey FOREIGN KEY (tenant_id, order_id, order_line_no)
        REFERENCES order_line,
    CONSTRAINT usage_record_quantity_check CHECK (quantity <> 0)
);
CREATE INDEX usage_record_line ON usage_record (tenant_id, order_id, order_line_no);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON usage_record
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The orders of an invoice over several; one over a single order names it itself.
CREATE TABLE joint_invoice_order (
    tenant_id bigint NOT NULL,
    order_id bigint NOT NULL,
    invoice_id bigint NOT NULL,
    PRIMARY KEY (tenant_id, order_id, invoice_id),
    CONSTRAINT joint_invoice_order_order_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES sales_order,
    CONSTRAINT joint_invoice_order_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON joint_invoice_order
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What lines count as done, and what the documents and records behind them say.
DROP VIEW order_line_done;
CREATE VIEW order_line_done AS
SELECT l.tenant_id, l.order_id, l.line_no, l.shipped, l.delivered, l.failed, l.invoiced,
       l.credited, coalesce(s.carried, f.quantity, 0) AS carried,
       coalesce(s.failed, 0) AS failed_on_shipments,
       coalesce(s.carried, f.quantity, 0) - coalesce(s.failed, 0) AS on_shipments,
       coalesce(s.excepted, 0) AS excepted, coalesce(s.delivered, f.quantity, 0) AS arrived,
       s.invoiced AS on_invoiced_shipments, coalesce(i.quantity, 0) AS on_invoices,
       i.credited AS on_credited_invoices, coalesce(c.quantity, 0) AS on_credit_notes,
       l.fulfillment
  FROM order_line l
  LEFT JOIN (SELECT x.tenant_id, x.order_id, x.order_line_no,
                    sum(x.quantity)
                        FILTER (WHERE h.status IN ('shipped', 'delivered', 'exception')) AS carried,
                    sum(x.failed) AS failed, sum(e.failed) AS excepted,
                    sum(x.delivered) AS delivered, sum(x.invoiced) AS invoiced
               FROM shipment_line x
               JOIN shipment h ON h.tenant_id = x.tenant_id AND h.id = x.shipment_id
               LEFT JOIN (SELECT y.tenant_id, y.shipment_id, y.line_no, sum(y.failed) AS failed
                            FROM shipment_exception y
                           GROUP BY y.tenant_id, y.shipment_id, y.line_no) e
                    ON e.tenant_id = x.tenant_id AND e.shipment_id = x.shipment_id
                    AND e.line_no = x.line_no
              GROUP BY x.tenant_id, x.order_id, x.order_line_no) s
       ON s.tenant_id = l.tenant_id AND s.order_id = l.order_id AND s.order_line_no = l.line_no
  LEFT JOIN (SELECT y.tenant_id, y.order_id, y.order_line_no, sum(y.quantity) AS quantity
               FROM (SELECT m.tenant_id, m.order_id, m.order_line_no, m.quantity
                       FROM milestone m WHERE m.status = 'completed'
                     UNION ALL
                     SELECT g.tenant_id, g.order_id, g.order_line_no, g.quantity - g.released
                       FROM access_grant g
                     UNION ALL
                     SELECT u.tenant_id, u.order_id, u.order_line_no, u.quantity
                       FROM usage_record u) y
              GROUP BY y.tenant_id, y.order_id, y.order_line_no) f
       ON f.tenant_id = l.tenant_id AND f.order_id = l.order_id AND f.order_line_no = l.line_no
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

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'o2c_server') THEN
        GRANT SELECT, INSERT, UPDATE ON milestone, access_grant TO o2c_server;
        GRANT SELECT, INSERT ON usage_record, joint_invoice_order TO o2c_server;
        GRANT SELECT ON order_line_done TO o2c_server;
    END IF;
END $$;
