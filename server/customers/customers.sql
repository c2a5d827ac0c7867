-- Customers.
-- include "server/customers/customers.h"

-- fn customer_by_external_id(external_id text) -> maybe(id i64)
SELECT id FROM customer WHERE tenant_id = :tenant AND external_id = :external_id;

-- fn credit_account_insert(id i64, currency text, credit_limit i64?) -> exec
INSERT INTO credit_account (tenant_id, id, currency, credit_limit)
VALUES (:tenant, :id, :currency, :credit_limit);

-- fn customer_insert(rows c[struct customer: id i64, external_id text?, name text,
--   legal_name text?, tax_id text?, email text?, phone text?, language text?, currency text,
--   payment_terms_days i64, group_id i64?, status text, addresses json, contacts json,
--   metadata json], credit_account_id i64) -> exec
INSERT INTO customer (tenant_id, id, external_id, name, legal_name, tax_id, email, phone, language,
                      currency, payment_terms_days, credit_account_id, group_id, status, addresses,
                      contacts, metadata, created_at, updated_at)
SELECT :tenant, c.id, c.external_id, c.name, c.legal_name, c.tax_id, c.email, c.phone, c.language,
       c.currency, c.payment_terms_days, :credit_account_id, c.group_id, c.status, c.addresses,
       c.contacts, c.metadata, :now, :now
  FROM unnest(:c.id, :c.external_id, :c.name, :c.legal_name, :c.tax_id, :c.email, :c.phone,
              :c.language, :c.currency, :c.payment_terms_days, :c.group_id, :c.status,
              :c.addresses, :c.contacts, :c.metadata)
       AS c(id, external_id, name, legal_name, tax_id, email, phone, language, currency,
            payment_terms_days, group_id, status, addresses, contacts, metadata);

-- fn customer_update(rows c[struct customer: id i64, external_id text?, name text,
--   legal_name text?, tax_id text?, email text?, phone text?, language text?,
--   payment_terms_days i64, group_id i64?, status text, addresses json, contacts json,
--   metadata json]) -> exec
UPDATE customer t
   SET external_id = c.external_id, name = c.name, legal_name = c.legal_name, tax_id = c.tax_id,
       email = c.email, phone = c.phone, language = c.language,
       payment_terms_days = c.payment_terms_days, group_id = c.group_id, status = c.status,
       addresses = c.addresses, contacts = c.contacts, metadata = c.metadata,
       version = t.version + 1, updated_at = :now
  FROM unnest(:c.id, :c.external_id, :c.name, :c.legal_name, :c.tax_id, :c.email, :c.phone,
              :c.language, :c.payment_terms_days, :c.group_id, :c.status, :c.addresses,
              :c.contacts, :c.metadata)
       AS c(id, external_id, name, legal_name, tax_id, email, phone, language,
            payment_terms_days, group_id, status, addresses, contacts, metadata)
 WHERE t.tenant_id = :tenant AND t.id = c.id;

-- fn credit_limit_set(customer i64, credit_limit i64?) -> exec
UPDATE credit_account a
   SET credit_limit = :credit_limit, version = a.version + 1, revision = a.revision + 1
  FROM customer c
 WHERE c.tenant_id = :tenant AND c.id = :customer
   AND a.tenant_id = :tenant AND a.id = c.credit_account_id;

-- fn customer_lock(id i64) -> one(version i64, credit_account_id i64)
SELECT version, credit_account_id FROM customer WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE;

-- fn customer_select(id i64) -> one struct customer(id i64, version i64, external_id text?,
--   name text, legal_name text?, tax_id text?, email text?, phone text?, language text?,
--   currency text, payment_terms_days i64, credit_limit i64?, group_id i64?, status text,
--   addresses json, contacts json, metadata json, created_at instant, updated_at instant)
SELECT c.id, c.version, c.external_id, c.name, c.legal_name, c.tax_id, c.email, c.phone, c.language,
       c.currency, c.payment_terms_days, a.credit_limit, c.group_id, c.status, c.addresses,
       c.contacts, c.metadata, c.created_at, c.updated_at
  FROM customer c JOIN credit_account a ON a.tenant_id = c.tenant_id AND a.id = c.credit_account_id
 WHERE c.tenant_id = :tenant AND c.id = :id;

