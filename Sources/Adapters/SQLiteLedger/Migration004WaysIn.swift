internal import GRDB

/// The ways in for leads: forms and webhook secrets. Settings, not records: what they lead to is in `attempts`, and who
/// changed them in `audit_log`.
enum Migration004WaysIn {
    static func run(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE lead_forms (
                    project_id TEXT NOT NULL REFERENCES projects (project_id),
                    source TEXT NOT NULL,
                    is_enabled INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
                    redirect_targets TEXT NOT NULL,
                    success_redirect TEXT,
                    failure_redirect TEXT,
                    allowed_origins TEXT NOT NULL,
                    honeypot TEXT NOT NULL,
                    created_at INTEGER NOT NULL,
                    updated_at INTEGER NOT NULL,
                    PRIMARY KEY (project_id, source)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE webhook_secrets (
                    secret_id TEXT NOT NULL PRIMARY KEY,
                    project_id TEXT NOT NULL REFERENCES projects (project_id),
                    source TEXT NOT NULL,
                    prefix TEXT NOT NULL,
                    sealed BLOB NOT NULL,
                    created_at INTEGER NOT NULL,
                    expires_at INTEGER,
                    revoked_at INTEGER,
                    last_used_at INTEGER
                ) STRICT;
                CREATE INDEX webhook_secrets_by_project ON webhook_secrets (project_id, source, created_at);
                """)
    }
}
