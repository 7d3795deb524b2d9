/// One lead submission attempt: the source of truth. Written once, never changed (the database refuses it).
package struct Attempt: Hashable, Sendable {
    package var attemptID: String
    package var projectID: ProjectID
    /// Dense per project, from 1.
    package var sequence: Int64
    /// Our identifier of the submitting person (`usr_…`), nil when the submission named nobody.
    package var userID: String?
    package var source: String
    package var channel: String
    package var receivedAt: Timestamp
    /// The date of `receivedAt` in the project's zone.
    package var logicalDate: LogicalDate
    package var outcome: Outcome
    package var failureCategory: FailureCategory?
    package var failureCode: String?
    package var failureMessage: String?
    /// A JSON object: the data needed to understand the result (field errors, limiter state, request facts).
    package var context: String
    /// 1-based.
    package var retryAttempt: Int
    package var durationMilliseconds: Double
    package var idempotencyKey: String?
    package var leadID: String?
    /// 32 bytes: the hash of the project's previous attempt, or zeroes for the first.
    package var previousHash: [UInt8]
    /// 32 bytes: `AttemptHash.hash(of:)` of this row.
    package var hash: [UInt8]

    package init(
        attemptID: String, projectID: ProjectID, sequence: Int64, userID: String?, source: String, channel: String,
        receivedAt: Timestamp, logicalDate: LogicalDate, outcome: Outcome, failureCategory: FailureCategory?,
        failureCode: String?, failureMessage: String?, context: String, retryAttempt: Int,
        durationMilliseconds: Double, idempotencyKey: String?, leadID: String?, previousHash: [UInt8], hash: [UInt8]
    ) {
        self.attemptID = attemptID
        self.projectID = projectID
        self.sequence = sequence
        self.userID = userID
        self.source = source
        self.channel = channel
        self.receivedAt = receivedAt
        self.logicalDate = logicalDate
        self.outcome = outcome
        self.failureCategory = failureCategory
        self.failureCode = failureCode
        self.failureMessage = failureMessage
        self.context = context
        self.retryAttempt = retryAttempt
        self.durationMilliseconds = durationMilliseconds
        self.idempotencyKey = idempotencyKey
        self.leadID = leadID
        self.previousHash = previousHash
        self.hash = hash
    }
}

/// The record that a successful attempt creates, in the same transaction as its log row. One-to-one, never changed.
package struct Lead: Hashable, Sendable {
    package var leadID: String
    package var projectID: ProjectID
    package var attemptID: String
    package var userID: String
    package var source: String
    package var channel: String
    package var createdAt: Timestamp
    /// The submitted fields as a JSON object.
    package var fields: String

    package init(
        leadID: String, projectID: ProjectID, attemptID: String, userID: String, source: String, channel: String,
        createdAt: Timestamp, fields: String
    ) {
        self.leadID = leadID
        self.projectID = projectID
        self.attemptID = attemptID
        self.userID = userID
        self.source = source
        self.channel = channel
        self.createdAt = createdAt
        self.fields = fields
    }
}
