internal import Ports

/// The tables, as numbered migrations. Append only: a released migration never changes, each is idempotent, and the
/// version reached stands in `meta`.
///
/// Times are microseconds since 1970 in UTC (BIGINT): they prune and aggregate as integers. A project is a small integer
/// (`projects` holds its name): integers compress to a byte, compare quickly, and give row groups a minimum and maximum
/// that prune. Absent texts are empty, an absent duration is NULL.
///
/// `rollup_hourly` holds deltas: readers sum them. `latency_buckets` and `latency_counts` are the group's DDSketch
/// (`LatencySketch`): bucket numbers and how many durations fell in each. `day_totals` holds deltas, too: what was received on
/// each date, by type; its tokens include cached and reasoning ones, `first_time` is the earliest own time.
enum Schema {
    static let version = 3

    static let migrations: [[String]] = [
        [
            "CREATE TABLE IF NOT EXISTS projects (project_no INTEGER NOT NULL, project_id VARCHAR NOT NULL)",
            table(
                "events",
                [
                    .sorted("project_no INTEGER NOT NULL"), .distinct("event_id VARCHAR NOT NULL"),
                    .hash("event_key UBIGINT NOT NULL"), .repeated("type VARCHAR NOT NULL"),
                    .number("time BIGINT NOT NULL"), .number("received_at BIGINT NOT NULL"),
                    .sorted("logical_date INTEGER NOT NULL"), .number("stream_offset BIGINT NOT NULL"),
                    .repeated("source VARCHAR NOT NULL"), .repeated("channel VARCHAR NOT NULL"),
                    .distinct("user_id VARCHAR NOT NULL"), .distinct("session_id VARCHAR NOT NULL"),
                    .distinct("lead_id VARCHAR NOT NULL"), .distinct("trace_id VARCHAR NOT NULL"),
                    .distinct("span_id VARCHAR NOT NULL"), .distinct("parent_span_id VARCHAR NOT NULL"),
                    .repeated("outcome VARCHAR NOT NULL"), .repeated("error_category VARCHAR NOT NULL"),
                    .repeated("error_code VARCHAR NOT NULL"), .repeated("error_message VARCHAR NOT NULL"),
                    .repeated("error_context VARCHAR NOT NULL"), .number("retry_attempt INTEGER NOT NULL"),
                    .number("retry_max INTEGER NOT NULL"), .repeated("retry_outcome VARCHAR NOT NULL"),
                    .fraction("duration_ms DOUBLE"), .number("latency_bucket SMALLINT"),
                    .repeated("model_provider VARCHAR NOT NULL"), .repeated("model_name VARCHAR NOT NULL"),
                    .repeated("model_key VARCHAR NOT NULL"), .number("input_tokens BIGINT NOT NULL"),
                    .number("cache_read_tokens BIGINT NOT NULL"), .number("cache_write_tokens BIGINT NOT NULL"),
                    .number("output_tokens BIGINT NOT NULL"), .number("reasoning_tokens BIGINT NOT NULL"),
                    .number("cost_micro_usd BIGINT NOT NULL"), .repeated("prompt_name VARCHAR NOT NULL"),
                    .repeated("prompt_version VARCHAR NOT NULL"), .repeated("tool_name VARCHAR NOT NULL"),
                    .repeated("funnel_name VARCHAR NOT NULL"), .repeated("funnel_step VARCHAR NOT NULL"),
                    .number("funnel_position INTEGER NOT NULL"), .distinct("attributes VARCHAR NOT NULL"),
                ]),
            table(
                "payloads",
                [
                    .sorted("project_no INTEGER NOT NULL"), .distinct("event_id VARCHAR NOT NULL"),
                    .hash("event_key UBIGINT NOT NULL"), .number("time BIGINT NOT NULL"),
                    .any("input VARCHAR NOT NULL"),
                    .any("output VARCHAR NOT NULL"), .any("tool_arguments VARCHAR NOT NULL"),
                    .any("tool_result VARCHAR NOT NULL"), .any("model_parameters VARCHAR NOT NULL"),
                ]),
            table(
                "rollup_hourly",
                [
                    .sorted("project_no INTEGER NOT NULL"), .number("hour BIGINT NOT NULL"),
                    .repeated("type VARCHAR NOT NULL"), .repeated("source VARCHAR NOT NULL"),
                    .repeated("channel VARCHAR NOT NULL"), .repeated("outcome VARCHAR NOT NULL"),
                    .repeated("error_category VARCHAR NOT NULL"), .repeated("error_code VARCHAR NOT NULL"),
                    .repeated("model_key VARCHAR NOT NULL"), .repeated("prompt VARCHAR NOT NULL"),
                    .repeated("retry_outcome VARCHAR NOT NULL"), .number("events BIGINT NOT NULL"),
                    .number("input_tokens BIGINT NOT NULL"), .number("cache_read_tokens BIGINT NOT NULL"),
                    .number("cache_write_tokens BIGINT NOT NULL"), .number("output_tokens BIGINT NOT NULL"),
                    .number("reasoning_tokens BIGINT NOT NULL"), .number("cost_micro_usd BIGINT NOT NULL"),
                    .number("duration_count BIGINT NOT NULL"), .fraction("duration_sum_ms DOUBLE NOT NULL"),
                    .number("first_time BIGINT NOT NULL"), .number("last_time BIGINT NOT NULL"),
                    .distinct("sample_event_id VARCHAR NOT NULL"), .any("latency_buckets SMALLINT[] NOT NULL"),
                    .any("latency_counts BIGINT[] NOT NULL"), .any("compacted BOOLEAN NOT NULL"),
                ]),
            table(
                "funnel_steps",
                [
                    .sorted("project_no INTEGER NOT NULL"), .number("time BIGINT NOT NULL"),
                    .repeated("funnel VARCHAR NOT NULL"), .repeated("step VARCHAR NOT NULL"),
                    .number("position INTEGER NOT NULL"), .repeated("source VARCHAR NOT NULL"),
                    .repeated("channel VARCHAR NOT NULL"), .hash("session_key UBIGINT NOT NULL"),
                    .number("latency_bucket SMALLINT"),
                ]),
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
        ],
        // UTC days, by their first microsecond, whose rollups and funnel steps were written sorted by project.
        ["CREATE TABLE IF NOT EXISTS sorted_days (day BIGINT NOT NULL)"],
        // Before, days were counted from rollups, which go by the events' own times.
        [
            table(
                "day_totals",
                [
                    .sorted("project_no INTEGER NOT NULL"), .sorted("logical_date INTEGER NOT NULL"),
                    .repeated("type VARCHAR NOT NULL"), .number("events BIGINT NOT NULL"),
                    .number("failures BIGINT NOT NULL"), .number("input_tokens BIGINT NOT NULL"),
                    .number("output_tokens BIGINT NOT NULL"), .number("cost_micro_usd BIGINT NOT NULL"),
                    .number("first_time BIGINT NOT NULL"), .any("compacted BOOLEAN NOT NULL"),
                ]),
            "DELETE FROM day_totals",
            """
            INSERT INTO day_totals SELECT project_no, logical_date, type, \(QuerySQL.sumsOfRows), true FROM events \
            GROUP BY logical_date, project_no, type ORDER BY logical_date, project_no, type
            """,
        ],
    ]

    /// A column by the kind of its values, which names how it is compressed. Left to itself DuckDB tries every way on every
    /// row group, at about a third of a commit's cost; where the named one cannot be used it does so still.
    private enum Column {
        case sorted(String), distinct(String), hash(String), repeated(String), number(String), fraction(String), any(
            String)

        var text: String {
            switch self {
            case .sorted(let text): text + " USING COMPRESSION rle"
            case .distinct(let text): text + " USING COMPRESSION fsst"
            case .repeated(let text): text + " USING COMPRESSION dictionary"
            case .number(let text): text + " USING COMPRESSION bitpacking"
            case .hash(let text), .fraction(let text): text + " USING COMPRESSION uncompressed"
            case .any(let text): text
            }
        }
    }

    private static func table(_ name: String, _ columns: [Column]) -> String {
        "CREATE TABLE IF NOT EXISTS \(name) (\(columns.map(\.text).joined(separator: ", ")))"
    }

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
