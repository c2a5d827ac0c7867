/* Documents of shipments: kept once by the hash of their content, given back as they came. */
#include "server/shipments/documents.h"
#include "lib/base/id.h"
#include "server/events/events.h"
#include "server/routes_prototypes.h"
#include "shipments.sql.h"
#include <string.h>

const char *const document_kinds[] = {"packing_slip", "bill_of_lading", "proof_of_delivery",
                                      "customs",      "other",          NULL};

JSON_TYPE(document_new, DOCUMENT_NEW_FIELDS, .doc = "What a document is.");
JSON_TYPE(document, DOCUMENT_FIELDS, .doc = "A document, without its content.");
JSON_TYPE(shipment_documents, SHIPMENT_DOCUMENTS_FIELDS, .doc = "The documents of a shipment.");

static err lock_shipment(struct tx *tx, const struct call *c, int64_t id)
{
    struct document_shipment_lock_row s;
    TRY(document_shipment_lock(tx, id, &s));
    if (strcmp(s.status, "canceled") == 0)
        return fail(c->problem, ERR_WRONG_STATE,
                    "The shipment is canceled; it gets no more documents.");
    return OK;
}

static err add(struct tx *tx, struct call *c, const struct document_new *in, struct bytes sha256,
               struct document *ret)
{
    *ret = (struct document){.id = id_new(),
                             .shipment_id = c->path_id[0],
                             .kind = in->kind,
                             .file_name = in->file_name != NULL ? in->file_name : in->kind,
                             .media_type = c->media,
                             .size = (int64_t)c->body.len,
                             .sha256 = document_hex(tx->arena, sha256),
                             .created_at = tx->now};
    TRY(document_keep(tx, sha256, c->body));
    TRY(document_insert(tx, ret->id, ret->shipment_id, ret->kind, ret->file_name, ret->media_type,
                        sha256, ret->size));
    event_push(tx, c, "shipment.document_added", "shipment", ret->shipment_id, NULL,
               call_json(tx->arena, &document_type, ret, NULL));
    return OK;
}

err shipments_document(struct tx *tx, struct call *c, const struct document_new *in,
                       struct document *ret)
{
    unsigned char hash[DOCUMENT_HASH_BYTES];
    struct document_list there;
    TRY(document_check(c, in->file_name));
    document_hash(c->body, hash);
    struct bytes sha256 = {.p = hash, .len = sizeof(hash)};
    const char *name = document_hex(tx->arena, sha256);
    TRY(lock_shipment(tx, c, c->path_id[0]));
    TRY(documents_of(tx, c->path_id[0], &there));
    for (size_t i = 0; i < there.n; i++)
        if (strcmp(there.v[i].kind, in->kind) == 0 && strcmp(there.v[i].sha256, name) == 0) {
            *ret = there.v[i];
            return OK;
        }
    if (there.n >= DOCUMENTS_MAX)
        return fail(c->problem, ERR_WRONG_STATE, "The shipment has %d documents; it gets no more.",
                    DOCUMENTS_MAX);
    return add(tx, c, in, sha256, ret);
}

err shipments_documents(struct tx *tx, struct call *c, const struct none *in,
                        struct shipment_documents *ret)
{
    struct document_shipment_row s;
    (void)in;
    TRY(document_shipment(tx, c->path_id[0], &s));
    ret->shipment_id = s.id;
    return documents_of(tx, s.id, &ret->documents);
}

err documents_get(struct tx *tx, struct call *c, const struct none *in, struct file *ret)
{
    struct document_content_of_row d;
    (void)in;
    TRY(document_content_of(tx, c->path_id[0], &d));
    return document_give(tx, c, d.file_name, d.media_type, d.sha256, d.content, ret);
}
