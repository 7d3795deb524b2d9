// Jobs: work that outlives the request that asked for it. A job is a row in the ledger; whoever holds its lease runs it;
// a process that dies leaves a lease that ends, and the job is taken up again.
//
// Flow: `JobService.enqueue` ─▶ ledger ─▶ `JobRunner` (lease, try, heartbeat) ─▶ the kind's handler ─▶ `JobLifecycle`
// says what becomes of it ─▶ ledger. `JobBoard` tells whoever watches.
//
// Constraints: at least once: a handler may be run again after a crash at any moment, so it must give the same result
// when it is (write aside and rename, or continue from what is stored). This module knows nothing of what jobs do:
// handlers are closures given in Assembly.
//
// Stored format: one row of `jobs`, two rows of `job_tries` for each try (start, end), a folder for each job's files.
//
// Failure cases: a handler's error is retried with exponential backoff when it may pass, up to the kind's `triesMax`; a
// crash counts as a try, an orderly stop does not; a lost lease cancels the handler and writes nothing.

package import Events
package import Ports

/// What a handler returns.
package struct JobResult: Sendable {
    /// A JSON object.
    package var json: String
    /// When the result's files go; nil when there are none.
    package var expiresAt: Timestamp?

    package init(json: String, expiresAt: Timestamp? = nil) {
        self.json = json
        self.expiresAt = expiresAt
    }
}

/// A handler's way to say what went wrong, and whether another try may help. Throwing a `Problem` says the same: its
/// code decides. Any other error is `internal_error` and tried again.
package struct JobError: Error, Sendable {
    package var fault: JobFault
    package var isRetryable: Bool

    package init(_ code: ErrorCode, _ message: String, isRetryable: Bool) {
        self.fault = JobFault(code, message)
        self.isRetryable = isRetryable
    }
}

/// Runs one try of one job. It ends by returning, by throwing, or, when its task is cancelled, by throwing soon.
package typealias JobHandler = @Sendable (JobContext) async throws -> JobResult

/// What is left of a job that was cancelled, for kinds whose finished part counts. Both get the job's folder.
package struct JobCancellation: Sendable {
    /// The result so far. Called before the job's end is written, more than once if need be.
    package var result: @Sendable (_ job: StoredJob, _ workspace: String) async throws -> JobResult
    /// Removes what nobody will need. Called once the end is written.
    package var cleanUp: @Sendable (_ job: StoredJob, _ workspace: String) async throws -> Void

    package init(
        result: @escaping @Sendable (_ job: StoredJob, _ workspace: String) async throws -> JobResult,
        cleanUp: @escaping @Sendable (_ job: StoredJob, _ workspace: String) async throws -> Void
    ) {
        self.result = result
        self.cleanUp = cleanUp
    }
}

/// A kind of job: its name and how it is run.
package struct JobKind: Sendable {
    package var name: String
    package var unit: JobProgress.Unit
    /// Tries at most, the first included.
    package var triesMax: Int
    /// Jobs of this kind that run at the same time.
    package var concurrentMax: Int
    /// How long the job's folder stays once it has finished.
    package var keepsWorkspaceFor: Duration
    /// What creating, following and cancelling a job of this kind needs. Following one is open to `query` as well.
    package var scope: Principal.Scope
    /// Nil for kinds that leave nothing behind when they are cancelled: then the folder is removed.
    package var cancellation: JobCancellation?
    package var run: JobHandler

    package init(
        name: String, unit: JobProgress.Unit, triesMax: Int = 4, concurrentMax: Int = 2,
        keepsWorkspaceFor: Duration = .zero, scope: Principal.Scope = .query, cancellation: JobCancellation? = nil,
        run: @escaping JobHandler
    ) {
        precondition(triesMax >= 1 && concurrentMax >= 1)
        self.name = name
        self.unit = unit
        self.triesMax = triesMax
        self.concurrentMax = concurrentMax
        self.keepsWorkspaceFor = keepsWorkspaceFor
        self.scope = scope
        self.cancellation = cancellation
        self.run = run
    }
}

/// What a handler gets.
package struct JobContext: Sendable {
    package let jobID: String
    package let projectID: ProjectID
    /// The JSON object that the job was created with.
    package let input: String
    /// The number of this try, from 1.
    package let number: Int
    /// The job's folder. It exists, and holds what earlier tries left in it.
    package let workspace: String
    private let reporter: ProgressReporter

    package init(
        jobID: String, projectID: ProjectID, input: String, number: Int, workspace: String, reporter: ProgressReporter
    ) {
        self.jobID = jobID
        self.projectID = projectID
        self.input = input
        self.number = number
        self.workspace = workspace
        self.reporter = reporter
    }

    /// Says how far the job is. Cheap: may be called for every row; what is written is the last word of each heartbeat.
    /// What is nil stays as it was said before.
    package func report(done: Int64? = nil, total: Int64? = nil, phase: String? = nil) {
        reporter.report(done: done, total: total, phase: phase)
    }

    /// Throws `CancellationError` once somebody asked for the job's end, the lease was lost, or the server stops.
    package func checkCancellation() throws { try Task.checkCancellation() }
}
