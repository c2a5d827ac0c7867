-- Credit policies, and what they ask about accounts.
-- include "server/credit/policies.h"

-- fn credit_policy_insert(rows p[struct credit_policy: id i64, name text, is_default bool, mode text, max_overdue_days i64?,
--   max_overdue_percent i64?, max_document i64?, check_review bool, check_new_customer bool, horizon_days i64?, max_dunning_level i64?,
--   max_broken_promises i64?, broken_promise_days i64?, allow_uncleared bool, exclude_disputed bool,
--   at_confirm bool, at_amend bool, at_ship bool, at_invoice bool, at_limit_decrease bool]) -> exec
INSERT INTO credit_policy (tenant_id, id, name, is_default, mode, max_overdue_days, max_overdue_percent, max_document,
       check_review, check_new_customer, horizon_days, max_dunning_level,
       max_broken_promises, broken_promise_days, allow_uncleared, exclude_disputed,
       at_confirm, at_amend, at_ship, at_invoice, at_limit_decrease,
       created_at, updated_at)
SELECT :tenant, p.id, p.name, p.is_default, p.mode, p.max_overdue_days, p.max_overdue_percent, p.max_document,
       p.check_review, p.check_new_customer, p.horizon_days, p.max_dunning_level,
       p.max_broken_promises, p.broken_promise_days, p.allow_uncleared, p.exclude_disputed,
       p.at_confirm, p.at_amend, p.at_ship, p.at_invoice,
       p.at_limit_decrease, :now, :now
  FROM unnest(:p.id, :p.name, :p.is_default, :p.mode, :p.max_overdue_days, :p.max_overdue_percent, :p.max_document,
       :p.check_review, :p.check_new_customer, :p.horizon_days, :p.max_dunning_level,
       :p.max_broken_promises, :p.broken_promise_days, :p.allow_uncleared, :p.exclude_disputed,
       :p.at_confirm, :p.at_amend, :p.at_ship, :p.at_invoice,
       :p.at_limit_decrease)
       AS p(id, name, is_default, mode, max_overdue_days, max_overdue_percent, max_document, check_review,
            check_new_customer, horizon_days, max_dunning_level,
       max_broken_promises, broken_promise_days, allow_uncleared, exclude_disputed,
       at_confirm, at_amend, at_ship, at_invoice, at_limit_decrease);

-- fn credit_policy_update(rows p[struct credit_policy: id i64, name text, is_default bool, mode text, max_overdue_days i64?,
--   max_overdue_percent i64?, max_document i64?, check_review bool, check_new_customer bool, horizon_days i64?, max_dunning_level i64?,
--   max_broken_promises i64?, broken_promise_days i64?, allow_uncleared bool, exclude_disputed bool,
--   at_confirm bool, at_amend bool, at_ship bool, at_invoice bool, at_limit_decrease bool]) -> exec
UPDATE credit_policy o
   SET version = o.version + 1, name = p.name, is_default = p.is_default, mode = p.mode,
       max_overdue_days = p.max_overdue_days, max_overdue_percent = p.max_overdue_percent, max_document = p.max_document,
       check_review = p.check_review, check_new_customer = p.check_new_customer, horizon_days = p.horizon_days,
       max_dunning_level = p.max_dunning_level, max_broken_promises = p.max_broken_promises,
       broken_promise_days = p.broken_promise_days, allow_uncleared = p.allow_uncleared, exclude_disputed = p.exclude_disputed,
       at_confirm = p.at_confirm, at_amend = p.at_amend, at_ship = p.at_ship, at_invoice = p.at_invoice,
       at_limit_decrease = p.at_limit_decrease, updated_at = :now
  FROM unnest(:p.id, :p.name, :p.is_default, :p.mode, :p.max_overdue_days, :p.max_overdue_percent, :p.max_document,
       :p.check_review, :p.check_new_customer, :p.horizon_days, :p.max_dunning_level,
       :p.max_broken_promises, :p.broken_promise_days, :p.allow_uncleared, :p.exclude_disputed,
       :p.at_confirm, :p.at_amend, :p.at_ship, :p.at_invoice,
       :p.at_limit_decrease)
       AS p(id, name, is_default, mode, max_overdue_days, max_overdue_percent, max_document, check_review,
            check_new_customer, horizon_days, max_dunning_level,
       max_broken_promises, broken_promise_days, allow_uncleared, exclude_disputed,
       at_confirm, at_amend, at_ship, at_invoice, at_limit_decrease)
 WHERE o.tenant_id = :tenant AND o.id = p.id;

