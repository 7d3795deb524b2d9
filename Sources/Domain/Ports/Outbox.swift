package import Events

/// An event that has to reach the stream: written in the transaction of the attempt that it tells about.
package struct OutboxEvent: Hashable, Sendable {
    package var projectID: ProjectID
    package var eventID: String
    package var receivedAt: Timestamp
    /// One JSON object after event schema version 1.
    package var event: [UInt8]

    package init(projectID: ProjectID, eventID: String, receivedAt: Timestamp, event: [UInt8]) {
        self.projectID = projectID
        self.eventID = eventID
        self.receivedAt = receivedAt
        self.event = event
    }
}

package struct OutboxEntry: Hashable, Sendable {
    /// Positive, grows with every commit; never used twice.
    package var position: Int64
    package var event: OutboxEvent

    package init(position: Int64, event: OutboxEvent) {
        self.position = position
        self.event = event
    }
}

/// Events on their way from the ledger to the stream, oldest first.
package protocol Outbox: Sendable {
    /// The first durable entries behind `position`, at most `limit`.
    func pending(after position: Int64, limit: Int) async throws(LedgerError) -> [OutboxEntry]
    /// Entries of the project whose attempts were received before the time, and that were not removed yet.
    func waiting(of project: ProjectID, receivedBefore end: Timestamp) async throws(LedgerError) -> Int64
    /// Forgets every entry up to and including `position`. Repeating it changes nothing.
    func remove(through position: Int64) async throws(LedgerError)
    /// Grows with each commit that left entries, once they are durable.
    var commitCount: UInt64 { get }
    /// Returns once `commitCount` is beyond `seen`, or when the ledger is closed, or the task cancelled.
    func waitForCommit(beyond seen: UInt64) async
}
