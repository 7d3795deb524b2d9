import Events
import Foundation
import Jobs
import Ports
import SQLiteLedger
import SystemPorts
import Testing

@Suite struct JobRunnerTests {
    @Test func whatAJobIsAboutIsKeptWithIt() async throws {
        let harness = try JobHarness([JobKind(name: "work", unit: .steps) { _ in JobResult(json: "{}") }])
        let about = #"{"file":"march.csv"}"#
        let (made, _) = try await harness.service.enqueue(
            JobRequest(kind: "work", input: "{}", about: about), in: harness.project)
        #expect(try await harness.view(made.jobID).job.about == about)
        let plain = try await harness.enqueue()
        #expect(try await harness.view(plain).job.about == nil)
        try await harness.whileRunning {
            try await harness.until("the job ends") { try await harness.view(made.jobID).job.status.isFinished }
        }
        #expect(try await harness.view(made.jobID).job.about == about)
    }

    @Test func aJobRunsOnceAndItsResultStays() async throws {
        let harness = try JobHarness([
            JobKind(name: "work", unit: .rows) { context in
                context.report(done: 3, total: 3, phase: "counting")
                return JobResult(json: #"{"try":\#(context.number),"input":\#(context.input)}"#)
            }
        ])
        let id = try await harness.enqueue(input: #"{"a":1}"#)
        try await harness.whileRunning {
            let view = try await harness.finished(id)
            #expect(view.job.status == .succeeded && view.job.result == #"{"try":1,"input":{"a":1}}"#)
            #expect(view.job.progress.done == 3 && view.job.progress.total == 3 && view.job.progress.phase == nil)
            #expect(view.tries.map(\.outcome) == [.succeeded] && view.tries[0].endedAt != nil)
            try await harness.until("its folder is gone") {
                !FileManager.default.fileExists(atPath: harness.folder + "/jobs/\(id)")
            }
        }
    }

    @Test func failuresAreTriedAgainWithBackoffAndEveryTryIsVisible() async throws {
        let calls = Counter()
        let harness = try JobHarness([
            JobKind(name: "work", unit: .steps, triesMax: 3) { _ in
                throw JobError(.dependencyUnavailable, "no answer \(calls.next())", isRetryable: true)
            }
        ])
        let id = try await harness.enqueue()
        try await harness.whileRunning {
            let view = try await harness.finished(id)
            #expect(view.job.status == .failed && view.job.fault?.message == "no answer 3")
            #expect(calls.count == 3 && view.tries.map(\.outcome) == [.failed, .failed, .failed])
            #expect(view.tries[0].detail == "dependency_unavailable: no answer 1")
            let waits = zip(view.tries, view.tries.dropFirst()).map { $1.startedAt - $0.endedAt! }
            #expect(waits[0] >= .seconds(1) && waits[1] >= .seconds(2), "\(waits)")
        }
    }

    @Test func aProblemThatCannotPassEndsTheJob() async throws {
        let harness = try JobHarness([
            JobKind(name: "work", unit: .steps) { _ in throw Problem(.parameterInvalid, "the column is unknown") }
        ])
        let id = try await harness.enqueue()
        try await harness.whileRunning {
            let view = try await harness.finished(id)
            #expect(view.job.fault == JobFault(.parameterInvalid, "the column is unknown") && view.tries.count == 1)
        }
    }

    @Test func aRunningJobIsCancelled() async throws {
        let gate = Gate()
        let harness = try JobHarness([
            JobKind(name: "work", unit: .steps) { _ in
                try await gate.wait()
                return JobResult(json: "{}")
            }
        ])
        let id = try await harness.enqueue()
        try await harness.whileRunning {
            try await harness.until("it runs") { try await harness.view(id).job.status == .running }
            let asked = try #require(try await harness.service.cancel(id, in: harness.project))
            #expect(asked.job.isCancelRequested)
            let view = try await harness.finished(id)
            #expect(view.job.status == .cancelled && view.tries.map(\.outcome) == [.cancelled])
            // A finished job is answered as it is.
            #expect(try await harness.service.cancel(id, in: harness.project)?.job.status == .cancelled)
        }
    }

    @Test func aWaitingJobIsCancelledWithoutARunner() async throws {
        let harness = try JobHarness([JobKind(name: "work", unit: .steps) { _ in JobResult(json: "{}") }])
        let id = try await harness.enqueue()
        #expect(try await harness.service.cancel(id, in: harness.project)?.job.status == .cancelled)
        #expect(try await harness.service.cancel(id, in: ProjectID("prj_b")!) == nil)
    }

    @Test func anOrderlyStopPutsTheJobBackAndTheNextStartGoesOn() async throws {
        let calls = Counter()
        let gate = Gate()
        let harness = try JobHarness([
            JobKind(name: "work", unit: .steps, triesMax: 1) { context in
                try Data("kept".utf8).write(to: URL(filePath: context.workspace + "/\(context.number)"))
                if calls.next() == 1 { try await gate.wait() }
                let files = try FileManager.default.contentsOfDirectory(atPath: context.workspace).sorted()
                return JobResult(json: #"{"files":\#(files)}"#)
            }
        ])
        let id = try await harness.enqueue()
        try await harness.whileRunning {
            try await harness.until("it runs") { calls.count == 1 }
        }
        let stopped = try await harness.view(id)
        #expect(stopped.job.status == .queued && stopped.tries.map(\.outcome) == [.interrupted])
        try await harness.whileRunning("two") {
            let view = try await harness.finished(id)
            // What the first try wrote was there for the second.
            #expect(view.job.status == .succeeded && view.job.result == #"{"files":["1", "2"]}"#)
            #expect(view.tries.map(\.outcome) == [.interrupted, .succeeded])
        }
    }

    /// A process that was killed leaves a job that says it runs, with a lease of its own.
    @Test func aKilledProcessesJobIsTakenUpAtTheNextStart() async throws {
        let harness = try JobHarness([
            JobKind(name: "work", unit: .steps) { context in JobResult(json: "{\"try\":\(context.number)}") }
        ])
        let id = try await harness.enqueue()
        let lifecycle = JobLifecycle()
        let job = try await harness.view(id).job
        guard case .run(let change) = lifecycle.take(job, owner: "killed", now: harness.clock.now) else {
            throw CancellationError()
        }
        #expect(try await harness.ledger.apply(change))
        // Applied once: what was read is not what is there any more.
        #expect(try await harness.ledger.apply(change) == false)
        try await harness.whileRunning("two") {
            // Without waiting for the lease to end: the clock stands still until the second try has begun.
            try await harness.until("the second try", step: .milliseconds(10)) {
                try await harness.view(id).job.tries == 2
            }
            #expect(harness.clock.now < change.job.leaseExpiresAt!)
            let view = try await harness.finished(id)
            #expect(view.job.status == .succeeded && view.tries.map(\.outcome) == [.interrupted, .succeeded])
        }
    }

    @Test func aLostLeaseWritesNothing() async throws {
        let gate = Gate()
        let harness = try JobHarness([
            JobKind(name: "work", unit: .steps) { context in
                if context.number == 1 { try await gate.wait() }
                return JobResult(json: "{\"try\":\(context.number)}")
            }
        ])
        let id = try await harness.enqueue()
        try await harness.whileRunning {
            try await harness.until("it runs") { try await harness.view(id).job.status == .running }
            // Somebody else takes it, as after a lease that ended.
            let held = try await harness.view(id).job
            let later = harness.clock.now + .seconds(600)
            guard case .run(let change) = JobLifecycle().take(held, owner: "thief", now: later) else {
                throw CancellationError()
            }
            #expect(try await harness.ledger.apply(change))
            try await harness.until("the third try", step: .seconds(5)) {
                try await harness.view(id).job.status == .succeeded
            }
            let view = try await harness.view(id)
            #expect(view.tries.map(\.number) == [1, 2, 3])
            #expect(view.tries.map(\.outcome) == [.interrupted, .interrupted, .succeeded])
        }
    }

    @Test func placesAreBoundedByKindAndProject() async throws {
        let gate = Gate()
        let slow: JobHandler = { _ in
            try await gate.wait()
            return JobResult(json: "{}")
        }
        let harness = try JobHarness([
            JobKind(name: "slow", unit: .steps, concurrentMax: 1, run: slow),
            JobKind(name: "work", unit: .steps, concurrentMax: 4, run: slow),
        ])
        for _ in 0..<3 { _ = try await harness.enqueue("slow") }
        for _ in 0..<3 { _ = try await harness.enqueue("work") }
        let other = ProjectID("prj_b")!
        _ = try await harness.service.enqueue(JobRequest(kind: "work", input: "{}"), in: other)
        try await harness.whileRunning {
            try await harness.until("the other project's turn") {
                try await harness.kinds(.running, of: other) == ["work"]
            }
            // Which of them were first is chance: they were asked for at the same instant.
            try await harness.until("the first project's two places are taken") {
                try await harness.kinds(.running, of: harness.project).count == 2
            }
            let running = try await harness.kinds(.running, of: harness.project)
            #expect(running == ["slow", "work"] || running == ["work", "work"])
            gate.open()
            try await harness.until("all are done") {
                try await harness.kinds(.succeeded, of: harness.project).count == 6
            }
        }
    }

    @Test func theSameRequestIsTheSameJob() async throws {
        let harness = try JobHarness([JobKind(name: "work", unit: .steps) { _ in JobResult(json: "{}") }])
        let first = try await harness.enqueue(key: "k1")
        #expect(try await harness.enqueue(key: "k1") == first)
        await #expect(throws: Problem.self) { _ = try await harness.enqueue(key: "k1", input: #"{"b":2}"#) }
        let about = try await harness.enqueue(subject: "2026-03-10")
        #expect(try await harness.enqueue(subject: "2026-03-10") == about && about != first)
        _ = try await harness.service.cancel(about, in: harness.project)
        #expect(try await harness.enqueue(subject: "2026-03-10") != about)
        harness.clock.advance(by: .seconds(2 * 86_400))
        #expect(try await harness.enqueue(key: "k1") != first)
    }

    @Test func aProjectMayNotQueueWithoutBound() async throws {
        let harness = try JobHarness([JobKind(name: "work", unit: .steps) { _ in JobResult(json: "{}") }])
        for _ in 0..<JobLimits.activePerProjectMax { _ = try await harness.enqueue() }
        do {
            _ = try await harness.enqueue()
            Issue.record("one more was taken")
        } catch let problem as Problem { #expect(problem.code == .overloaded) }
    }

    @Test func progressIsWrittenOncePerHeartbeat() async throws {
        let gate = Gate()
        let harness = try JobHarness([
            JobKind(name: "work", unit: .rows) { context in
                for row in 1...10_000 { context.report(done: Int64(row), total: 20_000, phase: "reading") }
                try await gate.wait()
                return JobResult(json: "{}")
            }
        ])
        let id = try await harness.enqueue()
        try await harness.whileRunning {
            try await harness.until("progress") { try await harness.view(id).job.progress.done == 10_000 }
            let progress = try await harness.view(id).job.progress
            #expect(progress == JobProgress(done: 10_000, total: 20_000, unit: .rows, phase: "reading"))
            gate.open()
            #expect(try await harness.finished(id).job.status == .succeeded)
        }
    }

    @Test func foldersOfFinishedJobsGoWhenTheirTimeIsOver() async throws {
        let harness = try JobHarness([
            JobKind(name: "work", unit: .steps, keepsWorkspaceFor: .seconds(3600)) { _ in JobResult(json: "{}") }
        ])
        // Real folders have the machine's times: the clock starts there.
        harness.clock.advance(by: SystemClock().now - harness.clock.now)
        let id = try await harness.enqueue()
        let (orphan, path) = try await harness.service.newJob()
        try await harness.whileRunning {
            _ = try await harness.finished(id)
            #expect(FileManager.default.fileExists(atPath: harness.service.workspace(of: id)))
            try await harness.until("the folder is gone", step: .seconds(30)) {
                !FileManager.default.fileExists(atPath: harness.service.workspace(of: id))
            }
            #expect(FileManager.default.fileExists(atPath: path), "\(orphan) is young")
            try await harness.until("the upload's folder is gone", step: .seconds(600)) {
                !FileManager.default.fileExists(atPath: path)
            }
        }
    }

    @Test func tokensAreComparedByTheirHash() async throws {
        let harness = try JobHarness([JobKind(name: "work", unit: .steps) { _ in JobResult(json: "{}") }])
        let made = try await harness.service.enqueue(
            JobRequest(kind: "work", input: "{}", token: "secret"), in: harness.project)
        let job = try await harness.view(made.job.jobID).job
        #expect(JobService.isToken("secret", of: job) && !JobService.isToken("secre", of: job))
        #expect(!JobService.isToken("", of: try await harness.view(try await harness.enqueue()).job))
    }
}
