package import Events
package import Ports

/// What one maintenance call did.
package struct CompactionResult: Hashable, Sendable {
    package var hours: Int
    package var rowsBefore: Int64
    package var rowsAfter: Int64
}

extension DuckDBEventStore {
    /// Merges the deltas of hours that ended before `closedBefore` into one row a group, sorted by project, and drops all
    /// but the last stream offset. Late rows make new deltas, which a later call merges. Each hour is one transaction on
    /// the writer thread (tens of milliseconds), so that commits go on in between.
    package func compactRollups(closedBefore: Timestamp) async throws(EventStoreError) -> CompactionResult {
        let hours = try await onWriter { core throws(EventStoreError) in
            var hours: [Int64] = []
            try core.connection.query(
                "find hours", Statement(CompactionSQL.hours, [.int(closedBefore.hourStart.microseconds)])
            ) {
                hours.append($0.int64(0))
            }
            return hours
        }
        var result = CompactionResult(hours: 0, rowsBefore: 0, rowsAfter: 0)
        for hour in hours {
            let counts = try await onWriter { core throws(EventStoreError) in try core.compact(hour: hour) }
            result.hours += 1
            result.rowsBefore += counts.before
            result.rowsAfter += counts.after
        }
        try await onWriter { core throws(EventStoreError) in try core.dropOldOffsets() }
        return result
    }
}

extension WriterCore {
    fileprivate func compact(hour: Int64) throws(EventStoreError) -> (before: Int64, after: Int64) {
        try transaction("compact") { () throws(EventStoreError) in
            let before = try connection.number("compact", Statement(CompactionSQL.count, [.int(hour)])) ?? 0
            try connection.run("compact", Statement(CompactionSQL.merge, [.int(hour)]))
            try connection.run("compact", Statement("DELETE FROM rollup_hourly WHERE hour = $1", [.int(hour)]))
            try connection.run("compact", CompactionSQL.insert)
            try connection.run("compact", "DROP TABLE merged_rollups")
            let after = try connection.number("compact", Statement(CompactionSQL.count, [.int(hour)])) ?? 0
            return (before, after)
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
    static let hours = """
        SELECT hour FROM rollup_hourly WHERE hour < $1 AND NOT compacted GROUP BY hour ORDER BY hour \
        LIMIT \(EventStoreLimits.compactedHoursPerCall)
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
        FROM sums LEFT JOIN sketches USING (\(keys)) ORDER BY \(keys)
        """
    static let insert =
        "INSERT INTO rollup_hourly SELECT * FROM merged_rollups ORDER BY project_no, type, source, channel"
}
