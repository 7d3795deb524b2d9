internal import Events
internal import Ports

/// Events, traces, books and quarantined items, one by one.
extension QuerySQL {
    /// The columns of an event without payloads, in the order in which `EventRow.init(_:)` reads them.
    static let eventColumns = """
        event_id, event_key, type, time, received_at, logical_date, stream_offset, source, channel, user_id, session_id, \
        lead_id, trace_id, span_id, parent_span_id, outcome, error_category, error_code, error_message, error_context, \
        retry_attempt, retry_max, retry_outcome, duration_ms, model_provider, model_name, model_key, input_tokens, \
        cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_micro_usd, prompt_name, \
        prompt_version, tool_name, funnel_name, funnel_step, funnel_position, attributes
        """

    /// Events by hour as far as rollups can tell: at least as many as the filter accepts. Columns: hour, events.
    static func hourCounts(_ filter: EventFilter, range: Range<Int64>, projectNo: Int32) -> Statement {
        var values = Values()
        let hours = hourBefore(range.lowerBound)..<hourAfter(range.upperBound)
        return Statement(
            """
            SELECT hour, sum(events)::BIGINT FROM rollup_hourly WHERE \(scope(projectNo, [hours], "hour", &values))\
            \(Self.filter(filter, rollup, &values)) GROUP BY hour ORDER BY hour
            """, values.bound)
    }

    /// One window of a page; `window` lies within the question's range.
    static func events(
        _ question: EventPageQuestion, window: Range<Int64>, asOf: StreamOffset, limit: Int, projectNo: Int32
    ) -> Statement {
        var values = Values()
        var sql = """
            SELECT \(eventColumns) FROM events WHERE \(scope(projectNo, [window], "time", &values)) \
            AND stream_offset < \(values.add(.int(asOf.value)))\(eventFilter(question.filter, &values))
            """
        if let after = question.after {
            let time = values.add(.int(after.time.microseconds))
            let key = values.add(.unsigned(after.eventKey))
            let sign = question.newestFirst ? "<" : ">"
            sql += " AND (time \(sign) \(time) OR (time = \(time) AND event_key \(sign) \(key)))"
        }
        let direction = question.newestFirst ? "DESC" : "ASC"
        sql += " ORDER BY time \(direction), event_key \(direction) LIMIT \(values.add(.int(Int64(limit))))"
        return Statement(sql, values.bound)
    }

    static func event(_ eventID: String, window: Range<Int64>, projectNo: Int32) -> Statement {
        var values = Values()
        return Statement(
            """
            SELECT \(eventColumns) FROM events WHERE \(scope(projectNo, [window], "time", &values)) \
            AND event_id = \(values.add(.text(eventID))) ORDER BY time DESC, event_key DESC LIMIT 1
            """, values.bound)
    }

    /// Events of one trace or one lead, oldest first. `column` is the name of the column that holds `identifier`.
    static func events(of identifier: String, in column: String, limit: Int, projectNo: Int32) -> Statement {
        Statement(
            """
            SELECT \(eventColumns) FROM events WHERE project_no = $1 AND \(column) = $2 ORDER BY time, event_key LIMIT $3
            """, [.int(Int64(projectNo)), .text(identifier), .int(Int64(limit))])
    }

    /// Events of sessions, oldest first, but for those that name another lead.
    static func events(
        ofSessions sessions: [String], orLead leadID: String, in range: Range<Int64>, limit: Int, projectNo: Int32
    ) -> Statement {
        var values = Values()
        let scope = scope(projectNo, [range], "time", &values)
        let places = sessions.map { values.add(.text($0)) }.joined(separator: ", ")
        return Statement(
            """
            SELECT \(eventColumns) FROM events WHERE \(scope) AND session_id IN (\(places)) \
            AND (lead_id = '' OR lead_id = \(values.add(.text(leadID)))) \
            ORDER BY time, event_key LIMIT \(values.add(.int(Int64(limit))))
            """, values.bound)
    }

    /// Bodies of the events of a time range, by key and identifier.
    static func payloads(keys: [UInt64], from: Int64, through: Int64, projectNo: Int32) -> Statement {
        var values = Values()
        return Statement(
            """
            SELECT event_key, event_id, time, input, output, tool_arguments, tool_result, model_parameters FROM payloads \
            WHERE project_no = \(values.add(.int(Int64(projectNo)))) AND time >= \(values.add(.int(from))) \
            AND time <= \(values.add(.int(through))) \
            AND event_key IN (\(keys.map { values.add(.unsigned($0)) }.joined(separator: ", ")))
            """, values.bound)
    }

