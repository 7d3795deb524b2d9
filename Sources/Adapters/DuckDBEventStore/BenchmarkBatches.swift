package import Events
package import Ports

/// Batches for measuring the store: seeded, so that two runs write the same rows. Shaped like live traffic: lead
/// submissions, funnel steps and model calls of many projects, in the order of their times.
package struct BenchmarkBatches {
    private var state: UInt64
    private let projects: [String]
    private let eventsPerSecond: Double
    private var clock: Timestamp
    private var serial: Int64 = 0
    private var offset: Int64

    /// `ownProject` takes the place of the first of the `projects` invented ones, so that somebody can ask for its rows.
    package init(
        seed: UInt64, projects: Int, start: Timestamp, eventsPerSecond: Double, firstOffset: StreamOffset,
        ownProject: ProjectID? = nil
    ) {
        state = seed
        var names = (0..<projects).map { "prj_\(String(10_000_000 + $0))" }
        if let ownProject { names[0] = ownProject.text }
        self.projects = names
        self.eventsPerSecond = eventsPerSecond
        clock = start
        offset = firstOffset.value
    }

    private mutating func random() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    private mutating func pick<T>(_ from: [T]) -> T { from[Int(random() % UInt64(from.count))] }

    /// The next `rows` rows, one stream frame each hundred.
    package mutating func next(rows: Int) -> EventStoreBatch {
        var c = EventColumns()
        var books: [BooksKey: BooksDelta] = [:]
        let origins = [
            ("web_form", "organic"), ("web_form", "paid_search"), ("web_form", "email"), ("partner_api", "affiliate"),
            ("bulk_import", "offline"), ("call_center", "phone"), ("webhook", "affiliate"),
        ]
        let steps = Funnel.steps[Funnel.mortgageRefinance]!
        let models = ["gpt-4o", "claude-sonnet", "llama3.1:8b"]
        for row in 0..<rows {
            serial += 1
            clock = clock + .microseconds(Int64(1_000_000 / eventsPerSecond))
            if row % 100 == 0 { offset += 1 }
            let kind = random() % 10
            let failed = random() % 10 == 0
            let project = pick(projects)
            let id = "evt_\(String(random(), radix: 36))\(serial)"
            c.count += 1
            c.projectID.append(project)
            c.eventID.append(id)
            c.eventKey.append(Self.key(project, id, clock))
            c.type.append(kind < 3 ? EventType.leadSubmission : kind < 6 ? EventType.funnelStep : EventType.llmCall)
            c.time.append(clock)
            c.receivedAt.append(clock)
            c.logicalDate.append(DayCalendar.utc.date(at: clock))
            c.streamOffset.append(StreamOffset(offset - 1))
            let origin = kind >= 6 ? ("", "") : pick(origins)
            c.source.append(origin.0)
            c.channel.append(origin.1)
            c.userID.append("usr_\(random() % 1_000_000)")
            c.sessionID.append("ses_\(String(random() % 5_000_000, radix: 16))")
            c.leadID.appendEmpty()
            c.traceID.append(kind >= 6 ? String(random(), radix: 16) + String(random(), radix: 16) : "")
            c.spanID.append(kind >= 6 ? String(random(), radix: 16) : "")
            c.parentSpanID.appendEmpty()
            c.outcome.append(failed ? "failure" : "success")
            c.errorCategory.append(failed ? (kind >= 6 ? "model" : "validation") : "")
            let codes =
                kind >= 6
                ? ["dependency_timeout", "context_too_long"]
                : ["phone_country_missing", "email_invalid", "state_invalid"]
            c.errorCode.append(failed ? pick(codes) : "")
            c.errorMessage.append(failed ? "The field does not have the required form" : "")
            c.errorContext.append(failed ? "{\"field\":\"phone\"}" : "")
            c.retryAttempt.append(1)
            c.retryMax.append(3)
            c.retryOutcome.append(failed ? "pending" : "first_try")
            c.durationMilliseconds.append(Double(random() % 200_000) / 100 + 1)
            c.modelProvider.append(kind >= 6 ? "openai" : "")
            let model = kind >= 6 ? pick(models) : ""
            c.modelName.append(model)
            c.modelKey.append(model)
            c.inputTokens.append(kind >= 6 ? Int64(random() % 2000) : 0)
            c.cacheReadTokens.append(0)
            c.cacheWriteTokens.append(0)
            c.outputTokens.append(kind >= 6 ? Int64(random() % 800) : 0)
            c.reasoningTokens.append(0)
            c.costMicroUSD.append(kind >= 6 ? Int64(random() % 5000) : 0)
            c.promptName.append(kind >= 6 ? "qualify" : "")
            c.promptVersion.append(kind >= 6 ? "3" : "")
            c.toolName.appendEmpty()
            let position = Int(random() % UInt64(steps.count))
            let isStep = kind >= 3 && kind < 6
            c.funnelName.append(isStep ? Funnel.mortgageRefinance : "")
            c.funnelStep.append(isStep ? steps[position] : "")
            c.funnelPosition.append(isStep ? Int32(position + 1) : 0)
            c.attributes.append("{\"browser\":\"firefox\",\"form_version\":\(random() % 12),\"ab_test\":\"b\"}")
            c.input.append(
                kind == 9 ? "{\"messages\":[{\"role\":\"user\",\"content\":\"Does this applicant qualify?\"}]}" : "")
            c.output.append(kind == 9 ? "{\"answer\":\"Yes, by the usual guidelines.\"}" : "")
            c.toolArguments.appendEmpty()
            c.toolResult.appendEmpty()
            c.modelParameters.appendEmpty()
            var delta = BooksDelta()
            delta.received = 1
            delta.stored = 1
            let key = BooksKey(projectID: ProjectID(trusted: project), date: DayCalendar.utc.date(at: clock))
            books[key, default: BooksDelta()] += delta
        }
        return EventStoreBatch(columns: c, books: books, quarantined: [], nextOffset: StreamOffset(offset))
    }

    private static func key(_ project: String, _ id: String, _ time: Timestamp) -> UInt64 {
        var project = project
        var id = id
        return project.withUTF8 { project in id.withUTF8 { EventKey.key(project: project, event: $0, time: time) } }
    }
}
