/* Verifies API keys, with a small cache in front of the database. */
#include "server/api/auth.h"
#include "lib/base/date.h"
#include "lib/base/id.h"
#include "server/api/signature.h"
#include "shipments.sql.h"
#include "tenants.sql.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define KEY_PREFIX "o2c_live_"
#define ID_CHARS 13
#define SECRET_CHARS 32
#define CACHE_SLOTS 1024 /* direct-mapped: a collision costs a query, never an answer */
#define HASH_BYTES 32

struct slot {
    int64_t tenant, key;
    int64_t loaded_at, expires_at, next_midnight;
    unsigned char hash[HASH_BYTES];
    struct tenant_facts facts; /* its texts are the arrays below */
    int32_t today;
    char currency[8], country[8], time_zone[64], credit_mode[16], scopes[AUTH_SCOPES_MAX];
};

struct auth {
    struct bytes server_secret;
    pthread_mutex_t lock;
    struct slot slots[CACHE_SLOTS];
};

struct presented {
    int64_t tenant, key;
    unsigned char hash[HASH_BYTES];
};

struct auth *auth_new(struct bytes server_secret)
{
    struct auth *a = calloc(1, sizeof(*a));
    if (a == NULL)
        abort();
    a->server_secret = server_secret;
    pthread_mutex_init(&a->lock, NULL);
    return a;
}

void auth_free(struct auth *a)
{
    if (a == NULL)
        return;
    pthread_mutex_destroy(&a->lock);
    free(a);
}

static void hash_secret(struct bytes server_secret, const char *secret, unsigned char *ret)
{
    unsigned len = HASH_BYTES;
    HMAC(EVP_sha256(), server_secret.p, (int)server_secret.len, (const unsigned char *)secret,
         SECRET_CHARS, ret, &len);
}

static bool parse_id(const char *text, int64_t *ret)
{
    char with_prefix[ID_CHARS + 3] = "x_";
    memcpy(with_prefix + 2, text, ID_CHARS);
    return id_parse("x", with_prefix, ret) == OK;
}

static err parse_header(const struct auth *a, const char *header, struct presented *ret)
{
    static const char bearer[] = "Bearer ";
    if (header == NULL || strncasecmp(header, bearer, sizeof(bearer) - 1) != 0)
        return ERR_UNAUTHENTICATED;
    const char *text = header + sizeof(bearer) - 1;
    size_t prefix = sizeof(KEY_PREFIX) - 1;
    if (strlen(text) != prefix + 2 * ID_CHARS + 1 + SECRET_CHARS ||
        strncmp(text, KEY_PREFIX, prefix) != 0 || text[prefix + 2 * ID_CHARS] != '_' ||
        !parse_id(text + prefix, &ret->tenant) || !parse_id(text + prefix + ID_CHARS, &ret->key))
        return ERR_UNAUTHENTICATED;
    hash_secret(a->server_secret, text + prefix + 2 * ID_CHARS + 1, ret->hash);
    return OK;
}

static struct slot *slot_of(struct auth *a, const struct presented *who)
{
    uint64_t mixed = ((uint64_t)who->key ^ (uint64_t)who->tenant) * UINT64_C(0x9E3779B97F4A7C15);
    return &a->slots[mixed >> 54];
}

static void copy_out(struct arena *arena, const struct slot *s, struct actor *ret)
{
    *ret = (struct actor){.tenant = s->facts,
                          .api_key_id = s->key,
                          .scopes = arena_strdup(arena, s->scopes),
                          .today = s->today,
                          .next_midnight = s->next_midnight};
    ret->tenant.currency = arena_strdup(arena, s->currency);
    ret->tenant.country = arena_strdup(arena, s->country);
    ret->tenant.time_zone = arena_strdup(arena, s->time_zone);
    ret->tenant.credit_mode = arena_strdup(arena, s->credit_mode);
}

