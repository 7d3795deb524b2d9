// SQLiteLedger: the Ledger on SQLite (GRDB).
//
// Constraints: one file, one owning process, one writer at a time, many readers (WAL). A commit is answered after the sync of
// the log, which overlaps with the next commit (`LogSync`); so a reader may see, for the time of one sync, what a loss of
// power would take back. Nothing of it may leave the ledger by then: the outbox gives durable entries alone. Statements run on GRDB's own dispatch queues, never on the cooperative thread pool, and are not
// interrupted when the task that asked for them is cancelled.
//
// Stored format: tables after `Migration001Records.swift` and its successors. Times are INTEGER microseconds since 1970
// UTC, logical dates TEXT `YYYY-MM-DD`, hashes BLOB of 32 bytes, contexts and bodies JSON TEXT. Each migration is
// recorded by name in `grdb_migrations`; a migration never changes once it has been published.
//
// Failure cases: a ledger of a newer Daybook, a file held by another process, a read-only folder, a full disk and a
// refused change of an append-only record each become their own `LedgerError`.

internal import CSQLiteSettings
internal import Foundation
internal import GRDB
package import Ports
internal import Synchronization
package import Telemetry

package final class SQLiteLedger: Sendable {
    /// The file's name inside the data folder.
    package static let fileName = "ledger.sqlite"

    package let path: String
    let pool: DatabasePool
    let telemetry: Telemetry
    let commits = CommitNotice()
    let sync: LogSync
    let checkpoints: LogCheckpoints
    /// The last position of the outbox that is durable.
    let durableOutbox: Mutex<Int64>
    let publishedRules = PublishedRules()

    /// Opens or creates the ledger `ledger.sqlite` in `folder` (created when absent) and brings its schema up to date.
    /// `sync` makes an open file's data durable and returns 0, or the number of the system's error.
    package init(
        folder: String, telemetry: Telemetry, sync: (@Sendable (Int32) -> Int32)? = nil
    ) throws(LedgerError) {
        _ = Self.settings
        let path = (folder as NSString).appendingPathComponent(Self.fileName)
        self.path = path
        self.telemetry = telemetry
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .readOnly(path: path, detail: error.localizedDescription)
        }
        guard access(folder, W_OK) == 0 else {
            throw .readOnly(path: path, detail: String(cString: strerror(errno)))
        }
        do {
            pool = try DatabasePool(path: path, configuration: Self.configuration())
            try pool.writeWithoutTransaction { db in
                // The rest is `LogSync`'s.
                try db.execute(sql: "PRAGMA synchronous = NORMAL")
                try db.execute(sql: "PRAGMA cache_size = -\(Limits.writerCacheKibibytes)")
                try db.execute(sql: "PRAGMA wal_autocheckpoint = \(Limits.checkpointPages)")
                try db.execute(sql: "PRAGMA journal_size_limit = \(Limits.journalBytesMax)")
            }
        } catch {
            throw Self.ledgerError(error, operation: "opening the ledger", path: path)
        }
        try Self.migrate(pool, path: path)
        self.sync = try LogSync(path: path + "-wal", telemetry: telemetry, sync: sync ?? LogSync.system)
        do {
            checkpoints = try LogCheckpoints(
                path: path, configuration: Self.configuration(), telemetry: telemetry)
            durableOutbox = Mutex(
                try pool.read { try Int64.fetchOne($0, sql: "SELECT coalesce(max(position), 0) FROM outbox") ?? 0 })
        } catch {
            throw Self.ledgerError(error, operation: "opening the ledger", path: path)
        }
    }

    /// Of the library, once in a process.
    private static let settings: Int32 = daybook_sqlite_without_memory_counters()

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(Limits.busySeconds)
        configuration.maximumReaderCount = Limits.readersMax
        configuration.label = "ledger"
        configuration.prepareDatabase { db in
            // Without this, REPLACE would delete protected rows without running their triggers.
            try db.execute(sql: "PRAGMA recursive_triggers = ON")
            try db.execute(sql: "PRAGMA cache_size = -\(Limits.cacheKibibytes)")
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        return configuration
    }

    private static func migrate(_ pool: DatabasePool, path: String) throws(LedgerError) {
        let migrator = Self.migrator
        do {
            let newer: String? = try pool.read { db in
                guard try migrator.hasBeenSuperseded(db) else { return nil }
                return try migrator.appliedIdentifiers(db).max() ?? "unknown"
            }
            if let newer {
                throw LedgerError.schemaNewer(found: newer, known: migrator.migrations.last ?? "none")
            }
            try migrator.migrate(pool)
        } catch {
            throw Self.ledgerError(error, operation: "migrating the ledger", path: path)
        }
    }

    /// Runs `body` on a consistent snapshot, on a reader's queue.
    func read<Value: Sendable>(
        _ operation: String, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(LedgerError) -> Value {
        let result: Result<Value, LedgerError> = await withCheckedContinuation { continuation in
            pool.asyncRead { opened in
                continuation.resume(
                    returning: Result { try body(opened.get()) }
                        .mapError { Self.ledgerError($0, operation: operation, path: self.path) })
            }
        }
        return try result.get()
    }

    /// Runs `body` in one immediate transaction on the writer's queue: durable when this returns, undone when it throws.
    func write<Value: Sendable>(
        _ operation: String, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(LedgerError) -> Value {
        let result: Result<Value, LedgerError> = await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { [self] db in
                let before = db.totalChangesCount
                let result = transaction(operation, db) { try body(db) }
                if case .success = result, db.totalChangesCount != before {
                    sync.afterSync { failure in continuation.resume(returning: failure.map { .failure($0) } ?? result) }
                } else {
                    continuation.resume(returning: result)
                }
            }
        }
        return try result.get()
    }

    /// Runs `body` in one immediate transaction of the writer's connection, if commits can become durable at all.
    func transaction<Value>(
        _ operation: String, _ db: Database, _ body: () throws -> Value
    ) -> Result<Value, LedgerError> {
        if let failure = sync.failure { return .failure(failure) }
        return Result {
            var value: Value?
            try db.inTransaction(.immediate) {
                value = try body()
                return .commit
            }
            checkpoints.noteCommit()
            return value!
        }
        .mapError { Self.ledgerError($0, operation: operation, path: path) }
    }

    /// Waits for running statements and releases the file. Later calls throw `closed`.
    package func close() throws(LedgerError) {
        do {
            try checkpoints.close()
            try pool.close()
        } catch {
            throw Self.ledgerError(error, operation: "closing the ledger", path: path)
        }
        commits.close()
    }

    /// The typed form of what GRDB and SQLite throw.
    static func ledgerError(_ error: any Error, operation: String, path: String) -> LedgerError {
        if let error = error as? LedgerError { return error }
        guard let error = error as? DatabaseError else {
            return .failed(operation: operation, detail: String(describing: error))
        }
        let detail = error.message ?? error.resultCode.description
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL: return .locked(path: path, detail: detail)
        case .SQLITE_READONLY, .SQLITE_PERM: return .readOnly(path: path, detail: detail)
        case .SQLITE_FULL: return .full(path: path, detail: detail)
        case .SQLITE_CANTOPEN, .SQLITE_NOTADB, .SQLITE_CORRUPT: return .unreadable(path: path, detail: detail)
        case .SQLITE_MISUSE: return .closed
        case .SQLITE_CONSTRAINT:
            return error.extendedResultCode == .SQLITE_CONSTRAINT_TRIGGER
                ? .immutable(operation: operation, detail: detail) : .conflict(operation: operation, detail: detail)
        case .SQLITE_IOERR:
            // A full disk shows as an I/O error when SQLite was growing its shared-memory index.
            return error.extendedResultCode == .SQLITE_IOERR_SHMSIZE
                ? .full(path: path, detail: detail) : .failed(operation: operation, detail: detail)
        default: return .failed(operation: operation, detail: detail)
        }
    }
}
