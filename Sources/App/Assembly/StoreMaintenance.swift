internal import DuckDBEventStore
internal import Events
internal import Logging
internal import Ports
internal import Telemetry

/// Keeps the event store quick to ask while a node runs: hours that are over get their rollup deltas merged, days that are
/// over are sorted by project.
///
/// Each of them is a transaction of its own between the processor's commits. What fails is reported and tried again.
struct StoreMaintenance: Sendable {
    let store: DuckDBEventStore
    let clock: any Clock
    let telemetry: Telemetry

    /// Time between two rounds.
    static let interval = Duration.seconds(120)
    /// How long an hour is over before it is merged: most late rows have come by then.
    static let quiet = Duration.seconds(600)

    /// Until the task is cancelled or the store is closed.
    func run() async throws {
        while true {
            try await clock.sleep(for: Self.interval)
            do throws(EventStoreError) {
                let result = try await store.compactRollups(closedBefore: clock.now - Self.quiet)
                if !result.isNothing { telemetry.emit(RollupsCompacted(result: result)) }
            } catch .closed {
                return
            } catch {
                telemetry.emit(CompactionFailed(error: Stores.sentence(for: error)))
            }
        }
    }
}

struct RollupsCompacted: TelemetryEvent {
    static let name = "rollups_compacted"
    static let rows = MetricName(
        "daybook_store_rollup_rows_merged_total", help: "Rollup delta rows that merging removed.")
    var result: CompactionResult
    var message: String {
        "Rollups of \(result.hours) hours were merged, \(result.days) days sorted by project"
    }
    var metadata: Logger.Metadata {
        [
            "hours": "\(result.hours)", "days": "\(result.days)", "rows_before": "\(result.rowsBefore)",
            "rows_after": "\(result.rowsAfter)",
        ]
    }
    func record(in metrics: MetricRegistry) {
        metrics.add(Self.rows, by: Double(result.rowsBefore - result.rowsAfter))
    }
}

struct CompactionFailed: TelemetryEvent {
    static let name = "compaction_failed"
    static let failures = MetricName("daybook_store_compaction_failures_total", help: "Rounds of merging that failed.")
    var error: String
    var level: Logger.Level { .warning }
    var message: String { "Merging rollups failed and is tried again; answers are right, but slower" }
    var metadata: Logger.Metadata { ["error": .string(error)] }
    func record(in metrics: MetricRegistry) { metrics.add(Self.failures) }
}
