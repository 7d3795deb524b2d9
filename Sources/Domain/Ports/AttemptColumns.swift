/// One attempt as the store's own memory holds it: the texts are valid inside the call that hands it over, and no longer.
package struct AttemptColumns: ~Copyable {
    package typealias Text = UnsafeBufferPointer<UInt8>

    package struct LeadColumns {
        package var leadID: Text
        package var projectID: Text
        package var userID: Text
        package var source: Text
        package var channel: Text
        package var fields: Text
        package var fieldsDigest: Text
        package var createdAt: Int64

        package init(
            leadID: Text, projectID: Text, userID: Text, source: Text, channel: Text, fields: Text, fieldsDigest: Text,
            createdAt: Int64
        ) {
            self.leadID = leadID
            self.projectID = projectID
            self.userID = userID
            self.source = source
            self.channel = channel
            self.fields = fields
            self.fieldsDigest = fieldsDigest
            self.createdAt = createdAt
        }
    }

    package var attemptID: Text
    package var projectID: Text
    /// Written as `YYYY-MM-DD`.
    package var logicalDate: Text
    package var sequence: Int64
    package var userID: Text?
    package var source: Text
    package var channel: Text
    /// Microseconds.
    package var receivedAt: Int64
    package var outcome: Text
    package var failureCategory: Text?
    package var failureCode: Text?
    package var failureMessage: Text?
    package var context: Text
    package var retryAttempt: Int64
    package var durationMilliseconds: Double
    package var idempotencyKey: Text?
    package var leadID: Text?
    package var previousHash: Text
    package var hash: Text
    /// The lead that names this attempt.
    package var lead: LeadColumns?

    package init(
        attemptID: Text, projectID: Text, logicalDate: Text, sequence: Int64, userID: Text?, source: Text,
        channel: Text, receivedAt: Int64, outcome: Text, failureCategory: Text?, failureCode: Text?,
        failureMessage: Text?, context: Text, retryAttempt: Int64,
        durationMilliseconds: Double, idempotencyKey: Text?, leadID: Text?, previousHash: Text, hash: Text,
        lead: LeadColumns?
    ) {
        self.attemptID = attemptID
        self.projectID = projectID
        self.logicalDate = logicalDate
        self.sequence = sequence
        self.userID = userID
        self.source = source
        self.channel = channel
        self.receivedAt = receivedAt
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
        self.lead = lead
    }

    package var isSuccess: Bool { outcome.count == 7 && outcome.first == UInt8(ascii: "s") }
}
