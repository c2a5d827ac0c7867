/* Document numbers without gaps: a counter row per series, locked last (before ledger days and
 * events), once per transaction for all documents of a batch. domain.md S6 rule 3. */
#pragma once
#include "server/api/call.h"

/* Takes n consecutive numbers of a series ("invoice", "credit_note", "order", "shipment",
 * "payment"); ret_numbers gets n texts like INV-000042. A transaction takes all its numbers in one
 * place, after deciding and before ledger_post; when it needs two series, in alphabetical order. */
err numbers_take(struct tx *tx, const char *series, size_t n, const char **ret_numbers) MUST_CHECK;
