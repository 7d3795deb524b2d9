package import Events
internal import Ports

extension AnalyticsService {
    /// `latency`: quantiles and a histogram of durations of attempts, or of the types that the question names.
    package func latency(_ request: AnalyticsRequest) async throws(Problem) -> [UInt8] {
        let parameters = try Parameters(
            request.parameters, known: FilterParameters.shared.union(QuestionRange.parameters))
        return try await cached(.latency, request, parameters) { context throws(Problem) in
            let range = try QuestionRange(parameters, calendar: context.project.calendar, now: context.now)
            let filter = try FilterParameters.filter(parameters, project: request.project, range: range.range)
            let question = AggregateQuestion(filter: filter.ofAttempts, withLatency: true, rowsMax: 1)
            let rows = try await ask(context.contract) { () async throws(EventStoreError) in
                try await reader.aggregate(question)
            }
            let sketch = merged(rows.lazy.map(\.sketch))
            return Payload(
                range: range,
                members: [
                    (
                        "quantiles",
                        .object([
                            ("p50_ms", .optional(quantile(0.5, sketch))), ("p90_ms", .optional(quantile(0.9, sketch))),
                            ("p95_ms", .optional(quantile(0.95, sketch))),
                            ("p99_ms", .optional(quantile(0.99, sketch))),
                        ])
                    ),
                    ("count", .integer(sketch.reduce(0) { $0 + $1.count })),
                    ("histogram", .array(Self.histogram(sketch))),
                ], lifetime: context.lifetime(.seconds(30), range.range))
        }
    }

    /// Bounds of the histogram's bars in milliseconds; the last bar has no end.
    private static let histogramBounds: [Double] = [
        0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000,
    ]

