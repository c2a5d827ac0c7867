-- Tax codes, products and prices.
-- include "server/catalog/catalog.h"

-- Who holds the keys that a tax code asks for.
-- fn tax_code_keys(external_id text?, code text) -> one(external_id_holder i64?, code_holder i64?)
SELECT (SELECT id FROM tax_code WHERE tenant_id = :tenant AND external_id = :external_id)
           AS external_id_holder,
       (SELECT id FROM tax_code WHERE tenant_id = :tenant AND code = :code) AS code_holder;

-- fn tax_code_insert(rows t[struct tax_code: id i64, external_id text?, code text, name text,
--   category text]) -> exec
INSERT INTO tax_code (tenant_id, id, external_id, code, name, category, created_at, updated_at)
SELECT :tenant, t.id, t.external_id, t.code, t.name, t.category, :now, :now
  FROM unnest(:t.id, :t.external_id, :t.code, :t.name, :t.category)
       AS t(id, external_id, code, name, category);

-- fn tax_code_update(rows t[struct tax_code: id i64, external_id text?, code text, name text,
--   category text]) -> exec
UPDATE tax_code c
   SET external_id = t.external_id, code = t.code, name = t.name, category = t.category,
       version = c.version + 1, updated_at = :now
  FROM unnest(:t.id, :t.external_id, :t.code, :t.name, :t.category)
       AS t(id, external_id, code, name, category)
 WHERE c.tenant_id = :tenant AND c.id = t.id;

-- fn tax_rates_delete(tax_code_id i64) -> exec
DELETE FROM tax_rate WHERE tenant_id = :tenant AND tax_code_id = :tax_code_id;

-- fn tax_rates_insert(tax_code_id i64,
--   rows r[struct tax_code_rate: valid_from date, rate i64]) -> exec
INSERT INTO tax_rate (tenant_id, tax_code_id, valid_from, rate)
SELECT :tenant, :tax_code_id, r.valid_from, r.rate
  FROM unnest(:r.valid_from, :r.rate) AS r(valid_from, rate);

-- fn tax_code_lock(id i64) -> one(version i64)
SELECT version FROM tax_code WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE;

-- The rates have the shape that encoding them in C would give: saying the same again is recognized
-- by comparing texts.
-- fn tax_code_select(id i64) -> one struct tax_code(id i64, version i64, external_id text?,
--   code text, name text, category text, rates json, created_at instant, updated_at instant)
SELECT t.id, t.version, t.external_id, t.code, t.name, t.category,
       (SELECT '[' || string_agg('{"valid_from":"' || to_char(r.valid_from, 'YYYY-MM-DD')
                   || '","rate":"' || trim_scale(r.rate::numeric / 1000000) || '"}', ','
                   ORDER BY r.valid_from) || ']'
          FROM tax_rate r WHERE r.tenant_id = :tenant AND r.tax_code_id = t.id)::json AS rates,
       t.created_at, t.updated_at
  FROM tax_code t WHERE t.tenant_id = :tenant AND t.id = :id;

-- fn tax_codes_list() -> list struct tax_code(id i64, version i64, external_id text?, code text,
--   name text, category text, rates json, created_at instant, updated_at instant)
-- filter id id tax: t.id
-- filter external_id text: t.external_id
-- filter code text: t.code
-- filter category text: t.category
-- filter created_at instant: t.created_at
-- filter updated_at instant: t.updated_at
-- sort id: t.id
-- sort code unique: t.code
SELECT t.id, t.version, t.external_id, t.code, t.name, t.category,
       (SELECT '[' || string_agg('{"valid_from":"' || to_char(r.valid_from, 'YYYY-MM-DD')
                   || '","rate":"' || trim_scale(r.rate::numeric / 1000000) || '"}', ','
                   ORDER BY r.valid_from) || ']'
          FROM tax_rate r WHERE r.tenant_id = :tenant AND r.tax_code_id = t.id)::json AS rates,
       t.created_at, t.updated_at
  FROM tax_code t WHERE t.tenant_id = :tenant AND :filters;

