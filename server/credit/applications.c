/* Takes applications for credit, scores them, and decides. */
#include "server/credit/applications.h"
#include "applications.sql.h"
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "lib/json/encode.h"
#include "server/api/external_id.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include <string.h>

#define REFERENCES_BYTES_MAX (1 << 20)

const char *const credit_application_statuses[] = {"open", "approved", "declined", NULL};
const char *const credit_application_verdicts[] = {"approve", "decline", NULL};

JSON_TYPE(credit_reference, CREDIT_REFERENCE_FIELDS, .doc = "Who vouches for a customer.");
JSON_TYPE(credit_application_new, CREDIT_APPLICATION_NEW_FIELDS, .doc = "A new application.");
JSON_TYPE(credit_score_part, CREDIT_SCORE_PART_FIELDS, .doc = "A part of a score.");
JSON_TYPE(credit_application, CREDIT_APPLICATION_FIELDS, .doc = "An application for credit.");
JSON_TYPE(credit_application_decide, CREDIT_APPLICATION_DECIDE_FIELDS, .doc = "The decision.");

static const char *as_json(struct tx *tx, const struct credit_application *a)
{
    return call_json(tx->arena, &credit_application_type, a, NULL);
}

/* Scores how the customer has paid and records the application. ret_made: false when there is an
 * open one already. */
static err apply(struct tx *tx, const struct call *c, struct credit_application *a, bool *ret_made)
{
    struct credit_behavior_of_row b;
    struct credit_application_insert_row_list made;
    TRY(credit_behavior_of(tx, a->customer_id, &b));
    struct credit_behavior behavior = {.invoices = b.invoices,
                                       .late_days = b.late_days,
                                       .owed = b.owed,
                                       .overdue = b.overdue,
                                       .volume = b.volume,
                                       .age_days = b.age_days};
    a->score = credit_score(tx->arena, &behavior, a->requested_limit, &a->score_parts);
    a->id = id_new();
    TRY(credit_application_insert(tx, a, 1, &made));
    *ret_made = made.n > 0;
    if (made.n == 0)
        return OK;
    TRY(credit_application_select(tx, made.v[0].id, a));
    event_push(tx, c, "credit_application.created", "credit_application", a->id, NULL,
               as_json(tx, a));
    return OK;
}

static const char *references_of(struct arena *a, const struct credit_reference_list *list)
{
    struct buf out;
    buf_init(&out, a, 256, REFERENCES_BYTES_MAX);
    json_encode_list(&out, &credit_reference_type, list->v, list->n, NULL);
    return out.p;
}

err credit_applications_create(struct tx *tx, struct call *c,
                               const struct credit_application_new *in,
                               struct credit_application *ret)
{
    struct credit_application_customer_row who;
    struct credit_application_open_row open;
    bool found;
    TRY(credit_application_customer(tx, in->customer_id, &who, &found));
    if (!found) {
        fault(c->problem, "/customer_id", "unknown_reference", "There is no such customer.");
        return c->problem->code;
    }
    *ret = (struct credit_application){.customer_id = in->customer_id,
                                       .currency = who.currency,
                                       .requested_terms_days = in->requested_terms_days,
                                       .order_id = NIL64,
                                       .references = references_of(tx->arena, &in->references),
                                       .notes = in->notes};
    if (money_from_decimal(in->requested_limit, currency_exponent(who.currency),
                           &ret->requested_limit) != OK) {
        fault(c->problem, "/requested_limit", "decimal_scale", "%s has %d decimals.", who.currency,
              currency_exponent(who.currency));
        return c->problem->code;
    }
    TRY(apply(tx, c, ret, &found));
    if (found)
        return OK;
    TRY(credit_application_open(tx, in->customer_id, &open, &found));
    return found ? key_taken(c, "customer_id", "cap", open.id) : ERR_SERIALIZATION;
}

