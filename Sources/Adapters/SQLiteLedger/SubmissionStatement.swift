internal import GRDB

/// The statements that run for every submission. Each is looked up once in a transaction.
enum SubmissionStatement: Int, CaseIterable {
    case userByEmail, userByPhone, userByExternalID, insertUser, insertContact
    case limitState, putLimitState
    case insertAttempt, insertLead, insertToken, insertOutbox

    var sql: String {
        switch self {
        case .userByEmail: "SELECT user_id FROM users WHERE project_id = ? AND email = ?"
        case .userByPhone: "SELECT user_id FROM users WHERE project_id = ? AND phone = ?"
        case .userByExternalID: "SELECT user_id FROM users WHERE project_id = ? AND external_id = ?"
        case .insertUser:
            """
            INSERT INTO users (user_id, project_id, email, phone, external_id, name, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """
        case .insertContact:
            "INSERT OR IGNORE INTO user_contacts (project_id, kind, hash_prefix, user_id) VALUES (?, ?, ?, ?)"
        case .limitState:
            """
            SELECT at_us, current, previous FROM submission_rate_limits
            WHERE project_id = ? AND rule_id = ? AND subject = ?
            """
        case .putLimitState:
            """
            INSERT INTO submission_rate_limits
                (project_id, rule_id, subject, at_us, current, previous, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET at_us = excluded.at_us, current = excluded.current,
                previous = excluded.previous, updated_at = excluded.updated_at
            """
        case .insertAttempt: AttemptRow.insertion
        case .insertLead:
            """
            INSERT INTO leads
                (lead_id, project_id, attempt_id, user_id, source, channel, fields, fields_digest, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        case .insertToken: "INSERT OR IGNORE INTO attempt_tokens (token) VALUES (?)"
        case .insertOutbox:
            "INSERT INTO outbox (project_id, event_id, received_at, event, created_at) VALUES (?, ?, ?, ?, ?)"
        }
    }
}

/// The statements of one transaction.
struct SubmissionStatements {
    private let db: Database
    private var prepared = [Statement?](repeating: nil, count: SubmissionStatement.allCases.count)

    init(_ db: Database) { self.db = db }

    /// A statement without values.
    subscript(_ which: SubmissionStatement) -> BoundStatement {
        mutating get throws {
            if let known = prepared[which.rawValue] { return BoundStatement(known, in: db) }
            let found = try db.cachedStatement(sql: which.sql)
            prepared[which.rawValue] = found
            return BoundStatement(found, in: db)
        }
    }
}
