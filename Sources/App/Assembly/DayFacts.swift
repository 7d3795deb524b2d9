internal import Events
internal import Ports

/// The event store's side of a day, for snapshots and verification: totals and books by the date of receipt.
struct DayFacts: DayEventFacts {
    let reader: any EventStoreReader
    /// What attempts left and has not reached the stream.
    let outbox: any Outbox
    /// The stream's status, for what is not processed yet; nil when only stores are open.
    let stream: (any EventStream)?

    /// A date and its instants.
    typealias Day = (date: LogicalDate, range: Range<Timestamp>)

    func totals(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals {
        try await totals(project, [(date, range)], reader.dayTotals)[0]
    }

    func recount(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals {
        try await totals(project, [(date, range)], reader.dayRecount)[0]
    }

    func dates(of project: ProjectID) async throws(EventStoreError) -> Set<LogicalDate> {
        try await reader.recordedDates(project)
    }

    /// Both for several dates, ascending: a question each for all of them, not for each of them.
    func totalsAndRecounts(
        _ project: ProjectID, _ days: [Day]
    ) async throws(EventStoreError) -> [(totals: DayEventTotals, recount: DayEventTotals)] {
        let counted = try await totals(project, days, reader.dayTotals)
        let recounted = try await totals(project, days, reader.dayRecount)
        return zip(counted, recounted).map { ($0, $1) }
    }

    private func totals(
        _ project: ProjectID, _ days: [Day],
        _ count: (ProjectID, [StoreDay]) async throws(EventStoreError) -> [DayStoreTotals]
    ) async throws(EventStoreError) -> [DayEventTotals] {
        guard let first = days.first, let last = days.last else { return [] }
        // First what is on its way: what is counted afterwards then holds everything that was not.
        var pending: [Int64] = []
        let anyPending = try await self.pending(project, before: last.range.upperBound)
        for day in days {
            pending.append(anyPending == 0 ? 0 : try await self.pending(project, before: day.range.upperBound))
        }
        let totals = try await count(project, days.map { StoreDay(date: $0.date, start: $0.range.lowerBound) })
        let books = try await reader.books(project, in: first.date...last.date)
        return days.indices.map { at in
            DayEventTotals(
                byType: totals[at].byType, late: totals[at].late, inputTokens: totals[at].inputTokens,
                outputTokens: totals[at].outputTokens, costMicroUSD: totals[at].costMicroUSD,
                books: books[days[at].date] ?? BooksDelta(), pending: pending[at])
        }
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
}
