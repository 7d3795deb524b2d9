import Events
import Foundation
import Ports
import SQLiteLedger
import Submissions
import Synchronization
import SystemPorts
import Telemetry
import Testing
import Wire

@Suite struct OutboxRelayTests {
    @Test func everyAttemptReachesTheStreamOnce() async throws {
        let harness = try SubmissionHarness()
        let stream = RecordingStream()
        let relay = OutboxRelay(outbox: harness.ledger, stream: stream, clock: harness.clock, telemetry: .none())
        let other = SubmissionHarness.project("prj_two")
        for n in 0..<30 {
            _ = await harness.submit(validBody("u\(n)@example.com"), project: n % 3 == 0 ? other : nil)
            if n % 10 == 9 { harness.clock.advance(by: .seconds(1)) }
        }
        #expect(try await relay.drainOnce() == 30)
        #expect(try await relay.drainOnce() == 0)
        #expect(try harness.count("outbox") == 0)
        let frames = stream.frames
        #expect(frames.count == 6, "one frame for each project and second")
        for frame in frames {
            #expect(frame.counts.received == Int64(frame.itemCount))
            #expect(frame.counts.rejected.isEmpty && frame.origin == .outbox)
        }
        for project in [harness.project.id, other.id] {
            let sent = try frames.filter { $0.projectID == project }.flatMap { try items($0) }
                .map { try object($0)["event_id"] as? String }
            #expect(Set(sent) == Set(try await harness.attempts(project).map(\.attemptID)))
            #expect(sent.count == (project == other.id ? 10 : 20))
        }
        #expect(Set(frames.map(\.receivedAt)).count == 3)
    }

    @Test func everyEventIsValidAfterTheSchema() async throws {
        let harness = try SubmissionHarness(perMinute: 20)
        for refused in OutcomeTests.refused { _ = await harness.submit(refused.body) }
        for _ in 0..<30 { _ = await harness.submit(validBody()) }
        let decoder = EventDecoder()
        let entries = try await harness.ledger.pending(after: 0, limit: 1000)
        #expect(entries.count == OutcomeTests.refused.count + 30)
        for entry in entries {
            entry.event.event.withUnsafeBufferPointer { bytes in
                do throws(EventRejection) {
                    try decoder.decode(bytes, isPadded: false, receivedAt: entry.event.receivedAt) { view in
                        #expect(String(decoding: view.eventID, as: UTF8.self) == entry.event.eventID)
                    }
                } catch {
                    Issue.record("\(error): \(String(decoding: bytes, as: UTF8.self))")
                }
            }
        }
    }

    @Test func aFailedAppendKeepsTheEvents() async throws {
        let harness = try SubmissionHarness()
        let stream = RecordingStream()
        let relay = OutboxRelay(outbox: harness.ledger, stream: stream, clock: harness.clock, telemetry: .none())
        _ = await harness.submit(validBody())
        stream.failure = .full(used: 1, budget: 1)
        await #expect(throws: OutboxRelay.Failure.self) { try await relay.drainOnce() }
        #expect(try harness.count("outbox") == 1)
        stream.failure = nil
        #expect(try await relay.drainOnce() == 1)
        #expect(stream.frames.count == 1)
    }

    @Test func aReplayAfterACrashRepeatsTheSameBytes() async throws {
        let harness = try SubmissionHarness()
        let stream = RecordingStream()
        _ = await harness.submit(validBody())
        let outbox = ForgetfulOutbox(outbox: harness.ledger)
        let relay = OutboxRelay(outbox: outbox, stream: stream, clock: harness.clock, telemetry: .none())
        await #expect(throws: OutboxRelay.Failure.self) { try await relay.drainOnce() }
        outbox.isCrashing.withLock { $0 = false }
        #expect(try await relay.drainOnce() == 1)
        #expect(stream.frames.count == 2)
        #expect(stream.frames[0] == stream.frames[1], "the store recognises the repeat by its identity")
    }

