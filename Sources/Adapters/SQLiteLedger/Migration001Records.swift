internal import GRDB

/// The records of submissions and the control plane.
///
/// `attempts` is checked by the database itself: the sequence of a project has no holes, and each row carries the hash of
/// the row before it. Its insert trigger also refuses what REPLACE would overwrite.
enum Migration001Records {
    static func run(_ db: Database) throws {
        try db.execute(sql: submissions)
        try db.execute(sql: chain)
        try db.execute(sql: controlPlane)
        for table in ["users", "attempts", "leads", "audit_log", "closed_days"] {
            try SQLiteLedger.protect(table, in: db)
        }
    }

    private static let submissions = """
        CREATE TABLE users (
            user_id TEXT NOT NULL PRIMARY KEY,
            project_id TEXT NOT NULL,
            email TEXT,
            phone TEXT,
            external_id TEXT,
            name TEXT,
            created_at INTEGER NOT NULL,
            CHECK (email IS NOT NULL OR phone IS NOT NULL OR external_id IS NOT NULL)
        ) STRICT;
        CREATE UNIQUE INDEX users_by_email ON users (project_id, email) WHERE email IS NOT NULL;
        CREATE UNIQUE INDEX users_by_phone ON users (project_id, phone) WHERE phone IS NOT NULL;
        CREATE UNIQUE INDEX users_by_external_id ON users (project_id, external_id) WHERE external_id IS NOT NULL;

        CREATE TABLE attempts (
            attempt_id TEXT NOT NULL UNIQUE,
            project_id TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            user_id TEXT REFERENCES users (user_id),
            source TEXT NOT NULL,
            channel TEXT NOT NULL,
            received_at INTEGER NOT NULL,
            logical_date TEXT NOT NULL,
            outcome TEXT NOT NULL CHECK (outcome IN ('success', 'failure')),
            failure_category TEXT,
            failure_code TEXT,
            failure_message TEXT,
            context TEXT NOT NULL,
            retry_attempt INTEGER NOT NULL,
            duration_ms REAL NOT NULL,
            idempotency_key TEXT,
            lead_id TEXT,
            previous_hash BLOB NOT NULL CHECK (length(previous_hash) = 32),
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            created_at INTEGER NOT NULL,
            UNIQUE (project_id, sequence),
            CHECK ((outcome = 'success') = (lead_id IS NOT NULL)),
            CHECK ((outcome = 'failure') = (failure_code IS NOT NULL AND failure_category IS NOT NULL))
        ) STRICT;
        CREATE INDEX attempts_by_time ON attempts (project_id, received_at, sequence);
        CREATE INDEX attempts_by_date ON attempts (project_id, logical_date, sequence);
        CREATE INDEX attempts_by_user ON attempts (project_id, user_id, sequence) WHERE user_id IS NOT NULL;
        CREATE INDEX attempts_by_failure ON attempts (project_id, failure_code, received_at, sequence)
            WHERE failure_code IS NOT NULL;

        CREATE TABLE leads (
            lead_id TEXT NOT NULL PRIMARY KEY,
            project_id TEXT NOT NULL,
            attempt_id TEXT NOT NULL UNIQUE REFERENCES attempts (attempt_id),
            user_id TEXT NOT NULL REFERENCES users (user_id),
            source TEXT NOT NULL,
            channel TEXT NOT NULL,
            fields TEXT NOT NULL,
            fields_digest BLOB NOT NULL CHECK (length(fields_digest) = 32),
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX leads_by_user ON leads (project_id, user_id, created_at);

        CREATE TABLE user_rate_limits (
            project_id TEXT NOT NULL,
            user_id TEXT NOT NULL REFERENCES users (user_id),
            next_free_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            PRIMARY KEY (project_id, user_id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE outbox (
            position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            project_id TEXT NOT NULL,
            event_id TEXT NOT NULL,
            received_at INTEGER NOT NULL,
            event TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE idempotency_keys (
            project_id TEXT NOT NULL,
            key TEXT NOT NULL,
            body_digest BLOB NOT NULL CHECK (length(body_digest) = 32),
            attempt_id TEXT NOT NULL,
            answer TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            PRIMARY KEY (project_id, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);

        CREATE TABLE closed_days (
            project_id TEXT NOT NULL,
            logical_date TEXT NOT NULL,
            closed_at INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (project_id, logical_date)
        ) STRICT, WITHOUT ROWID;
        """

