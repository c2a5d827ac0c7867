-- A customer's balance in the books is the sum of all that was ever posted for the customer, and
-- what was posted over years lies on as many pages as there are postings. With what is summed in
-- the index, its pages hold dozens of postings each.

DROP INDEX ledger_transfer_customer;
CREATE INDEX ledger_transfer_customer ON ledger_transfer (tenant_id, customer_id, effective_date, id)
    INCLUDE (debit_account, credit_account, currency, amount);
