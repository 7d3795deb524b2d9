internal import Events

/// Writes what one visitor, partner or agent does, from first click to last retry. Pure: everything comes from the seed.
struct JourneyWriter {
    var random: SplitMix64
    /// Begins every identifier of this writer, so that no two writers name the same thing.
    let prefix: String
    private var counter = 0

    init(random: SplitMix64, prefix: String) {
        self.random = random
        self.prefix = prefix
    }

    mutating func nextID() -> String {
        counter += 1
        return "\(prefix)-\(counter)"
    }

    /// Everything that one arrival leads to, in order of time.
    mutating func journey(
        _ source: TrafficSource, channel: String?, at start: Timestamp, active: ActiveMisconfigurations
    ) -> [PlannedAction] {
        if source == .callCenter, active(.sourceSilent) { return [] }
        let channel = channel ?? random.pick(weighted: source.channels)
        let person = Person(using: &random)
        guard source == .webForm else {
            let form = SubmissionForm(person: person, source: source, channel: channel, sessionID: nil, using: &random)
            return [.chain(chain(form, at: start, active: active))]
        }
        return webSession(person, channel: channel, at: start, active: active)
    }

    // MARK: The web funnel

    private mutating func webSession(
        _ person: Person, channel: String, at start: Timestamp, active: ActiveMisconfigurations
    ) -> [PlannedAction] {
        let visitor = Visitor(person: person, source: .webForm, channel: channel, sessionID: "ses_" + random.hex(16))
        let quality = FunnelModel.channelQuality[channel] ?? 1
        var actions: [PlannedAction] = []
        var time = start
        for (index, step) in (Funnel.steps[Funnel.mortgageRefinance] ?? []).enumerated() where step != "accepted" {
            if index > 0 {
                let share = (FunnelModel.goesOn[step] ?? 1) * (index == 1 ? quality : 1)
                guard random.chance(min(0.98, share)) else { return actions }
            }
            actions += stepEvents(visitor, step: step, position: index + 1, at: &time)
            if step == "contact", random.chance(0.14) {
                actions += assistantChat(visitor, at: time, active: active).map(PlannedAction.event)
            }
            time = time + seconds(random.logNormal(median: FunnelModel.thinkSecondsMedian[step] ?? 10, sigma: 0.7))
        }
        let form = SubmissionForm(
            person: person, source: .webForm, channel: channel, sessionID: visitor.sessionID, using: &random)
        actions.append(.chain(chain(form, at: time, active: active)))
        return actions
    }

    /// The step itself; about one in eighty fails first on a lookup behind it and is tried again.
    private mutating func stepEvents(
        _ visitor: Visitor, step: String, position: Int, at time: inout Timestamp
    ) -> [PlannedAction] {
        var actions: [PlannedAction] = []
        let median = visitor.source.stepMedianMilliseconds
        if position > 2, random.chance(0.0125) {
            let failure = random.pick(weighted: Self.stepFailures)
            let waited = random.logNormal(median: failure.milliseconds, sigma: 0.15)
            var members = stepMembers(visitor, step: step, position: position, milliseconds: waited, attempt: 1)
            members.add("outcome", "failure")
            members.add("error", failure.json(milliseconds: waited))
            actions.append(
                .event(PlannedEvent(at: time, eventID: nextID(), type: EventType.funnelStep, members: members)))
            time = time + seconds(waited / 1000 + 1)
        }
        let took = random.logNormal(median: median, sigma: 0.55)
        var members = stepMembers(
            visitor, step: step, position: position, milliseconds: took, attempt: actions.isEmpty ? 0 : 2)
        members.add("outcome", "success")
        actions.append(.event(PlannedEvent(at: time, eventID: nextID(), type: EventType.funnelStep, members: members)))
        return actions
    }

