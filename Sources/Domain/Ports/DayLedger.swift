package import Events

/// How much of one project's date the log holds. Cheap: answered from an index.
package struct DayExtent: Hashable, Sendable {
    /// Attempts of the date.
    package var rowCount: Int64
    /// Sequences of the date's first and last attempt; nil without attempts.
    package var firstSequence: Int64?
    package var lastSequence: Int64?

    package init(rowCount: Int64, firstSequence: Int64?, lastSequence: Int64?) {
        self.rowCount = rowCount
        self.firstSequence = firstSequence
        self.lastSequence = lastSequence
    }
    package static let empty = DayExtent(rowCount: 0, firstSequence: nil, lastSequence: nil)
}

/// The aggregates of one project's date as stored: canonical JSON with its SHA-256, and the columns that lists need.
package struct StoredSnapshot: Hashable, Sendable {
    package var projectID: ProjectID
    package var date: LogicalDate
    /// Canonical JSON (sorted members, integers and decimal strings).
    package var json: String
    /// SHA-256 of `json`'s bytes: 64 hexadecimal digits.
    package var sha256: String
    package var attempts: Int64
    package var leads: Int64
    package var failures: Int64
    /// Whether the event store's books of the date balanced; nil when they were not available.
    package var isBalanced: Bool?
    package var refreshedAt: Timestamp
    /// Set once: the database refuses every later change.
    package var closedAt: Timestamp?

    package init(
        projectID: ProjectID, date: LogicalDate, json: String, sha256: String, attempts: Int64, leads: Int64,
        failures: Int64, isBalanced: Bool?, refreshedAt: Timestamp, closedAt: Timestamp?
    ) {
        self.projectID = projectID
        self.date = date
        self.json = json
        self.sha256 = sha256
        self.attempts = attempts
        self.leads = leads
        self.failures = failures
        self.isBalanced = isBalanced
        self.refreshedAt = refreshedAt
        self.closedAt = closedAt
    }
}

/// The commitment to a closed day's log: append-only.
package struct DaySeal: Hashable, Sendable {
    package var projectID: ProjectID
    package var date: LogicalDate
    /// RFC 6962 root over the hashes of the date's attempts in the order of their sequence: 32 bytes.
    package var merkleRoot: [UInt8]
    package var rowCount: Int64
    package var firstSequence: Int64?
    package var lastSequence: Int64?
    /// Hash of the date's last attempt; nil without attempts.
    package var lastHash: [UInt8]?
    package var snapshotSHA256: String
    package var sealedAt: Timestamp

    package init(
        projectID: ProjectID, date: LogicalDate, merkleRoot: [UInt8], rowCount: Int64, firstSequence: Int64?,
        lastSequence: Int64?, lastHash: [UInt8]?, snapshotSHA256: String, sealedAt: Timestamp
    ) {
        self.projectID = projectID
        self.date = date
        self.merkleRoot = merkleRoot
        self.rowCount = rowCount
        self.firstSequence = firstSequence
        self.lastSequence = lastSequence
        self.lastHash = lastHash
        self.snapshotSHA256 = snapshotSHA256
        self.sealedAt = sealedAt
    }
}

package enum DayCloseOutcome: Hashable, Sendable {
    case closed
    /// The date was closed before; nothing was written.
    case alreadyClosed
    /// Attempts of the date were written after the snapshot was computed, or another day was sealed; nothing was written.
    /// Compute it again.
    case moved
}

/// A lead beside the attempt that it names; the attempt's part is nil when the log has no such row.
package struct LeadLink: Hashable, Sendable {
    package var leadID: String
    package var attemptID: String
    /// The attempt's sequence, date, own `lead_id` and outcome.
    package var sequence: Int64?
    package var date: LogicalDate?
    package var attemptLeadID: String?
    /// Of the lead itself.
    package var createdAt: Timestamp

    package init(
        leadID: String, attemptID: String, sequence: Int64?, date: LogicalDate?, attemptLeadID: String?,
        createdAt: Timestamp
    ) {
        self.leadID = leadID
        self.attemptID = attemptID
        self.sequence = sequence
        self.date = date
        self.attemptLeadID = attemptLeadID
        self.createdAt = createdAt
    }
}

