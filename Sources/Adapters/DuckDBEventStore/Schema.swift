internal import Ports

/// The tables, as numbered migrations. Append only: a released migration never changes, each is idempotent, and the
/// version reached stands in `meta`.
///
/// Times are microseconds since 1970 in UTC (BIGINT): they prune and aggregate as integers. A project is a small integer
/// (`projects` holds its name): integers compress to a byte, compare quickly, and give row groups a minimum and maximum
/// that prune. Absent texts are empty, an absent duration is NULL.
///
/// `rollup_hourly` holds deltas: readers sum them. `latency_buckets` and `latency_counts` are the group's DDSketch
/// (`LatencySketch`): bucket numbers and how many durations fell in each.
enum Schema {
    static let version = 1

    static let migrations: [[String]] = [
        [
            "CREATE TABLE IF NOT EXISTS projects (project_no INTEGER NOT NULL, project_id VARCHAR NOT NULL)",
            """
            CREATE TABLE IF NOT EXISTS events (
              project_no INTEGER NOT NULL, event_id VARCHAR NOT NULL, event_key UBIGINT NOT NULL, type VARCHAR NOT NULL,
              time BIGINT NOT NULL, received_at BIGINT NOT NULL, logical_date INTEGER NOT NULL, stream_offset BIGINT NOT NULL,
              source VARCHAR NOT NULL, channel VARCHAR NOT NULL, user_id VARCHAR NOT NULL, session_id VARCHAR NOT NULL,
              lead_id VARCHAR NOT NULL, trace_id VARCHAR NOT NULL, span_id VARCHAR NOT NULL, parent_span_id VARCHAR NOT NULL,
              outcome VARCHAR NOT NULL, error_category VARCHAR NOT NULL, error_code VARCHAR NOT NULL,
              error_message VARCHAR NOT NULL, error_context VARCHAR NOT NULL, retry_attempt INTEGER NOT NULL,
              retry_max INTEGER NOT NULL, retry_outcome VARCHAR NOT NULL, duration_ms DOUBLE, latency_bucket SMALLINT,
              model_provider VARCHAR NOT NULL, model_name VARCHAR NOT NULL, model_key VARCHAR NOT NULL,
              input_tokens BIGINT NOT NULL, cache_read_tokens BIGINT NOT NULL, cache_write_tokens BIGINT NOT NULL,
              output_tokens BIGINT NOT NULL, reasoning_tokens BIGINT NOT NULL, cost_micro_usd BIGINT NOT NULL,
              prompt_name VARCHAR NOT NULL, prompt_version VARCHAR NOT NULL, tool_name VARCHAR NOT NULL,
              funnel_name VARCHAR NOT NULL, funnel_step VARCHAR NOT NULL, funnel_position INTEGER NOT NULL,
              attributes VARCHAR NOT NULL)
            """,
            """
            CREATE TABLE IF NOT EXISTS payloads (
              project_no INTEGER NOT NULL, event_id VARCHAR NOT NULL, event_key UBIGINT NOT NULL, time BIGINT NOT NULL,
              input VARCHAR NOT NULL, output VARCHAR NOT NULL, tool_arguments VARCHAR NOT NULL, tool_result VARCHAR NOT NULL,
              model_parameters VARCHAR NOT NULL)
            """,
            """
            CREATE TABLE IF NOT EXISTS rollup_hourly (
              project_no INTEGER NOT NULL, hour BIGINT NOT NULL, type VARCHAR NOT NULL, source VARCHAR NOT NULL,
              channel VARCHAR NOT NULL, outcome VARCHAR NOT NULL, error_category VARCHAR NOT NULL,
              error_code VARCHAR NOT NULL, model_key VARCHAR NOT NULL, prompt VARCHAR NOT NULL,
              retry_outcome VARCHAR NOT NULL, events BIGINT NOT NULL, input_tokens BIGINT NOT NULL,
              cache_read_tokens BIGINT NOT NULL, cache_write_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL,
              reasoning_tokens BIGINT NOT NULL, cost_micro_usd BIGINT NOT NULL, duration_count BIGINT NOT NULL,
              duration_sum_ms DOUBLE NOT NULL, first_time BIGINT NOT NULL, last_time BIGINT NOT NULL,
              sample_event_id VARCHAR NOT NULL, latency_buckets SMALLINT[] NOT NULL, latency_counts BIGINT[] NOT NULL,
              compacted BOOLEAN NOT NULL)
            """,
            """
            CREATE TABLE IF NOT EXISTS funnel_steps (
              project_no INTEGER NOT NULL, time BIGINT NOT NULL, funnel VARCHAR NOT NULL, step VARCHAR NOT NULL,
              position INTEGER NOT NULL, source VARCHAR NOT NULL, channel VARCHAR NOT NULL, session_key UBIGINT NOT NULL,
              latency_bucket SMALLINT)
            """,
            """
            CREATE TABLE IF NOT EXISTS books (
              project_no INTEGER NOT NULL, logical_date INTEGER NOT NULL, verdict VARCHAR NOT NULL, code VARCHAR NOT NULL,
              count BIGINT NOT NULL)
            """,
            """
            CREATE TABLE IF NOT EXISTS quarantine (
              project_no INTEGER NOT NULL, received_at BIGINT NOT NULL, logical_date INTEGER NOT NULL,
              stream_offset BIGINT NOT NULL, item_index BIGINT NOT NULL, code VARCHAR NOT NULL, message VARCHAR NOT NULL,
              bytes BLOB NOT NULL)
            """,
            "CREATE TABLE IF NOT EXISTS stream_offsets (next_offset BIGINT NOT NULL)",
        ]
    ]

    /// Brings the file to this version. Running it again changes nothing.
    static func migrate(_ connection: Connection) throws(EventStoreError) {
        try connection.run(
            "create meta", "CREATE TABLE IF NOT EXISTS meta (name VARCHAR NOT NULL, value BIGINT NOT NULL)")
        let found = Int(
            try connection.number(
                "read schema version", Statement("SELECT max(value) FROM meta WHERE name = 'schema_version'")) ?? 0)
        guard found <= version else { throw .schemaNewer(found: found, known: version) }
        for number in found..<version {
            try connection.run("begin", "BEGIN TRANSACTION")
            do {
                for sql in migrations[number] { try connection.run("migration \(number + 1)", sql) }
                try connection.run(
                    "migration \(number + 1)",
                    Statement("INSERT INTO meta VALUES ('schema_version', $1)", [.int(Int64(number + 1))]))
                try connection.run("commit migration \(number + 1)", "COMMIT")
            } catch {
                try? connection.run("rollback", "ROLLBACK")
                throw error
            }
        }
    }
}
