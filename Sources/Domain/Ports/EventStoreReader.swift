package import Events

/// Answers questions about processed events.
///
/// - Every answer is of one project alone, and of one committed state: all rows of an answer see the same stream offset.
/// - **Exact at every instant.** Rollups are hourly in UTC. A reader uses them for the whole hours of a range and the rows of
///   `events` for its ragged edges (and for the parts that bucket edges cut out of an hour), and adds the two. Answers from
///   rollups and from rows are equal, so which one was used cannot be told from the numbers.
/// - **Percentiles merge.** Rows carry histograms (`SketchBucket`), never percentiles.
/// - A question that takes longer than the store's limit throws `timeout` with that many seconds; one that is refused
///   because too many wait throws `timeout` with 0 seconds. The store goes on unharmed.
/// - An unknown project is an empty one. A cancelled task ends early, with `cancelled` or another error.
package protocol EventStoreReader: Sendable {
    /// Ordered by bucket, then by keys. See `AggregateQuestion`.
    func aggregate(_ question: AggregateQuestion) async throws(EventStoreError) -> [AggregateRow]

    /// How many events have each value of each dimension on its own, in one look. By dimension, in the order given: at most
    /// `valuesMax` values with the most events, in no order. Throws like `aggregate`.
    func counts(
        _ filter: EventFilter, by dimensions: [EventDimension], valuesMax: Int
    ) async throws(EventStoreError) -> [[ValueCount]]

    /// Ordered by position, then by step; steps without events have no row.
    func funnel(_ question: FunnelQuestion) async throws(EventStoreError) -> [FunnelStepRow]

    /// In the question's order.
    func events(_ question: EventPageQuestion) async throws(EventStoreError) -> EventPage

    /// The event with that id and its payloads; the newest when an id was used at several times. Nil when there is none.
    func event(_ eventID: String, project: ProjectID) async throws(EventStoreError) -> EventDetail?

    func traces(_ question: TracePageQuestion) async throws(EventStoreError) -> TracePage

    /// Events of the trace with their payloads, oldest first, at most `limit`. Empty when there is no such trace.
    func trace(_ traceID: String, project: ProjectID, limit: Int) async throws(EventStoreError) -> [EventDetail]

    /// Events that name the lead, oldest first, at most `limit`.
    func events(ofLead leadID: String, project: ProjectID, limit: Int) async throws(EventStoreError) -> [EventRow]

    /// Events of the sessions in the time range that name no lead, or this one; oldest first, at most `limit`.
    func events(
        ofSessions sessions: [String], orLead leadID: String, in range: Range<Timestamp>, project: ProjectID, limit: Int
    ) async throws(EventStoreError) -> [EventRow]

    /// The books of one project by logical date: sums of all deltas; dates without any are left out.
    func books(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>
    ) async throws(EventStoreError) -> [LogicalDate: BooksDelta]

    /// Quarantined items not yet taken back, newest first by id, strictly below `before`, at most `limit`.
    func quarantined(
        _ project: ProjectID, before: QuarantineID?, limit: Int
    ) async throws(EventStoreError) -> [QuarantinedItem]

    /// The items of those ids that are in quarantine; ids of other projects or of nothing are left out.
    func quarantined(_ project: ProjectID, ids: [QuarantineID]) async throws(EventStoreError) -> [QuarantinedItem]

    /// Events received on each of `days`, whatever their own time is, by type (ascending), from the deltas of each commit.
    /// `days` are ascending; as many answers, in that order.
    func dayTotals(_ project: ProjectID, days: [StoreDay]) async throws(EventStoreError) -> [DayStoreTotals]

    /// The same numbers counted from the rows of `events` alone; equal to `dayTotals` unless a delta is wrong.
    func dayRecount(_ project: ProjectID, days: [StoreDay]) async throws(EventStoreError) -> [DayStoreTotals]

    /// Every date on which the project has events or books.
    func recordedDates(_ project: ProjectID) async throws(EventStoreError) -> Set<LogicalDate>
}

extension EventStoreReader {
    /// The books of one date; zero when there are none.
    package func books(_ project: ProjectID, _ date: LogicalDate) async throws(EventStoreError) -> BooksDelta {
        try await books(project, in: date...date)[date] ?? BooksDelta()
    }

    /// One aggregate a dimension: right for every reader; one that can do better does so itself.
    package func counts(
        _ filter: EventFilter, by dimensions: [EventDimension], valuesMax: Int
    ) async throws(EventStoreError) -> [[ValueCount]] {
        var counts: [[ValueCount]] = []
        for dimension in dimensions {
            let rows = try await aggregate(
                AggregateQuestion(filter: filter, dimensions: [dimension], rowsMax: valuesMax))
            counts.append(rows.map { ValueCount(value: $0.keys[0], events: $0.events) })
        }
        return counts
    }
}

/// Takes replayed items out of quarantine. Part of the writer's side: the one thread that writes does it.
package protocol QuarantineRemover: Sendable {
    /// Deletes the items of those ids, in one transaction, and returns how many there were. The books keep counting them as
    /// quarantined: the replayed item is received again.
    func removeQuarantined(_ project: ProjectID, ids: [QuarantineID]) async throws(EventStoreError) -> Int
}
