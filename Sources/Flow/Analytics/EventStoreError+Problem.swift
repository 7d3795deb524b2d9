internal import Events
internal import Logging
internal import Ports
internal import Telemetry

extension EventStoreError {
    /// What a client learns: whether a retry can help, never a path or a statement.
    var problem: Problem {
        switch self {
        case .timeout(_, seconds: 0):
            Problem(
                .overloaded,
                "Too many questions are waiting for the event store. Nothing is lost; ask again in a moment.",
                retryAfterSeconds: AnalyticsLimits.retryAfterSeconds)
        case .timeout(_, let seconds):
            Problem(
                .dependencyTimeout,
                "The event store did not answer within \(seconds) s. Ask for a shorter range or fewer filters, or try again.",
                retryAfterSeconds: AnalyticsLimits.retryAfterSeconds)
        case .cancelled:
            Problem(.shuttingDown, "The question was given up before its answer. Ask again.", retryAfterSeconds: 5)
        case .closed:
            Problem(.shuttingDown, "The event store is closing. Ask again.", retryAfterSeconds: 5)
        case .full:
            Problem(.storageFull, "The event store's disk is full. The operator must make room.", retryAfterSeconds: 60)
        case .locked, .unreadable, .schemaNewer, .failed:
            Problem(
                .dependencyUnavailable,
                "The event store could not answer. Events are still accepted; the operator finds the reason in the log.",
                retryAfterSeconds: 5)
        }
    }
}

struct QuestionFailed: TelemetryEvent {
    static let name = "question_failed"
    static let failures = MetricName(
        "daybook_analytics_question_failures_total", help: "Questions that the event store did not answer.",
        labels: ["contract"])
    var contract: String
    var error: EventStoreError
    var level: Logger.Level { .warning }
    var message: String { "The event store did not answer a question: \(error)" }
    var metadata: Logger.Metadata { ["contract": .string(contract)] }
    func record(in metrics: MetricRegistry) { metrics.add(Self.failures, [contract]) }
}