    /// Columns in the order of `TraceSummary`.
    static func traces(_ question: TracePageQuestion, asOf: StreamOffset, projectNo: Int32) -> Statement {
        var values = Values()
        let range = question.filter.range.lowerBound.microseconds..<question.filter.range.upperBound.microseconds
        let base = """
            FROM events WHERE \(scope(projectNo, [range], "time", &values)) \
            AND stream_offset < \(values.add(.int(asOf.value))) AND trace_id <> ''
            """
        let accepted = eventFilter(question.filter, &values)
        let wanted = accepted.isEmpty ? "" : " AND trace_id IN (SELECT trace_id \(base)\(accepted))"
        let order = "time::HUGEINT * 18446744073709551616 + event_key"
        func first(_ column: String, where condition: String? = nil) -> String {
            "arg_min(\(column), \(order))\(condition.map { " FILTER (\($0))" } ?? "")"
        }
        var sql = """
            SELECT trace_id, min(time), max(time), count(*)::BIGINT, count(*) FILTER (outcome = 'failure')::BIGINT, \
            sum(input_tokens + cache_read_tokens + cache_write_tokens)::BIGINT, \
            sum(output_tokens + reasoning_tokens)::BIGINT, sum(cost_micro_usd)::BIGINT, \
            coalesce(\(first("type", where: "parent_span_id = ''")), \(first("type"))), \
            coalesce(\(first("source", where: "source <> ''")), ''), coalesce(\(first("lead_id", where: "lead_id <> ''")), '') \
            \(base)\(wanted) GROUP BY trace_id
            """
        if let after = question.after {
            let time = values.add(.int(after.firstTime.microseconds))
            sql +=
                " HAVING min(time) < \(time) OR (min(time) = \(time) AND trace_id > \(values.add(.text(after.traceID))))"
        }
        sql += " ORDER BY 2 DESC, 1 LIMIT \(values.add(.int(Int64(question.limit))))"
        return Statement(sql, values.bound)
    }

    static func books(_ dates: ClosedRange<LogicalDate>, projectNo: Int32) -> Statement {
        Statement(
            """
            SELECT verdict, code, sum(count)::BIGINT, logical_date::INTEGER FROM books \
            WHERE project_no = $1 AND logical_date BETWEEN $2 AND $3 GROUP BY logical_date, verdict, code
            """,
            [
                .int(Int64(projectNo)), .int(Int64(dates.lowerBound.dayNumber)),
                .int(Int64(dates.upperBound.dayNumber)),
            ])
    }

    private static let quarantineColumns =
        "received_at, logical_date, stream_offset, item_index, code, message, bytes"

    static func quarantined(before: QuarantineID?, limit: Int, projectNo: Int32) -> Statement {
        var values = Values()
        var sql = "SELECT \(quarantineColumns) FROM quarantine WHERE project_no = \(values.add(.int(Int64(projectNo))))"
        if let before {
            let offset = values.add(.int(before.streamOffset.value))
            let index = values.add(.int(Int64(before.itemIndex)))
            sql += " AND (stream_offset < \(offset) OR (stream_offset = \(offset) AND item_index < \(index)))"
        }
        sql += " ORDER BY stream_offset DESC, item_index DESC LIMIT \(values.add(.int(Int64(limit))))"
        return Statement(sql, values.bound)
    }

    static func quarantined(ids: [QuarantineID], projectNo: Int32) -> Statement {
        var values = Values()
        let scope = quarantineScope(ids, projectNo, &values)
        return Statement(
            "SELECT \(quarantineColumns) FROM quarantine WHERE \(scope) ORDER BY stream_offset DESC, item_index DESC",
            values.bound)
    }

    static func countQuarantined(ids: [QuarantineID], projectNo: Int32) -> Statement {
        var values = Values()
        let scope = quarantineScope(ids, projectNo, &values)
        return Statement("SELECT count(*)::BIGINT FROM quarantine WHERE \(scope)", values.bound)
    }

    static func removeQuarantined(ids: [QuarantineID], projectNo: Int32) -> Statement {
        var values = Values()
        let scope = quarantineScope(ids, projectNo, &values)
        return Statement("DELETE FROM quarantine WHERE \(scope)", values.bound)
    }

    private static func quarantineScope(_ ids: [QuarantineID], _ projectNo: Int32, _ values: inout Values) -> String {
        let project = values.add(.int(Int64(projectNo)))
        let places = ids.map {
            "(\(values.add(.int($0.streamOffset.value))), \(values.add(.int(Int64($0.itemIndex)))))"
        }
        return "project_no = \(project) AND (stream_offset, item_index) IN (\(places.joined(separator: ", ")))"
    }
}
