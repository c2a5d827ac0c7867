/* Loads an order book in the Online Retail layout as orders, shipments, invoices, credit notes and
 * payments. Everything is addressed by external ids, every write is one that may be repeated: a
 * load that was killed is started again, and one that is through is loaded again without effect.
 *
 * The rules. A document is one InvoiceNo; its date is that of InvoiceDate, its lines keep their
 * order. A line's amount is Quantity x UnitPrice, rounded half away from zero to the cent; there is
 * no tax (one tax code of 0 %), the currency is GBP, no customer has a credit limit.
 *   - Number only, a sale. Lines that bring money, and those of quantity > 0 that cost nothing,
 *     become an order with the given prices, shipped, invoiced and paid in full the same day. A
 *     document that comes to nothing is invoiced at 0.00 and not paid. An order of services only
 *     has no shipment.
 *     Lines of negative quantity without value are stock that was damaged, lost or thrown away:
 *     adjustments of stock. If one has a value, it is credited as in a C document.
 *   - C, a credit note: free lines (the file does not say which invoice is meant), issued and
 *     refunded in full the same day. Goods come back to stock. Lines that bring money are invoiced
 *     (and paid) without an order.
 *   - A, an adjustment for bad debt: negative amounts become a credit note for bad debt, positive
 *     ones an invoice without an order, each settled the same day.
 *   - Lines without CustomerID belong to a customer "cash sales <Country>", one per country.
 *   - Stock codes that do not stand for goods (POST, D, M, BANK CHARGES, …) are services.
 *   - Before the first document, each product receives what the sales and adjustments of the file
 *     take, on the first day that it occurs. Returns are not counted on. */
#include "tests/load/retail.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/arena.h"
#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "tests/load/client.h"
#include "tests/load/retail_load.h"
#include "tests/load/say.h"

#define CURRENCY "GBP"
#define RECEIPTS_PER_REQUEST 1000
#define SERVICE_OF_LATER_DAYS "1973-04-01"

/* ---- values of requests ---- */

json_t *json_date(int32_t date)
{
    char text[DATE_TEXT];
    date_format(date, text);
    return json_string(text);
}

json_t *json_decimal(int64_t v, int scale, int min_decimals)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_format(v, scale, min_decimals, text);
    return json_string(text);
}
