import Events
import Foundation
import Ports

/// The event store as a list: answers questions by looking at every event. What an adapter answers is compared with it.
struct EventListModel {
    var events: [TestEvent] = []

    /// Events of two projects over about five hours from 10:17:31, in batches of 500: the same ones on every run.
    static func seeded(start: Timestamp) -> [[TestEvent]] {
        var random = SplitMix(state: 7)
        return (0..<8).map { batch in (0..<500).map { event(batch * 500 + $0, start, &random) } }
    }

    private static func event(_ at: Int, _ start: Timestamp, _ random: inout SplitMix) -> TestEvent {
        let failed = random.next() % 5 == 0
        let kind = random.next() % 3
        var event = TestEvent(id: "Evt\(at)", time: start + .milliseconds(at * 4500))
        event.project = random.next() % 4 == 0 ? "prj_b" : "prj_a"
        event.type = ["lead.submission", "funnel.step", "llm.call"][Int(kind)]
        event.source = ["web_form", "partner_api"][Int(random.next() % 2)]
        event.channel = ["organic", "paid_search", "affiliate", ""][Int(random.next() % 4)]
        event.userID = "usr_\(random.next() % 40)"
        event.sessionID = "ses_\(random.next() % 300)"
        event.leadID = kind == 0 || at % 7 == 0 ? "lead_\(at / 20)" : ""
        event.outcome = failed ? "failure" : at % 11 == 0 ? "" : "success"
        event.category = failed ? "validation" : ""
        event.code = failed ? ["email_invalid", "phone_invalid"][Int(random.next() % 2)] : ""
        event.duration = at % 13 == 0 ? .nan : exp(Double(random.next() % 10_000) / 1000)
        event.input = kind == 2 ? "{\"n\":\(at)}" : ""
        switch kind {
        case 1:
            event.step = Funnel.steps[Funnel.mortgageRefinance]![at % 8]
            event.position = Int32(at % 8 + 1)
        case 2:
            event.traceID = "trace\(at / 12)"
            event.spanID = "span\(at)"
            event.parentSpanID = at % 3 == 0 ? "" : "span\(at - 1)"
            event.model = at % 2 == 0 ? "gpt-4o" : "claude-sonnet"
            event.promptName = ["qualify", "summary", ""][at % 3]
            event.promptVersion = at % 3 == 0 ? String(at % 2 + 1) : ""
            event.inputTokens = Int64(random.next() % 700)
            event.cacheReadTokens = Int64(random.next() % 300)
            event.outputTokens = Int64(random.next() % 500)
            event.reasoningTokens = Int64(random.next() % 200)
            event.cost = Int64(random.next() % 900)
        default: break
        }
        return event
    }

    // MARK: Filters

    func accepted(_ filter: EventFilter) -> [TestEvent] { events.filter { Self.accepts(filter, $0) } }

    private static func accepts(_ filter: EventFilter, _ event: TestEvent) -> Bool {
        func among(_ wanted: [String], _ value: String) -> Bool { wanted.isEmpty || wanted.contains(value) }
        let prompt =
            filter.prompts.isEmpty
            || filter.prompts.contains { $0 == event.prompt || !$0.isEmpty && event.prompt.hasPrefix($0 + "@") }
        let texts = [event.id, event.code, event.message, event.userID, event.leadID, event.traceID]
        let text =
            filter.text.map { wanted in texts.contains { $0.lowercased().contains(wanted.lowercased()) } } ?? true
        return event.project == filter.projectID.text && filter.range.contains(event.time) && prompt && text
            && among(filter.types, event.type) && among(filter.sources, event.source)
            && among(filter.channels, event.channel) && among(filter.outcomes, event.outcome)
            && among(filter.errorCategories, event.category) && among(filter.errorCodes, event.code)
            && among(filter.retryOutcomes, event.retryOutcome) && among(filter.models, event.model)
            && among(filter.userIDs, event.userID) && among(filter.leadIDs, event.leadID)
            && among(filter.traceIDs, event.traceID)
    }

    // MARK: Aggregates

    func aggregate(_ question: AggregateQuestion) -> [AggregateRow] {
        struct Group: Hashable {
            var bucket: Timestamp
            var keys: [String]
        }
        var groups: [Group: [TestEvent]] = [:]
        for event in accepted(question.filter) {
            guard let bucket = Self.bucket(of: event.time, question) else { continue }
            groups[Group(bucket: bucket, keys: question.dimensions.map { Self.value(of: event, $0) }), default: []]
                .append(event)
        }
        func before(_ a: Group, _ b: Group) -> Bool {
            a.bucket == b.bucket ? a.keys.lexicographicallyPrecedes(b.keys) : a.bucket < b.bucket
        }
        let kept = groups.sorted { a, b in
            a.value.count == b.value.count ? before(a.key, b.key) : a.value.count > b.value.count
        }.prefix(question.rowsMax)
        return kept.sorted { before($0.key, $1.key) }.map {
            Self.row($0.key.bucket, $0.key.keys, $0.value, withLatency: question.withLatency)
        }
    }

