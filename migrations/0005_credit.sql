-- Credit management: groups of companies, limits with validity, collateral, policies, decisions,
-- blocked orders that wait for credit, onboarding.

-- A group of companies is a tree of accounts. `ancestors` runs from the root down to the parent:
-- one array to lock everything that an account counts into. `below` and `held_orders` are rolled
-- up along it in the transaction of the fact.
ALTER TABLE credit_account
    ADD COLUMN revision bigint NOT NULL DEFAULT 1,
    ADD COLUMN name text,
    ADD COLUMN parent_id bigint,
    ADD COLUMN ancestors bigint[] NOT NULL DEFAULT '{}',
    ADD COLUMN limit_from date,
    ADD COLUMN limit_to date,
    ADD COLUMN approved_at timestamptz,
    ADD COLUMN reviewer text,
    ADD COLUMN review_date date,
    ADD COLUMN secured bigint NOT NULL DEFAULT 0,
    ADD COLUMN secured_kind text,
    ADD COLUMN secured_from date,
    ADD COLUMN secured_to date,
    ADD COLUMN deposit_percent bigint NOT NULL DEFAULT 0,
    ADD COLUMN policy_id bigint,
    ADD COLUMN below bigint NOT NULL DEFAULT 0,
    ADD COLUMN held_orders bigint NOT NULL DEFAULT 0,
    ADD COLUMN uncleared bigint NOT NULL DEFAULT 0,
    ADD COLUMN disputed bigint NOT NULL DEFAULT 0,
    ADD COLUMN departures bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT credit_account_parent_fkey FOREIGN KEY (tenant_id, parent_id)
        REFERENCES credit_account,
    ADD CONSTRAINT credit_account_parent_check CHECK (parent_id IS DISTINCT FROM id),
    ADD CONSTRAINT credit_account_ancestors_check
        CHECK (coalesce(ancestors[cardinality(ancestors)], 0) = coalesce(parent_id, 0)),
    ADD CONSTRAINT credit_account_limit_days_check CHECK (limit_to >= limit_from),
    ADD CONSTRAINT credit_account_secured_check
        CHECK (secured >= 0 AND (secured = 0) = (secured_kind IS NULL)),
    ADD CONSTRAINT credit_account_secured_days_check CHECK (secured_to >= secured_from),
    ADD CONSTRAINT credit_account_secured_kind_check CHECK (secured_kind IN
        ('insurance', 'bank_guarantee', 'letter_of_credit', 'deposit', 'retention_of_title',
         'other')),
    ADD CONSTRAINT credit_account_deposit_check CHECK (deposit_percent BETWEEN 0 AND 100000000),
    ADD CONSTRAINT credit_account_held_check CHECK (held_orders >= 0),
    ADD CONSTRAINT credit_account_uncleared_check CHECK (uncleared >= 0),
    ADD CONSTRAINT credit_account_disputed_check CHECK (disputed >= 0);
CREATE INDEX credit_account_parent ON credit_account (tenant_id, parent_id)
    WHERE parent_id IS NOT NULL;
COMMENT ON COLUMN credit_account.revision IS
    'of what was agreed, the ETag; version also counts every move';
COMMENT ON COLUMN credit_account.below IS
    'exposure of all accounts below, without their collateral';
COMMENT ON COLUMN credit_account.held_orders IS
    'orders of this account and of those below that wait for credit';
COMMENT ON COLUMN credit_account.uncleared IS
    'payments, here and below, that are pending, whatever day they clear on';
COMMENT ON COLUMN credit_account.departures IS
    'how often a customer left it for another one; who knew them before asks again then';
COMMENT ON COLUMN credit_account.disputed IS
    'what is disputed of open invoices, here and below';

