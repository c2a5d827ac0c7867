/* What the files of this folder share. */
#pragma once
#include "server/quotes/quotes.h"

/* The quote as it is shown. ERR_NO_ROW. */
err quote_load(struct tx *tx, int64_t id, struct quote *ret) MUST_CHECK;
