import DirectoryFiles
import Events
import Foundation
import Jobs
import Ports
import SQLiteLedger
import Synchronization
import SystemPorts
import Telemetry
import Testing

/// Jobs on a real ledger and real folders, with a clock that the test moves.
final class JobHarness: Sendable {
    let folder: String
    let ledger: SQLiteLedger
    let clock: ManualClock
    let project = ProjectID("prj_a")!
    let service: JobService
    private let ownsFolder: Bool

    init(
        _ kinds: [JobKind], limits: JobLimits = JobLimits(), folder: String? = nil,
        now: Timestamp = Timestamp(rfc3339: "2026-03-10T12:00:00Z")!
    ) throws {
        self.folder = folder ?? NSTemporaryDirectory() + "daybook-jobs-\(UUID().uuidString)"
        ownsFolder = folder == nil
        ledger = try SQLiteLedger(folder: self.folder, telemetry: .none())
        clock = ManualClock(now: now)
        service = JobService(
            ledger: ledger, kinds: kinds, workspaces: DirectoryJobWorkspaces(root: self.folder + "/jobs"), clock: clock,
            identifiers: TimeOrderedIdentifiers(randomness: SystemRandomness()), telemetry: .none(), limits: limits)
    }

    deinit { if ownsFolder { try? FileManager.default.removeItem(atPath: folder) } }

    func runner(_ owner: String = "one") -> JobRunner {
        JobRunner(service: service, randomness: SeededRandomness(seed: 1), owner: owner)
    }

    /// Runs a runner while `body` runs.
    func whileRunning(_ owner: String = "one", _ body: () async throws -> Void) async throws {
        let runner = runner(owner)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await runner.run() }
            defer { group.cancelAll() }
            try await body()
        }
    }

    func enqueue(
        _ kind: String = "work", subject: String? = nil, key: String? = nil, input: String = "{}"
    ) async throws
        -> String
    {
        try await service.enqueue(
            JobRequest(kind: kind, input: input, subject: subject, idempotencyKey: key), in: project
        ).job.jobID
    }

    func view(_ id: String) async throws -> JobView { try #require(try await service.job(id, in: project)) }

    /// The kinds of a project's jobs in one status, sorted.
    @inline(never)
    func kinds(_ status: JobStatus, of project: ProjectID) async throws -> [String] {
        let filter = JobFilter(projectID: project, status: status)
        return try await service.jobs(filter, before: nil, limit: 10).map(\.job.kind).sorted()
    }

    /// Moves the clock a little at a time until the state is there; the reads of the ledger in between let the runner work.
    func until(_ what: String, step: Duration = .milliseconds(250), _ isThere: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if try await isThere() { return }
            clock.advance(by: step)
            await Task.yield()
        }
        Issue.record("\(what): never came")
        throw CancellationError()
    }

    func finished(_ id: String) async throws -> JobView {
        try await until("the end of \(id)") { try await view(id).job.status.isFinished }
        return try await view(id)
    }
}

/// A number that handlers and tests share.
final class Counter: Sendable {
    private let value = Mutex(0)
    func next() -> Int {
        value.withLock {
            $0 += 1
            return $0
        }
    }
    var count: Int { value.withLock { $0 } }
}

/// Opens once; whoever waits goes on then, or when cancelled.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    init() { (stream, continuation) = AsyncStream.makeStream() }
    func open() { continuation.finish() }
    func wait() async throws {
        for await _ in stream {}
        try Task.checkCancellation()
    }
}
