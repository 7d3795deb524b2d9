/// Every bound of the ledger's file and connections.
enum Limits {
    /// How long a statement waits for a lock held elsewhere before it says that the ledger is in use.
    static let busySeconds: Double = 2
    /// Connections that read at the same time; the next read waits.
    static let readersMax = 4
    /// Page cache of each connection, in KiB; the writer has a larger one, since submissions touch indexes everywhere.
    static let cacheKibibytes = 16_384
    static let writerCacheKibibytes = 65_536
    /// The same while a part of the log is read from its first row to its last.
    static let scanCacheKibibytes = 256
    /// WAL pages (4 KiB each) after which a commit copies what is left of them into the main file.
    static let checkpointPages = 16_000
    /// Commits after which pages are copied beside the writer.
    static let commitsBetweenCheckpoints = 24
    /// The WAL is cut to this many bytes after a checkpoint.
    static let journalBytesMax = 64 << 20
    /// Rows that a filtered total counts before it stops.
    static let totalRowsMax = 100_000
    /// The same within one date: a day's numbers are compared with its snapshot's.
    static let totalDayRowsMax = 5_000_000
    /// The newest matches of words that a search looks at before it says that it is partial, and those it begins with.
    static let wordWindowRows = 20_000
    static let wordWindowRowsFirst = 500
    /// The newest rows among which a search looks for a schema version or a key.
    static let contextWindowRows = 20_000
    /// Seconds after its request within which an attempt was received, nearly always and at most.
    static let requestSecondsUsual = 20
    static let requestSecondsMax = 900
    /// Matches of words, and rows looked at for a schema version or a key, that a total counts before it says "at least".
    static let wordTotalRows = 2_000
    static let contextTotalRows = 5_000
    /// A word of so many bytes may be the beginning of a longer one.
    static let wordPrefixBytesMin = 3
    /// Words that the beginning of one is looked for as; of more, FTS5 looks for the beginning itself.
    static let wordsOfPrefixMax = 32
    /// People that the beginning of a hash may name; further ones are not looked at.
    static let usersByHashMax = 50
    /// Attempts of a user so far apart, before and after, are tries at the same thing: a day.
    static let retryMicroseconds: Int64 = 86_400_000_000
    /// Expired idempotency keys removed in one submission batch.
    static let expiredKeysPerBatch = 200
}
