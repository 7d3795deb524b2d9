internal import Events
internal import Foundation
internal import Ports
internal import Simulator

/// One day of the measurement: its submissions with what is wrong in them, and the totals of its events.
struct DayScript: Sendable {
    var date: LogicalDate
    var active: [ActiveScenario]
    var chains: [PlannedChain]
    var totals: DayEventTotals
    /// Submissions or events that each scenario could touch, counted on the plan without it.
    var touched: [Scenario: Int]

    init(
        _ plan: SimulationPlan, index: Int, project: ProjectProfile, calendar: DayCalendar, date: LogicalDate,
        active: [ActiveScenario], random: inout SplitMix64
    ) {
        self.date = date
        self.active = active
        let switches = active.compactMap { item -> MisconfigurationSwitch? in
            guard case .tuning(let kind) = item.scenario else { return nil }
            return MisconfigurationSwitch(kind, minutes: item.minutes)
        }
        let start = calendar.start(of: date)
        let actions = plan.actions(
            project: project, index: index, calendar: calendar, date: date, switches: switches)
        chains = []
        var events: [PlannedEvent] = []
        for action in actions {
            switch action {
            case .chain(let chain): chains.append(chain)
            case .event(let event): events.append(event)
            }
        }
        for chain in chains { events += chain.onSuccess }
        totals = Self.totals(events)
        let clean =
            switches.isEmpty
            ? actions : plan.actions(project: project, index: index, calendar: calendar, date: date, switches: [])
        touched = [:]
        for item in active { touched[item.scenario] = Self.touched(item, in: clean, start: start) }
        for item in active {
            guard case .heldOut(let kind) = item.scenario else { continue }
            apply(kind, minutes: item.minutes, start: start, random: &random)
        }
    }

    private static func minute(_ at: Timestamp, _ start: Timestamp) -> Int { Int((at.seconds - start.seconds) / 60) }

    private static func touched(_ item: ActiveScenario, in actions: [PlannedAction], start: Timestamp) -> Int {
        var count = 0
        for action in actions where item.minutes.contains(minute(action.at, start)) {
            switch action {
            case .chain(let chain):
                if item.scenario.subject == nil || item.scenario.subject == chain.source.rawValue { count += 1 }
                count += chain.onSuccess.count { $0.type == item.scenario.subject }
            case .event(let event): if event.type == item.scenario.subject { count += 1 }
            }
        }
        return count
    }

    /// What the event store would say of these events.
    private static func totals(_ events: [PlannedEvent]) -> DayEventTotals {
        struct Usage: Decodable { var input_tokens: Int64?; var output_tokens: Int64? }
        struct Read: Decodable { var outcome: String?; var usage: Usage? }
        var rows: [String: (events: Int64, failures: Int64)] = [:]
        var (input, output): (Int64, Int64) = (0, 0)
        let decoder = JSONDecoder()
        for event in events {
            let read = try? decoder.decode(Read.self, from: Data(event.json(time: event.at, leadID: nil)))
            rows[event.type, default: (0, 0)].events += 1
            if read?.outcome == "failure" { rows[event.type, default: (0, 0)].failures += 1 }
            input += read?.usage?.input_tokens ?? 0
            output += read?.usage?.output_tokens ?? 0
        }
        var books = BooksDelta()
        books.received = Int64(events.count)
        books.stored = Int64(events.count)
        return DayEventTotals(
            byType: rows.sorted { $0.key < $1.key }.map {
                .init(type: $0.key, events: $0.value.events, failures: $0.value.failures)
            }, inputTokens: input, outputTokens: output, costMicroUSD: 0, books: books, pending: 0)
    }

    // MARK: What is wrong

    private mutating func apply(
        _ kind: Scenario.HeldOut, minutes: Range<Int>, start: Timestamp, random: inout SplitMix64
    ) {
        func isIn(_ chain: PlannedChain, _ source: TrafficSource) -> Bool {
            chain.source == source && minutes.contains(Self.minute(chain.at, start))
        }
        switch kind {
        case .webhookTemplateEmail:
            edit(where: { isIn($0, .webhook) }) { Self.replacing($0, member: "email", with: "\"{{lead.email}}\"") }
        case .formAmountAsText:
            edit(where: { isIn($0, .webForm) }) { Self.replacing($0, member: "loan_amount", with: "\"350k\"") }
        case .bulkConsentLost:
            edit(where: { isIn($0, .bulkImport) }) { Self.replacing($0, member: "consent", with: "false") }
        case .callCenterScoreTimesTen:
            edit(where: { isIn($0, .callCenter) }) { Self.replacing($0, member: "credit_score", with: "7200") }
        case .partnerStops: chains.removeAll { isIn($0, .partnerAPI) }
        case .trafficLost: chains.removeAll { _ in random.next() % 4 < 3 }
        case .callCenterResends:
            for index in chains.indices where isIn(chains[index], .callCenter) {
                guard var again = chains[index].attempts.last else { continue }
                again.idempotencyKey += "-again"
                again.pauseSeconds = 2
                chains[index].attempts.append(again)
                chains[index].endsAtSuccess = false
            }
        case .testAccount: addTestAccount(start: start)
        case .latencyStep: break
        }
    }

    private mutating func edit(where isChosen: (PlannedChain) -> Bool, _ change: ([UInt8]) -> [UInt8]) {
        for index in chains.indices where isChosen(chains[index]) {
            for place in chains[index].attempts.indices {
                chains[index].attempts[place].body = change(chains[index].attempts[place].body)
            }
        }
    }

    /// One person submits every two minutes of the working day, each time with another amount.
    private mutating func addTestAccount(start: Timestamp) {
        guard var chain = chains.first(where: { $0.source == .webForm }), let pattern = chain.attempts.first else {
            return
        }
        for number in 0..<240 {
            let amount = String(100_000 + number * 500)
            var attempt = pattern
            attempt.body = Self.replacing(
                Self.replacing(pattern.body, member: "email", with: "\"tester@example.com\""), member: "loan_amount",
                with: amount)
            attempt.body = Self.replacing(attempt.body, member: "phone", with: "\"+12125550199\"")
            attempt.idempotencyKey += "-test-\(number)"
            chain.at = start + .seconds(Int64(9 * 3600 + number * 120))
            chain.attempts = [attempt]
            chain.endsAtSuccess = true
            chain.onSuccess = []
            chains.append(chain)
        }
    }

    /// The body with another value of the first member of this name. The simulator writes members without white space.
    private static func replacing(_ body: [UInt8], member: String, with value: String) -> [UInt8] {
        let text = String(decoding: body, as: UTF8.self)
        guard let name = text.range(of: "\"\(member)\":") else { return body }
        let end = text[name.upperBound...].firstIndex { $0 == "," || $0 == "}" } ?? text.endIndex
        return Array((text[..<name.upperBound] + value + text[end...]).utf8)
    }
}
