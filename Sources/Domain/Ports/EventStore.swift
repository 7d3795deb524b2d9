package import Events

/// What one commit writes, in one transaction: rows, rollup and books deltas, quarantined items, and the stream offset.
package struct EventStoreBatch: Sendable {
    package var columns: EventColumns
    /// Balanced deltas: the processor has decided every item's verdict except exact duplicates, which the store finds
    /// while committing (see `EventStore.commit`).
    package var books: [BooksKey: BooksDelta]
    package var quarantined: [QuarantinedItem]
    /// The frames that the server's own outbox sent: after a crash it may send what had arrived.
    package var relayed: Set<StreamOffset>
    /// The first offset that this batch does not cover.
    package var nextOffset: StreamOffset

    package init(
        columns: EventColumns, books: [BooksKey: BooksDelta], quarantined: [QuarantinedItem],
        relayed: Set<StreamOffset> = [], nextOffset: StreamOffset
    ) {
        self.columns = columns
        self.books = books
        self.quarantined = quarantined
        self.relayed = relayed
        self.nextOffset = nextOffset
    }
}

package struct EventStoreReceipt: Hashable, Sendable {
    package var stored: Int
    /// Rows that were dropped because their identity is known, whoever repeated them.
    package var duplicates: Int
    package init(stored: Int, duplicates: Int) {
        self.stored = stored
        self.duplicates = duplicates
    }
}

package enum EventStoreError: Error, Sendable {
    /// The store's file belongs to another process.
    case locked(path: String, detail: String)
    case unreadable(path: String, detail: String)
    /// The store was written by a newer Daybook.
    case schemaNewer(found: Int, known: Int)
    case full(path: String, detail: String)
    /// The statement failed; nothing of its transaction was kept.
    case failed(operation: String, detail: String)
    /// The question took longer than its limit.
    case timeout(operation: String, seconds: Int)
    /// Whoever asked wants no answer any more.
    case cancelled(operation: String)
    case closed
}

/// Writes processed events. Exactly once as seen by queries: rows and offset commit together.
package protocol EventStoreWriter: Sendable {
    /// The first offset not yet committed; `StreamOffset.start` for an empty store.
    func committedOffset() async throws(EventStoreError) -> StreamOffset

    /// Writes the batch and its offset in one transaction.
    ///
    /// The store drops rows whose identity `(project_id, event_id, time)` is already stored, or stands earlier in the same
    /// batch, and moves them from `stored` to `duplicate` in the books it writes; those of `batch.relayed` are no receipt
    /// and leave the books (`received` and `stored`). `batch.books` counts every row of `columns` as `stored`. Hourly
    /// rollups, latency sketches and the totals of each date are computed from the rows that were kept.
    /// A batch whose `nextOffset` is not beyond the committed offset writes nothing and reports zero rows.
    func commit(_ batch: EventStoreBatch) async throws(EventStoreError) -> EventStoreReceipt
}