-- fn tax_rates_load(tax_code_ids i64[]) -> many struct tax_rate_facts(tax_code_id i64,
--   valid_from date, rate i64)
SELECT tax_code_id, valid_from, rate
  FROM tax_rate WHERE tenant_id = :tenant AND tax_code_id = ANY(:tax_code_ids)
 ORDER BY tax_code_id, valid_from;

-- Who holds the keys that a product asks for, and is there such a tax code.
-- fn product_keys(external_id text?, sku text, tax_code_id i64) -> one(external_id_holder i64?,
--   sku_holder i64?, tax_code_known bool)
SELECT (SELECT id FROM product WHERE tenant_id = :tenant AND external_id = :external_id)
           AS external_id_holder,
       (SELECT id FROM product WHERE tenant_id = :tenant AND sku = :sku) AS sku_holder,
       EXISTS (SELECT FROM tax_code WHERE tenant_id = :tenant AND id = :tax_code_id)
           AS tax_code_known;

-- fn product_insert(rows p[struct product: id i64, external_id text?, sku text, name text,
--   description text?, kind text, fulfillment text?, unit text, tax_code_id i64, unit_cost i64?,
--   track_lots bool, status text, metadata json]) -> exec
INSERT INTO product (tenant_id, id, external_id, sku, name, description, kind, fulfillment, unit,
                     tax_code_id, unit_cost, track_lots, status, metadata, created_at, updated_at)
SELECT :tenant, p.id, p.external_id, p.sku, p.name, p.description, p.kind, p.fulfillment, p.unit,
       p.tax_code_id, p.unit_cost, p.track_lots, p.status, p.metadata, :now, :now
  FROM unnest(:p.id, :p.external_id, :p.sku, :p.name, :p.description, :p.kind, :p.fulfillment,
              :p.unit, :p.tax_code_id, :p.unit_cost, :p.track_lots, :p.status, :p.metadata)
       AS p(id, external_id, sku, name, description, kind, fulfillment, unit, tax_code_id, unit_cost,
            track_lots, status, metadata);

-- fn product_update(rows p[struct product: id i64, external_id text?, sku text, name text,
--   description text?, fulfillment text?, unit text, tax_code_id i64, unit_cost i64?,
--   track_lots bool, status text, metadata json]) -> exec
UPDATE product t
   SET external_id = p.external_id, sku = p.sku, name = p.name, description = p.description,
       fulfillment = p.fulfillment, unit = p.unit, tax_code_id = p.tax_code_id,
       unit_cost = p.unit_cost, track_lots = p.track_lots, status = p.status, metadata = p.metadata,
       version = t.version + 1, updated_at = :now
  FROM unnest(:p.id, :p.external_id, :p.sku, :p.name, :p.description, :p.fulfillment, :p.unit,
              :p.tax_code_id, :p.unit_cost, :p.track_lots, :p.status, :p.metadata)
       AS p(id, external_id, sku, name, description, fulfillment, unit, tax_code_id, unit_cost,
            track_lots, status, metadata)
 WHERE t.tenant_id = :tenant AND t.id = p.id;

-- fn product_lock(id i64) -> one(version i64)
SELECT version FROM product WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE;

-- Nobody who brings the first stock of it comes in between.
-- fn product_lock_unstocked(id i64) -> one(id i64)
SELECT id FROM product WHERE tenant_id = :tenant AND id = :id FOR UPDATE;

-- fn product_stocked(id i64) -> one(stocked bool)
SELECT EXISTS (SELECT FROM stock WHERE tenant_id = :tenant AND product_id = :id) AS stocked;

