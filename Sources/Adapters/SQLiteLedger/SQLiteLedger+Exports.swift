package import Events
internal import GRDB
package import Ports

/// Records page by page, oldest first, each page from an index.
extension SQLiteLedger: ExportReader {
    package func lastSequence(_ project: ProjectID) async throws(LedgerError) -> Int64 {
        try await tip(of: project)?.sequence ?? 0
    }

    package func attempts(
        _ filter: AttemptFilter, after: AttemptPosition?, through sequence: Int64, limit: Int
    ) async throws(LedgerError) -> [Attempt] {
        try await read("reading attempts for an export") { [path] db in
            guard let conditions = try Self.exported(filter, after, sequence, in: db) else { return [] }
            return try AttemptRow.fetch(
                """
                SELECT \(AttemptRow.columns) FROM \(conditions.table) WHERE \(conditions.sql)
                ORDER BY received_at, sequence LIMIT ?
                """, conditions.arguments + [limit], in: db, path: path)
        }
    }

    package func leads(
        _ filter: AttemptFilter, after: AttemptPosition?, through sequence: Int64, limit: Int
    ) async throws(LedgerError) -> [ExportedLead] {
        var filter = filter
        filter.outcome = .success
        return try await read("reading leads for an export") { [filter, path] db in
            guard let conditions = try Self.exported(filter, after, sequence, in: db) else { return [] }
            let columns = """
                l.lead_id, l.project_id, l.attempt_id, l.user_id, l.source, l.channel, l.fields, l.created_at, a.sequence, \
                a.logical_date
                """
            return try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT \(columns) FROM (
                            SELECT attempt_id, sequence, received_at, logical_date FROM \(conditions.table)
                            WHERE \(conditions.sql) ORDER BY received_at, sequence LIMIT ?
                        ) a CROSS JOIN leads l ON l.attempt_id = a.attempt_id AND l.project_id = ?
                        ORDER BY a.received_at, a.sequence
                        """),
                arguments: conditions.arguments + [limit, filter.projectID.text]
            ).map { row in
                let date: String = row["logical_date"]
                guard let date = LogicalDate(date) else {
                    throw LedgerError.unreadable(path: path, detail: "an attempt has the damaged date \(date)")
                }
                return ExportedLead(lead: AttemptRow.lead(row), sequence: row["sequence"], logicalDate: date)
            }
        }
    }

    private static func exported(
        _ filter: AttemptFilter, _ after: AttemptPosition?, _ sequence: Int64, in db: Database
    ) throws -> AttemptConditions? {
        guard var conditions = try conditions(filter, in: db) else { return nil }
        if let after { conditions.newerThan(after) }
        conditions.through(sequence)
        conditions.context(filter)
        if !filter.words.isEmpty {
            guard let match = try AttemptWords.match(filter.words, filter.projectID, in: db) else { return nil }
            conditions.words(match)
        }
        return conditions
    }

    package func days(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>, after: LogicalDate?, limit: Int
    ) async throws(LedgerError) -> [ExportedDay] {
        let first = max(dates.lowerBound, after.map(\.next) ?? dates.lowerBound)
        guard first <= dates.upperBound else { return [] }
        let snapshots = try await read("reading days for an export") { [path] db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT \(DayRow.snapshotColumns) FROM day_snapshots
                        WHERE project_id = ? AND logical_date BETWEEN ? AND ? ORDER BY logical_date LIMIT ?
                        """),
                arguments: [project.text, first.description, dates.upperBound.description, limit]
            ).map { try DayRow.snapshot($0, path: path) }
        }
        var days: [ExportedDay] = []
        for snapshot in snapshots {
            let date = snapshot.date
            days.append(
                ExportedDay(snapshot: snapshot, seal: try await seals(project, in: date...date, limit: 1).first))
        }
        return days
    }

    package func reports(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>, after: (date: LogicalDate, version: Int)?, limit: Int
    ) async throws(LedgerError) -> [ExportedReport] {
        let (date, version) = (after?.date ?? dates.lowerBound, after?.version ?? 0)
        return try await read("reading reports for an export") { [path] db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT report_id, logical_date, version, status, model, prompt_version, snapshot_sha256, sections,
                            fallback, grounding, timings, created_at, finished_at
                        FROM day_reports
                        WHERE project_id = ? AND (logical_date, version) > (?, ?) AND logical_date <= ?
                        ORDER BY logical_date, version LIMIT ?
                        """),
                arguments: [project.text, date.description, version, dates.upperBound.description, limit]
            ).map { row in
                let text: String = row[1]
                guard let date = LogicalDate(text) else {
                    throw LedgerError.unreadable(path: path, detail: "a report has the damaged date \(text)")
                }
                let finishedAt: Int64? = row[12]
                return ExportedReport(
                    reportID: row[0], date: date, version: row[2], status: row[3], model: row[4],
                    promptVersion: row[5], snapshotSHA256: row[6], sections: row[7], fallback: row[8],
                    grounding: row[9], timings: row[10], createdAt: Timestamp(microseconds: row[11]),
                    finishedAt: finishedAt.map(Timestamp.init(microseconds:)))
            }
        }
    }
}
