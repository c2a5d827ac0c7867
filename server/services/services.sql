-- Milestones, access and usage.
-- include "server/services/services.h"

-- fn milestones_replace(order_id i64, order_line_no i64) -> exec
UPDATE milestone SET status = 'replaced', version = version + 1, updated_at = :now
 WHERE tenant_id = :tenant AND order_id = :order_id AND order_line_no = :order_line_no
   AND status = 'planned';

-- fn milestones_insert(rows m[struct milestone: id i64, order_id i64, order_line_no i64,
--     milestone_no i64, name text, status text, planned_date date?, quantity i64, net i64]) -> exec
INSERT INTO milestone (tenant_id, id, order_id, order_line_no, milestone_no, name, status,
                       planned_date, quantity, net, created_at, updated_at)
SELECT :tenant, m.id, m.order_id, m.order_line_no, m.milestone_no, m.name, m.status, m.planned_date,
       m.quantity, m.net, :now, :now
  FROM unnest(:m.id, :m.order_id, :m.order_line_no, :m.milestone_no, :m.name, :m.status,
              :m.planned_date, :m.quantity, :m.net)
       AS m(id, order_id, order_line_no, milestone_no, name, status, planned_date, quantity, net);

-- fn milestones_of_line(order_id i64, order_line_no i64) -> many struct milestone(id i64,
--     version i64, order_id i64, order_line_no i64, milestone_no i64, name text, status text,
--     planned_date date?, quantity i64, currency text, net i64, completed_on date?,
--     evidence text?, created_at instant, updated_at instant)
SELECT m.id, m.version, m.order_id, m.order_line_no, m.milestone_no, m.name, m.status,
       m.planned_date, m.quantity, o.currency, m.net, m.completed_on, m.evidence, m.created_at,
       m.updated_at
  FROM milestone m
  JOIN sales_order o ON o.tenant_id = m.tenant_id AND o.id = m.order_id
 WHERE m.tenant_id = :tenant AND m.order_id = :order_id AND m.order_line_no = :order_line_no
 ORDER BY m.milestone_no;

-- fn milestone_select(id i64) -> one struct milestone(id i64, version i64, order_id i64,
--     order_line_no i64, milestone_no i64, name text, status text, planned_date date?,
--     quantity i64, currency text, net i64, completed_on date?, evidence text?,
--     created_at instant, updated_at instant)
SELECT m.id, m.version, m.order_id, m.order_line_no, m.milestone_no, m.name, m.status,
       m.planned_date, m.quantity, o.currency, m.net, m.completed_on, m.evidence, m.created_at,
       m.updated_at
  FROM milestone m
  JOIN sales_order o ON o.tenant_id = m.tenant_id AND o.id = m.order_id
 WHERE m.tenant_id = :tenant AND m.id = :id;

-- fn milestones_list() -> list struct milestone(id i64, version i64, order_id i64,
--     order_line_no i64, milestone_no i64, name text, status text, planned_date date?,
--     quantity i64, currency text, net i64, completed_on date?, evidence text?,
--     created_at instant, updated_at instant)
-- filter order_id id ord: m.order_id
-- filter status text: m.status
-- filter planned_date date: m.planned_date
-- filter completed_on date: m.completed_on
-- sort id: m.id
SELECT m.id, m.version, m.order_id, m.order_line_no, m.milestone_no, m.name, m.status,
       m.planned_date, m.quantity, o.currency, m.net, m.completed_on, m.evidence, m.created_at,
       m.updated_at
  FROM milestone m
  JOIN sales_order o ON o.tenant_id = m.tenant_id AND o.id = m.order_id
 WHERE m.tenant_id = :tenant AND :filters;

-- fn milestone_update(id i64, status text, completed_on date?, evidence text?) -> exec
UPDATE milestone
   SET status = :status, completed_on = :completed_on, evidence = :evidence, version = version + 1,
       updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- fn access_by_external_id(external_id text) -> maybe(id i64)
SELECT id FROM access_grant WHERE tenant_id = :tenant AND external_id = :external_id;

-- fn access_insert(rows g[struct access_grant: id i64, external_id text?, order_id i64,
--     order_line_no i64, customer_id i64, product_id i64, quantity i64, starts_at instant,
--     ends_at instant?]) -> exec
INSERT INTO access_grant (tenant_id, id, external_id, order_id, order_line_no, customer_id,
                          product_id, quantity, status, starts_at, ends_at, created_at, updated_at)
