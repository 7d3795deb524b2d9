internal import Foundation
internal import Ports
internal import Synchronization

/// Connections that answer questions, each on a thread of its own. A question has a time limit, and ends when its task is
/// cancelled: DuckDB is told to stop, and the asker gets `timeout` or `cancelled`.
final class ReaderPool: Sendable {
    private let workers: WorkerThreads
    private let connections: Connections
    private let seconds: Int
    private let deadlines = DispatchQueue(label: "daybook.event-store.deadlines")

    /// One connection a worker.
    private final class Connections: @unchecked Sendable {
        // SAFETY: element `n` is used by worker `n` only, and the array itself changes by assignment to elements, guarded.
        private let all: Mutex<[Connection?]>
        init(_ connections: [Connection]) { all = Mutex(connections) }
        subscript(worker: Int) -> Connection? { all.withLock { $0[worker] } }
        func release(_ worker: Int) { all.withLock { $0[worker] = nil } }
    }

    init(_ database: Database, count: Int, waitingMax: Int, seconds: Int) throws(EventStoreError) {
        var made: [Connection] = []
        for _ in 0..<count { made.append(try Connection(database)) }
        let connections = Connections(made)
        self.connections = connections
        self.seconds = seconds
        workers = WorkerThreads(name: "store-reader", count: count, waitingMax: waitingMax) { connections.release($0) }
    }

    func close() async { await workers.close() }

    /// Runs `body` in one read transaction: every statement in it sees the same commits.
    func ask<Answer: Sendable>(
        _ operation: String, _ body: @escaping @Sendable (Connection) throws(EventStoreError) -> Answer
    ) async throws(EventStoreError) -> Answer {
        let running = RunningQuestion()
        let result: Result<Answer, EventStoreError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let accepted = workers.enqueue { [self] worker in
                    guard let connection = connections[worker] else {
                        return continuation.resume(returning: .failure(.closed))
                    }
                    continuation.resume(returning: answer(operation, running, connection, body))
                }
                if !accepted {
                    continuation.resume(
                        returning: .failure(workers.isClosed ? .closed : .timeout(operation: operation, seconds: 0)))
                }
            }
        } onCancel: {
            running.cancel()
        }
        return try result.get()
    }

    private func answer<Answer>(
        _ operation: String, _ running: RunningQuestion, _ connection: Connection,
        _ body: (Connection) throws(EventStoreError) -> Answer
    ) -> Result<Answer, EventStoreError> {
        guard running.start(connection) else { return .failure(.cancelled(operation: operation)) }
        let deadline = DispatchSource.makeTimerSource(queue: deadlines)
        // Again and again: DuckDB forgets an interruption that falls between two statements.
        deadline.schedule(deadline: .now() + .seconds(seconds), repeating: EventStoreLimits.interruptAgainSeconds)
        deadline.setEventHandler { running.interrupt() }
        deadline.resume()
        let result: Result<Answer, EventStoreError>
        do throws(EventStoreError) {
            try connection.run(operation, "BEGIN TRANSACTION READ ONLY")
            result = .success(try body(connection))
        } catch .timeout {
            result = .failure(
                running.isCancelled
                    ? .cancelled(operation: operation) : .timeout(operation: operation, seconds: seconds))
        } catch {
            result = .failure(error)
        }
        deadline.cancel()
        running.finish()
        // Read only: there is nothing to keep, whatever the answer.
        try? connection.run(operation, "ROLLBACK")
        return result
    }
}

/// A question on its way: waits, runs on a connection, or has ended. Only a running one can be interrupted, so that the
/// connection's next question never is.
private final class RunningQuestion: Sendable {
    private enum State {
        case waiting, ended
        case running(Connection)
    }
    private let state = Mutex((state: State.waiting, isCancelled: false))

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    func start(_ connection: Connection) -> Bool {
        state.withLock { state in
            guard case .waiting = state.state, !state.isCancelled else { return false }
            state.state = .running(connection)
            return true
        }
    }
    func finish() { state.withLock { $0.state = .ended } }
    func interrupt() {
        state.withLock { if case .running(let connection) = $0.state { connection.interrupt() } }
    }
    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            if case .running(let connection) = state.state { connection.interrupt() }
        }
    }
}
