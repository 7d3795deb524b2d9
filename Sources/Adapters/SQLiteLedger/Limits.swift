/// Every bound of the ledger's file and connections.
enum Limits {
    /// How long a statement waits for a lock held elsewhere before it says that the ledger is in use.
    static let busySeconds: Double = 2
    /// Connections that read at the same time; the next read waits.
    static let readersMax = 4
    /// Page cache of each connection, in KiB.
    static let cacheKibibytes = 16_384
    /// WAL pages (4 KiB each) after which a commit copies them into the main file.
    static let checkpointPages = 4_000
    /// The WAL is cut to this many bytes after a checkpoint.
    static let journalBytesMax = 64 << 20
    /// Rows that a filtered total counts before it stops.
    static let totalRowsMax = 100_000
    /// Expired idempotency keys removed in one submission batch.
    static let expiredKeysPerBatch = 200
}
