/* Creates, changes and shows credit accounts, and who shares them. */
#include "server/credit/accounts.h"
#include "accounts.sql.h"
#include "credit.sql.h"
#include "lib/base/id.h"
#include "server/credit/checks.h"
#include "server/credit/policies.h"
#include "server/credit/rules.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include <string.h>

const char *const credit_components[] = {"receivable", "unbilled", "ordered", "unapplied",
                                         "uncleared",  "disputed", NULL};
const char *const secured_kinds[] = {"insurance", "bank_guarantee",     "letter_of_credit",
                                     "deposit",   "retention_of_title", "other",
                                     NULL};

JSON_TYPE(credit_account_new, CREDIT_ACCOUNT_NEW_FIELDS,
          .doc = "A credit account without customers yet, such as that of a group of companies.");
JSON_TYPE(credit_account_patch, CREDIT_TERMS_FIELDS,
          .doc = "What to change; null clears a member that may be missing.");
JSON_TYPE(credit_account, CREDIT_ACCOUNT_FIELDS, .doc = "What was agreed, and what is owed.");
JSON_TYPE(credit_account_join, CREDIT_ACCOUNT_JOIN_FIELDS, .doc = "A customer who joins.");
JSON_TYPE(exposure_query, EXPOSURE_QUERY_FIELDS, .doc = "Which part of the exposure.");
JSON_TYPE(exposure_document, EXPOSURE_DOCUMENT_FIELDS, .doc = "A document behind an exposure.");
JSON_TYPE(exposure, EXPOSURE_FIELDS, .doc = "The documents behind a part of the exposure.");
JSON_TYPE(customer_credit, CUSTOMER_CREDIT_FIELDS, .doc = "Limit and exposure, taxes included.");

static const char *as_json(struct tx *tx, const struct credit_account *a)
{
    return call_json(tx->arena, &credit_account_type, a, NULL);
}

/* ---- what a request makes of the terms ---- */

static int64_t take_amount(const struct call *c, int64_t decimal, const char *currency,
                           const char *pointer)
{
    int64_t minor = NIL64;
    if (decimal == NIL64)
        return NIL64;
    if (money_from_decimal(decimal, currency_exponent(currency), &minor) != OK)
        fault(c->problem, pointer, "decimal_scale", "%s has %d decimals.", currency,
              currency_exponent(currency));
    return minor;
}

#define TAKE(member)                                                                               \
    do {                                                                                           \
        if (JSON_HAS(credit_account_patch, in, member))                                            \
            a->member = in->member;                                                                \
    } while (0)

static void take_terms(const struct call *c, const struct credit_account_patch *in,
                       struct credit_account *a)
{
    TAKE(name);
    TAKE(limit_from);
    TAKE(limit_to);
    TAKE(parent_id);
    TAKE(reviewer);
    TAKE(review_date);
    TAKE(secured_kind);
    TAKE(secured_from);
    TAKE(secured_to);
    TAKE(policy_id);
    if (JSON_HAS(credit_account_patch, in, credit_limit))
        a->credit_limit = take_amount(c, in->credit_limit, a->currency, "/credit_limit");
    if (JSON_HAS(credit_account_patch, in, secured_amount))
        a->secured_amount = take_amount(c, in->secured_amount, a->currency, "/secured_amount");
    if (JSON_HAS(credit_account_patch, in, deposit_percent))
        a->deposit_percent = in->deposit_percent;
    if (a->secured_amount == NIL64)
        a->secured_amount = 0;
    if (a->deposit_percent == NIL64)
        a->deposit_percent = 0;
}

static void check_terms(const struct call *c, const struct credit_account *a)
{
    if (a->limit_from != NIL32 && a->limit_to != NIL32 && a->limit_to < a->limit_from)
        fault(c->problem, "/limit_to", "too_small", "The limit ends before it begins.");
    if (a->credit_limit == NIL64 && (a->limit_from != NIL32 || a->limit_to != NIL32))
        fault(c->problem, "/credit_limit", "required",
              "Say how high the limit is that has these days.");
    if (a->secured_from != NIL32 && a->secured_to != NIL32 && a->secured_to < a->secured_from)
        fault(c->problem, "/secured_to", "too_small", "The collateral ends before it begins.");
    if (a->secured_amount > 0 && a->secured_kind == NULL)
        fault(c->problem, "/secured_kind", "required", "Say what the collateral is.");
    if (a->secured_amount == 0 && a->secured_kind != NULL)
        fault(c->problem, "/secured_amount", "required", "Say what the collateral secures.");
}

