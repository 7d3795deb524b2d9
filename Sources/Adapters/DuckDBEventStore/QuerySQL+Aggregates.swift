internal import Events
internal import Ports

/// Counts and sums: rollups for whole hours, events for the rest, added up.
extension QuerySQL {
    /// An aggregate in the making: its parts, and the expressions that stand in both of its statements.
    struct Aggregate {
        let question: AggregateQuestion
        let projectNo: Int32
        let parts: Parts
        /// The buckets' edges that matter; empty unless the question has edges.
        let edges: [Int64]

        init(_ question: AggregateQuestion, projectNo: Int32) {
            self.question = question
            self.projectNo = projectNo
            var range = question.filter.range.lowerBound.microseconds..<question.filter.range.upperBound.microseconds
            var edges: [Int64] = []
            var minutes = false
            switch question.buckets {
            case .whole, .hours: break
            case .minutes: minutes = true
            case .edges(let all):
                edges = all.map(\.microseconds)
                if let first = edges.first, let last = edges.last, first < last {
                    range = range.clamped(to: first..<last)
                } else {
                    range = range.lowerBound..<range.lowerBound
                }
            }
            self.edges = edges
            parts = Parts(range, cuts: edges, rowsAlone: minutes || question.filter.needsRows)
        }

        var isEmpty: Bool { parts.rollups.isEmpty && parts.events.isEmpty }

        /// The bucket's first instant for a row whose time, or hour, stands in `column`.
        private func bucket(_ column: String, _ values: inout Values) -> String {
            switch question.buckets {
            case .whole: "\(values.add(.int(question.filter.range.lowerBound.microseconds)))::BIGINT"
            case .minutes: "\(column) - \(column) % \(minute)"
            case .hours: column == "hour" ? column : "\(column) - \(column) % \(hour)"
            case .edges: choice(0..<edges.count - 1, column, &values)
            }
        }

        /// The edge at or before the column's value: reckoned where edges are evenly apart (the hours of a zone), else found
        /// by halving, whose depth grows with the logarithm of the edges.
        private func choice(_ range: Range<Int>, _ column: String, _ values: inout Values) -> String {
            let first = edges[range.lowerBound]
            guard range.count > 1 else { return "\(values.add(.int(first)))::BIGINT" }
            let width = edges[range.lowerBound + 1] - first
            if range.allSatisfy({ edges[$0 + 1] - edges[$0] == width }) {
                return "\(column) - (\(column) - \(values.add(.int(first)))) % \(values.add(.int(width)))"
            }
            let middle = (range.lowerBound + range.upperBound) / 2
            let lower = choice(range.lowerBound..<middle, column, &values)
            let upper = choice(middle..<range.upperBound, column, &values)
            return "(CASE WHEN \(column) < \(values.add(.int(edges[middle]))) THEN \(lower) ELSE \(upper) END)"
        }

        private func keys(_ name: (EventDimension) -> String) -> String {
            question.dimensions.enumerated().map { "\(name($1)) AS key_\($0), " }.joined()
        }
        private var keyNames: String { question.dimensions.indices.map { ", key_\($0)" }.joined() }

        /// Columns: bucket, keys, events, successes, failures, input and output tokens, cost, durations, their sum, first
        /// and last time, three samples.
        var rows: Statement {
            var values = Values()
            var selects: [String] = []
            if !parts.rollups.isEmpty {
                selects.append(
                    """
                    SELECT \(bucket("hour", &values)) AS bucket, \(keys(rollup))outcome AS o, events AS n, \
                    input_tokens + cache_read_tokens + cache_write_tokens AS a, output_tokens + reasoning_tokens AS b, \
                    cost_micro_usd AS c, duration_count AS d, duration_sum_ms AS e, first_time AS f, last_time AS l, \
                    sample_event_id AS s FROM rollup_hourly \
                    WHERE \(scope(projectNo, parts.rollups, "hour", &values))\(filter(question.filter, rollup, &values))
                    """)
            }
            for ranges in parts.eventBranches {
                selects.append(
                    """
                    SELECT \(bucket("time", &values)) AS bucket, \(keys(event))outcome AS o, 1 AS n, \
                    input_tokens + cache_read_tokens + cache_write_tokens AS a, output_tokens + reasoning_tokens AS b, \
                    cost_micro_usd AS c, (duration_ms IS NOT NULL)::BIGINT AS d, coalesce(duration_ms, 0) AS e, \
                    time AS f, time AS l, event_id AS s FROM events \
                    WHERE \(scope(projectNo, ranges, "time", &values))\(eventFilter(question.filter, &values))
                    """)
            }
            let samples =
                question.withSamples
                ? "list_distinct(arg_max(s, l, \(EventStoreLimits.sampleCandidates)))" : "[]::VARCHAR[]"
            let sums = """
                SELECT bucket\(keyNames), sum(n)::BIGINT AS n, coalesce(sum(n) FILTER (o = 'success'), 0)::BIGINT AS successes, \
                coalesce(sum(n) FILTER (o = 'failure'), 0)::BIGINT AS failures, sum(a)::BIGINT AS a, sum(b)::BIGINT AS b, \
                sum(c)::BIGINT AS c, sum(d)::BIGINT AS d, sum(e)::DOUBLE AS e, min(f) AS f, max(l) AS l, \
                \(samples) AS s FROM (\(selects.joined(separator: " UNION ALL "))) AS facts GROUP BY bucket\(keyNames)
                """
            return Statement(
                """
                SELECT bucket\(keyNames), n, successes, failures, a, b, c, d, e, f, l, coalesce(s[1], ''), \
                coalesce(s[2], ''), coalesce(s[3], '') FROM (\(sums) ORDER BY n DESC, bucket\(keyNames) \
                LIMIT \(values.add(.int(Int64(min(max(1, question.rowsMax), EventStoreLimits.groupsMax)))))) AS kept \
                ORDER BY bucket\(keyNames)
                """, values.bound)
        }