-- What each order contributes to its credit account. Shares of a line are rounded half up from
-- cumulative quantities, as server/orders/rules.h has them.
CREATE VIEW order_commitment AS
SELECT o.tenant_id, o.id, o.credit_account_id, o.customer_id, o.payer_id, o.number, o.order_date,
       o.requested_date, sum(l.gross - q.committed) AS ordered, sum(q.done - q.invoiced) AS unbilled
  FROM sales_order o
  JOIN order_line l ON l.tenant_id = o.tenant_id AND l.order_id = o.id
 CROSS JOIN LATERAL (SELECT greatest(l.shipped, l.invoiced) AS done) d
 CROSS JOIN LATERAL (SELECT
       CASE d.done + l.canceled WHEN 0 THEN 0 WHEN l.quantity THEN l.gross
       ELSE sign(l.gross) * div(abs(l.gross)::numeric * (d.done + l.canceled) * 2 + l.quantity,
                                l.quantity::numeric * 2) END AS committed,
       CASE d.done WHEN 0 THEN 0 WHEN l.quantity THEN l.gross
       ELSE sign(l.gross) * div(abs(l.gross)::numeric * (d.done) * 2 + l.quantity,
                                l.quantity::numeric * 2) END AS done,
       CASE l.invoiced WHEN 0 THEN 0 WHEN l.quantity THEN l.gross
       ELSE sign(l.gross) * div(abs(l.gross)::numeric * (l.invoiced) * 2 + l.quantity,
                                l.quantity::numeric * 2) END AS invoiced) q
 WHERE o.confirmed_at IS NOT NULL
 GROUP BY o.tenant_id, o.id, o.credit_account_id, o.customer_id, o.payer_id, o.number, o.order_date,
       o.requested_date;

-- Orders that wait for credit, never confirmed: small and hot. A row goes when its order goes on.
CREATE TABLE blocked_order (
    tenant_id bigint NOT NULL,
    credit_account_id bigint NOT NULL,
    order_id bigint NOT NULL,
    blocked_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, credit_account_id, order_id)
);

-- Orders that waited before this table was there.
INSERT INTO blocked_order (tenant_id, credit_account_id, order_id, blocked_at)
SELECT o.tenant_id, o.credit_account_id, o.id, min(h.placed_at)
  FROM order_hold h
  JOIN sales_order o ON o.tenant_id = h.tenant_id AND o.id = h.order_id
 WHERE h.kind = 'credit' AND h.released_at IS NULL AND o.status = 'on_hold'
   AND o.confirmed_at IS NULL
 GROUP BY o.tenant_id, o.credit_account_id, o.id;
UPDATE credit_account a
   SET held_orders = (SELECT count(*) FROM blocked_order b
                       WHERE b.tenant_id = a.tenant_id AND b.credit_account_id = a.id)
 WHERE EXISTS (SELECT FROM blocked_order b
                WHERE b.tenant_id = a.tenant_id AND b.credit_account_id = a.id);

-- Roots in whose trees orders may go on, noted by transactions that could not wait for their stock;
-- a worker deletes them behind looking.
CREATE TABLE credit_room (
    tenant_id bigint NOT NULL,
    credit_account_id bigint NOT NULL,
    mark bigint NOT NULL,
    PRIMARY KEY (tenant_id, credit_account_id)
);
COMMENT ON COLUMN credit_room.mark IS 'another one each time: what is noted meanwhile stays';

-- What a release of a credit hold allows, and how long; NULL: without end.
ALTER TABLE order_hold
    ADD COLUMN release_cap bigint,
    ADD COLUMN release_expires date,
    ADD CONSTRAINT order_hold_cap_check CHECK (release_cap >= 0);

-- money that may still come back

-- A pending payment is applied like any other. It counts as cleared when somebody says so, or from
-- clears_on on by the clock: whoever reads compares the days, and the sweeper of the server tidies
-- up. One that is returned has given back all of it.
ALTER TABLE payment
    ADD COLUMN clearing text NOT NULL DEFAULT 'cleared',
    ADD COLUMN clears_on date,
    ADD COLUMN return_reason text,
    ADD COLUMN returned_at timestamptz,
    ADD CONSTRAINT payment_clearing_check CHECK (clearing IN ('pending', 'cleared', 'returned')),
    ADD CONSTRAINT payment_pending_check CHECK (clearing <> 'pending' OR refunded = 0),
    ADD CONSTRAINT payment_returned_check
        CHECK (CASE clearing WHEN 'returned'
                    THEN refunded = amount AND returned_at IS NOT NULL AND return_reason IS NOT NULL
                    ELSE returned_at IS NULL END);
