-- Credit decisions: append-only.
-- include "server/credit/decisions.h"

-- fn credit_decisions_insert(rows d[struct credit_decision: id i64, credit_account_id i64, customer_id i64?, order_id i64?,
--   point text, outcome text, mode text, policy_id i64?, policy_version i64?, currency text, amount i64, exposure i64,
--   credit_limit i64?, reason text?, rules json, decided_by i64?]) -> exec
INSERT INTO credit_decision (tenant_id, id, credit_account_id, customer_id, order_id, point, outcome, mode, policy_id,
       policy_version, currency, amount, exposure, credit_limit, reason, trace, decided_at, decided_by)
SELECT :tenant, d.id, d.credit_account_id, d.customer_id, d.order_id, d.point, d.outcome, d.mode, d.policy_id,
       d.policy_version, d.currency, d.amount, d.exposure, d.credit_limit, d.reason, d.rules, :now, d.decided_by
  FROM unnest(:d.id, :d.credit_account_id, :d.customer_id, :d.order_id, :d.point, :d.outcome, :d.mode, :d.policy_id,
       :d.policy_version, :d.currency, :d.amount, :d.exposure, :d.credit_limit, :d.reason, :d.rules, :d.decided_by)
       AS d(id, credit_account_id, customer_id, order_id, point, outcome, mode, policy_id, policy_version, currency,
            amount, exposure, credit_limit, reason, rules, decided_by);

-- fn credit_decisions_list() -> list struct credit_decision(id i64, credit_account_id i64, customer_id i64?, order_id i64?,
--   point text, outcome text, mode text, policy_id i64?, policy_version i64?, currency text, amount i64, exposure i64,
--   credit_limit i64?, reason text?, rules json, decided_at instant, decided_by i64?)
-- filter order_id id ord: d.order_id
-- filter customer_id id cus: d.customer_id
-- filter credit_account_id id cra: d.credit_account_id
-- filter policy_id id cpo: d.policy_id
-- filter point text: d.point
-- filter outcome text: d.outcome
-- filter decided_at instant: d.decided_at
-- sort id: d.id
SELECT d.id, d.credit_account_id, d.customer_id, d.order_id, d.point, d.outcome, d.mode, d.policy_id, d.policy_version,
       d.currency, d.amount, d.exposure, d.credit_limit, d.reason, d.trace, d.decided_at, d.decided_by
  FROM credit_decision d WHERE d.tenant_id = :tenant AND :filters;
