internal import GRDB

/// What the inserts of a submission must satisfy, asked as one condition for each row. The statements that name the reason
/// run only when it is met: four statements for every row were a third of what SQLite does for a submission.
///
/// NEW.rowid is -1 unless the statement names a rowid.
enum Migration012InsertConditions {
    static func run(_ db: Database) throws {
        for name in ["attempts_chain", "leads_once", "users_once"] { try db.execute(sql: "DROP TRIGGER \(name)") }
        try db.execute(
            sql: trigger(
                "attempts_chain", on: "attempts",
                [
                    ("attempts is append-only: the row exists already", attemptExists),
                    (
                        "attempts: sequence must follow the last one of its project without a hole",
                        """
                        NEW.sequence <> 1 + coalesce(
                            (SELECT sequence FROM attempts WHERE project_id = NEW.project_id
                                ORDER BY sequence DESC LIMIT 1), 0)
                        """
                    ),
                    (
                        "attempts: previous_hash must be the hash of the row before",
                        """
                        NEW.previous_hash <> coalesce(
                            (SELECT hash FROM attempts WHERE project_id = NEW.project_id AND sequence = NEW.sequence - 1),
                            zeroblob(32))
                        """
                    ),
                    (
                        "attempts: the day is closed",
                        """
                        EXISTS (SELECT 1 FROM closed_days
                            WHERE project_id = NEW.project_id AND logical_date = NEW.logical_date)
                        """
                    ),
                ]))
        try db.execute(
            sql: trigger(
                "leads_once", on: "leads",
                [
                    ("leads is append-only: the row exists already", leadExists),
                    (
                        "leads: only a successful attempt of the same project creates a lead",
                        """
                        NOT EXISTS (SELECT 1 FROM attempts WHERE attempt_id = NEW.attempt_id
                            AND project_id = NEW.project_id AND lead_id = NEW.lead_id AND outcome = 'success')
                        """
                    ),
                ]))
        try db.execute(
            sql: trigger("users_once", on: "users", [("users is append-only: the row exists already", userExists)]))
    }

    private static let attemptExists = """
        EXISTS (SELECT 1 FROM attempts WHERE attempt_id = NEW.attempt_id)
            OR EXISTS (SELECT 1 FROM attempts WHERE rowid = NEW.rowid)
        """
    private static let leadExists = """
        EXISTS (SELECT 1 FROM leads WHERE lead_id = NEW.lead_id)
            OR EXISTS (SELECT 1 FROM leads WHERE attempt_id = NEW.attempt_id)
            OR EXISTS (SELECT 1 FROM leads WHERE rowid = NEW.rowid)
        """
    private static let userExists = """
        EXISTS (SELECT 1 FROM users WHERE user_id = NEW.user_id)
            OR EXISTS (SELECT 1 FROM users WHERE rowid = NEW.rowid)
            OR EXISTS (SELECT 1 FROM users WHERE project_id = NEW.project_id AND email = NEW.email)
            OR EXISTS (SELECT 1 FROM users WHERE project_id = NEW.project_id AND phone = NEW.phone)
            OR EXISTS (SELECT 1 FROM users WHERE project_id = NEW.project_id AND external_id = NEW.external_id)
        """

    /// A trigger that refuses a row for the first of the reasons that holds.
    private static func trigger(
        _ name: String, on table: String, _ reasons: [(message: String, condition: String)]
    ) -> String {
        let any = reasons.map { "(\($0.condition))" }.joined(separator: " OR ")
        let each = reasons.map { "SELECT RAISE(ABORT, '\($0.message)') WHERE \($0.condition);" }
        return
            "CREATE TRIGGER \(name) BEFORE INSERT ON \(table) WHEN \(any)\nBEGIN\n\(each.joined(separator: "\n"))\nEND"
    }
}
