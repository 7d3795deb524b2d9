internal import Events
internal import Ports

/// The event store's side of a day, for snapshots and verification: totals by the date's instants, books by the date.
struct DayFacts: DayEventFacts {
    let reader: any EventStoreReader
    /// What attempts left and has not reached the stream.
    let outbox: any Outbox
    /// The stream's status, for what is not processed yet; nil when only stores are open.
    let stream: (any EventStream)?

    func totals(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals {
        // First what is on its way: what is counted afterwards then holds everything that was not.
        let pending = try await pending(project, before: range.upperBound)
        return try await complete(try await reader.dayTotals(project, range: range), project, date, pending)
    }

    func recount(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals {
        let pending = try await pending(project, before: range.upperBound)
        return try await complete(try await reader.dayRecount(project, range: range), project, date, pending)
    }

    private func pending(_ project: ProjectID, before end: Timestamp) async throws(EventStoreError) -> Int64 {
        var pending: Int64
        do { pending = try await outbox.waiting(of: project, receivedBefore: end) } catch {
            throw .failed(operation: "counting the outbox", detail: String(describing: error))
        }
        // Frames of the whole stream, unless even the earliest of them came after the date: a busy stream is never empty.
        if let status = stream?.status, let earliest = status.earliestUncommitted, earliest < end {
            pending += status.head.value - status.committed.value
        }
        return pending
    }

    private func complete(
        _ totals: DayStoreTotals, _ project: ProjectID, _ date: LogicalDate, _ pending: Int64
    ) async throws(EventStoreError) -> DayEventTotals {
        DayEventTotals(
            byType: totals.byType, inputTokens: totals.inputTokens, outputTokens: totals.outputTokens,
            costMicroUSD: totals.costMicroUSD, books: try await reader.books(project, date), pending: pending)
    }
}
