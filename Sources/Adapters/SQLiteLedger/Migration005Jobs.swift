internal import GRDB

/// What running jobs needs: when the next try is due, what is being done, who asked for the end, and the history of tries,
/// which is append-only. A job's idempotency key and subject are found by their indexes.
enum Migration005Jobs {
    static func run(_ db: Database) throws {
        try db.execute(sql: columns)
        try db.execute(sql: tries)
        try SQLiteLedger.protect("job_tries", in: db)
    }

    private static let columns = """
        ALTER TABLE jobs ADD COLUMN subject TEXT;
        ALTER TABLE jobs ADD COLUMN unit TEXT NOT NULL DEFAULT 'steps' CHECK (unit IN ('rows', 'steps', 'bytes'));
        ALTER TABLE jobs ADD COLUMN phase TEXT;
        ALTER TABLE jobs ADD COLUMN error_code TEXT;
        ALTER TABLE jobs ADD COLUMN interruptions INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE jobs ADD COLUMN tries_max INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE jobs ADD COLUMN next_try_at INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE jobs ADD COLUMN is_cancel_requested INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE jobs ADD COLUMN idempotency_key TEXT;
        ALTER TABLE jobs ADD COLUMN request_digest BLOB;
        ALTER TABLE jobs ADD COLUMN token_hash BLOB;
        ALTER TABLE jobs ADD COLUMN expires_at INTEGER;
        ALTER TABLE jobs ADD COLUMN started_at INTEGER;
        CREATE INDEX jobs_by_due ON jobs (kind, next_try_at) WHERE status = 'queued';
        CREATE INDEX jobs_by_lease ON jobs (kind, lease_expires_at) WHERE status = 'running';
        CREATE UNIQUE INDEX jobs_by_subject ON jobs (project_id, kind, subject)
            WHERE subject IS NOT NULL AND status IN ('queued', 'running');
        CREATE UNIQUE INDEX jobs_by_idempotency_key ON jobs (project_id, kind, idempotency_key)
            WHERE idempotency_key IS NOT NULL;
        CREATE INDEX jobs_by_kind ON jobs (project_id, kind, created_at, job_id);
        CREATE INDEX jobs_by_expiry ON jobs (kind, expires_at) WHERE expires_at IS NOT NULL;
        """

    private static let tries = """
        CREATE TABLE job_tries (
            position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            job_id TEXT NOT NULL,
            project_id TEXT NOT NULL,
            number INTEGER NOT NULL CHECK (number >= 1),
            phase TEXT NOT NULL CHECK (phase IN ('started', 'ended')),
            outcome TEXT CHECK (outcome IN ('succeeded', 'failed', 'cancelled', 'interrupted')),
            detail TEXT,
            owner TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            CHECK ((phase = 'ended') = (outcome IS NOT NULL))
        ) STRICT;
        CREATE INDEX job_tries_by_job ON job_tries (project_id, job_id, position);
        CREATE TRIGGER job_tries_once BEFORE INSERT ON job_tries
        BEGIN
            SELECT RAISE(ABORT, 'job_tries is append-only: the row exists already')
            WHERE EXISTS (SELECT 1 FROM job_tries WHERE position = NEW.position);
        END;
        """
}
