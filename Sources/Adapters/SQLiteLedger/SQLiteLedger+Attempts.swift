package import Events
internal import GRDB
package import Ports

extension SQLiteLedger: AttemptReader {
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

    package func retries(of attempt: Attempt, limit: Int) async throws(LedgerError) -> [Attempt] {
        // Reads of an index each: the user's attempts before and after this one, and the key's.
        let project = attempt.projectID.text
        var found: [Int64: Attempt] = [attempt.sequence: attempt]
        if let userID = attempt.userID {
            let received = attempt.receivedAt.microseconds
            for (side, order) in [("sequence < ?", "DESC"), ("sequence > ?", "ASC")] {
                let near = try await fetch(
                    "reading the user's attempts around one",
                    sql: """
                        SELECT * FROM (
                            SELECT \(AttemptRow.columns) FROM attempts INDEXED BY attempts_by_user
                            WHERE project_id = ? AND user_id = ? AND \(side) ORDER BY sequence \(order) LIMIT ?
                        ) WHERE received_at BETWEEN ? AND ?
                        """,
                    arguments: [
                        project, userID, attempt.sequence, limit, received - Limits.retryMicroseconds,
                        received + Limits.retryMicroseconds,
                    ])
                for one in near { found[one.sequence] = one }
            }
        }
        if let key = attempt.idempotencyKey {
            let sameKey = try await fetch(
                "reading attempts with the same key",
                sql: """
                    SELECT \(AttemptRow.columns) FROM attempts INDEXED BY attempts_by_key
                    WHERE project_id = ? AND idempotency_key = ? ORDER BY sequence DESC LIMIT ?
                    """, arguments: [project, key, limit])
            for one in sameKey { found[one.sequence] = one }
        }
        // Those closest to the attempt, which is always among them.
        let closest = found.values.sorted {
            (abs($0.sequence - attempt.sequence), $0.sequence) < (abs($1.sequence - attempt.sequence), $1.sequence)
        }
        return closest.prefix(limit).sorted { $0.sequence < $1.sequence }
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
        try await read(operation) { [path] db in try AttemptRow.fetch(sql, arguments, in: db, path: path) }
    }
}
