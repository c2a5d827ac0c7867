/* Names of companies, people, places and goods that nobody bears, made from syllables. */
#pragma once
#include "tests/load/rng.h"
#include <stddef.h>

#define NAME_MAX_LEN 100

struct place {
    const char *country, *vat_prefix, *city, *postal_code, *language;
    const char *street;       /* its one %s stands for the name */
    const char *const *forms; /* of companies, NULL-terminated */
};

const struct place *name_place(struct rng *r);
void name_word(struct rng *r, char *out, size_t size); /* "Norvelta" */
void name_company(struct rng *r, const struct place *p, char *out, size_t size);
void name_person(struct rng *r, char *out, size_t size);
void name_goods(struct rng *r, char *out, size_t size);
