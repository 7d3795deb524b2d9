internal import Dispatch
internal import GRDB
internal import Synchronization

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
    private let queue = DispatchQueue(label: "ledger.checkpoint", qos: .utility)

    /// `configuration` is that of the ledger's other connections.
    init(path: String, configuration: Configuration) throws {
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
            // One that fails leaves its pages in the log, where the next one and the writer's own find them.
            _ = try? connection.inDatabase { try $0.checkpoint(.passive) }
            state.withLock { $0.isRunning = false }
        }
    }

    /// Waits for a checkpoint that is under way and releases the file.
    func close() throws {
        queue.sync {}
        try connection.close()
    }
}
