import Events
import Foundation
import Ports
import SQLiteLedger
import Submissions
import Synchronization
import SystemPorts
import Telemetry
import Testing

/// Many submissions, one commit: order, chain, failure and overload.
@Suite struct CommitTests {
    @Test func theChainIsUnbrokenUnderConcurrency() async throws {
        let harness = try SubmissionHarness()
        let projects = ["prj_a", "prj_b", "prj_c"].map { SubmissionHarness.project($0) }
        await withTaskGroup(of: Void.self) { group in
            for n in 0..<600 {
                group.addTask {
                    let email = n % 5 == 0 ? "broken" : "user\(n)@example.com"
                    _ = await harness.submit(validBody(email), project: projects[n % 3])
                }
            }
        }
        for project in projects {
            let attempts = try await harness.attempts(project.id)
            #expect(attempts.count == 200)
            #expect(attempts.map(\.sequence) == (1...200).map(Int64.init))
            var previous = AttemptHash.genesis
            for attempt in attempts {
                #expect(attempt.previousHash == previous)
                #expect(attempt.hash == AttemptHash.hash(of: attempt), "sequence \(attempt.sequence)")
                previous = attempt.hash
            }
            #expect(attempts.filter { $0.outcome == .success }.count == 160)
            #expect(attempts.allSatisfy { ($0.outcome == .success) == ($0.leadID != nil) })
        }
        #expect(try harness.count("leads") == 480)
    }

    @Test func waitingSubmissionsShareACommit() async throws {
        let gate = Gate()
        let sizes = Mutex<[Int]>([])
        let harness = try SubmissionHarness { ledger in
            WrappedLedger(ledger: ledger) { count throws(LedgerError) in
                sizes.withLock { $0.append(count) }
                await gate.pass()
            }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await harness.submit(validBody("first@example.com")) }
            await gate.waitForArrivals(1)
            for n in 0..<40 { group.addTask { _ = await harness.submit(validBody("user\(n)@example.com")) } }
            await until { harness.service.queued == 40 }
            gate.open()
        }
        #expect(sizes.withLock { $0 } == [1, 40])
        #expect(try harness.count("attempts") == 41)
    }

    /// Callers run on event loops, which are busy with answers when a commit ends.
    @Test func theNextCommitDoesNotWaitForItsCallers() async throws {
        let gate = Gate()
        let sizes = Mutex<[Int]>([])
        let callers = SuspendableExecutor()
        let harness = try SubmissionHarness { ledger in
            WrappedLedger(ledger: ledger) { count throws(LedgerError) in
                sizes.withLock { $0.append(count) }
                await gate.pass()
            }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: callers) { _ = await harness.submit(validBody("first@example.com")) }
            await gate.waitForArrivals(1)
            for n in 0..<10 {
                group.addTask(executorPreference: callers) {
                    _ = await harness.submit(validBody("user\(n)@example.com"))
                }
            }
            await until { harness.service.queued == 10 }
            callers.suspend()
            gate.open()
            await until { sizes.withLock { $0 } == [1, 10] }
            #expect(sizes.withLock { $0 } == [1, 10])
            callers.resume()
        }
        #expect(try harness.count("attempts") == 11)
    }

    @Test func aFullQueueIsOverloadNotMemory() async throws {
        let gate = Gate()
        let harness = try SubmissionHarness { ledger in
            WrappedLedger(ledger: ledger) { _ throws(LedgerError) in await gate.pass() }
        }
        let answers = await withTaskGroup(of: SubmissionAnswer.self) { group in
            group.addTask { await harness.submit(validBody()) }
            await gate.waitForArrivals(1)
            for n in 0..<4096 { group.addTask { await harness.submit("{\(n)") } }
            await until { harness.service.queued == 4096 }
            let refused = await harness.submit(validBody("late@example.com"))
            #expect(refused.problem?.code == .overloaded)
            #expect(refused.problem?.retryAfterSeconds == 1)
            gate.open()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.problem?.code != .overloaded })
        #expect(try harness.count("attempts") == 4097)
    }

    @Test(arguments: [
        (LedgerError.full(path: "/secret/path", detail: "no space"), ErrorCode.storageFull),
        (.readOnly(path: "/secret/path", detail: "x"), .readOnly),
        (.locked(path: "/secret/path", detail: "x"), .dependencyUnavailable),
        (.closed, .shuttingDown),
    ])
    func aLedgerThatFailsIsNamed(_ error: LedgerError, _ code: ErrorCode) async throws {
        let harness = try SubmissionHarness { ledger in
            WrappedLedger(ledger: ledger) { _ throws(LedgerError) in throw error }
        }
        let problem = try #require(await harness.submit(validBody()).problem)
        #expect(problem.code == code)
        #expect(problem.attemptID == nil)
        #expect(problem.retryAfterSeconds != nil)
        #expect(!problem.detail.contains("/secret"))
        #expect(harness.telemetry.metrics.exposition().contains("daybook_submissions_unlogged_total 1"))
    }

    @Test func oneBrokenItemDoesNotFailItsNeighbours() async throws {
        let gate = Gate()
        let harness = try SubmissionHarness { ledger in
            WrappedLedger(ledger: ledger) { count throws(LedgerError) in
                await gate.pass()
                if count > 1 { throw .failed(operation: "test", detail: "one of many") }
            }
        }
        let answers = await withTaskGroup(of: SubmissionAnswer.self) { group in
            group.addTask { await harness.submit(validBody("first@example.com")) }
            await gate.waitForArrivals(1)
            for n in 0..<10 { group.addTask { await harness.submit(validBody("user\(n)@example.com")) } }
            await until { harness.service.queued == 10 }
            gate.open()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count == 11)
        #expect(answers.allSatisfy { $0.receipt != nil })
        #expect(try harness.count("leads") == 11)
    }
}

/// Holds whoever passes until it is opened.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var arrived = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    func pass() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isOpen = state.withLock { state in
                state.arrived += 1
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume() }
    }
    func waitForArrivals(_ count: Int) async { await until { self.state.withLock { $0.arrived } >= count } }
}

/// Yields until the state is reached.
func until(_ condition: () -> Bool) async {
    for _ in 0..<10_000_000 {
        if condition() { return }
        await Task.yield()
    }
    Issue.record("the awaited state was not reached")
}

/// Runs tasks on a queue that can be stopped for a while.
private final class SuspendableExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "callers")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
    func suspend() { queue.suspend() }
    func resume() { queue.resume() }
}
