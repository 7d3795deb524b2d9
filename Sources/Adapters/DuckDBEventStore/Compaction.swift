package import Events
package import Ports

/// What one maintenance call did.
package struct CompactionResult: Hashable, Sendable {
    /// Hours of days that go on, and days that are over.
    package var hours = 0
    package var days = 0
    /// Dates of receipt whose totals were merged.
    package var dates = 0
    package var rowsBefore: Int64 = 0
    package var rowsAfter: Int64 = 0

    /// Nothing was left to do.
    package var isNothing: Bool { hours == 0 && days == 0 && dates == 0 }
}

extension DuckDBEventStore {
    /// Merges the deltas of hours that ended before `closedBefore` into one row a group, those of dates with many of them
    /// into one row a project and type, and drops all but the last stream offset. A UTC day that is over is written anew as
    /// a whole, rollups and funnel steps sorted by project: a question about one project then reads a few row groups of
    /// each day instead of all of them. Late rows stay beside it as deltas, which readers add up, until they are so many
    /// that the day is worth writing once more.
    ///
    /// Each hour and each day is one transaction on the writer thread (tens of milliseconds for an hour, some seconds for a
    /// day of millions of events), so that commits go on in between. Does a bounded part; call again until it did nothing.
    package func compactRollups(closedBefore: Timestamp) async throws(EventStoreError) -> CompactionResult {
        let end = closedBefore.hourStart.microseconds
        let today = end - end % CompactionSQL.day
        var result = CompactionResult()
        let days = try await numbers(CompactionSQL.days, [today])
        for day in days {
            try await mergeHours(from: day, to: day + CompactionSQL.day, &result)
            try await onWriter { core throws(EventStoreError) in try core.sort(day: day) }
            result.days += 1
        }
        try await mergeHours(from: today, to: end, &result)
        for date in try await numbers(CompactionSQL.dates, []) {
            try await onWriter { core throws(EventStoreError) in try core.merge(date: date) }
            result.dates += 1
        }
        try await onWriter { core throws(EventStoreError) in try core.dropOldOffsets() }
        return result
    }

    private func mergeHours(from: Int64, to: Int64, _ result: inout CompactionResult) async throws(EventStoreError) {
        for hour in try await numbers(CompactionSQL.hours, [from, to]) {
            let counts = try await onWriter { core throws(EventStoreError) in try core.merge(hour: hour) }
            result.hours += 1
            result.rowsBefore += counts.before
            result.rowsAfter += counts.after
        }
    }

    private func numbers(_ sql: String, _ values: [Int64]) async throws(EventStoreError) -> [Int64] {
        try await onWriter { core throws(EventStoreError) in
            var found: [Int64] = []
            try core.connection.query("find what to merge", Statement(sql, values.map { .int($0) })) {
                found.append($0.int64(0))
            }
            return found
        }
    }
}

extension WriterCore {
    fileprivate func merge(hour: Int64) throws(EventStoreError) -> (before: Int64, after: Int64) {
        try transaction("merge") { () throws(EventStoreError) in
            let before = try connection.number("merge", Statement(CompactionSQL.count, [.int(hour)])) ?? 0
            try connection.run("merge", Statement(CompactionSQL.merge, [.int(hour)]))
            try connection.run("merge", Statement("DELETE FROM rollup_hourly WHERE hour = $1", [.int(hour)]))
            try connection.run("merge", CompactionSQL.insert)
            try connection.run("merge", "DROP TABLE merged_rollups")
            let after = try connection.number("merge", Statement(CompactionSQL.count, [.int(hour)])) ?? 0
            return (before, after)
        }
    }

    fileprivate func merge(date: Int64) throws(EventStoreError) {
        try transaction("merge totals") { () throws(EventStoreError) in
            try connection.run("merge totals", Statement(CompactionSQL.mergeDate, [.int(date)]))
            try connection.run(
                "merge totals", Statement("DELETE FROM day_totals WHERE logical_date = $1", [.int(date)]))
            try connection.run(
                "merge totals", "INSERT INTO day_totals SELECT * FROM merged_totals ORDER BY project_no, type")
            try connection.run("merge totals", "DROP TABLE merged_totals")
        }
    }

    fileprivate func sort(day: Int64) throws(EventStoreError) {
        try transaction("sort") { () throws(EventStoreError) in
            for (table, time, order) in CompactionSQL.sorted {
                let rows = "FROM \(table) WHERE \(time) >= $1 AND \(time) < $2"
                let span = [BoundValue.int(day), .int(day + CompactionSQL.day)]
                try connection.run("sort", Statement("CREATE TEMP TABLE taken AS SELECT * \(rows)", span))
                try connection.run("sort", Statement("DELETE \(rows)", span))
                try connection.run("sort", "INSERT INTO \(table) SELECT * FROM taken ORDER BY \(order)")
                try connection.run("sort", "DROP TABLE taken")
            }
            try connection.run("sort", Statement("DELETE FROM sorted_days WHERE day = $1", [.int(day)]))
            try connection.run("sort", Statement("INSERT INTO sorted_days VALUES ($1)", [.int(day)]))
        }
    }

