internal import Events

/// The AI calls behind a lead: an agent that qualifies it, and a chat assistant on the page.
extension JourneyWriter {
    /// One trace: retrieve the rate sheet, qualify, pull credit, explain.
    mutating func qualification(
        _ visitor: Visitor, form: SubmissionForm, at start: Timestamp, active: ActiveMisconfigurations
    ) -> [PlannedEvent] {
        let trace = Trace(id: random.hex(32), root: random.hex(16))
        var events: [PlannedEvent] = []
        var time = start
        events.append(retrieval(visitor, trace, form: form, at: &time))
        let facts =
            "loan \(form.loanAmount), value \(form.propertyValue), income \(form.annualIncome), score \(form.creditScore), \(form.person.state)"
        events += modelCall(
            visitor, trace, prompt: "lead-qualification", question: "Qualify this application: \(facts).",
            answer: qualifies(form)
                ? "Qualified: the ratios are within the guidelines."
                : "Refer: loan to value or score is outside the guidelines.",
            tokens: (880, 120), at: &time, active: active)
        events.append(creditPull(visitor, trace, form: form, at: &time, active: active))
        if random.chance(0.7) {
            events += modelCall(
                visitor, trace, prompt: "offer-explanation",
                question: "Explain the offer for \(facts) in three sentences.",
                answer:
                    "With a score of \(form.creditScore) a \(form.termMonths / 12)-year refinance is available. The payment falls by about \(random.int(90...420)) dollars a month. Closing takes four to six weeks.",
                tokens: (1350, 240), at: &time, active: active)
        }
        if random.chance(0.25) { events.append(evaluation(visitor, trace, at: time)) }
        var root = visitor.members(type: "agent.step")
        trace.add(to: &root, span: trace.root, parent: nil)
        root.add("outcome", "success")
        root.add("duration_ms", (time - start).milliseconds.rounded())
        var attributes = JSONMembers()
        attributes.add("agent", "qualifier")
        attributes.add("steps", events.count)
        root.add("attributes", attributes)
        events.insert(PlannedEvent(at: start, eventID: nextID(), type: "agent.step", members: root), at: 0)
        return events
    }

    /// A visitor asks the assistant on the page one to three questions.
    mutating func assistantChat(
        _ visitor: Visitor, at start: Timestamp, active: ActiveMisconfigurations
    ) -> [PlannedEvent] {
        let trace = Trace(id: random.hex(32), root: random.hex(16))
        var events: [PlannedEvent] = []
        var time = start
        for _ in 0..<random.int(1...3) {
            let (question, answer) = random.pick(Self.questions)
            events += modelCall(
                visitor, trace, prompt: "page-assistant", question: question, answer: answer, tokens: (460, 150),
                at: &time, active: active)
            time = time + seconds(random.logNormal(median: 25, sigma: 0.6))
        }
        return events
    }

    // MARK: Parts of a trace

    private struct Trace {
        var id: String
        var root: String
        func add(to members: inout JSONMembers, span: String, parent: String?) {
            members.add("trace_id", id)
            members.add("span_id", span)
            if let parent { members.add("parent_span_id", parent) }
        }
    }

