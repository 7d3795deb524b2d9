internal import Events
package import Ports
internal import Synchronization

/// The event stream's twin in memory: the same promises, except that nothing survives the process.
package final class MemoryEventStream: EventStream {
    private struct Waiter {
        var offset: Int64
        var continuation: CheckedContinuation<Void, Never>
    }
    private struct State {
        var tail: Int64
        var frames: [StreamFrame] = []
        var committed: Int64
        var bytes: Int64 = 0
        var waiters: [UInt64: Waiter] = [:]
        var nextWaiter: UInt64 = 0
        var isClosed = false
        var refusal: StreamError?

        var head: Int64 { tail + Int64(frames.count) }
    }
    private let state: Mutex<State>
    private let bytesBudget: Int64

    package init(firstOffset: StreamOffset = .start, bytesBudget: Int64 = 1 << 30) {
        self.bytesBudget = bytesBudget
        state = Mutex(State(tail: firstOffset.value, committed: firstOffset.value))
    }

    /// Appends fail with this error until it is nil again.
    package func refuseAppends(with error: StreamError?) { state.withLock { $0.refusal = error } }

    package func append(_ frame: StreamFrame) async throws(StreamError) -> StreamOffset {
        let result: Result<(StreamOffset, [Waiter]), StreamError> = state.withLock { state in
            if state.isClosed { return .failure(.closed) }
            if let refusal = state.refusal { return .failure(refusal) }
            let size = Int64(frame.items.count + 64)
            if state.bytes + size > bytesBudget { return .failure(.full(used: state.bytes, budget: bytesBudget)) }
            state.bytes += size
            state.frames.append(frame)
            let due = state.waiters.filter { $0.value.offset < state.head }
            for id in due.keys { state.waiters[id] = nil }
            return .success((StreamOffset(state.head - 1), Array(due.values)))
        }
        let (offset, due) = try result.get()
        for waiter in due { waiter.continuation.resume() }
        return offset
    }

    package func read(from offset: StreamOffset, bytesMax: Int) async throws(StreamError) -> [StoredFrame] {
        let result: Result<[StoredFrame], StreamError> = state.withLock { state in
            if state.isClosed { return .failure(.closed) }
            guard offset.value >= state.tail else {
                return .failure(.offsetGone(requested: offset, tail: StreamOffset(state.tail)))
            }
            var found: [StoredFrame] = []
            var bytes = 0
            var at = offset.value
            while at < state.head, found.isEmpty || bytes < bytesMax {
                let frame = state.frames[Int(at - state.tail)]
                found.append(StoredFrame(offset: StreamOffset(at), frame: frame))
                bytes += frame.items.count + 64
                at += 1
            }
            return .success(found)
        }
        return try result.get()
    }

    package func commit(_ offset: StreamOffset) async throws(StreamError) {
        let isClosed = state.withLock { state in
            guard !state.isClosed else { return true }
            state.committed = max(state.committed, min(offset.value, state.head))
            let done = Int(state.committed - state.tail)
            state.bytes -= state.frames[..<done].reduce(0) { $0 + Int64($1.items.count + 64) }
            state.frames.removeFirst(done)
            state.tail = state.committed
            return false
        }
        if isClosed { throw .closed }
    }

    package func waitForFrames(beyond offset: StreamOffset) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if state.isClosed || state.head > offset.value || Task.isCancelled { return true }
                    state.waiters[id] = Waiter(offset: offset.value, continuation: continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
        }
    }

    package var status: StreamStatus {
        state.withLock { state in
            let uncommitted = state.frames[Int(state.committed - state.tail)...]
            return StreamStatus(
                head: StreamOffset(state.head), committed: StreamOffset(state.committed),
                tail: StreamOffset(state.tail),
                bytesOnDisk: state.bytes, bytesBudget: bytesBudget, oldestUncommitted: uncommitted.first?.receivedAt,
                earliestUncommitted: uncommitted.lazy.map(\.receivedAt).min())
        }
    }

    package func close() async {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.continuation.resume() }
    }
}
