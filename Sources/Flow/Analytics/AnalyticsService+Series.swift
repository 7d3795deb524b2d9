package import Events
internal import Ports

/// What a series shows, and in which unit.
enum SeriesMetric: String, CaseIterable {
    case attempts, leads, failures, events
    case errorRate = "error_rate"
    case p50 = "p50_latency"
    case p95 = "p95_latency"
    case p99 = "p99_latency"
    case tokens, cost

    var unit: String {
        switch self {
        case .attempts, .leads, .failures, .events: "count"
        case .errorRate: "ratio"
        case .p50, .p95, .p99: "ms"
        case .tokens: "tokens"
        case .cost: "micro_usd"
        }
    }
    /// Whether it is about attempts (submissions, unless types are named) or about all events.
    var isOfAttempts: Bool {
        switch self {
        case .events, .tokens, .cost: false
        default: true
        }
    }
    var needsLatency: Bool { self == .p50 || self == .p95 || self == .p99 }

    /// The value of a bucket; `row` is nil when nothing happened in it.
    func value(_ row: RowSum?) -> AnswerJSON {
        switch self {
        case .attempts, .events: .integer(row?.events ?? 0)
        case .leads: .integer(row?.successes ?? 0)
        case .failures: .integer(row?.failures ?? 0)
        case .errorRate: .optional(row.flatMap { share($0.failures, of: $0.events) })
        case .p50: .optional(row.flatMap { quantile(0.5, $0.sketch) })
        case .p95: .optional(row.flatMap { quantile(0.95, $0.sketch) })
        case .p99: .optional(row.flatMap { quantile(0.99, $0.sketch) })
        case .tokens: .integer(row.map { $0.inputTokens + $0.outputTokens } ?? 0)
        case .cost: .integer(row?.costMicroUSD ?? 0)
        }
    }
}

extension AnalyticsService {
    /// `timeseries`: one series for each metric and group, with a point for every bucket of the range.
    ///
    /// A bucket that has not begun has no value (`null`), and so has a ratio or a latency without events.
    package func timeseries(_ request: AnalyticsRequest) async throws(Problem) -> [UInt8] {
        let known = FilterParameters.shared.union(QuestionRange.parameters).union(["metric", "granularity", "group_by"])
        let parameters = try Parameters(request.parameters, known: known)
        return try await cached(.timeseries, request, parameters) { context throws(Problem) in
            var range = try QuestionRange(parameters, calendar: context.project.calendar, now: context.now)
            try range.divide(parameters)
            let names = try parameters.all("metric", of: SeriesMetric.allCases.map(\.rawValue))
            let metrics = names.isEmpty ? [.attempts] : names.compactMap(SeriesMetric.init(rawValue:))
            let grouping = try parameters.one(
                "group_by", of: ["source", "channel", "type", "error_category", "model", "outcome"]
            ).flatMap(EventDimension.init(rawValue:))
            let filter = try FilterParameters.filter(parameters, project: request.project, range: range.range)
            let axis = TimeAxis(
                range.range, range.granularity ?? .hour, calendar: context.project.calendar)
            let plan = SeriesPlan(filter: filter, axis: axis, grouping: grouping, metrics: metrics)
            async let others = part(plan.question(ofAttempts: false), context.contract)
            let attempts = await part(plan.question(ofAttempts: true), context.contract)
            let all = await others
            var missing: [String] = []
            var series: [AnswerJSON] = []
            for metric in metrics {
                switch metric.isOfAttempts ? attempts : all {
                case .success(let rows): series += plan.series(metric, rows, now: context.now)
                case .failure(let problem):
                    missing.append("series.\(metric.rawValue)")
                    if missing.count == metrics.count { throw problem }
                }
            }
            let filling = axis.filling(at: context.now, in: range.range)
            return Payload(
                range: range,
                members: [("series", .array(series)), ("filling_from", filling.map { .time($0) } ?? .null)],
                missing: missing, lifetime: context.lifetime(.seconds(15), range.range))
        }
    }

    /// Rows of a question that may not be needed (no rows then) or may fail.
    private func part(_ question: AggregateQuestion?, _ contract: Contract) async -> Result<[AggregateRow], Problem> {
        guard let question else { return .success([]) }
        return await part(question, contract)
    }
}

struct SeriesPlan {
    var filter: EventFilter
    var axis: TimeAxis
    var grouping: EventDimension?
    var metrics: [SeriesMetric]

    /// Nil when no metric needs it.
    func question(ofAttempts: Bool) -> AggregateQuestion? {
        let mine = metrics.filter { $0.isOfAttempts == ofAttempts }
        guard !mine.isEmpty else { return nil }
        return AggregateQuestion(
            filter: ofAttempts ? filter.ofAttempts : filter, buckets: axis.buckets,
            dimensions: grouping.map { [$0] } ?? [], withLatency: mine.contains(where: \.needsLatency),
            rowsMax: AnalyticsLimits.aggregateRowsMax)
    }

    func series(_ metric: SeriesMetric, _ rows: [AggregateRow], now: Timestamp) -> [AnswerJSON] {
        guard grouping != nil else { return [one(metric, .null, rows, now)] }
        var groups = Dictionary(grouping: rows) { $0.keys[0] }
        let order = groups.map { (name: $0.key, events: RowSum($0.value).events) }
            .sorted { ($1.events, $0.name) < ($0.events, $1.name) }.map(\.name)
        var out: [AnswerJSON] = []
        for name in order.prefix(AnalyticsLimits.seriesGroupsMax) {
            out.append(one(metric, .text(name), groups.removeValue(forKey: name) ?? [], now))
        }
        if !groups.isEmpty { out.append(one(metric, .text("other"), groups.values.flatMap { $0 }, now)) }
        return out
    }

    private func one(
        _ metric: SeriesMetric, _ group: AnswerJSON, _ rows: [AggregateRow], _ now: Timestamp
    ) -> AnswerJSON {
        var buckets: [Int: [AggregateRow]] = [:]
        for row in rows { if let at = axis.index(of: row.bucket) { buckets[at, default: []].append(row) } }
        let points = axis.starts.enumerated().map { index, at in
            AnswerJSON.object([
                ("at", .time(at)), ("value", at > now ? .null : metric.value(buckets[index].map { RowSum($0) })),
            ])
        }
        return .object([
            ("metric", .text(metric.rawValue)), ("group", group), ("unit", .text(metric.unit)),
            ("points", .array(points)),
        ])
    }
}
