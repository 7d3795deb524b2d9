/// A set of 64-bit hashes: open addressing with linear probing, 8 bytes a place, load at most 0.7.
struct KeySet {
    private var table: [UInt64]
    private var mask: Int
    private var holdsZero = false
    private(set) var count = 0

    init(capacity: Int = 44) {
        var places = 64
        while Double(places) * 0.7 < Double(capacity) { places *= 2 }
        table = Array(repeating: 0, count: places)
        mask = places - 1
    }

    func contains(_ key: UInt64) -> Bool {
        if key == 0 { return holdsZero }
        var at = Int(truncatingIfNeeded: key) & mask
        while table[at] != 0 {
            if table[at] == key { return true }
            at = (at + 1) & mask
        }
        return false
    }

    mutating func insert(_ key: UInt64) {
        if key == 0 {
            if !holdsZero { count += 1 }
            holdsZero = true
            return
        }
        if Double(count + 1) > Double(table.count) * 0.7 { grow() }
        if place(key) { count += 1 }
    }

    private mutating func place(_ key: UInt64) -> Bool {
        var at = Int(truncatingIfNeeded: key) & mask
        while table[at] != 0 {
            if table[at] == key { return false }
            at = (at + 1) & mask
        }
        table[at] = key
        return true
    }

    private mutating func grow() {
        let old = table
        table = Array(repeating: 0, count: old.count * 2)
        mask = table.count - 1
        for key in old where key != 0 { _ = place(key) }
    }
}

/// Finds, for each row of a batch, an earlier row of the same batch with the same key.
struct BatchKeys {
    private var table: [Int32]
    private let mask: Int

    init(rows: Int) {
        var places = 64
        while places < rows * 2 { places *= 2 }
        table = Array(repeating: -1, count: places)
        mask = places - 1
    }

    /// Records the row unless `same(earlier)` holds for an earlier row of equal key; says whether it did.
    mutating func isRepeated(_ row: Int, keys: [UInt64], same: (Int) -> Bool) -> Bool {
        let key = keys[row]
        var at = Int(truncatingIfNeeded: key) & mask
        while table[at] >= 0 {
            let earlier = Int(table[at])
            if keys[earlier] == key, same(earlier) { return true }
            at = (at + 1) & mask
        }
        table[at] = Int32(row)
        return false
    }
}
