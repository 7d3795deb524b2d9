package import Ports
package import Telemetry
internal import Events
internal import Logging

/// Removes the files of exports whose time is over, whose job did not succeed, or that nobody knows.
package struct ExportSweeper: Sendable {
    private let ledger: any JobLedger
    private let files: any ExportFiles
    private let clock: any Clock
    private let telemetry: Telemetry
    private let limits: ExportLimits

    package init(
        ledger: any JobLedger, files: any ExportFiles, clock: any Clock, telemetry: Telemetry,
        limits: ExportLimits = ExportLimits()
    ) {
        self.ledger = ledger
        self.files = files
        self.clock = clock
        self.telemetry = telemetry
        self.limits = limits
    }

    /// Sweeps now and then until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            await sweep()
            do { try await clock.sleep(for: limits.sweepInterval) } catch { return }
        }
    }

    package func sweep() async {
        do {
            for exportID in try await files.published() {
                let job = try await ledger.jobToSweep(exportID)
                // A running job's files are there for the moment between the rename and the job's end.
                let isOver: Bool
                switch job?.status {
                case nil, .failed, .cancelled: isOver = true
                case .queued, .running: isOver = false
                case .succeeded: isOver = job?.expiresAt.map { $0 <= clock.now } ?? true
                }
                guard isOver else { continue }
                try await files.remove(exportID)
                telemetry.emit(ExportRemoved(exportID: exportID))
            }
        } catch {
            guard !Task.isCancelled else { return }
            telemetry.emit(ExportSweepFailed(detail: String(describing: error)))
        }
    }
}

private let removed = MetricName("daybook_exports_removed_total", help: "Exports whose files were removed.")
private let failures = MetricName(
    "daybook_export_sweep_failures_total", help: "Times that files of exports could not be removed.")

struct ExportRemoved: TelemetryEvent {
    static let name = "export_removed"
    var exportID: String
    var message: String { "the files of an export were removed: their time is over" }
    var metadata: Logger.Metadata { ["job_id": "\(exportID)"] }
    func record(in metrics: MetricRegistry) { metrics.add(removed) }
}

struct ExportSweepFailed: TelemetryEvent {
    static let name = "export_sweep_failed"
    var detail: String
    var level: Logger.Level { .warning }
    var message: String { "files of exports cannot be removed: \(detail)" }
    func record(in metrics: MetricRegistry) { metrics.add(failures) }
}