    private mutating func stepMembers(
        _ visitor: Visitor, step: String, position: Int, milliseconds: Double, attempt: Int
    ) -> JSONMembers {
        var members = visitor.members(type: EventType.funnelStep)
        members.add("duration_ms", milliseconds.rounded())
        if attempt > 0 {
            var retry = JSONMembers()
            retry.add("attempt", attempt)
            retry.add("max", 3)
            members.add("retry", retry)
        }
        var funnel = JSONMembers()
        funnel.add("name", Funnel.mortgageRefinance)
        funnel.add("step", step)
        funnel.add("position", position)
        members.add("funnel", funnel)
        if position == 1 {
            var attributes = JSONMembers()
            attributes.add("device", random.pick(weighted: [("mobile", 58), ("desktop", 37), ("tablet", 5)]))
            attributes.add("landing_page", random.pick(["/refinance", "/rates", "/calculator", "/"]))
            members.add("attributes", attributes)
        }
        return members
    }

    private static let stepFailures: [(PlannedFailure, Double)] = [
        (PlannedFailure("timeout", "address_lookup_timeout", "The address service did not answer in time.", 5000), 45),
        (
            PlannedFailure("dependency", "valuation_unavailable", "The property valuation service answered 503.", 700),
            35
        ),
        (PlannedFailure("validation", "page_version_stale", "The page was older than the form it posted to.", 90), 20),
    ]

    // MARK: Submissions

    /// The submissions that one form leads to: the mistakes of its source, corrections, double clicks, floods.
    private mutating func chain(
        _ form: SubmissionForm, at start: Timestamp, active: ActiveMisconfigurations
    ) -> PlannedChain {
        let source = form.source
        let lasting = lastingMistakes(source, active)
        var slips: Set<Mistake> = []
        if random.chance(source.dirtShare) { slips.insert(random.pick(weighted: source.mistakes)) }
        var attempts = [attempt(form, pause: 0, number: 1, mistakes: slips.union(lasting))]
        if !slips.union(lasting).isEmpty, random.chance(source.correctionShare) {
            for number in 2...3 {
                if random.chance(0.8) { slips = [] }
                let pause = random.logNormal(median: source == .webForm ? 34 : 75, sigma: 0.5)
                attempts.append(attempt(form, pause: pause, number: number, mistakes: slips.union(lasting)))
                if slips.isEmpty, lasting.isEmpty { break }
            }
        }
        let endsAtSuccess = !appendRepeats(of: form, mistakes: slips.union(lasting), to: &attempts, active: active)
        let visitor = Visitor(person: form.person, source: source, channel: form.channel, sessionID: form.sessionID)
        return PlannedChain(
            at: start, source: source, attempts: attempts, endsAtSuccess: endsAtSuccess,
            onSuccess: followUps(visitor, form: form, at: start, active: active))
    }

    /// What a misconfiguration makes of every submission of the source.
    private func lastingMistakes(_ source: TrafficSource, _ active: ActiveMisconfigurations) -> Set<Mistake> {
        switch source {
        case .partnerAPI:
            return (active(.partnerPhoneWithoutCountry) ? [.phoneWithoutCountry] : [] as Set)
                .union(active(.partnerStateSpelledOut) ? [.stateName] : [])
        case .webhook: return active(.webhookMalformedJSON) ? [.malformed] : []
        case .webForm: return active(.formConsentMissing) ? [.consentMissing] : []
        case .bulkImport, .callCenter: return []
        }
    }

    /// Adds the submissions that nobody needed; true when there are any.
    private mutating func appendRepeats(
        of form: SubmissionForm, mistakes: Set<Mistake>, to attempts: inout [PlannedAttempt],
        active: ActiveMisconfigurations
    ) -> Bool {
        let last = attempts[attempts.count - 1]
        switch form.source {
        case .webForm where random.chance(0.0016):
            // Somebody leans on the button, or a script does.
            for _ in 0..<random.int(14...SimulatorLimits.attemptsPerChainMax - 4) {
                var changed = form
                changed.loanAmount += 500 * random.int(-20...20)
                attempts.append(attempt(changed, pause: 0.3 + random.unit(), number: 1, mistakes: []))
            }
        case .webForm where active(.formDoubleSubmit) || random.chance(0.022),
            .bulkImport where active(.bulkImportDuplicates) || random.chance(0.03):
            attempts.append(
                PlannedAttempt(pauseSeconds: 0.6 + 2 * random.unit(), idempotencyKey: nextID(), body: last.body))
        case .partnerAPI where random.chance(0.025):
            // The partner's network lost our answer: the same key, the same body.
            attempts.append(
                PlannedAttempt(
                    pauseSeconds: 2 + 4 * random.unit(), idempotencyKey: last.idempotencyKey, body: last.body))
        default: return false
        }
        return true
    }