static err check_policy(struct tx *tx, const struct call *c, int64_t policy)
{
    struct credit_policy_exists_row row;
    if (policy == NIL64)
        return OK;
    TRY(credit_policy_exists(tx, policy, &row));
    if (!row.known)
        fault(c->problem, "/policy_id", "unknown_reference", "There is no such credit policy.");
    return OK;
}

/* ---- under a parent ---- */

static bool is_below(const struct credit_facts *f, int64_t id)
{
    for (; f != NULL; f = f->parent)
        if (f->id == id)
            return true;
    return false;
}

static int64_t level_of(const struct credit_facts *f)
{
    int64_t level = 0;
    for (; f != NULL; f = f->parent)
        level++;
    return level;
}

static void check_parent(const struct call *c, const struct credit_facts *parent, int64_t id,
                         const char *currency, int64_t height)
{
    if (parent == NULL)
        fault(c->problem, "/parent_id", "unknown_reference", "There is no such credit account.");
    else if (is_below(parent, id))
        fault(c->problem, "/parent_id", "cycle", "That account counts into this one.");
    else if (strcmp(parent->currency, currency) != 0)
        fault(c->problem, "/parent_id", "currency_mismatch",
              "A group has one currency: that account is in %s, this one in %s.", parent->currency,
              currency);
    else if (level_of(parent) + height > CREDIT_LEVELS_MAX)
        fault(c->problem, "/parent_id", "too_deep", "A group has %d levels at most.",
              CREDIT_LEVELS_MAX);
}

static size_t path_of(const struct credit_facts *f, int64_t path[CREDIT_LEVELS_MAX])
{
    int64_t n = level_of(f), at = n;
    for (; f != NULL; f = f->parent)
        path[--at] = f->id;
    return (size_t)n;
}

/* Moves the account and all below it: their exposure counts into other accounts from now on. */
static err hang(struct tx *tx, const struct credit_facts *f, const struct credit_facts *parent)
{
    struct credit_delta deltas[2 * CREDIT_LEVELS_MAX];
    int64_t path[CREDIT_LEVELS_MAX];
    size_t n = 0;
    struct credit_facts bare = *f;
    bare.secured = bare.uncleared = bare.disputed = 0;
    int64_t net = credit_exposure(&bare);
    for (const struct credit_facts *old = f->parent; old != NULL; old = old->parent)
        deltas[n++] = (struct credit_delta){.account = old->id,
                                            .below = -net,
                                            .uncleared = -f->uncleared_kept,
                                            .disputed = -f->disputed,
                                            .held = -f->held_orders};
    for (const struct credit_facts *new = parent; new != NULL; new = new->parent)
        deltas[n++] = (struct credit_delta){.account = new->id,
                                            .below = net,
                                            .uncleared = f->uncleared_kept,
                                            .disputed = f->disputed,
                                            .held = f->held_orders};
    TRY(credit_deltas_sum(deltas, n, &n));
    if (n > 0)
        TRY(credit_move(tx, deltas, n));
    return credit_account_hang(tx, f->id, parent != NULL ? parent->id : NIL64, path,
                               path_of(parent, path));
}

/* ---- the use cases ---- */

static err create_checked(struct tx *tx, const struct call *c, const struct credit_account *a,
                          struct credit_facts_list *locked, struct credit_facts **ret_parent)
{
    *ret_parent = NULL;
    check_terms(c, a);
    TRY(check_policy(tx, c, a->policy_id));
    if (a->parent_id != NIL64) {
        TRY(credit_lock(tx, &a->parent_id, 1, locked));
        *ret_parent = credit_find(locked, a->parent_id);
        check_parent(c, *ret_parent, a->id, a->currency, 1);
    }
    return c->problem->code;
}

err credit_accounts_create(struct tx *tx, struct call *c, const struct credit_account_new *in,
                           struct credit_account *ret)
{
    struct credit_account a = {.id = id_new(),
                               .currency = in->currency != NULL ? in->currency
                                                                : c->tenant->currency,
                               .name = in->name,
                               .limit_from = in->limit_from,
                               .limit_to = in->limit_to,
                               .parent_id = in->parent_id,
                               .reviewer = in->reviewer,
                               .review_date = in->review_date,
                               .secured_kind = in->secured_kind,
                               .secured_from = in->secured_from,
                               .secured_to = in->secured_to,
                               .policy_id = in->policy_id};
    struct credit_facts_list locked = {0};
    struct credit_facts *parent;
    a.credit_limit = take_amount(c, in->credit_limit, a.currency, "/credit_limit");
    a.secured_amount = take_amount(c, in->secured_amount, a.currency, "/secured_amount");
    a.secured_amount = a.secured_amount == NIL64 ? 0 : a.secured_amount;
    a.deposit_percent = in->deposit_percent == NIL64 ? 0 : in->deposit_percent;
    TRY(create_checked(tx, c, &a, &locked, &parent));
    TRY(credit_account_insert_new(tx, a.id, a.currency));
    TRY(credit_account_update(tx, &a, 1, true));
    if (parent != NULL)
        TRY(hang(tx, &(struct credit_facts){.id = a.id}, parent));
    TRY(credit_account_select(tx, a.id, ret));
    event_push(tx, c, "credit_account.created", "credit_account", a.id, NULL, as_json(tx, ret));
    return OK;
}

