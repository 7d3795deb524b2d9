package import Events
internal import Ports

extension AnalyticsService {
    /// `funnel_metrics`: sessions by furthest step, and attempts in total and by channel.
    ///
    /// A session that reached a step has reached those before it. Steps are narrowed by source and channel alone
    /// (`steps_narrowed_by`); totals and channels by every filter.
    package func funnelMetrics(_ request: AnalyticsRequest) async throws(Problem) -> [UInt8] {
        let known = FilterParameters.shared.union(QuestionRange.parameters).union(["funnel", "sort"])
        let parameters = try Parameters(request.parameters, known: known)
        return try await cached(.funnelMetrics, request, parameters) { context throws(Problem) in
            let range = try QuestionRange(parameters, calendar: context.project.calendar, now: context.now)
            let filter = try FilterParameters.filter(parameters, project: request.project, range: range.range)
            let sorting = try parameters.sort(
                ["attempts", "leads", "failures", "conversion_rate", "failure_density", "p95_latency"],
                default: "-attempts")
            let funnel = try parameters.one("funnel") ?? Funnel.mortgageRefinance
            let byChannel = AggregateQuestion(
                filter: filter.ofAttempts, dimensions: [.channel], withLatency: true,
                rowsMax: AnalyticsLimits.aggregateRowsMax)
            async let stepRows = askPart(context.contract) { () async throws(EventStoreError) in
                try await reader.funnel(FunnelQuestion(filter: filter, funnel: funnel))
            }
            let channels = try await ask(context.contract) { () async throws(EventStoreError) in
                try await reader.aggregate(byChannel)
            }
            let steps = await stepRows
            return Payload(
                range: range,
                members: [
                    ("funnel", .text(funnel)),
                    ("steps", .array(Self.steps(funnel, steps ?? []))),
                    ("steps_narrowed_by", .array([.text("source"), .text("channel")])),
                    ("totals", Self.totals(channels)),
                    ("by_channel", .array(Self.channels(channels, sorting))),
                ],
                missing: steps == nil ? ["steps"] : [],
                lifetime: context.lifetime(.seconds(30), range.range))
        }
    }

    /// Known steps in their order, whether anybody came or not; steps we do not know behind them, by position.
    private static func steps(_ funnel: String, _ rows: [FunnelStepRow]) -> [AnswerJSON] {
        let byName = Dictionary(rows.map { ($0.step, $0) }, uniquingKeysWith: { first, _ in first })
        let known = Funnel.steps[funnel] ?? []
        var ordered = known.enumerated().map { index, step in
            byName[step]
                ?? FunnelStepRow(step: step, position: index + 1, furthestSessions: 0, events: 0, sketch: [])
        }
        for index in ordered.indices { ordered[index].position = index + 1 }
        for row in rows.sorted(by: { ($0.position, $0.step) < ($1.position, $1.step) }) where !known.contains(row.step)
        {
            ordered.append(row)
        }
        var reached = ordered.map(\.furthestSessions)
        for index in reached.indices.dropLast().reversed() { reached[index] += reached[index + 1] }
        return ordered.enumerated().map { index, row in
            let before = index == 0 ? nil : reached[index - 1]
            return .object([
                ("step", .text(row.step)), ("position", .integer(row.position)), ("sessions", .integer(reached[index])),
                ("events", .integer(row.events)),
                ("conversion_from_previous", .optional(before.flatMap { share(reached[index], of: $0) })),
                ("conversion_from_first", .optional(share(reached[index], of: reached[0]))),
                ("drop_off", before.map { .integer($0 - reached[index]) } ?? .null),
                ("p50_ms", .optional(quantile(0.5, row.sketch))), ("p95_ms", .optional(quantile(0.95, row.sketch))),
            ])
        }
    }

    private static func totals(_ rows: [AggregateRow]) -> AnswerJSON {
        let sum = RowSum(rows)
        return .object([
            ("attempts", .integer(sum.events)), ("leads", .integer(sum.successes)),
            ("failures", .integer(sum.failures)),
            ("conversion_rate", .optional(share(sum.successes, of: sum.events))),
            ("p95_latency_ms", .optional(quantile(0.95, sum.sketch))),
        ])
    }

    private static func channels(_ rows: [AggregateRow], _ sorting: Sorting) -> [AnswerJSON] {
        let measured = rows.map { row in (row: row, p95: quantile(0.95, row.sketch)) }
        let ranked = measured.map { one in
            let value: Double? =
                switch sorting.key {
                case "leads": Double(one.row.successes)
                case "failures": Double(one.row.failures)
                case "conversion_rate": share(one.row.successes, of: one.row.events)
                case "failure_density": share(one.row.failures, of: one.row.events)
                case "p95_latency": one.p95
                default: Double(one.row.events)
                }
            return Ranked(value: value, key: one.row.keys[0], item: one)
        }
        return Ranked.sorted(ranked, descending: sorting.descending).map { ranked in
            let row = ranked.item.row
            return .object([
                ("channel", .present(row.keys[0])), ("attempts", .integer(row.events)),
                ("leads", .integer(row.successes)), ("failures", .integer(row.failures)),
                ("conversion_rate", .optional(share(row.successes, of: row.events))),
                ("failure_density", .optional(share(row.failures, of: row.events))),
                ("p95_latency_ms", .optional(ranked.item.p95)),
            ])
        }
    }
}
