/* What the credit counters mean, how changes of them add up, and what fits. */
#include "server/credit/rules.h"
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include "lib/base/money.h"
#include "server/credit/policies.h"
#include <stdlib.h>
#include <string.h>

static int64_t clamp(__int128 sum)
{
    if (sum > INT64_MAX)
        return INT64_MAX;
    return sum < -INT64_MAX ? -INT64_MAX : (int64_t)sum;
}

int64_t credit_exposure(const struct credit_facts *f)
{
    const struct credit_standing *s = f->standing;
    int64_t uncleared = s != NULL && s->allow_uncleared ? 0 : f->uncleared;
    int64_t disputed = s != NULL && s->exclude_disputed ? f->disputed : 0;
    return clamp((__int128)f->receivable + f->unbilled + f->ordered + f->below - f->unapplied -
                 f->secured + uncleared - disputed);
}

int64_t credit_delta_net(const struct credit_delta *d)
{
    return clamp((__int128)d->receivable + d->unbilled + d->ordered - d->unapplied);
}

static int by_account(const void *left, const void *right)
{
    const struct credit_delta *l = left, *r = right;
    return (l->account > r->account) - (l->account < r->account);
}

static err add(struct credit_delta *to, const struct credit_delta *d)
{
    TRY(add64(to->ordered, d->ordered, &to->ordered));
    TRY(add64(to->unbilled, d->unbilled, &to->unbilled));
    TRY(add64(to->receivable, d->receivable, &to->receivable));
    TRY(add64(to->unapplied, d->unapplied, &to->unapplied));
    TRY(add64(to->uncleared, d->uncleared, &to->uncleared));
    TRY(add64(to->disputed, d->disputed, &to->disputed));
    TRY(add64(to->held, d->held, &to->held));
    if (d->cause != NULL)
        to->cause = d->cause;
    return add64(to->below, d->below, &to->below);
}

static bool moves(const struct credit_delta *d)
{
    return d->ordered != 0 || d->unbilled != 0 || d->receivable != 0 || d->unapplied != 0 ||
           d->uncleared != 0 || d->disputed != 0 || d->held != 0 || d->below != 0;
}

err credit_deltas_sum(struct credit_delta *deltas, size_t n, size_t *ret_n)
{
    size_t kept = 0;
    if (n > 1)
        qsort(deltas, n, sizeof *deltas, by_account);
    for (size_t i = 0; i < n;) {
        struct credit_delta sum = {.account = deltas[i].account};
        for (; i < n && deltas[i].account == sum.account; i++)
            TRY(add(&sum, &deltas[i]));
        if (moves(&sum))
            deltas[kept++] = sum;
    }
    *ret_n = kept;
    return OK;
}

void credit_take(struct credit_facts *account, int64_t amount)
{
    account->ordered += amount;
    for (struct credit_facts *f = account->parent; f != NULL; f = f->parent)
        f->below += amount;
}

bool credit_checked_at(const struct credit_facts *account, const char *point)
{
    const struct credit_standing *s = account->standing;
    if (s == NULL)
        return strcmp(point, "confirm") == 0 || strcmp(point, "amend") == 0;
    const struct {
        const char *point;
        bool checked;
    } points[] = {
        {"confirm", s->at_confirm},
        {"amend", s->at_amend},
        {"ship", s->at_ship},
        {"invoice", s->at_invoice},
        {"limit_decrease", s->at_limit_decrease},
    };
    for (size_t i = 0; i < COUNT_OF(points); i++)
        if (strcmp(points[i].point, point) == 0)
            return points[i].checked;
    return true;
}

bool credit_wants_decision(const struct credit_facts *account)
{
    return account->undecided && account->standing != NULL && account->standing->check_new_customer;
}

/* ---- the judgment ---- */

struct judging {
    struct arena *a;
    const struct credit_facts *account;
    const struct credit_standing *standing;
    const struct credit_question *q;
    struct credit_verdict *verdict;
    const char *trace;
};

static const char *amount(const struct judging *j, int64_t minor)
{
    char text[DECIMAL_TEXT_MAX];
    int exponent = currency_exponent(j->account->currency);
    decimal_format(minor, exponent < 0 ? 2 : exponent, exponent < 0 ? 2 : exponent, text);
    return arena_strdup(j->a, text);
}

static const char *percent(const struct judging *j, int64_t millionths)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_format(millionths, DECIMAL_SCALE, 0, text);
    return arena_strdup(j->a, text);
}

static const char *integer(const struct judging *j, int64_t n)
{
    return arena_printf(j->a, "%lld", (long long)n);
}

/* One rule, its value and its bound, in the trace; the first broken one gives the reason. */
static void note(struct judging *j, const char *rule, int64_t account, const char *value,
                 const char *bound, const char *broken)
{
    char id[ID_TEXT_MAX];
    id_format("cra", account, id);
    j->trace = arena_printf(j->a,
                            "%s%s{\"rule\":\"%s\",\"account\":\"%s\",\"value\":\"%s\","
                            "\"bound\":\"%s\",\"ok\":%s}",
                            j->trace, j->trace[0] == '\0' ? "" : ",", rule, id, value, bound,
                            broken == NULL ? "true" : "false");
    if (broken == NULL)
        return;
    j->verdict->exceeded = true;
    if (j->verdict->reason == NULL)
        j->verdict->reason = broken;
}

/* What of the exposure counts: confirmed orders only within the horizon of the account's policy. */
static int64_t counted(const struct judging *j, const struct credit_facts *f)
{
    int64_t beyond = f == j->account && j->standing != NULL ? j->standing->beyond : 0;
    return clamp((__int128)credit_exposure(f) - beyond + j->q->amount);
}