err credit_accounts_get(struct tx *tx, struct call *c, const struct none *in,
                        struct credit_account *ret)
{
    (void)in;
    return credit_account_select(tx, c->path_id[0], ret);
}

static err check_move(struct tx *tx, const struct call *c, const struct credit_account *before,
                      const struct credit_account *after, const struct credit_facts *parent)
{
    struct credit_account_height_row height = {.height = 1};
    check_terms(c, after);
    if (after->policy_id != before->policy_id)
        TRY(check_policy(tx, c, after->policy_id));
    if (after->parent_id != before->parent_id && after->parent_id != NIL64) {
        TRY(credit_account_height(tx, before->id, &height));
        check_parent(c, parent, before->id, before->currency, height.height);
    }
    return c->problem->code;
}

static bool lower(int64_t limit, int64_t was)
{
    return limit != NIL64 && (was == NIL64 || limit < was);
}

static err store(struct tx *tx, const struct call *c, const struct credit_account *before,
                 const struct credit_account *after, bool decided,
                 const struct credit_facts_list *locked, struct credit_account *ret)
{
    const struct credit_facts *self = credit_find(locked, before->id);
    const struct credit_facts *parent = credit_find(locked, after->parent_id);
    const char *was = as_json(tx, before);
    TRY(check_move(tx, c, before, after, parent));
    if (strcmp(was, as_json(tx, after)) == 0 && !decided) {
        *ret = *before;
        return OK;
    }
    if (lower(after->credit_limit, before->credit_limit))
        TRY(credit_check_limit(tx, c, before->id, after->credit_limit));
    TRY(credit_account_update(tx, after, 1, decided));
    if (after->parent_id != before->parent_id)
        TRY(hang(tx, self, parent));
    TRY(credit_account_select(tx, before->id, ret));
    event_push(tx, c, "credit_account.updated", "credit_account", before->id, was,
               as_json(tx, ret));
    const struct credit_cause *cause = credit_cause_of(tx->arena, c, "credit_account", before->id);
    credit_made_room(tx, before->id, cause);
    if (after->parent_id != before->parent_id)
        credit_moved_out(tx, self, cause);
    return OK;
}

/* Locks the account and the parent that it shall have, each with all above: whoever holds the root
 * holds all below it, too. */
err credit_accounts_patch(struct tx *tx, struct call *c, const struct credit_account_patch *in,
                          struct credit_account *ret)
{
    int64_t ids[2] = {c->path_id[0], in->parent_id};
    struct credit_facts_list locked;
    struct credit_account before;
    TRY(credit_lock(tx, ids, in->parent_id != NIL64 ? 2 : 1, &locked));
    TRY(credit_account_select(tx, c->path_id[0], &before));
    TRY(call_check_version(c, before.version));
    struct credit_account after = before;
    take_terms(c, in, &after);
    if (c->problem->code != OK)
        return c->problem->code;
    return store(tx, c, &before, &after, JSON_HAS(credit_account_patch, in, credit_limit), &locked,
                 ret);
}

/* ---- who shares it ---- */

static err check_joiner(struct tx *tx, const struct call *c, const struct credit_account *account,
                        int64_t customer, const char *currency)
{
    struct credit_join_open_row row;
    if (strcmp(currency, account->currency) != 0)
        fault(c->problem, "/customer_id", "currency_mismatch",
              "The customer pays in %s, the account is in %s.", currency, account->currency);
    if (c->problem->code != OK)
        return c->problem->code;
    TRY(credit_join_open(tx, customer, &row));
    if (row.open)
        return fail(c->problem, ERR_IN_USE,
                    "The customer has open orders, invoices, payments or credit notes; settle "
                    "them first.");
    return OK;
}

