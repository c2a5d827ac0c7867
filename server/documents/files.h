/* What may be kept as a document: pure functions, no database. */
#pragma once
#include "server/documents/documents.h"

/* Does the content look like one of that media type (one of document_media)? By its first bytes;
 * text is UTF-8 without control characters but those of lines. */
bool document_is(const char *media, struct bytes content);
/* May a file be called that? */
bool document_name_sane(const char *name);
