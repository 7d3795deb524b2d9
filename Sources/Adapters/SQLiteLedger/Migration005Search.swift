internal import Events
internal import GRDB
internal import Ports

/// What a search over years of attempts needs.
///
/// `attempts_by_time` and `attempts_by_failure` are made anew with every column that lists and counts filter by: what does
/// not match is passed over in the index. `attempt_words` (FTS5, without content, positions or sizes) holds the words of
/// each failure's code and message and one token for its project. `user_contacts` finds a person by the hash of an
/// address or number. `attempts_by_key` finds what was sent with the same idempotency key.
///
/// On a ledger with attempts this reads them once: about a minute for ten million.
enum Migration005Search {
    static func run(_ db: Database) throws {
        try db.execute(sql: indexes)
        try db.execute(sql: words)
        try fillContacts(db)
    }

    private static let indexes = """
        DROP INDEX attempts_by_time;
        CREATE INDEX attempts_by_time ON attempts (project_id, received_at, sequence, outcome, source, channel,
            failure_category, failure_code, logical_date);
        DROP INDEX attempts_by_failure;
        CREATE INDEX attempts_by_failure ON attempts (project_id, failure_code, received_at, sequence, source, channel,
            failure_category, outcome, logical_date) WHERE failure_code IS NOT NULL;
        CREATE INDEX attempts_by_key ON attempts (project_id, idempotency_key, sequence) WHERE idempotency_key IS NOT NULL;
        """

    private static let words = """
        CREATE VIRTUAL TABLE attempt_words USING fts5 (
            words, content = '', columnsize = 0, detail = 'none', tokenize = 'ascii');
        INSERT INTO attempt_words (rowid, words)
            SELECT rowid, 'zz0' || replace(project_id, '_', '') || ' ' || failure_code || ' ' || coalesce(failure_message, '')
            FROM attempts WHERE failure_code IS NOT NULL;
        CREATE TRIGGER attempts_words AFTER INSERT ON attempts WHEN NEW.failure_code IS NOT NULL
        BEGIN
            INSERT INTO attempt_words (rowid, words) VALUES (NEW.rowid, 'zz0' || replace(NEW.project_id, '_', '') || ' '
                || NEW.failure_code || ' ' || coalesce(NEW.failure_message, ''));
        END;
        CREATE TABLE user_contacts (
            project_id TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('email', 'phone')),
            hash_prefix INTEGER NOT NULL,
            user_id TEXT NOT NULL REFERENCES users (user_id),
            PRIMARY KEY (project_id, kind, hash_prefix, user_id)
        ) STRICT, WITHOUT ROWID;
        """

    private static func fillContacts(_ db: Database) throws {
        let insert = try db.makeStatement(
            sql: "INSERT INTO user_contacts (project_id, kind, hash_prefix, user_id) VALUES (?, ?, ?, ?)")
        let rows = try Row.fetchCursor(
            db, sql: "SELECT project_id, user_id, email, phone FROM users WHERE email IS NOT NULL OR phone IS NOT NULL")
        while let row = try rows.next() {
            let project = ProjectID(trusted: row[0])
            let userID: String = row[1]
            guard let identity = UserIdentity(email: row[2], phone: row[3], externalID: nil) else { continue }
            for (kind, prefix) in ContactPrefix.of(identity, in: project) {
                try insert.execute(arguments: [project.text, kind.rawValue, prefix, userID])
            }
        }
    }
}