    private static func row(
        _ bucket: Timestamp, _ keys: [String], _ events: [TestEvent], withLatency: Bool
    ) -> AggregateRow {
        var row = AggregateRow(
            bucket: bucket, keys: keys, firstTime: events.map(\.time).min()!, lastTime: events.map(\.time).max()!)
        row.events = Int64(events.count)
        row.successes = Int64(events.count { $0.outcome == "success" })
        row.failures = Int64(events.count { $0.outcome == "failure" })
        row.inputTokens = events.reduce(0) { $0 + $1.inputTokens + $1.cacheReadTokens }
        row.outputTokens = events.reduce(0) { $0 + $1.outputTokens + $1.reasoningTokens }
        row.costMicroUSD = events.reduce(0) { $0 + $1.cost }
        let durations = events.map(\.duration).filter { !$0.isNaN }
        row.durationCount = Int64(durations.count)
        row.durationSumMilliseconds = durations.reduce(0, +)
        if withLatency { row.sketch = sketch(events) }
        return row
    }

    static func sketch(_ events: [TestEvent]) -> [SketchBucket] {
        var counts: [Int16: Int64] = [:]
        for event in events where !event.duration.isNaN {
            counts[LatencySketch.bucket(of: event.duration), default: 0] += 1
        }
        return counts.map { SketchBucket(bucket: $0.key, count: $0.value) }.sorted { $0.bucket < $1.bucket }
    }

    private static func bucket(of time: Timestamp, _ question: AggregateQuestion) -> Timestamp? {
        func floor(_ width: Int64) -> Timestamp { Timestamp(microseconds: time.microseconds / width * width) }
        switch question.buckets {
        case .whole: return question.filter.range.lowerBound
        case .minutes: return floor(60_000_000)
        case .hours: return floor(3_600_000_000)
        case .edges(let edges):
            guard let after = edges.firstIndex(where: { $0 > time }), after > 0 else { return nil }
            return edges[after - 1]
        }
    }

    private static func value(of event: TestEvent, _ dimension: EventDimension) -> String {
        switch dimension {
        case .type: event.type
        case .source: event.source
        case .channel: event.channel
        case .outcome: event.outcome
        case .model: event.model
        case .prompt: event.prompt
        case .errorCategory: event.category
        case .errorCode: event.code
        case .retryOutcome: event.retryOutcome
        }
    }

    // MARK: Funnels and traces

    func funnel(_ question: FunnelQuestion) -> [FunnelStepRow] {
        var filter = EventFilter(projectID: question.filter.projectID, range: question.filter.range)
        filter.sources = question.filter.sources
        filter.channels = question.filter.channels
        let rows = accepted(filter).filter { !$0.step.isEmpty }
        var furthest: [String: TestEvent] = [:]
        for row in rows where row.position > furthest[row.sessionID]?.position ?? 0 { furthest[row.sessionID] = row }
        return Dictionary(grouping: rows, by: \.step).map { step, rows in
            FunnelStepRow(
                step: step, position: Int(rows.map(\.position).min()!),
                furthestSessions: Int64(furthest.values.count { $0.step == step }), events: Int64(rows.count),
                sketch: Self.sketch(rows))
        }.sorted { $0.position < $1.position }
    }

    func traces(_ filter: EventFilter) -> [TraceSummary] {
        let wanted = Set(accepted(filter).map(\.traceID)).subtracting([""])
        let all = accepted(EventFilter(projectID: filter.projectID, range: filter.range)).sorted { $0.time < $1.time }
        return Dictionary(grouping: all.filter { wanted.contains($0.traceID) }, by: \.traceID).map { id, events in
            TraceSummary(
                traceID: id, firstTime: events[0].time, lastTime: events.last!.time, events: Int64(events.count),
                failures: Int64(events.count { $0.outcome == "failure" }),
                inputTokens: events.reduce(0) { $0 + $1.inputTokens + $1.cacheReadTokens },
                outputTokens: events.reduce(0) { $0 + $1.outputTokens + $1.reasoningTokens },
                costMicroUSD: events.reduce(0) { $0 + $1.cost },
                rootType: (events.first { $0.parentSpanID.isEmpty } ?? events[0]).type,
                source: events.first { !$0.source.isEmpty }?.source ?? "",
                leadID: events.first { !$0.leadID.isEmpty }?.leadID ?? "")
        }.sorted { $0.firstTime == $1.firstTime ? $0.traceID < $1.traceID : $0.firstTime > $1.firstTime }
    }
}

extension TestEvent {
    /// As `testBatch` writes it.
    var message: String { code.isEmpty ? "" : "it failed with \(code)" }
}

/// SplitMix64, so that a failing run can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