-- fn credit_policy_version_insert(policy i64, version i64, content json) -> exec
INSERT INTO credit_policy_version (tenant_id, policy_id, version, content, created_at)
VALUES (:tenant, :policy, :version, :content, :now);

-- fn credit_policy_select(policy i64) -> one struct credit_policy(id i64, version i64, name text, is_default bool, mode text,
--   max_overdue_days i64?, max_overdue_percent i64?, max_document i64?, check_review bool, check_new_customer bool,
--   horizon_days i64?, max_dunning_level i64?,
--   max_broken_promises i64?, broken_promise_days i64?, allow_uncleared bool, exclude_disputed bool,
--   at_confirm bool, at_amend bool, at_ship bool, at_invoice bool, at_limit_decrease bool,
--   created_at instant, updated_at instant)
SELECT id, version, name, is_default, mode, max_overdue_days, max_overdue_percent, max_document, check_review,
       check_new_customer, horizon_days, max_dunning_level,
       max_broken_promises, broken_promise_days, allow_uncleared, exclude_disputed,
       at_confirm, at_amend, at_ship, at_invoice, at_limit_decrease, created_at,
       updated_at
  FROM credit_policy WHERE tenant_id = :tenant AND id = :policy;

-- fn credit_policy_lock(policy i64) -> one(version i64)
SELECT version FROM credit_policy WHERE tenant_id = :tenant AND id = :policy FOR NO KEY UPDATE;

-- fn credit_policies_list() -> list struct credit_policy(id i64, version i64, name text, is_default bool, mode text,
--   max_overdue_days i64?, max_overdue_percent i64?, max_document i64?, check_review bool, check_new_customer bool,
--   horizon_days i64?, max_dunning_level i64?,
--   max_broken_promises i64?, broken_promise_days i64?, allow_uncleared bool, exclude_disputed bool,
--   at_confirm bool, at_amend bool, at_ship bool, at_invoice bool, at_limit_decrease bool,
--   created_at instant, updated_at instant)
-- filter name text: p.name
-- filter mode text: p.mode
-- filter is_default bool: p.is_default
-- sort id: p.id
SELECT p.id, p.version, p.name, p.is_default, p.mode, p.max_overdue_days, p.max_overdue_percent, p.max_document,
       p.check_review, p.check_new_customer, p.horizon_days, p.max_dunning_level,
       p.max_broken_promises, p.broken_promise_days, p.allow_uncleared, p.exclude_disputed,
       p.at_confirm, p.at_amend, p.at_ship, p.at_invoice,
       p.at_limit_decrease, p.created_at, p.updated_at
  FROM credit_policy p WHERE p.tenant_id = :tenant AND :filters;

-- fn credit_policy_versions(policy i64) -> many struct credit_policy_version(version i64, created_at instant, content json)
SELECT version, created_at, content FROM credit_policy_version
 WHERE tenant_id = :tenant AND policy_id = :policy ORDER BY version;

-- Who has the name, and which one is the default?
-- fn credit_policy_others(policy i64, name text) -> many(id i64, named bool, is_default bool)
SELECT id, name = :name AS named, is_default FROM credit_policy
 WHERE tenant_id = :tenant AND id <> :policy AND (name = :name OR is_default);

