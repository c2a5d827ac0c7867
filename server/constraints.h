/* The schema's named constraints and what they mean to a caller. */
#pragma once
#include "lib/pg/pg.h"

extern const struct pg_constraint constraints[]; /* ends with a NULL name */
