internal import Events
internal import Logging
internal import Ports
internal import Telemetry

enum ProcessingMetrics {
    static let events = MetricName(
        "daybook_processed_events_total", help: "Events that the processor has finished, by verdict.",
        labels: ["verdict"])
    static let step = MetricName(
        "daybook_processing_step_seconds", help: "Time that one step takes for one batch.", labels: ["step"])
    static let commit = MetricName(
        "daybook_store_commit_seconds", help: "Time that one commit to the event store takes.")
    static let failures = MetricName(
        "daybook_store_commit_failures_total", help: "Commits that the event store refused.", labels: ["reason"])
    static let unpriced = MetricName(
        "daybook_unpriced_model_calls_total", help: "Model calls without a price, which cost 0.")
    static let offset = MetricName(
        "daybook_processor_committed_offset", help: "The first stream offset not yet committed.")
}

struct BatchCommitted: TelemetryEvent {
    static let name = "batch_committed"
    var receipt: EventStoreReceipt
    var quarantined: Int
    var nextOffset: StreamOffset
    var seconds: Double
    var level: Logger.Level { .debug }
    var message: String { "Committed \(receipt.stored) events" }
    var metadata: Logger.Metadata {
        [
            "stored": .stringConvertible(receipt.stored), "duplicates": .stringConvertible(receipt.duplicates),
            "quarantined": .stringConvertible(quarantined), "next_offset": .stringConvertible(nextOffset.value),
            "seconds": .stringConvertible(seconds),
        ]
    }
    func record(in metrics: MetricRegistry) {
        metrics.add(ProcessingMetrics.events, [Verdict.stored.rawValue], by: Double(receipt.stored))
        metrics.add(ProcessingMetrics.events, [Verdict.duplicate.rawValue], by: Double(receipt.duplicates))
        if quarantined > 0 {
            metrics.add(ProcessingMetrics.events, [Verdict.quarantined.rawValue], by: Double(quarantined))
        }
        metrics.observe(ProcessingMetrics.commit, seconds: seconds)
        metrics.set(ProcessingMetrics.offset, to: Double(nextOffset.value))
    }
}

struct CommitRefused: TelemetryEvent {
    static let name = "commit_refused"
    var error: String
    var reason: String
    var failures: Int
    var pause: Duration
    var level: Logger.Level { failures > 2 ? .error : .warning }
    var message: String { "The event store refused a commit; nothing is lost, it is tried again" }
    var metadata: Logger.Metadata {
        [
            "error": .string(error), "failures": .stringConvertible(failures),
            "retry_in_ms": .stringConvertible(pause.milliseconds),
        ]
    }
    func record(in metrics: MetricRegistry) { metrics.add(ProcessingMetrics.failures, [reason]) }
}

struct FrameQuarantined: TelemetryEvent {
    static let name = "frame_quarantined"
    var offset: StreamOffset
    var items: Int
    var error: String
    var level: Logger.Level { .error }
    var message: String { "The event store refuses a frame for good; its items are quarantined and can be replayed" }
    var metadata: Logger.Metadata {
        ["offset": .stringConvertible(offset.value), "items": .stringConvertible(items), "error": .string(error)]
    }
}

struct FrameUnbalanced: TelemetryEvent {
    static let name = "frame_unbalanced"
    var offset: StreamOffset
    var level: Logger.Level { .critical }
    var message: String { "A frame does not account for every item it received; its day's books show it" }
    var metadata: Logger.Metadata { ["offset": .stringConvertible(offset.value)] }
}

struct StreamUnreadable: TelemetryEvent {
    static let name = "stream_unreadable"
    var error: String
    var level: Logger.Level { .error }
    var message: String { "The stream cannot be read; processing waits" }
    var metadata: Logger.Metadata { ["error": .string(error)] }
}

struct CatchingUp: TelemetryEvent {
    static let name = "catching_up"
    var frames: Int64
    var eventsPerSecond: Int
    var message: String { "Catching up: \(frames) frames behind, \(eventsPerSecond) events/s" }
    var metadata: Logger.Metadata {
        ["frames_behind": .stringConvertible(frames), "events_per_second": .stringConvertible(eventsPerSecond)]
    }
}

struct CaughtUp: TelemetryEvent {
    static let name = "caught_up"
    var message: String { "Caught up with the stream" }
}
