/* Documents of applications for credit: taken while an application is open, given back as they
 * came. */
#include "server/credit/application_documents.h"
#include "applications.sql.h"
#include "lib/base/id.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include <string.h>

const char *const credit_document_kinds[] = {"balance_sheet",
                                             "register_extract",
                                             "bank_reference",
                                             "tax_certificate",
                                             "identity",
                                             "other",
                                             NULL};

JSON_TYPE(credit_document_new, CREDIT_DOCUMENT_NEW_FIELDS, .doc = "What a document is.");
JSON_TYPE(credit_document, CREDIT_DOCUMENT_FIELDS, .doc = "A document, without its content.");
JSON_TYPE(credit_documents, CREDIT_DOCUMENTS_FIELDS, .doc = "The documents of an application.");

static err lock(struct tx *tx, const struct call *c)
{
    struct credit_application_lock_row lock;
    TRY(credit_application_lock(tx, c->path_id[0], &lock));
    if (strcmp(lock.status, "open") != 0)
        return fail(c->problem, ERR_WRONG_STATE,
                    "The application is %s; apply again to send more documents.", lock.status);
    return OK;
}

static err add(struct tx *tx, struct call *c, const struct credit_document_new *in,
               struct bytes sha256, struct credit_document *ret)
{
    *ret = (struct credit_document){.id = id_new(),
                                    .credit_application_id = c->path_id[0],
                                    .kind = in->kind,
                                    .file_name = in->file_name != NULL ? in->file_name : in->kind,
                                    .media_type = c->media,
                                    .size = (int64_t)c->body.len,
                                    .sha256 = document_hex(tx->arena, sha256),
                                    .created_at = tx->now};
    TRY(document_keep(tx, sha256, c->body));
    TRY(credit_document_insert(tx, ret->id, ret->credit_application_id, ret->kind, ret->file_name,
                               ret->media_type, sha256, ret->size));
    event_push(tx, c, "credit_application.document_added", "credit_application",
               ret->credit_application_id, NULL,
               call_json(tx->arena, &credit_document_type, ret, NULL));
    return OK;
}

err credit_applications_document(struct tx *tx, struct call *c,
                                 const struct credit_document_new *in, struct credit_document *ret)
{
    unsigned char hash[DOCUMENT_HASH_BYTES];
    struct credit_document_list there;
    TRY(document_check(c, in->file_name));
    document_hash(c->body, hash);
    struct bytes sha256 = {.p = hash, .len = sizeof(hash)};
    const char *name = document_hex(tx->arena, sha256);
    TRY(lock(tx, c));
    TRY(credit_documents_of(tx, c->path_id[0], &there));
    for (size_t i = 0; i < there.n; i++)
        if (strcmp(there.v[i].kind, in->kind) == 0 && strcmp(there.v[i].sha256, name) == 0) {
            *ret = there.v[i];
            return OK;
        }
    if (there.n >= DOCUMENTS_MAX)
        return fail(c->problem, ERR_WRONG_STATE,
                    "The application has %d documents; it gets no more.", DOCUMENTS_MAX);
    return add(tx, c, in, sha256, ret);
}

err credit_applications_documents(struct tx *tx, struct call *c, const struct none *in,
                                  struct credit_documents *ret)
{
    struct credit_application_known_row known;
    (void)in;
    TRY(credit_application_known(tx, c->path_id[0], &known));
    ret->credit_application_id = known.id;
    return credit_documents_of(tx, known.id, &ret->documents);
}

err credit_applications_file(struct tx *tx, struct call *c, const struct none *in, struct file *ret)
{
    struct credit_document_content_row d;
    (void)in;
    TRY(credit_document_content(tx, c->path_id[0], c->path_id[1], &d));
    return document_give(tx, c, d.file_name, d.media_type, d.sha256, d.content, ret);
}
