internal import Events
internal import GRDB

/// What projects set about submissions: schemas of fields and limits, every version kept; and the limiters' state, now for
/// every rule and subject. `user_rate_limits` stays readable under its name.
enum Migration003SubmissionRules {
    static func run(_ db: Database) throws {
        try db.execute(sql: schemas)
        try db.execute(sql: limits)
        // What was counted so far was counted by each project's standard rule.
        for row in try Row.fetchAll(db, sql: "SELECT project_id, submissions_per_user_per_minute FROM projects") {
            let project: String = row[0]
            try db.execute(
                sql: """
                    INSERT INTO submission_rate_limits (project_id, rule_id, subject, at_us, updated_at)
                    SELECT project_id, ?, user_id, next_free_at, updated_at FROM user_rate_limits WHERE project_id = ?
                    """, arguments: [LimitRule.standard(perMinute: row[1]).id, project])
        }
        try db.execute(sql: userView)
        for table in ["field_schemas", "field_schema_activations", "submission_limit_versions"] {
            try SQLiteLedger.protect(table, in: db)
        }
    }

    private static let schemas = """
        CREATE TABLE field_schemas (
            project_id TEXT NOT NULL,
            source TEXT NOT NULL,
            version INTEGER NOT NULL CHECK (version >= 1),
            fields TEXT NOT NULL,
            unknown_fields TEXT NOT NULL CHECK (unknown_fields IN ('allow', 'refuse')),
            note TEXT NOT NULL,
            created_by TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (project_id, source, version)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER field_schemas_dense BEFORE INSERT ON field_schemas
        BEGIN
            SELECT RAISE(ABORT, 'field_schemas is append-only: the version must follow the last one of its source')
            WHERE NEW.version <> 1 + coalesce((SELECT max(version) FROM field_schemas
                WHERE project_id = NEW.project_id AND source = NEW.source), 0);
        END;

        CREATE TABLE field_schema_activations (
            position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            project_id TEXT NOT NULL,
            source TEXT NOT NULL,
            version INTEGER,
            after_sequence INTEGER NOT NULL,
            activated_by TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX field_schema_activations_by_source
            ON field_schema_activations (project_id, source, position);
        CREATE TRIGGER field_schema_activations_once BEFORE INSERT ON field_schema_activations
        BEGIN
            SELECT RAISE(ABORT, 'field_schema_activations is append-only: the row exists already')
            WHERE EXISTS (SELECT 1 FROM field_schema_activations WHERE position = NEW.position);
            SELECT RAISE(ABORT, 'field_schema_activations: there is no such version')
            WHERE NEW.version IS NOT NULL AND NOT EXISTS (SELECT 1 FROM field_schemas
                WHERE project_id = NEW.project_id AND source = NEW.source AND version = NEW.version);
        END;
        """

    private static let limits = """
        CREATE TABLE submission_limit_versions (
            project_id TEXT NOT NULL,
            version INTEGER NOT NULL CHECK (version >= 1),
            rules TEXT NOT NULL,
            after_sequence INTEGER NOT NULL,
            created_by TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (project_id, version)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER submission_limit_versions_dense BEFORE INSERT ON submission_limit_versions
        BEGIN
            SELECT RAISE(ABORT, 'submission_limit_versions is append-only: the version must follow the last one')
            WHERE NEW.version <> 1 + coalesce((SELECT max(version) FROM submission_limit_versions
                WHERE project_id = NEW.project_id), 0);
        END;

        CREATE TABLE submission_rate_limits (
            project_id TEXT NOT NULL,
            rule_id TEXT NOT NULL,
            subject TEXT NOT NULL,
            at_us INTEGER NOT NULL,
            current INTEGER NOT NULL DEFAULT 0,
            previous INTEGER NOT NULL DEFAULT 0,
            updated_at INTEGER NOT NULL,
            PRIMARY KEY (project_id, rule_id, subject)
        ) STRICT, WITHOUT ROWID;
        """

    private static let userView = """
        DROP TABLE user_rate_limits;
        CREATE VIEW user_rate_limits AS
            SELECT project_id, subject AS user_id, rule_id, at_us AS next_free_at, current, previous, updated_at
            FROM submission_rate_limits WHERE rule_id LIKE 'user-%';
        """
}