/// What the ledger keeps about one date beside its attempts, read at one moment: each part is nil when its row is missing.
package struct DayRecords: Hashable, Sendable {
    /// Of `closed_days`.
    package var closedAt: Timestamp?
    package var seal: DaySeal?
    package var link: DaySealLink?
    package var snapshot: StoredSnapshot?
    package var point: DayPoint?
    /// Why the point's row cannot be read.
    package var pointFault: String?

    package init(
        closedAt: Timestamp?, seal: DaySeal?, link: DaySealLink?, snapshot: StoredSnapshot?, point: DayPoint?,
        pointFault: String?
    ) {
        self.closedAt = closedAt
        self.seal = seal
        self.link = link
        self.snapshot = snapshot
        self.point = point
        self.pointFault = pointFault
    }
}

/// The dates that a project's records name, and where they name something that is no date.
package struct RecordedDates: Hashable, Sendable {
    package struct Damaged: Hashable, Sendable {
        package var table: String
        package var text: String
        package init(table: String, text: String) {
            self.table = table
            self.text = text
        }
    }
    package var dates: Set<LogicalDate>
    package var damaged: [Damaged]

    package init(dates: Set<LogicalDate> = [], damaged: [Damaged] = []) {
        self.dates = dates
        self.damaged = damaged
    }
}

