package import Events
internal import GRDB
package import Ports

/// Attempts that came for a day when it was closed already. Their context has the member `late`; an index over it keeps
/// looking for them cheap, because days have few.
extension SQLiteLedger {
    package func snapshotUsers(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>, limit: Int
    ) async throws(LedgerError) -> [LogicalDate: Int64] {
        try await read("reading the users of days") { db in
            try Self.byDate(
                Row.fetchAll(
                    db.cachedStatement(
                        sql: """
                            SELECT logical_date, json_extract(json, '$.users.distinct') FROM day_snapshots
                            WHERE project_id = ? AND logical_date BETWEEN ? AND ? ORDER BY logical_date DESC LIMIT ?
                            """),
                    arguments: [project.text, dates.lowerBound.description, dates.upperBound.description, limit]))
        }
    }

    package func lateCounts(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>
    ) async throws(LedgerError) -> [LogicalDate: Int64] {
        try await read("counting late attempts") { db in
            try Self.byDate(
                Row.fetchAll(
                    db.cachedStatement(
                        sql: """
                            SELECT logical_date, count(*) FROM attempts
                            WHERE project_id = ? AND logical_date BETWEEN ? AND ?
                                AND instr(context, '"late":{') > 0 GROUP BY logical_date
                            """),
                    arguments: [project.text, dates.lowerBound.description, dates.upperBound.description]))
        }
    }

    private static func byDate(_ rows: [Row]) -> [LogicalDate: Int64] {
        var found: [LogicalDate: Int64] = [:]
        for row in rows {
            if let date = LogicalDate(row[0] as String) { found[date] = row[1] ?? 0 }
        }
        return found
    }

    package func lateAttempts(
        _ project: ProjectID, _ date: LogicalDate, limit: Int
    ) async throws(LedgerError) -> [Attempt] {
        try await read("reading late attempts") { [path] db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT \(AttemptRow.columns) FROM attempts
                        WHERE project_id = ? AND logical_date = ? AND instr(context, '"late":{') > 0
                        ORDER BY sequence LIMIT ?
                        """),
                arguments: [project.text, date.description, limit]
            ).map { try AttemptRow.attempt($0, path: path) }
        }
    }
}
