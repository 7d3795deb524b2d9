internal import GRDB

/// Days, reports and jobs. What is closed is frozen by the database: snapshots once `closed_at` is set, seals from the
/// start, finished reports once their day is closed. The insert triggers refuse what REPLACE would overwrite.
enum Migration002Days {
    static func run(_ db: Database) throws {
        try db.execute(sql: days)
        try db.execute(sql: reports)
        try db.execute(sql: jobs)
        for table in ["day_seals", "analysis_attempts"] { try SQLiteLedger.protect(table, in: db) }
    }

    private static let days = """
        CREATE TABLE day_snapshots (
            project_id TEXT NOT NULL,
            logical_date TEXT NOT NULL,
            json TEXT NOT NULL,
            sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
            attempts INTEGER NOT NULL,
            leads INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            is_balanced INTEGER CHECK (is_balanced IN (0, 1)),
            refreshed_at INTEGER NOT NULL,
            closed_at INTEGER,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (project_id, logical_date)
        ) STRICT;
        CREATE TRIGGER day_snapshots_frozen_insert BEFORE INSERT ON day_snapshots
        BEGIN
            SELECT RAISE(ABORT, 'day_snapshots: the day is closed and its snapshot frozen')
            WHERE EXISTS (SELECT 1 FROM closed_days
                WHERE project_id = NEW.project_id AND logical_date = NEW.logical_date)
                OR EXISTS (SELECT 1 FROM day_snapshots WHERE rowid = NEW.rowid AND closed_at IS NOT NULL);
        END;
        CREATE TRIGGER day_snapshots_frozen_update BEFORE UPDATE ON day_snapshots WHEN OLD.closed_at IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'day_snapshots: the snapshot of a closed day is frozen: UPDATE is refused'); END;
        CREATE TRIGGER day_snapshots_frozen_delete BEFORE DELETE ON day_snapshots WHEN OLD.closed_at IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'day_snapshots: the snapshot of a closed day is frozen: DELETE is refused'); END;

        CREATE TABLE day_seals (
            project_id TEXT NOT NULL,
            logical_date TEXT NOT NULL,
            merkle_root BLOB NOT NULL CHECK (length(merkle_root) = 32),
            row_count INTEGER NOT NULL,
            first_sequence INTEGER,
            last_sequence INTEGER,
            last_hash BLOB CHECK (last_hash IS NULL OR length(last_hash) = 32),
            snapshot_sha256 TEXT NOT NULL CHECK (length(snapshot_sha256) = 64),
            sealed_at INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (project_id, logical_date),
            CHECK ((row_count = 0) = (last_sequence IS NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER day_seals_once BEFORE INSERT ON day_seals
        BEGIN
            SELECT RAISE(ABORT, 'day_seals is append-only: the day is sealed already')
            WHERE EXISTS (SELECT 1 FROM day_seals
                WHERE project_id = NEW.project_id AND logical_date = NEW.logical_date);
        END;
        """

    private static let reports = """
        CREATE TABLE day_reports (
            report_id TEXT NOT NULL,
            project_id TEXT NOT NULL,
            logical_date TEXT NOT NULL,
            version INTEGER NOT NULL CHECK (version >= 1),
            snapshot_sha256 TEXT NOT NULL CHECK (length(snapshot_sha256) = 64),
            status TEXT NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'fallback', 'failed')),
            model TEXT NOT NULL,
            prompt_version TEXT NOT NULL,
            prompt_text TEXT NOT NULL,
            raw_answer TEXT,
            sections TEXT NOT NULL,
            fallback TEXT,
            grounding TEXT,
            timings TEXT NOT NULL,
            finished_at INTEGER,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (project_id, logical_date, version)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER day_reports_frozen_insert BEFORE INSERT ON day_reports
        BEGIN
            SELECT RAISE(ABORT, 'day_reports: a finished report of a closed day is frozen; write a new version')
            WHERE EXISTS (SELECT 1 FROM day_reports
                WHERE project_id = NEW.project_id AND logical_date = NEW.logical_date AND version = NEW.version
                    AND status IN ('succeeded', 'fallback', 'failed'))
                AND EXISTS (SELECT 1 FROM closed_days
                    WHERE project_id = NEW.project_id AND logical_date = NEW.logical_date);
        END;
        CREATE TRIGGER day_reports_frozen_update BEFORE UPDATE ON day_reports
        WHEN OLD.status IN ('succeeded', 'fallback', 'failed') AND EXISTS (SELECT 1 FROM closed_days
            WHERE project_id = OLD.project_id AND logical_date = OLD.logical_date)
        BEGIN SELECT RAISE(ABORT, 'day_reports: a finished report of a closed day is frozen: UPDATE is refused'); END;
        CREATE TRIGGER day_reports_frozen_delete BEFORE DELETE ON day_reports
        WHEN OLD.status IN ('succeeded', 'fallback', 'failed') AND EXISTS (SELECT 1 FROM closed_days
            WHERE project_id = OLD.project_id AND logical_date = OLD.logical_date)
        BEGIN SELECT RAISE(ABORT, 'day_reports: a finished report of a closed day is frozen: DELETE is refused'); END;

        CREATE TABLE analysis_attempts (
            position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            report_id TEXT NOT NULL,
            project_id TEXT NOT NULL,
            logical_date TEXT NOT NULL,
            version INTEGER NOT NULL,
            phase TEXT NOT NULL CHECK (phase IN ('started', 'ended')),
            snapshot_sha256 TEXT NOT NULL,
            model TEXT NOT NULL,
            prompt_version TEXT NOT NULL,
            outcome TEXT,
            detail TEXT,
            created_at INTEGER NOT NULL,
            CHECK ((phase = 'ended') = (outcome IS NOT NULL))
        ) STRICT;
        CREATE INDEX analysis_attempts_by_day ON analysis_attempts (project_id, logical_date, position);
        CREATE TRIGGER analysis_attempts_once BEFORE INSERT ON analysis_attempts
        BEGIN
            SELECT RAISE(ABORT, 'analysis_attempts is append-only: the row exists already')
            WHERE EXISTS (SELECT 1 FROM analysis_attempts WHERE position = NEW.position);
        END;
        """

    private static let jobs = """
        CREATE TABLE jobs (
            job_id TEXT NOT NULL PRIMARY KEY,
            project_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            logical_date TEXT,
            input TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
            progress_done INTEGER NOT NULL DEFAULT 0,
            progress_total INTEGER,
            output TEXT,
            error TEXT,
            lease_owner TEXT,
            lease_expires_at INTEGER,
            tries INTEGER NOT NULL DEFAULT 0,
            finished_at INTEGER,
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX jobs_by_status ON jobs (status, created_at);
        CREATE INDEX jobs_by_project ON jobs (project_id, created_at);
        """
}
