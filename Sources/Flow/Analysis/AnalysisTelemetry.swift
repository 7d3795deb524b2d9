internal import Events
internal import Logging
internal import Ports
internal import Telemetry

private let written = MetricName(
    "daybook_reports_written_total", help: "Day reports written, by status and reason of a fallback.",
    labels: ["status", "reason"])
private let seconds = MetricName("daybook_report_seconds", help: "Time to write a day report.")

struct ReportWritten: TelemetryEvent {
    static let name = "report_written"
    var project: ProjectID
    var date: LogicalDate
    var version: Int
    var status: StoredReport.Status
    var reason: String?
    var took: Duration
    var level: Logger.Level { status == .succeeded ? .info : .notice }
    var message: String {
        "report \(version) of \(date) written" + (reason.map { " without the model: \($0)" } ?? "")
    }
    var metadata: Logger.Metadata {
        ["project_id": "\(project)", "date": "\(date)", "status": "\(status.rawValue)", "ms": "\(took.milliseconds)"]
    }
    func record(in metrics: MetricRegistry) {
        metrics.add(written, [status.rawValue, reason ?? "none"])
        metrics.observe(seconds, seconds: took.milliseconds / 1000)
    }
}