-- fn product_select(id i64) -> one struct product(id i64, version i64, external_id text?, sku text,
--   name text, description text?, kind text, fulfillment text?, unit text, tax_code_id i64,
--   unit_cost i64?, track_lots bool, status text, metadata json, created_at instant, updated_at instant)
SELECT id, version, external_id, sku, name, description, kind, fulfillment, unit, tax_code_id,
       unit_cost, track_lots, status, metadata, created_at, updated_at
  FROM product WHERE tenant_id = :tenant AND id = :id;

-- fn products_list() -> list struct product(id i64, version i64, external_id text?, sku text,
--   name text, description text?, kind text, fulfillment text?, unit text, tax_code_id i64,
--   unit_cost i64?, track_lots bool, status text, metadata json, created_at instant, updated_at instant)
-- filter id id prd: p.id
-- filter external_id text: p.external_id
-- filter sku text: p.sku
-- filter name text: p.name
-- filter kind text: p.kind
-- filter fulfillment text: p.fulfillment
-- filter status text: p.status
-- filter tax_code_id id tax: p.tax_code_id
-- filter created_at instant: p.created_at
-- filter updated_at instant: p.updated_at
-- sort id: p.id
-- sort sku unique: p.sku
-- sort name: p.name
SELECT p.id, p.version, p.external_id, p.sku, p.name, p.description, p.kind, p.fulfillment, p.unit,
       p.tax_code_id, p.unit_cost, p.track_lots, p.status, p.metadata, p.created_at, p.updated_at
  FROM product p WHERE p.tenant_id = :tenant AND :filters;

-- What documents copy.
-- fn products_load(ids i64[]) -> many struct product_facts(id i64, sku text, name text, kind text,
--   fulfillment text?, unit text, tax_code_id i64, unit_cost i64?, status text)
SELECT id, sku, name, kind, fulfillment, unit, tax_code_id, unit_cost, status
  FROM product WHERE tenant_id = :tenant AND id = ANY(:ids)
 ORDER BY id;

-- fn products_load_by_sku(skus text[]) -> many struct product_facts(id i64, sku text, name text,
--   kind text, fulfillment text?, unit text, tax_code_id i64, unit_cost i64?, status text)
SELECT id, sku, name, kind, fulfillment, unit, tax_code_id, unit_cost, status
  FROM product WHERE tenant_id = :tenant AND sku = ANY(:skus)
 ORDER BY sku COLLATE "C";

-- What a price needs to know of others. Its currency is the one asked for, else the customer's or the
-- list's, else the tenant's.
-- fn price_keys(external_id text?, product_id i64, customer_id i64?, group_id i64?,
--   price_list_id i64?, currency text?, tenant_currency text, min_quantity i64, valid_from date)
--   -> one(external_id_holder i64?, key_holder i64?, product_known bool, group_known bool,
--   customer_currency text?, list_currency text?)
SELECT (SELECT id FROM price WHERE tenant_id = :tenant AND external_id = :external_id)
           AS external_id_holder,
       (SELECT p.id FROM price p
         WHERE p.tenant_id = :tenant AND p.product_id = :product_id
           AND p.currency = coalesce(:currency, c.currency, l.currency, :tenant_currency)
           AND coalesce(p.customer_id, p.group_id, p.price_list_id, 0)
               = coalesce(:customer_id, :group_id, :price_list_id, 0)
           AND p.min_quantity = :min_quantity AND p.valid_from = :valid_from) AS key_holder,
       EXISTS (SELECT FROM product WHERE tenant_id = :tenant AND id = :product_id)
           AS product_known,
       EXISTS (SELECT FROM customer_group WHERE tenant_id = :tenant AND id = :group_id)
           AS group_known,
       c.currency AS customer_currency, l.currency AS list_currency
  FROM (VALUES (1)) AS one(row)
  LEFT JOIN customer c ON c.tenant_id = :tenant AND c.id = :customer_id
  LEFT JOIN price_list l ON l.tenant_id = :tenant AND l.id = :price_list_id;