/// Days in the Ledger: raw rows of one date, snapshots, seals, and the act of closing.
package protocol DayLedger: Sendable {
    func dayExtent(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> DayExtent
    /// The date's highest sequence, from an index, without counting; nil without attempts.
    func dayLastSequence(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> Int64?
    /// Attempts of the date beyond a sequence, in the order of their sequence, as stored (their hashes are not checked).
    func dayAttempts(
        _ project: ProjectID, _ date: LogicalDate, after sequence: Int64, limit: Int
    ) async throws(LedgerError) -> [Attempt]
    /// The stored hash of the attempt with that sequence; nil when there is none.
    func attemptHash(_ project: ProjectID, sequence: Int64) async throws(LedgerError) -> [UInt8]?
    /// Leads whose attempt belongs to the date.
    func dayLeadCount(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> Int64
    /// Rows of the project's log and its highest sequence: equal, as sequences are dense.
    func logExtent(_ project: ProjectID) async throws(LedgerError) -> DayExtent

    /// Every project that an attempt, a lead or a day's record names, whether or not it is registered.
    func recordedProjects() async throws(LedgerError) -> [ProjectID]
    /// Every date that an attempt, a closed day, a seal, a link or a frozen snapshot of the project names, however far from
    /// today. Read from indexes, a look-up a date.
    func recordedDates(_ project: ProjectID) async throws(LedgerError) -> RecordedDates
    func dayRecords(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> DayRecords

    /// The date of the project's first attempt by date; nil without attempts.
    func firstAttemptDate(_ project: ProjectID) async throws(LedgerError) -> LogicalDate?

    /// Dates of the range that have attempts, ascending: from an index, a look-up a date.
    func attemptDates(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>
    ) async throws(LedgerError) -> [LogicalDate]

    func snapshot(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> StoredSnapshot?
    /// Newest first. `states` of all kinds; the JSON is included.
    func snapshots(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>, limit: Int
    ) async throws(LedgerError) -> [StoredSnapshot]
    /// The same without the JSON, which is empty: for lists.
    func snapshotHeads(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>, limit: Int
    ) async throws(LedgerError) -> [StoredSnapshot]
    /// Distinct users of the range's stored snapshots, by date.
    func snapshotUsers(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>, limit: Int
    ) async throws(LedgerError) -> [LogicalDate: Int64]
    /// Attempts that belonged to a date which was closed before they were written, and were taken into the given date
    /// (its late lane): how many by date, for dates of the range that have any.
    func lateCounts(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>
    ) async throws(LedgerError) -> [LogicalDate: Int64]
    /// The first of the date's late lane, in the order of their sequence.
    func lateAttempts(_ project: ProjectID, _ date: LogicalDate, limit: Int) async throws(LedgerError) -> [Attempt]
    /// Dates of the range that are closed, ascending.
    func closedDates(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>
    ) async throws(LedgerError) -> [LogicalDate]
    func seal(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> DaySeal?

    /// Writes an open day's snapshot over the one before. False when the day is closed by now; nothing is written then.
    func replaceOpenSnapshot(_ snapshot: StoredSnapshot) async throws(LedgerError) -> Bool
    /// One transaction: checks that the date's attempts are those of `extent` and that `link` follows the last one of the
    /// project's chain, freezes the snapshot, writes seal, link, upper tree and the row of `closed_days` that submissions
    /// check.
    func closeDay(
        _ snapshot: StoredSnapshot, seal: DaySeal, extent: DayExtent, link: DaySealLink, tree: DayTree
    ) async throws(LedgerError) -> DayCloseOutcome

    /// Reads the date's attempts beyond a sequence as columns, in order, at most `limit`, each with the lead that names it,
    /// and folds them into `state` without making objects of them. Runs on a thread of the ledger's own.
    func scanDay<State: Sendable>(
        _ project: ProjectID, _ date: LogicalDate, after sequence: Int64, limit: Int, into state: State,
        _ add: @escaping @Sendable (inout State, borrowing AttemptColumns) -> Void
    ) async throws(LedgerError) -> State
    /// Sequences before which a date's attempts can be cut into runs of `size`: the last sequence of each full run.
    func dayCuts(_ project: ProjectID, _ date: LogicalDate, every size: Int) async throws(LedgerError) -> [Int64]
    /// How many attempts and leads the ledger has in all, and between which row numbers attempts stand: rows are numbered in
    /// the order in which they were written, mostly without holes. Counted from indexes.
    func logSize() async throws(LedgerError) -> LogSize
    /// Reads the attempts of all projects whose row numbers lie in `rows`, in the order in which they were written, each with
    /// its lead, and folds them into `state` as `scanDay` does. Leads are read beside their attempts and not looked up, as
    /// long as they stand in the same order (`LogPart.leadsAreInOrder`).
    func scanLog<State: Sendable>(
        rows: ClosedRange<Int64>, into state: State,
        _ add: @escaping @Sendable (inout State, borrowing AttemptColumns) -> Void
    ) async throws(LedgerError) -> LogPart<State>
    /// Leads of the project, created in the range when one is given, whose attempt the log does not have or does not know
    /// them: how many, and the first by lead id.
    func orphanLeads(
        _ project: ProjectID, createdIn range: Range<Timestamp>?
    ) async throws(LedgerError) -> (count: Int64, first: LeadLink?)
}

/// How much of everything the ledger holds.
package struct LogSize: Hashable, Sendable {
    package var attempts: Int64
    package var leads: Int64
    /// The row numbers of the first and last attempt; nil without attempts.
    package var rows: ClosedRange<Int64>?

    package init(attempts: Int64, leads: Int64, rows: ClosedRange<Int64>?) {
        self.attempts = attempts
        self.leads = leads
        self.rows = rows
    }
}

/// What a scan of a part of the log came to.
package struct LogPart<State: Sendable>: Sendable {
    package var state: State
    /// Whether each successful attempt had its lead behind that of the attempt before. Otherwise a lead that names an attempt
    /// may not have been handed over with it.
    package var leadsAreInOrder: Bool
    /// Leads handed over.
    package var leads: Int64

    package init(state: State, leadsAreInOrder: Bool, leads: Int64) {
        self.state = state
        self.leadsAreInOrder = leadsAreInOrder
        self.leads = leads
    }
}

/// What the EventStore knows of one project's date: of what was received on it.
package struct DayEventTotals: Hashable, Sendable {
    package struct TypeRow: Hashable, Sendable {
        package var type: String
        package var events: Int64
        package var failures: Int64
        package init(type: String, events: Int64, failures: Int64) {
            self.type = type
            self.events = events
            self.failures = failures
        }
    }
    package var byType: [TypeRow]
    /// How many of the events have an own time before the date.
    package var late: Int64
    /// Tokens sent to models, cached ones included; tokens that models wrote, reasoning included.
    package var inputTokens: Int64
    package var outputTokens: Int64
    package var costMicroUSD: Int64
    package var books: BooksDelta
    /// What is on its way to the store: the project's entries of the outbox that were received until the end of the date,
    /// and the stream's unprocessed frames, unless even the oldest of them came later.
    package var pending: Int64

    package init(
        byType: [TypeRow], late: Int64 = 0, inputTokens: Int64, outputTokens: Int64, costMicroUSD: Int64,
        books: BooksDelta, pending: Int64
    ) {
        self.byType = byType
        self.late = late
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.costMicroUSD = costMicroUSD
        self.books = books
        self.pending = pending
    }
    package var events: Int64 { byType.reduce(0) { $0 + $1.events } }
    package var failures: Int64 { byType.reduce(0) { $0 + $1.failures } }
}

/// The EventStore's side of a day.
package protocol DayEventFacts: Sendable {
    /// From the store's deltas and books, by logical date; `range` is the date's first and behind-last instant.
    func totals(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals
    /// The same numbers counted again from the rows of `events` (books as stored, `pending` as now).
    func recount(
        _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
    ) async throws(EventStoreError) -> DayEventTotals
    /// Every date on which the project has events or books.
    func dates(of project: ProjectID) async throws(EventStoreError) -> Set<LogicalDate>
}