    private mutating func attempt(
        _ form: SubmissionForm, pause: Double, number: Int, mistakes: Set<Mistake>
    ) -> PlannedAttempt {
        PlannedAttempt(
            pauseSeconds: pause, idempotencyKey: nextID(), body: form.body(attempt: number, mistakes: mistakes))
    }

    /// What happens once there is a lead: the funnel's last step, and the assistants that work on it.
    private mutating func followUps(
        _ visitor: Visitor, form: SubmissionForm, at start: Timestamp, active: ActiveMisconfigurations
    ) -> [PlannedEvent] {
        var events: [PlannedEvent] = []
        if visitor.source == .webForm {
            let took = random.logNormal(median: 900, sigma: 0.4)
            var members = stepMembers(visitor, step: "accepted", position: 8, milliseconds: took, attempt: 0)
            members.add("outcome", "success")
            events.append(
                PlannedEvent(at: start + seconds(1), eventID: nextID(), type: EventType.funnelStep, members: members))
        }
        if random.chance(0.62) { events += qualification(visitor, form: form, at: start + seconds(3), active: active) }
        if random.chance(0.18) {
            events.append(rateLock(visitor, form: form, at: start + seconds(240 + 900 * random.unit())))
        }
        return events
    }

    private mutating func rateLock(_ visitor: Visitor, form: SubmissionForm, at time: Timestamp) -> PlannedEvent {
        var members = visitor.members(type: "custom.rate_lock")
        members.add("outcome", "success")
        members.add("duration_ms", random.logNormal(median: 150, sigma: 0.5).rounded())
        var attributes = JSONMembers()
        attributes.add("rate_percent", (5.4 + 1.6 * random.unit()).rounded(toPlaces: 3))
        attributes.add("term_months", form.termMonths)
        attributes.add("lock_days", random.pick([30, 45, 60]))
        members.add("attributes", attributes)
        return PlannedEvent(at: time, eventID: nextID(), type: "custom.rate_lock", members: members)
    }
}

/// What the events of one person's visit have in common.
struct Visitor: Sendable {
    var person: Person
    var source: TrafficSource
    var channel: String
    var sessionID: String?

    func members(type: String) -> JSONMembers {
        var members = JSONMembers()
        members.add("type", type)
        members.add("source", source.rawValue)
        members.add("channel", channel)
        members.add("user_id", person.id)
        if let sessionID { members.add("session_id", sessionID) }
        return members
    }
}

/// A failure as an event reports it.
struct PlannedFailure: Sendable {
    var category: String
    var code: String
    var message: String
    /// Half of these failures take longer to show.
    var milliseconds: Double

    init(_ category: String, _ code: String, _ message: String, _ milliseconds: Double) {
        self.category = category
        self.code = code
        self.message = message
        self.milliseconds = milliseconds
    }

    func json(milliseconds: Double) -> JSONMembers {
        var context = JSONMembers()
        context.add("waited_ms", milliseconds.rounded())
        var error = JSONMembers()
        error.add("category", category)
        error.add("code", code)
        error.add("message", message)
        error.add("context", context)
        return error
    }
}

func seconds(_ value: Double) -> Duration { .microseconds(Int64(value * 1_000_000)) }

extension Double {
    func rounded(toPlaces places: Int) -> Double {
        let factor = (0..<places).reduce(1.0) { product, _ in product * 10 }
        return (self * factor).rounded() / factor
    }
}
