import Events
import ServerClient
import Simulator
import Testing

private let newYork = DayCalendar(zoneName: "America/New_York")!
private let monday = LogicalDate(year: 2026, month: 3, day: 2)!

private func day(_ plan: SimulationPlan, _ date: LogicalDate = monday, isLast: Bool = false) -> [PlannedAction] {
    plan.actions(project: ProjectProfile.all[0], index: 0, calendar: newYork, date: date, isLast: isLast)
}

private func bytes(_ actions: [PlannedAction]) -> [[UInt8]] {
    actions.flatMap { action -> [[UInt8]] in
        switch action {
        case .event(let event): [event.json(time: event.at, leadID: nil)]
        case .chain(let chain):
            chain.attempts.map(\.body) + chain.onSuccess.map { $0.json(time: $0.at, leadID: "led_x") }
        }
    }
}

private func chains(_ actions: [PlannedAction], of source: TrafficSource) -> [PlannedChain] {
    actions.compactMap { if case .chain(let chain) = $0, chain.source == source { chain } else { nil } }
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

@Suite struct SimulationPlanTests {
    @Test func equalSeedsGiveEqualDaysAndOthersDoNot() {
        #expect(bytes(day(SimulationPlan(seed: 7))) == bytes(day(SimulationPlan(seed: 7))))
        #expect(bytes(day(SimulationPlan(seed: 7))) != bytes(day(SimulationPlan(seed: 8))))
    }

    @Test func aWorkingDayHasTheSizeOfAProjectDay() {
        var attempts = 0
        var events = 0
        for action in day(SimulationPlan(seed: 1)) {
            switch action {
            case .event: events += 1
            case .chain(let chain):
                attempts += chain.attempts.count
                events += chain.onSuccess.count
            }
        }
        #expect((300...900).contains(attempts))
        #expect((2000...9000).contains(events))
    }

    @Test func actionsAreInOrderAndWithinTheLocalDate() {
        let actions = day(SimulationPlan(seed: 3))
        let bounds = newYork.bounds(of: monday)
        #expect(actions.allSatisfy { bounds.contains($0.at) })
        #expect(zip(actions, actions.dropFirst()).allSatisfy { $0.at <= $1.at })
    }

    @Test func identifiersAndIdempotencyKeysAreUniqueExceptForReplays() {
        var events: Set<String> = []
        var count = 0
        for action in day(SimulationPlan(seed: 5)) {
            switch action {
            case .event(let event):
                events.insert(event.eventID)
                count += 1
            case .chain(let chain):
                for event in chain.onSuccess {
                    events.insert(event.eventID)
                    count += 1
                }
                let byKey = Dictionary(grouping: chain.attempts, by: \.idempotencyKey)
                #expect(byKey.values.allSatisfy { Set($0.map(\.body)).count == 1 }, "a repeated key repeats its body")
            }
        }
        #expect(events.count == count)
    }

    @Test func weekendsAreQuieterAndTheCallCentreSleepsAtNight() {
        let plan = SimulationPlan(seed: 11)
        let sunday = LogicalDate(year: 2026, month: 3, day: 1)!
        #expect(plan.weekday(of: monday) == 0)
        #expect(plan.weekday(of: sunday) == 6)
        #expect(day(plan, sunday).count < day(plan).count)
        #expect(chains(day(plan), of: .callCenter).allSatisfy { (8...18).contains(newYork.hour(at: $0.at)) })
        #expect(chains(day(plan, sunday), of: .callCenter).isEmpty)
    }

    @Test func visitorsDropOffAtEveryStep() {
        var visitors: [Int: Int] = [:]
        for action in day(SimulationPlan(seed: 2, scale: 4)) {
            guard case .event(let event) = action, event.type == EventType.funnelStep,
                text(event.json(time: event.at, leadID: nil)).contains(#""outcome":"success""#)
            else { continue }
            for position in 1...7
            where text(event.json(time: event.at, leadID: nil)).contains(#""position":\#(position)}"#) {
                visitors[position, default: 0] += 1
            }
        }
        for position in 2...7 { #expect(visitors[position, default: 0] < visitors[position - 1, default: 0]) }
        let share = Double(visitors[7, default: 0]) / Double(visitors[1, default: 1])
        #expect((0.2...0.4).contains(share), "submitted over visits is \(share)")
    }

    @Test func mistakesCorrectionsAndRepeatsAllOccur() {
        let actions = (0..<7).flatMap { day(SimulationPlan(seed: 1), LogicalDate(dayNumber: monday.dayNumber + $0)) }
        let all = TrafficSource.allCases.flatMap { chains(actions, of: $0) }
        #expect(all.contains { $0.attempts.count >= 14 }, "somebody hammers the limit")
        #expect(all.contains { $0.attempts.count == 2 && $0.endsAtSuccess }, "somebody corrects a mistake")
        #expect(
            all.contains { chain in Set(chain.attempts.map(\.idempotencyKey)).count < chain.attempts.count },
            "somebody replays")
        let bodies = all.flatMap(\.attempts).map { text($0.body) }
        #expect(bodies.contains { $0.contains("@@") })
        #expect(bodies.contains { !$0.hasSuffix("}") }, "some bodies are cut")
        #expect(bodies.contains { $0.contains(#""retry":{"attempt":2}"#) })
    }
}

@Suite struct MisconfigurationTests {
    @Test func aSwitchTakesEffectFromItsTimeOnTheLastDay() throws {
        let plan = SimulationPlan(
            seed: 1, scale: 4,
            misconfigurations: [try MisconfigurationSwitch(argument: "partner_phone_without_country@14:00")])
        let partner = chains(day(plan, isLast: true), of: .partnerAPI)
        let withCountry = { (chain: PlannedChain) in text(chain.attempts[0].body).contains(#""phone":"+1"#) }
        let after = partner.filter { newYork.hour(at: $0.at) >= 14 }
        let before = partner.filter { newYork.hour(at: $0.at) < 14 }
        #expect(!after.isEmpty)
        #expect(!after.contains(where: withCountry))
        #expect(before.contains(where: withCountry))
    }

    @Test(arguments: Misconfiguration.allCases)
    func everyOneChangesWhatHappens(kind: Misconfiguration) {
        let usual = bytes(day(SimulationPlan(seed: 4, scale: 2), isLast: true))
        let wrong = bytes(
            day(SimulationPlan(seed: 4, scale: 2, misconfigurations: [MisconfigurationSwitch(kind)]), isLast: true))
        #expect(usual != wrong)
        #expect(Simulator.misconfigurationList.contains(kind.rawValue))
    }

    @Test(arguments: [
        "nonsense", "source_silent@", "source_silent@25:00", "source_silent@14", "source_silent@1:00", "@14:00",
    ])
    func aWrongArgumentIsRefusedWithTheFlagsName(argument: String) {
        #expect {
            _ = try MisconfigurationSwitch(argument: argument)
        } throws: { error in
            guard let error = error as? SimulatorError else { return false }
            return error.isUsage && error.description.contains("--misconfiguration")
        }
    }
}

@Suite struct LiveFeedTests {
    private func feed(seed: UInt64, start: Timestamp) -> LiveFeed {
        LiveFeed(
            plan: SimulationPlan(seed: seed), members: [.init(profile: ProjectProfile.all[0], calendar: newYork)],
            rate: 5, start: start)
    }

    @Test func equalSeedsGiveEqualFeedsAndSessionsStayInOrder() {
        let start = newYork.start(of: monday) + .seconds(11 * 3600)
        var a = feed(seed: 9, start: start)
        var b = feed(seed: 9, start: start)
        var kinds: Set<String> = []
        for number in 0..<2000 {
            let time = start + .milliseconds(200 * number)
            let (x, y) = (a.next(at: time).action, b.next(at: time).action)
            #expect(bytes([x]) == bytes([y]))
            switch x {
            case .event(let event): kinds.insert(event.type)
            case .chain(let chain): kinds.insert(chain.source.rawValue)
            }
        }
        #expect(kinds.isSuperset(of: ["funnel.step", "web_form", "partner_api", "call_center"]))
    }

    @Test func aSecondRunNamesOtherEvents() {
        let start = newYork.start(of: monday)
        var a = feed(seed: 9, start: start)
        var b = feed(seed: 9, start: start + .seconds(1))
        func names(_ feed: inout LiveFeed) -> Set<String> {
            var names: Set<String> = []
            for _ in 0..<200 { if case .event(let event) = feed.next(at: start).action { names.insert(event.eventID) } }
            return names
        }
        #expect(names(&a).isDisjoint(with: names(&b)))
    }
}

@Suite struct PlanPartsTests {
    @Test func theGeneratorIsTheOnePublished() {
        // First outputs of SplitMix64 for the seed 1234567, as given with its reference implementation.
        var random = SplitMix64(seed: 1_234_567)
        #expect(
            [random.next(), random.next(), random.next()] == [
                6457827717110365317, 3203168211198807973, 9817491932198370423,
            ])
    }

    @Test func aQueueGivesBackByDueTimeAndOnlyWhatIsDue() {
        var queue = DueQueue<Int>()
        for value in [5, 1, 4, 1, 3, 9, 2] { queue.push(value, due: .seconds(value)) }
        #expect(queue.pop(at: .zero) == nil)
        var out: [Int] = []
        while let value = queue.pop(at: .seconds(5)) { out.append(value) }
        #expect(out == [1, 1, 2, 3, 4, 5])
        #expect(queue.count == 1)
    }

    @Test func aSummaryCountsWhatTheServerSaid() {
        var summary = SimulationSummary()
        summary.countAttempt(ServerAnswer(status: 201, body: Array(#"{"lead_id":"led_1"}"#.utf8)))
        summary.countAttempt(.init(status: 201, body: [], isReplayed: true))
        summary.countAttempt(.init(status: 422, body: Array(#"{"code":"email_invalid"}"#.utf8)))
        summary.countBatch(
            .init(
                status: 202,
                body: Array(#"{"accepted":3,"duplicates":1,"rejected":[{"index":0,"code":"time_too_old"}]}"#.utf8)),
            events: 5)
        summary.countBatch(.init(status: 503, body: []), events: 7)
        #expect(summary.leads == 1)
        #expect(summary.replayed == 1)
        #expect(summary.attemptsByStatus == [201: 2, 422: 1])
        #expect(summary.attemptsByCode == ["email_invalid": 1])
        #expect(summary.eventsAccepted == 3 && summary.eventsDuplicate == 1)
        #expect(summary.eventsRejected == ["time_too_old": 1])
        #expect(summary.eventsUnacknowledged == [503: 7])
    }

    @Test(arguments: [0.0, -1, 20_001])
    func impossibleRatesAreRefusedWithTheBound(rate: Double) {
        #expect(throws: SimulatorError.self) {
            try SimulateOptions(url: "http://127.0.0.1:1", apiKey: "k", rate: rate).validate()
        }
    }
}
