internal import Foundation
internal import Synchronization

/// A thread of its own for blocking C calls, so that they never occupy Swift's cooperative pool. Jobs run in the order in
/// which they were given. Several threads may share one queue (`WorkerThreads`).
final class WorkerThreads: Sendable {
    typealias Job = @Sendable (_ worker: Int) -> Void

    private struct State {
        var jobs: [Job] = []
        var head = 0
        var closed = false
        var live = 0
        var closing: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let count: Int
    private let waitingMax: Int

    /// `atEnd` runs on each thread as it stops, to release what the thread owns.
    init(name: String, count: Int, waitingMax: Int, atEnd: @escaping @Sendable (_ worker: Int) -> Void) {
        self.count = count
        self.waitingMax = waitingMax
        state.withLock { $0.live = count }
        for worker in 0..<count {
            let thread = Thread { [self] in
                run(worker)
                atEnd(worker)
                let closing = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                    state.live -= 1
                    guard state.live == 0 else { return [] }
                    defer { state.closing = [] }
                    return state.closing
                }
                for continuation in closing { continuation.resume() }
            }
            thread.name = "\(name)-\(worker)"
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    var isClosed: Bool { state.withLock { $0.closed } }

    /// False when the queue is full or closed: the job will not run.
    func enqueue(_ job: @escaping Job) -> Bool {
        let accepted = state.withLock { state in
            guard !state.closed, state.jobs.count - state.head < waitingMax else { return false }
            state.jobs.append(job)
            return true
        }
        if accepted { wake.signal() }
        return accepted
    }

    /// Runs what is queued, then ends the threads; returns when all have ended.
    func close() async {
        await withCheckedContinuation { continuation in
            let ended = state.withLock { state -> Bool in
                state.closed = true
                if state.live == 0 { return true }
                state.closing.append(continuation)
                return false
            }
            if ended { continuation.resume() }
            for _ in 0..<count { wake.signal() }
        }
    }

    private func run(_ worker: Int) {
        while true {
            wake.wait()
            enum Next { case job(Job), idle, end }
            let next = state.withLock { state -> Next in
                guard state.head < state.jobs.count else { return state.closed ? .end : .idle }
                let job = state.jobs[state.head]
                state.head += 1
                if state.head == state.jobs.count || state.head > 1024 {
                    state.jobs.removeFirst(state.head)
                    state.head = 0
                }
                return .job(job)
            }
            switch next {
            case .job(let job): job(worker)
            case .idle: continue
            case .end: return
            }
        }
    }

}
