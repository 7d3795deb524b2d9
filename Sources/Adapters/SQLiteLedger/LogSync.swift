#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif
internal import Dispatch
internal import Logging
internal import Ports
internal import Synchronization
internal import Telemetry

/// Makes commits durable behind the writer: while the disk takes one, the writer decides the next.
///
/// SQLite appends each commit to its write-ahead log. With `synchronous = NORMAL` it leaves the sync of the log to us, except
/// where a checkpoint or a new beginning of the log needs one (https://www.sqlite.org/pragma.html#pragma_synchronous). A sync
/// covers every commit before it: those that wait share one, and are told in their order.
///
/// Failure. After a failed sync the kernel may have dropped the pages (Rebello et al., "Can Applications Recover from fsync
/// Failures?", USENIX ATC 2020), so nothing is called durable any more: this commit and every later one fail until the
/// ledger is opened anew and reads what is on the disk.
final class LogSync: Sendable {
    /// Syncs an open file; 0, or the error's number.
    typealias Sync = @Sendable (Int32) -> Int32

    private struct State {
        var waiting: [@Sendable (LedgerError?) -> Void] = []
        var isSyncing = false
        var failure: LedgerError?
    }
    private let state = Mutex(State())
    private let file: Int32
    private let path: String
    private let sync: Sync
    private let telemetry: Telemetry
    private let queue = DispatchQueue(label: "ledger.sync")

    /// `path` names the write-ahead log, which exists. What is in it is durable when this returns.
    init(path: String, telemetry: Telemetry, sync: @escaping Sync) throws(LedgerError) {
        file = open(path, O_RDONLY | O_CLOEXEC)
        self.path = path
        self.telemetry = telemetry
        self.sync = sync
        let code = file < 0 ? errno : sync(file)
        if code != 0 { throw .unreadable(path: path, detail: String(cString: strerror(code))) }
    }

    deinit { if file >= 0 { _ = Self.close(file) } }

    private static func close(_ file: Int32) -> Int32 {
        #if canImport(Glibc)
            Glibc.close(file)
        #else
            Darwin.close(file)
        #endif
    }

    /// Why nothing is durable any more; nil while all is well.
    var failure: LedgerError? { state.withLock { $0.failure } }

    /// Calls `done` once everything that was committed before is durable, or with the reason why it is not. Called in the
    /// order of the calls, on a thread of its own or on the caller's.
    func afterSync(_ done: @escaping @Sendable (LedgerError?) -> Void) {
        let failure: LedgerError? = state.withLock { state in
            if let failure = state.failure { return failure }
            state.waiting.append(done)
            if !state.isSyncing {
                state.isSyncing = true
                queue.async { self.syncWhileAnyWait() }
            }
            return nil
        }
        if let failure { done(failure) }
    }

    private func syncWhileAnyWait() {
        while true {
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                if state.waiting.isEmpty { state.isSyncing = false }
                return state.waiting
            }
            if waiting.isEmpty { return }
            let code = failure == nil ? sync(file) : 0
            if code != 0 {
                let detail = String(cString: strerror(code))
                state.withLock { $0.failure = .readOnly(path: path, detail: "syncing failed: \(detail)") }
                telemetry.emit(LogSyncFailed(path: path, detail: detail))
            }
            let failure = failure
            for done in waiting { done(failure) }
        }
    }

    /// The system's own sync of a file's data.
    static let system: Sync = { file in
        #if canImport(Glibc)
            fdatasync(file) == 0 ? 0 : errno
        #else
            fcntl(file, F_FULLFSYNC) == 0 ? 0 : errno
        #endif
    }
}

struct LogSyncFailed: TelemetryEvent {
    static let name = "ledger_sync_failed"
    static let failures = MetricName(
        "daybook_ledger_sync_failures_total",
        help: "Syncs of the ledger's log that failed; no commit is taken after one.")
    var path: String
    var detail: String
    var level: Logger.Level { .critical }
    var message: String {
        "The ledger's log could not be made durable: \(detail). Nothing is written until the disk is repaired and Daybook started again."
    }
    var metadata: Logger.Metadata { ["path": .string(path), "error": .string(detail)] }
    func record(in metrics: MetricRegistry) { metrics.add(Self.failures) }
}
