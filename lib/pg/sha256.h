/* SHA-256 as text. Apart, because OpenSSL's headers and err.h both claim the name ERR_STATE. */
#pragma once

#define SHA256_TEXT 65

void sha256_text(const char *s, char out[SHA256_TEXT]);
