internal import Events
internal import Foundation
internal import GRDB
internal import Ports

/// Bytes as SQLite's BLOB and back.
func blob(_ bytes: [UInt8]) -> Data { Data(bytes) }
func bytes(_ data: Data) -> [UInt8] { Array(data) }

func hexText(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

/// The rows of `attempts` and `leads` as values.
enum AttemptRow {
    static func fetch(
        _ sql: String, _ arguments: StatementArguments, in db: Database, path: String
    ) throws -> [Attempt] {
        var found: [Attempt] = []
        let cursor = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: arguments)
        while let row = try cursor.next() { found.append(try attempt(row, path: path)) }
        return found
    }

    static let columns = """
        attempt_id, project_id, sequence, user_id, source, channel, received_at, logical_date, outcome, \
        failure_category, failure_code, failure_message, context, retry_attempt, duration_ms, idempotency_key, \
        lead_id, previous_hash, hash
        """

    /// Inserts by `statement`, which is `insertion` without values.
    static func insert(_ a: Attempt, _ statement: inout BoundStatement) throws {
        statement.bind(a.attemptID)
        statement.bind(a.projectID.text)
        statement.bind(a.sequence)
        statement.bind(a.userID)
        statement.bind(a.source)
        statement.bind(a.channel)
        statement.bind(a.receivedAt.microseconds)
        statement.bind(a.logicalDate.description)
        statement.bind(a.outcome.rawValue)
        statement.bind(a.failureCategory?.rawValue)
        statement.bind(a.failureCode)
        statement.bind(a.failureMessage)
        statement.bind(a.context)
        statement.bind(Int64(a.retryAttempt))
        statement.bind(a.durationMilliseconds)
        statement.bind(a.idempotencyKey)
        statement.bind(a.leadID)
        statement.bind(blob: a.previousHash)
        statement.bind(blob: a.hash)
        statement.bind(a.receivedAt.microseconds)
        try statement.run()
    }

    static let insertion = """
        INSERT INTO attempts (\(columns), created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    /// Throws `unreadable` for a row that this version cannot have written.
    static func attempt(_ row: Row, path: String) throws -> Attempt {
        let id: String = row[0]
        let dateText: String = row[7]
        let outcomeText: String = row[8]
        let categoryText: String? = row[9]
        guard let date = LogicalDate(dateText), let outcome = Outcome(rawValue: outcomeText) else {
            throw LedgerError.unreadable(path: path, detail: "attempt \(id) has a damaged date or outcome")
        }
        let category = try categoryText.map { text in
            guard let category = FailureCategory(rawValue: text) else {
                throw LedgerError.unreadable(path: path, detail: "attempt \(id) has the unknown category \(text)")
            }
            return category
        }
        return Attempt(
            attemptID: id, projectID: ProjectID(trusted: row[1]), sequence: row[2], userID: row[3], source: row[4],
            channel: row[5], receivedAt: Timestamp(microseconds: row[6]), logicalDate: date, outcome: outcome,
            failureCategory: category, failureCode: row[10], failureMessage: row[11], context: row[12],
            retryAttempt: row[13], durationMilliseconds: row[14], idempotencyKey: row[15], leadID: row[16],
            previousHash: bytes(row[17]), hash: bytes(row[18]))
    }

    static func lead(_ row: Row) -> Lead {
        Lead(
            leadID: row["lead_id"], projectID: ProjectID(trusted: row["project_id"]), attemptID: row["attempt_id"],
            userID: row["user_id"], source: row["source"], channel: row["channel"],
            createdAt: Timestamp(microseconds: row["created_at"]), fields: row["fields"])
    }

    static func tip(of project: ProjectID, in db: Database) throws -> AttemptTip? {
        try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT sequence, received_at, hash FROM attempts WHERE project_id = ?
                    ORDER BY sequence DESC LIMIT 1
                    """),
            arguments: [project.text]
        ).map { AttemptTip(sequence: $0[0], receivedAt: Timestamp(microseconds: $0[1]), hash: bytes($0[2])) }
    }
}
