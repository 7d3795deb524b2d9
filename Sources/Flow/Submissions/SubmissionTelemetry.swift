internal import Events
internal import Logging
internal import Ports
internal import Telemetry

struct SubmissionAnswered: TelemetryEvent {
    static let name = "submission_answered"
    static let answers = MetricName(
        "daybook_submissions_total", help: "Lead submissions answered, by result.", labels: ["result"])
    static let durations = MetricName(
        "daybook_submission_duration_seconds", help: "Time from a submission's arrival to its durable answer.")

    var answer: SubmissionAnswer
    var duration: Duration

    var level: Logger.Level { .debug }
    var message: String { "A submission was answered" }
    var result: String {
        if answer.isReplayed { return "replayed" }
        switch answer.result {
        case .success: return "accepted"
        case .failure(let problem): return problem.code.rawValue
        }
    }
    var metadata: Logger.Metadata { ["result": .string(result)] }
    func record(in metrics: MetricRegistry) {
        metrics.add(Self.answers, [result])
        metrics.observe(Self.durations, seconds: duration.milliseconds / 1000)
    }
}

struct SubmissionsCommitted: TelemetryEvent {
    static let name = "submissions_committed"
    static let commits = MetricName(
        "daybook_submission_commit_duration_seconds", help: "Time of one commit of submissions.")
    static let items = MetricName(
        "daybook_submission_commit_items_total", help: "Submissions written, over all commits.")

    var count: Int
    var duration: Duration

    var level: Logger.Level { .debug }
    var message: String { "Submissions were committed" }
    var metadata: Logger.Metadata { ["count": .stringConvertible(count)] }
    func record(in metrics: MetricRegistry) {
        metrics.add(Self.items, by: Double(count))
        metrics.observe(Self.commits, seconds: duration.milliseconds / 1000)
    }
}

struct SubmissionCommitFailed: TelemetryEvent {
    static let name = "submission_commit_failed"
    static let failures = MetricName(
        "daybook_submissions_unlogged_total", help: "Submissions that could not be logged because the ledger failed.")

    var count: Int
    var error: LedgerError

    var level: Logger.Level { .error }
    var message: String { "Submissions could not be logged: \(error)" }
    var metadata: Logger.Metadata { ["count": .stringConvertible(count)] }
    func record(in metrics: MetricRegistry) { metrics.add(Self.failures, by: Double(count)) }
}

struct SubmissionQueueFull: TelemetryEvent {
    static let name = "submission_queue_full"
    static let refused = MetricName(
        "daybook_submissions_refused_total", help: "Submissions turned away because the queue was full.")

    var queued: Int

    var level: Logger.Level { .warning }
    var message: String { "A submission was turned away: \(queued) wait for the ledger" }
    func record(in metrics: MetricRegistry) { metrics.add(Self.refused) }
}

struct OutboxRelayed: TelemetryEvent {
    static let name = "outbox_relayed"
    static let events = MetricName("daybook_outbox_relayed_total", help: "Events moved from the outbox to the stream.")

    var count: Int
    var frames: Int

    var level: Logger.Level { .debug }
    var message: String { "The outbox moved \(count) events to the stream" }
    var metadata: Logger.Metadata { ["frames": .stringConvertible(frames)] }
    func record(in metrics: MetricRegistry) { metrics.add(Self.events, by: Double(count)) }
}

struct OutboxRelayFailed: TelemetryEvent {
    static let name = "outbox_relay_failed"
    static let failures = MetricName("daybook_outbox_failures_total", help: "Passes of the outbox that failed.")

    var error: String
    var retryIn: Duration

    var level: Logger.Level { .error }
    var message: String { "The outbox could not be moved to the stream; its events stay in the ledger" }
    var metadata: Logger.Metadata {
        ["error": .string(error), "retry_in_ms": .stringConvertible(Int(retryIn.milliseconds))]
    }
    func record(in metrics: MetricRegistry) { metrics.add(Self.failures) }
}
