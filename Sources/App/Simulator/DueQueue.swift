/// Values that become due, earliest first: a binary heap.
package struct DueQueue<Value> {
    private var heap: [(due: Duration, order: Int, value: Value)] = []
    private var pushed = 0

    package init() {}

    package var count: Int { heap.count }

    package mutating func push(_ value: Value, due: Duration) {
        pushed += 1
        heap.append((due, pushed, value))
        var at = heap.count - 1
        while at > 0, precedes(at, (at - 1) / 2) {
            heap.swapAt(at, (at - 1) / 2)
            at = (at - 1) / 2
        }
    }

    /// The earliest value if it is due.
    package mutating func pop(at now: Duration) -> Value? {
        guard let first = heap.first, first.due <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var at = 0
        while true {
            var least = at
            for child in [2 * at + 1, 2 * at + 2] where child < heap.count && precedes(child, least) { least = child }
            guard least != at else { return first.value }
            heap.swapAt(at, least)
            at = least
        }
    }

    private func precedes(_ a: Int, _ b: Int) -> Bool { (heap[a].due, heap[a].order) < (heap[b].due, heap[b].order) }
}
