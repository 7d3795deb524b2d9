internal import Dispatch
internal import GRDB
internal import Logging
internal import Synchronization
internal import Telemetry

/// Copies committed pages from the write-ahead log into the main file, beside the writer: a passive checkpoint waits for nobody,
/// and nobody waits for it (https://www.sqlite.org/c3ref/wal_checkpoint_v2.html).
///
/// While commits follow one another the log never begins anew this way, because there is always one more; it grows until the
/// writer's own checkpoint (`Limits.checkpointPages`), which then finds little left to copy and lets it begin anew.
final class LogCheckpoints: Sendable {
    private struct State {
        var commits = 0
        var isRunning = false
    }
    private let state = Mutex(State())
    private let connection: DatabaseQueue
    private let telemetry: Telemetry
    private let queue = DispatchQueue(label: "ledger.checkpoint", qos: .utility)

    /// `configuration` is that of the ledger's other connections.
    init(path: String, configuration: Configuration, telemetry: Telemetry) throws {
        self.telemetry = telemetry
        connection = try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Called after each commit.
    func noteCommit() {
        let isDue = state.withLock { state in
            state.commits += 1
            guard state.commits >= Limits.commitsBetweenCheckpoints, !state.isRunning else { return false }
            state.commits = 0
            state.isRunning = true
            return true
        }
        guard isDue else { return }
        queue.async { [self] in
            do { try connection.inDatabase { _ = try $0.checkpoint(.passive) } } catch {
                // While the writer's own is under way there is nothing to do.
                if (error as? DatabaseError)?.resultCode != .SQLITE_BUSY {
                    telemetry.emit(CheckpointFailed(detail: String(describing: error)))
                }
            }
            state.withLock { $0.isRunning = false }
        }
    }

    /// Waits for a checkpoint that is under way and releases the file.
    func close() throws {
        queue.sync {}
        try connection.close()
    }
}

struct CheckpointFailed: TelemetryEvent {
    static let name = "ledger_checkpoint_failed"
    var detail: String
    var level: Logger.Level { .warning }
    var message: String {
        "Committed pages could not be copied into the ledger's main file: \(detail). They are safe in its log, which grows until a later copy succeeds."
    }
}
