/* Keeps the content of documents and gives it back: see documents.h. */
#include "server/documents/documents.h"
#include "documents.sql.h"
#include "server/documents/files.h"
#include <openssl/sha.h>
#include <string.h>

err document_check(const struct call *c, const char *file_name)
{
    if (file_name != NULL && !document_name_sane(file_name))
        fault(c->problem, "?file_name", "characters",
              "A file name has neither slashes nor control characters and is neither . nor ..");
    if (!document_is(c->media, c->body))
        fault(c->problem, "", "content_mismatch", "The content is not %s.", c->media);
    return c->problem->code;
}

void document_hash(struct bytes content, unsigned char ret[DOCUMENT_HASH_BYTES])
{
    SHA256(content.p, content.len, ret);
}

const char *document_hex(struct arena *a, struct bytes b)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(a, 2 * b.len + 1);
    for (size_t i = 0; i < b.len; i++) {
        text[2 * i] = digits[b.p[i] >> 4];
        text[2 * i + 1] = digits[b.p[i] & 15];
    }
    return text;
}

err document_keep(struct tx *tx, struct bytes sha256, struct bytes content)
{
    return document_content_keep(tx, sha256, (int64_t)content.len, content);
}

err document_give(struct tx *tx, const struct call *c, const char *name, const char *media,
                  struct bytes sha256, struct bytes content, struct file *ret)
{
    unsigned char hash[DOCUMENT_HASH_BYTES];
    document_hash(content, hash);
    if (sha256.len != sizeof(hash) || memcmp(sha256.p, hash, sizeof(hash)) != 0)
        return fail(c->problem, ERR_INTERNAL, "The content is not what was recorded.");
    *ret = (struct file){
        .media = media, .name = name, .etag = document_hex(tx->arena, sha256), .content = content};
    return OK;
}
