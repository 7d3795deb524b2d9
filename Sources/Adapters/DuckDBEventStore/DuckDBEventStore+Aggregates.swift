internal import Events
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
