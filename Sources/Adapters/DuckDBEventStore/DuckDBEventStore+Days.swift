package import Events
package import Ports

/// What was received on each date.
extension DuckDBEventStore {
    package func dayTotals(
        _ project: ProjectID, days: [StoreDay]
    ) async throws(EventStoreError) -> [DayStoreTotals] {
        try await totals(project, days, from: .deltas)
    }

    package func dayRecount(
        _ project: ProjectID, days: [StoreDay]
    ) async throws(EventStoreError) -> [DayStoreTotals] {
        try await totals(project, days, from: .rows)
    }

    package func recordedDates(_ project: ProjectID) async throws(EventStoreError) -> Set<LogicalDate> {
        try await ask("recorded dates", project, none: []) { connection, projectNo throws(EventStoreError) in
            var dates: Set<LogicalDate> = []
            try connection.query("recorded dates", QuerySQL.recordedDates(projectNo: projectNo)) { row in
                dates.insert(LogicalDate(dayNumber: row.int32(0)))
            }
            return dates
        }
    }

    private func totals(
        _ project: ProjectID, _ days: [StoreDay], from source: QuerySQL.DaySource
    ) async throws(EventStoreError) -> [DayStoreTotals] {
        let none = days.map { _ in DayStoreTotals() }
        guard days.count > 0 else { return none }
        let totals = try await ask("day totals", project, none: none) {
            connection, projectNo throws(EventStoreError) in
            try Self.totals(days, from: source, connection, projectNo)
        }
        if let totals { return totals }
        // More types than one answer holds: each half has fewer.
        let middle = days.count / 2
        let earlier = try await self.totals(project, Array(days[..<middle]), from: source)
        return earlier + (try await self.totals(project, Array(days[middle...]), from: source))
    }

    /// Nil when several dates have more types than one answer holds.
    private static func totals(
        _ days: [StoreDay], from source: QuerySQL.DaySource, _ connection: Connection, _ projectNo: Int32
    ) throws(EventStoreError) -> [DayStoreTotals]? {
        let dates = days[0].date...days[days.count - 1].date
        let places = Dictionary(uniqueKeysWithValues: days.enumerated().map { ($1.date, $0) })
        let rowsMax = days.count > 1 ? EventStoreLimits.groupsMax : nil
        var totals = days.map { _ in DayStoreTotals() }
        var rows = 0
        // Dates whose first event by its own time came before they began.
        var withLate: Set<Int> = []
        let statement = QuerySQL.dayTotals(dates, from: source, rowsMax: rowsMax, projectNo: projectNo)
        try connection.query("day totals", statement) { row in
            rows += 1
            guard let place = places[LogicalDate(dayNumber: row.int32(0))] else { return }
            totals[place].byType.append(
                DayEventTotals.TypeRow(type: row.text(1), events: row.int64(2), failures: row.int64(3)))
            totals[place].inputTokens += row.int64(4)
            totals[place].outputTokens += row.int64(5)
            totals[place].costMicroUSD += row.int64(6)
            if row.int64(7) < days[place].start.microseconds { withLate.insert(place) }
        }
        if let rowsMax, rows >= rowsMax { return nil }
        guard !withLate.isEmpty else { return totals }
        let late = QuerySQL.lateEvents(withLate.sorted().map { days[$0] }, projectNo: projectNo)
        try connection.query("late events", late) { row in
            guard let place = places[LogicalDate(dayNumber: row.int32(0))] else { return }
            totals[place].late = row.int64(1)
        }
        return totals
    }
}
