internal import Events
internal import Ports

/// The event store's side of the days that a verification of everything looks at: a month of a project is asked for at once,
/// when its first date is.
actor VerifiedFacts: DayEventFacts {
    private let facts: DayFacts
    private let calendars: [ProjectID: DayCalendar]
    private typealias Both = (totals: DayEventTotals, recount: DayEventTotals)
    private typealias Answer = Result<[LogicalDate: Both], EventStoreError>
    private struct Batch: Hashable {
        var project: ProjectID
        var number: Int32
    }
    private var answers: [Batch: Task<Answer, Never>] = [:]
    private var asked: [Batch] = []

    /// Dates asked for at once, a power of two; batches kept.
    private static let datesAtOnce: Int32 = 32
    private static let batchesKept = 256

    init(_ facts: DayFacts, of projects: [Project]) {
        self.facts = facts
        calendars = Dictionary(projects.map { ($0.id, $0.calendar) }) { first, _ in first }
    }

    func totals(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals {
        if let both = try await both(project, date) { return both.totals }
        return try await facts.totals(project, date, range: range)
    }

    func recount(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals {
        if let both = try await both(project, date) { return both.recount }
        return try await facts.recount(project, date, range: range)
    }

    func dates(of project: ProjectID) async throws(EventStoreError) -> Set<LogicalDate> {
        try await facts.dates(of: project)
    }

    private func both(_ project: ProjectID, _ date: LogicalDate) async throws(EventStoreError) -> Both? {
        guard let calendar = calendars[project] else { return nil }
        let first = date.dayNumber & -Self.datesAtOnce
        let batch = Batch(project: project, number: first)
        return try await answer(batch, calendar).get()[date]
    }

    private func answer(_ batch: Batch, _ calendar: DayCalendar) async -> Answer {
        if let task = answers[batch] { return await task.value }
        let task = Task { [facts] () -> Answer in
            let days = (batch.number..<batch.number + Self.datesAtOnce).map { number in
                let date = LogicalDate(dayNumber: number)
                return (date: date, range: calendar.bounds(of: date))
            }
            do throws(EventStoreError) {
                let found = try await facts.totalsAndRecounts(batch.project, days)
                return .success(Dictionary(uniqueKeysWithValues: zip(days.map(\.date), found)))
            } catch { return .failure(error) }
        }
        answers[batch] = task
        asked.append(batch)
        if asked.count > Self.batchesKept { answers[asked.removeFirst()] = nil }
        return await task.value
    }
}
