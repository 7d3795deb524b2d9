/// Why the Ledger could not do something. Nothing of the failed transaction was kept.
package enum LedgerError: Error, Hashable, Sendable {
    /// Another process holds the ledger.
    case locked(path: String, detail: String)
    /// The file or its folder cannot be opened, or is not a ledger.
    case unreadable(path: String, detail: String)
    /// The folder or the file system refuses writes.
    case readOnly(path: String, detail: String)
    /// The disk is full. Later writes may succeed.
    case full(path: String, detail: String)
    /// The ledger was written by a newer Daybook; `found` names its newest migration.
    case schemaNewer(found: String, known: String)
    /// The database refused the change because the record is append-only or frozen.
    case immutable(operation: String, detail: String)
    /// A record with that identity exists already.
    case conflict(operation: String, detail: String)
    /// The statement failed.
    case failed(operation: String, detail: String)
    case closed
}

extension LedgerError: CustomStringConvertible {
    /// What happened and the way out, for a log line or the command line.
    package var description: String {
        switch self {
        case .locked(let path, let detail):
            "the ledger \(path) is in use by another process (\(detail)); stop that process, or use another data folder"
        case .unreadable(let path, let detail):
            "the ledger \(path) cannot be read (\(detail)); check the path and its permissions, or restore a backup"
        case .readOnly(let path, let detail):
            "the ledger \(path) cannot be written (\(detail)); make its folder writable for this user"
        case .full(let path, let detail):
            "the disk that holds the ledger \(path) is full (\(detail)); free some space, nothing logged is lost"
        case .schemaNewer(let found, let known):
            "the ledger was written by a newer Daybook (migration \(found), this one knows \(known)); run that version"
        case .immutable(let operation, let detail): "\(operation): the record can never change (\(detail))"
        case .conflict(let operation, let detail): "\(operation): the record exists already (\(detail))"
        case .failed(let operation, let detail): "\(operation) failed: \(detail)"
        case .closed: "the ledger is closed"
        }
    }
}
