package import Events
package import Ports

/// How a try ended, as the runner saw it.
package enum TryEnd: Sendable {
    case succeeded(JobResult)
    case failed(JobFault, isRetryable: Bool)
    /// The handler ended because somebody asked for it.
    case cancelled
    /// The handler ended because the server stops in an orderly way.
    case stopped
}

/// The life of a job as pure functions: from the stored job to the change that shall be written. Nothing here reads a
/// clock, waits or stores.
///
/// ```
///          take                 end(.succeeded)
/// queued ───────▶ running ─────────────────────▶ succeeded
///   ▲  ▲            │  │  end(.failed), no more tries
///   │  └────────────┘  ├───────────────────────▶ failed
///   │  end(.failed)    │  end(.cancelled)
///   │  end(.stopped)   └───────────────────────▶ cancelled
///   └─ lease over: take again (counts as a try)       ▲
/// queued ──────────── cancel ─────────────────────────┘
/// ```
package struct JobLifecycle: Sendable {
    package var limits: JobLimits
    package init(limits: JobLimits = JobLimits()) { self.limits = limits }

    /// What to do with a job that is due.
    package enum Taking: Hashable, Sendable {
        /// Write the change; when it holds, run the try.
        case run(JobChange)
        /// Write the change: the job has ended without another try.
        case end(JobChange)
        /// It is not due, or finished.
        case leave
    }

    package func take(_ job: StoredJob, owner: String, now: Timestamp) -> Taking {
        var next = job
        var entries: [JobTryEntry] = []
        switch job.status {
        case .queued:
            guard job.nextTryAt <= now || job.isCancelRequested else { return .leave }
        case .running:
            guard let expiry = job.leaseExpiresAt, expiry <= now else { return .leave }
            entries.append(
                JobTryEntry(
                    number: job.tries,
                    phase: .ended(.interrupted, detail: "the process that ran it stopped without a word"),
                    owner: job.leaseOwner ?? "", at: now))
        case .succeeded, .failed, .cancelled: return .leave
        }
        if job.isCancelRequested {
            finish(&next, .cancelled, now)
            return .end(JobChange(from: job, to: next, entries: entries))
        }
        guard job.tries - job.interruptions < job.triesMax else {
            next.fault =
                job.status == .running
                ? JobFault(
                    .jobInterrupted,
                    "The server stopped during each of the last tries. Look at its log and memory, then start the job again."
                )
                : job.fault ?? JobFault(.jobInterrupted, "The job has no tries left.")
            finish(&next, .failed, now)
            return .end(JobChange(from: job, to: next, entries: entries))
        }
        next.status = .running
        next.tries += 1
        next.leaseOwner = owner
        next.leaseExpiresAt = now + limits.lease
        next.startedAt = job.startedAt ?? now
        next.fault = nil
        next.progress = JobProgress(unit: job.progress.unit)
        entries.append(JobTryEntry(number: next.tries, phase: .started, owner: owner, at: now))
        return .run(JobChange(from: job, to: next, entries: entries))
    }

    /// What becomes of a running job at the end of its try. `jitter` in 0..<1 spreads the waits of jobs that failed at the
    /// same moment.
    package func end(
        _ job: StoredJob, _ end: TryEnd, progress: JobProgress, now: Timestamp, jitter: Double
    ) -> JobChange {
        precondition(job.status == .running)
        var next = job
        next.progress = progress
        let outcome: JobTryEntry.Outcome
        var detail: String?
        switch end {
        case .succeeded(let result):
            outcome = .succeeded
            next.result = result.json
            next.expiresAt = result.expiresAt
            finish(&next, .succeeded, now)
        case .cancelled:
            outcome = .cancelled
            finish(&next, .cancelled, now)
        case .stopped:
            outcome = .interrupted
            detail = "the server was stopped; the job goes on after the next start"
            next.interruptions += 1
            queue(&next, at: now)
        case .failed(let fault, let isRetryable):
            outcome = .failed
            detail = Self.cut("\(fault.code.rawValue): \(fault.message)", JobLimits.detailBytesMax)
            next.fault = JobFault(fault.code, Self.cut(fault.message, JobLimits.detailBytesMax))
            let counted = next.tries - next.interruptions
            if isRetryable, counted < next.triesMax {
                queue(&next, at: now + backoff(afterTry: counted, jitter: jitter))
            } else {
                finish(&next, .failed, now)
            }
        }
        let entry = JobTryEntry(
            number: job.tries, phase: .ended(outcome, detail: detail), owner: job.leaseOwner ?? "", at: now)
        return JobChange(from: job, to: next, entries: [entry])
    }

    /// The end of a job that waits: nil when it does not.
    package func cancel(_ job: StoredJob, now: Timestamp) -> JobChange? {
        guard job.status == .queued else { return nil }
        var next = job
        finish(&next, .cancelled, now)
        return JobChange(from: job, to: next, entries: [])
    }

    /// Exponential backoff with equal jitter: half of the wait is fixed, the other half random.
    package func backoff(afterTry number: Int, jitter: Double) -> Duration {
        var wait = limits.backoffMin
        for _ in 1..<max(number, 1) where wait < limits.backoffMax { wait *= 2 }
        wait = min(wait, limits.backoffMax)
        return wait / 2 + wait / 2 * min(max(jitter, 0), 1)
    }

    private func queue(_ job: inout StoredJob, at time: Timestamp) {
        job.status = .queued
        job.nextTryAt = time
        job.leaseOwner = nil
        job.leaseExpiresAt = nil
    }

    private func finish(_ job: inout StoredJob, _ status: JobStatus, _ now: Timestamp) {
        job.status = status
        job.finishedAt = now
        job.leaseOwner = nil
        job.leaseExpiresAt = nil
        if status != .failed { job.fault = nil }
        job.progress.phase = nil
    }

    /// At most `bytesMax` bytes of the text, cut between characters.
    package static func cut(_ text: String, _ bytesMax: Int) -> String {
        guard text.utf8.count > bytesMax else { return text }
        var end = text.startIndex
        var bytes = 0
        for index in text.indices {
            let width = text[index].utf8.count
            if bytes + width > bytesMax - 3 { break }
            bytes += width
            end = text.index(after: index)
        }
        return text[..<end] + "…"
    }
}
