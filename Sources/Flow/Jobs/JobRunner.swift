internal import Events
package import Ports
internal import Synchronization
internal import Telemetry

/// Takes due jobs and runs them, a bounded number at a time. One loop per process.
///
/// Every running job has two tasks: its handler, and a heartbeat that renews the lease, writes progress, and ends the
/// handler when the lease is lost or somebody asked for the job's end.
package final class JobRunner: Sendable {
    private let service: JobService
    private let randomness: any Randomness
    /// Names this process: a lease of another owner is another process's.
    private let owner: String
    private let limits: JobLimits
    private let running = Mutex<[String: Running]>([:])

    struct Running: Sendable {
        var kind: String
        var project: ProjectID
        var number: Int
        var reporter: ProgressReporter
    }

    private var ledger: any JobLedger { service.ledger }
    private var clock: any Clock { service.clock }

    package init(service: JobService, randomness: any Randomness, owner: String) {
        self.service = service
        self.randomness = randomness
        self.owner = owner
        self.limits = service.lifecycle.limits
    }

    /// Runs jobs until the task is cancelled. At its start the leases of earlier processes end at once: this process alone
    /// owns the ledger.
    package func run() async {
        defer { service.board.close() }
        await takeOver()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.sweepLoop() }
            while !Task.isCancelled {
                let seen = service.board.wakes
                var pause = limits.pollMax
                do throws(LedgerError) {
                    for (job, kind, reporter) in try await claim() {
                        group.addTask { await self.run(job, kind, reporter) }
                    }
                    pause = try await untilNext()
                } catch .closed {
                    return group.cancelAll()
                } catch {
                    service.telemetry.emit(JobRunnerFailed(detail: error.description))
                }
                await wait(pause, seen: seen)
            }
            group.cancelAll()
        }
    }

    private func takeOver() async {
        do {
            let ended = try await ledger.endLeases(notOwnedBy: owner, at: clock.now)
            if ended > 0 { service.telemetry.emit(JobsTakenOver(count: ended)) }
        } catch {
            service.telemetry.emit(JobRunnerFailed(detail: error.description))
        }
    }

    private func wait(_ pause: Duration, seen: UInt64) async {
        let (board, clock) = (service.board, clock)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await board.wait(beyond: seen) }
            // A cancelled sleep is the end of the wait, which is what the loop looks at next.
            group.addTask { do { try await clock.sleep(for: pause) } catch { return } }
            await group.next()
            group.cancelAll()
        }
    }

    private func untilNext() async throws(LedgerError) -> Duration {
        guard let due = try await ledger.nextDue(kinds: service.kindNames) else { return limits.pollMax }
        // What is due and was not taken waits for a place: the end of a running job wakes the loop.
        let wait = due - clock.now
        return wait <= .zero ? limits.pollMax : min(wait, limits.pollMax)
    }

    // MARK: Taking

    /// Takes as many due jobs as there are places; what it returns is running in the ledger.
    private func claim() async throws(LedgerError) -> [(StoredJob, JobKind, ProgressReporter)] {
        var claimed: [(StoredJob, JobKind, ProgressReporter)] = []
        var conflicts = 0
        while true {
            let (kinds, busy, places) = room()
            guard places > 0, !kinds.isEmpty, conflicts < limits.concurrentMax else { return claimed }
            let due = try await ledger.dueJobs(at: clock.now, kinds: kinds, busyProjects: busy, limit: 1)
            guard let job = due.first, let kind = service.kinds[job.kind] else { return claimed }
            if let own = running.withLock({ $0[job.jobID] }) {
                // It runs here: the clock was set, or the machine slept. Its lease goes on.
                _ = try await ledger.renewLease(
                    job.jobID, project: job.projectID, owner: owner, number: own.number,
                    progress: own.reporter.current, until: clock.now + limits.lease)
                conflicts += 1
                continue
            }
            switch service.lifecycle.take(job, owner: owner, now: clock.now) {
            case .leave: return claimed
            case .end(let bare):
                let change = await service.withResultSoFar(bare)
                guard try await ledger.apply(change) else {
                    conflicts += 1
                    continue
                }
                await ended(change.job, took: .zero)
            case .run(let change):
                guard try await ledger.apply(change) else {
                    conflicts += 1
                    continue
                }
                let reporter = ProgressReporter(change.job.progress)
                let entry = Running(
                    kind: job.kind, project: job.projectID, number: change.job.tries, reporter: reporter)
                running.withLock { $0[job.jobID] = entry }
                service.telemetry.emit(JobStarted(job: change.job))
                service.board.changed(job.jobID)
                claimed.append((change.job, kind, reporter))
            }
        }
    }

    /// Kinds with a free place, projects without one, and the free places altogether.
    private func room() -> (kinds: [String], busy: [ProjectID], places: Int) {
        let running = running.withLock { Array($0.values) }
        let kinds = service.kinds.values.filter { kind in running.count { $0.kind == kind.name } < kind.concurrentMax }
        var perProject: [ProjectID: Int] = [:]
        for one in running { perProject[one.project, default: 0] += 1 }
        return (
            kinds.map(\.name).sorted(), perProject.filter { $0.value >= limits.perProjectMax }.map(\.key),
            limits.concurrentMax - running.count
        )
    }

    // MARK: Running

    private func run(_ job: StoredJob, _ kind: JobKind, _ reporter: ProgressReporter) async {
        let started = clock.monotonic
        let outcome = await outcome(of: job, kind, reporter)
        defer {
            _ = running.withLock { $0.removeValue(forKey: job.jobID) }
            service.board.changed(job.jobID)
            service.board.wake()
        }
        guard let outcome else {
            service.telemetry.emit(JobLeaseLost(job: job))
            return
        }
        let jitter = Double(randomness.bytes(1)[0]) / 256
        let change = await service.withResultSoFar(
            service.lifecycle.end(job, outcome, progress: reporter.current, now: clock.now, jitter: jitter))
        do {
            guard try await ledger.apply(change) else {
                service.telemetry.emit(JobLeaseLost(job: job))
                return
            }
        } catch {
            // Nothing was written: the lease ends by itself, and the job is taken up again.
            service.telemetry.emit(JobRunnerFailed(detail: error.description))
            return
        }
        if change.job.status.isFinished {
            await ended(change.job, took: clock.monotonic - started)
        } else {
            service.telemetry.emit(JobTryEnded(job: change.job))
        }
    }

    private func ended(_ job: StoredJob, took: Duration) async {
        service.telemetry.emit(JobEnded(job: job, took: took))
        service.board.changed(job.jobID)
        await service.cleanUp(job)
    }

    private enum Part: Sendable {
        case handler(TryEnd)
        case heartbeat(HeartbeatEnd)
    }
    private enum HeartbeatEnd: Sendable { case cancelRequested, lost, stopped }

    /// Nil when the lease was lost: then the try's end is not ours to write.
    private func outcome(of job: StoredJob, _ kind: JobKind, _ reporter: ProgressReporter) async -> TryEnd? {
        await withTaskGroup(of: Part.self) { group in
            group.addTask { .handler(await self.handle(job, kind, reporter)) }
            group.addTask { .heartbeat(await self.heartbeat(job, reporter)) }
            var asked: HeartbeatEnd?
            for await part in group {
                switch part {
                case .heartbeat(let end):
                    asked = end
                    group.cancelAll()
                case .handler(let end):
                    group.cancelAll()
                    // What was finished is finished, whatever was asked for meanwhile.
                    if asked == .lost { return nil }
                    if case .cancelled = end { return asked == .cancelRequested ? .cancelled : .stopped }
                    return end
                }
            }
            return nil
        }
    }

    private func handle(_ job: StoredJob, _ kind: JobKind, _ reporter: ProgressReporter) async -> TryEnd {
        do {
            let folder = try await service.workspaces.prepare(job.jobID)
            let result = try await kind.run(
                JobContext(
                    jobID: job.jobID, projectID: job.projectID, input: job.input, number: job.tries, workspace: folder,
                    reporter: reporter))
            guard result.json.utf8.count <= JobLimits.textBytesMax else {
                return .failed(
                    JobFault(.internalError, "The job's result is larger than \(JobLimits.textBytesMax) bytes."),
                    isRetryable: false)
            }
            return .succeeded(result)
        } catch is CancellationError {
            return .cancelled
        } catch let error as JobError {
            return .failed(error.fault, isRetryable: error.isRetryable)
        } catch let problem as Problem {
            return Task.isCancelled
                ? .cancelled : .failed(JobFault(problem.code, problem.detail), isRetryable: problem.code.isRetryable)
        } catch let error as FileStoreError {
            let problem = error.problem
            service.telemetry.emit(JobTryBroke(job: job, detail: error.description))
            return .failed(JobFault(problem.code, problem.detail), isRetryable: true)
        } catch let error as LedgerError {
            let problem = JobService.problem(for: error)
            service.telemetry.emit(JobTryBroke(job: job, detail: error.description))
            return error == .closed ? .cancelled : .failed(JobFault(problem.code, problem.detail), isRetryable: true)
        } catch {
            if Task.isCancelled { return .cancelled }
            service.telemetry.emit(JobTryBroke(job: job, detail: String(describing: error)))
            return .failed(
                JobFault(.internalError, "The job failed on our side. The server's log says why."), isRetryable: true)
        }
    }

    /// Beats until the lease is lost, the job's end is asked for, or the task is cancelled. Writes when there is news, and
    /// to keep the lease; a request for the end is noticed within a beat, or when the board says so.
    private func heartbeat(_ job: StoredJob, _ reporter: ProgressReporter) async -> HeartbeatEnd {
        var renewed = clock.monotonic
        while true {
            do { try await clock.sleep(for: limits.heartbeat) } catch { return .stopped }
            let (progress, isNew) = reporter.take()
            let isDue = clock.monotonic - renewed >= limits.lease / 4
            let lease: JobLease
            do {
                if isNew || isDue {
                    lease = try await ledger.renewLease(
                        job.jobID, project: job.projectID, owner: owner, number: job.tries, progress: progress,
                        until: clock.now + limits.lease)
                    renewed = clock.monotonic
                    service.board.changed(job.jobID)
                } else {
                    let found = try await ledger.job(job.jobID, project: job.projectID)
                    let isHeld = found?.leaseOwner == owner && found?.tries == job.tries && found?.status == .running
                    lease = !isHeld ? .lost : found?.isCancelRequested == true ? .cancelRequested : .held
                }
            } catch {
                // The ledger may answer again before the lease ends; when it does not, the lease is over for everybody.
                guard clock.monotonic - renewed < limits.lease else { return .lost }
                continue
            }
            switch lease {
            case .held: continue
            case .cancelRequested: return .cancelRequested
            case .lost: return .lost
            }
        }
    }

    // MARK: Folders

    private func sweepLoop() async {
        while !Task.isCancelled {
            await sweep()
            do { try await clock.sleep(for: limits.sweepInterval) } catch { return }
        }
    }

    /// Removes the folders of jobs that finished long enough ago, and of uploads that never became a job.
    func sweep() async {
        let now = clock.now
        do {
            let longest = service.kinds.values.map(\.keepsWorkspaceFor).max() ?? .zero
            let old = try await service.workspaces.jobs(changedBefore: now - min(longest, limits.orphanAge))
            let orphans = Set(try await service.workspaces.jobs(changedBefore: now - limits.orphanAge))
            for jobID in old {
                let found = try await ledger.jobToSweep(jobID)
                let isOver: Bool
                switch found {
                case nil: isOver = orphans.contains(jobID)
                case .some(let job):
                    let kept = service.kinds[job.kind]?.keepsWorkspaceFor ?? .zero
                    isOver = job.finishedAt.map { $0 + kept <= now } ?? false
                }
                if isOver { try await service.workspaces.remove(jobID) }
            }
        } catch {
            guard !Task.isCancelled else { return }
            service.telemetry.emit(JobSweepFailed(detail: String(describing: error)))
        }
    }
}