-- fn customers_list() -> list struct customer(id i64, version i64, external_id text?,
--   name text, legal_name text?, tax_id text?, email text?, phone text?, language text?,
--   currency text, payment_terms_days i64, credit_limit i64?, group_id i64?, status text,
--   addresses json, contacts json, metadata json, created_at instant, updated_at instant)
-- filter id id cus: c.id
-- filter external_id text: c.external_id
-- filter name text: c.name
-- filter group_id id grp: c.group_id
-- filter status text: c.status
-- filter credit_account_id id cra: c.credit_account_id
-- filter currency text: c.currency
-- filter tax_id text: c.tax_id
-- filter email text: c.email
-- filter created_at instant: c.created_at
-- filter updated_at instant: c.updated_at
-- sort id: c.id
-- sort name: c.name
SELECT c.id, c.version, c.external_id, c.name, c.legal_name, c.tax_id, c.email, c.phone, c.language,
       c.currency, c.payment_terms_days, a.credit_limit, c.group_id, c.status, c.addresses,
       c.contacts, c.metadata, c.created_at, c.updated_at
  FROM customer c JOIN credit_account a ON a.tenant_id = c.tenant_id AND a.id = c.credit_account_id
 WHERE c.tenant_id = :tenant AND :filters;

-- What documents copy.
-- fn customer_facts_select(ids i64[]) -> many struct customer_facts(id i64, name text,
--   legal_name text?, tax_id text?, currency text, payment_terms_days i64, credit_account_id i64,
--   group_id i64?, status text, addresses json)
SELECT id, name, legal_name, tax_id, currency, payment_terms_days, credit_account_id, group_id,
       status, addresses
  FROM customer WHERE tenant_id = :tenant AND id = ANY(:ids)
 ORDER BY id;

-- Is there such a group? It stays until the transaction ends.
-- fn customer_group_known(id i64) -> maybe(id i64)
SELECT id FROM customer_group WHERE tenant_id = :tenant AND id = :id FOR KEY SHARE;

-- Who holds the keys that a group asks for.
-- fn customer_group_keys(external_id text?, code text) -> one(external_id_holder i64?,
--   code_holder i64?)
SELECT (SELECT id FROM customer_group WHERE tenant_id = :tenant AND external_id = :external_id)
           AS external_id_holder,
       (SELECT id FROM customer_group WHERE tenant_id = :tenant AND code = :code) AS code_holder;

-- fn customer_group_insert(id i64, external_id text?, code text, name text, metadata json) -> exec
INSERT INTO customer_group (tenant_id, id, external_id, code, name, metadata, created_at,
                            updated_at)
VALUES (:tenant, :id, :external_id, :code, :name, :metadata, :now, :now);

-- fn customer_group_update(id i64, external_id text?, code text, name text, metadata json) -> exec
UPDATE customer_group
   SET external_id = :external_id, code = :code, name = :name, metadata = :metadata,
       version = version + 1, updated_at = :now
 WHERE tenant_id = :tenant AND id = :id;

-- fn customer_group_lock(id i64) -> one struct customer_group(id i64, version i64,
--   external_id text?, code text, name text, metadata json, created_at instant,
--   updated_at instant)
SELECT id, version, external_id, code, name, metadata, created_at, updated_at
  FROM customer_group WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE;

-- fn customer_group_select(id i64) -> one struct customer_group(id i64, version i64,
--   external_id text?, code text, name text, metadata json, created_at instant,
--   updated_at instant)
SELECT id, version, external_id, code, name, metadata, created_at, updated_at
  FROM customer_group WHERE tenant_id = :tenant AND id = :id;

-- fn customer_groups_list() -> list struct customer_group(id i64, version i64, external_id text?,
--   code text, name text, metadata json, created_at instant, updated_at instant)
-- filter id id grp: g.id
-- filter external_id text: g.external_id
-- filter code text: g.code
-- filter name text: g.name
-- filter created_at instant: g.created_at
-- filter updated_at instant: g.updated_at
-- sort id: g.id
-- sort code unique: g.code
SELECT g.id, g.version, g.external_id, g.code, g.name, g.metadata, g.created_at, g.updated_at
  FROM customer_group g WHERE g.tenant_id = :tenant AND :filters;