err auth_cached(struct auth *a, const char *authorization, int64_t now, struct arena *arena,
                struct actor *ret)
{
    struct presented who;
    TRY(parse_header(a, authorization, &who));
    struct slot *s = slot_of(a, &who);
    err e = ERR_NO_ROW;
    pthread_mutex_lock(&a->lock);
    bool fresh = s->key == who.key && s->tenant == who.tenant && s->key != 0 &&
                 now - s->loaded_at < AUTH_TTL_US && now < s->next_midnight && now < s->expires_at;
    if (fresh && CRYPTO_memcmp(s->hash, who.hash, HASH_BYTES) == 0) {
        copy_out(arena, s, ret);
        e = OK;
    }
    pthread_mutex_unlock(&a->lock);
    return e;
}

struct load {
    struct presented who;
    struct slot slot;
};

static bool copy_text(char *to, size_t size, const char *from)
{
    size_t len = from ? strlen(from) : 0;
    if (len >= size)
        return false;
    memcpy(to, from ? from : "", len + 1);
    return true;
}

/* The tenant's facts into a slot that is otherwise empty. */
static err load_tenant(struct tx *tx, struct slot *s)
{
    struct tenant_find_row t;
    TRY(tenant_find(tx, &t));
    *s = (struct slot){.tenant = tx->tenant,
                       .loaded_at = tx->now,
                       .expires_at = INT64_MAX,
                       .next_midnight = t.next_midnight,
                       .today = t.today};
    s->facts = (struct tenant_facts){.id = tx->tenant,
                                     .version = t.version,
                                     .exponent = currency_exponent(t.currency),
                                     .approvals = t.approvals,
                                     .tax_per_line = strcmp(t.tax_rounding, "per_line") == 0,
                                     .locked_until = t.locked_until,
                                     .fiscal_year_start_month = (int)t.fiscal_year_start_month};
    TRY(rounding_parse(t.rounding, &s->facts.rounding));
    if (!copy_text(s->currency, sizeof(s->currency), t.currency) ||
        !copy_text(s->country, sizeof(s->country), t.country) ||
        !copy_text(s->time_zone, sizeof(s->time_zone), t.time_zone) ||
        !copy_text(s->credit_mode, sizeof(s->credit_mode), t.credit_mode))
        return fail(tx->problem, ERR_INTERNAL, "The tenant's settings are longer than expected.");
    return OK;
}

/* The key and its tenant; hash NULL: nobody presents the key's secret. */
static err load_slot(struct tx *tx, int64_t key_id, const unsigned char *hash, struct slot *s)
{
    struct api_key_find_row key;
    err e = api_key_find(tx, key_id, &key);
    if (e == OK)
        e = load_tenant(tx, s);
    if (e == ERR_NO_ROW)
        return ERR_UNAUTHENTICATED;
    TRY(e);
    if (key.secret_hash.len != HASH_BYTES ||
        (hash != NULL && CRYPTO_memcmp(key.secret_hash.p, hash, HASH_BYTES) != 0) ||
        key.revoked_at != NIL64 || (key.expires_at != NIL64 && key.expires_at <= tx->now))
        return ERR_UNAUTHENTICATED;
    s->key = key_id;
    if (key.expires_at != NIL64)
        s->expires_at = key.expires_at;
    memcpy(s->hash, key.secret_hash.p, HASH_BYTES);
    if (!copy_text(s->scopes, sizeof(s->scopes), key.scopes))
        return fail(tx->problem, ERR_INTERNAL, "The key's scopes are longer than expected.");
    return OK;
}

static err load_body(struct tx *tx, void *arg)
{
    struct load *l = arg;
    return load_slot(tx, l->who.key, l->who.hash, &l->slot);
}

err auth_actor(struct tx *tx, int64_t api_key, struct actor *ret)
{
    struct slot s;
    TRY(load_slot(tx, api_key, NULL, &s));
    copy_out(tx->arena, &s, ret);
    return OK;
}

err auth_tenant(struct tx *tx, struct actor *ret)
{
    struct slot s;
    TRY(load_tenant(tx, &s));
    copy_out(tx->arena, &s, ret);
    ret->api_key_id = NIL64;
    return OK;
}

