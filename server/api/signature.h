/* Requests that are signed instead of carrying a key.
 *
 *   Webhook-Timestamp: 1767225600              Unix seconds, within SIGNATURE_TOLERANCE_S of now
 *   Webhook-Signature: v1=<64 hex digits>      HMAC-SHA256(secret, "<timestamp>.<body>")
 *
 * Several signatures may stand there, separated by spaces or commas, for a secret that is being
 * replaced: one that is right is enough. */
#pragma once
#include "lib/base/value.h"

#define SIGNATURE_TIMESTAMP "Webhook-Timestamp"
#define SIGNATURE_HEADER "Webhook-Signature"
#define SIGNATURE_TOLERANCE_S 300
#define SIGNED_BODY_MAX ((size_t)1 << 20)

/* now: an instant. Takes the same time for every wrong signature. */
bool signature_valid(const char *secret, const char *timestamp, const char *signature,
                     struct bytes body, int64_t now);
