internal import Events
internal import Logging
internal import Ports
internal import Telemetry

private let refreshes = MetricName(
    "daybook_day_snapshot_refresh_seconds", help: "Time to compute and store an open day's snapshot.")
private let closes = MetricName("daybook_days_closed_total", help: "Days closed.")
private let closeFailures = MetricName(
    "daybook_day_close_failures_total", help: "Closes that failed, by reason.", labels: ["reason"])
private let totalsMissing = MetricName(
    "daybook_day_event_totals_missing_total", help: "Snapshots computed without the event store's totals.")

struct SnapshotRefreshed: TelemetryEvent {
    static let name = "day_snapshot_refreshed"
    var project: ProjectID
    var date: LogicalDate
    var attempts: Int64
    var took: Duration
    var level: Logger.Level { .debug }
    var message: String { "snapshot of \(date) computed from \(attempts) attempts" }
    var metadata: Logger.Metadata { ["project_id": "\(project)", "date": "\(date)", "ms": "\(took.milliseconds)"] }
    func record(in metrics: MetricRegistry) { metrics.observe(refreshes, seconds: took.milliseconds / 1000) }
}

struct DayClosed: TelemetryEvent {
    static let name = "day_closed"
    var project: ProjectID
    var date: LogicalDate
    var attempts: Int64
    var merkleRoot: String
    var hasEvents: Bool
    var message: String {
        "\(date) closed with \(attempts) attempts" + (hasEvents ? "" : ", without the event store's totals")
    }
    var metadata: Logger.Metadata {
        ["project_id": "\(project)", "date": "\(date)", "merkle_root": "\(merkleRoot)"]
    }
    func record(in metrics: MetricRegistry) { metrics.add(closes) }
}

struct WeekNotCounted: TelemetryEvent {
    static let name = "week_not_counted"
    var project: ProjectID
    var monday: LogicalDate
    var error: LedgerError
    var level: Logger.Level { .warning }
    var message: String { "the people of the week from \(monday) were not counted: \(error); the trends count them" }
    var metadata: Logger.Metadata { ["project_id": "\(project)", "monday": "\(monday)"] }
}

struct DayCloseFailed: TelemetryEvent {
    static let name = "day_close_failed"
    var project: ProjectID
    var reason: String
    var detail: String
    var level: Logger.Level { .error }
    var message: String { "a day could not be closed: \(detail); it is tried again on the next round" }
    var metadata: Logger.Metadata { ["project_id": "\(project)", "reason": "\(reason)"] }
    func record(in metrics: MetricRegistry) { metrics.add(closeFailures, [reason]) }
}

struct EventTotalsMissing: TelemetryEvent {
    static let name = "day_event_totals_missing"
    var project: ProjectID
    var date: LogicalDate
    var reason: String
    var level: Logger.Level { .warning }
    var message: String { "the event store gave no totals for \(date): \(reason)" }
    var metadata: Logger.Metadata { ["project_id": "\(project)", "date": "\(date)"] }
    func record(in metrics: MetricRegistry) { metrics.add(totalsMissing) }
}

struct OpenDaysMissing: TelemetryEvent {
    static let name = "day_list_without_open_days"
    var project: ProjectID
    var reason: String
    var level: Logger.Level { .warning }
    var message: String { "a list of days lacks open ones: \(reason)" }
    var metadata: Logger.Metadata { ["project_id": "\(project)"] }
}
