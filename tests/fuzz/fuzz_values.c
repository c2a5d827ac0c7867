/* Any text as a decimal, date, instant or id: parsing what was written gives the same again.
 * The first byte chooses the parser, the rest is the text. */
#include "lib/base/date.h"
#include "lib/base/decimal.h"
#include "lib/base/id.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 200

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void try_decimal(const char *text, int scale)
{
    int64_t v, again;
    if (decimal_parse(text, scale, &v) != OK)
        return;
    require(v != NIL64);
    for (int decimals = 0; decimals <= scale; decimals++) {
        char out[DECIMAL_TEXT_MAX];
        size_t len = decimal_format(v, scale, decimals, out);
        require(len == strlen(out) && len < sizeof out);
        require(decimal_parse(out, scale, &again) == OK && again == v);
    }
}

static void try_date(const char *text)
{
    int32_t date, again;
    if (date_parse(text, &date) != OK)
        return;
    require(date >= DATE_MIN && date <= DATE_MAX);
    char out[DATE_TEXT];
    date_format(date, out);
    require(strcmp(out, text) == 0);
    require(date_parse(out, &again) == OK && again == date);
}

/* Text has milliseconds: what is below them is cut the first time. */
static void try_instant(const char *text)
{
    int64_t us, again;
    if (instant_parse(text, &us) != OK)
        return;
    /* An offset may carry the instant a day past the dates that can be written in UTC. */
    int32_t date = instant_date_utc(us);
    if (date < DATE_MIN || date > DATE_MAX)
        return;
    char out[INSTANT_TEXT], second[INSTANT_TEXT];
    instant_format(us, out);
    require(instant_parse(out, &again) == OK);
    require(us - again >= 0 && us - again < 1000);
    instant_format(again, second);
    require(strcmp(out, second) == 0);
}

static void try_id(const char *text)
{
    int64_t id, again;
    if (id_parse("cus", text, &id) != OK)
        return;
    require(id > 0);
    char out[ID_TEXT_MAX];
    size_t len = id_format("cus", id, out);
    require(len == strlen(out) && len < sizeof out);
    require(id_parse("cus", out, &again) == OK && again == id);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size == 0 || size > TEXT_MAX)
        return 0;
    char *text = malloc(size);
    if (text == NULL)
        abort();
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (data[0] == 'd')
        try_date(text);
    else if (data[0] == 't')
        try_instant(text);
    else if (data[0] == 'i')
        try_id(text);
    else if (data[0] >= '0' && data[0] <= '6')
        try_decimal(text, data[0] - '0');
    free(text);
    return 0;
}

#ifdef FUZZ_REPLAY
#include "tests/fuzz/replay.h"
#endif
