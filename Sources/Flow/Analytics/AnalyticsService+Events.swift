package import Events
internal import Ports

extension AnalyticsService {
    /// `events`: rows, newest first or oldest first. Pages are stable: a cursor keeps the range and the stream offset of the
    /// first page, so what arrives later stays out.
    package func events(_ request: AnalyticsRequest) async throws(Problem) -> [UInt8] {
        let known = FilterParameters.rows.union(QuestionRange.parameters).union(["sort", "limit", "cursor"])
        let parameters = try Parameters(request.parameters, known: known)
        return try await fresh(.events, request) { context throws(Problem) in
            var range = try QuestionRange(parameters, calendar: context.project.calendar, now: context.now)
            let limit = try parameters.limit()
            let sorting = try parameters.sort(["time"], default: "-time")
            let binding = CursorSigner.Binding(
                contract: context.contract.name, project: request.project,
                question: parameters.normalised(without: ["cursor", "limit"]))
            var at: EventCursor?
            if let cursor = try parameters.one("cursor") {
                let position = try EventCursor(cursors.position(cursor, for: binding))
                range.range = position.range
                at = position
            }
            let filter = try FilterParameters.filter(parameters, project: request.project, range: range.range)
            let question = EventPageQuestion(
                filter: filter, newestFirst: sorting.descending, after: at?.position, asOf: at?.asOf, limit: limit + 1)
            let count = AggregateQuestion(filter: filter, rowsMax: 1)
            async let counted = askPart(context.contract) { () async throws(EventStoreError) in
                try await reader.aggregate(count)
            }
            let page = try await ask(context.contract) { () async throws(EventStoreError) in
                try await reader.events(question)
            }
            let total = await counted.map { RowSum($0).events }
            let rows = page.rows.prefix(limit)
            var next: String?
            if page.rows.count > limit, let last = rows.last {
                let position = EventCursor(
                    range: range.range, asOf: page.asOf,
                    position: EventPosition(time: last.time, eventKey: last.eventKey))
                next = cursors.cursor(position.text, for: binding)
            }
            return Payload(
                range: range,
                members: [
                    ("events", .array(rows.map { .object($0.members) })), ("page", pageJSON(next)),
                    ("total_estimate", total.map { .integer($0) } ?? .null),
                ], missing: total == nil ? ["total_estimate"] : [])
        }
    }

    /// `event`: one event with everything it carried.
    package func event(_ eventID: String, _ request: AnalyticsRequest) async throws(Problem) -> [UInt8] {
        _ = try Parameters(request.parameters, known: [])
        return try await fresh(.event, request) { context throws(Problem) in
            let found = try await ask(context.contract) { () async throws(EventStoreError) in
                try await reader.event(eventID, project: request.project)
            }
            guard let found else {
                throw Problem(
                    .notFound,
                    "The project has no event '\(eventID.prefix(64))'. One that was just accepted appears once it is processed."
                )
            }
            return Payload(members: [("event", found.json)])
        }
    }
}

struct EventCursor {
    var range: Range<Timestamp>
    var asOf: StreamOffset
    var position: EventPosition

    init(range: Range<Timestamp>, asOf: StreamOffset, position: EventPosition) {
        self.range = range
        self.asOf = asOf
        self.position = position
    }

    init(_ text: String) throws(Problem) {
        guard let fields = CursorFields.read(text, count: 5), let range = cursorRange(fields),
            let asOf = Int64(fields[2]), let time = Int64(fields[3]), let key = UInt64(fields[4])
        else { throw CursorSigner.invalid("it is not one of ours") }
        self.range = range
        self.asOf = StreamOffset(asOf)
        position = EventPosition(time: Timestamp(microseconds: time), eventKey: key)
    }

    var text: String {
        var fields = CursorFields()
        fields.add(range.lowerBound.microseconds)
        fields.add(range.upperBound.microseconds)
        fields.add(asOf.value)
        fields.add(position.time.microseconds)
        fields.add(String(position.eventKey))
        return fields.text
    }
}

extension AnalyticsService {
    /// For a lead's timeline, oldest first, each as one JSON object: the events that name the lead, and those of its sessions
    /// in the time range. Events of attempts in the log are left out: the log itself has them. `isCut` when there were more.
    package func timelineEvents(
        ofLead leadID: String, sessions: [String], in range: Range<Timestamp>, project: ProjectID, limit: Int
    ) async throws(Problem) -> (events: [(time: Timestamp, json: [UInt8])], isCut: Bool) {
        var rows = try await ask(.events) { () async throws(EventStoreError) in
            try await reader.events(ofLead: leadID, project: project, limit: limit + 1)
        }
        if !sessions.isEmpty {
            var known = Set(rows.map { [$0.eventID, String($0.time.microseconds)] })
            rows += try await ask(.events) { () async throws(EventStoreError) in
                try await reader.events(
                    ofSessions: sessions, orLead: leadID, in: range, project: project, limit: limit + 1)
            }.filter { known.insert([$0.eventID, String($0.time.microseconds)]).inserted }
            rows.sort { ($0.time, $0.eventKey) < ($1.time, $1.eventKey) }
        }
        let isCut = rows.count > limit
        let shown = rows.prefix(limit).filter { !($0.type == "lead.submission" && $0.eventID.hasPrefix(attemptPrefix)) }
        return (shown.map { ($0.time, AnswerJSON.object($0.members).bytes) }, isCut)
    }

