import Events
import Ports
import Processing
import SystemPorts
import Telemetry
import Testing

@Suite struct ProcessorTests {
    let project = ProjectID(trusted: "prj_a")
    let now = Timestamp(rfc3339: "2026-03-08T06:30:00Z")!
    let stream = MemoryEventStream()
    let clock: ManualClock

    init() { clock = ManualClock(now: now) }

    private func directory() -> FixedProjectDirectory {
        FixedProjectDirectory([
            Project(
                id: project, organisationID: "org_1", name: "A", calendar: DayCalendar(zoneName: "America/New_York")!,
                region: "local", eventsPerSecond: 1000, submissionsPerUserPerMinute: 10, createdAt: now)
        ])
    }

    private func processor(_ store: MemoryEventStore) -> Processor {
        var limits = ProcessingLimits()
        limits.retryPause = .zero
        limits.retryPauseMax = .zero
        return Processor(
            stream: stream, store: store, projects: directory(), clock: clock, telemetry: .none(), limits: limits)
    }

    private func frame(_ items: [String], project: ProjectID? = nil, rejected: [String: Int64] = [:]) -> StreamFrame {
        var bytes = [UInt8]()
        for item in items {
            withUnsafeBytes(of: UInt32(item.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: item.utf8)
        }
        var counts = BooksDelta()
        counts.rejected = rejected
        counts.received = Int64(items.count) + rejected.values.reduce(0, +)
        return StreamFrame(
            projectID: project ?? self.project, receivedAt: now, counts: counts, itemCount: items.count, items: bytes)
    }

    private func call(_ id: String, _ more: String = "") -> String {
        #"{"event_id":"\#(id)","type":"llm.call","time":"2026-03-08T06:29:59Z"\#(more)}"#
    }

    @Test func rowsAreEnrichedByTheSteps() async throws {
        let store = MemoryEventStore()
        let more =
            #","outcome":"success","retry":{"attempt":2,"max":3},"model":{"provider":"openai","name":"openai/gpt-4o-mini-2024-07-18"},"#
            + #""usage":{"input_tokens":3000,"cache_read_tokens":2000,"output_tokens":150,"reasoning_tokens":50},"#
            + #""attributes":{"a":"x\n"},"input":{"q":[1, 2]}"#
        _ = try await stream.append(frame([call("e1", more), call("e2")]))
        try await processor(store).drain()
        let rows = try #require(store.rows.first)
        #expect(rows.count == 2)
        #expect(rows.modelKey[0] == "gpt-4o-mini" && rows.modelKey[1] == "")
        #expect(
            (rows.inputTokens[0], rows.cacheReadTokens[0], rows.outputTokens[0], rows.reasoningTokens[0]) == (
                1000, 2000, 100, 50
            ))
        #expect(rows.costMicroUSD == [390, 0])
        #expect(rows.retryOutcome[0] == "recovered" && rows.retryOutcome[1] == "")
        // 06:30 UTC is 01:30 of the same date in New York; the zone, not UTC, decides.
        #expect(rows.logicalDate[0].description == "2026-03-08")
        #expect(rows.attributes[0] == #"{"a":"x\n"}"# && rows.input[0] == #"{"q":[1,2]}"#)
        #expect(rows.durationMilliseconds[1].isNaN)
        #expect(rows.eventKey[0] != rows.eventKey[1])
        #expect(stream.status.committed == StreamOffset(1))
    }