static void check_limit(struct judging *j, const struct credit_facts *f)
{
    if (f->credit_limit == NIL64)
        return;
    int64_t exposure = counted(j, f);
    const char *value = amount(j, exposure), *bound = amount(j, f->credit_limit);
    const char *broken = NULL;
    if (exposure > f->credit_limit)
        broken = arena_printf(j->a,
                              f == j->account ? "The exposure would be %s %s, the credit limit is "
                                                "%s %s."
                                              : "The exposure of the group would be %s %s, its "
                                                "credit limit is %s %s.",
                              value, j->account->currency, bound, j->account->currency);
    note(j, f == j->account ? "limit" : "group_limit", f->id, value, bound, broken);
}

/* Unapplied money has to be there for a share of what is ordered. */
static void check_deposit(struct judging *j)
{
    const struct credit_facts *f = j->account;
    int64_t due = 0;
    if (f->deposit_percent <= 0 || j->q->ordered <= 0)
        return;
    int64_t ordered = clamp((__int128)f->ordered + j->q->ordered);
    if (money_percent(ordered, f->deposit_percent, ROUND_HALF_UP, &due) != OK)
        due = INT64_MAX;
    const struct credit_standing *s = j->standing;
    int64_t there = f->unapplied - (s != NULL && s->allow_uncleared ? 0 : f->unapplied_uncleared);
    const char *have = amount(j, there), *want = amount(j, due);
    note(j, "deposit", f->id, have, want,
         there >= due ? NULL
                      : arena_printf(j->a, "A deposit of %s %s is asked for, %s %s are there.",
                                     want, f->currency, have, f->currency));
}

static void check_overdue(struct judging *j)
{
    const struct credit_standing *s = j->standing;
    if (s->max_overdue_days != NIL64)
        note(j, "oldest_overdue_days", s->account, integer(j, s->overdue_days),
             integer(j, s->max_overdue_days),
             s->overdue_days <= s->max_overdue_days
                 ? NULL
                 : arena_printf(j->a, "An invoice is %lld days overdue, %lld are allowed.",
                                (long long)s->overdue_days, (long long)s->max_overdue_days));
    if (s->max_overdue_percent == NIL64)
        return;
    int64_t share = 0;
    if (s->receivable > 0 && round_div((__int128)s->overdue * 100 * DECIMAL_ONE, s->receivable,
                                       ROUND_HALF_UP, &share) != OK)
        share = INT64_MAX;
    note(j, "overdue_percent", s->account, percent(j, share), percent(j, s->max_overdue_percent),
         share <= s->max_overdue_percent
             ? NULL
             : arena_printf(j->a, "%s percent of what is owed is overdue, %s are allowed.",
                            percent(j, share), percent(j, s->max_overdue_percent)));
}

/* What was asked of them, and what they promised. */
static void check_collections(struct judging *j)
{
    const struct credit_standing *s = j->standing;
    if (s->max_dunning_level != NIL64)
        note(j, "dunning_level", s->account, integer(j, s->dunning_level),
             integer(j, s->max_dunning_level),
             s->dunning_level <= s->max_dunning_level
                 ? NULL
                 : arena_printf(j->a, "The dunning level is %lld, %lld is allowed.",
                                (long long)s->dunning_level, (long long)s->max_dunning_level));
    if (s->max_broken_promises != NIL64)
        note(j, "broken_promises", s->account, integer(j, s->broken_promises),
             integer(j, s->max_broken_promises),
             s->broken_promises <= s->max_broken_promises
                 ? NULL
                 : arena_printf(j->a, "Promises to pay were broken %lld times, %lld are allowed.",
                                (long long)s->broken_promises, (long long)s->max_broken_promises));
}

static void check_document(struct judging *j)
{
    const struct credit_standing *s = j->standing;
    if (s->max_document == NIL64 || j->q->document <= 0)
        return;
    const char *value = amount(j, j->q->document), *bound = amount(j, s->max_document);
    note(j, "largest_document", s->account, value, bound,
         j->q->document <= s->max_document
             ? NULL
             : arena_printf(j->a, "The document is %s %s, a single one may be %s %s.", value,
                            j->account->currency, bound, j->account->currency));
}

static void check_account(struct judging *j)
{
    const struct credit_facts *f = j->account;
    if (j->standing->check_review)
        note(j, "review_date", f->id,
             f->review_date == NIL32 ? "" : integer(j, f->review_date - j->q->today), "0",
             f->review_date == NIL32 || f->review_date >= j->q->today
                 ? NULL
                 : "The credit limit should have been reviewed by now.");
    if (j->standing->check_new_customer)
        note(j, "new_customer", f->id, f->undecided ? "undecided" : "decided", "decided",
             f->undecided ? "Nobody has decided on the customer's credit yet." : NULL);
}

void credit_judge(struct arena *a, const struct credit_facts *account,
                  const struct credit_question *q, struct credit_verdict *ret)
{
    const struct credit_standing *s = account->standing;
    *ret = (struct credit_verdict){.limit = account->credit_limit,
                                   .mode = s != NULL ? s->mode : q->tenant_mode};
    struct judging j = {
        .a = a, .account = account, .standing = s, .q = q, .verdict = ret, .trace = ""};
    ret->exposure = counted(&j, account);
    for (const struct credit_facts *f = account; f != NULL; f = f->parent)
        check_limit(&j, f);
    check_deposit(&j);
    if (s != NULL) {
        check_overdue(&j);
        check_collections(&j);
        check_document(&j);
        check_account(&j);
    }
    ret->trace = arena_printf(a, "[%s]", j.trace);
    if (!ret->exceeded || strcmp(ret->mode, "ignore") == 0)
        ret->outcome = CREDIT_APPROVED;
    else
        ret->outcome = strcmp(ret->mode, "enforce") == 0 ? CREDIT_HELD : CREDIT_WARNED;
}