-- What the policies ask about these accounts, behind their locks.
-- fn credit_standings(accounts i64[]) -> many struct credit_standing(account i64, policy_id i64, policy_version i64,
--   mode text, max_overdue_days i64?, max_overdue_percent i64?, max_document i64?, horizon_days i64?, check_review bool,
--   check_new_customer bool, allow_uncleared bool, exclude_disputed bool, max_dunning_level i64?,
--   max_broken_promises i64?, at_confirm bool, at_amend bool, at_ship bool, at_invoice bool,
--   at_limit_decrease bool, overdue_days i64, overdue i64, receivable i64, beyond i64, dunning_level i64,
--   broken_promises i64)
SELECT a.id, p.id, p.version, p.mode, p.max_overdue_days, p.max_overdue_percent, p.max_document, p.horizon_days,
       p.check_review, p.check_new_customer, p.allow_uncleared, p.exclude_disputed, p.max_dunning_level,
       p.max_broken_promises, p.at_confirm, p.at_amend,
       p.at_ship, p.at_invoice, p.at_limit_decrease, coalesce(o.overdue_days, 0)::bigint, coalesce(o.overdue, 0)::bigint,
       coalesce(o.receivable, 0)::bigint, coalesce(b.beyond, 0)::bigint, coalesce(l.dunning_level, 0)::bigint,
       coalesce(k.broken, 0)::bigint
  FROM credit_account a
  JOIN credit_policy p ON p.tenant_id = :tenant
       AND p.id = coalesce(a.policy_id, (SELECT d.id FROM credit_policy d
                                          WHERE d.tenant_id = :tenant AND d.is_default))
  LEFT JOIN LATERAL (
       SELECT max(:today - i.due_date) AS overdue_days,
              sum(x.owed) FILTER (WHERE i.due_date < :today) AS overdue, sum(x.owed) AS receivable
         FROM customer c
         JOIN open_item i ON i.tenant_id = :tenant AND i.customer_id = c.id AND i.kind = 'invoice'
        CROSS JOIN LATERAL (SELECT CASE WHEN p.exclude_disputed THEN i.open_amount - i.disputed
                                        ELSE i.open_amount END AS owed) x
        WHERE x.owed > 0 AND c.tenant_id = :tenant AND c.credit_account_id = a.id) o ON true
  LEFT JOIN LATERAL (
       SELECT sum(m.ordered) AS beyond
         FROM order_commitment m
        WHERE m.tenant_id = :tenant AND m.credit_account_id = a.id
          AND m.requested_date > :today + p.horizon_days::int
          AND (m.customer_id = ANY(ARRAY(SELECT c.id FROM customer c
                                          WHERE c.tenant_id = :tenant AND c.credit_account_id = a.id
                                            AND p.horizon_days IS NOT NULL))
               OR m.payer_id = ANY(ARRAY(SELECT c.id FROM customer c
                                          WHERE c.tenant_id = :tenant AND c.credit_account_id = a.id
                                            AND p.horizon_days IS NOT NULL)))) b ON true
  LEFT JOIN LATERAL (
       SELECT max(d.dunning_level) AS dunning_level
         FROM customer c
         JOIN customer_collections d ON d.tenant_id = :tenant AND d.customer_id = c.id
        WHERE p.max_dunning_level IS NOT NULL AND c.tenant_id = :tenant
          AND c.credit_account_id = a.id) l ON true
  LEFT JOIN LATERAL (
       SELECT count(*) AS broken
         FROM customer c
         JOIN promise q ON q.tenant_id = :tenant AND q.customer_id = c.id AND q.canceled_at IS NULL
              AND q.last_day < :today
              AND q.last_day >= :today - coalesce(p.broken_promise_days, 365)::int
         JOIN promise_paid d ON d.tenant_id = :tenant AND d.promise_id = q.id AND d.paid = 0
        WHERE p.max_broken_promises IS NOT NULL AND c.tenant_id = :tenant
          AND c.credit_account_id = a.id) k ON true
 WHERE a.tenant_id = :tenant AND a.id = ANY(:accounts);
