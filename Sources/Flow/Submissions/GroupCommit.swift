internal import Synchronization

/// Lets many callers share one commit: the caller that finds nobody committing starts a committer, which takes batch after
/// batch until nobody waits. While a commit runs, the next batch gathers.
///
/// The committer does not run where its callers do. On their event loops it would stand behind the answers of the batch
/// before, and by the time it got its turn every client would wait in one batch: commits and requests would take turns
/// instead of overlapping.
///
/// Bounded: beyond its limits a caller is turned away at once.
final class GroupCommit<Item: Sendable, Answer: Sendable>: Sendable {
    fileprivate struct Entry: Sendable {
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

    /// Items that are committed together, in the order of their arrival. Whoever took it answers it, once.
    struct Batch: Sendable {
        fileprivate let entries: [Entry]
        fileprivate let group: GroupCommit

        var items: [Item] { entries.map(\.item) }
        var count: Int { entries.count }

        /// One answer for each item, in order.
        func answer(_ answers: [Answer]) {
            precondition(answers.count == entries.count, "a commit answers every item")
            let bytes = entries.reduce(0) { $0 + $1.bytes }
            group.state.withLock { $0.bytes -= bytes }
            for (entry, answer) in zip(entries, answers) { entry.waiter.resume(returning: answer) }
        }
    }

    private let state = Mutex(State())
    private let batchItemsMax: Int
    private let queuedItemsMax: Int
    private let queuedBytesMax: Int
    private let commit: @Sendable (_ next: @escaping @Sendable () -> Batch?) -> Void

    /// `commit` begins a committer and returns at once: it takes batches from `next` until there is none, and answers each.
    init(
        batchItemsMax: Int, queuedItemsMax: Int, queuedBytesMax: Int,
        commit: @escaping @Sendable (_ next: @escaping @Sendable () -> Batch?) -> Void
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
            case .first: commit { self.nextBatch() }
            case .behind: break
            }
        }
    }

    /// What waits, up to the most that one commit takes; nil when nothing does, and then nobody commits any more.
    private func nextBatch() -> Batch? {
        state.withLock { state in
            guard !state.queue.isEmpty else {
                state.isCommitting = false
                return nil
            }
            let entries = Array(state.queue.prefix(batchItemsMax))
            state.queue.removeFirst(entries.count)
            return Batch(entries: entries, group: self)
        }
    }
}
