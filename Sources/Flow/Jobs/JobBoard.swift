internal import Synchronization

/// Tells whoever watches a job that it changed, and the runner that there may be work. Says nothing about what changed:
/// who hears of it reads the ledger.
package final class JobBoard: Sendable {
    package typealias Signals = AsyncStream<Void>

    private struct State {
        var watchers: [String: [UInt64: Signals.Continuation]] = [:]
        var watcherCount = 0
        var nextID: UInt64 = 0
        var wakes: UInt64 = 0
        var waiter: CheckedContinuation<Void, Never>?
        var isClosed = false
    }
    private let state = Mutex(State())
    /// Watchers at the same time; the next one is refused.
    package static let watchersMax = 500

    package init() {}

    /// Something about the job changed.
    func changed(_ jobID: String) {
        let watchers = state.withLock { $0.watchers[jobID].map { Array($0.values) } ?? [] }
        for watcher in watchers { watcher.yield() }
    }

    /// One watcher's view: `signals` has an element when the job changed (several that nobody looked at are one) or after
    /// `tick`, and ends when the board is closed or after `end`.
    package struct Watch: Sendable {
        package let signals: Signals
        private let continuation: Signals.Continuation

        fileprivate init(_ signals: Signals, _ continuation: Signals.Continuation) {
            self.signals = signals
            self.continuation = continuation
        }
        package func tick() { continuation.yield() }
        package func end() { continuation.finish() }
    }

    /// The changes of one job from now on. Nil when too many watch already, or the board is closed.
    package func watch(_ jobID: String) -> Watch? {
        let (signals, continuation) = Signals.makeStream(bufferingPolicy: .bufferingNewest(1))
        let id: UInt64? = state.withLock { state in
            guard !state.isClosed, state.watcherCount < Self.watchersMax else { return nil }
            state.nextID += 1
            state.watcherCount += 1
            state.watchers[jobID, default: [:]][state.nextID] = continuation
            return state.nextID
        }
        guard let id else { return nil }
        continuation.onTermination = { [weak self] _ in self?.forget(jobID, id) }
        return Watch(signals, continuation)
    }

    private func forget(_ jobID: String, _ id: UInt64) {
        state.withLock { state in
            guard state.watchers[jobID]?.removeValue(forKey: id) != nil else { return }
            state.watcherCount -= 1
            if state.watchers[jobID]?.isEmpty == true { state.watchers[jobID] = nil }
        }
    }

    /// There may be work for the runner.
    func wake() {
        let waiter = state.withLock { state in
            state.wakes += 1
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    var wakes: UInt64 { state.withLock { $0.wakes } }

    /// Returns once `wakes` is beyond `seen`, or the task is cancelled. One waiter at a time.
    func wait(beyond seen: UInt64) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let earlier: [CheckedContinuation<Void, Never>] = state.withLock { state in
                    if state.wakes > seen || Task.isCancelled { return [continuation] }
                    defer { state.waiter = continuation }
                    return state.waiter.map { [$0] } ?? []
                }
                for waiter in earlier { waiter.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }

    /// Ends every watch.
    func close() {
        let watchers = state.withLock { state in
            state.isClosed = true
            return state.watchers.values.flatMap { $0.values }
        }
        for watcher in watchers { watcher.finish() }
    }
}
