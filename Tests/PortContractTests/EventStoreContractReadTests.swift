import DuckDBEventStore
import Events
import Foundation
import Ports
import Testing

/// What readers see of what was committed, compared with a list that looks at every event.
@Suite struct EventStoreContractReadTests {
    static let project = ProjectID(trusted: "prj_a")
    static let other = ProjectID(trusted: "prj_b")
    static let start = Timestamp(rfc3339: "2026-03-08T10:17:31Z")!
    static let everything = start..<start + .seconds(20_000)
    static let ranges = [
        everything, start + .seconds(1000)..<start + .seconds(1600),
        Timestamp(rfc3339: "2026-03-08T11:00:00Z")!..<Timestamp(rfc3339: "2026-03-08T13:00:00Z")!,
        Timestamp(rfc3339: "2026-03-08T10:59:59.5Z")!..<Timestamp(rfc3339: "2026-03-08T14:00:01Z")!,
        Timestamp(rfc3339: "2026-03-07T00:00:00Z")!..<Timestamp(rfc3339: "2026-03-08T10:00:00Z")!,
    ]

    static func fill(_ store: DuckDBEventStore) async throws -> EventListModel {
        var model = EventListModel()
        for (offset, batch) in EventListModel.seeded(start: start).enumerated() {
            let receipt = try await store.commit(testBatch(batch, offset: Int64(offset)))
            #expect(receipt == EventStoreReceipt(stored: 500, duplicates: 0))
            model.events += batch
        }
        return model
    }