CREATE INDEX payment_pending ON payment (tenant_id, credit_account_id)
    WHERE clearing = 'pending';

-- In the books a returned payment is one that was paid back in full.
ALTER TABLE refund ADD COLUMN returned boolean NOT NULL DEFAULT false;

CREATE FUNCTION credit_uncleared_passed(tenant bigint, account bigint, today date)
RETURNS bigint LANGUAGE sql STABLE AS $$
    WITH RECURSIVE tree AS (
        SELECT account AS id
        UNION ALL
        SELECT a.id FROM tree t
          JOIN credit_account a ON a.tenant_id = tenant AND a.parent_id = t.id)
    SELECT coalesce(sum(p.amount), 0)::bigint
      FROM tree t
      JOIN payment p ON p.tenant_id = tenant AND p.credit_account_id = t.id
           AND p.clearing = 'pending' AND p.clears_on <= today
$$;
COMMENT ON FUNCTION credit_uncleared_passed IS
    'of what an account counts as uncleared, what has cleared by the clock';

-- disputes

-- invoice.disputed is what the open dispute is about; what counts of it, never more than what is
-- open, is in the open item: it shrinks with payments and grows back when they are taken back.
ALTER TABLE invoice
    ADD COLUMN disputed bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT invoice_disputed_check CHECK (disputed >= 0 AND disputed <= gross);
ALTER TABLE open_item
    ADD COLUMN disputed bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT open_item_disputed_check CHECK (disputed >= 0 AND disputed <= open_amount);

CREATE TABLE invoice_dispute (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    invoice_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    status text NOT NULL,
    kind text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    reason text NOT NULL,
    outcome text,
    note text,
    opened_at timestamptz NOT NULL,
    opened_by bigint,
    resolved_at timestamptz,
    resolved_by bigint,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT invoice_dispute_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice,
    CONSTRAINT invoice_dispute_status_check CHECK (status IN ('open', 'resolved')),
    CONSTRAINT invoice_dispute_kind_check CHECK (kind IN
        ('price', 'quantity', 'quality', 'delivery', 'tax', 'duplicate', 'other')),
    CONSTRAINT invoice_dispute_outcome_check CHECK (outcome IN ('valid', 'invalid', 'partial')),
    CONSTRAINT invoice_dispute_amount_check CHECK (amount > 0),
    CONSTRAINT invoice_dispute_resolved_check
        CHECK ((status = 'resolved') = (resolved_at IS NOT NULL)
           AND (status = 'resolved') = (outcome IS NOT NULL))
);
CREATE UNIQUE INDEX invoice_dispute_open ON invoice_dispute (tenant_id, invoice_id)
    WHERE status = 'open';
CREATE INDEX invoice_dispute_customer ON invoice_dispute (tenant_id, customer_id, id);

-- what collectors report

CREATE TABLE customer_collections (
    tenant_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    dunning_level bigint NOT NULL,
    since date NOT NULL,
    source text,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, customer_id),
    CONSTRAINT customer_collections_customer_fkey FOREIGN KEY (tenant_id, customer_id)
        REFERENCES customer,
    CONSTRAINT customer_collections_level_check CHECK (dunning_level BETWEEN 0 AND 9)
);

-- Whether a promise was kept follows from what was paid until its last day; nobody writes it.
CREATE TABLE promise (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    customer_id bigint NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    due_date date NOT NULL,
    grace_days bigint NOT NULL,
    last_day date NOT NULL,
    channel text,
    promised_by text,
    notes text,
    cancel_reason text,
    canceled_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT promise_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES customer,
    CONSTRAINT promise_amount_check CHECK (amount > 0),
    CONSTRAINT promise_last_day_check
        CHECK (grace_days >= 0 AND last_day = due_date + grace_days::int),
    CONSTRAINT promise_channel_check CHECK (channel IN
        ('phone', 'email', 'letter', 'portal', 'visit', 'other')),
    CONSTRAINT promise_canceled_check CHECK ((canceled_at IS NULL) = (cancel_reason IS NULL))
);
CREATE INDEX promise_customer ON promise (tenant_id, customer_id, last_day);

