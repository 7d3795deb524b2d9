import Events
import Jobs
import Ports
import Testing

@Suite struct JobWaitTests {
    private let wait = Duration.seconds(1_000_000)

    @Test func whoeverWaitsForAJobGetsItOnceItHasFinished() async throws {
        let gate = Gate()
        let harness = try JobHarness([
            JobKind(name: "work", unit: .steps) { _ in
                try await gate.wait()
                return JobResult(json: "{}")
            }
        ])
        try await harness.whileRunning {
            let id = try await harness.enqueue()
            async let waiting = harness.service.finished(id, in: harness.project, within: wait)
            gate.open()
            _ = try await harness.finished(id)
            #expect(try await waiting?.status == .succeeded)
            #expect(try await harness.service.finished(id, in: harness.project, within: wait)?.jobID == id)
            #expect(try await harness.service.finished("job_x", in: harness.project, within: wait) == nil)
        }
    }

    @Test func aWaitEndsWithItsTime() async throws {
        let harness = try JobHarness([JobKind(name: "work", unit: .steps) { _ in JobResult(json: "{}") }])
        let id = try await harness.enqueue()
        let over = Counter()
        async let waiting = {
            defer { _ = over.next() }
            return try await harness.service.finished(id, in: harness.project, within: .seconds(5))
        }()
        try await harness.until("the end of the wait") { over.count == 1 }
        #expect(try await waiting == nil)
        #expect(try await harness.view(id).job.status == .queued)
    }
}
