/* Sets of what a batch asks the database for: sorted, each element once. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Both sort v in place, texts by bytes, and return how many distinct elements lead it. */
size_t distinct_ids(int64_t *v, size_t n);
size_t distinct_texts(const char **v, size_t n);
