-- The books: transfers, daily totals, open items.
-- include "server/ledger/ledger.h"
-- include "server/ledger/rules.h"

-- fn ledger_transfers_insert(rows t[id i64, debit_account text, credit_account text, amount i64,
--     currency text, customer_id i64?, debit_item i64?, credit_item i64?, document text,
--     document_id i64, effective_date date]) -> exec
INSERT INTO ledger_transfer (tenant_id, id, debit_account, credit_account, amount, currency,
                             customer_id, debit_item, credit_item, document, document_id,
                             effective_date, recorded_at)
SELECT :tenant, t.id, t.debit_account, t.credit_account, t.amount, t.currency, t.customer_id,
       t.debit_item, t.credit_item, t.document, t.document_id, t.effective_date, :now
  FROM unnest(:t.id, :t.debit_account, :t.credit_account, :t.amount, :t.currency, :t.customer_id,
              :t.debit_item, :t.credit_item, :t.document, :t.document_id, :t.effective_date)
       AS t(id, debit_account, credit_account, amount, currency, customer_id, debit_item,
            credit_item, document, document_id, effective_date);

-- The days come sorted and once each: hot rows are locked in that order.
-- fn ledger_days_add(rows d[struct ledger_day_sum: account text, currency text, day date,
--     debit i64, credit i64]) -> exec
INSERT INTO ledger_day (tenant_id, account, currency, day, debit, credit)
SELECT :tenant, d.account, d.currency, d.day, d.debit, d.credit
  FROM unnest(:d.account, :d.currency, :d.day, :d.debit, :d.credit)
       AS d(account, currency, day, debit, credit)
    ON CONFLICT (tenant_id, account, currency, day) DO UPDATE
   SET debit = ledger_day.debit + excluded.debit, credit = ledger_day.credit + excluded.credit;

-- fn open_items_select_locked(ids i64[])
--     -> many struct open_item(id i64, kind text, customer_id i64, currency text,
--     document_date date, due_date date, amount i64, open_amount i64, disputed i64)
SELECT id, kind, customer_id, currency, document_date, due_date, amount, open_amount, disputed
  FROM open_item
 WHERE tenant_id = :tenant AND id = ANY(:ids)
 ORDER BY id
   FOR UPDATE;

-- fn open_items_delete(ids i64[]) -> exec
DELETE FROM open_item WHERE tenant_id = :tenant AND id = ANY(:ids);

-- fn open_items_upsert(rows i[struct open_item: id i64, kind text, customer_id i64, currency text,
--     document_date date, due_date date, amount i64, open_amount i64, disputed i64]) -> exec
INSERT INTO open_item (tenant_id, id, kind, customer_id, currency, document_date, due_date, amount,
                       open_amount, disputed)
SELECT :tenant, i.id, i.kind, i.customer_id, i.currency, i.document_date, i.due_date, i.amount,
       i.open_amount, i.disputed
  FROM unnest(:i.id, :i.kind, :i.customer_id, :i.currency, :i.document_date, :i.due_date,
              :i.amount, :i.open_amount, :i.disputed)
       AS i(id, kind, customer_id, currency, document_date, due_date, amount, open_amount,
            disputed)
    ON CONFLICT (tenant_id, id) DO UPDATE SET open_amount = excluded.open_amount,
       disputed = excluded.disputed;

-- fn trial_balance_select(as_of date)
--     -> many struct trial_balance_row(account text, currency text, debit i64, credit i64)
SELECT account, currency, sum(debit)::bigint AS debit, sum(credit)::bigint AS credit
  FROM ledger_day
 WHERE tenant_id = :tenant AND day <= :as_of
 GROUP BY account, currency
 ORDER BY currency, account;

-- An open item tells by the account which kind of document it belongs to.
-- fn ledger_transfer_load(id i64) -> one struct ledger_transfer(id i64, debit_account text,
--     credit_account text, currency text, amount i64, effective_date date, customer_id i64?,
--     document text, invoice_id i64?, credit_note_id i64?, payment_id i64?, allocation_id i64?,
--     refund_id i64?, recorded_at instant)
SELECT t.id, t.debit_account, t.credit_account, t.currency, t.amount, t.effective_date,
       t.customer_id, t.document,
       CASE WHEN t.document = 'invoice' THEN t.document_id
            WHEN t.debit_account = 'receivable' THEN t.debit_item
            WHEN t.credit_account = 'receivable' THEN t.credit_item END AS invoice_id,
       CASE WHEN t.document = 'credit_note' THEN t.document_id
            WHEN t.debit_account = 'customer_credit' THEN t.debit_item
            WHEN t.credit_account = 'customer_credit' THEN t.credit_item END AS credit_note_id,
       CASE WHEN t.document = 'payment' THEN t.document_id
            WHEN t.debit_account = 'unapplied_cash' THEN t.debit_item
            WHEN t.credit_account = 'unapplied_cash' THEN t.credit_item END AS payment_id,
       CASE WHEN t.document = 'allocation' THEN t.document_id END AS allocation_id,
       CASE WHEN t.document = 'refund' THEN t.document_id END AS refund_id, t.recorded_at
  FROM ledger_transfer t
 WHERE t.tenant_id = :tenant AND t.id = :id;

-- fn ledger_transfers_list() -> list struct ledger_transfer(id i64, debit_account text,
--     credit_account text, currency text, amount i64, effective_date date, customer_id i64?,
--     document text, invoice_id i64?, credit_note_id i64?, payment_id i64?, allocation_id i64?,
--     refund_id i64?, recorded_at instant)
-- filter debit_account text: t.debit_account
-- filter credit_account text: t.credit_account
-- filter currency text: t.currency
-- filter customer_id id cus: t.customer_id
-- filter document text: t.document
-- filter invoice_id id inv: t.document_id
-- filter credit_note_id id crn: t.document_id
-- filter payment_id id pay: t.document_id
-- filter allocation_id id alc: t.document_id
-- filter refund_id id rfd: t.document_id
-- filter effective_date date: t.effective_date
-- filter recorded_at instant: t.recorded_at
-- sort id: t.id
-- sort effective_date: t.effective_date
SELECT t.id, t.debit_account, t.credit_account, t.currency, t.amount, t.effective_date,
       t.customer_id, t.document,
       CASE WHEN t.document = 'invoice' THEN t.document_id
            WHEN t.debit_account = 'receivable' THEN t.debit_item
            WHEN t.credit_account = 'receivable' THEN t.credit_item END AS invoice_id,
       CASE WHEN t.document = 'credit_note' THEN t.document_id
            WHEN t.debit_account = 'customer_credit' THEN t.debit_item
            WHEN t.credit_account = 'customer_credit' THEN t.credit_item END AS credit_note_id,
       CASE WHEN t.document = 'payment' THEN t.document_id
            WHEN t.debit_account = 'unapplied_cash' THEN t.debit_item
            WHEN t.credit_account = 'unapplied_cash' THEN t.credit_item END AS payment_id,
       CASE WHEN t.document = 'allocation' THEN t.document_id END AS allocation_id,
       CASE WHEN t.document = 'refund' THEN t.document_id END AS refund_id, t.recorded_at
  FROM ledger_transfer t
 WHERE t.tenant_id = :tenant AND :filters;
