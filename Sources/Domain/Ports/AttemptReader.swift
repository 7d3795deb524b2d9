package import Events

/// Which attempts of one project to list. Empty lists and nil mean "any".
package struct AttemptFilter: Hashable, Sendable {
    package var projectID: ProjectID
    /// By receipt time, half-open.
    package var from: Timestamp?
    package var to: Timestamp?
    package var date: LogicalDate?
    package var outcome: Outcome?
    package var sources: [String] = []
    package var channels: [String] = []
    package var failureCodes: [String] = []
    package var failureCategories: [String] = []
    package var userID: String?
    /// An identifier of an attempt, lead or user, or a part of the failure code or message.
    package var text: String?

    package init(projectID: ProjectID) { self.projectID = projectID }
}

/// Where a page ended: pages are ordered by receipt time and sequence, newest first.
package struct AttemptPosition: Hashable, Sendable {
    package var receivedAt: Timestamp
    package var sequence: Int64
    package init(receivedAt: Timestamp, sequence: Int64) {
        self.receivedAt = receivedAt
        self.sequence = sequence
    }
}

package struct AttemptTotal: Hashable, Sendable {
    package var count: Int64
    /// False when counting stopped at a bound: there are at least `count`.
    package var isExact: Bool
    package init(count: Int64, isExact: Bool) {
        self.count = count
        self.isExact = isExact
    }
}

package struct AttemptNeighbours: Hashable, Sendable {
    /// Of the same user, newest first, without the attempt itself.
    package var sameUser: [Attempt]
    /// Just before it in the project, nearest first.
    package var previous: [Attempt]
    /// Just after it in the project, nearest first.
    package var next: [Attempt]
    package init(sameUser: [Attempt], previous: [Attempt], next: [Attempt]) {
        self.sameUser = sameUser
        self.previous = previous
        self.next = next
    }
}

/// Reads the attempt log. Every answer is of one project alone.
package protocol AttemptReader: Sendable {
    /// At most `limit` attempts, newest first, strictly older than `before`. Stable while attempts arrive.
    func attempts(_ filter: AttemptFilter, before: AttemptPosition?, limit: Int) async throws(LedgerError) -> [Attempt]
    func total(_ filter: AttemptFilter) async throws(LedgerError) -> AttemptTotal
    func attempt(_ attemptID: String, project: ProjectID) async throws(LedgerError) -> Attempt?
    func lead(_ leadID: String, project: ProjectID) async throws(LedgerError) -> Lead?
    func neighbours(of attempt: Attempt) async throws(LedgerError) -> AttemptNeighbours
    /// Attempts of the user, oldest first.
    func attempts(ofUser userID: String, project: ProjectID, limit: Int) async throws(LedgerError) -> [Attempt]
    /// Attempts of one logical date in sequence order, beyond `afterSequence`: for seals and verification, page by page.
    func attempts(
        project: ProjectID, date: LogicalDate, afterSequence: Int64, limit: Int
    ) async throws(LedgerError)
        -> [Attempt]
    /// All attempts of the project in sequence order, beyond `afterSequence`: for checking the chain.
    func attempts(project: ProjectID, afterSequence: Int64, limit: Int) async throws(LedgerError) -> [Attempt]
    func tip(of project: ProjectID) async throws(LedgerError) -> AttemptTip?
}