SELECT :tenant, g.id, g.external_id, g.order_id, g.order_line_no, g.customer_id, g.product_id,
       g.quantity, 'granted', g.starts_at, g.ends_at, :now, :now
  FROM unnest(:g.id, :g.external_id, :g.order_id, :g.order_line_no, :g.customer_id, :g.product_id,
              :g.quantity, :g.starts_at, :g.ends_at)
       AS g(id, external_id, order_id, order_line_no, customer_id, product_id, quantity, starts_at,
            ends_at);

-- fn access_select(id i64) -> one struct access_grant(id i64, version i64, external_id text?,
--     status text, customer_id i64, product_id i64, order_id i64, order_line_no i64, quantity i64,
--     released i64, starts_at instant, ends_at instant?, reason text?, created_at instant,
--     updated_at instant)
SELECT g.id, g.version, g.external_id,
       CASE WHEN g.status = 'revoked' THEN 'revoked' WHEN g.ends_at <= :now THEN 'expired'
            WHEN g.status = 'suspended' THEN 'suspended' WHEN g.starts_at > :now THEN 'granted'
            ELSE 'active' END AS status,
       g.customer_id, g.product_id, g.order_id, g.order_line_no, g.quantity, g.released,
       g.starts_at, g.ends_at, g.reason, g.created_at, g.updated_at
  FROM access_grant g WHERE g.tenant_id = :tenant AND g.id = :id;

-- fn access_grants_list() -> list struct access_grant(id i64, version i64, external_id text?,
--     status text, customer_id i64, product_id i64, order_id i64, order_line_no i64, quantity i64,
--     released i64, starts_at instant, ends_at instant?, reason text?, created_at instant,
--     updated_at instant)
-- filter external_id text: g.external_id
-- filter customer_id id cus: g.customer_id
-- filter product_id id prd: g.product_id
-- filter order_id id ord: g.order_id
-- filter status text: CASE WHEN g.status = 'revoked' THEN 'revoked' WHEN g.ends_at <= :now THEN 'expired' WHEN g.status = 'suspended' THEN 'suspended' WHEN g.starts_at > :now THEN 'granted' ELSE 'active' END
-- filter ends_at instant: g.ends_at
-- sort id: g.id
SELECT g.id, g.version, g.external_id,
       CASE WHEN g.status = 'revoked' THEN 'revoked' WHEN g.ends_at <= :now THEN 'expired'
            WHEN g.status = 'suspended' THEN 'suspended' WHEN g.starts_at > :now THEN 'granted'
            ELSE 'active' END AS status,
       g.customer_id, g.product_id, g.order_id, g.order_line_no, g.quantity, g.released,
       g.starts_at, g.ends_at, g.reason, g.created_at, g.updated_at
  FROM access_grant g WHERE g.tenant_id = :tenant AND :filters;

-- fn access_update(id i64, status text, released i64, reason text) -> exec
UPDATE access_grant
   SET status = :status, released = :released, reason = :reason, version = version + 1,
       updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- Which of these are recorded already? Behind the locks of their orders.
-- fn usage_by_external_id(external_ids text[]) -> many struct usage_record(id i64,
--     external_id text, order_id i64, order_line_no i64, quantity i64, used_at instant,
--     description text?)
SELECT id, external_id, order_id, order_line_no, quantity, used_at, description
  FROM usage_record
 WHERE tenant_id = :tenant AND external_id = ANY(:external_ids)
 ORDER BY external_id COLLATE "C";

-- fn usage_insert(rows u[struct usage_record: id i64, external_id text, order_id i64,
--     order_line_no i64, quantity i64, used_at instant, description text?]) -> exec
INSERT INTO usage_record (tenant_id, id, external_id, order_id, order_line_no, quantity, used_at,
                          description, recorded_at)
SELECT :tenant, u.id, u.external_id, u.order_id, u.order_line_no, u.quantity, u.used_at,
       u.description, :now
  FROM unnest(:u.id, :u.external_id, :u.order_id, :u.order_line_no, :u.quantity, :u.used_at,
              :u.description)
       AS u(id, external_id, order_id, order_line_no, quantity, used_at, description);

-- fn usage_records_list() -> list struct usage_record(id i64, external_id text, order_id i64,
--     order_line_no i64, quantity i64, used_at instant, description text?, recorded_at instant)
-- filter external_id text: u.external_id
-- filter order_id id ord: u.order_id
-- filter order_line_no i64: u.order_line_no
-- filter used_at instant: u.used_at
-- sort id: u.id
SELECT u.id, u.external_id, u.order_id, u.order_line_no, u.quantity, u.used_at, u.description,
       u.recorded_at
  FROM usage_record u WHERE u.tenant_id = :tenant AND :filters;
