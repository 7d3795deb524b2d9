internal import Crypto
package import Events
package import Ports
package import Telemetry

/// What a route says to create a job.
package struct JobRequest: Sendable {
    /// Made by `JobService.newJob` when the job's folder was filled before; else nil.
    package var jobID: String?
    package var kind: String
    /// JSON object.
    package var input: String
    /// JSON object: what is asked for, as lists show it.
    package var about: String?
    /// While a job of this kind and subject has not finished, no second one is made: the first is answered.
    package var subject: String?
    package var idempotencyKey: String?
    /// The token that the job's result may be asked for with; its SHA-256 alone is stored.
    package var token: String?
    /// The request as it was sent, when the input holds more than it (a time, a position); two requests are the same when
    /// this is.
    package var requestText: String?

    package init(
        kind: String, input: String, subject: String? = nil, idempotencyKey: String? = nil, jobID: String? = nil,
        token: String? = nil, requestText: String? = nil, about: String? = nil
    ) {
        self.about = about
        self.requestText = requestText
        self.kind = kind
        self.input = input
        self.subject = subject
        self.idempotencyKey = idempotencyKey
        self.jobID = jobID
        self.token = token
    }
}

/// A job with its tries, as it is shown.
package struct JobView: Sendable {
    package struct Try: Hashable, Sendable {
        package var number: Int
        package var startedAt: Timestamp
        package var endedAt: Timestamp?
        package var outcome: JobTryEntry.Outcome?
        package var detail: String?
    }
    package var job: StoredJob
    package var tries: [Try]

    package init(_ job: StoredJob, entries: [JobTryEntry]) {
        self.job = job
        tries = []
        for entry in entries {
            switch entry.phase {
            case .started:
                tries.append(Try(number: entry.number, startedAt: entry.at, endedAt: nil, outcome: nil, detail: nil))
            case .ended(let outcome, let detail):
                guard let at = tries.lastIndex(where: { $0.number == entry.number && $0.endedAt == nil }) else {
                    continue
                }
                tries[at].endedAt = entry.at
                tries[at].outcome = outcome
                tries[at].detail = detail
            }
        }
    }
}

