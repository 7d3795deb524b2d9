internal import Synchronization

/// Lets many callers share one commit without a task of its own: the caller at the head of the queue commits for all that
/// wait behind it, answers them, and passes the lead to the next. While a commit runs, the next batch gathers.
///
/// Bounded: beyond its limits a caller is turned away at once.
final class GroupCommit<Item: Sendable, Answer: Sendable>: Sendable {
    private enum Turn {
        case answered(Answer)
        case lead
        case full
    }
    private struct Entry {
        var item: Item
        var bytes: Int
        /// Nil for the leader's own entry.
        var waiter: CheckedContinuation<Turn, Never>?
    }
    private struct State {
        var queue: [Entry] = []
        var bytes = 0
        var hasLeader = false
    }

    private let state = Mutex(State())
    private let batchItemsMax: Int
    private let queuedItemsMax: Int
    private let queuedBytesMax: Int
    private let commit: @Sendable ([Item]) async -> [Answer]

    /// `commit` returns one answer for each item, in order.
    init(
        batchItemsMax: Int, queuedItemsMax: Int, queuedBytesMax: Int,
        commit: @escaping @Sendable ([Item]) async -> [Answer]
    ) {
        self.batchItemsMax = batchItemsMax
        self.queuedItemsMax = queuedItemsMax
        self.queuedBytesMax = queuedBytesMax
        self.commit = commit
    }

    var queued: Int { state.withLock { $0.queue.count } }

    /// The item's answer; nil when the queue is full.
    func submit(_ item: Item, bytes: Int) async -> Answer? {
        let turn: Turn = await withCheckedContinuation { continuation in
            let immediate: Turn? = state.withLock { state in
                guard state.queue.count < queuedItemsMax, state.bytes + bytes <= queuedBytesMax else { return .full }
                state.bytes += bytes
                if state.hasLeader {
                    state.queue.append(Entry(item: item, bytes: bytes, waiter: continuation))
                    return nil
                }
                state.hasLeader = true
                state.queue.append(Entry(item: item, bytes: bytes, waiter: nil))
                return .lead
            }
            if let immediate { continuation.resume(returning: immediate) }
        }
        switch turn {
        case .answered(let answer): return answer
        case .full: return nil
        case .lead: return await lead()
        }
    }

    /// Commits the head of the queue, whose first entry is the caller's own.
    private func lead() async -> Answer {
        let batch = state.withLock { state in
            let batch = Array(state.queue.prefix(batchItemsMax))
            state.queue.removeFirst(batch.count)
            return batch
        }
        let answers = await commit(batch.map(\.item))
        precondition(answers.count == batch.count, "a commit answers every item")
        let next: CheckedContinuation<Turn, Never>? = state.withLock { state in
            state.bytes -= batch.reduce(0) { $0 + $1.bytes }
            guard !state.queue.isEmpty else {
                state.hasLeader = false
                return nil
            }
            defer { state.queue[0].waiter = nil }
            return state.queue[0].waiter
        }
        next?.resume(returning: .lead)
        for (entry, answer) in zip(batch, answers).dropFirst() { entry.waiter?.resume(returning: .answered(answer)) }
        return answers[0]
    }
}
