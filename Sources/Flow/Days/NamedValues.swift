internal import Events

/// Values by name, found by the name's bytes: no text is made of a name to count under it. Iterates in the order in which names
/// were added.
///
/// Open addressing with linear probing; the names' bytes lie in one array. A place says half of its name's hash itself, so that
/// names of other hashes are passed over without being looked at: with many names, each look is a miss of the cache.
struct NamedValues<Value: Sendable>: Sendable, Sequence {
    /// The upper half of the hash, and below it the index of `entries` plus 1; 0 is free.
    private var places: [UInt64] = []
    private var entries: [Entry] = []
    private var names: [UInt8] = []

    private struct Entry: Sendable {
        var hash: UInt64
        var nameEnd: Int
        var value: Value
    }

    var count: Int { entries.count }

    /// Where the name's value is.
    func index(of name: UnsafeBufferPointer<UInt8>) -> Int? { index(of: name, hash: ByteHash.of(name)) }

    private func index(of name: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int? {
        guard !places.isEmpty else { return nil }
        return places.withUnsafeBufferPointer { places in
            let mask = places.count - 1
            var slot = Int(truncatingIfNeeded: hash) & mask
            while places[slot] != 0 {
                if places[slot] >> 32 == hash >> 32 {
                    let found = Int(UInt32(truncatingIfNeeded: places[slot])) - 1
                    if bytes(of: found, are: name) { return found }
                }
                slot = (slot + 1) & mask
            }
            return nil
        }
    }

    /// Adds a name that is not there yet; where its value is.
    mutating func insert(_ name: UnsafeBufferPointer<UInt8>, _ value: Value) -> Int {
        insert(name, hash: ByteHash.of(name), value)
    }

    private mutating func insert(_ name: UnsafeBufferPointer<UInt8>, hash: UInt64, _ value: Value) -> Int {
        if (entries.count + 1) * 3 > places.count * 2 { grow() }
        names.append(contentsOf: name)
        entries.append(Entry(hash: hash, nameEnd: names.count, value: value))
        place(entries.count - 1)
        return entries.count - 1
    }

    private mutating func grow() {
        places = Array(repeating: 0, count: Swift.max(8, places.count * 2))
        for index in entries.indices { place(index) }
    }

    private mutating func place(_ index: Int) {
        let mask = places.count - 1
        let hash = entries[index].hash
        var slot = Int(truncatingIfNeeded: hash) & mask
        while places[slot] != 0 { slot = (slot + 1) & mask }
        places[slot] = hash & ~UInt64(UInt32.max) | UInt64(index + 1)
    }

    private func range(_ index: Int) -> Range<Int> {
        (index == 0 ? 0 : entries[index - 1].nameEnd)..<entries[index].nameEnd
    }

    private func bytes(of index: Int, are name: UnsafeBufferPointer<UInt8>) -> Bool {
        let range = range(index)
        return names.withUnsafeBufferPointer { UnsafeBufferPointer(rebasing: $0[range]).isEqual(to: name) }
    }

    subscript(index: Int) -> Value {
        get { entries[index].value }
        _modify { yield &entries[index].value }
    }

    func name(_ index: Int) -> String { String(decoding: names[range(index)], as: UTF8.self) }

    /// The order of names by their bytes.
    func isName(_ index: Int, before other: Int) -> Bool {
        names.withUnsafeBufferPointer { bytes in
            UnsafeBufferPointer(rebasing: bytes[range(index)])
                .precedes(UnsafeBufferPointer(rebasing: bytes[range(other)]))
        }
    }

    /// The value of a name that was added.
    func value(of name: String) -> Value? {
        var name = name
        return name.withUTF8 { index(of: $0) }.map { self[$0] }
    }

    /// Adds the other's values: those of names that are here already by `combine`.
    mutating func merge(_ other: NamedValues<Value>, _ combine: (inout Value, Value) -> Void) {
        guard !entries.isEmpty else {
            self = other
            return
        }
        other.names.withUnsafeBufferPointer { bytes in
            for (at, entry) in other.entries.enumerated() {
                let name = UnsafeBufferPointer(rebasing: bytes[other.range(at)])
                if let found = index(of: name, hash: entry.hash) {
                    combine(&entries[found].value, entry.value)
                } else {
                    _ = insert(name, hash: entry.hash, entry.value)
                }
            }
        }
    }

    func makeIterator() -> some IteratorProtocol<(key: String, value: Value)> {
        entries.indices.lazy.map { (key: name($0), value: entries[$0].value) }.makeIterator()
    }
}
