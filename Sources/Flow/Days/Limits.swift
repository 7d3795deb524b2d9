/// Every bound of this module, with its unit.
package enum DayLimits {
    /// Rows of each grouped list of a snapshot (sources, codes, fields…), counted; the rest is summed as `other`.
    package static let groupRowsMax = 40
    /// Rows of the list of codes by source, each with its hours, counted.
    package static let codeBySourceRowsMax = 40
    /// Distinct sources, channels, codes or fields that are counted apart; later ones share one row.
    package static let groupNamesMax = 5_000
    /// Users listed by a pseudonymous identifier in a snapshot, counted.
    package static let topUsersMax = 10
    /// Keys listed in a snapshot, those with the most failures first, counted; the rest is summed as `other`.
    package static let keyRowsMax = 20
    /// Tries told apart; later ones count as this one.
    package static let retryAttemptMax = 10
    /// Field errors read from one attempt's context, counted.
    package static let fieldErrorsPerAttemptMax = 64
    /// Bytes of a text from a submitter (source, channel, field pointer) that a snapshot keeps.
    package static let groupTextBytesMax = 96
    /// Days whose snapshots a snapshot is compared with.
    package static let trailingDays = 7
    /// Rows of one run of a scan, counted: a power of two and a multiple of `DayTree.rowsPerNode`, so that the runs' trees
    /// are subtrees of the day's.
    static let scanRunRows = 1 << 16
    /// Runs of one day, and days of one project, that are read at the same time.
    static let scansAtOnceMax = 3
    /// Parts of the log that are read, or wait for the one before them, at the same time.
    static let logPartsAtOnceMax = 4
    /// Complete days of the log that are compared with their records at the same time.
    static let comparedAtOnceMax = 3
    /// Row numbers for each row up to which the log is cut by number; with more holes, days are looked up one by one.
    static let logHolesMax: Int64 = 4
    /// Bytes that most snapshots fit in; longer ones grow.
    static let snapshotBytesUsual = 16 << 10
    /// Parsers of snapshots kept between two texts, counted.
    static let parsersKeptMax = 4
    /// Snapshots kept in memory while days are verified, counted.
    static let readSnapshotsMax = 512
    /// Rows after which a scan reports its progress.
    static let progressRows = 8_192
    /// Trees of days kept in memory for proofs, for days that have none stored.
    static let treesKeptMax = 8
    /// Links of the chain of seals read at a time.
    static let linkPage = 1_000
    /// Attempts read from the ledger at a time, counted.
    package static let readPage = 2_000
    /// Seconds for which nothing of the days that are over may change before they are closed on schedule.
    package static let quietSeconds = 60
    /// Seconds that the event store has to catch up once nothing else changes; then the day closes without the rest.
    package static let settleSecondsMax = 900
    /// Seconds that somebody who closes a day waits for its last events; then the day closes and says what is missing.
    package static let closeWaitSecondsMax = 10
    /// How often that is looked at.
    static let closeWaitStep = Duration.milliseconds(50)
    /// Seconds between two refreshes of the open days' snapshots.
    package static let refreshSeconds = 60
    /// Times that a close is computed again because attempts arrived meanwhile.
    package static let closeTriesMax = 5
    /// Days that one pass of the scheduler closes for one project; the next pass goes on.
    package static let catchUpDaysMax = 400
    /// Days that a list answers at most, counted.
    package static let listDaysMax = 1_000
}
