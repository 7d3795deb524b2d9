internal import Events
internal import Synchronization

/// The event ids that became durable a short while ago, with their times: a repeated id is recognised before it costs disk.
///
/// Two generations of bounded tables: when the newer one is full, it becomes the older one, and what was older is forgotten.
/// Ids are kept as 64-bit keys (`EventKey.identifierKey`); two different ids with one key, and the same time to the
/// microsecond, would be taken for one. With a million ids that has a probability below 1e-13 for each new id, times the
/// chance of equal times.
final class RecentIdentifiers: Sendable {
    enum Finding { case unknown, sameTime, otherTime }

    struct Identity {
        var key: UInt64
        var time: Int64
    }

    private struct State {
        var newer = Table()
        var older = Table()
    }
    private let state = Mutex(State())
    private let perGeneration: Int

    init(capacity: Int) { perGeneration = max(1, capacity / 2) }

    /// What is known of each identity, in order.
    func look(for identities: [Identity]) -> [Finding] {
        state.withLock { state in
            identities.map { identity in
                guard let time = state.newer[identity.key] ?? state.older[identity.key] else { return .unknown }
                return time == identity.time ? .sameTime : .otherTime
            }
        }
    }

    /// Remembers identities whose events are durable.
    func register(_ identities: [Identity]) {
        state.withLock { state in
            for identity in identities {
                if state.newer.count >= perGeneration {
                    state.older = state.newer
                    state.newer = Table()
                }
                state.newer.insert(identity.key, identity.time)
            }
        }
    }

    /// Open addressing with linear probing (Knuth, TAOCP volume 3, section 6.4, algorithm L), at most half full.
    struct Table {
        private(set) var count = 0
        private var keys: [UInt64] = Array(repeating: 0, count: 16)
        private var times: [Int64] = Array(repeating: 0, count: 16)

        /// 0 marks a free slot, so the key 0 shares the place of 1.
        private static func stored(_ key: UInt64) -> UInt64 { key == 0 ? 1 : key }

        subscript(_ key: UInt64) -> Int64? {
            let slot = slot(of: Self.stored(key))
            return keys[slot] == 0 ? nil : times[slot]
        }

        mutating func insert(_ key: UInt64, _ time: Int64) {
            if (count + 1) * 2 > keys.count { grow() }
            let key = Self.stored(key)
            let slot = slot(of: key)
            if keys[slot] == 0 { count += 1 }
            keys[slot] = key
            times[slot] = time
        }

        private func slot(of key: UInt64) -> Int {
            let mask = UInt64(keys.count - 1)
            var slot = key & mask
            while keys[Int(slot)] != 0, keys[Int(slot)] != key { slot = (slot + 1) & mask }
            return Int(slot)
        }

        private mutating func grow() {
            let old = (keys, times)
            keys = Array(repeating: 0, count: old.0.count * 2)
            times = Array(repeating: 0, count: old.0.count * 2)
            for (at, key) in old.0.enumerated() where key != 0 {
                let slot = slot(of: key)
                keys[slot] = key
                times[slot] = old.1[at]
            }
        }
    }
}
