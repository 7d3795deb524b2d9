package import Events
internal import GRDB
package import Ports

extension SQLiteLedger: AttemptReader {
    package func attempts(
        _ filter: AttemptFilter, before: AttemptPosition?, limit: Int
    ) async throws(LedgerError) -> [Attempt] {
        var conditions = AttemptConditions(filter)
        if let before { conditions.olderThan(before) }
        return try await fetch(
            "listing attempts",
            sql: """
                SELECT \(AttemptRow.columns) FROM attempts WHERE \(conditions.sql)
                ORDER BY received_at DESC, sequence DESC LIMIT ?
                """, arguments: conditions.arguments + [limit])
    }

    package func total(_ filter: AttemptFilter) async throws(LedgerError) -> AttemptTotal {
        var everything = AttemptFilter(projectID: filter.projectID)
        if filter == everything {
            // Sequences are dense: the last one is the count.
            return AttemptTotal(count: try await tip(of: filter.projectID)?.sequence ?? 0, isExact: true)
        }
        everything.date = filter.date
        let conditions = AttemptConditions(filter)
        // A date alone is answered from its index whatever its size; other filters stop counting at a bound.
        let bound = filter == everything ? Int.max : Limits.totalRowsMax
        return try await read("counting attempts") { db in
            let count =
                try Int64.fetchOne(
                    db.cachedStatement(
                        sql: "SELECT count(*) FROM (SELECT 1 FROM attempts WHERE \(conditions.sql) LIMIT ?)"),
                    arguments: conditions.arguments + [bound]) ?? 0
            return AttemptTotal(count: count, isExact: count < bound)
        }
    }

    package func attempt(_ attemptID: String, project: ProjectID) async throws(LedgerError) -> Attempt? {
        try await fetch(
            "reading the attempt",
            sql: "SELECT \(AttemptRow.columns) FROM attempts WHERE attempt_id = ? AND project_id = ?",
            arguments: [attemptID, project.text]
        ).first
    }

    package func lead(_ leadID: String, project: ProjectID) async throws(LedgerError) -> Lead? {
        try await read("reading the lead") { db in
            try Row.fetchOne(
                db.cachedStatement(sql: "SELECT * FROM leads WHERE lead_id = ? AND project_id = ?"),
                arguments: [leadID, project.text]
            ).map(AttemptRow.lead)
        }
    }

    package func neighbours(of attempt: Attempt) async throws(LedgerError) -> AttemptNeighbours {
        let (project, sequence) = (attempt.projectID.text, attempt.sequence)
        var sameUser: [Attempt] = []
        if let userID = attempt.userID {
            sameUser = try await fetch(
                "reading the user's attempts",
                sql: """
                    SELECT \(AttemptRow.columns) FROM attempts WHERE project_id = ? AND user_id = ? AND sequence <> ?
                    ORDER BY sequence DESC LIMIT 10
                    """, arguments: [project, userID, sequence])
        }
        let previous = try await fetch(
            "reading earlier attempts",
            sql: """
                SELECT \(AttemptRow.columns) FROM attempts WHERE project_id = ? AND sequence < ?
                ORDER BY sequence DESC LIMIT 3
                """, arguments: [project, sequence])
        let next = try await fetch(
            "reading later attempts",
            sql: """
                SELECT \(AttemptRow.columns) FROM attempts WHERE project_id = ? AND sequence > ?
                ORDER BY sequence LIMIT 3
                """, arguments: [project, sequence])
        return AttemptNeighbours(sameUser: sameUser, previous: previous, next: next)
    }

    package func attempts(
        ofUser userID: String, project: ProjectID, limit: Int
    ) async throws(LedgerError) -> [Attempt] {
        try await fetch(
            "reading the user's attempts",
            sql: """
                SELECT \(AttemptRow.columns) FROM attempts WHERE project_id = ? AND user_id = ?
                ORDER BY sequence LIMIT ?
                """, arguments: [project.text, userID, limit])
    }

    package func attempts(
        project: ProjectID, date: LogicalDate, afterSequence: Int64, limit: Int
    ) async throws(LedgerError) -> [Attempt] {
        try await fetch(
            "reading the day's attempts",
            sql: """
                SELECT \(AttemptRow.columns) FROM attempts
                WHERE project_id = ? AND logical_date = ? AND sequence > ? ORDER BY sequence LIMIT ?
                """, arguments: [project.text, date.description, afterSequence, limit])
    }

    package func attempts(
        project: ProjectID, afterSequence: Int64, limit: Int
    ) async throws(LedgerError) -> [Attempt] {
        try await fetch(
            "reading attempts in sequence",
            sql: """
                SELECT \(AttemptRow.columns) FROM attempts WHERE project_id = ? AND sequence > ?
                ORDER BY sequence LIMIT ?
                """, arguments: [project.text, afterSequence, limit])
    }

    package func tip(of project: ProjectID) async throws(LedgerError) -> AttemptTip? {
        try await read("reading the last attempt") { db in try AttemptRow.tip(of: project, in: db) }
    }

    private func fetch(
        _ operation: String, sql: String, arguments: StatementArguments
    ) async throws(LedgerError) -> [Attempt] {
        try await read(operation) { [path] db in
            var found: [Attempt] = []
            let cursor = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: arguments)
            while let row = try cursor.next() { found.append(try AttemptRow.attempt(row, path: path)) }
            return found
        }
    }
}

/// A filter as SQL: fixed text with a place for every value.
struct AttemptConditions: Sendable {
    private(set) var sql: String
    private(set) var arguments: StatementArguments

    init(_ filter: AttemptFilter) {
        sql = "project_id = ?"
        arguments = [filter.projectID.text]
        if let from = filter.from { add("received_at >= ?", [from.microseconds]) }
        if let to = filter.to { add("received_at < ?", [to.microseconds]) }
        if let date = filter.date { add("logical_date = ?", [date.description]) }
        if let outcome = filter.outcome { add("outcome = ?", [outcome.rawValue]) }
        if let userID = filter.userID { add("user_id = ?", [userID]) }
        anyOf("source", filter.sources)
        anyOf("channel", filter.channels)
        anyOf("failure_code", filter.failureCodes)
        anyOf("failure_category", filter.failureCategories)
        if let text = filter.text, !text.isEmpty {
            // `instr` takes the text literally: nothing in it is a pattern.
            add(
                """
                (attempt_id = ? OR lead_id = ? OR user_id = ? OR instr(failure_code, ?) > 0
                OR instr(lower(failure_message), lower(?)) > 0)
                """, [text, text, text, text, text])
        }
    }

    mutating func olderThan(_ position: AttemptPosition) {
        add("(received_at, sequence) < (?, ?)", [position.receivedAt.microseconds, position.sequence])
    }

    private mutating func anyOf(_ column: String, _ values: [String]) {
        guard !values.isEmpty else { return }
        let places = Array(repeating: "?", count: values.count).joined(separator: ", ")
        add("\(column) IN (\(places))", StatementArguments(values))
    }

    private mutating func add(_ condition: String, _ values: StatementArguments) {
        sql += " AND \(condition)"
        arguments += values
    }
}