    /// Density and chain are the database's own rule. NEW.rowid is -1 unless the statement names a rowid.
    private static let chain = """
        CREATE TRIGGER attempts_chain BEFORE INSERT ON attempts
        BEGIN
            SELECT RAISE(ABORT, 'attempts is append-only: the row exists already')
            WHERE EXISTS (SELECT 1 FROM attempts WHERE attempt_id = NEW.attempt_id)
                OR EXISTS (SELECT 1 FROM attempts WHERE rowid = NEW.rowid);
            SELECT RAISE(ABORT, 'attempts: sequence must follow the last one of its project without a hole')
            WHERE NEW.sequence <> 1 + coalesce(
                (SELECT sequence FROM attempts WHERE project_id = NEW.project_id ORDER BY sequence DESC LIMIT 1), 0);
            SELECT RAISE(ABORT, 'attempts: previous_hash must be the hash of the row before')
            WHERE NEW.previous_hash <> coalesce(
                (SELECT hash FROM attempts WHERE project_id = NEW.project_id AND sequence = NEW.sequence - 1),
                zeroblob(32));
            SELECT RAISE(ABORT, 'attempts: the day is closed')
            WHERE EXISTS (SELECT 1 FROM closed_days
                WHERE project_id = NEW.project_id AND logical_date = NEW.logical_date);
        END;
        CREATE TRIGGER leads_once BEFORE INSERT ON leads
        BEGIN
            SELECT RAISE(ABORT, 'leads is append-only: the row exists already')
            WHERE EXISTS (SELECT 1 FROM leads WHERE lead_id = NEW.lead_id OR attempt_id = NEW.attempt_id)
                OR EXISTS (SELECT 1 FROM leads WHERE rowid = NEW.rowid);
            SELECT RAISE(ABORT, 'leads: only a successful attempt of the same project creates a lead')
            WHERE NOT EXISTS (SELECT 1 FROM attempts WHERE attempt_id = NEW.attempt_id
                AND project_id = NEW.project_id AND lead_id = NEW.lead_id AND outcome = 'success');
        END;
        CREATE TRIGGER users_once BEFORE INSERT ON users
        BEGIN
            SELECT RAISE(ABORT, 'users is append-only: the row exists already')
            WHERE EXISTS (SELECT 1 FROM users WHERE user_id = NEW.user_id)
                OR EXISTS (SELECT 1 FROM users WHERE rowid = NEW.rowid)
                OR EXISTS (SELECT 1 FROM users WHERE project_id = NEW.project_id AND email = NEW.email)
                OR EXISTS (SELECT 1 FROM users WHERE project_id = NEW.project_id AND phone = NEW.phone)
                OR EXISTS (SELECT 1 FROM users WHERE project_id = NEW.project_id AND external_id = NEW.external_id);
        END;
        CREATE TRIGGER closed_days_once BEFORE INSERT ON closed_days
        BEGIN
            SELECT RAISE(ABORT, 'closed_days is append-only: the day is closed already')
            WHERE EXISTS (SELECT 1 FROM closed_days
                WHERE project_id = NEW.project_id AND logical_date = NEW.logical_date);
        END;
        """

    private static let controlPlane = """
        CREATE TABLE organisations (
            organisation_id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE projects (
            project_id TEXT NOT NULL PRIMARY KEY,
            organisation_id TEXT NOT NULL REFERENCES organisations (organisation_id),
            name TEXT NOT NULL,
            time_zone TEXT NOT NULL,
            region TEXT NOT NULL,
            events_per_second INTEGER NOT NULL CHECK (events_per_second > 0),
            submissions_per_user_per_minute INTEGER NOT NULL CHECK (submissions_per_user_per_minute > 0),
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE members (
            member_id TEXT NOT NULL PRIMARY KEY,
            organisation_id TEXT NOT NULL REFERENCES organisations (organisation_id),
            email TEXT NOT NULL UNIQUE,
            role TEXT NOT NULL,
            password_hash TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE sessions (
            session_id TEXT NOT NULL PRIMARY KEY,
            token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
            member_id TEXT NOT NULL REFERENCES members (member_id),
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX sessions_by_expiry ON sessions (expires_at);

        CREATE TABLE api_keys (
            key_id TEXT NOT NULL PRIMARY KEY,
            project_id TEXT NOT NULL REFERENCES projects (project_id),
            prefix TEXT NOT NULL,
            name TEXT NOT NULL,
            scopes TEXT NOT NULL,
            token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
            events_per_second INTEGER,
            created_at INTEGER NOT NULL,
            expires_at INTEGER,
            last_used_at INTEGER,
            revoked_at INTEGER
        ) STRICT;
        CREATE INDEX api_keys_by_project ON api_keys (project_id, created_at);

        CREATE TABLE audit_log (
            audit_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            organisation_id TEXT,
            project_id TEXT,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            subject TEXT NOT NULL,
            address TEXT,
            detail TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX audit_log_by_time ON audit_log (organisation_id, created_at);
        """
}
