internal import Events
internal import Ports

/// What was received on a date: by `logical_date`, whatever the events' own times are.
extension QuerySQL {
    enum DaySource { case deltas, rows }

    /// Columns: date, type, events, failures, input tokens, output tokens, cost, first own time; by date and type.
    static func dayTotals(
        _ dates: ClosedRange<LogicalDate>, from source: DaySource, rowsMax: Int?, projectNo: Int32
    ) -> Statement {
        var values = Values()
        let sums =
            switch source {
            case .deltas:
                """
                sum(events)::BIGINT, sum(failures)::BIGINT, sum(input_tokens)::BIGINT, sum(output_tokens)::BIGINT, \
                sum(cost_micro_usd)::BIGINT, min(first_time) FROM day_totals
                """
            case .rows: "\(sumsOfRows) FROM events"
            }
        var sql = """
            SELECT logical_date::INTEGER, type, \(sums) WHERE \(received(on: dates, projectNo, &values)) \
            GROUP BY logical_date, type ORDER BY logical_date, type
            """
        if let rowsMax { sql += " LIMIT \(values.add(.int(Int64(rowsMax))))" }
        return Statement(sql, values.bound)
    }

    /// The sums of `dayTotals` over rows of `events`; also what fills `day_totals` from them.
    static let sumsOfRows = """
        count(*)::BIGINT, coalesce(sum((outcome = 'failure')::BIGINT), 0)::BIGINT, \
        sum(input_tokens + cache_read_tokens + cache_write_tokens)::BIGINT, \
        sum(output_tokens + reasoning_tokens)::BIGINT, sum(cost_micro_usd)::BIGINT, min(time)
        """

    /// Columns: date, events whose own time lies before it; dates without any are left out.
    static func lateEvents(_ days: [StoreDay], projectNo: Int32) -> Statement {
        var values = Values()
        let scope = received(on: days[0].date...days[days.count - 1].date, projectNo, &values)
        let each = days.map { day in
            let date = values.add(.int(Int64(day.date.dayNumber)))
            return "(logical_date = \(date) AND time < \(values.add(.int(day.start.microseconds))))"
        }
        return Statement(
            """
            SELECT logical_date::INTEGER, count(*)::BIGINT FROM events WHERE \(scope) \
            AND (\(each.joined(separator: " OR "))) GROUP BY logical_date
            """, values.bound)
    }

    /// Column: date. The small tables name every date that the rows do; reading those would take long.
    static func recordedDates(projectNo: Int32) -> Statement {
        Statement(
            """
            SELECT DISTINCT logical_date::INTEGER FROM (SELECT logical_date FROM day_totals WHERE project_no = $1 \
            UNION ALL SELECT logical_date FROM books WHERE project_no = $1) AS named
            """, [.int(Int64(projectNo))])
    }

    private static func received(
        on dates: ClosedRange<LogicalDate>, _ projectNo: Int32, _ values: inout Values
    ) -> String {
        let project = values.add(.int(Int64(projectNo)))
        let first = values.add(.int(Int64(dates.lowerBound.dayNumber)))
        return "project_no = \(project) AND logical_date BETWEEN \(first) AND "
            + values.add(.int(Int64(dates.upperBound.dayNumber)))
    }
}
