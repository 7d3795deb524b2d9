internal import Events
internal import Ports

/// The event store's side of a day, for snapshots and verification: totals by the date's instants, books by the date.
struct DayFacts: DayEventFacts {
    let reader: any EventStoreReader
    /// The stream's status, for what is not processed yet; nil when only stores are open.
    let stream: (any EventStream)?

    func totals(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals {
        try await complete(try await reader.dayTotals(project, range: range), project, date, range)
    }

    func recount(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals {
        try await complete(try await reader.dayRecount(project, range: range), project, date, range)
    }

    private func complete(
        _ totals: DayStoreTotals, _ project: ProjectID, _ date: LogicalDate, _ range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals {
        // Frames of the whole stream, unless even the oldest of them came after the date: a busy stream is never empty.
        var pending: Int64 = 0
        if let status = stream?.status, let oldest = status.oldestUncommitted, oldest < range.upperBound {
            pending = status.head.value - status.committed.value
        }
        return DayEventTotals(
            byType: totals.byType, inputTokens: totals.inputTokens, outputTokens: totals.outputTokens,
            costMicroUSD: totals.costMicroUSD, books: try await reader.books(project, date),
            pending: pending)
    }
}