    /// A call to a model, with the tries it takes: at most three.
    private mutating func modelCall(
        _ visitor: Visitor, _ trace: Trace, prompt: String, question: String, answer: String, tokens: (Double, Double),
        at time: inout Timestamp, active: ActiveMisconfigurations
    ) -> [PlannedEvent] {
        let (provider, model, milliseconds) = random.pick(weighted: Self.models)
        var events: [PlannedEvent] = []
        for number in 1...3 {
            let failure = modelFailure(active)
            var members = visitor.members(type: EventType.llmCall)
            trace.add(to: &members, span: random.hex(16), parent: trace.root)
            var parameters = JSONMembers()
            parameters.add("temperature", 0.2)
            parameters.add("max_tokens", 512)
            var modelMembers = JSONMembers()
            modelMembers.add("provider", provider)
            modelMembers.add("name", model)
            modelMembers.add("parameters", parameters)
            members.add("model", modelMembers)
            addPrompt(prompt, at: time, to: &members)
            var retry = JSONMembers()
            retry.add("attempt", number)
            retry.add("max", 3)
            members.add("retry", retry)
            members.add("input", messages(prompt, question, at: time))
            let took: Double
            if let failure {
                took =
                    failure.code == "model_timeout"
                    ? 30_000 : random.logNormal(median: failure.milliseconds, sigma: 0.4)
                members.add("outcome", "failure")
                members.add("error", failure.json(milliseconds: took))
            } else {
                took = random.logNormal(median: milliseconds, sigma: 0.45)
                members.add("outcome", "success")
                members.add("usage", usage(tokens, isBloated: active(.promptTooLong)))
                var output = JSONMembers()
                output.add("role", "assistant")
                output.add("content", answer)
                members.add("output", output)
            }
            members.add("duration_ms", took.rounded())
            events.append(PlannedEvent(at: time, eventID: nextID(), type: EventType.llmCall, members: members))
            time = time + seconds(took / 1000)
            guard failure != nil else { break }
            time = time + seconds(0.5 * Double(number))
        }
        return events
    }

    private mutating func modelFailure(_ active: ActiveMisconfigurations) -> PlannedFailure? {
        if random.chance(active(.modelTimeouts) ? 0.45 : 0.011) {
            return PlannedFailure("timeout", "model_timeout", "The model gave no answer within 30 s.", 30_000)
        }
        if random.chance(0.005) {
            return PlannedFailure(
                "rate_limited", "model_rate_limited", "The provider answered 429: tokens per minute exhausted.", 180)
        }
        if random.chance(0.004) {
            return PlannedFailure("model", "answer_not_json", "The answer did not follow the requested schema.", 1400)
        }
        return nil
    }

    private mutating func usage(_ tokens: (Double, Double), isBloated: Bool) -> JSONMembers {
        let input = Int(random.logNormal(median: tokens.0 * (isBloated ? 8 : 1), sigma: 0.25))
        let output = Int(random.logNormal(median: tokens.1, sigma: 0.35))
        var usage = JSONMembers()
        usage.add("input_tokens", input)
        usage.add("cache_read_tokens", random.chance(0.4) ? input / 2 : 0)
        usage.add("output_tokens", output)
        return usage
    }

    /// A prompt's version changes every eleven days; one call in five still uses the one before.
    private mutating func promptVersion(at time: Timestamp) -> Int {
        let current = 12 + Int(time.seconds / (11 * 86_400)) % 40
        return random.chance(0.2) ? current - 1 : current
    }

    private mutating func addPrompt(_ name: String, at time: Timestamp, to members: inout JSONMembers) {
        var prompt = JSONMembers()
        prompt.add("name", name)
        prompt.add("version", "v\(promptVersion(at: time))")
        members.add("prompt", prompt)
    }

    private func messages(_ prompt: String, _ question: String, at time: Timestamp) -> JSONMembers {
        let variants = Self.systemTexts[prompt] ?? ["You are a helpful assistant."]
        let text = variants[Int(time.seconds / (11 * 86_400)) % variants.count]
        var input = JSONMembers()
        input.add(
            "messages",
            raw:
                "[{\"role\":\"system\",\"content\":\(JSONText.quoted(text))},{\"role\":\"user\",\"content\":\(JSONText.quoted(question))}]"
        )
        return input
    }

    private mutating func retrieval(
        _ visitor: Visitor, _ trace: Trace, form: SubmissionForm, at time: inout Timestamp
    ) -> PlannedEvent {
        let took = random.logNormal(median: 70, sigma: 0.5)
        var members = visitor.members(type: "retrieval")
        trace.add(to: &members, span: random.hex(16), parent: trace.root)
        members.add("outcome", "success")
        members.add("duration_ms", took.rounded())
        var input = JSONMembers()
        input.add("query", "rate sheet \(form.person.state) \(form.termMonths) months \(form.purpose)")
        members.add("input", input)
        var attributes = JSONMembers()
        attributes.add("collection", "rate_sheets")
        attributes.add("documents", random.int(2...6))
        members.add("attributes", attributes)
        let event = PlannedEvent(at: time, eventID: nextID(), type: "retrieval", members: members)
        time = time + seconds(took / 1000)
        return event
    }

