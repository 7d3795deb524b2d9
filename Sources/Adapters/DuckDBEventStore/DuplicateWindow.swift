internal import Ports

/// Remembers the keys of stored events, by minute of event time, so that most batches need no look into the table.
///
/// It only ever finds candidates: `Commit` compares the identities themselves. A minute is loaded from the table when a
/// batch first touches it; the least recently touched are forgotten beyond `keysMax`, and looked up in the table instead
/// for a while, so that a batch spread over many minutes does not load and forget them in turn.
struct DuplicateWindow {
    private struct Slot {
        var keys: KeySet
        var touched: UInt64
    }
    private let keysMax: Int
    private var slots: [Int64: Slot] = [:]
    private var forgotten: [Int64: UInt64] = [:]
    private(set) var keyCount = 0
    private var commits: UInt64 = 0

    init(keysMax: Int) { self.keysMax = keysMax }

    static func slot(of microseconds: Int64) -> Int64 {
        let width = EventStoreLimits.duplicateSlotMicroseconds
        return microseconds >= 0 ? microseconds / width : (microseconds - width + 1) / width
    }

    /// Makes the slots that the batch touches ready. `load` reads the keys of a half-open range of event times, and returns
    /// false when it stopped because the consumer refused more.
    mutating func prepare(
        _ touched: Set<Int64>, storedThrough: Int64,
        load: (Range<Int64>, (_ key: UInt64, _ time: Int64) -> Bool) throws(EventStoreError) -> Void
    ) throws(EventStoreError) {
        commits += 1
        let width = EventStoreLimits.duplicateSlotMicroseconds
        var missing: [Int64] = []
        for slot in touched {
            if slots[slot] != nil {
                slots[slot]!.touched = commits
            } else if slot * width > storedThrough {
                slots[slot] = Slot(keys: KeySet(), touched: commits)
            } else if let when = forgotten[slot], commits - when < EventStoreLimits.duplicateReloadPauseCommits {
                continue
            } else {
                missing.append(slot)
            }
        }
        missing.sort()
        var at = 0
        while at < missing.count {
            var end = at + 1
            while end < missing.count, missing[end] <= missing[end - 1] + 5 { end += 1 }
            try loadSlots(missing[at]...missing[end - 1], load)
            at = end
        }
        forget()
    }

    private mutating func loadSlots(
        _ range: ClosedRange<Int64>,
        _ load: (Range<Int64>, (_ key: UInt64, _ time: Int64) -> Bool) throws(EventStoreError) -> Void
    ) throws(EventStoreError) {
        let width = EventStoreLimits.duplicateSlotMicroseconds
        var loaded: [Int64: KeySet] = [:]
        var count = 0
        var complete = true
        try load(range.lowerBound * width..<(range.upperBound + 1) * width) { key, time in
            guard count < keysMax / 2 else {
                complete = false
                return false
            }
            loaded[Self.slot(of: time), default: KeySet()].insert(key)
            count += 1
            return true
        }
        for slot in range where slots[slot] == nil {
            guard complete else {
                forgotten[slot] = commits
                continue
            }
            let keys = loaded[slot] ?? KeySet()
            keyCount += keys.count
            slots[slot] = Slot(keys: keys, touched: commits)
            forgotten[slot] = nil
        }
    }

    /// Whether the event may be stored already. True when the slot is not in memory.
    func mayHold(_ key: UInt64, time: Int64) -> Bool {
        guard let slot = slots[Self.slot(of: time)] else { return true }
        return slot.keys.contains(key)
    }

    /// After the commit: the rows are stored now.
    mutating func insert(_ key: UInt64, time: Int64) {
        let at = Self.slot(of: time)
        guard let index = slots.index(forKey: at) else { return }
        let before = slots.values[index].keys.count
        slots.values[index].keys.insert(key)
        keyCount += slots.values[index].keys.count - before
    }

    mutating func removeAll() {
        slots.removeAll()
        forgotten.removeAll()
        keyCount = 0
    }

    private mutating func forget() {
        if forgotten.count > 100_000 {
            forgotten = forgotten.filter { commits - $0.value < EventStoreLimits.duplicateReloadPauseCommits }
        }
        guard keyCount > keysMax || slots.count > 50_000 else { return }
        let order = slots.sorted { $0.value.touched < $1.value.touched }
        for (slot, value) in order {
            guard keyCount > keysMax / 4 * 3 || slots.count > 40_000 else { break }
            slots[slot] = nil
            keyCount -= value.keys.count
            forgotten[slot] = commits
        }
    }
}