        /// Columns: bucket, keys, sketch bucket, count; by the same groups as `rows`, all of them.
        var sketches: Statement {
            var values = Values()
            var selects: [String] = []
            if !parts.rollups.isEmpty {
                selects.append(
                    """
                    SELECT \(bucket("hour", &values)) AS bucket, \(keys(rollup))\
                    unnest(latency_buckets) AS place, unnest(latency_counts) AS n FROM rollup_hourly \
                    WHERE \(scope(projectNo, parts.rollups, "hour", &values))\(filter(question.filter, rollup, &values)) \
                    AND duration_count > 0
                    """)
            }
            for ranges in parts.eventBranches {
                selects.append(
                    """
                    SELECT \(bucket("time", &values)) AS bucket, \(keys(event))latency_bucket AS place, 1 AS n FROM events \
                    WHERE \(scope(projectNo, ranges, "time", &values))\(eventFilter(question.filter, &values)) \
                    AND latency_bucket IS NOT NULL
                    """)
            }
            return Statement(
                """
                SELECT bucket\(keyNames), place, sum(n)::BIGINT \
                FROM (\(selects.joined(separator: " UNION ALL "))) AS facts GROUP BY bucket\(keyNames), place
                """, values.bound)
        }
    }

    // MARK: Values

    /// Columns: place of the dimension, value, events. Nil when the range is empty.
    static func counts(
        _ filter: EventFilter, by dimensions: [EventDimension], valuesMax: Int, projectNo: Int32
    ) -> Statement? {
        let range = filter.range.lowerBound.microseconds..<filter.range.upperBound.microseconds
        let parts = Parts(range, cuts: [], rowsAlone: filter.needsRows)
        guard !dimensions.isEmpty, !(parts.rollups.isEmpty && parts.events.isEmpty) else { return nil }
        var values = Values()
        func keys(_ name: (EventDimension) -> String) -> String {
            dimensions.enumerated().map { "\(name($1)) AS key_\($0), " }.joined()
        }
        var selects: [String] = []
        if !parts.rollups.isEmpty {
            selects.append(
                """
                SELECT \(keys(rollup))events AS n FROM rollup_hourly \
                WHERE \(scope(projectNo, parts.rollups, "hour", &values))\(Self.filter(filter, rollup, &values))
                """)
        }
        for ranges in parts.eventBranches {
            selects.append(
                """
                SELECT \(keys(event))1 AS n FROM events \
                WHERE \(scope(projectNo, ranges, "time", &values))\(eventFilter(filter, &values))
                """)
        }
        // A grouping set leaves the keys of the others NULL; the columns themselves hold no NULL.
        let places = dimensions.indices.map { "WHEN key_\($0) IS NOT NULL THEN \($0)" }.joined(separator: " ")
        let names = dimensions.indices.map { "key_\($0)" }
        let limit = values.add(.int(Int64(min(max(1, valuesMax), EventStoreLimits.groupsMax))))
        return Statement(
            """
            SELECT place, value, n FROM (SELECT CASE \(places) END AS place, \
            coalesce(\(names.joined(separator: ", "))) AS value, sum(n)::BIGINT AS n \
            FROM (\(selects.joined(separator: " UNION ALL "))) AS facts \
            GROUP BY GROUPING SETS (\(names.map { "(\($0))" }.joined(separator: ", ")))) AS counted \
            QUALIFY row_number() OVER (PARTITION BY place ORDER BY n DESC, value) <= \(limit)
            """, values.bound)
    }

    // MARK: Funnels

    /// Columns: step, smallest position, events, sessions whose furthest step it is.
    static func funnelSteps(_ question: FunnelQuestion, projectNo: Int32) -> Statement {
        var values = Values()
        let rows = funnelRows(question, projectNo, &values)
        return Statement(
            """
            WITH picked AS (SELECT step, position, session_key \(rows)), \
            furthest AS (SELECT session_key, max({'position': position, 'step': step}) AS place FROM picked GROUP BY session_key), \
            ends AS (SELECT place.step AS step, count(*) AS sessions FROM furthest GROUP BY place.step), \
            steps AS (SELECT step, min(position) AS position, count(*) AS events FROM picked GROUP BY step) \
            SELECT steps.step, steps.position::INTEGER, steps.events::BIGINT, coalesce(ends.sessions, 0)::BIGINT \
            FROM steps LEFT JOIN ends ON ends.step = steps.step ORDER BY 2, 1
            """, values.bound)
    }

    static func funnelLatency(_ question: FunnelQuestion, projectNo: Int32) -> Statement {
        var values = Values()
        let rows = funnelRows(question, projectNo, &values)
        return Statement(
            "SELECT step, latency_bucket, count(*)::BIGINT \(rows) AND latency_bucket IS NOT NULL GROUP BY 1, 2",
            values.bound)
    }

    private static func funnelRows(_ question: FunnelQuestion, _ projectNo: Int32, _ values: inout Values) -> String {
        let filter = question.filter
        let range = filter.range.lowerBound.microseconds..<filter.range.upperBound.microseconds
        var sql = """
            FROM funnel_steps WHERE \(scope(projectNo, [range], "time", &values)) \
            AND funnel = \(values.add(.text(question.funnel)))
            """
        if !filter.sources.isEmpty { sql += " AND source IN (\(values.list(filter.sources)))" }
        if !filter.channels.isEmpty { sql += " AND channel IN (\(values.list(filter.channels)))" }
        return sql
    }
}
