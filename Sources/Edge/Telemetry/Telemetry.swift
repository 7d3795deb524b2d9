package import Events
package import Logging

/// Something worth knowing that happened: it knows its log line and its metrics.
package protocol TelemetryEvent: Sendable {
    /// A stable name in snake_case: the `event` of the log line.
    static var name: String { get }
    var level: Logger.Level { get }
    /// What happened, in a sentence for the person who reads the log.
    var message: String { get }
    var metadata: Logger.Metadata { get }
    func record(in metrics: MetricRegistry)
}

extension TelemetryEvent {
    package var level: Logger.Level { .info }
    package var metadata: Logger.Metadata { [:] }
    package func record(in metrics: MetricRegistry) {}
}

/// Where modules send their telemetry. Passed down from Assembly; a value, cheap to copy.
package struct Telemetry: Sendable {
    package let logger: Logger
    package let metrics: MetricRegistry

    package init(logger: Logger, metrics: MetricRegistry) {
        self.logger = logger
        self.metrics = metrics
    }

    /// Writes the event's log line and metrics. `correlationID` ties it to a request, `trace` to the trace that
    /// the request belongs to.
    package func emit<Event: TelemetryEvent>(
        _ event: Event, correlationID: String? = nil, trace: TraceContext? = nil
    ) {
        event.record(in: metrics)
        guard event.level >= logger.logLevel else { return }
        var metadata = event.metadata
        metadata["event"] = .string(Event.name)
        if let correlationID { metadata["correlation_id"] = .string(correlationID) }
        if let trace { metadata["trace_id"] = .string(trace.traceID) }
        logger.log(level: event.level, "\(event.message)", metadata: metadata)
    }

    /// Silent, for tests that do not look at telemetry.
    package static func none() -> Telemetry {
        Telemetry(logger: Logger(label: "none") { _ in SwiftLogNoOpLogHandler() }, metrics: MetricRegistry())
    }
}
