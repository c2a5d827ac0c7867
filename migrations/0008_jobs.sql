-- Files that are worked off in the background: what was sent, how far it has come, what became of
-- each line.

CREATE TABLE job (
    tenant_id bigint NOT NULL REFERENCES tenant,
    id bigint NOT NULL,
    kind text NOT NULL,
    status text NOT NULL DEFAULT 'queued',
    api_key_id bigint NOT NULL,
    request_id text,
    csv boolean NOT NULL,
    validate_only boolean NOT NULL DEFAULT false,
    total bigint NOT NULL,
    accepted bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    reason text,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    turn_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT job_status_check CHECK
        (status IN ('queued', 'running', 'succeeded', 'partially_failed', 'failed', 'canceled')),
    CONSTRAINT job_progress_check CHECK
        (accepted >= 0 AND refused >= 0 AND total > 0 AND accepted + refused <= total),
    CONSTRAINT job_queued_check CHECK
        (status <> 'queued' OR (started_at IS NULL AND accepted + refused = 0)),
    CONSTRAINT job_ended_check CHECK
        ((status IN ('queued', 'running')) = (finished_at IS NULL)),
    CONSTRAINT job_succeeded_check CHECK
        (status <> 'succeeded' OR accepted = total),
    CONSTRAINT job_partially_failed_check CHECK
        (status <> 'partially_failed' OR (accepted + refused = total AND accepted > 0 AND refused > 0))
) WITH (fillfactor = 70);
COMMENT ON COLUMN job.kind IS 'the operation that made it';
COMMENT ON COLUMN job.validate_only IS 'its lines are tried, and what they do is taken back';
COMMENT ON COLUMN job.reason IS 'why it failed as a whole';
COMMENT ON COLUMN job.turn_at IS 'when it was last worked on: jobs take turns';
-- What any server may work on next: few rows, of all tenants together.
CREATE INDEX job_open ON job (tenant_id, turn_at, id) WHERE status IN ('queued', 'running');

-- The file, cut between lines. Deleted some time after the job has ended.
CREATE TABLE job_part (
    tenant_id bigint NOT NULL,
    job_id bigint NOT NULL,
    first_index bigint NOT NULL,
    line_count bigint NOT NULL,
    first_row bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (tenant_id, job_id, first_index),
    FOREIGN KEY (tenant_id, job_id) REFERENCES job (tenant_id, id)
);
COMMENT ON COLUMN job_part.first_row IS 'of the file, of the first line';
COMMENT ON COLUMN job_part.body IS 'a file in itself: CSV has the header in front';

-- Written with what became of the line, in one transaction.
CREATE TABLE job_result (
    tenant_id bigint NOT NULL,
    job_id bigint NOT NULL,
    index bigint NOT NULL,
    status int NOT NULL,
    result json NOT NULL,
    PRIMARY KEY (tenant_id, job_id, index)
);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'o2c_server') THEN
        GRANT SELECT, INSERT, UPDATE ON job TO o2c_server;
        GRANT SELECT, INSERT, DELETE ON job_part TO o2c_server;
        GRANT SELECT, INSERT ON job_result TO o2c_server;
    END IF;
END $$;
