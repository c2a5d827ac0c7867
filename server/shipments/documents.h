/* Documents of shipments: packing slips, bills of lading, signed proofs of delivery. The content is
 * in the database, once however often it is sent; documents never change and never go. */
#pragma once
#include "server/documents/documents.h"

extern const char *const document_kinds[]; /* packing_slip … other */

#define DOCUMENT_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                                \
    VALUE(T, choice, kind, .required = true, .choices = document_kinds, .doc = "What it is.")      \
    VALUE(T, string, file_name, .min = 1, .max = DOCUMENT_NAME_MAX,                                \
          .doc = "The name under which it is downloaded; default: its kind.",                      \
          .example = "\"pod.pdf\"")
JSON_STRUCT(document_new, DOCUMENT_NEW_FIELDS);

#define DOCUMENT_FIELDS(T, VALUE, OBJECT, LIST)                                                    \
    VALUE(T, id, id, .prefix = "doc", .doc = "The document's id: /v1/documents/{id} has it.")      \
    VALUE(T, id, shipment_id, .prefix = "shp", .doc = "The shipment.")                             \
    VALUE(T, choice, kind, .choices = document_kinds, .doc = "What it is.")                        \
    VALUE(T, string, file_name, .doc = "The name under which it is downloaded.")                   \
    VALUE(T, choice, media_type, .choices = document_media, .doc = "Its media type.")              \
    VALUE(T, integer, size, .doc = "Bytes.")                                                       \
    VALUE(T, string, sha256, .doc = "SHA-256 of the content, hexadecimal; the ETag.")              \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")
JSON_STRUCT(document, DOCUMENT_FIELDS);

#define SHIPMENT_DOCUMENTS_FIELDS(T, VALUE, OBJECT, LIST)                                          \
    VALUE(T, id, shipment_id, .prefix = "shp", .doc = "The shipment.")                             \
    LIST(T, document, documents, .max = DOCUMENTS_MAX, .doc = "In the order in which they came.")
JSON_STRUCT(shipment_documents, SHIPMENT_DOCUMENTS_FIELDS);
