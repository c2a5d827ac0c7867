/* Questions to a credit bureau: recorded, tried, and what came of them. See bureau.h. */
#include "server/credit/bureau.h"
#include "bureau.sql.h"
#include "lib/base/id.h"
#include "lib/json/decode.h"
#include "server/api/bells.h"
#include "server/credit/applications.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include <stdatomic.h>
#include <string.h>

#define DUE_MOST 16

const char *const bureau_statuses[] = {"asked", "answered", "refused", "failed", "unknown", NULL};

JSON_TYPE(bureau_question, BUREAU_QUESTION_FIELDS, .doc = "What a bureau is asked.");
JSON_TYPE(bureau_answer, BUREAU_ANSWER_FIELDS, .doc = "What a bureau answers.");
JSON_TYPE(bureau_request, BUREAU_REQUEST_FIELDS, .doc = "What a bureau says of an applicant.");

static atomic_bool available;

void bureau_available(bool yes)
{
    atomic_store(&available, yes);
}

static const char *as_json(struct tx *tx, const struct bureau_request *r)
{
    return call_json(tx->arena, &bureau_request_type, r, NULL);
}

/* ---- recorded ---- */

static err may_ask(struct tx *tx, const struct call *c, int64_t application)
{
    struct bureau_application_row a;
    struct bureau_request last;
    bool found;
    TRY(bureau_application(tx, application, &a));
    if (strcmp(a.status, "open") != 0)
        return fail(c->problem, ERR_WRONG_STATE,
                    "The application is %s; the bureau is asked only of an open one.", a.status);
    TRY(bureau_last(tx, application, &last, &found));
    if (found && last.next_try_at != NIL64)
        return fail(c->problem, ERR_WRONG_STATE, "The bureau is being asked; wait for its answer.");
    if (found && strcmp(last.status, "answered") == 0)
        return fail(c->problem, ERR_WRONG_STATE, "The bureau has answered already.");
    if (!atomic_load(&available))
        return fail(c->problem, ERR_WRONG_STATE,
                    "This server has no credit bureau to ask (O2C_BUREAU_URL).");
    return OK;
}

err credit_applications_ask(struct tx *tx, struct call *c, const struct none *in,
                            struct bureau_request *ret)
{
    (void)in;
    int64_t application = c->path_id[0], id = id_new();
    bool found;
    TRY(may_ask(tx, c, application));
    TRY(bureau_insert(tx, id, application, c->api_key_id));
    TRY(bureau_last(tx, application, ret, &found));
    event_push(tx, c, "credit_application.bureau_asked", "credit_application", application, NULL,
               as_json(tx, ret));
    tx->wakes |= WAKES_BUREAU;
    return OK;
}

err credit_applications_bureau(struct tx *tx, struct call *c, const struct none *in,
                               struct bureau_request *ret)
{
    (void)in;
    bool found;
    TRY(bureau_last(tx, c->path_id[0], ret, &found));
    return found ? OK : ERR_NO_ROW;
}

/* ---- tried ---- */

err bureau_find(struct tx *tx, struct bureau_due_list *ret)
{
    return bureau_find_due(tx, DUE_MOST, ret);
}

err bureau_claim(struct tx *tx, int64_t id, int64_t again, struct bureau_try *ret, bool *ret_free)
{
    struct bureau_claim_row_row row;
    struct bureau_question q;
    char key[ID_TEXT_MAX];
    TRY(bureau_claim_row(tx, id, &row, ret_free));
    if (!*ret_free)
        return OK;
    TRY(bureau_subject(tx, row.application_id, &q));
    id_format("brq", id, key);
    *ret = (struct bureau_try){.id = id,
                               .application_id = row.application_id,
                               .tries = row.tries + 1,
                               .key = arena_strdup(tx->arena, key),
                               .json = call_json(tx->arena, &bureau_question_type, &q, NULL),
                               .currency = q.currency};
    return bureau_tried(tx, id, again);
}

static bool in(int status, const int *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == status)
            return true;
    return false;
}

