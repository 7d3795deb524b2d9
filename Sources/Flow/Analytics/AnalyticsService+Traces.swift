package import Events
internal import Ports

extension AnalyticsService {
    /// `traces`: traces with at least one event that the filter accepts, newest first.
    package func traces(_ request: AnalyticsRequest) async throws(Problem) -> [UInt8] {
        let known = FilterParameters.rows.union(QuestionRange.parameters).union(["limit", "cursor"])
        let parameters = try Parameters(request.parameters, known: known)
        return try await fresh(.traces, request) { context throws(Problem) in
            var range = try QuestionRange(parameters, calendar: context.project.calendar, now: context.now)
            let limit = try parameters.limit()
            let binding = CursorSigner.Binding(
                contract: context.contract.name, project: request.project,
                question: parameters.normalised(without: ["cursor", "limit"]))
            var after: TracePosition?
            var asOf: StreamOffset?
            if let cursor = try parameters.one("cursor") {
                let text = try cursors.position(cursor, for: binding)
                guard let fields = CursorFields.read(text, count: 5), let kept = cursorRange(fields),
                    let offset = Int64(fields[2]), let time = Int64(fields[3])
                else { throw CursorSigner.invalid("it is not one of ours") }
                range.range = kept
                asOf = StreamOffset(offset)
                after = TracePosition(firstTime: Timestamp(microseconds: time), traceID: fields[4])
            }
            let question = TracePageQuestion(
                filter: try FilterParameters.filter(parameters, project: request.project, range: range.range),
                after: after, asOf: asOf, limit: limit + 1)
            let page = try await ask(context.contract) { () async throws(EventStoreError) in
                try await reader.traces(question)
            }
            let rows = page.traces.prefix(limit)
            var next: String?
            if page.traces.count > limit, let last = rows.last {
                var fields = CursorFields()
                fields.add(range.range.lowerBound.microseconds)
                fields.add(range.range.upperBound.microseconds)
                fields.add(page.asOf.value)
                fields.add(last.firstTime.microseconds)
                fields.add(last.traceID)
                next = cursors.cursor(fields.text, for: binding)
            }
            return Payload(
                range: range, members: [("traces", .array(rows.map(\.json))), ("page", pageJSON(next))])
        }
    }

    /// `trace`: the events of one trace, oldest first, each with its place in time; the tree is in `parent_span_id`.
    package func trace(_ traceID: String, _ request: AnalyticsRequest) async throws(Problem) -> [UInt8] {
        _ = try Parameters(request.parameters, known: [])
        return try await fresh(.trace, request) { context throws(Problem) in
            let id = traceID.lowercased()
            let found = try await ask(context.contract) { () async throws(EventStoreError) in
                try await reader.trace(id, project: request.project, limit: AnalyticsLimits.traceEventsMax + 1)
            }
            guard let first = found.first else {
                throw Problem(.notFound, "The project has no trace '\(id.prefix(64))'.")
            }
            let shown = found.prefix(AnalyticsLimits.traceEventsMax)
            let start = first.event.time
            let end = shown.map { $0.event.time + .microseconds(Int64(($0.event.durationMilliseconds ?? 0) * 1000)) }
                .max()
            let cost = shown.reduce(0) { $0 + $1.event.costMicroUSD }
            let events = shown.map { detail -> AnswerJSON in
                guard case .object(let members) = detail.json else { return detail.json }
                return .object(members + [("offset_ms", .number((detail.event.time - start).milliseconds))])
            }
            return Payload(members: [
                (
                    "trace",
                    .object([
                        ("trace_id", .text(id)), ("started_at", .time(start)),
                        ("duration_ms", .number(((end ?? start) - start).milliseconds)),
                        ("events", .integer(shown.count)),
                        ("failures", .integer(shown.count { $0.event.outcome == Outcome.failure.rawValue })),
                        ("cost_micro_usd", .integer(cost)), ("cost_usd", .text(dollars(cost))),
                        ("is_cut", .bool(found.count > shown.count)),
                    ])
                ), ("events", .array(events)),
            ])
        }
    }
}

extension TraceSummary {
    fileprivate var json: AnswerJSON {
        .object([
            ("trace_id", .text(traceID)), ("started_at", .time(firstTime)), ("last_event_at", .time(lastTime)),
            ("events", .integer(events)), ("failures", .integer(failures)), ("root_type", .present(rootType)),
            ("source", .present(source)), ("lead_id", .present(leadID)), ("input_tokens", .integer(inputTokens)),
            ("output_tokens", .integer(outputTokens)), ("cost_micro_usd", .integer(costMicroUSD)),
            ("cost_usd", .text(dollars(costMicroUSD))),
        ])
    }
}