/// Creates, shows and cancels jobs. `JobRunner` runs them.
package struct JobService: Sendable {
    let ledger: any JobLedger
    let kinds: [String: JobKind]
    let workspaces: any JobWorkspaces
    let clock: any Clock
    let identifiers: any Identifiers
    let telemetry: Telemetry
    let lifecycle: JobLifecycle
    /// Who watches and who works hear of changes here.
    package let board: JobBoard

    package init(
        ledger: any JobLedger, kinds: [JobKind], workspaces: any JobWorkspaces, clock: any Clock,
        identifiers: any Identifiers, telemetry: Telemetry, limits: JobLimits = JobLimits()
    ) {
        self.ledger = ledger
        self.kinds = Dictionary(uniqueKeysWithValues: kinds.map { ($0.name, $0) })
        self.workspaces = workspaces
        self.clock = clock
        self.identifiers = identifiers
        self.telemetry = telemetry
        self.lifecycle = JobLifecycle(limits: limits)
        self.board = JobBoard()
    }

    package var kindNames: [String] { kinds.keys.sorted() }

    /// What creating and cancelling a job of the kind needs.
    package func scope(of kind: String) -> Principal.Scope { kinds[kind]?.scope ?? .query }

    /// An identifier for a job that is about to be created.
    package func newID() -> String { identifiers.make(.job, at: clock.now) }

    /// A job's identifier and its folder, for what has to be on disk before the job is created (an upload). A folder that
    /// never becomes a job is removed after a day.
    package func newJob() async throws(Problem) -> (jobID: String, workspace: String) {
        let id = newID()
        do { return (id, try await workspaces.prepare(id)) } catch { throw error.problem }
    }

    /// Undoes `newJob`: the upload failed.
    package func abandon(_ jobID: String) async {
        do { try await workspaces.remove(jobID) } catch {
            telemetry.emit(JobSweepFailed(detail: error.description))
        }
    }

    /// The folder of a job, for what its kind left there.
    package func workspace(of jobID: String) -> String { workspaces.path(of: jobID) }

    /// Creates the job, durable when this returns. `isNew` is false when the request was made before (same idempotency
    /// key), or a job about the same subject has not finished.
    ///
    /// Throws `overloaded` when the project has too many unfinished jobs, `idempotency_key_reused`, `read_only` and the
    /// like.
    package func enqueue(
        _ request: JobRequest, in project: ProjectID
    ) async throws(Problem) -> (job: StoredJob, isNew: Bool) {
        guard let kind = kinds[request.kind] else { preconditionFailure("no handler for jobs of kind \(request.kind)") }
        guard request.input.utf8.count <= JobLimits.textBytesMax,
            (request.about ?? "").utf8.count <= JobLimits.textBytesMax
        else {
            throw Problem(.bodyTooLarge, "A job's input may have at most \(JobLimits.textBytesMax) bytes.")
        }
        let now = clock.now
        let job = StoredJob(
            jobID: request.jobID ?? identifiers.make(.job, at: now), projectID: project, kind: kind.name,
            subject: request.subject, input: request.input, about: request.about, unit: kind.unit,
            triesMax: kind.triesMax,
            tokenHash: request.token.map(Self.hash), createdAt: now)
        let idempotency = request.idempotencyKey.map { key in
            JobIdempotency(
                key: key,
                digest: Array(
                    SHA256.hash(data: Array("\(kind.name)\u{1}\(request.requestText ?? request.input)".utf8))),
                since: now - lifecycle.limits.idempotency)
        }
        let insertion = try await ledgerCall { () async throws(LedgerError) in
            try await ledger.insertJob(
                job, idempotency: idempotency, activeMax: JobLimits.activePerProjectMax)
        }
        switch insertion {
        case .created:
            telemetry.emit(JobCreated(job: job))
            board.wake()
            return (job, true)
        case .existing(let found): return (found, false)
        case .keyReused:
            throw Problem(
                .idempotencyKeyReused,
                "This Idempotency-Key was used for another request within the last day. Use a new key for a new request."
            )
        case .tooMany(let active):
            throw Problem(
                .overloaded,
                "The project has \(active) jobs that have not finished. Wait for some of them, or cancel them.",
                retryAfterSeconds: 30)
        }
    }

    package func job(_ jobID: String, in project: ProjectID) async throws(Problem) -> JobView? {
        let found = try await ledgerCall { () async throws(LedgerError) in
            try await ledger.job(jobID, project: project)
        }
        guard let found else { return nil }
        return try await views([found], in: project).first
    }

    package func jobs(
        _ filter: JobFilter, before: JobPosition?, limit: Int
    ) async throws(Problem) -> [JobView] {
        let found = try await ledgerCall { () async throws(LedgerError) in
            try await ledger.jobs(filter, before: before, limit: limit)
        }
        return try await views(found, in: filter.projectID)
    }

    private func views(_ jobs: [StoredJob], in project: ProjectID) async throws(Problem) -> [JobView] {
        let entries = try await ledgerCall { () async throws(LedgerError) in
            try await ledger.jobTries(jobs.map(\.jobID), project: project)
        }
        return jobs.map { JobView($0, entries: entries[$0.jobID] ?? []) }
    }

    /// Asks for the job's end. A waiting job ends at once, a running one at its next heartbeat; a finished one is answered
    /// as it is. Nil when the project has no such job.
    package func cancel(_ jobID: String, in project: ProjectID) async throws(Problem) -> JobView? {
        let found = try await ledgerCall { () async throws(LedgerError) in
            try await ledger.requestCancel(jobID, project: project)
        }
        guard let found else { return nil }
        if let bare = lifecycle.cancel(found, now: clock.now) {
            let change = await withResultSoFar(bare)
            let isDone = try await ledgerCall { () async throws(LedgerError) in try await ledger.apply(change) }
            if isDone {
                telemetry.emit(JobEnded(job: change.job, took: .zero))
                await cleanUp(change.job)
            }
        }
        board.changed(jobID)
        board.wake()
        return try await job(jobID, in: project)
    }

    /// The change with what a cancelled job has done so far, where its kind says so.
    func withResultSoFar(_ change: JobChange) async -> JobChange {
        guard change.job.status == .cancelled, let cancellation = kinds[change.job.kind]?.cancellation else {
            return change
        }
        var change = change
        do {
            let result = try await cancellation.result(change.job, workspaces.path(of: change.job.jobID))
            change.job.result = result.json
            change.job.expiresAt = result.expiresAt
        } catch {
            telemetry.emit(JobTryBroke(job: change.job, detail: String(describing: error)))
        }
        return change
    }

    /// Removes what a finished job leaves behind and nobody will need.
    func cleanUp(_ job: StoredJob) async {
        guard let kind = kinds[job.kind] else { return }
        do {
            if job.status == .cancelled, let cancellation = kind.cancellation {
                try await cancellation.cleanUp(job, workspaces.path(of: job.jobID))
            } else if kind.keepsWorkspaceFor == .zero || job.status == .cancelled {
                try await workspaces.remove(job.jobID)
            }
        } catch {
            telemetry.emit(JobSweepFailed(detail: String(describing: error)))
        }
    }

    /// Whether the token is the one that the job was created with. Takes the same time wherever they differ.
    package static func isToken(_ token: String, of job: StoredJob) -> Bool {
        guard let stored = job.tokenHash else { return false }
        let given = hash(token)
        var difference: UInt8 = stored.count == given.count ? 0 : 1
        for (a, b) in zip(stored, given) { difference |= a ^ b }
        return difference == 0
    }

    static func hash(_ token: String) -> [UInt8] { Array(SHA256.hash(data: Array(token.utf8))) }

    private func ledgerCall<Value>(
        _ body: () async throws(LedgerError) -> Value
    ) async throws(Problem) -> Value {
        do { return try await body() } catch { throw Self.problem(for: error) }
    }

    package static func problem(for error: LedgerError) -> Problem {
        switch error {
        case .closed: Problem(.shuttingDown, "The server is shutting down. Retry in a moment.", retryAfterSeconds: 2)
        case .full: Problem(.storageFull, "The server's disk is full. Free some space, then try again.")
        case .readOnly: Problem(.readOnly, "The ledger cannot be written. Make its folder writable for the server.")
        default:
            Problem(
                .dependencyUnavailable, "The ledger does not answer at the moment. Retry in a moment.",
                retryAfterSeconds: 2)
        }
    }
}