    private static func histogram(_ sketch: [SketchBucket]) -> [AnswerJSON] {
        var counts = [Int64](repeating: 0, count: histogramBounds.count)
        for entry in sketch {
            let value = LatencySketch.value(of: entry.bucket)
            counts[histogramBounds.lastIndex { $0 <= value } ?? 0] += entry.count
        }
        guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }) else {
            return []
        }
        return (first...last).map { at in
            .object([
                ("from_ms", .number(histogramBounds[at])),
                ("to_ms", at + 1 < histogramBounds.count ? .number(histogramBounds[at + 1]) : .null),
                ("count", .integer(counts[at])),
            ])
        }
    }

    /// `cost`: what model calls cost, by model and over time, and for each lead of the same range, sources and channels.
    package func cost(_ request: AnalyticsRequest) async throws(Problem) -> [UInt8] {
        let known = FilterParameters.shared.union(QuestionRange.parameters).union(["granularity"])
        let parameters = try Parameters(request.parameters, known: known)
        return try await cached(.cost, request, parameters) { context throws(Problem) in
            var range = try QuestionRange(parameters, calendar: context.project.calendar, now: context.now)
            try range.divide(parameters)
            let filter = try FilterParameters.filter(parameters, project: request.project, range: range.range)
            let axis = TimeAxis(range.range, range.granularity ?? .hour, calendar: context.project.calendar)
            let models = AggregateQuestion(
                filter: filter, dimensions: [.model], rowsMax: AnalyticsLimits.aggregateRowsMax)
            let series = AggregateQuestion(
                filter: filter, buckets: axis.buckets, rowsMax: AnalyticsLimits.aggregateRowsMax)
            var leads = EventFilter(projectID: request.project, range: range.range)
            leads.types = [EventType.leadSubmission]
            leads.outcomes = [Outcome.success.rawValue]
            leads.sources = filter.sources
            leads.channels = filter.channels
            let leadQuestion = AggregateQuestion(filter: leads, rowsMax: 1)
            async let seriesRows = askPart(context.contract) { () async throws(EventStoreError) in
                try await reader.aggregate(series)
            }
            async let leadRows = askPart(context.contract) { () async throws(EventStoreError) in
                try await reader.aggregate(leadQuestion)
            }
            let rows = try await ask(context.contract) { () async throws(EventStoreError) in
                try await reader.aggregate(models)
            }
            let total = RowSum(rows).costMicroUSD
            let points = await seriesRows
            let leadCount = await leadRows.map { RowSum($0).events }
            var missing: [String] = []
            if points == nil { missing.append("series") }
            if leadCount == nil { missing.append("cost_per_lead_micro_usd") }
            let perLead = leadCount.flatMap { $0 > 0 ? total / $0 : nil }
            return Payload(
                range: range,
                members: [
                    ("total_micro_usd", .integer(total)), ("total_usd", .text(dollars(total))),
                    ("by_model", .array(Self.models(rows))),
                    ("series", .array(Self.costPoints(points ?? [], axis, now: context.now))),
                    ("cost_per_lead_micro_usd", perLead.map { .integer($0) } ?? .null),
                ],
                missing: missing, lifetime: context.lifetime(.seconds(60), range.range))
        }
    }

    private static func models(_ rows: [AggregateRow]) -> [AnswerJSON] {
        rows.filter { !$0.keys[0].isEmpty }
            .sorted { ($1.costMicroUSD, $0.keys[0]) < ($0.costMicroUSD, $1.keys[0]) }
            .map { row in
                .object([
                    ("model", .text(row.keys[0])), ("calls", .integer(row.events)),
                    ("input_tokens", .integer(row.inputTokens)), ("output_tokens", .integer(row.outputTokens)),
                    ("cost_micro_usd", .integer(row.costMicroUSD)), ("cost_usd", .text(dollars(row.costMicroUSD))),
                ])
            }
    }

    private static func costPoints(_ rows: [AggregateRow], _ axis: TimeAxis, now: Timestamp) -> [AnswerJSON] {
        var costs = [Int64](repeating: 0, count: axis.starts.count)
        for row in rows { if let at = axis.index(of: row.bucket) { costs[at] += row.costMicroUSD } }
        return zip(axis.starts, costs).map { at, cost in
            .object([("at", .time(at)), ("cost_micro_usd", at > now ? .null : .integer(cost))])
        }
    }

    /// `realtime_snapshot`: the last 60 minutes by the minute, the one now filling included, counted from rows.
    package func realtimeSnapshot(_ request: AnalyticsRequest) async throws(Problem) -> [UInt8] {
        let parameters = try Parameters(request.parameters, known: ["source", "channel"])
        return try await cached(.realtimeSnapshot, request, parameters) { context throws(Problem) in
            let minute = Timestamp(seconds: floorDivide(context.now.seconds, 60) * 60)
            let range = (minute - .seconds(59 * 60))..<(minute + .seconds(60))
            let filter = try FilterParameters.filter(parameters, project: request.project, range: range)
            let question = AggregateQuestion(
                filter: filter, buckets: .minutes, dimensions: [.type], rowsMax: AnalyticsLimits.aggregateRowsMax)
            let rows = try await ask(context.contract) { () async throws(EventStoreError) in
                try await reader.aggregate(question)
            }
            let axis = TimeAxis(range, .minute, calendar: context.project.calendar)
            var minutes = [MinuteCounts](repeating: MinuteCounts(), count: axis.starts.count)
            for row in rows { if let at = axis.index(of: row.bucket) { minutes[at].add(row) } }
            let points = zip(axis.starts, minutes).map { at, counts in
                AnswerJSON.object([
                    ("at", .time(at)), ("attempts", .integer(counts.attempts)), ("failures", .integer(counts.failures)),
                    ("events", .integer(counts.events)),
                ])
            }
            return Payload(
                members: [
                    ("last_5_minutes", MinuteCounts(minutes.suffix(5)).json),
                    ("last_hour", MinuteCounts(minutes[...]).json), ("per_minute", .array(points)),
                    ("lag_seconds", .number(lagSeconds)), ("incidents", .array([])),
                ], lifetime: .seconds(2))
        }
    }
}

/// Counts of one or several minutes.
private struct MinuteCounts {
    var attempts: Int64 = 0
    var leads: Int64 = 0
    var failures: Int64 = 0
    var events: Int64 = 0

    init() {}
    init(_ minutes: ArraySlice<MinuteCounts>) {
        for minute in minutes {
            attempts += minute.attempts
            leads += minute.leads
            failures += minute.failures
            events += minute.events
        }
    }

    mutating func add(_ row: AggregateRow) {
        events += row.events
        guard row.keys[0] == EventType.leadSubmission else { return }
        attempts += row.events
        leads += row.successes
        failures += row.failures
    }

    var json: AnswerJSON {
        .object([
            ("attempts", .integer(attempts)), ("leads", .integer(leads)), ("failures", .integer(failures)),
            ("events", .integer(events)),
        ])
    }
}