    @Test func theRelayWakesOnCommitAndStopsWhenCancelled() async throws {
        let harness = try SubmissionHarness()
        let stream = RecordingStream()
        let relay = OutboxRelay(outbox: harness.ledger, stream: stream, clock: harness.clock, telemetry: .none())
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await relay.run() }
            for n in 0..<5 {
                _ = await harness.submit(validBody("u\(n)@example.com"))
                let expected = n + 1
                await until { stream.frames.reduce(0) { $0 + $1.itemCount } == expected }
            }
            group.cancelAll()
        }
        #expect(try harness.count("outbox") == 0, "a relay that ends removes what it moved")
    }

    @Test func whatWasMovedIsNotMovedAgainBeforeItIsRemoved() async throws {
        let harness = try SubmissionHarness()
        let stream = RecordingStream()
        let outbox = ForgetfulOutbox(outbox: harness.ledger)
        let relay = OutboxRelay(outbox: outbox, stream: stream, clock: harness.clock, telemetry: .none())
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await relay.run() }
            for n in 0..<3 {
                _ = await harness.submit(validBody("u\(n)@example.com"))
                let expected = n + 1
                await until {
                    // The relay waits on the clock after each removal that failed.
                    harness.clock.advance(by: .seconds(10))
                    return stream.frames.reduce(0) { $0 + $1.itemCount } == expected
                }
            }
            group.cancelAll()
        }
        #expect(stream.frames.reduce(0) { $0 + $1.itemCount } == 3)
        #expect(try harness.count("outbox") == 3, "nothing could be removed")
    }

    private func items(_ frame: StreamFrame) throws -> [String] {
        var found: [String] = []
        var at = 0
        while at < frame.items.count {
            let length = (0..<4).reduce(0) { $0 | Int(frame.items[at + $1]) << (8 * $1) }
            found.append(String(decoding: frame.items[(at + 4)..<(at + 4 + length)], as: UTF8.self))
            at += 4 + length
        }
        #expect(found.count == frame.itemCount)
        return found
    }
}

/// Keeps what is appended; fails when told.
final class RecordingStream: EventStream {
    private struct State {
        var frames: [StreamFrame] = []
        var failure: StreamError?
    }
    private let state = Mutex(State())

    var frames: [StreamFrame] { state.withLock { $0.frames } }
    var failure: StreamError? {
        get { state.withLock { $0.failure } }
        set { state.withLock { $0.failure = newValue } }
    }

    func append(_ frame: StreamFrame) async throws(StreamError) -> StreamOffset {
        if let failure { throw failure }
        return state.withLock { state in
            state.frames.append(frame)
            return StreamOffset(Int64(state.frames.count - 1))
        }
    }
    func read(from offset: StreamOffset, bytesMax: Int) async throws(StreamError) -> [StoredFrame] { [] }
    func commit(_ offset: StreamOffset) async throws(StreamError) {}
    func waitForFrames(beyond offset: StreamOffset) async {}
    var status: StreamStatus {
        StreamStatus(
            head: StreamOffset(Int64(frames.count)), committed: .start, tail: .start, bytesOnDisk: 0, bytesBudget: 0,
            oldestUncommitted: nil, earliestUncommitted: nil)
    }
    func close() async {}
}

/// Loses the removal, as a crash between append and removal would.
final class ForgetfulOutbox: Outbox {
    let outbox: any Outbox
    let isCrashing = Mutex(true)
    init(outbox: any Outbox) { self.outbox = outbox }

    func pending(after position: Int64, limit: Int) async throws(LedgerError) -> [OutboxEntry] {
        try await outbox.pending(after: position, limit: limit)
    }
    func waiting(of project: ProjectID, receivedBefore end: Timestamp) async throws(LedgerError) -> Int64 {
        try await outbox.waiting(of: project, receivedBefore: end)
    }
    func remove(through position: Int64) async throws(LedgerError) {
        if isCrashing.withLock({ $0 }) { throw .failed(operation: "test", detail: "crash") }
        try await outbox.remove(through: position)
    }
    var commitCount: UInt64 { outbox.commitCount }
    func waitForCommit(beyond seen: UInt64) async { await outbox.waitForCommit(beyond: seen) }
}
