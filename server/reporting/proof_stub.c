/* Temporary: until proof.c is there. */
#include "server/reporting/proof.h"
struct none;
__attribute__((weak)) err proof_get(struct tx *tx, struct call *c, const struct none *in, struct proof *ret);
__attribute__((weak)) err proof_get(struct tx *tx, struct call *c, const struct none *in, struct proof *ret)
{ (void)tx; (void)c; (void)in; *ret = (struct proof){.ok = true}; return OK; }
__attribute__((weak)) err proof_run(struct tx *tx, struct proof *ret) { (void)tx; *ret = (struct proof){.ok = true}; return OK; }
