import Events
import Foundation
import Ports
import SQLiteLedger
import Submissions
import Synchronization
import SystemPorts
import Telemetry
import Testing

/// Nothing is answered, and nothing leaves the ledger, before its sync; the next commit does not wait for it.
@Suite struct DurabilityTests {
    /// A disk whose syncs wait until they are let through, and fail when they are told to.
    private final class Disk: Sendable {
        private let condition = NSCondition()
        private let state = Mutex((held: false, begun: 0, error: Int32(0)))

        var begun: Int { state.withLock { $0.begun } }
        func hold() { state.withLock { $0.held = true } }
        func fail(_ error: Int32) { state.withLock { $0.error = error } }
        func release() {
            condition.lock()
            state.withLock { $0.held = false }
            condition.broadcast()
            condition.unlock()
        }
        func sync(_ file: Int32) -> Int32 {
            state.withLock { $0.begun += 1 }
            condition.lock()
            while state.withLock({ $0.held }) { condition.wait() }
            condition.unlock()
            return state.withLock { $0.error }
        }
    }

    @Test func anAnswerWaitsForItsSyncAndTheNextCommitDoesNot() async throws {
        let disk = Disk()
        let harness = try SubmissionHarness(sync: disk.sync)
        disk.hold()
        let before = disk.begun
        let seen = harness.ledger.commitCount
        async let first = harness.submit(validBody("first@example.com"))
        await until { (try? harness.count("attempts")) == 1 && disk.begun == before + 1 }
        // Decided, committed, and seen by the next one: but not answered.
        async let second = harness.submit(validBody("second@example.com"))
        await until { (try? harness.count("attempts")) == 2 }
        #expect(disk.begun == before + 1)
        #expect(try await harness.ledger.pending(after: 0, limit: 10) == [])
        #expect(harness.ledger.commitCount == seen)
        disk.release()
        #expect(await first.receipt != nil)
        #expect(await second.receipt != nil)
        #expect(try await harness.ledger.pending(after: 0, limit: 10).count == 2)
        await harness.ledger.waitForCommit(beyond: seen)
        #expect(disk.begun == before + 2, "one for the first, one for what came while it ran")
    }

    @Test func afterAFailedSyncNothingIsCalledDurable() async throws {
        let disk = Disk()
        let harness = try SubmissionHarness(sync: disk.sync)
        #expect(await harness.submit(validBody("before@example.com")).receipt != nil)
        disk.fail(EIO)
        let failed = try #require(await harness.submit(validBody("failed@example.com"), key: "k1").problem)
        #expect(failed.code == .readOnly)
        disk.fail(0)
        let later = try #require(await harness.submit(validBody("later@example.com")).problem)
        #expect(later.code == .readOnly, "the pages of the failed sync may be gone, so a later one proves nothing")
        #expect(try await harness.ledger.pending(after: 0, limit: 10).count == 1)
        #expect(try harness.count("attempts") == 2, "nothing was written after the failure")
        await #expect(throws: LedgerError.self) { try await harness.ledger.remove(through: 1) }
        // Opened anew, what the disk has is what counts; the client's repetition finds its answer, or is decided now.
        try harness.ledger.close()
        let again = try SQLiteLedger(folder: harness.folder, telemetry: .none())
        let service = SubmissionService(
            ledger: again, clock: harness.clock, identifiers: harness.identifiers, telemetry: .none())
        let repeated = await service.submit(
            SubmissionRequest(
                project: harness.project, body: .json(Array(validBody("failed@example.com").utf8)), idempotencyKey: "k1"
            ))
        #expect(repeated.receipt != nil)
        #expect(try await again.pending(after: 0, limit: 10).count == 2)
        try again.close()
    }

    @Test func whatWasLeftBehindIsSyncedBeforeItCounts() async throws {
        let disk = Disk()
        let harness = try SubmissionHarness(sync: disk.sync)
        #expect(disk.begun == 1, "what an earlier process left in the log is made durable when the ledger is opened")
        #expect(throws: LedgerError.self) {
            _ = try SQLiteLedger(
                folder: harness.folder + "/other", telemetry: .none(), sync: { _ in EIO })
        }
    }
}
