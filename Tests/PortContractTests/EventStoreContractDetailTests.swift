import DuckDBEventStore
import Events
import Foundation
import Ports
import Telemetry
import Testing

/// Single events, books, quarantine, and what holds for every question.
@Suite struct EventStoreContractDetailTests {
    typealias Reading = EventStoreContractReadTests
    static let project = Reading.project

    @Test func anEventIsFoundWithItsPayloadAndTheNewestOfARepeatedIdentifier() async throws {
        try await EventStoreContractTests.withStore { store, _ in
            let model = try await Reading.fill(store)
            let call = model.events.first { $0.project == "prj_a" && $0.type == "llm.call" }!
            let found = try #require(try await store.event(call.id, project: Self.project))
            #expect(found.event.time == call.time)
            #expect(found.event.eventKey == testKey(call))
            #expect(found.event.traceID == call.traceID)
            #expect(found.payload.input == call.input)
            #expect(found.event.durationMilliseconds == (call.duration.isNaN ? nil : call.duration))
            for days in [-30, -5, 1] {
                var again = call
                again.time = call.time + .seconds(days * 86_400)
                again.input = "{\"days\":\(days)}"
                _ = try await store.commit(testBatch([again], offset: Int64(40 + days)))
            }
            // Offsets 10 and 35 were beyond the eight batches, 41 too: all three were written.
            let newest = try #require(try await store.event(call.id, project: Self.project))
            #expect(newest.payload.input == "{\"days\":1}")
            let missing = try await store.event("nothing", project: Self.project)
            #expect(missing == nil)
        }
    }

    @Test func aLeadsEventsComeOldestFirst() async throws {
        try await EventStoreContractTests.withStore { store, _ in
            let model = try await Reading.fill(store)
            let expected = model.events.filter { $0.project == "prj_a" && $0.leadID == "lead_7" }.map(\.id)
            #expect(expected.count > 2)
            let rows = try await store.events(ofLead: "lead_7", project: Self.project, limit: 100)
            #expect(rows.map(\.eventID) == expected)
            let two = try await store.events(ofLead: "lead_7", project: Self.project, limit: 2)
            #expect(two.map(\.eventID) == Array(expected.prefix(2)))
            let none = try await store.events(ofLead: "", project: Self.project, limit: 2)
            #expect(none.isEmpty)
        }
    }

    @Test func aSessionsEventsComeOldestFirstWithoutThoseOfOtherLeads() async throws {
        try await EventStoreContractTests.withStore { store, _ in
            let model = try await Reading.fill(store)
            let sessions = (0..<20).map { "ses_\($0)" }
            let all = model.events.filter { $0.project == "prj_a" && sessions.contains($0.sessionID) }
            #expect(Set(all.map(\.sessionID)).count > 2)
            let lead = try #require(all.map(\.leadID).first { !$0.isEmpty })
            let kept = all.filter { ["", lead].contains($0.leadID) }
            #expect(kept.count > 3 && kept.count < all.count)
            let range = kept[1].time..<kept[kept.count - 1].time
            let rows = try await store.events(
                ofSessions: sessions, orLead: lead, in: range, project: Self.project, limit: all.count)
            #expect(rows.map(\.eventID) == kept.filter { range.contains($0.time) }.map(\.id))
            let two = try await store.events(
                ofSessions: sessions, orLead: lead, in: range, project: Self.project, limit: 2)
            #expect(two.map(\.eventID) == Array(rows.map(\.eventID).prefix(2)))
            let none = try await store.events(
                ofSessions: ["", "no session"], orLead: lead, in: range, project: Self.project, limit: 9)
            #expect(none.isEmpty)
        }
    }

    static func items(_ project: ProjectID) -> [QuarantinedItem] {
        (0..<3).map {
            QuarantinedItem(
                projectID: project, receivedAt: Reading.start, logicalDate: DayCalendar.utc.date(at: Reading.start),
                streamOffset: StreamOffset(8), itemIndex: $0, code: "event_not_json", message: "cut short",
                bytes: [0, 1, 2, 255])
        }
    }

    @Test func booksBalanceWithDuplicatesAndQuarantine() async throws {
        try await EventStoreContractTests.withStore { store, _ in
            let model = try await Reading.fill(store)
            let date = DayCalendar.utc.date(at: Reading.start)
            let mine = model.events.filter { $0.project == "prj_a" }
            _ = try await store.commit(
                testBatch(Array(mine.prefix(10)), offset: 8, quarantined: Self.items(Self.project)))
            let books = try await store.books(Self.project, date)
            #expect(books.isBalanced)
            #expect(books.received == Int64(mine.count + 13))
            #expect(books.stored == Int64(mine.count))
            #expect(books.duplicate == 10)
            #expect(books.quarantined == ["event_not_json": 3])
            let tomorrow = try await store.books(Self.project, LogicalDate(dayNumber: date.dayNumber + 1))
            #expect(tomorrow == BooksDelta())
        }
    }

