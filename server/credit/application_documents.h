/* Documents that an applicant for credit sent along. */
#pragma once
#include "server/documents/documents.h"

extern const char *const credit_document_kinds[]; /* balance_sheet … other */

#define CREDIT_DOCUMENT_NEW_FIELDS(T, VALUE, OBJECT, LIST)                                         \
    VALUE(T, choice, kind, .required = true, .choices = credit_document_kinds,                     \
          .doc = "What it is.", .example = "\"balance_sheet\"")                                    \
    VALUE(T, string, file_name, .min = 1, .max = DOCUMENT_NAME_MAX,                                \
          .doc = "The name under which it is downloaded; default: its kind.",                      \
          .example = "\"2025.pdf\"")
JSON_STRUCT(credit_document_new, CREDIT_DOCUMENT_NEW_FIELDS);

#define CREDIT_DOCUMENT_FIELDS(T, VALUE, OBJECT, LIST)                                             \
    VALUE(T, id, id, .prefix = "cad", .doc = "The document's id.")                                 \
    VALUE(T, id, credit_application_id, .prefix = "cap", .doc = "The application.")                \
    VALUE(T, choice, kind, .choices = credit_document_kinds, .doc = "What it is.")                 \
    VALUE(T, string, file_name, .doc = "The name under which it is downloaded.")                   \
    VALUE(T, choice, media_type, .choices = document_media, .doc = "Its media type.")              \
    VALUE(T, integer, size, .doc = "Bytes.")                                                       \
    VALUE(T, string, sha256, .doc = "SHA-256 of the content, hexadecimal; the ETag.")              \
    VALUE(T, instant, created_at, .doc = "When it was recorded.")
JSON_STRUCT(credit_document, CREDIT_DOCUMENT_FIELDS);

#define CREDIT_DOCUMENTS_FIELDS(T, VALUE, OBJECT, LIST)                                            \
    VALUE(T, id, credit_application_id, .prefix = "cap", .doc = "The application.")                \
    LIST(T, credit_document, documents, .max = DOCUMENTS_MAX,                                      \
         .doc = "In the order in which they came.")
JSON_STRUCT(credit_documents, CREDIT_DOCUMENTS_FIELDS);
