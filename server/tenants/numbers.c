/* Takes document numbers from their series. */
#include "server/tenants/numbers.h"
#include "tenants.sql.h"
#include <assert.h>
#include <inttypes.h>
#include <string.h>

static const struct {
    const char *series, *prefix;
} series_prefixes[] = {
    {"credit_note", "CRN-"}, {"invoice", "INV-"},  {"order", "ORD-"},
    {"payment", "PAY-"},     {"shipment", "SHP-"},
};

/* What a series begins with when it is used for the first time; later its row decides. */
static const char *prefix_of(const char *series)
{
    for (size_t i = 0; i < COUNT_OF(series_prefixes); i++)
        if (strcmp(series_prefixes[i].series, series) == 0)
            return series_prefixes[i].prefix;
    assert(!"a known series");
    return "";
}

err numbers_take(struct tx *tx, const char *series, size_t n, const char **ret_numbers)
{
    if (n == 0)
        return OK;
    struct number_series_take_row row;
    TRY(number_series_take(tx, series, prefix_of(series), (int64_t)n, &row));
    int64_t first = row.last - (int64_t)n + 1;
    for (size_t i = 0; i < n; i++)
        ret_numbers[i] = arena_printf(tx->arena, "%s%06" PRId64, row.prefix, first + (int64_t)i);
    return OK;
}
