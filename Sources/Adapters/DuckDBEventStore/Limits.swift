/// Every limit of the event store, with its unit.
package enum EventStoreLimits {
    /// What DuckDB may hold in memory (its buffer manager), in MiB. The process stays under 1 GiB with it.
    package static let memoryMebibytes = 512
    /// DuckDB's worker threads, the caller's included.
    package static let threads = 2
    /// The write-ahead log's size in MiB after which a commit also writes a checkpoint. Also bounds what a start after
    /// a crash has to replay.
    package static let checkpointMebibytes = 96
    /// Rows of one row group, a multiple of 2048. A commit of at least so many rows writes its columns compressed and at once,
    /// past the write-ahead log; and a row group holds few enough projects that their range prunes (rows of a commit are
    /// sorted by project).
    package static let rowGroupRows = 20_480
    /// Connections, each with a thread, that answer questions at the same time.
    package static let readers = 3
    /// Seconds after which a question is interrupted.
    package static let questionSeconds = 10
    /// Seconds between interruptions of a question that goes on beyond its time.
    package static let interruptAgainSeconds = 0.2
    /// Questions that may wait for a reader; further ones are refused at once.
    package static let questionsWaiting = 256
    /// Event keys kept in memory for recognising duplicates; at 8 bytes a place and a load of 0.35 to 0.7.
    package static let duplicateKeysMax = 8_000_000
    /// Width of one bucket of remembered keys, in microseconds of event time.
    package static let duplicateSlotMicroseconds: Int64 = 60_000_000
    /// Commits during which an evicted bucket is looked up in the table instead of being loaded again.
    package static let duplicateReloadPauseCommits: UInt64 = 200
    /// Rows of one page of events, traces or quarantined items, and one more that says whether there is another page.
    package static let pageRowsMax = 1001
    /// Events of one trace or one lead that an answer holds.
    package static let detailEventsMax = 10_000
    /// Events that are looked at for the samples of a group, the latest ones; three distinct identifiers are kept.
    package static let sampleCandidates = 8
    /// Events in the first window of a page whose filter rollups cannot judge; each further window holds eight times more.
    package static let firstWindowEvents: Int64 = 50_000
    package static let windowGrowth: Int64 = 8
    /// Quarantined items that one statement names.
    package static let quarantineIDsPerStatement = 500
    /// Groups that one aggregate may return.
    package static let groupsMax = 100_000
    /// Rows of `stream_offsets` after which maintenance drops all but the last.
    package static let offsetRowsMax = 10_000
    /// Hours of rollups that one maintenance call compacts.
    package static let compactedHoursPerCall = 48
    /// Deltas of one date's totals that may stand beside its merged ones, and dates that one maintenance call merges.
    package static let looseDayTotalsMax = 4096
    package static let mergedDatesPerCall = 16
    /// Parts of one question that read events of ranges apart.
    package static let eventBranchesMax = 16
    /// Days that one maintenance call sorts by project.
    package static let sortedDaysPerCall = 4
    /// Deltas of late rows that a sorted day may have beside a sixteenth of its rows, before it is sorted again.
    package static let looseRowsOfSortedDayMax = 1024
}
