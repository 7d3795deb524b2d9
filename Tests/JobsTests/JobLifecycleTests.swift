import Events
import Jobs
import Ports
import Testing

/// The life of a job, without store, clock or task.
@Suite struct JobLifecycleTests {
    let start = Timestamp(rfc3339: "2026-03-10T12:00:00Z")!
    let lifecycle = JobLifecycle()

    func job(_ triesMax: Int = 3) -> StoredJob {
        StoredJob(
            jobID: "job_1", projectID: ProjectID("prj_a")!, kind: "export", input: "{}", unit: .rows,
            triesMax: triesMax, createdAt: start)
    }

    func running(_ job: StoredJob, owner: String = "one", at now: Timestamp? = nil) throws -> StoredJob {
        guard case .run(let change) = lifecycle.take(job, owner: owner, now: now ?? start) else {
            throw Failure(what: "the job was not taken")
        }
        return change.job
    }
    struct Failure: Error { var what: String }

    @Test func aDueJobIsTakenWithALease() throws {
        let taken = try running(job())
        #expect(taken.status == .running && taken.tries == 1 && taken.leaseOwner == "one")
        #expect(taken.leaseExpiresAt == start + lifecycle.limits.lease && taken.startedAt == start)
        // Nobody else takes it while the lease holds.
        #expect(lifecycle.take(taken, owner: "two", now: start + .seconds(59)) == .leave)
    }

    @Test func aLeaseThatEndedIsTakenAgainAndTheLostTryIsClosed() throws {
        let taken = try running(job())
        guard case .run(let change) = lifecycle.take(taken, owner: "two", now: start + .seconds(60)) else {
            throw Failure(what: "not taken again")
        }
        #expect(change.job.tries == 2 && change.job.leaseOwner == "two" && change.expectedOwner == "one")
        #expect(change.entries.map(\.number) == [1, 2] && change.entries[0].owner == "one")
        guard case .ended(.interrupted, _) = change.entries[0].phase else { throw Failure(what: "not closed") }
    }

    @Test func crashesCountAsTries() throws {
        var job = job(2)
        job = try running(job)
        job = try running(job, owner: "two", at: start + .seconds(60))
        guard case .end(let change) = lifecycle.take(job, owner: "three", now: start + .seconds(120)) else {
            throw Failure(what: "a third try began")
        }
        #expect(change.job.status == .failed && change.job.fault?.code == .jobInterrupted)
        #expect(change.job.finishedAt == start + .seconds(120) && change.job.leaseOwner == nil)
    }

    @Test func anOrderlyStopDoesNotCount() throws {
        var job = job(1)
        for n in 1...5 {
            job = try running(job)
            #expect(job.tries == n)
            job = lifecycle.end(job, .stopped, progress: job.progress, now: start, jitter: 0).job
            #expect(job.status == .queued && job.interruptions == n)
        }
        job = try running(job)
        let fault = JobFault(.dependencyUnavailable, "gone")
        let end = lifecycle.end(job, .failed(fault, isRetryable: true), progress: job.progress, now: start, jitter: 0)
        #expect(end.job.status == .failed && end.job.fault == fault)
    }

    @Test func failuresWaitLongerEachTimeUpToTheBound() throws {
        var job = job(4)
        var waits: [Duration] = []
        for _ in 1...3 {
            job = try running(job, at: job.nextTryAt)
            let fault = JobFault(.overloaded, "busy")
            job =
                lifecycle.end(
                    job, .failed(fault, isRetryable: true), progress: job.progress, now: start, jitter: 1
                ).job
            waits.append(job.nextTryAt - start)
            #expect(job.status == .queued && job.fault == fault)
            #expect(lifecycle.take(job, owner: "one", now: job.nextTryAt + .milliseconds(-1)) == .leave)
        }
        #expect(waits == [.seconds(2), .seconds(4), .seconds(8)])
        job = try running(job, at: job.nextTryAt)
        #expect(job.fault == nil)
        job =
            lifecycle.end(
                job, .failed(JobFault(.overloaded, "busy"), isRetryable: true), progress: job.progress, now: start,
                jitter: 1
            ).job
        #expect(job.status == .failed && job.tries == 4)
        #expect(lifecycle.backoff(afterTry: 60, jitter: 1) == lifecycle.limits.backoffMax)
        #expect(lifecycle.backoff(afterTry: 1, jitter: 0) == .seconds(1))
    }

    @Test func whatCannotPassIsNotTriedAgain() throws {
        let job = try running(job())
        let end = lifecycle.end(
            job, .failed(JobFault(.parameterInvalid, "no"), isRetryable: false), progress: job.progress, now: start,
            jitter: 0)
        #expect(end.job.status == .failed && end.job.tries == 1)
        guard case .ended(.failed, let detail) = end.entries[0].phase else { throw Failure(what: "no end") }
        #expect(detail == "parameter_invalid: no")
    }

    @Test func cancellingEndsAWaitingJobAtOnceAndARunningOneLater() throws {
        var waiting = job()
        waiting.isCancelRequested = true
        #expect(lifecycle.cancel(waiting, now: start)?.job.status == .cancelled)
        guard case .end(let change) = lifecycle.take(waiting, owner: "one", now: start) else {
            throw Failure(what: "it was run")
        }
        #expect(change.job.status == .cancelled && change.job.tries == 0)
        let running = try running(job())
        #expect(lifecycle.cancel(running, now: start) == nil)
        let end = lifecycle.end(running, .cancelled, progress: running.progress, now: start, jitter: 0)
        #expect(end.job.status == .cancelled && end.job.finishedAt == start)
        #expect(lifecycle.take(end.job, owner: "one", now: start + .seconds(9999)) == .leave)
    }

    @Test func aResultThatCameFirstWins() throws {
        var running = try running(job())
        running.isCancelRequested = true
        let end = lifecycle.end(
            running, .succeeded(JobResult(json: #"{"rows":1}"#)), progress: running.progress, now: start, jitter: 0)
        #expect(end.job.status == .succeeded && end.job.result == #"{"rows":1}"#)
    }

    @Test func longTextsAreCutBetweenCharacters() {
        let cut = JobLifecycle.cut(String(repeating: "é", count: 100), 21)
        #expect(cut.utf8.count <= 21 && cut.hasSuffix("…") && cut.hasPrefix("éé"))
        #expect(JobLifecycle.cut("short", 21) == "short")
    }
}
