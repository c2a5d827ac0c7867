-- The content of documents.

-- The same content is kept once, whoever sends it.
-- fn document_content_keep(sha256 bytes, size i64, content bytes) -> exec
INSERT INTO document_content (tenant_id, sha256, size, content)
VALUES (:tenant, :sha256, :size, :content)
    ON CONFLICT (tenant_id, sha256) DO NOTHING;
