// Submissions: one lead submission becomes one logged attempt and, when it succeeds, one lead. The log is the source of
// truth: nothing is answered before its row is durable.
//
//   SubmissionRequest ─ SubmissionReader ─▶ ReadSubmission ─ GroupCommit ─▶ SubmissionDecider ─▶ SubmissionAnswer
//        bytes             pure, outside         what was        many decisions     pure rules over
//                          the transaction       understood      in one commit      a SubmissionTransaction
//
// Constraints: attempts of a project have a dense sequence, a hash chain, and (for live traffic) receipt times in the same
// order. Decisions run one after the other on the ledger's writer, so each sees everything before it; a repeated
// Idempotency-Key therefore never finds its first request half done.
//
// Stored: the attempt with its context, the user when new, the lead when successful, the limiters' states, the idempotency
// record and an outbox event, in one transaction. `OutboxRelay` moves the events to the stream.
//
// Rules: `Schemas/` judge the fields of a source, `RateLimits/` how often somebody may submit; both are kept in versions by
// the ledger, and the ones that hold when a submission is decided are the ones that decide it (`RuleBook`).
//
// Failure cases: everything a client does wrong is a logged attempt and a `Problem` that names it. What cannot be logged
// (queue full, ledger not writable, closed day) is a `Problem` without an attempt, a metric and a log line.

internal import Crypto
internal import Events
package import Ports
internal import Synchronization
package import Telemetry

package struct SubmissionService: Sendable {
    private let clock: any Clock
    private let telemetry: Telemetry
    private let book = RuleBook()
    private let commits: GroupCommit<PendingSubmission, Result<SubmissionAnswer, LedgerError>>

    package init(
        ledger: some SubmissionLedger, clock: any Clock, identifiers: any Identifiers, telemetry: Telemetry
    ) {
        self.clock = clock
        self.telemetry = telemetry
        let decider = SubmissionDecider(clock: clock, identifiers: identifiers, book: book)
        commits = GroupCommit(
            batchItemsMax: Limits.batchItemsMax, queuedItemsMax: Limits.queuedItemsMax,
            queuedBytesMax: Limits.queuedBytesMax
        ) { next in
            Self.commit(next, ledger: ledger, decider: decider, clock: clock, telemetry: telemetry)
        }
    }

    /// Decides one submission and answers once the decision is durable.
    ///
    /// The caller has checked that the principal may submit to the project, and that only an admin in the environment
    /// `dev` names a receipt time. Cancelling the task does not undo a submission that is queued.
    package func submit(_ request: SubmissionRequest) async -> SubmissionAnswer {
        let started = clock.monotonic
        let rules = book.rules(of: request.project.id)
        let item = PendingSubmission(
            request: request, read: SubmissionReader.read(request, rules: rules), revision: rules.revision,
            receivedAt: request.assumedReceivedAt ?? clock.now, started: started)
        let answer: SubmissionAnswer
        switch await commits.submit(item, bytes: request.body.count) {
        case nil:
            telemetry.emit(SubmissionQueueFull(queued: Limits.queuedItemsMax))
            answer = .refused(
                Problem(
                    .overloaded,
                    "Too many submissions wait to be written. Nothing was logged; retry after a second with the same Idempotency-Key.",
                    retryAfterSeconds: 1))
        case .success(let decided)?: answer = decided
        case .failure(let error)?: answer = .refused(Self.problem(for: error))
        }
        telemetry.emit(SubmissionAnswered(answer: answer, duration: clock.monotonic - started))
        return answer
    }

    /// Submissions that wait for their commit at this moment.
    package var queued: Int { commits.queued }

    private typealias Batch = GroupCommit<PendingSubmission, Result<SubmissionAnswer, LedgerError>>.Batch

    private static func commit(
        _ next: @escaping @Sendable () -> Batch?, ledger: some SubmissionLedger, decider: SubmissionDecider,
        clock: any Clock, telemetry: Telemetry
    ) {
        ledger.commit(
            next: { next().map { (($0, clock.monotonic), $0.items) } }, decide: decider.decide
        ) { taken, result in
            let (batch, started) = taken
            switch result {
            case .success(let answers):
                telemetry.emit(SubmissionsCommitted(count: batch.count, duration: clock.monotonic - started))
                batch.answer(answers.map { .success($0) })
            case .failure(let error):
                telemetry.emit(SubmissionCommitFailed(count: batch.count, error: error))
                if batch.count > 1, error.concernsOneItem {
                    commitEach(of: batch, ledger: ledger, decider: decider, telemetry: telemetry)
                } else {
                    batch.answer(batch.items.map { _ in .failure(error) })
                }
            }
        }
    }

    /// One item broke the transaction of all: decides each alone, so that only that one fails.
    private static func commitEach(
        of batch: Batch, ledger: some SubmissionLedger, decider: SubmissionDecider, telemetry: Telemetry
    ) {
        let rest = Mutex((items: batch.items[...], answers: [Result<SubmissionAnswer, LedgerError>]()))
        ledger.commit(
            next: { rest.withLock { $0.items.popFirst() }.map { ((), [$0]) } }, decide: decider.decide
        ) { _, result in
            if case .failure(let error) = result { telemetry.emit(SubmissionCommitFailed(count: 1, error: error)) }
            let all = rest.withLock { rest in
                rest.answers.append(result.map { $0[0] })
                return rest.answers.count == batch.count ? rest.answers : nil
            }
            if let all { batch.answer(all) }
        }
    }

    /// What a client reads when the ledger could not log its attempt. Never the ledger's own words: they name paths.
    static func problem(for error: LedgerError) -> Problem {
        switch error {
        case .full:
            Problem(
                .storageFull,
                "The disk that holds the log is full, so the submission was not logged. Retry once the operator has freed space.",
                retryAfterSeconds: 30)
        case .readOnly:
            Problem(
                .readOnly, "The log cannot be written at the moment, so the submission was not logged. Retry later.",
                retryAfterSeconds: 30)
        case .closed:
            Problem(
                .shuttingDown, "The server is shutting down; the submission was not logged. Retry in a moment.",
                retryAfterSeconds: 2)
        default:
            Problem(
                .dependencyUnavailable,
                "The log did not accept the submission, so nothing of it was kept. Retry with the same Idempotency-Key.",
                retryAfterSeconds: 2)
        }
    }
}

extension LedgerError {
    /// Whether another item in a transaction of its own may still succeed.
    fileprivate var concernsOneItem: Bool {
        switch self {
        case .immutable, .conflict, .failed: true
        default: false
        }
    }
}
