/* How a request turns into a customer. Pure. Faults go to c->problem. */
#pragma once
#include "server/customers/customers.h"

/* What the request asks for, over `was`: NULL for a new customer, whose id is yet to be set. */
void customer_from_new(struct arena *a, const struct call *c, const struct customer_new *in,
                       const struct customer *was, struct customer *ret);
/* Changes t by what the request names. */
void customer_apply_patch(struct arena *a, const struct call *c, const struct customer_patch *in,
                          struct customer *t);