    /// What the identifiers of attempts begin with: the log's own events have those of their attempts.
    private var attemptPrefix: String { IdentifierPrefix.attempt.rawValue + "_" }
}

extension EventRow {
    /// The members of a row in a list.
    var members: [(String, AnswerJSON)] {
        let error: AnswerJSON =
            errorCode.isEmpty && errorCategory.isEmpty
            ? .null
            : .object([
                ("category", .text(errorCategory)), ("code", .text(errorCode)), ("message", .present(errorMessage)),
            ])
        let retry: AnswerJSON =
            retryAttempt == 0
            ? .null
            : .object([
                ("attempt", .integer(retryAttempt)), ("max", retryMax == 0 ? .null : .integer(retryMax)),
            ])
        let funnel: AnswerJSON =
            funnelStep.isEmpty
            ? .null
            : .object([
                ("name", .text(funnelName)), ("step", .text(funnelStep)), ("position", .integer(funnelPosition)),
            ])
        return [
            ("event_id", .text(eventID)), ("type", .text(type)), ("time", .time(time)),
            ("received_at", .time(receivedAt)),
            ("source", .present(source)), ("channel", .present(channel)), ("user_id", .present(userID)),
            ("session_id", .present(sessionID)), ("lead_id", .present(leadID)), ("trace_id", .present(traceID)),
            ("outcome", .present(outcome)), ("error", error), ("duration_ms", .optional(durationMilliseconds)),
            ("retry", retry), ("model", .present(modelKey.isEmpty ? modelName : modelKey)),
            ("cost_micro_usd", .integer(costMicroUSD)), ("funnel", funnel),
        ]
    }
}

extension EventDetail {
    var json: AnswerJSON {
        var members = event.members
        if let at = members.firstIndex(where: { $0.0 == "error" }), case .object(let error) = members[at].1 {
            members[at].1 = .object(error + [("context", .presentJSON(event.errorContext))])
        }
        if let at = members.firstIndex(where: { $0.0 == "model" }), !event.modelName.isEmpty {
            members.insert(
                (
                    "model_details",
                    .object([
                        ("provider", .present(event.modelProvider)), ("name", .present(event.modelName)),
                        ("parameters", .presentJSON(payload.modelParameters)),
                    ])
                ), at: at + 1)
        }
        let tokens =
            event.inputTokens + event.cacheReadTokens + event.cacheWriteTokens + event.outputTokens
            + event.reasoningTokens
        // Answered as received: input includes cached, output includes reasoning.
        let usage: AnswerJSON =
            tokens == 0
            ? .null
            : .object([
                ("input_tokens", .integer(event.inputTokens + event.cacheReadTokens + event.cacheWriteTokens)),
                ("cache_read_tokens", .integer(event.cacheReadTokens)),
                ("cache_write_tokens", .integer(event.cacheWriteTokens)),
                ("output_tokens", .integer(event.outputTokens + event.reasoningTokens)),
                ("reasoning_tokens", .integer(event.reasoningTokens)),
            ])
        let prompt: AnswerJSON =
            event.promptName.isEmpty
            ? .null : .object([("name", .text(event.promptName)), ("version", .present(event.promptVersion))])
        let tool: AnswerJSON =
            event.toolName.isEmpty
            ? .null
            : .object([
                ("name", .text(event.toolName)), ("arguments", .presentJSON(payload.toolArguments)),
                ("result", .presentJSON(payload.toolResult)),
            ])
        members += [
            ("span_id", .present(event.spanID)), ("parent_span_id", .present(event.parentSpanID)),
            ("retry_outcome", .present(event.retryOutcome)), ("usage", usage),
            ("cost_usd", .text(dollars(event.costMicroUSD))), ("prompt", prompt), ("tool", tool),
            ("attributes", event.attributes.isEmpty ? .object([]) : .raw(event.attributes)),
            ("input", .presentJSON(payload.input)), ("output", .presentJSON(payload.output)),
            ("logical_date", .text(event.logicalDate.description)),
            ("stream_offset", .integer(event.streamOffset.value)),
        ]
        return .object(members)
    }
}
