/* API keys: who is asking, for which legal entity, with which scopes.
 *
 * A key reads o2c_live_<tenant><key>_<secret>: two ids of 13 characters and 32 random ones. The
 * database holds HMAC-SHA256(server secret, key's secret); comparing takes constant time. Verified
 * keys are cached for AUTH_TTL_US, so a revoked key stops working within that time. */
#pragma once
#include "lib/base/problem.h"
#include "server/api/call.h"

#define AUTH_TTL_US (5 * INT64_C(1000000))
#define AUTH_SCOPES_MAX 1024
#define API_KEY_TEXT 80

struct actor {
    struct tenant_facts tenant;
    int64_t api_key_id;
    const char *scopes;    /* separated by spaces; "*" and "orders:*" match all and all of orders */
    int32_t today;         /* the tenant's civil date, */
    int64_t next_midnight; /* which ends at this instant */
};
bool actor_may(const struct actor *a, const char *scope);

struct auth;
struct auth *auth_new(struct bytes server_secret); /* the secret must outlive it */
void auth_free(struct auth *a);

/* The actor behind an Authorization header (NULL is fine), texts in the arena.
 * ERR_UNAUTHENTICATED: no key or not shaped like one. ERR_NO_ROW: not in the cache, ask auth_load.
 * Never blocks. */
err auth_cached(struct auth *a, const char *authorization, int64_t now, struct arena *arena,
                struct actor *ret) MUST_CHECK;
/* The same, from the database; fills the cache. Failures are described in p. */
err auth_load(struct auth *a, struct pool *pool, const char *authorization, int64_t now,
              struct arena *arena, struct actor *ret, struct problem *p) MUST_CHECK;

/* Whoever works for the key later, in a transaction of its tenant; texts in the transaction's
 * arena. ERR_UNAUTHENTICATED: it was revoked, has expired or is unknown. */
err auth_actor(struct tx *tx, int64_t api_key, struct actor *ret) MUST_CHECK;

/* Whoever works for the tenant as a whole, in a transaction of it: no key, no scope. */
err auth_tenant(struct tx *tx, struct actor *ret) MUST_CHECK;

/* A request without a key, signed by a carrier of a tenant (signature.h). */
struct signed_request {
    const char *tenant, *carrier;      /* ids, as the path has them */
    const char *timestamp, *signature; /* headers, or NULL */
    struct bytes body;
};
/* The actor is the tenant, with no key and no scope. ERR_UNAUTHENTICATED, whatever is wrong. */
err auth_signed(struct pool *pool, const struct signed_request *s, int64_t now, struct arena *arena,
                struct actor *ret, struct problem *p) MUST_CHECK;

/* Forgets everything cached: the facts of a tenant have changed. Other servers notice within
 * AUTH_TTL_US. */
void auth_forget(struct auth *a);

/* Makes a new key: its text, shown once, and the hash to keep (32 bytes). */
err api_key_make(struct bytes server_secret, int64_t tenant, int64_t key,
                 char ret_text[API_KEY_TEXT], unsigned char ret_hash[32]) MUST_CHECK;