static void read_answer(struct arena *a, const struct client_answer *answer, const char *currency,
                        struct bureau_outcome *ret)
{
    struct bureau_answer said;
    struct problem p;
    problem_init(&p, a);
    ret->status = "failed";
    ret->reason = "The answer is not what was agreed on.";
    if (answer->len == 0 ||
        json_decode(a, &bureau_answer_type, answer->body, answer->len, &said, NULL, NULL, &p) != OK)
        return;
    int64_t limit = NIL64;
    if (said.limit != NIL64 &&
        money_from_decimal(said.limit, currency_exponent(currency), &limit) != OK)
        return;
    *ret = (struct bureau_outcome){.status = "answered",
                                   .score = said.score,
                                   .proposed_limit = limit,
                                   .reference = said.reference};
}

void bureau_read(struct arena *a, const struct client_answer *answer, const char *currency,
                 struct bureau_outcome *ret)
{
    static const int busy[] = {408, 425, 429, 503}, ours[] = {401, 403, 404, 405};
    int status = answer->status;
    *ret = (struct bureau_outcome){
        .score = NIL64, .proposed_limit = NIL64, .reason = answer->detail};
    if (answer->outcome == CLIENT_NOT_SENT) {
        ret->status = "asked";
    } else if (answer->outcome == CLIENT_UNKNOWN) {
        ret->status = "unknown";
    } else if (answer->outcome == CLIENT_GARBLED) {
        ret->status = "failed";
    } else if (status == 200) {
        read_answer(a, answer, currency, ret);
    } else {
        bool refused = status >= 400 && status < 500 && !in(status, ours, COUNT_OF(ours));
        ret->status = in(status, busy, COUNT_OF(busy)) ? "asked" : refused ? "refused" : "failed";
        ret->reason = arena_printf(a, "The bureau answered with HTTP status %d.", status);
    }
}

/* ---- stored ---- */

/* The mean of what the scorecard says and what the bureau says, half up. */
static err score(struct tx *tx, const struct bureau_try *t, const struct bureau_application_row *a,
                 int64_t bureau)
{
    size_t len = strlen(a->score_parts);
    const char *parts = arena_printf(tx->arena,
                                     "%.*s%s{\"part\":\"bureau\",\"value\":\"%lld\",\"points\":"
                                     "%lld,\"most\":100}]",
                                     (int)len - 1, a->score_parts, len > 2 ? "," : "",
                                     (long long)bureau, (long long)bureau);
    return bureau_scored(tx, t->application_id, (a->score + bureau + 1) / 2, parts);
}

/* Has this try still to be told of? Of a question that has ended, or is being asked anew, only an
 * answer is news. */
static bool is_news(const struct bureau_lock_row *now, const struct bureau_try *t,
                    const struct bureau_outcome *o)
{
    if (strcmp(now->status, "answered") == 0)
        return false;
    return o->score != NIL64 || (now->open && now->tries == t->tries);
}

err bureau_store(struct tx *tx, const struct bureau_try *t, const struct bureau_outcome *o,
                 int64_t again)
{
    struct bureau_application_row a;
    struct bureau_lock_row now;
    struct bureau_request before, after;
    bool found;
    bool undecided = strcmp(o->status, "asked") == 0 || strcmp(o->status, "unknown") == 0;
    TRY(bureau_application(tx, t->application_id, &a));
    TRY(bureau_lock(tx, t->id, &now));
    if (!is_news(&now, t, o))
        return OK;
    TRY(bureau_last(tx, t->application_id, &before, &found));
    const char *status = o->status;
    bool given_up = undecided && t->tries >= BUREAU_TRIES_MAX;
    /* Once it was sent, it stays unknown until somebody knows. */
    if (strcmp(status, "asked") == 0 && strcmp(now.status, "unknown") == 0)
        status = "unknown";
    if (given_up && strcmp(status, "asked") == 0)
        status = "failed";
    TRY(bureau_store_row(tx, t->id, status, undecided && !given_up ? again : NIL64, o->score,
                         o->proposed_limit, o->reference, o->reason));
    if (o->score != NIL64 && strcmp(a.status, "open") == 0)
        TRY(score(tx, t, &a, o->score));
    TRY(bureau_last(tx, t->application_id, &after, &found));
    if (strcmp(now.status, status) != 0 || given_up)
        event_push(
            tx, NULL,
            arena_printf(tx->arena, "credit_application.bureau_%s", given_up ? "given_up" : status),
            "credit_application", t->application_id, as_json(tx, &before), as_json(tx, &after));
    return OK;
}
