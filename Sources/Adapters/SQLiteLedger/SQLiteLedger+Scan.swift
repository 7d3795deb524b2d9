package import Events
internal import GRDB
internal import GRDBSQLite
package import Ports

/// Reading a day's rows as SQLite's own memory: no object is made for a row.
extension SQLiteLedger {
    private static let scanSQL = """
        SELECT a.attempt_id, a.sequence, a.user_id, a.source, a.channel, a.received_at, a.outcome, a.failure_category,
            a.failure_code, a.failure_message, a.context, a.retry_attempt, a.duration_ms, a.idempotency_key, a.lead_id,
            a.previous_hash, a.hash, l.lead_id, l.project_id, l.user_id, l.source, l.channel, l.fields, l.fields_digest,
            l.created_at
        FROM attempts a LEFT JOIN leads l ON l.attempt_id = a.attempt_id
        WHERE a.project_id = ? AND a.logical_date = ? AND a.sequence > ? ORDER BY a.sequence LIMIT ?
        """

    package func scanDay<State: Sendable>(
        _ project: ProjectID, _ date: LogicalDate, after sequence: Int64, limit: Int, into state: State,
        _ add: @escaping @Sendable (inout State, borrowing AttemptColumns) -> Void
    ) async throws(LedgerError) -> State {
        try await read("reading a day's rows") { db in
            var state = state
            let statement = try db.cachedStatement(sql: Self.scanSQL)
            try statement.setArguments([project.text, date.description, sequence, limit])
            let row = statement.sqliteStatement
            defer { sqlite3_reset(row) }
            while true {
                switch sqlite3_step(row) {
                case SQLITE_ROW: add(&state, RawRow(statement: row).attempt)
                case SQLITE_DONE: return state
                case let code:
                    throw DatabaseError(
                        resultCode: ResultCode(rawValue: code),
                        message: String(cString: sqlite3_errmsg(db.sqliteConnection)))
                }
            }
        }
    }

    package func dayCuts(
        _ project: ProjectID, _ date: LogicalDate, every size: Int
    ) async throws(LedgerError) -> [Int64] {
        try await read("cutting a day into runs") { db in
            var cuts: [Int64] = []
            var count = 0
            let sequences = try Int64.fetchCursor(
                db.cachedStatement(
                    sql: "SELECT sequence FROM attempts WHERE project_id = ? AND logical_date = ? ORDER BY sequence"),
                arguments: [project.text, date.description])
            while let sequence = try sequences.next() {
                count += 1
                if count % size == 0 { cuts.append(sequence) }
            }
            return cuts
        }
    }

    package func orphanLeads(
        _ project: ProjectID, createdIn range: Range<Timestamp>?
    ) async throws(LedgerError) -> (count: Int64, first: LeadLink?) {
        let sql = """
            FROM leads l LEFT JOIN attempts a ON a.attempt_id = l.attempt_id
            WHERE l.project_id = ? AND l.created_at >= ? AND l.created_at < ?
                AND (a.attempt_id IS NULL OR a.project_id <> l.project_id OR a.lead_id IS NOT l.lead_id)
            """
        let arguments: StatementArguments = [
            project.text, range?.lowerBound.microseconds ?? .min, range?.upperBound.microseconds ?? .max,
        ]
        return try await read("looking for leads without an attempt") { db in
            let count = try Int64.fetchOne(db.cachedStatement(sql: "SELECT count(*) \(sql)"), arguments: arguments) ?? 0
            guard count > 0 else { return (0, nil) }
            let first = try Row.fetchOne(
                db.cachedStatement(
                    sql:
                        "SELECT l.lead_id, l.attempt_id, a.sequence, a.logical_date, a.lead_id, l.created_at \(sql) ORDER BY l.lead_id LIMIT 1"
                ),
                arguments: arguments
            ).map { row in
                let date: String? = row[3]
                return LeadLink(
                    leadID: row[0], attemptID: row[1], sequence: row[2], date: date.flatMap { LogicalDate($0) },
                    attemptLeadID: row[4], createdAt: Timestamp(microseconds: row[5]))
            }
            return (count, first)
        }
    }
}

/// The current row of a running statement.
private struct RawRow {
    let statement: OpaquePointer

    private func bytes(_ column: Int32) -> AttemptColumns.Text {
        let start = sqlite3_column_blob(statement, column)
        let count = Int(sqlite3_column_bytes(statement, column))
        return AttemptColumns.Text(start: start?.assumingMemoryBound(to: UInt8.self), count: start == nil ? 0 : count)
    }
    private func optional(_ column: Int32) -> AttemptColumns.Text? {
        sqlite3_column_type(statement, column) == SQLITE_NULL ? nil : bytes(column)
    }

    var attempt: AttemptColumns {
        AttemptColumns(
            attemptID: bytes(0), sequence: sqlite3_column_int64(statement, 1), userID: optional(2), source: bytes(3),
            channel: bytes(4), receivedAt: sqlite3_column_int64(statement, 5), outcome: bytes(6),
            failureCategory: optional(7), failureCode: optional(8), failureMessage: optional(9), context: bytes(10),
            retryAttempt: sqlite3_column_int64(statement, 11),
            durationMilliseconds: sqlite3_column_double(statement, 12), idempotencyKey: optional(13),
            leadID: optional(14), previousHash: bytes(15), hash: bytes(16), lead: lead)
    }

    private var lead: AttemptColumns.LeadColumns? {
        guard let leadID = optional(17) else { return nil }
        return AttemptColumns.LeadColumns(
            leadID: leadID, projectID: bytes(18), userID: bytes(19), source: bytes(20), channel: bytes(21),
            fields: bytes(22), fieldsDigest: bytes(23), createdAt: sqlite3_column_int64(statement, 24))
    }
}
