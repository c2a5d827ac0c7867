/* Documents of whatever stage: what may be kept, and its content, once however often it is sent.
 * Documents never change and never go. */
#pragma once
#include "server/api/call.h"

#define DOCUMENT_BYTES_MAX ((size_t)5 << 20)
#define DOCUMENTS_MAX 100 /* of a shipment, of an application for credit */
#define DOCUMENT_NAME_MAX 200
#define DOCUMENT_HASH_BYTES 32

extern const char *const document_media[]; /* application/pdf … text/plain */

/* Faults for a file name that is none and for content that is not of the call's media type. */
err document_check(const struct call *c, const char *file_name) MUST_CHECK;
/* SHA-256. */
void document_hash(struct bytes content, unsigned char ret[DOCUMENT_HASH_BYTES]);
/* As hexadecimal text in the arena. */
const char *document_hex(struct arena *a, struct bytes b);
/* Queues the content, unless it is there. */
err document_keep(struct tx *tx, struct bytes sha256, struct bytes content) MUST_CHECK;
/* What a DOWNLOAD answers, once the content was found to be what was recorded (ERR_INTERNAL). */
err document_give(struct tx *tx, const struct call *c, const char *name, const char *media,
                  struct bytes sha256, struct bytes content, struct file *ret) MUST_CHECK;