err credit_application_for(struct tx *tx, const struct call *c, const struct credit_facts *account,
                           int64_t customer, int64_t order, int64_t amount)
{
    bool made;
    struct credit_application a = {.customer_id = customer,
                                   .currency = account->currency,
                                   .requested_limit = amount > 0 ? amount : 0,
                                   .requested_terms_days = NIL64,
                                   .order_id = order,
                                   .references = "[]"};
    return apply(tx, c, &a, &made);
}

err credit_applications_get(struct tx *tx, struct call *c, const struct none *in,
                            struct credit_application *ret)
{
    (void)in;
    return credit_application_select(tx, c->path_id[0], ret);
}

/* ---- the decision ---- */

static err take_decision(struct call *c, const struct credit_application_decide *in, int64_t terms,
                         struct credit_application *a)
{
    bool approve = strcmp(in->decision, "approve") == 0;
    a->status = approve ? "approved" : "declined";
    a->reason = in->reason;
    a->decided_by = c->api_key_id;
    a->granted_limit = a->granted_terms_days = a->deposit_percent = NIL64;
    if (!approve)
        return OK;
    a->granted_limit = a->requested_limit;
    if (in->credit_limit != NIL64 &&
        money_from_decimal(in->credit_limit, currency_exponent(a->currency), &a->granted_limit) !=
            OK)
        fault(c->problem, "/credit_limit", "decimal_scale", "%s has %d decimals.", a->currency,
              currency_exponent(a->currency));
    a->granted_terms_days = in->payment_terms_days != NIL64    ? in->payment_terms_days
                            : a->requested_terms_days != NIL64 ? a->requested_terms_days
                                                               : terms;
    a->deposit_percent = in->deposit_percent != NIL64 ? in->deposit_percent : 0;
    return c->problem->code;
}

static err wait_for_bureau(struct tx *tx, const struct call *c,
                           const struct credit_application_decide *in, int64_t application)
{
    struct credit_application_asks_row asks;
    if (!in->wait_for_bureau)
        return OK;
    TRY(credit_application_asks(tx, application, &asks));
    return asks.open ? fail(c->problem, ERR_WRONG_STATE,
                            "The credit bureau is being asked; wait, or decide without it.")
                     : OK;
}

/* The account first, then the application. What is granted holds at once: orders that wait for the
 * decision go on with it. */
err credit_applications_decide(struct tx *tx, struct call *c,
                               const struct credit_application_decide *in,
                               struct credit_application *ret)
{
    struct credit_application a;
    struct credit_application_customer_row who;
    struct credit_application_lock_row lock;
    bool found;
    TRY(credit_application_select(tx, c->path_id[0], &a));
    TRY(credit_lock_of_customers(tx, &a.customer_id, 1));
    TRY(credit_application_lock(tx, a.id, &lock));
    TRY(call_check_version(c, lock.version));
    if (strcmp(lock.status, "open") != 0)
        return fail(c->problem, ERR_WRONG_STATE,
                    "The application is %s; apply again for another decision.", lock.status);
    TRY(wait_for_bureau(tx, c, in, a.id));
    const char *before = as_json(tx, &a);
    TRY(credit_application_customer(tx, a.customer_id, &who, &found));
    TRY(take_decision(c, in, who.payment_terms_days, &a));
    TRY(credit_application_decided(tx, &a, 1));
    if (a.granted_limit != NIL64) {
        TRY(credit_application_grant(tx, who.credit_account_id, a.granted_limit,
                                     a.deposit_percent));
        TRY(credit_application_terms(tx, a.customer_id, a.granted_terms_days));
        credit_made_room(tx, who.credit_account_id,
                         credit_cause_of(tx->arena, c, "credit_application", a.id));
    }
    TRY(credit_application_select(tx, a.id, ret));
    event_push(tx, c,
               a.granted_limit != NIL64 ? "credit_application.approved"
                                        : "credit_application.declined",
               "credit_application", a.id, before, as_json(tx, ret));
    return OK;
}
