internal import Synchronization

/// Lets many callers share one commit: the caller that finds nobody committing starts a committer, which commits for all that
/// wait until nobody does. While a commit runs, the next batch gathers.
///
/// The committer does not run where its callers do. On their event loops it would stand behind the answers of the batch
/// before, and by the time it got its turn every client would wait in one batch: commits and requests would take turns
/// instead of overlapping.
///
/// Bounded: beyond its limits a caller is turned away at once.
final class GroupCommit<Item: Sendable, Answer: Sendable>: Sendable {
    private struct Entry {
        var item: Item
        var bytes: Int
        var waiter: CheckedContinuation<Answer?, Never>
    }
    private struct State {
        var queue: [Entry] = []
        var bytes = 0
        var isCommitting = false
    }
    private enum Place { case full, first, behind }

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
        await withCheckedContinuation { continuation in
            let place: Place = state.withLock { state in
                guard state.queue.count < queuedItemsMax, state.bytes + bytes <= queuedBytesMax else { return .full }
                state.bytes += bytes
                state.queue.append(Entry(item: item, bytes: bytes, waiter: continuation))
                defer { state.isCommitting = true }
                return state.isCommitting ? .behind : .first
            }
            switch place {
            case .full: continuation.resume(returning: nil)
            case .first: Task.detached { await self.commitWhileAnyWait() }
            case .behind: break
            }
        }
    }

    private func commitWhileAnyWait() async {
        while let batch = nextBatch() {
            let answers = await commit(batch.map(\.item))
            precondition(answers.count == batch.count, "a commit answers every item")
            state.withLock { $0.bytes -= batch.reduce(0) { $0 + $1.bytes } }
            for (entry, answer) in zip(batch, answers) { entry.waiter.resume(returning: answer) }
        }
    }

    /// What waits, up to the most that one commit takes; nil when nothing does, and then nobody commits any more.
    private func nextBatch() -> [Entry]? {
        state.withLock { state in
            guard !state.queue.isEmpty else {
                state.isCommitting = false
                return nil
            }
            let batch = Array(state.queue.prefix(batchItemsMax))
            state.queue.removeFirst(batch.count)
            return batch
        }
    }
}