-- prior: what had been applied to the invoice when the promise was made, which is not what was
-- promised. A time would not do: transactions that wait for each other are not ordered by it.
CREATE TABLE promise_invoice (
    tenant_id bigint NOT NULL,
    promise_id bigint NOT NULL,
    invoice_id bigint NOT NULL,
    prior bigint[] NOT NULL,
    PRIMARY KEY (tenant_id, promise_id, invoice_id),
    CONSTRAINT promise_invoice_promise_fkey FOREIGN KEY (tenant_id, promise_id) REFERENCES promise,
    CONSTRAINT promise_invoice_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice
);
CREATE INDEX promise_invoice_of ON promise_invoice (tenant_id, invoice_id);

-- What payments brought until the last day, and nobody took back since.
CREATE VIEW promise_paid AS
SELECT p.tenant_id, p.id AS promise_id,
       (SELECT coalesce(sum(a.amount), 0)::bigint
          FROM promise_invoice i
          JOIN allocation a ON a.tenant_id = p.tenant_id AND a.invoice_id = i.invoice_id
         WHERE i.tenant_id = p.tenant_id AND i.promise_id = p.id AND a.source = 'payment'
           AND a.reverses IS NULL AND a.effective_date <= p.last_day AND a.id <> ALL(i.prior)
           AND NOT EXISTS (SELECT FROM allocation r
                            WHERE r.tenant_id = p.tenant_id AND r.reverses = a.id)) AS paid
  FROM promise p;

-- policies

CREATE TABLE credit_policy (
    tenant_id bigint NOT NULL REFERENCES tenant,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    name text NOT NULL,
    is_default boolean NOT NULL DEFAULT false,
    mode text NOT NULL,
    max_overdue_days bigint,
    max_overdue_percent bigint,
    max_document bigint,
    check_review boolean NOT NULL DEFAULT false,
    check_new_customer boolean NOT NULL DEFAULT false,
    horizon_days bigint,
    max_dunning_level bigint,
    max_broken_promises bigint,
    broken_promise_days bigint,
    allow_uncleared boolean NOT NULL DEFAULT false,
    exclude_disputed boolean NOT NULL DEFAULT false,
    at_confirm boolean NOT NULL DEFAULT true,
    at_amend boolean NOT NULL DEFAULT true,
    at_ship boolean NOT NULL DEFAULT false,
    at_invoice boolean NOT NULL DEFAULT false,
    at_limit_decrease boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT credit_policy_name_key UNIQUE (tenant_id, name),
    CONSTRAINT credit_policy_mode_check CHECK (mode IN ('ignore', 'warn', 'enforce')),
    CONSTRAINT credit_policy_numbers_check CHECK (max_overdue_days >= 0
        AND max_overdue_percent BETWEEN 0 AND 100000000 AND max_document >= 0
        AND horizon_days >= 0 AND max_dunning_level BETWEEN 0 AND 9
        AND max_broken_promises >= 0 AND broken_promise_days >= 1)
);
CREATE UNIQUE INDEX credit_policy_default ON credit_policy (tenant_id) WHERE is_default;

ALTER TABLE credit_account
    ADD CONSTRAINT credit_account_policy_fkey FOREIGN KEY (tenant_id, policy_id)
        REFERENCES credit_policy;

-- What a policy said in each of its versions.
CREATE TABLE credit_policy_version (
    tenant_id bigint NOT NULL,
    policy_id bigint NOT NULL,
    version bigint NOT NULL,
    content json NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, policy_id, version),
    CONSTRAINT credit_policy_version_policy_fkey FOREIGN KEY (tenant_id, policy_id)
        REFERENCES credit_policy
);

-- decisions

CREATE TABLE credit_decision (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    credit_account_id bigint NOT NULL,
    customer_id bigint,
    order_id bigint,
    point text NOT NULL,
    outcome text NOT NULL,
    mode text NOT NULL,
    policy_id bigint,
    policy_version bigint,
    currency text NOT NULL,
    amount bigint NOT NULL,
    exposure bigint NOT NULL,
    credit_limit bigint,
    reason text,
    trace json NOT NULL,
    decided_at timestamptz NOT NULL,
    decided_by bigint,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT credit_decision_point_check CHECK (point IN
        ('confirm', 'amend', 'ship', 'invoice', 'limit_decrease', 'release', 'reconsider')),
    CONSTRAINT credit_decision_outcome_check CHECK (outcome IN
        ('approved', 'warned', 'held', 'refused', 'released'))
);
CREATE INDEX credit_decision_order ON credit_decision (tenant_id, order_id, id)
    WHERE order_id IS NOT NULL;
