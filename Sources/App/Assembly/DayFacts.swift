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
        try await complete(try await reader.dayTotals(project, range: range), project, date)
    }

    func recount(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals {
        try await complete(try await reader.dayRecount(project, range: range), project, date)
    }

    private func complete(
        _ totals: DayStoreTotals, _ project: ProjectID, _ date: LogicalDate
    ) async throws(EventStoreError) -> DayEventTotals {
        let status = stream?.status
        return DayEventTotals(
            byType: totals.byType, inputTokens: totals.inputTokens, outputTokens: totals.outputTokens,
            costMicroUSD: totals.costMicroUSD, books: try await reader.books(project, date),
            pending: (status?.head.value ?? 0) - (status?.committed.value ?? 0))
    }
}
