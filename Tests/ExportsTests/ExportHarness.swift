import DirectoryFiles
import DuckDBTableFiles
import Events
import Exports
import Foundation
import Ports
import SQLiteLedger
import Synchronization
import SystemPorts
import Telemetry
import Testing

/// Exports of a real ledger into real folders.
final class ExportHarness: Sendable {
    let folder = NSTemporaryDirectory() + "daybook-exports-\(UUID().uuidString)"
    let ledger: SQLiteLedger
    let files: DirectoryExportFiles
    let project = ProjectID("prj_a")!
    static let start = Timestamp(rfc3339: "2026-03-10T12:00:00Z")!

    init() throws {
        ledger = try SQLiteLedger(folder: folder, telemetry: .none())
        files = DirectoryExportFiles(root: folder + "/exports")
    }
    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func writer(_ limits: ExportLimits = ExportLimits(), tables: (any TableFiles)? = nil) -> ExportWriter {
        ExportWriter(reader: ledger, files: files, tables: tables ?? DuckDBTableFiles(), limits: limits)
    }

    /// Every third attempt succeeds and makes a lead; failures have the message. `secondsOf` says when a sequence is received.
    func fill(
        _ count: Int, message: String = "plain", secondsOf: @escaping @Sendable (Int64) -> Int64 = { $0 }
    ) async throws {
        _ = try await ledger.commit(Array(0..<count)) { (_, transaction) throws(LedgerError) in
            let project = ProjectID("prj_a")!
            let tip = try transaction.tip(of: project)
            let sequence = (tip?.sequence ?? 0) + 1
            let isSuccess = sequence % 3 == 0
            let at = Self.start + .seconds(secondsOf(sequence))
            let userID = "usr_\(sequence)"
            try transaction.insert(
                SubmittingUser(
                    userID: userID, projectID: project,
                    identity: UserIdentity(email: "u\(sequence)@b.co", phone: nil, externalID: nil)!, name: nil,
                    createdAt: at))
            var attempt = Attempt(
                attemptID: "att_\(sequence)", projectID: project, sequence: sequence, userID: userID,
                source: "web_form", channel: "organic", receivedAt: at, logicalDate: DayCalendar.utc.date(at: at),
                outcome: isSuccess ? .success : .failure, failureCategory: isSuccess ? nil : .validation,
                failureCode: isSuccess ? nil : "email_invalid", failureMessage: isSuccess ? nil : message,
                context: #"{"request":{"endpoint":"json"}}"#, retryAttempt: 1, durationMilliseconds: 1.5,
                idempotencyKey: nil, leadID: isSuccess ? "led_\(sequence)" : nil,
                previousHash: tip?.hash ?? AttemptHash.genesis, hash: [])
            attempt.hash = AttemptHash.hash(of: attempt)
            try transaction.append(attempt)
            guard let leadID = attempt.leadID else { return }
            try transaction.insert(
                Lead(
                    leadID: leadID, projectID: project, attemptID: attempt.attemptID, userID: userID,
                    source: "web_form", channel: "organic", createdAt: at, fields: #"{"loan_amount":1000}"#),
                digest: [UInt8](repeating: 1, count: 32))
        }
    }

    func question(
        of subject: ExportSubject = .attempts, _ format: ExportFormat = .csv, through: Int64? = nil,
        _ change: (inout AttemptFilter) -> Void = { _ in }
    ) async throws -> ExportQuestion {
        var filter = AttemptFilter(projectID: project)
        change(&filter)
        let last = try await ledger.lastSequence(project)
        return ExportQuestion(
            of: subject, format: format, filter: filter, firstDate: LogicalDate("2026-03-01"),
            lastDate: LogicalDate("2026-03-31"), throughSequence: through ?? last, askedAt: Self.start)
    }

    /// A workspace as Jobs gives one.
    func workspace(_ name: String = "w") throws -> String {
        let path = folder + "/jobs/" + name
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    func write(
        _ question: ExportQuestion, as id: String, limits: ExportLimits = ExportLimits(),
        tables: (any TableFiles)? = nil
    ) async throws -> ExportResult {
        try await writer(limits, tables: tables).write(question, as: id, in: try workspace(id), report: { _ in })
    }

    func text(_ id: String, _ name: String) throws -> String {
        try String(contentsOfFile: folder + "/exports/\(id)/\(name)", encoding: .utf8)
    }
    func data(_ id: String, _ name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: folder + "/exports/\(id)/\(name)"))
    }
}

/// Fails at the given append, as a crash would: what was written before stays where it is.
final class FailingTables: TableFiles {
    private let inner = DuckDBTableFiles()
    func create(
        _ path: String, columns: [TableColumn], scratch: String
    ) async throws(FileStoreError) -> any TableFileWriter {
        Writer(inner: try await inner.create(path, columns: columns, scratch: scratch))
    }
    private final class Writer: TableFileWriter {
        let inner: any TableFileWriter
        private let calls = Mutex(0)
        init(inner: any TableFileWriter) { self.inner = inner }
        func append(_ rows: [[TableValue]]) async throws(FileStoreError) {
            let call = calls.withLock { count in
                count += 1
                return count
            }
            if call == 3 { throw .full(path: "disk", detail: "no space") }
            try await inner.append(rows)
        }
        func finish() async throws(FileStoreError) { try await inner.finish() }
        func abandon() async { await inner.abandon() }
    }
}
