package import Events
package import Ports
internal import Telemetry
internal import Logging

/// The event store's side of a day, for snapshots and their verification.
///
/// Events belong to the day in whose bounds their `time` lies; books to the day on which items were received.
package struct DayFacts: DayEventFacts {
    private let reader: any EventStoreReader
    private let stream: any EventStream

    package init(reader: any EventStoreReader, stream: any EventStream) {
        self.reader = reader
        self.stream = stream
    }

    package func totals(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals {
        try await whole(try await reader.dayTotals(project, range: range), project, date, range)
    }

    package func recount(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals {
        try await whole(try await reader.dayRecount(project, range: range), project, date, range)
    }

    private func whole(
        _ counts: DayStoreTotals, _ project: ProjectID, _ date: LogicalDate, _ range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals {
        let books = try await reader.books(project, date)
        let pending: PendingItems
        do throws(StreamError) {
            pending = try await stream.pendingItems(project, in: range)
        } catch {
            throw EventStoreError.failed(operation: "count pending items", detail: String(describing: error))
        }
        return DayEventTotals(
            byType: counts.byType, inputTokens: counts.inputTokens, outputTokens: counts.outputTokens,
            costMicroUSD: counts.costMicroUSD, books: books, pending: pending.count)
    }
}

struct PendingUnknown: TelemetryEvent {
    static let name = "pending_unknown"
    static let failures = MetricName(
        "daybook_analytics_pending_unknown_total", help: "Times that waiting items could not be counted.")
    var error: StreamError
    var level: Logger.Level { .warning }
    var message: String { "Items that wait in the stream could not be counted: \(error)" }
    func record(in metrics: MetricRegistry) { metrics.add(Self.failures) }
}