-- fn price_insert(rows p[struct price: id i64, external_id text?, product_id i64,
--   customer_id i64?, group_id i64?, price_list_id i64?, currency text, unit_price i64, min_quantity i64,
--   valid_from date, valid_to date?]) -> exec
INSERT INTO price (tenant_id, id, external_id, product_id, customer_id, group_id, price_list_id, currency,
                   unit_price, min_quantity, valid_from, valid_to, created_at, updated_at)
SELECT :tenant, p.id, p.external_id, p.product_id, p.customer_id, p.group_id, p.price_list_id, p.currency,
       p.unit_price, p.min_quantity, p.valid_from, p.valid_to, :now, :now
  FROM unnest(:p.id, :p.external_id, :p.product_id, :p.customer_id, :p.group_id, :p.price_list_id, :p.currency,
              :p.unit_price, :p.min_quantity, :p.valid_from, :p.valid_to)
       AS p(id, external_id, product_id, customer_id, group_id, price_list_id, currency, unit_price, min_quantity,
            valid_from, valid_to);

-- fn price_update(rows p[struct price: id i64, external_id text?, product_id i64,
--   customer_id i64?, group_id i64?, price_list_id i64?, currency text, unit_price i64, min_quantity i64,
--   valid_from date, valid_to date?]) -> exec
UPDATE price t
   SET external_id = p.external_id, product_id = p.product_id, customer_id = p.customer_id,
       group_id = p.group_id, price_list_id = p.price_list_id, currency = p.currency, unit_price = p.unit_price, min_quantity = p.min_quantity,
       valid_from = p.valid_from, valid_to = p.valid_to, version = t.version + 1, updated_at = :now
  FROM unnest(:p.id, :p.external_id, :p.product_id, :p.customer_id, :p.group_id, :p.price_list_id, :p.currency,
              :p.unit_price, :p.min_quantity, :p.valid_from, :p.valid_to)
       AS p(id, external_id, product_id, customer_id, group_id, price_list_id, currency, unit_price, min_quantity,
            valid_from, valid_to)
 WHERE t.tenant_id = :tenant AND t.id = p.id;

-- fn price_lock(id i64) -> one(version i64)
SELECT version FROM price WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE;

-- fn price_select(id i64) -> one struct price(id i64, version i64, external_id text?,
--   product_id i64, customer_id i64?, group_id i64?, price_list_id i64?, currency text, unit_price i64,
--   min_quantity i64, valid_from date, valid_to date?, created_at instant, updated_at instant)
SELECT id, version, external_id, product_id, customer_id, group_id, price_list_id, currency, unit_price,
       min_quantity, valid_from, valid_to, created_at, updated_at
  FROM price WHERE tenant_id = :tenant AND id = :id;

-- fn prices_list() -> list struct price(id i64, version i64, external_id text?, product_id i64,
--   customer_id i64?, group_id i64?, price_list_id i64?, currency text, unit_price i64, min_quantity i64,
--   valid_from date, valid_to date?, created_at instant, updated_at instant)
-- filter id id prc: p.id
-- filter external_id text: p.external_id
-- filter product_id id prd: p.product_id
-- filter customer_id id cus: p.customer_id
-- filter group_id id grp: p.group_id
-- filter price_list_id id pli: p.price_list_id
-- filter currency text: p.currency
-- filter valid_from date: p.valid_from
-- filter valid_to date: p.valid_to
-- filter created_at instant: p.created_at
-- filter updated_at instant: p.updated_at
-- sort id: p.id
SELECT p.id, p.version, p.external_id, p.product_id, p.customer_id, p.group_id, p.price_list_id, p.currency,
       p.unit_price, p.min_quantity, p.valid_from, p.valid_to, p.created_at, p.updated_at
  FROM price p WHERE p.tenant_id = :tenant AND :filters;

