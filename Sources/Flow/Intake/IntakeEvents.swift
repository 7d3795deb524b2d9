internal import Events
internal import Logging
internal import Telemetry

enum IntakeMetrics {
    static let items = MetricName(
        "daybook_intake_items_total", help: "Received items by what intake made of them.", labels: ["verdict"])
    static let rejected = MetricName(
        "daybook_intake_rejected_total", help: "Rejected items by error code.", labels: ["code"])
    static let bytes = MetricName("daybook_intake_bytes_total", help: "Bytes of bodies, decompressed.")
    static let seconds = MetricName(
        "daybook_intake_batch_seconds", help: "Time from a whole body to its durable frame.")
    static let refused = MetricName(
        "daybook_intake_refused_total", help: "Batches refused as a whole, by error code.", labels: ["code"])
    static let inFlight = MetricName("daybook_intake_in_flight_bytes", help: "Bytes that requests hold in memory.")
}

struct BatchAccepted: TelemetryEvent {
    static let name = "intake_batch_accepted"
    var projectID: ProjectID
    var batchID: String
    var bytes: Int
    var accepted: Int
    var counts: BooksDelta
    var seconds: Double
    var level: Logger.Level { .debug }
    var message: String { "\(accepted) of \(counts.received) items are durable." }
    var metadata: Logger.Metadata {
        [
            "project_id": "\(projectID)", "batch_id": "\(batchID)", "accepted": "\(accepted)",
            "duplicate": "\(counts.duplicate)", "rejected": "\(counts.rejected)",
        ]
    }
    func record(in metrics: MetricRegistry) {
        metrics.add(IntakeMetrics.items, ["accepted"], by: Double(accepted))
        if counts.duplicate > 0 { metrics.add(IntakeMetrics.items, ["duplicate"], by: Double(counts.duplicate)) }
        for (code, count) in counts.rejected {
            metrics.add(IntakeMetrics.items, ["rejected"], by: Double(count))
            metrics.add(IntakeMetrics.rejected, [code], by: Double(count))
        }
        metrics.add(IntakeMetrics.bytes, by: Double(bytes))
        metrics.observe(IntakeMetrics.seconds, seconds: seconds)
    }
}

struct BatchRefused: TelemetryEvent {
    static let name = "intake_batch_refused"
    var projectID: ProjectID
    var code: ErrorCode
    var detail: String
    var level: Logger.Level { code.status >= 500 ? .warning : .debug }
    var message: String { "A batch was refused as a whole: \(code.title)." }
    var metadata: Logger.Metadata { ["project_id": "\(projectID)", "code": "\(code.rawValue)", "detail": "\(detail)"] }
    func record(in metrics: MetricRegistry) { metrics.add(IntakeMetrics.refused, [code.rawValue]) }
}

struct RefusalNotRecorded: TelemetryEvent {
    static let name = "intake_refusal_not_recorded"
    var projectID: ProjectID
    var code: ErrorCode
    var error: String
    var level: Logger.Level { .error }
    var message: String {
        "An unreadable body could not be written to the books, because the stream refused: \(error)."
    }
    var metadata: Logger.Metadata { ["project_id": "\(projectID)", "code": "\(code.rawValue)"] }
}