    private mutating func creditPull(
        _ visitor: Visitor, _ trace: Trace, form: SubmissionForm, at time: inout Timestamp,
        active: ActiveMisconfigurations
    ) -> PlannedEvent {
        let isFailing = random.chance(active(.creditBureauDown) ? 0.85 : 0.014)
        let took = random.logNormal(median: isFailing ? 4000 : 340, sigma: 0.4)
        var members = visitor.members(type: EventType.toolCall)
        trace.add(to: &members, span: random.hex(16), parent: trace.root)
        members.add("outcome", isFailing ? "failure" : "success")
        members.add("duration_ms", took.rounded())
        if isFailing {
            members.add(
                "error",
                PlannedFailure("tool", "credit_bureau_unavailable", "The credit bureau answered 502.", took).json(
                    milliseconds: took))
        }
        var arguments = JSONMembers()
        arguments.add("person", form.person.id)
        arguments.add("kind", "soft")
        var tool = JSONMembers()
        tool.add("name", "credit_bureau.soft_pull")
        tool.add("arguments", arguments)
        if !isFailing {
            var result = JSONMembers()
            result.add("score", form.creditScore)
            tool.add("result", result)
        }
        members.add("tool", tool)
        let event = PlannedEvent(at: time, eventID: nextID(), type: EventType.toolCall, members: members)
        time = time + seconds(took / 1000)
        return event
    }

    private mutating func evaluation(_ visitor: Visitor, _ trace: Trace, at time: Timestamp) -> PlannedEvent {
        var members = visitor.members(type: "evaluation")
        trace.add(to: &members, span: random.hex(16), parent: trace.root)
        members.add("outcome", "success")
        var attributes = JSONMembers()
        attributes.add("metric", "groundedness")
        attributes.add("score", min(1, max(0, 0.9 + 0.07 * random.normal())).rounded(toPlaces: 3))
        members.add("attributes", attributes)
        return PlannedEvent(at: time, eventID: nextID(), type: "evaluation", members: members)
    }

    private func qualifies(_ form: SubmissionForm) -> Bool {
        form.creditScore >= 640 && Double(form.loanAmount) <= 0.9 * Double(form.propertyValue)
    }

    // MARK: What is said

    /// Provider, name, and milliseconds that half of the calls take less than.
    private static let models: [((String, String, Double), Double)] = [
        (("openai", "gpt-4o-mini", 900), 46), (("openai", "gpt-4o", 1900), 12),
        (("anthropic", "claude-3-5-haiku-20241022", 1100), 18),
        (("google", "gemini-2.0-flash", 750), 14), (("ollama", "llama3.1:8b", 2600), 10),
    ]
    private static let systemTexts: [String: [String]] = [
        "lead-qualification": [
            "You qualify mortgage refinance applications. Answer with a verdict and one reason.",
            "You qualify mortgage refinance applications against the guidelines given. Answer with a verdict and one reason; never invent a figure.",
            "You are a loan officer's assistant. Compare the application with the guidelines. Answer with a verdict, one reason, and the figure it rests on.",
        ],
        "offer-explanation": [
            "Explain a refinance offer to a customer in plain words, in three sentences.",
            "Explain a refinance offer to a customer in plain words, in three sentences. Say what it costs before what it saves.",
        ],
        "page-assistant": [
            "You help visitors of a mortgage page. Be brief. Do not give financial advice.",
            "You help visitors of a mortgage page. Be brief, name the form's field you mean, and do not give financial advice.",
        ],
    ]
    private static let questions = [
        (
            "Will checking my rate hurt my credit score?",
            "No. We start with a soft inquiry, which does not affect your score."
        ),
        ("How long does a refinance take?", "Four to six weeks is common, depending on the appraisal."),
        (
            "What is loan to value?",
            "It is your loan divided by your home's value. Below 80 percent you usually need no mortgage insurance."
        ),
        (
            "Can I roll closing costs into the loan?",
            "Often yes. Your payment rises a little; the field 'purpose' tells us what you prefer."
        ),
        ("Why do you need my phone number?", "A loan officer confirms the figures with you before anything is signed."),
    ]
}
