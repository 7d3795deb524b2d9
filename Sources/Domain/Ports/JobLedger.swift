package import Events

/// Where a job stands. `queued` covers the wait for a first try and for the next one after a failure.
package enum JobStatus: String, Hashable, Sendable, CaseIterable, Codable {
    case queued, running, succeeded, failed, cancelled

    package var isFinished: Bool {
        switch self {
        case .queued, .running: false
        case .succeeded, .failed, .cancelled: true
        }
    }
}

package struct JobProgress: Hashable, Sendable {
    package enum Unit: String, Hashable, Sendable, CaseIterable { case rows, steps, bytes }

    package var done: Int64
    /// Nil as long as nobody knows.
    package var total: Int64?
    package var unit: Unit
    /// What is being done, in a word or two for people.
    package var phase: String?

    package init(done: Int64 = 0, total: Int64? = nil, unit: Unit, phase: String? = nil) {
        self.done = done
        self.total = total
        self.unit = unit
        self.phase = phase
    }
}

/// Why a job failed: a code of the catalogue and a sentence.
package struct JobFault: Hashable, Sendable {
    package var code: ErrorCode
    package var message: String
    package init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// One asynchronous job of one project, as stored.
package struct StoredJob: Hashable, Sendable {
    package var jobID: String
    package var projectID: ProjectID
    /// `import`, `export`, `report`, `verify`…
    package var kind: String
    /// What the job is about, in the kind's own words (a date, a file); at most one active job of a kind may have it.
    package var subject: String?
    /// JSON object: the kind's own input.
    package var input: String
    /// JSON object: what was asked for, for people and lists (a file's name, a range, filters). Nil for jobs of before.
    package var about: String?
    package var status: JobStatus
    package var progress: JobProgress
    /// JSON object, once succeeded.
    package var result: String?
    package var fault: JobFault?
    /// Tries begun so far.
    package var tries: Int
    /// Tries that an orderly stop of the server cut short; they do not count against `triesMax`.
    package var interruptions: Int
    package var triesMax: Int
    /// When a queued job is due.
    package var nextTryAt: Timestamp
    package var isCancelRequested: Bool
    package var leaseOwner: String?
    package var leaseExpiresAt: Timestamp?
    /// SHA-256 of the token with which the job's result may be asked for; nil when the kind has none.
    package var tokenHash: [UInt8]?
    /// When the result's files are removed; nil for results without files.
    package var expiresAt: Timestamp?
    package var createdAt: Timestamp
    /// Start of the first try.
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?

    package init(
        jobID: String, projectID: ProjectID, kind: String, subject: String? = nil, input: String,
        about: String? = nil, unit: JobProgress.Unit, triesMax: Int, tokenHash: [UInt8]? = nil, createdAt: Timestamp
    ) {
        self.jobID = jobID
        self.projectID = projectID
        self.kind = kind
        self.subject = subject
        self.input = input
        self.about = about
        self.status = .queued
        self.progress = JobProgress(unit: unit)
        self.tries = 0
        self.interruptions = 0
        self.triesMax = triesMax
        self.nextTryAt = createdAt
        self.isCancelRequested = false
        self.tokenHash = tokenHash
        self.createdAt = createdAt
    }
}

/// One entry about one try. A try has an entry when it starts and one when it ends.
package struct JobTryEntry: Hashable, Sendable {
    package enum Outcome: String, Hashable, Sendable, CaseIterable {
        case succeeded, failed, cancelled
        /// The process or its lease ended before the try did.
        case interrupted
    }
    package enum Phase: Hashable, Sendable {
        case started
        case ended(Outcome, detail: String?)
    }
    /// From 1.
    package var number: Int
    package var phase: Phase
    /// The process that made it.
    package var owner: String
    package var at: Timestamp

    package init(number: Int, phase: Phase, owner: String, at: Timestamp) {
        self.number = number
        self.phase = phase
        self.owner = owner
        self.at = at
    }
}

/// A change of a job's state, applied only when the job is still as it was read.
package struct JobChange: Hashable, Sendable {
    /// The job as it shall be. `isCancelRequested` is not written: only `requestCancel` does that.
    package var job: StoredJob
    package var expectedStatus: JobStatus
    package var expectedTries: Int
    package var expectedOwner: String?
    package var entries: [JobTryEntry]

    /// `before` is what was read.
    package init(from before: StoredJob, to job: StoredJob, entries: [JobTryEntry]) {
        self.job = job
        self.expectedStatus = before.status
        self.expectedTries = before.tries
        self.expectedOwner = before.leaseOwner
        self.entries = entries
    }
}

/// A POST that creates a job and may be repeated: the same key with the same request is the same job.
package struct JobIdempotency: Hashable, Sendable {
    package var key: String
    /// SHA-256 of the request.
    package var digest: [UInt8]
    /// Older uses of the key are forgotten.
    package var since: Timestamp

    package init(key: String, digest: [UInt8], since: Timestamp) {
        self.key = key
        self.digest = digest
        self.since = since
    }
}

package enum JobInsertion: Hashable, Sendable {
    case created
    /// The same idempotency key, or the same subject in a job that has not finished.
    case existing(StoredJob)
    /// The idempotency key was used for another request.
    case keyReused
    /// The project has this many unfinished jobs, which is as many as it may have.
    case tooMany(Int)
}

package struct JobFilter: Hashable, Sendable {
    package var projectID: ProjectID
    package var kind: String?
    package var status: JobStatus?
    package init(projectID: ProjectID, kind: String? = nil, status: JobStatus? = nil) {
        self.projectID = projectID
        self.kind = kind
        self.status = status
    }
}

/// Where a page of jobs ended: newest first.
package struct JobPosition: Hashable, Sendable {
    package var createdAt: Timestamp
    package var jobID: String
    package init(createdAt: Timestamp, jobID: String) {
        self.createdAt = createdAt
        self.jobID = jobID
    }
}

/// What a renewal found.
package enum JobLease: Hashable, Sendable {
    case held
    /// Held, and somebody asked for the job's end.
    case cancelRequested
    /// The job is not this owner's any more.
    case lost
}

/// Jobs in the Ledger. Reads of clients name their project; the runner's reads cover all of them.
package protocol JobLedger: Sendable {
    /// `activeMax` bounds the project's jobs that have not finished.
    func insertJob(
        _ job: StoredJob, idempotency: JobIdempotency?, activeMax: Int
    ) async throws(LedgerError) -> JobInsertion
    func job(_ jobID: String, project: ProjectID) async throws(LedgerError) -> StoredJob?
    /// At most `limit` jobs, newest first, strictly older than `before`.
    func jobs(_ filter: JobFilter, before: JobPosition?, limit: Int) async throws(LedgerError) -> [StoredJob]
    /// Every entry of each job, in the order in which they were written.
    func jobTries(_ jobIDs: [String], project: ProjectID) async throws(LedgerError) -> [String: [JobTryEntry]]
    /// Sets the flag on a job that has not finished; returns the job as it is then, nil when there is none.
    func requestCancel(_ jobID: String, project: ProjectID) async throws(LedgerError) -> StoredJob?

    /// Jobs of these kinds that may be taken: queued and due, or running with a lease that ended. Longest due first;
    /// without the jobs of `busyProjects`.
    func dueJobs(
        at now: Timestamp, kinds: [String], busyProjects: [ProjectID], limit: Int
    ) async throws(LedgerError) -> [StoredJob]
    /// When the next queued job of these kinds is due or the next lease ends; nil when there is none.
    func nextDue(kinds: [String]) async throws(LedgerError) -> Timestamp?
    /// False when the job is not as expected; nothing was written then.
    func apply(_ change: JobChange) async throws(LedgerError) -> Bool
    /// Writes progress and a new end of the lease, when the owner still holds it in its try `number`.
    func renewLease(
        _ jobID: String, project: ProjectID, owner: String, number: Int, progress: JobProgress, until: Timestamp
    ) async throws(LedgerError) -> JobLease
    /// Ends the leases of everybody else at once: right when the caller's process alone owns the ledger. Returns how many.
    func endLeases(notOwnedBy owner: String, at now: Timestamp) async throws(LedgerError) -> Int
    /// Finished jobs whose results expire at or before `now`, oldest first.
    func expiredJobs(kind: String, at now: Timestamp, limit: Int) async throws(LedgerError) -> [StoredJob]
    /// The job of whatever project, for looking after its files.
    func jobToSweep(_ jobID: String) async throws(LedgerError) -> StoredJob?
}
