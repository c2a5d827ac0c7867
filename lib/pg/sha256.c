/* SHA-256 as text, by OpenSSL. */
#include "lib/pg/sha256.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sha256_text(const char *s, char out[SHA256_TEXT])
{
    unsigned char digest[32];
    if (EVP_Digest(s, strlen(s), digest, NULL, EVP_sha256(), NULL) != 1)
        abort();
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}