    @Test func quarantinedItemsAreListedTakenAndKeptFromOthers() async throws {
        try await EventStoreContractTests.withStore { store, _ in
            let mine = Self.items(Self.project)
            let others = Self.items(Reading.other).map { item in
                var item = item
                item.itemIndex += 10
                return item
            }
            _ = try await store.commit(testBatch([], offset: 8, quarantined: mine + others))
            let listed = try await store.quarantined(Self.project, before: nil, limit: 2)
            #expect(listed == [mine[2], mine[1]])
            let last = QuarantineID(streamOffset: StreamOffset(8), itemIndex: 1)
            let rest = try await store.quarantined(Self.project, before: last, limit: 2)
            #expect(rest == [mine[0]])
            let ids = [0, 2, 2, 11, 99].map { QuarantineID(streamOffset: StreamOffset(8), itemIndex: $0) }
            let named = try await store.quarantined(Self.project, ids: ids)
            #expect(Set(named) == [mine[0], mine[2]])
            let removed = try await store.removeQuarantined(Self.project, ids: ids)
            #expect(removed == 2)
            let again = try await store.removeQuarantined(Self.project, ids: ids)
            #expect(again == 0)
            let left = try await store.quarantined(Self.project, before: nil, limit: 10)
            #expect(left == [mine[1]])
            let untouched = try await store.quarantined(Reading.other, before: nil, limit: 10)
            #expect(untouched.count == 3)
            let books = try await store.books(Self.project, DayCalendar.utc.date(at: Reading.start))
            #expect(books.quarantined == ["event_not_json": 3])
            let none = try await store.removeQuarantined(Self.project, ids: [])
            #expect(none == 0)
        }
    }

    @Test func aProjectNeverSeesAnothersRowsAndAnUnknownOneIsEmpty() async throws {
        try await EventStoreContractTests.withStore { store, _ in
            let model = try await Reading.fill(store)
            let foreign = model.events.first { $0.project == "prj_a" && !$0.traceID.isEmpty }!
            let found = try await store.event(foreign.id, project: Reading.other)
            #expect(found == nil)
            let spans = try await store.trace(foreign.traceID, project: Reading.other, limit: 100)
            #expect(
                spans.map(\.event.eventID)
                    == model.events.filter { $0.project == "prj_b" && $0.traceID == foreign.traceID }.map(\.id))
            let nobody = ProjectID(trusted: "prj_none")
            let filter = EventFilter(projectID: nobody, range: Reading.everything)
            let rows = try await store.aggregate(AggregateQuestion(filter: filter, rowsMax: 10))
            #expect(rows.isEmpty)
            let page = try await store.events(EventPageQuestion(filter: filter, newestFirst: true, limit: 10))
            #expect(page == EventPage(rows: [], asOf: StreamOffset(8)))
        }
    }

    @Test func answersAreTheSameAfterReopening() async throws {
        let folder = NSTemporaryDirectory() + "daybook-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = try DuckDBEventStore(folder: folder, telemetry: .none())
        let model = try await Reading.fill(first)
        await first.close()
        let store = try DuckDBEventStore(folder: folder, telemetry: .none())
        let again = try await store.commit(testBatch(model.events, offset: 8))
        #expect(again == EventStoreReceipt(stored: 0, duplicates: 4000))
        let question = AggregateQuestion(
            filter: EventFilter(projectID: Self.project, range: Reading.everything), buckets: .hours,
            dimensions: [.type, .errorCode], withLatency: true, withSamples: true, rowsMax: 1000)
        Reading.expectEqual(try await store.aggregate(question), question, model)
        await store.close()
    }

    @Test func aQuestionBeyondItsSecondsIsInterruptedAndTheStoreGoesOn() async throws {
        let folder = NSTemporaryDirectory() + "daybook-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try DuckDBEventStore(folder: folder, telemetry: .none(), questionSeconds: 0)
        let model = try await Reading.fill(store)
        let filter = EventFilter(projectID: Self.project, range: Reading.everything)
        // The limit is already over when the question starts; a quick answer may still win the race.
        do throws(EventStoreError) {
            let rows = try await store.aggregate(AggregateQuestion(filter: filter, rowsMax: 1))
            #expect(rows[0].events == Int64(model.accepted(filter).count))
        } catch {
            guard case .timeout(_, 0) = error else {
                Issue.record("unexpected \(error)")
                return
            }
        }
        let receipt = try await store.commit(testBatch(EventStoreContractTests.events(0..<5), offset: 8))
        #expect(receipt.stored == 5)
        await store.close()
    }

    @Test func aCancelledQuestionEnds() async throws {
        try await EventStoreContractTests.withStore { store, _ in
            _ = try await Reading.fill(store)
            let filter = EventFilter(projectID: Self.project, range: Reading.everything)
            let question = AggregateQuestion(filter: filter, rowsMax: 1)
            let task = Task { try await store.aggregate(question) }
            task.cancel()
            // Either it had been answered already, or it says that it was stopped: it never hangs.
            if case .failure(let error) = await task.result {
                guard case EventStoreError.cancelled = error else {
                    Issue.record("unexpected \(error)")
                    return
                }
            }
            let rows = try await store.aggregate(question)
            #expect(rows.count == 1)
        }
    }
}