    @Test func badItemsAreQuarantinedAndTheBooksBalance() async throws {
        let store = MemoryEventStore()
        _ = try await stream.append(
            frame([call("e1"), #"{"event_id":"e2"}"#, "not json", call("e1")], rejected: ["field_type": 2]))
        _ = try await stream.append(frame([call("x")], project: ProjectID(trusted: "prj_gone")))
        _ = try await stream.append(frame([], rejected: ["body_not_json": 1]))
        try await processor(store).drain()
        #expect(store.quarantined.map(\.code) == ["field_missing", "event_not_json", "project_unknown"])
        #expect(store.quarantined[2].bytes == Array(call("x").utf8))
        let books = try #require(store.books[BooksKey(projectID: project, date: LogicalDate("2026-03-08")!)])
        #expect((books.received, books.stored, books.duplicate) == (7, 1, 1))
        #expect(store.books.values.allSatisfy { $0.isBalanced })
    }

    /// The outbox sends again what it does not know to have arrived; a client that repeats itself is another matter.
    @Test func onlyWhatClientsRepeatIsADuplicate() async throws {
        let store = MemoryEventStore()
        var relayed = frame([call("att_1"), call("att_2")])
        relayed.origin = .outbox
        for _ in 0..<3 { _ = try await stream.append(relayed) }
        _ = try await stream.append(frame([call("att_1")]))
        try await processor(store).drain()
        let books = try #require(store.books[BooksKey(projectID: project, date: LogicalDate("2026-03-08")!)])
        #expect((books.received, books.stored, books.duplicate) == (3, 2, 1) && books.isBalanced)
    }

    @Test func aStoreThatFailsForAWhileLosesNothing() async throws {
        let store = MemoryEventStore()
        store.refuseNext([
            .full(path: "x", detail: "no space"), .failed(operation: "commit", detail: "no"),
            .timeout(operation: "c", seconds: 1),
        ])
        for n in 0..<10 { _ = try await stream.append(frame([call("e\(n)")])) }
        try await processor(store).drain()
        #expect(store.identities.count == 10)
        #expect(store.quarantined.isEmpty)
    }

    @Test func aFrameThatIsRefusedForGoodIsQuarantinedAndTheOthersGoThrough() async throws {
        let store = MemoryEventStore { batch in
            (0..<batch.columns.count).contains { batch.columns.eventID[$0] == "poison" }
                ? .failed(operation: "commit", detail: "cannot hold poison") : nil
        }
        for id in ["e1", "poison", "e2"] { _ = try await stream.append(frame([call(id)])) }
        try await processor(store).drain()
        #expect(Set(store.identities.map(\.event)) == ["e1", "e2"])
        #expect(store.quarantined.map(\.code) == ["store_refused"])
        #expect(store.books.values.allSatisfy { $0.isBalanced && $0.received == 3 })
    }

    @Test func aRestartContinuesAtTheStoresOffset() async throws {
        let store = MemoryEventStore()
        for n in 0..<5 { _ = try await stream.append(frame([call("e\(n)")])) }
        try await processor(store).drain()
        let commits = store.commits
        try await processor(store).drain()
        #expect(store.commits == commits)
        _ = try await stream.append(frame([call("e9")]))
        try await processor(store).drain()
        #expect(store.identities.count == 6)
    }

    @Test func theLoopProcessesWhatArrivesAndEndsWhenCancelled() async throws {
        let store = MemoryEventStore()
        let processor = processor(store)
        let clock = clock
        let loop = Task { try await processor.run() }
        _ = try await stream.append(frame([call("e1")]))
        while store.commits == 0 {
            clock.advance(by: .seconds(1))
            await Task.yield()
        }
        loop.cancel()
        _ = await loop.result
        #expect(store.identities.count == 1)
    }

    @Test func smallFramesThatArriveDuringACommitAreGathered() async throws {
        let store = MemoryEventStore()
        let later = (1...20).map { frame([call("e\($0)")]) }
        let processor = Processor(
            stream: stream,
            store: BusyStore(store: store) { [stream] in
                guard store.commits == 0 else { return }
                for frame in later { _ = try? await stream.append(frame) }
            },
            projects: directory(), clock: clock, telemetry: .none())
        let loop = Task { try await processor.run() }
        _ = try await stream.append(frame([call("e0")]))
        while stream.status.committed == .start { await Task.yield() }
        // The interval is not over: nothing more is committed, although there is plenty to read.
        for _ in 0..<2000 { await Task.yield() }
        #expect(store.commits == 1 && stream.status.head == StreamOffset(21))
        while store.commits == 1 {
            clock.advance(by: .seconds(1))
            await Task.yield()
        }
        loop.cancel()
        _ = await loop.result
        #expect(store.commits == 2 && store.identities.count == 21)
    }
}

/// A store during whose commits something else happens.
private struct BusyStore: EventStoreWriter {
    let store: MemoryEventStore
    let meanwhile: @Sendable () async -> Void

    func committedOffset() async throws(EventStoreError) -> StreamOffset { try await store.committedOffset() }
    func commit(_ batch: EventStoreBatch) async throws(EventStoreError) -> EventStoreReceipt {
        await meanwhile()
        return try await store.commit(batch)
    }
}