-- The order is the one in which price_pick prefers them.
-- fn prices_load(product_ids i64[], customer_ids i64[], group_ids i64[], first date, last date)
--   -> many struct price_facts(id i64, product_id i64, customer_id i64?, group_id i64?,
--   currency text, unit_price i64, min_quantity i64, valid_from date, valid_to date?,
--   price_list_id i64?, list_name text?, list_priority i64?, list_from date?, list_to date?)
SELECT p.id, p.product_id, coalesce(p.customer_id, b.customer_id) AS customer_id,
       coalesce(p.group_id, b.group_id) AS group_id, p.currency, p.unit_price, p.min_quantity,
       p.valid_from, p.valid_to, p.price_list_id, l.name AS list_name, l.priority AS list_priority,
       l.valid_from AS list_from, l.valid_to AS list_to
  FROM price p
  LEFT JOIN price_list l ON l.tenant_id = :tenant AND l.id = p.price_list_id AND l.active
       AND l.valid_from <= :last AND (l.valid_to IS NULL OR l.valid_to >= :first)
  LEFT JOIN price_list_buyer b ON b.tenant_id = :tenant AND b.price_list_id = l.id
       AND (b.customer_id IS NULL OR b.customer_id = ANY(:customer_ids))
       AND (b.group_id IS NULL OR b.group_id = ANY(:group_ids))
 WHERE p.tenant_id = :tenant AND p.product_id = ANY(:product_ids)
   AND (p.customer_id IS NULL OR p.customer_id = ANY(:customer_ids))
   AND (p.group_id IS NULL OR p.group_id = ANY(:group_ids))
   AND p.valid_from <= :last AND (p.valid_to IS NULL OR p.valid_to >= :first)
   AND (p.price_list_id IS NULL OR b.price_list_id IS NOT NULL)
 ORDER BY p.product_id, customer_id NULLS LAST, group_id NULLS LAST, p.price_list_id IS NOT NULL,
          l.priority DESC, p.price_list_id DESC, p.min_quantity DESC, p.valid_from DESC;

-- fn product_id_of_sku(sku text) -> maybe(id i64)
SELECT id FROM product WHERE tenant_id = :tenant AND sku = :sku;

-- Whose prices a customer gets.
-- fn price_buyer(customer_id i64) -> maybe(currency text, group_id i64?)
SELECT currency, group_id FROM customer WHERE tenant_id = :tenant AND id = :customer_id;

-- ---- price lists ----

-- fn price_list_external_id_holder(external_id text?) -> maybe(id i64)
SELECT id FROM price_list WHERE tenant_id = :tenant AND external_id = :external_id;

-- fn price_list_insert(rows l[struct pricelist: id i64, external_id text?, name text, currency text,
--   valid_from date, valid_to date?, priority i64, active bool]) -> exec
INSERT INTO price_list (tenant_id, id, external_id, name, currency, valid_from, valid_to, priority,
                        active, created_at, updated_at)
SELECT :tenant, l.id, l.external_id, l.name, l.currency, l.valid_from, l.valid_to, l.priority,
       l.active, :now, :now
  FROM unnest(:l.id, :l.external_id, :l.name, :l.currency, :l.valid_from, :l.valid_to, :l.priority,
              :l.active)
       AS l(id, external_id, name, currency, valid_from, valid_to, priority, active);

-- fn price_list_update(rows l[struct pricelist: id i64, external_id text?, name text,
--   valid_from date, valid_to date?, priority i64, active bool]) -> exec
UPDATE price_list t
   SET external_id = l.external_id, name = l.name, valid_from = l.valid_from, valid_to = l.valid_to,
       priority = l.priority, active = l.active, version = t.version + 1, updated_at = :now
  FROM unnest(:l.id, :l.external_id, :l.name, :l.valid_from, :l.valid_to, :l.priority, :l.active)
       AS l(id, external_id, name, valid_from, valid_to, priority, active)
 WHERE t.tenant_id = :tenant AND t.id = l.id;

