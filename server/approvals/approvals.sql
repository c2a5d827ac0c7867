-- Approval rules.
-- include "server/approvals/approvals.h"

-- fn approval_rule_by_external_id(external_id text) -> maybe(id i64)
SELECT id FROM approval_rule WHERE tenant_id = :tenant AND external_id = :external_id;

-- fn approval_rule_insert(rows r[struct approval_rule: id i64, external_id text?, name text,
--   status text, currency text, gross_from i64?, discount_from i64?, margin_below i64?,
--   approver_scope text]) -> exec
INSERT INTO approval_rule (tenant_id, id, external_id, name, status, currency, gross_from,
                           discount_from, margin_below, approver_scope, created_at, updated_at)
SELECT :tenant, r.id, r.external_id, r.name, r.status, r.currency, r.gross_from, r.discount_from,
       r.margin_below, r.approver_scope, :now, :now
  FROM unnest(:r.id, :r.external_id, :r.name, :r.status, :r.currency, :r.gross_from,
              :r.discount_from, :r.margin_below, :r.approver_scope)
       AS r(id, external_id, name, status, currency, gross_from, discount_from, margin_below,
            approver_scope);

-- fn approval_rule_update(rows r[struct approval_rule: id i64, external_id text?, name text,
--   status text, currency text, gross_from i64?, discount_from i64?, margin_below i64?,
--   approver_scope text]) -> exec
UPDATE approval_rule t
   SET external_id = r.external_id, name = r.name, status = r.status, currency = r.currency,
       gross_from = r.gross_from, discount_from = r.discount_from, margin_below = r.margin_below,
       approver_scope = r.approver_scope, version = t.version + 1, updated_at = :now
  FROM unnest(:r.id, :r.external_id, :r.name, :r.status, :r.currency, :r.gross_from,
              :r.discount_from, :r.margin_below, :r.approver_scope)
       AS r(id, external_id, name, status, currency, gross_from, discount_from, margin_below,
            approver_scope)
 WHERE t.tenant_id = :tenant AND t.id = r.id;

-- fn approval_rule_lock(id i64) -> one struct approval_rule(id i64, version i64, external_id text?,
--   name text, status text, currency text, gross_from i64?, discount_from i64?, margin_below i64?,
--   approver_scope text, created_at instant, updated_at instant)
SELECT id, version, external_id, name, status, currency, gross_from, discount_from, margin_below,
       approver_scope, created_at, updated_at
  FROM approval_rule WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE;

-- fn approval_rule_select(id i64) -> one struct approval_rule(id i64, version i64,
--   external_id text?, name text, status text, currency text, gross_from i64?, discount_from i64?,
--   margin_below i64?, approver_scope text, created_at instant, updated_at instant)
SELECT id, version, external_id, name, status, currency, gross_from, discount_from, margin_below,
       approver_scope, created_at, updated_at
  FROM approval_rule WHERE tenant_id = :tenant AND id = :id;

-- fn approval_rules_list() -> list struct approval_rule(id i64, version i64, external_id text?,
--   name text, status text, currency text, gross_from i64?, discount_from i64?, margin_below i64?,
--   approver_scope text, created_at instant, updated_at instant)
-- filter id id apr: r.id
-- filter external_id text: r.external_id
-- filter name text: r.name
-- filter status text: r.status
-- filter approver_scope text: r.approver_scope
-- filter created_at instant: r.created_at
-- sort id: r.id
SELECT r.id, r.version, r.external_id, r.name, r.status, r.currency, r.gross_from, r.discount_from,
       r.margin_below, r.approver_scope, r.created_at, r.updated_at
  FROM approval_rule r WHERE r.tenant_id = :tenant AND :filters;

-- fn approval_rules_load() -> many struct approval_rule_facts(id i64, name text,
--   approver_scope text, currency text, gross_from i64?, discount_from i64?, margin_below i64?)
SELECT id, name, approver_scope, currency, gross_from, discount_from, margin_below
  FROM approval_rule WHERE tenant_id = :tenant AND status = 'active'
 ORDER BY id;