    fileprivate func dropOldOffsets() throws(EventStoreError) {
        let rows = try connection.number("count offsets", Statement("SELECT count(*)::BIGINT FROM stream_offsets")) ?? 0
        guard rows > Int64(EventStoreLimits.offsetRowsMax) else { return }
        try connection.run(
            "drop offsets", Statement("DELETE FROM stream_offsets WHERE next_offset < $1", [.int(committed.value)]))
    }

    func transaction<R>(_ operation: String, _ body: () throws(EventStoreError) -> R) throws(EventStoreError) -> R {
        try connection.run(operation, "BEGIN TRANSACTION")
        do {
            let result = try body()
            try connection.run(operation, "COMMIT")
            return result
        } catch {
            try? connection.run(operation, "ROLLBACK")
            throw error
        }
    }
}

enum CompactionSQL {
    static let day: Int64 = 24 * QuerySQL.hour

    /// Days before $1 that were never sorted, or have got so many deltas since that it is worth it again.
    static let days = """
        SELECT rolled.day FROM (SELECT hour - hour % \(day) AS day, count(*) FILTER (NOT compacted) AS loose, count(*) AS total \
        FROM rollup_hourly WHERE hour < $1 GROUP BY 1) AS rolled LEFT JOIN sorted_days ON sorted_days.day = rolled.day \
        WHERE sorted_days.day IS NULL OR loose > total // 16 + \(EventStoreLimits.looseRowsOfSortedDayMax) \
        ORDER BY rolled.day LIMIT \(EventStoreLimits.sortedDaysPerCall)
        """
    static let hours = """
        SELECT hour FROM rollup_hourly WHERE hour >= $1 AND hour < $2 AND NOT compacted GROUP BY hour ORDER BY hour \
        LIMIT \(EventStoreLimits.compactedHoursPerCall)
        """
    static let dates = """
        SELECT logical_date::BIGINT FROM day_totals WHERE NOT compacted GROUP BY logical_date \
        HAVING count(*) > \(EventStoreLimits.looseDayTotalsMax) ORDER BY logical_date \
        LIMIT \(EventStoreLimits.mergedDatesPerCall)
        """
    static let mergeDate = """
        CREATE TEMP TABLE merged_totals AS SELECT project_no, logical_date, type, sum(events)::BIGINT AS events, \
        sum(failures)::BIGINT AS failures, sum(input_tokens)::BIGINT AS input_tokens, \
        sum(output_tokens)::BIGINT AS output_tokens, sum(cost_micro_usd)::BIGINT AS cost_micro_usd, \
        min(first_time) AS first_time, true AS compacted FROM day_totals WHERE logical_date = $1 \
        GROUP BY project_no, logical_date, type
        """
    static let count = "SELECT count(*)::BIGINT FROM rollup_hourly WHERE hour = $1"

    private static let keys =
        "project_no, hour, type, source, channel, outcome, error_category, error_code, model_key, prompt, retry_outcome"

    static let merge = """
        CREATE TEMP TABLE merged_rollups AS WITH sums AS ( \
        SELECT \(keys), sum(events)::BIGINT AS events, sum(input_tokens)::BIGINT AS input_tokens, \
        sum(cache_read_tokens)::BIGINT AS cache_read_tokens, sum(cache_write_tokens)::BIGINT AS cache_write_tokens, \
        sum(output_tokens)::BIGINT AS output_tokens, sum(reasoning_tokens)::BIGINT AS reasoning_tokens, \
        sum(cost_micro_usd)::BIGINT AS cost_micro_usd, sum(duration_count)::BIGINT AS duration_count, \
        sum(duration_sum_ms) AS duration_sum_ms, min(first_time) AS first_time, max(last_time) AS last_time, \
        max(sample_event_id) AS sample_event_id FROM rollup_hourly WHERE hour = $1 GROUP BY \(keys)), \
        places AS (SELECT \(keys), place, sum(n)::BIGINT AS n FROM (SELECT \(keys), unnest(latency_buckets) AS place, \
        unnest(latency_counts) AS n FROM rollup_hourly WHERE hour = $1) GROUP BY \(keys), place), \
        sketches AS (SELECT \(keys), list(place ORDER BY place) AS latency_buckets, list(n ORDER BY place) AS latency_counts \
        FROM places GROUP BY \(keys)) \
        SELECT sums.*, coalesce(latency_buckets, []::SMALLINT[]) AS latency_buckets, \
        coalesce(latency_counts, []::BIGINT[]) AS latency_counts, true AS compacted \
        FROM sums LEFT JOIN sketches USING (\(keys))
        """
    static let insert =
        "INSERT INTO rollup_hourly SELECT * FROM merged_rollups ORDER BY project_no, type, source, channel"

    /// What is sorted of a day that is over: table, column of its time, order. Sorting alone can spill to the disk; merging
    /// cannot, which is why hours are merged before.
    static let sorted = [
        ("rollup_hourly", "hour", "project_no, hour, type, source, channel"),
        ("funnel_steps", "time", "project_no, time"),
    ]
}
