internal import Events
internal import Ports

/// The hourly deltas of one batch: counts, sums and latency sketches by project, UTC hour of event time, type, source,
/// channel, outcome, error category and code, model, prompt and retry outcome.
///
/// Groups are found through one hash over all key texts; equal hashes are compared text by text.
struct RollupDeltas {
    struct Group {
        /// A row of the batch that has the group's texts; its event is the group's sample.
        var row: Int32
        var projectNo: Int32
        var hour: Int64
        var events: Int64 = 0
        var inputTokens: Int64 = 0
        var cacheReadTokens: Int64 = 0
        var cacheWriteTokens: Int64 = 0
        var outputTokens: Int64 = 0
        var reasoningTokens: Int64 = 0
        var costMicroUSD: Int64 = 0
        var durationCount: Int64 = 0
        var durationSum: Double = 0
        var firstTime: Int64
        var lastTime: Int64
        /// Places of the group's sketch in `buckets` and `counts`.
        var sketch: Range<Int> = 0..<0
    }

    private(set) var groups: [Group] = []
    private(set) var buckets: [Int16] = []
    private(set) var counts: [Int64] = []
    private var hashes: [UInt64] = []
    private var table: [Int32]
    private var mask: Int

    /// `order` names the rows that were kept; `projects` and `latency` are by row.
    init(_ columns: EventColumns, order: [Int32], projects: [Int32], latency: [Int16?]) {
        table = Array(repeating: -1, count: 1024)
        mask = 1023
        var groupOfRow = [Int32](repeating: 0, count: order.count)
        let keys: [TextColumn] = [
            columns.type, columns.source, columns.channel, columns.outcome, columns.errorCategory, columns.errorCode,
            columns.modelKey, columns.promptName, columns.promptVersion, columns.retryOutcome,
        ]
        let rowHashes = Self.hashes(keys, order: order)
        for (at, row32) in order.enumerated() {
            let row = Int(row32)
            let time = columns.time[row]
            let hour = time.hourStart.microseconds
            let seed = UInt64(bitPattern: hour) &+ UInt64(UInt32(bitPattern: projects[row])) &* 0xD6E8_FEB8_6659_FD93
            let hash = Self.mix(rowHashes[at], seed)
            let group = find(
                hash, row: row32, projectNo: projects[row], hour: hour, keys: keys, time: time.microseconds)
            groupOfRow[at] = Int32(group)
            groups[group].events += 1
            groups[group].inputTokens += columns.inputTokens[row]
            groups[group].cacheReadTokens += columns.cacheReadTokens[row]
            groups[group].cacheWriteTokens += columns.cacheWriteTokens[row]
            groups[group].outputTokens += columns.outputTokens[row]
            groups[group].reasoningTokens += columns.reasoningTokens[row]
            groups[group].costMicroUSD += columns.costMicroUSD[row]
            groups[group].firstTime = min(groups[group].firstTime, time.microseconds)
            groups[group].lastTime = max(groups[group].lastTime, time.microseconds)
            if latency[row] != nil {
                groups[group].durationCount += 1
                groups[group].durationSum += columns.durationMilliseconds[row]
            }
        }
        buildSketches(order: order, groupOfRow: groupOfRow, latency: latency)
    }

    /// Counts by (group, bucket): one sort of packed numbers.
    private mutating func buildSketches(order: [Int32], groupOfRow: [Int32], latency: [Int16?]) {
        var packed: [UInt64] = []
        packed.reserveCapacity(order.count)
        for (at, row) in order.enumerated() {
            guard let bucket = latency[Int(row)] else { continue }
            packed.append(UInt64(groupOfRow[at]) << 16 | UInt64(UInt16(bitPattern: bucket) &+ 0x8000))
        }
        packed.sort()
        var at = 0
        while at < packed.count {
            let group = Int(packed[at] >> 16)
            let start = buckets.count
            while at < packed.count, Int(packed[at] >> 16) == group {
                let value = packed[at]
                var count: Int64 = 0
                while at < packed.count, packed[at] == value {
                    count += 1
                    at += 1
                }
                buckets.append(Int16(bitPattern: UInt16(truncatingIfNeeded: value) &- 0x8000))
                counts.append(count)
            }
            groups[group].sketch = start..<buckets.count
        }
    }

    private mutating func find(
        _ hash: UInt64, row: Int32, projectNo: Int32, hour: Int64, keys: [TextColumn], time: Int64
    ) -> Int {
        var at = Int(truncatingIfNeeded: hash) & mask
        while table[at] >= 0 {
            let group = Int(table[at])
            if hashes[group] == hash, groups[group].hour == hour, groups[group].projectNo == projectNo,
                Self.equal(keys, Int(groups[group].row), Int(row))
            {
                return group
            }
            at = (at + 1) & mask
        }
        table[at] = Int32(groups.count)
        groups.append(Group(row: row, projectNo: projectNo, hour: hour, firstTime: time, lastTime: time))
        hashes.append(hash)
        if groups.count * 2 > table.count { grow() }
        return groups.count - 1
    }

    private mutating func grow() {
        table = Array(repeating: -1, count: table.count * 2)
        mask = table.count - 1
        for group in groups.indices {
            var at = Int(truncatingIfNeeded: hashes[group]) & mask
            while table[at] >= 0 { at = (at + 1) & mask }
            table[at] = Int32(group)
        }
    }

    /// One hash a row over the key columns, column by column (each arena is walked once).
    private static func hashes(_ keys: [TextColumn], order: [Int32]) -> [UInt64] {
        var out = [UInt64](repeating: 0x9E37_79B9_7F4A_7C15, count: order.count)
        for column in keys {
            column.bytes.withUnsafeBytes { arena in
                column.ends.withUnsafeBufferPointer { ends in
                    for (at, row32) in order.enumerated() {
                        let row = Int(row32)
                        let start = row == 0 ? 0 : Int(ends[row - 1])
                        out[at] = hash(arena, start, Int(ends[row]), seed: out[at])
                    }
                }
            }
        }
        return out
    }

    @inline(__always)
    private static func hash(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, seed: UInt64) -> UInt64 {
        var state = mix(seed, UInt64(end - start))
        var at = start
        while at + 8 <= end {
            state = mix(state, bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            at += 8
        }
        var rest: UInt64 = 0
        while at < end {
            rest = rest << 8 | UInt64(bytes[at])
            at += 1
        }
        return mix(state, rest)
    }

    @inline(__always)
    private static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = (a ^ b).multipliedFullWidth(by: 0x9FB2_1C65_1E98_DF25)
        return (product.high ^ product.low) &+ 0x2545_F491_4F6C_DD1D
    }

    private static func equal(_ keys: [TextColumn], _ a: Int, _ b: Int) -> Bool {
        for column in keys {
            let x = column.range(a)
            let y = column.range(b)
            guard x.count == y.count else { return false }
            let same = column.bytes.withUnsafeBufferPointer { bytes in
                for at in 0..<x.count where bytes[x.lowerBound + at] != bytes[y.lowerBound + at] { return false }
                return true
            }
            guard same else { return false }
        }
        return true
    }
}
