/* Checks the signatures of requests: see signature.h. */
#include "server/api/signature.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>
#include <string.h>

#define HEX_CHARS (2 * SHA256_DIGEST_LENGTH)
#define TIMESTAMP_DIGITS_MAX 12

static bool in_time(const char *timestamp, int64_t now)
{
    size_t len = strlen(timestamp);
    int64_t seconds = 0;
    if (len < 1 || len > TIMESTAMP_DIGITS_MAX || strspn(timestamp, "0123456789") != len)
        return false;
    for (const char *s = timestamp; *s != '\0'; s++)
        seconds = seconds * 10 + (*s - '0');
    int64_t off = now / 1000000 - seconds;
    return off >= -SIGNATURE_TOLERANCE_S && off <= SIGNATURE_TOLERANCE_S;
}

static bool digest(const char *secret, const char *timestamp, struct bytes body,
                   char ret[HEX_CHARS + 1])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char mac[SHA256_DIGEST_LENGTH];
    char sha256[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", sha256, 0),
                                 OSSL_PARAM_construct_end()};
    size_t len = 0;
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *h = hmac == NULL ? NULL : EVP_MAC_CTX_new(hmac);
    bool done = h != NULL &&
                EVP_MAC_init(h, (const unsigned char *)secret, strlen(secret), params) == 1 &&
                EVP_MAC_update(h, (const unsigned char *)timestamp, strlen(timestamp)) == 1 &&
                EVP_MAC_update(h, (const unsigned char *)".", 1) == 1 &&
                EVP_MAC_update(h, body.p, body.len) == 1 &&
                EVP_MAC_final(h, mac, &len, sizeof(mac)) == 1 && len == sizeof(mac);
    EVP_MAC_CTX_free(h);
    EVP_MAC_free(hmac);
    for (size_t i = 0; done && i < sizeof(mac); i++) {
        ret[2 * i] = digits[mac[i] >> 4];
        ret[2 * i + 1] = digits[mac[i] & 15];
    }
    ret[HEX_CHARS] = '\0';
    return done;
}

bool signature_valid(const char *secret, const char *timestamp, const char *signature,
                     struct bytes body, int64_t now)
{
    static const char separators[] = " ,";
    char expected[HEX_CHARS + 1];
    bool valid = false;
    if (!in_time(timestamp, now) || !digest(secret, timestamp, body, expected))
        return false;
    for (const char *s = signature; *s != '\0'; s += strspn(s, separators)) {
        size_t len = strcspn(s, separators);
        if (len == 3 + HEX_CHARS && strncmp(s, "v1=", 3) == 0)
            valid = (CRYPTO_memcmp(s + 3, expected, HEX_CHARS) == 0) || valid;
        s += len;
    }
    return valid;
}
