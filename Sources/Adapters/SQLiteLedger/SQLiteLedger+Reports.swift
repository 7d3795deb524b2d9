package import Events
internal import GRDB
package import Ports

extension SQLiteLedger: ReportLedger {
    private static let reportColumns = """
        report_id, project_id, logical_date, version, snapshot_sha256, status, model, prompt_version, prompt_text, \
        raw_answer, sections, fallback, grounding, timings, finished_at, created_at, snapshot_at
        """

    package func latestReport(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> StoredReport? {
        try await reports(project, date, "ORDER BY version DESC LIMIT 1").first
    }

    package func report(
        _ project: ProjectID, _ date: LogicalDate, version: Int
    ) async throws(LedgerError) -> StoredReport? {
        try await reports(project, date, "AND version = ?", [version]).first
    }

    package func reportVersions(
        _ project: ProjectID, _ date: LogicalDate
    ) async throws(LedgerError) -> [StoredReport] {
        try await reports(project, date, "ORDER BY version")
    }

    private func reports(
        _ project: ProjectID, _ date: LogicalDate, _ rest: String, _ more: StatementArguments = []
    ) async throws(LedgerError) -> [StoredReport] {
        try await read("reading a report") { [path] db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT \(Self.reportColumns) FROM day_reports WHERE project_id = ? AND logical_date = ? \(rest)
                        """),
                arguments: [project.text, date.description] + more
            ).map { row in
                let status: String = row[5]
                guard let status = StoredReport.Status(rawValue: status) else {
                    throw LedgerError.unreadable(path: path, detail: "a report has the unknown status \(status)")
                }
                let (finishedAt, snapshotAt): (Int64?, Int64?) = (row[14], row[16])
                return StoredReport(
                    reportID: row[0], projectID: project, date: date, version: row[3], snapshotSHA256: row[4],
                    snapshotAt: snapshotAt.map(Timestamp.init(microseconds:)), status: status, model: row[6],
                    promptVersion: row[7], promptText: row[8], rawAnswer: row[9],
                    sections: row[10], fallback: row[11], grounding: row[12], timings: row[13],
                    createdAt: Timestamp(microseconds: row[15]),
                    finishedAt: finishedAt.map(Timestamp.init(microseconds:)))
            }
        }
    }

    package func reportStatuses(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>
    ) async throws(LedgerError) -> [LogicalDate: StoredReport.Status] {
        try await read("reading the reports' states") { db in
            var found: [LogicalDate: StoredReport.Status] = [:]
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT logical_date, status FROM day_reports
                        WHERE project_id = ? AND logical_date BETWEEN ? AND ? ORDER BY logical_date, version
                        """),
                arguments: [project.text, dates.lowerBound.description, dates.upperBound.description])
            for row in rows {
                let (date, status): (String, String) = (row[0], row[1])
                if let date = LogicalDate(date) { found[date] = StoredReport.Status(rawValue: status) }
            }
            return found
        }
    }

    package func storeReport(_ r: StoredReport) async throws(LedgerError) {
        try await write("storing a report") { db in
            let values: [(any DatabaseValueConvertible)?] = [
                r.reportID, r.projectID.text, r.date.description, r.version, r.snapshotSHA256, r.status.rawValue,
                r.model, r.promptVersion, r.promptText, r.rawAnswer, r.sections, r.fallback, r.grounding, r.timings,
                r.finishedAt?.microseconds, r.createdAt.microseconds, r.snapshotAt?.microseconds,
            ]
            try db.execute(
                sql: """
                    INSERT INTO day_reports (\(Self.reportColumns))
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (project_id, logical_date, version) DO UPDATE SET
                        report_id = excluded.report_id, snapshot_sha256 = excluded.snapshot_sha256,
                        status = excluded.status, model = excluded.model, prompt_version = excluded.prompt_version,
                        prompt_text = excluded.prompt_text, raw_answer = excluded.raw_answer,
                        sections = excluded.sections, fallback = excluded.fallback, grounding = excluded.grounding,
                        timings = excluded.timings, finished_at = excluded.finished_at, created_at = excluded.created_at,
                        snapshot_at = excluded.snapshot_at
                    """,
                arguments: StatementArguments(values))
        }
    }

    package func recordAttempt(_ a: AnalysisAttempt) async throws(LedgerError) {
        try await write("recording a try at a report") { db in
            let values: [(any DatabaseValueConvertible)?] = [
                a.reportID, a.projectID.text, a.date.description, a.version, a.phase.rawValue, a.snapshotSHA256,
                a.model, a.promptVersion, a.outcome, a.detail, a.at.microseconds,
            ]
            try db.execute(
                sql: """
                    INSERT INTO analysis_attempts (report_id, project_id, logical_date, version, phase, snapshot_sha256,
                        model, prompt_version, outcome, detail, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: StatementArguments(values))
        }
    }

    package func analysisAttempts(
        _ project: ProjectID, _ date: LogicalDate
    ) async throws(LedgerError) -> [AnalysisAttempt] {
        try await read("reading tries at a report") { [path] db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT report_id, version, phase, snapshot_sha256, model, prompt_version, outcome, detail, created_at
                        FROM analysis_attempts WHERE project_id = ? AND logical_date = ? ORDER BY position
                        """),
                arguments: [project.text, date.description]
            ).map { row in
                let phase: String = row[2]
                guard let phase = AnalysisAttempt.Phase(rawValue: phase) else {
                    throw LedgerError.unreadable(path: path, detail: "a try at a report has the unknown phase \(phase)")
                }
                return AnalysisAttempt(
                    reportID: row[0], projectID: project, date: date, version: row[1], phase: phase,
                    snapshotSHA256: row[3], model: row[4], promptVersion: row[5], outcome: row[6], detail: row[7],
                    at: Timestamp(microseconds: row[8]))
            }
        }
    }
}
