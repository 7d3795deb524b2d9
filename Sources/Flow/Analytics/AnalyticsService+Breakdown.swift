package import Events
internal import Ports

extension AnalyticsService {
    /// `breakdown`: everything countable by one dimension, a page at a time; `other` is what the page leaves out.
    package func breakdown(_ request: AnalyticsRequest) async throws(Problem) -> [UInt8] {
        let known = FilterParameters.shared.union(QuestionRange.parameters).union(["by", "sort", "limit", "cursor"])
        let parameters = try Parameters(request.parameters, known: known)
        return try await cached(.breakdown, request, parameters) { context throws(Problem) in
            var range = try QuestionRange(parameters, calendar: context.project.calendar, now: context.now)
            let allowed = [
                "source", "channel", "type", "error_category", "error_code", "model", "prompt", "outcome",
                "retry_outcome",
            ]
            guard let by = try parameters.one("by", of: allowed), let dimension = EventDimension(rawValue: by) else {
                throw Parameters.problem(
                    .parameterMissing, "by", "Name what to break down by.",
                    "Add by=, any of: \(allowed.joined(separator: ", ")).")
            }
            let limit = try parameters.limit()
            let sorting = try parameters.sort(
                ["events", "successes", "failures", "failure_share", "p95_latency", "cost"], default: "-events")
            let binding = CursorSigner.Binding(
                contract: context.contract.name, project: request.project,
                question: parameters.normalised(without: ["cursor", "limit"]))
            var after: RankedCursor?
            if let cursor = try parameters.one("cursor") {
                let position = try RankedCursor(cursors.position(cursor, for: binding))
                range.range = position.range
                after = position
            }
            let question = AggregateQuestion(
                filter: try FilterParameters.filter(parameters, project: request.project, range: range.range),
                dimensions: [dimension], withLatency: true, rowsMax: AnalyticsLimits.aggregateRowsMax)
            let rows = try await ask(context.contract) { () async throws(EventStoreError) in
                try await reader.aggregate(question)
            }
            let ranked = rows.map { row in
                let value: Double? =
                    switch sorting.key {
                    case "successes": Double(row.successes)
                    case "failures": Double(row.failures)
                    case "failure_share": share(row.failures, of: row.events)
                    case "p95_latency": quantile(0.95, row.sketch)
                    case "cost": Double(row.costMicroUSD)
                    default: Double(row.events)
                    }
                return Ranked(value: value, key: row.keys[0], item: row)
            }
            let page = RankedPage(
                ranked, descending: sorting.descending, limit: limit, range: range.range, after: after,
                signer: cursors, binding: binding)
            let shown = Set(page.items.map(\.key))
            let others = rows.filter { !shown.contains($0.keys[0]) }
            return Payload(
                range: range,
                members: [
                    ("by", .text(by)),
                    ("rows", .array(page.items.map { Self.row(.present($0.key), RowSum([$0.item])) })),
                    ("other", others.isEmpty ? .null : Self.row(.null, RowSum(others))),
                    ("page", page.json),
                ], lifetime: context.lifetime(.seconds(30), range.range))
        }
    }

    private static func row(_ value: AnswerJSON, _ sum: RowSum) -> AnswerJSON {
        .object([
            ("value", value), ("events", .integer(sum.events)), ("successes", .integer(sum.successes)),
            ("failures", .integer(sum.failures)), ("failure_share", .optional(share(sum.failures, of: sum.events))),
            ("p50_ms", .optional(quantile(0.5, sum.sketch))), ("p95_ms", .optional(quantile(0.95, sum.sketch))),
            ("p99_ms", .optional(quantile(0.99, sum.sketch))), ("input_tokens", .integer(sum.inputTokens)),
            ("output_tokens", .integer(sum.outputTokens)), ("cost_micro_usd", .integer(sum.costMicroUSD)),
            ("cost_usd", .text(dollars(sum.costMicroUSD))),
        ])
    }

    /// `facets`: the values to narrow down by, with their counts. A facet's own filter does not narrow it, so that its
    /// other values stay visible.
    package func facets(_ request: AnalyticsRequest) async throws(Problem) -> [UInt8] {
        let known = FilterParameters.shared.union(QuestionRange.parameters).union(["field"])
        let parameters = try Parameters(request.parameters, known: known)
        return try await cached(.facets, request, parameters) { context throws(Problem) in
            let range = try QuestionRange(parameters, calendar: context.project.calendar, now: context.now)
            let filter = try FilterParameters.filter(parameters, project: request.project, range: range.range)
            let standard = ["source", "channel", "type", "outcome", "error_category", "error_code", "model"]
            let named = try parameters.all("field", of: standard + ["prompt", "retry_outcome"])
            let fields = (named.isEmpty ? standard : named).compactMap(EventDimension.init(rawValue:))
            // A field's own filter does not narrow its values. Fields that are not filtered share one question.
            let groups = Dictionary(grouping: fields) { filter.without($0) }
            let found = await withTaskGroup(of: ([EventDimension], Result<[[ValueCount]], Problem>).self) { group in
                for (filter, fields) in groups {
                    group.addTask { (fields, await counts(filter, fields, context)) }
                }
                return await group.reduce(into: [EventDimension: Result<[ValueCount], Problem>]()) { found, answer in
                    for (index, field) in answer.0.enumerated() { found[field] = answer.1.map { $0[index] } }
                }
            }
            var answers: [AnswerJSON] = []
            var missing: [String] = []
            var failure: Problem?
            for field in fields {
                switch found[field] {
                case .success(let counts): answers.append(Self.facetJSON(field, counts))
                case .failure(let problem):
                    failure = problem
                    missing.append("facets.\(field.rawValue)")
                case nil: missing.append("facets.\(field.rawValue)")
                }
            }
            if answers.isEmpty, let failure { throw failure }
            return Payload(
                range: range, members: [("facets", .array(answers))], missing: missing,
                lifetime: context.lifetime(.seconds(30), range.range))
        }
    }

    private func counts(
        _ filter: EventFilter, _ fields: [EventDimension], _ context: AnswerContext
    ) async -> Result<[[ValueCount]], Problem> {
        do throws(Problem) {
            return .success(
                try await ask(context.contract) { () async throws(EventStoreError) in
                    try await reader.counts(filter, by: fields, valuesMax: AnalyticsLimits.aggregateRowsMax)
                })
        } catch {
            return .failure(error)
        }
    }

    private static func facetJSON(_ field: EventDimension, _ counts: [ValueCount]) -> AnswerJSON {
        let ranked = counts.sorted { ($1.events, $0.value) < ($0.events, $1.value) }
        let shown = ranked.prefix(AnalyticsLimits.facetValuesMax)
        let rest = ranked.dropFirst(AnalyticsLimits.facetValuesMax).reduce(0) { $0 + $1.events }
        return .object([
            ("field", .text(field.rawValue)),
            (
                "values",
                .array(shown.map { .object([("value", .present($0.value)), ("count", .integer($0.events))]) })
            ),
            ("other_count", .integer(rest)),
        ])
    }
}

extension EventFilter {
    fileprivate func without(_ field: EventDimension) -> EventFilter {
        var filter = self
        switch field {
        case .type: filter.types = []
        case .source: filter.sources = []
        case .channel: filter.channels = []
        case .outcome: filter.outcomes = []
        case .model: filter.models = []
        case .prompt: filter.prompts = []
        case .errorCategory: filter.errorCategories = []
        case .errorCode: filter.errorCodes = []
        case .retryOutcome: filter.retryOutcomes = []
        }
        return filter
    }
}
