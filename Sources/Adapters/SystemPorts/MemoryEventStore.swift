package import Events
package import Ports
internal import Synchronization

/// The event store's writing side in memory: the same promises, except that nothing survives the process. Keeps identities,
/// books and quarantine, so that tests can count.
package final class MemoryEventStore: EventStoreWriter {
    /// An event's identity.
    package struct Identity: Hashable, Sendable {
        package var project: String
        package var event: String
        package var time: Timestamp

        package init(project: String, event: String, time: Timestamp) {
            self.project = project
            self.event = event
            self.time = time
        }
    }
    private struct State {
        var next = StreamOffset.start
        var identities: [Identity: Int64] = [:]
        var books: [BooksKey: BooksDelta] = [:]
        var quarantined: [QuarantinedItem] = []
        var rows: [EventColumns] = []
        var refusals: [EventStoreError] = []
        var commits = 0
    }
    private let state = Mutex(State())
    private let refuses: @Sendable (EventStoreBatch) -> EventStoreError?

    /// `refuses` may name an error for batches that the store shall never take.
    package init(refuses: @escaping @Sendable (EventStoreBatch) -> EventStoreError? = { _ in nil }) {
        self.refuses = refuses
    }

    /// The next commits fail with these errors, in order.
    package func refuseNext(_ errors: [EventStoreError]) { state.withLock { $0.refusals += errors } }

    package var identities: Set<Identity> { state.withLock { Set($0.identities.keys) } }
    package var books: [BooksKey: BooksDelta] { state.withLock { $0.books } }
    package var quarantined: [QuarantinedItem] { state.withLock { $0.quarantined } }
    package var commits: Int { state.withLock { $0.commits } }
    /// The rows of every commit, duplicates included.
    package var rows: [EventColumns] { state.withLock { $0.rows } }

    package func committedOffset() async throws(EventStoreError) -> StreamOffset { state.withLock { $0.next } }

    package func commit(_ batch: EventStoreBatch) async throws(EventStoreError) -> EventStoreReceipt {
        let result: Result<EventStoreReceipt, EventStoreError> = state.withLock { state in
            if !state.refusals.isEmpty { return .failure(state.refusals.removeFirst()) }
            if let error = refuses(batch) { return .failure(error) }
            guard batch.nextOffset > state.next else { return .success(EventStoreReceipt(stored: 0, duplicates: 0)) }
            var books = batch.books
            var duplicates = 0
            for row in 0..<batch.columns.count {
                let identity = Identity(
                    project: batch.columns.projectID[row], event: batch.columns.eventID[row],
                    time: batch.columns.time[row])
                guard state.identities.updateValue(batch.columns.streamOffset[row].value, forKey: identity) != nil
                else { continue }
                duplicates += 1
                let key = BooksKey(
                    projectID: ProjectID(trusted: identity.project), date: batch.columns.logicalDate[row])
                books[key]?.stored -= 1
                if batch.relayed.contains(batch.columns.streamOffset[row]) {
                    books[key]?.received -= 1
                } else {
                    books[key]?.duplicate += 1
                }
            }
            for (key, delta) in books { state.books[key, default: BooksDelta()] += delta }
            state.quarantined += batch.quarantined
            state.rows.append(batch.columns)
            state.next = batch.nextOffset
            state.commits += 1
            return .success(EventStoreReceipt(stored: batch.columns.count - duplicates, duplicates: duplicates))
        }
        return try result.get()
    }
}