-- fn price_list_buyers_delete(id i64) -> exec
DELETE FROM price_list_buyer WHERE tenant_id = :tenant AND price_list_id = :id;

-- fn price_list_buyers_insert(id i64, rows b[buyer_no i64, customer_id i64?, group_id i64?]) -> exec
INSERT INTO price_list_buyer (tenant_id, price_list_id, buyer_no, customer_id, group_id)
SELECT :tenant, :id, b.buyer_no, b.customer_id, b.group_id
  FROM unnest(:b.buyer_no, :b.customer_id, :b.group_id) AS b(buyer_no, customer_id, group_id);

-- Everybody is no buyer by name.
-- fn price_list_buyers(id i64) -> many struct pricelist_buyer(customer_id i64?, group_id i64?)
SELECT customer_id, group_id FROM price_list_buyer
 WHERE tenant_id = :tenant AND price_list_id = :id AND num_nonnulls(customer_id, group_id) = 1
 ORDER BY buyer_no;

-- Those of these that there are.
-- fn price_list_known(customers i64[], groups i64[]) -> many(id i64)
SELECT id FROM customer WHERE tenant_id = :tenant AND id = ANY(:customers)
UNION ALL
SELECT id FROM customer_group WHERE tenant_id = :tenant AND id = ANY(:groups);

-- fn price_list_lock(id i64) -> one(version i64)
SELECT version FROM price_list WHERE tenant_id = :tenant AND id = :id FOR NO KEY UPDATE;

-- fn price_list_select(id i64) -> one struct pricelist(id i64, version i64, external_id text?,
--   name text, currency text, valid_from date, valid_to date?, priority i64, active bool,
--   created_at instant, updated_at instant)
SELECT id, version, external_id, name, currency, valid_from, valid_to, priority, active, created_at,
       updated_at
  FROM price_list WHERE tenant_id = :tenant AND id = :id;

-- fn price_lists_list() -> list struct pricelist_summary(id i64, version i64, external_id text?,
--   name text, currency text, valid_from date, valid_to date?, priority i64, active bool,
--   created_at instant, updated_at instant)
-- filter id id pli: l.id
-- filter external_id text: l.external_id
-- filter name text: l.name
-- filter currency text: l.currency
-- filter active bool: l.active
-- filter valid_from date: l.valid_from
-- filter valid_to date: l.valid_to
-- filter created_at instant: l.created_at
-- filter updated_at instant: l.updated_at
-- sort id: l.id
-- sort name: l.name
SELECT l.id, l.version, l.external_id, l.name, l.currency, l.valid_from, l.valid_to, l.priority,
       l.active, l.created_at, l.updated_at
  FROM price_list l WHERE l.tenant_id = :tenant AND :filters;

-- ---- substitutes ----

-- fn substitutes_of(product_id i64) -> many struct product_substitute(rank i64, product_id i64,
--   sku text, name text, valid_from date?, valid_to date?)
SELECT s.rank, s.substitute_id AS product_id, p.sku, p.name, s.valid_from, s.valid_to
  FROM product_substitute s
  JOIN product p ON p.tenant_id = s.tenant_id AND p.id = s.substitute_id
 WHERE s.tenant_id = :tenant AND s.product_id = :product_id
 ORDER BY s.rank;

-- fn substitutes_delete(product_id i64) -> exec
DELETE FROM product_substitute WHERE tenant_id = :tenant AND product_id = :product_id;

-- fn substitutes_insert(product_id i64, rows s[struct product_substitute: rank i64, product_id i64,
--   valid_from date?, valid_to date?]) -> exec
INSERT INTO product_substitute (tenant_id, product_id, rank, substitute_id, valid_from, valid_to)
SELECT :tenant, :product_id, s.rank, s.substitute_id, s.valid_from, s.valid_to
  FROM unnest(:s.rank, :s.product_id, :s.valid_from, :s.valid_to)
       AS s(rank, substitute_id, valid_from, valid_to);