err auth_load(struct auth *a, struct pool *pool, const char *authorization, int64_t now,
              struct arena *arena, struct actor *ret, struct problem *p)
{
    struct load l = {0};
    err e = parse_header(a, authorization, &l.who);
    if (e == OK) {
        struct tx_options o = {
            .mode = TX_READ, .tenant = l.who.tenant, .now = now, .arena = arena, .problem = p};
        e = tx_run(pool, &o, load_body, &l);
    }
    if (e == ERR_UNAUTHENTICATED)
        return fail(p, e, "Send a valid key: Authorization: Bearer o2c_live_…");
    if (e != OK)
        return p->code == e ? e : fail(p, e, "The key could not be checked. Try again.");
    copy_out(arena, &l.slot, ret);
    struct slot *s = slot_of(a, &l.who);
    pthread_mutex_lock(&a->lock);
    *s = l.slot;
    pthread_mutex_unlock(&a->lock);
    return OK;
}

struct signed_load {
    const struct signed_request *request;
    int64_t carrier;
    struct slot slot;
};

static bool signs(const char *secret, const struct signed_request *s, int64_t now)
{
    return secret != NULL && signature_valid(secret, s->timestamp, s->signature, s->body, now);
}

static err load_signed(struct tx *tx, void *arg)
{
    struct signed_load *l = arg;
    struct carrier_secrets_row row;
    err e = load_tenant(tx, &l->slot);
    if (e == OK)
        e = carrier_secrets(tx, l->carrier, &row);
    if (e == ERR_NO_ROW)
        return ERR_UNAUTHENTICATED;
    TRY(e);
    bool valid = signs(row.secret, l->request, tx->now) ||
                 signs(row.old_secret, l->request, tx->now);
    return valid ? OK : ERR_UNAUTHENTICATED;
}

err auth_signed(struct pool *pool, const struct signed_request *s, int64_t now, struct arena *arena,
                struct actor *ret, struct problem *p)
{
    struct signed_load l = {.request = s};
    int64_t tenant;
    err e = ERR_UNAUTHENTICATED;
    if (s->timestamp != NULL && s->signature != NULL && id_parse("ten", s->tenant, &tenant) == OK &&
        id_parse("car", s->carrier, &l.carrier) == OK) {
        struct tx_options o = {
            .mode = TX_READ, .tenant = tenant, .now = now, .arena = arena, .problem = p};
        e = tx_run(pool, &o, load_signed, &l);
    }
    if (e == ERR_UNAUTHENTICATED)
        return fail(p, e,
                    "Sign the request: %s: Unix seconds of now, %s: v1= and the hexadecimal "
                    "HMAC-SHA256 of the timestamp, a dot and the body.",
                    SIGNATURE_TIMESTAMP, SIGNATURE_HEADER);
    if (e != OK)
        return p->code == e ? e : fail(p, e, "The signature could not be checked. Try again.");
    copy_out(arena, &l.slot, ret);
    ret->api_key_id = NIL64;
    return OK;
}

void auth_forget(struct auth *a)
{
    pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < CACHE_SLOTS; i++)
        a->slots[i].key = 0;
    pthread_mutex_unlock(&a->lock);
}

bool actor_may(const struct actor *a, const char *scope)
{
    return scopes_allow(a->scopes, scope);
}

err api_key_make(struct bytes server_secret, int64_t tenant, int64_t key,
                 char ret_text[API_KEY_TEXT], unsigned char ret_hash[32])
{
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    unsigned char random[SECRET_CHARS];
    if (RAND_bytes(random, sizeof(random)) != 1)
        return ERR_INTERNAL;
    char secret[SECRET_CHARS + 1] = {0};
    for (size_t i = 0; i < SECRET_CHARS; i++)
        secret[i] = alphabet[random[i] & 31];
    char t[ID_TEXT_MAX], k[ID_TEXT_MAX];
    id_format("x", tenant, t);
    id_format("x", key, k);
    snprintf(ret_text, API_KEY_TEXT, KEY_PREFIX "%.13s%.13s_%s", t + 2, k + 2, secret);
    hash_secret(server_secret, secret, ret_hash);
    return OK;
}
