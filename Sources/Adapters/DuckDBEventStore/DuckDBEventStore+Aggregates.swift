package import Events
package import Ports

/// Counts, sums and funnels.
extension DuckDBEventStore {
    package func aggregate(_ question: AggregateQuestion) async throws(EventStoreError) -> [AggregateRow] {
        try await ask("aggregate", question.filter.projectID, none: []) {
            connection, projectNo throws(EventStoreError) in
            let aggregate = QuerySQL.Aggregate(question, projectNo: projectNo)
            return aggregate.isEmpty ? [] : try Self.rows(of: aggregate, connection)
        }
    }

    private static func rows(
        of aggregate: QuerySQL.Aggregate, _ connection: Connection
    ) throws(EventStoreError) -> [AggregateRow] {
        let question = aggregate.question
        let keys = question.dimensions.count
        var rows: [AggregateRow] = []
        try connection.query("aggregate", aggregate.rows) { row in
            rows.append(AggregateRow(row, keys: keys, withSamples: question.withSamples))
        }
        guard question.withLatency, !rows.isEmpty else { return rows }
        struct Group: Hashable {
            var bucket: Int64
            var keys: [String]
        }
        var places: [Group: Int] = [:]
        for (at, row) in rows.enumerated() { places[Group(bucket: row.bucket.microseconds, keys: row.keys)] = at }
        try connection.query("latency", aggregate.sketches) { row in
            let group = Group(bucket: row.int64(0), keys: (0..<keys).map { row.text($0 + 1) })
            guard let at = places[group] else { return }
            rows[at].sketch.append(SketchBucket(bucket: row.int16(keys + 1), count: row.int64(keys + 2)))
        }
        return rows
    }

    package func counts(
        _ filter: EventFilter, by dimensions: [EventDimension], valuesMax: Int
    ) async throws(EventStoreError) -> [[ValueCount]] {
        let none = dimensions.map { _ in [ValueCount]() }
        return try await ask("counts by value", filter.projectID, none: none) {
            connection, projectNo throws(EventStoreError) in
            guard let statement = QuerySQL.counts(filter, by: dimensions, valuesMax: valuesMax, projectNo: projectNo)
            else { return none }
            var counts = none
            try connection.query("counts by value", statement) { row in
                counts[Int(row.int32(0))].append(ValueCount(value: row.text(1), events: row.int64(2)))
            }
            return counts
        }
    }

    package func funnel(_ question: FunnelQuestion) async throws(EventStoreError) -> [FunnelStepRow] {
        try await ask("funnel", question.filter.projectID, none: []) { connection, projectNo throws(EventStoreError) in
            var steps: [FunnelStepRow] = []
            var places: [String: Int] = [:]
            try connection.query("funnel", QuerySQL.funnelSteps(question, projectNo: projectNo)) { row in
                places[row.text(0)] = steps.count
                steps.append(
                    FunnelStepRow(
                        step: row.text(0), position: Int(row.int32(1)), furthestSessions: row.int64(3),
                        events: row.int64(2), sketch: []))
            }
            guard !steps.isEmpty else { return [] }
            try connection.query("funnel", QuerySQL.funnelLatency(question, projectNo: projectNo)) { row in
                guard let at = places[row.text(0)] else { return }
                steps[at].sketch.append(SketchBucket(bucket: row.int16(1), count: row.int64(2)))
            }
            return steps
        }
    }

    package func dayTotals(
        _ project: ProjectID, days: [Range<Timestamp>]
    ) async throws(EventStoreError) -> [DayStoreTotals] {
        try await totals(project, days, rowsAlone: false)
    }

    package func dayRecount(
        _ project: ProjectID, days: [Range<Timestamp>]
    ) async throws(EventStoreError) -> [DayStoreTotals] {
        try await totals(project, days, rowsAlone: true)
    }

    private func totals(
        _ project: ProjectID, _ days: [Range<Timestamp>], rowsAlone: Bool
    ) async throws(EventStoreError) -> [DayStoreTotals] {
        let none = days.map { _ in DayStoreTotals(byType: [], inputTokens: 0, outputTokens: 0, costMicroUSD: 0) }
        guard let first = days.first, let last = days.last else { return none }
        let question = AggregateQuestion(
            filter: EventFilter(projectID: project, range: first.lowerBound..<last.upperBound),
            buckets: .edges(Set(days.flatMap { [$0.lowerBound, $0.upperBound] }).sorted()), dimensions: [.type],
            rowsMax: EventStoreLimits.groupsMax)
        let places = Dictionary(uniqueKeysWithValues: days.enumerated().map { ($1.lowerBound, $0) })
        let totals = try await ask("day totals", project, none: none) {
            connection, projectNo throws(EventStoreError) -> [DayStoreTotals]? in
            let aggregate = QuerySQL.Aggregate(question, projectNo: projectNo, rowsAlone: rowsAlone)
            guard !aggregate.isEmpty else { return none }
            let rows = try Self.rows(of: aggregate, connection)
            guard rows.count < EventStoreLimits.groupsMax || days.count == 1 else { return nil }
            var totals = none
            // A bucket that no day begins with is a gap between days.
            for row in rows {
                guard let place = places[row.bucket] else { continue }
                totals[place].byType.append(
                    DayEventTotals.TypeRow(type: row.keys[0], events: row.events, failures: row.failures))
                totals[place].inputTokens += row.inputTokens
                totals[place].outputTokens += row.outputTokens
                totals[place].costMicroUSD += row.costMicroUSD
            }
            return totals
        }
        if let totals { return totals }
        // More types than one answer holds: each half has fewer.
        let middle = days.count / 2
        let earlier = try await self.totals(project, Array(days[..<middle]), rowsAlone: rowsAlone)
        return earlier + (try await self.totals(project, Array(days[middle...]), rowsAlone: rowsAlone))
    }
}

extension AggregateRow {
    /// The columns of `QuerySQL.Aggregate.rows`.
    init(_ row: Row, keys: Int, withSamples: Bool) {
        let first = keys + 1
        self.init(
            bucket: Timestamp(microseconds: row.int64(0)), keys: (0..<keys).map { row.text($0 + 1) },
            firstTime: Timestamp(microseconds: row.int64(first + 8)),
            lastTime: Timestamp(microseconds: row.int64(first + 9)))
        events = row.int64(first)
        successes = row.int64(first + 1)
        failures = row.int64(first + 2)
        inputTokens = row.int64(first + 3)
        outputTokens = row.int64(first + 4)
        costMicroUSD = row.int64(first + 5)
        durationCount = row.int64(first + 6)
        durationSumMilliseconds = row.double(first + 7) ?? 0
        if withSamples { sampleEventIDs = (0..<3).map { row.text(first + 10 + $0) }.filter { !$0.isEmpty } }
    }
}