CREATE INDEX credit_decision_customer ON credit_decision (tenant_id, customer_id, id);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_policy_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- onboarding

CREATE TABLE credit_application (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    customer_id bigint NOT NULL,
    status text NOT NULL,
    currency text NOT NULL,
    requested_limit bigint NOT NULL,
    requested_terms_days bigint,
    order_id bigint,
    trade_references json NOT NULL,
    notes text,
    score bigint NOT NULL,
    score_parts json NOT NULL,
    granted_limit bigint,
    granted_terms_days bigint,
    deposit_percent bigint,
    reason text,
    decided_at timestamptz,
    decided_by bigint,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT credit_application_customer_fkey FOREIGN KEY (tenant_id, customer_id)
        REFERENCES customer,
    CONSTRAINT credit_application_status_check
        CHECK (status IN ('open', 'approved', 'declined')),
    CONSTRAINT credit_application_score_check CHECK (score BETWEEN 0 AND 100),
    CONSTRAINT credit_application_decided_check
        CHECK ((status = 'open') = (decided_at IS NULL)
           AND (status = 'approved') = (granted_limit IS NOT NULL)),
    CONSTRAINT credit_application_amounts_check
        CHECK (requested_limit >= 0 AND granted_limit >= 0)
);
-- One question at a time.
CREATE UNIQUE INDEX credit_application_open ON credit_application (tenant_id, customer_id)
    WHERE status = 'open';
CREATE INDEX credit_application_of_customer ON credit_application (tenant_id, customer_id, id);

-- Questions to a credit bureau: stored, then asked outside of any transaction. next_try_at NULL:
-- nobody asks any more.
CREATE TABLE bureau_request (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    application_id bigint NOT NULL,
    status text NOT NULL,
    tries bigint NOT NULL DEFAULT 0,
    next_try_at timestamptz,
    score bigint,
    proposed_limit bigint,
    reference text,
    reason text,
    asked_at timestamptz NOT NULL,
    asked_by bigint,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT bureau_request_application_fkey FOREIGN KEY (tenant_id, application_id)
        REFERENCES credit_application,
    CONSTRAINT bureau_request_status_check
        CHECK (status IN ('asked', 'answered', 'refused', 'failed', 'unknown')),
    CONSTRAINT bureau_request_answer_check
        CHECK ((status = 'answered') = (score IS NOT NULL) AND score BETWEEN 0 AND 100
           AND proposed_limit >= 0 AND (proposed_limit IS NULL OR score IS NOT NULL)),
    CONSTRAINT bureau_request_open_check
        CHECK (CASE status WHEN 'asked' THEN next_try_at IS NOT NULL WHEN 'unknown' THEN true
                           ELSE next_try_at IS NULL END)
);
CREATE UNIQUE INDEX bureau_request_open ON bureau_request (tenant_id, application_id)
    WHERE next_try_at IS NOT NULL;
CREATE INDEX bureau_request_of ON bureau_request (tenant_id, application_id, id);
CREATE INDEX bureau_request_due ON bureau_request (tenant_id, next_try_at)
    WHERE next_try_at IS NOT NULL;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'o2c_server') THEN
        GRANT SELECT ON order_commitment, promise_paid TO o2c_server;
        GRANT SELECT, INSERT, DELETE ON blocked_order TO o2c_server;
        GRANT SELECT, INSERT, UPDATE, DELETE ON credit_room TO o2c_server;
        GRANT SELECT, INSERT, UPDATE ON credit_policy, credit_application, invoice_dispute,
            customer_collections, promise, bureau_request TO o2c_server;
        GRANT SELECT, INSERT ON promise_invoice TO o2c_server;
        GRANT SELECT, INSERT ON credit_policy_version, credit_decision TO o2c_server;
    END IF;
END $$;
