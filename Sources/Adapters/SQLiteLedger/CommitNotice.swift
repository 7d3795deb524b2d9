internal import Synchronization

/// Wakes whoever waits for the next commit that left rows in the outbox. A commit between a look and a wait is not missed:
/// the waiter gives the count that it saw before it looked.
final class CommitNotice: Sendable {
    private struct State {
        var count: UInt64 = 0
        var isClosed = false
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var cancelled: Set<UInt64> = []
        var nextID: UInt64 = 0
    }
    private let state = Mutex(State())

    var count: UInt64 { state.withLock { $0.count } }

    func signal() {
        let waiters = state.withLock { state in
            state.count += 1
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        signal()
    }

    /// Returns once `count` is beyond `seen`, or when closed, or when the task is cancelled.
    func wait(beyond seen: UInt64) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isDue = state.withLock { state in
                    if state.cancelled.remove(id) != nil || state.isClosed || state.count > seen { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiters.removeValue(forKey: id)
                if waiter == nil { state.cancelled.insert(id) }
                return waiter
            }
            waiter?.resume()
        }
        _ = state.withLock { $0.cancelled.remove(id) }
    }
}
