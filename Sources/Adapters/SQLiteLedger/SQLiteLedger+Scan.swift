package import Events
internal import GRDB
internal import GRDBSQLite
package import Ports

/// Reading a day's rows as SQLite's own memory: no object is made for a row.
extension SQLiteLedger {
    private static let attemptColumns = [
        "attempt_id", "sequence", "user_id", "source", "channel", "received_at", "outcome", "failure_category",
        "failure_code", "failure_message", "context", "retry_attempt", "duration_ms", "idempotency_key", "lead_id",
        "previous_hash", "hash", "project_id", "logical_date",
    ].map { "a.\($0)" }.joined(separator: ", ")
    private static let leadColumns = [
        "attempt_id", "lead_id", "project_id", "user_id", "source", "channel", "fields", "fields_digest", "created_at",
    ].map { "l.\($0)" }.joined(separator: ", ")
    private static let attemptColumnCount: Int32 = 19

    private static let scanSQL = """
        SELECT \(attemptColumns), \(leadColumns) FROM attempts a LEFT JOIN leads l ON l.attempt_id = a.attempt_id
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
            let rows = RawRow(statement: statement.sqliteStatement)
            defer { rows.reset() }
            while try rows.step(in: db) {
                add(&state, rows.attempt(lead: rows.lead(from: Self.attemptColumnCount)))
            }
            return state
        }
    }

    package func logSize() async throws(LedgerError) -> LogSize {
        try await read("measuring the whole log") { db in
            func number(_ expression: String) throws -> Int64? {
                try Int64.fetchOne(db.cachedStatement(sql: "SELECT \(expression)"))
            }
            let first = try number("min(rowid) FROM attempts")
            let last = try number("max(rowid) FROM attempts")
            return LogSize(
                attempts: try number("count(*) FROM attempts") ?? 0, leads: try number("count(*) FROM leads") ?? 0,
                rows: first.flatMap { first in last.map { first...$0 } })
        }
    }

    package func scanLog<State: Sendable>(
        rows range: ClosedRange<Int64>, into state: State,
        _ add: @escaping @Sendable (inout State, borrowing AttemptColumns) -> Void
    ) async throws(LedgerError) -> LogPart<State> {
        try await read("reading the log") { db in
            // No page is read twice: a few that stay near the processor do better than many.
            try db.execute(sql: "PRAGMA cache_size = -\(Limits.scanCacheKibibytes)")
            defer { try? db.execute(sql: "PRAGMA cache_size = -\(Limits.cacheKibibytes)") }
            var part = LogPart(state: state, leadsAreInOrder: true, leads: 0)
            let statement = try db.cachedStatement(
                sql: "SELECT \(Self.attemptColumns) FROM attempts a WHERE a.rowid BETWEEN ? AND ? ORDER BY a.rowid")
            try statement.setArguments([range.lowerBound, range.upperBound])
            let rows = RawRow(statement: statement.sqliteStatement)
            defer { rows.reset() }
            var leads = try LeadsBeside(db, columns: Self.leadColumns)
            defer { leads.reset() }
            while try rows.step(in: db) {
                var lead: AttemptColumns.LeadColumns?
                if rows.namesLead, try leads.move(toLeadOf: rows.attemptID, in: db) {
                    lead = leads.current
                    part.leads += 1
                }
                add(&part.state, rows.attempt(lead: lead))
            }
            part.leadsAreInOrder = leads.areInOrder
            return part
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

/// Leads in the order in which they were written, read as far as the attempts beside them.
private struct LeadsBeside {
    private let following: RawRow
    private let finding: Statement
    private let placing: Statement
    private var isPlaced = false
    /// Whether each lead asked for stood behind the one before.
    private(set) var areInOrder = true

    init(_ db: Database, columns: String) throws {
        placing = try db.cachedStatement(sql: "SELECT \(columns) FROM leads l WHERE l.rowid >= ? ORDER BY l.rowid")
        finding = try db.cachedStatement(sql: "SELECT rowid FROM leads WHERE attempt_id = ?")
        following = RawRow(statement: placing.sqliteStatement)
    }

    /// The lead that `move` found, until it is called again.
    var current: AttemptColumns.LeadColumns? { following.lead(from: 0) }

    /// False when no lead names the attempt.
    mutating func move(toLeadOf attempt: AttemptColumns.Text, in db: Database) throws -> Bool {
        if isPlaced {
            isPlaced = try following.step(in: db)
            if isPlaced, following.bytes(0).isEqual(to: attempt) { return true }
            areInOrder = false
        }
        following.reset()
        try finding.setArguments([String(decoding: attempt, as: UTF8.self)])
        guard let row = try Int64.fetchOne(finding) else {
            areInOrder = false
            isPlaced = false
            return false
        }
        try placing.setArguments([row])
        isPlaced = try following.step(in: db)
        return isPlaced
    }

    func reset() { following.reset() }
}

/// The current row of a running statement.
private struct RawRow {
    let statement: OpaquePointer

    /// False behind the last row.
    func step(in db: Database) throws -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            throw DatabaseError(
                resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(db.sqliteConnection)))
        }
    }
    func reset() { sqlite3_reset(statement) }

    @inline(__always)
    func bytes(_ column: Int32) -> AttemptColumns.Text {
        // A value asked twice costs less than a column asked twice. It is this connection's, and used on its queue alone.
        let value = sqlite3_column_value(statement, column)
        let start = sqlite3_value_blob(value)
        let count = Int(sqlite3_value_bytes(value))
        return AttemptColumns.Text(start: start?.assumingMemoryBound(to: UInt8.self), count: start == nil ? 0 : count)
    }
    @inline(__always)
    private func optional(_ column: Int32) -> AttemptColumns.Text? {
        let text = bytes(column)
        // An empty text has no address either.
        return text.baseAddress == nil && sqlite3_column_type(statement, column) == SQLITE_NULL ? nil : text
    }

    var attemptID: AttemptColumns.Text { bytes(0) }
    var namesLead: Bool { sqlite3_column_type(statement, 14) != SQLITE_NULL }

    func attempt(lead: AttemptColumns.LeadColumns?) -> AttemptColumns {
        AttemptColumns(
            attemptID: bytes(0), projectID: bytes(17), logicalDate: bytes(18),
            sequence: sqlite3_column_int64(statement, 1), userID: optional(2), source: bytes(3), channel: bytes(4),
            receivedAt: sqlite3_column_int64(statement, 5), outcome: bytes(6), failureCategory: optional(7),
            failureCode: optional(8), failureMessage: optional(9), context: bytes(10),
            retryAttempt: sqlite3_column_int64(statement, 11),
            durationMilliseconds: sqlite3_column_double(statement, 12), idempotencyKey: optional(13),
            leadID: optional(14), previousHash: bytes(15), hash: bytes(16), lead: lead)
    }

    /// The lead whose columns begin with that one; nil when an outer join found none.
    func lead(from first: Int32) -> AttemptColumns.LeadColumns? {
        guard let leadID = optional(first + 1) else { return nil }
        return AttemptColumns.LeadColumns(
            leadID: leadID, projectID: bytes(first + 2), userID: bytes(first + 3), source: bytes(first + 4),
            channel: bytes(first + 5), fields: bytes(first + 6), fieldsDigest: bytes(first + 7),
            createdAt: sqlite3_column_int64(statement, first + 8))
    }
}