/* Both accounts are locked, then the customer. */
err credit_accounts_join(struct tx *tx, struct call *c, const struct credit_account_join *in,
                         struct credit_account *ret)
{
    struct credit_of_customer_row of = {.id = NIL64};
    struct credit_join_customer_row who;
    struct credit_facts_list locked;
    struct credit_account account;
    bool found;
    err e = credit_of_customer(tx, in->customer_id, &of);
    if (e != OK && e != ERR_NO_ROW)
        return e;
    TRY(credit_lock(tx, (int64_t[]){c->path_id[0], of.id}, of.id != NIL64 ? 2 : 1, &locked));
    TRY(credit_account_select(tx, c->path_id[0], &account));
    TRY(credit_join_customer(tx, in->customer_id, &who, &found));
    if (!found)
        fault(c->problem, "/customer_id", "unknown_reference", "There is no such customer.");
    else if (who.credit_account_id != of.id)
        return ERR_SERIALIZATION; /* it joined another one meanwhile */
    else if (of.id != account.id)
        TRY(check_joiner(tx, c, &account, in->customer_id, who.currency));
    if (c->problem->code != OK)
        return c->problem->code;
    *ret = account;
    if (of.id == account.id)
        return OK;
    TRY(credit_join_move(tx, in->customer_id, account.id));
    TRY(credit_join_left(tx, of.id));
    event_push(tx, c, "customer.credit_account_changed", "customer", in->customer_id, NULL,
               as_json(tx, ret));
    return OK;
}

/* ---- exposure ---- */

static int64_t component_of(const struct credit_account *a, const char *component)
{
    if (strcmp(component, "receivable") == 0)
        return a->receivable;
    if (strcmp(component, "unbilled") == 0)
        return a->unbilled;
    if (strcmp(component, "uncleared") == 0)
        return a->uncleared;
    if (strcmp(component, "disputed") == 0)
        return a->disputed;
    return strcmp(component, "ordered") == 0 ? a->ordered : a->unapplied;
}

static const char *id_text(struct arena *a, const char *resource, int64_t id)
{
    char text[ID_TEXT_MAX];
    const char *prefix = strcmp(resource, "order") == 0     ? "ord"
                         : strcmp(resource, "invoice") == 0 ? "inv"
                         : strcmp(resource, "payment") == 0 ? "pay"
                                                            : "crn";
    id_format(prefix, id, text);
    return arena_strdup(a, text);
}

err credit_accounts_exposure(struct tx *tx, struct call *c, const struct exposure_query *in,
                             struct exposure *ret)
{
    struct credit_account a;
    struct exposure_documents_row_list rows;
    const char *component = in->component != NULL ? in->component : "receivable";
    TRY(credit_account_select(tx, c->path_id[0], &a));
    TRY(exposure_documents(tx, a.id, component, EXPOSURE_DOCUMENTS_MAX, &rows));
    *ret = (struct exposure){.credit_account_id = a.id,
                             .component = component,
                             .currency = a.currency,
                             .amount = component_of(&a, component),
                             .total = rows.n > 0 ? rows.v[0].total : 0,
                             .count = rows.n > 0 ? rows.v[0].count : 0};
    ret->truncated = ret->count > (int64_t)rows.n;
    ret->documents.v = ARENA_ARRAY(tx->arena, struct exposure_document, rows.n);
    for (size_t i = 0; i < rows.n; i++)
        ret->documents.v[ret->documents.n++] = (struct exposure_document){
            .resource = rows.v[i].resource,
            .resource_id = id_text(tx->arena, rows.v[i].resource, rows.v[i].id),
            .number = rows.v[i].number,
            .customer_id = rows.v[i].customer_id,
            .document_date = rows.v[i].document_date,
            .due_date = rows.v[i].due_date,
            .amount = rows.v[i].amount};
    return OK;
}

err customers_credit(struct tx *tx, struct call *c, const struct none *in,
                     struct customer_credit *ret)
{
    (void)in;
    struct credit_of_customer_row of;
    struct credit_account a;
    TRY(credit_of_customer(tx, c->path_id[0], &of));
    TRY(credit_account_select(tx, of.id, &a));
    *ret = (struct customer_credit){.customer_id = c->path_id[0],
                                    .credit_account_id = a.id,
                                    .currency = a.currency,
                                    .credit_limit = a.limit_today,
                                    .ordered = a.ordered,
                                    .unbilled = a.unbilled,
                                    .receivable = a.receivable,
                                    .unapplied = a.unapplied,
                                    .below = a.below,
                                    .uncleared = a.uncleared,
                                    .disputed = a.disputed,
                                    .secured = a.secured,
                                    .exposure = a.exposure,
                                    .headroom = a.headroom,
                                    .held_orders = a.held_orders};
    return OK;
}
