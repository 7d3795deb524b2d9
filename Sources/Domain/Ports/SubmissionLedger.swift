package import Events
internal import Synchronization

/// The newest attempt of a project: what the next one continues.
package struct AttemptTip: Hashable, Sendable {
    package var sequence: Int64
    package var receivedAt: Timestamp
    package var hash: [UInt8]

    package init(sequence: Int64, receivedAt: Timestamp, hash: [UInt8]) {
        self.sequence = sequence
        self.receivedAt = receivedAt
        self.hash = hash
    }
}

/// What identifies the person behind a submission, normalised: an email in lower case, a phone in E.164. At least one of
/// the three is present.
package struct UserIdentity: Hashable, Sendable {
    package var email: String?
    package var phone: String?
    package var externalID: String?

    /// Nil when all three are.
    package init?(email: String?, phone: String?, externalID: String?) {
        guard email != nil || phone != nil || externalID != nil else { return nil }
        self.email = email
        self.phone = phone
        self.externalID = externalID
    }
}

/// A person who submits, in one project. Created once, never changed.
package struct SubmittingUser: Hashable, Sendable {
    package var userID: String
    package var projectID: ProjectID
    package var identity: UserIdentity
    package var name: String?
    package var createdAt: Timestamp

    package init(userID: String, projectID: ProjectID, identity: UserIdentity, name: String?, createdAt: Timestamp) {
        self.userID = userID
        self.projectID = projectID
        self.identity = identity
        self.name = name
        self.createdAt = createdAt
    }
}

/// The answer that a repeated `Idempotency-Key` gets again.
package struct IdempotencyRecord: Hashable, Sendable {
    package var key: String
    /// SHA-256 of the request's body.
    package var bodyDigest: [UInt8]
    /// The attempt; of a setting, what the request made (a version, a secret's identifier).
    package var attemptID: String
    /// JSON text, in the caller's own form.
    package var answer: String
    package var createdAt: Timestamp
    package var expiresAt: Timestamp

    package init(
        key: String, bodyDigest: [UInt8], attemptID: String, answer: String, createdAt: Timestamp, expiresAt: Timestamp
    ) {
        self.key = key
        self.bodyDigest = bodyDigest
        self.attemptID = attemptID
        self.answer = answer
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// What a decision about one submission may read and write: all inside the one transaction that holds it. Used on the
/// ledger's own thread, synchronously; must not be kept.
package protocol SubmissionTransaction: AnyObject {
    /// Nil for a project without attempts.
    func tip(of project: ProjectID) throws(LedgerError) -> AttemptTip?
    func isClosed(_ date: LogicalDate, of project: ProjectID) throws(LedgerError) -> Bool
    /// The user with the same email; else with the same phone; else with the same external id; else nil.
    func userID(of identity: UserIdentity, in project: ProjectID) throws(LedgerError) -> String?
    func insert(_ user: SubmittingUser) throws(LedgerError)
    /// What the project has set about its submissions, as it holds for the submission at hand. Answered from memory: the
    /// ledger reads it again only after a change.
    func rules(of project: ProjectID) throws(LedgerError) -> SubmissionRules
    /// Nil for a subject that the rule never counted.
    func limitState(_ ruleID: String, of subject: String, in project: ProjectID) throws(LedgerError) -> LimitState?
    func setLimitState(
        _ state: LimitState, _ ruleID: String, of subject: String, in project: ProjectID, at time: Timestamp
    ) throws(LedgerError)
    /// The newest lead of the user from the source with the same digest, created strictly inside the range.
    func leadID(
        ofUser userID: String, source: String, digest: [UInt8], createdIn range: Range<Timestamp>, project: ProjectID
    ) throws(LedgerError) -> String?
    func idempotencyRecord(_ key: String, of project: ProjectID) throws(LedgerError) -> IdempotencyRecord?
    /// Replaces an expired record of the same key.
    func put(_ record: IdempotencyRecord, of project: ProjectID) throws(LedgerError)
    /// Appends the row as given. The ledger refuses a hole in the sequence and a hash that does not continue the chain.
    func append(_ attempt: Attempt) throws(LedgerError)
    /// After its attempt.
    func insert(_ lead: Lead, digest: [UInt8]) throws(LedgerError)
    func append(_ event: OutboxEvent) throws(LedgerError)
}

/// Runs decisions about submissions in transactions.
package protocol SubmissionLedger: Sendable {
    /// Takes batch after batch from `next`, until it gives none, decides the items of each in order in **one** durable
    /// transaction, and hands the decisions to `done`, in the same order, once they are durable. When a decision throws, nothing
    /// of its batch is kept.
    ///
    /// Returns at once. `next` and `decide` run on the ledger's thread and must not wait, nor must `done`; between two batches
    /// whoever else writes has a turn. One batch after the other without leaving that thread: on a busy machine each change
    /// of threads is a wait. The next batch is decided while the last one becomes durable, and sees it.
    func commit<Batch: Sendable, Item: Sendable, Decision: Sendable>(
        next: @escaping @Sendable () -> (batch: Batch, items: [Item])?,
        decide: @escaping @Sendable (Item, any SubmissionTransaction) throws(LedgerError) -> Decision,
        done: @escaping @Sendable (Batch, Result<[Decision], LedgerError>) -> Void
    )
}

extension SubmissionLedger {
    /// Decides every item, in order, in **one** durable transaction, and returns the decisions in the same order. When
    /// one throws, nothing of any item is kept. `decide` runs on the ledger's thread.
    package func commit<Item: Sendable, Decision: Sendable>(
        _ items: [Item],
        decide: @escaping @Sendable (Item, any SubmissionTransaction) throws(LedgerError) -> Decision
    ) async throws(LedgerError) -> [Decision] {
        let waiting = Mutex<[Item]?>(items)
        let result: Result<[Decision], LedgerError> = await withCheckedContinuation { continuation in
            commit(
                next: { waiting.withLock { $0.take() }.map { ((), $0) } }, decide: decide,
                done: { _, result in continuation.resume(returning: result) })
        }
        return try result.get()
    }
}