    /// Compares but for samples, whose choice is the adapter's, and the order in which sums of fractions were formed.
    static func expectEqual(_ answer: [AggregateRow], _ question: AggregateQuestion, _ model: EventListModel) {
        let expected = model.aggregate(question)
        #expect(answer.map(\.keys) == expected.map(\.keys), "\(question)")
        guard answer.count == expected.count else { return }
        for (row, wanted) in zip(answer, expected) {
            #expect(
                abs(row.durationSumMilliseconds - wanted.durationSumMilliseconds) <= 1e-9
                    * wanted.durationSumMilliseconds)
            #expect(question.withSamples ? (1...3).contains(row.sampleEventIDs.count) : row.sampleEventIDs.isEmpty)
            #expect(Set(row.sampleEventIDs).count == row.sampleEventIDs.count)
            var plain = row
            plain.durationSumMilliseconds = wanted.durationSumMilliseconds
            plain.sampleEventIDs = []
            plain.sketch.sort { $0.bucket < $1.bucket }
            #expect(plain == wanted, "\(question)")
        }
    }

    static func filters(_ project: ProjectID, _ range: Range<Timestamp>) -> [EventFilter] {
        let plain = EventFilter(projectID: project, range: range)
        func with(_ change: (inout EventFilter) -> Void) -> EventFilter {
            var filter = plain
            change(&filter)
            return filter
        }
        return [
            plain,
            with {
                $0.sources = ["web_form"]; $0.channels = ["organic", ""]; $0.outcomes = ["failure", ""]
            },
            with {
                $0.types = ["llm.call"]; $0.models = ["gpt-4o"]; $0.prompts = ["qualify", "summary"]
            },
            with { $0.prompts = ["qualify@1"] },
            with {
                $0.prompts = [""]; $0.types = ["llm.call", "funnel.step"]
            },
            with {
                $0.errorCategories = ["validation"]; $0.errorCodes = ["email_invalid"]; $0.retryOutcomes = ["pending"]
            },
            with { $0.userIDs = ["usr_3", "usr_17"] }, with { $0.text = "EVT12" }, with { $0.text = "%" },
            with {
                $0.traceIDs = ["trace9"]; $0.leadIDs = ["lead_5", ""]
            }, with { $0.sources = ["' OR 1 = 1 --"] },
        ]
    }

    /// Seconds after the first event up to which rollups are merged: not at all, hours of a day that goes on, a day that is
    /// over, and both in turn.
    @Test(arguments: [[], [30_000], [100_000], [30_000, 100_000]])
    func aggregatesEqualCountingTheEvents(merged: [Int64]) async throws {
        try await EventStoreContractTests.withStore { store, _ in
            let model = try await Self.fill(store)
            for seconds in merged {
                let result = try await store.compactRollups(closedBefore: Self.start + .seconds(seconds))
                #expect(seconds < 86_400 ? result.hours > 3 && result.days == 0 : result.days == 1)
                #expect(result.rowsAfter < result.rowsBefore || merged.count == 2)
            }
            let halfHours = stride(from: 0, through: 8, by: 1).map {
                Timestamp(rfc3339: "2026-03-08T10:30:00Z")! + .seconds($0 * 1800)
            }
            // Hours of a zone at half past, with a day between that ends with half an hour.
            let zoneHours = [0, 3600, 7200, 10_800, 14_400, 16_200, 19_800, 23_400, 27_000, 30_600].map {
                Timestamp(rfc3339: "2026-03-08T09:30:00Z")! + .seconds($0)
            }
            let buckets: [TimeBuckets] = [
                .whole, .hours, .minutes, .edges(halfHours), .edges(zoneHours),
                .edges([Self.start + .seconds(-50_000), Self.start + .seconds(9_999), Self.start + .seconds(90_000)]),
            ]
            let dimensions: [[EventDimension]] = [
                [], [.type, .source], [.errorCode, .channel, .outcome, .retryOutcome],
                [.model, .prompt, .errorCategory],
            ]
            for range in Self.ranges {
                for (at, filter) in Self.filters(at(range), range).enumerated() {
                    let question = AggregateQuestion(
                        filter: filter, buckets: buckets[at % buckets.count],
                        dimensions: dimensions[at % dimensions.count],
                        withLatency: at % 2 == 0, withSamples: at % 3 == 0, rowsMax: at % 4 == 3 ? 3 : 1000)
                    Self.expectEqual(try await store.aggregate(question), question, model)
                }
                for filter in Self.filters(at(range), range) {
                    let all: [EventDimension] = [.source, .type, .errorCode, .prompt, .model]
                    let counts = try await store.counts(filter, by: all, valuesMax: 3)
                    for (dimension, found) in zip(all, counts) {
                        let wanted = model.aggregate(
                            AggregateQuestion(filter: filter, dimensions: [dimension], rowsMax: 3))
                        #expect(
                            Dictionary(uniqueKeysWithValues: found.map { ($0.value, $0.events) })
                                == Dictionary(uniqueKeysWithValues: wanted.map { ($0.keys[0], $0.events) }),
                            "\(dimension) of \(filter)")
                    }
                }
                for bucket in buckets {
                    let question = AggregateQuestion(
                        filter: EventFilter(projectID: Self.project, range: range), buckets: bucket,
                        dimensions: [.type],
                        withLatency: true, rowsMax: 1000)
                    Self.expectEqual(try await store.aggregate(question), question, model)
                }
            }
        }
    }
    @Test func aDayIsSortedOnceAndAgainWhenItHasGrown() async throws {
        try await EventStoreContractTests.withStore { store, _ in
            var model = try await Self.fill(store)
            var offset = Int64(1000)
            let dayAfter = Self.start + .seconds(100_000)
            func late(_ count: Int) async throws {
                let events = (0..<count).map { at in
                    TestEvent(
                        id: "late\(offset)_\(at)", time: Self.start + .seconds(Int64(at % 9000)), outcome: "failure",
                        category: "validation", code: "code_\(at)", duration: Double(at), step: "contact", position: 2)
                }
                _ = try await store.commit(testBatch(events, offset: offset))
                offset += 1
                model.events += events
            }
            func answersAreRight() async throws {
                let filter = EventFilter(projectID: Self.project, range: Self.everything)
                let question = AggregateQuestion(
                    filter: filter, buckets: .hours, dimensions: [.source, .outcome], withLatency: true, rowsMax: 1000)
                Self.expectEqual(try await store.aggregate(question), question, model)
                let steps = try await store.funnel(FunnelQuestion(filter: filter, funnel: Funnel.mortgageRefinance))
                let stored = model.events.filter { $0.project == Self.project.text && !$0.step.isEmpty }
                #expect(steps.reduce(0) { $0 + $1.events } == Int64(stored.count))
            }
            #expect(try await store.compactRollups(closedBefore: dayAfter).days == 1)
            try await answersAreRight()
            #expect(try await store.compactRollups(closedBefore: dayAfter).isNothing)
            try await late(20)
            #expect(try await store.compactRollups(closedBefore: dayAfter).isNothing, "a few late rows stay beside it")
            try await answersAreRight()
            try await late(3000)
            try await answersAreRight()
            #expect(try await store.compactRollups(closedBefore: dayAfter).days == 1)
            try await answersAreRight()
            #expect(try await store.compactRollups(closedBefore: dayAfter).isNothing)
        }
    }

    private func at(_ range: Range<Timestamp>) -> ProjectID {
        range.lowerBound == Self.start ? Self.other : Self.project
    }

    @Test func funnelsCountEachSessionAtItsFurthestStep() async throws {
        try await EventStoreContractTests.withStore { store, _ in
            let model = try await Self.fill(store)
            for range in Self.ranges {
                for filter in Self.filters(Self.project, range).prefix(2) {
                    let question = FunnelQuestion(filter: filter, funnel: Funnel.mortgageRefinance)
                    var answer = try await store.funnel(question)
                    for at in answer.indices { answer[at].sketch.sort { $0.bucket < $1.bucket } }
                    #expect(answer == model.funnel(question))
                }
            }
            let none = try await store.funnel(
                FunnelQuestion(filter: EventFilter(projectID: Self.project, range: Self.everything), funnel: "another"))
            #expect(none.isEmpty)
        }
    }

    @Test(arguments: [true, false])
    func pagesCoverTheRangeOnceWhileRowsArrive(newestFirst: Bool) async throws {
        try await EventStoreContractTests.withStore { store, _ in
            let model = try await Self.fill(store)
            var offset: Int64 = 8
            for filter in Self.filters(Self.project, Self.everything) {
                var question = EventPageQuestion(filter: filter, newestFirst: newestFirst, limit: 90)
                var seen: [String] = []
                while true {
                    let page = try await store.events(question)
                    #expect(page.asOf == question.asOf ?? StreamOffset(offset))
                    seen += page.rows.map(\.eventID)
                    guard page.rows.count == 90, let last = page.rows.last else { break }
                    question.asOf = page.asOf
                    question.after = EventPosition(time: last.time, eventKey: last.eventKey)
                    let late = (0..<20).map {
                        TestEvent(
                            id: "late\(offset)-\($0)", type: "custom.late",
                            time: last.time + .milliseconds(($0 - 10) * 3), source: "late")
                    }
                    _ = try await store.commit(testBatch(late, offset: offset))
                    offset += 1
                }
                let expected = model.accepted(filter).map(\.id)
                let first = seen.filter { !$0.hasPrefix("late") }
                #expect(first == (newestFirst ? expected.reversed() : expected), "\(filter)")
                #expect(Set(seen).count == seen.count)
            }
        }
    }

    @Test func tracesAreListedWholeAndInPages() async throws {
        try await EventStoreContractTests.withStore { store, _ in
            let model = try await Self.fill(store)
            for range in Self.ranges {
                for filter in Self.filters(Self.project, range) {
                    var question = TracePageQuestion(filter: filter, limit: 40)
                    var seen: [TraceSummary] = []
                    while true {
                        let page = try await store.traces(question)
                        seen += page.traces
                        guard page.traces.count == 40, let last = page.traces.last else { break }
                        question.asOf = page.asOf
                        question.after = TracePosition(firstTime: last.firstTime, traceID: last.traceID)
                    }
                    #expect(seen == model.traces(filter), "\(filter)")
                }
            }
            let call = model.events.first { $0.project == "prj_a" && !$0.traceID.isEmpty }!
            let spans = try await store.trace(call.traceID, project: Self.project, limit: 100)
            let expected = model.events.filter { $0.project == "prj_a" && $0.traceID == call.traceID }
            #expect(spans.map(\.event.eventID) == expected.map(\.id))
            #expect(spans.map(\.payload.input) == expected.map(\.input))
            let cut = try await store.trace(call.traceID, project: Self.project, limit: 1)
            #expect(cut.map(\.event.eventID) == [expected[0].id])
        }
    }
}
