package import Events
package import Ports

/// What one maintenance call did.
package struct CompactionResult: Hashable, Sendable {
    /// Hours of days that go on, and days that are over.
    package var hours = 0
    package var days = 0
    package var rowsBefore: Int64 = 0
    package var rowsAfter: Int64 = 0

    /// Nothing was left to do.
    package var isNothing: Bool { hours == 0 && days == 0 }
}

extension DuckDBEventStore {
    /// Merges the deltas of hours that ended before `closedBefore` into one row a group, and drops all but the last stream
    /// offset. A UTC day that is over is written anew as a whole, rollups and funnel steps sorted by project: a question
    /// about one project then reads a few row groups of each day instead of all of them. Late rows stay beside it as
    /// deltas, which readers add up, until they are so many that the day is worth writing once more.
    ///
    /// Each hour and each day is one transaction on the writer thread (tens of milliseconds for an hour, some seconds for a
    /// day of millions of events), so that commits go on in between. Does a bounded part; call again until it did nothing.
    package func compactRollups(closedBefore: Timestamp) async throws(EventStoreError) -> CompactionResult {
        let end = closedBefore.hourStart.microseconds
        let spans = try await onWriter { core throws(EventStoreError) in try core.spansToCompact(before: end) }
        var result = CompactionResult()
        for span in spans {
            let counts = try await onWriter { core throws(EventStoreError) in try core.compact(span) }
            result.hours += span.isDay ? 0 : 1
            result.days += span.isDay ? 1 : 0
            result.rowsBefore += counts.before
            result.rowsAfter += counts.after
        }
        try await onWriter { core throws(EventStoreError) in try core.dropOldOffsets() }
        return result
    }
}

/// An hour, or a UTC day, in microseconds.
private struct CompactionSpan: Sendable {
    var start: Int64
    var isDay: Bool
    var values: [BoundValue] {
        [.int(start), .int(start + (isDay ? CompactionSQL.day : QuerySQL.hour))]
    }
}

extension WriterCore {
    fileprivate func spansToCompact(before end: Int64) throws(EventStoreError) -> [CompactionSpan] {
        let today = end - end % CompactionSQL.day
        var spans: [CompactionSpan] = []
        try connection.query("find days", Statement(CompactionSQL.days, [.int(today)])) {
            spans.append(CompactionSpan(start: $0.int64(0), isDay: true))
        }
        try connection.query("find hours", Statement(CompactionSQL.hours, [.int(today), .int(end)])) {
            spans.append(CompactionSpan(start: $0.int64(0), isDay: false))
        }
        return spans
    }

    fileprivate func compact(_ span: CompactionSpan) throws(EventStoreError) -> (before: Int64, after: Int64) {
        try transaction("compact") { () throws(EventStoreError) in
            let before = try connection.number("compact", Statement(CompactionSQL.count, span.values)) ?? 0
            try connection.run("compact", Statement(CompactionSQL.merge, span.values))
            try connection.run("compact", Statement(CompactionSQL.delete, span.values))
            try connection.run("compact", CompactionSQL.insert)
            try connection.run("compact", "DROP TABLE merged_rollups")
            if span.isDay { try sortFunnelSteps(span) }
            let after = try connection.number("compact", Statement(CompactionSQL.count, span.values)) ?? 0
            return (before, after)
        }
    }

    private func sortFunnelSteps(_ day: CompactionSpan) throws(EventStoreError) {
        try connection.run("sort steps", Statement(CompactionSQL.takeSteps, day.values))
        try connection.run("sort steps", Statement(CompactionSQL.deleteSteps, day.values))
        try connection.run("sort steps", CompactionSQL.insertSteps)
        try connection.run("sort steps", "DROP TABLE taken_steps")
        try connection.run("sort steps", Statement("DELETE FROM sorted_days WHERE day = $1", [.int(day.start)]))
        try connection.run("sort steps", Statement("INSERT INTO sorted_days VALUES ($1)", [.int(day.start)]))
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
    private static let span = "FROM rollup_hourly WHERE hour >= $1 AND hour < $2"
    static let count = "SELECT count(*)::BIGINT \(span)"
    static let delete = "DELETE \(span)"

    private static let keys =
        "project_no, hour, type, source, channel, outcome, error_category, error_code, model_key, prompt, retry_outcome"

    static let merge = """
        CREATE TEMP TABLE merged_rollups AS WITH sums AS ( \
        SELECT \(keys), sum(events)::BIGINT AS events, sum(input_tokens)::BIGINT AS input_tokens, \
        sum(cache_read_tokens)::BIGINT AS cache_read_tokens, sum(cache_write_tokens)::BIGINT AS cache_write_tokens, \
        sum(output_tokens)::BIGINT AS output_tokens, sum(reasoning_tokens)::BIGINT AS reasoning_tokens, \
        sum(cost_micro_usd)::BIGINT AS cost_micro_usd, sum(duration_count)::BIGINT AS duration_count, \
        sum(duration_sum_ms) AS duration_sum_ms, min(first_time) AS first_time, max(last_time) AS last_time, \
        max(sample_event_id) AS sample_event_id \(span) GROUP BY \(keys)), \
        places AS (SELECT \(keys), place, sum(n)::BIGINT AS n FROM (SELECT \(keys), unnest(latency_buckets) AS place, \
        unnest(latency_counts) AS n \(span)) GROUP BY \(keys), place), \
        sketches AS (SELECT \(keys), list(place ORDER BY place) AS latency_buckets, list(n ORDER BY place) AS latency_counts \
        FROM places GROUP BY \(keys)) \
        SELECT sums.*, coalesce(latency_buckets, []::SMALLINT[]) AS latency_buckets, \
        coalesce(latency_counts, []::BIGINT[]) AS latency_counts, true AS compacted \
        FROM sums LEFT JOIN sketches USING (\(keys))
        """
    static let insert =
        "INSERT INTO rollup_hourly SELECT * FROM merged_rollups ORDER BY project_no, hour, type, source, channel"

    private static let stepsSpan = "FROM funnel_steps WHERE time >= $1 AND time < $2"
    static let takeSteps = "CREATE TEMP TABLE taken_steps AS SELECT * \(stepsSpan)"
    static let deleteSteps = "DELETE \(stepsSpan)"
    static let insertSteps = "INSERT INTO funnel_steps SELECT * FROM taken_steps ORDER BY project_no, time"
}
