internal import CDigest
internal import Crypto
internal import Ports

/// The Merkle tree of RFC 6962 section 2.1: the commitment of a closed day to its attempts, in the order of their sequence.
///
/// A leaf's data is an attempt's 32-byte hash. `leaf = SHA-256(0x00 || data)`, `node = SHA-256(0x01 || left || right)`,
/// and a list of `n > 1` leaves is split at the largest power of two below `n`. The root of no leaves is SHA-256 of nothing.
package enum MerkleTree {
    /// Bytes of every hash of the tree.
    package static let hashLength = 32
    /// Root of the empty tree: a day without attempts.
    package static let emptyRoot: [UInt8] = Array(SHA256.hash(data: [UInt8]()))

    package static func leaf(_ data: some Sequence<UInt8>) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(data: [0x00])
        hasher.update(data: Array(data))
        return Array(hasher.finalize())
    }

    package static func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(data: [0x01])
        hasher.update(data: left)
        hasher.update(data: right)
        return Array(hasher.finalize())
    }

    /// The root over leaves that are hashed already (`leaf`).
    package static func root(ofLeaves leaves: [[UInt8]]) -> [UInt8] {
        var builder = MerkleRootBuilder()
        for leaf in leaves { builder.append(leafHash: leaf) }
        return builder.root
    }

    // MARK: Inclusion

    /// The audit path of leaf `index` (RFC 6962 section 2.1.1), from the leaf's sibling up to the root's child.
    /// Nil when there is no such leaf.
    package static func inclusionProof(ofLeaf index: Int, in leaves: [[UInt8]]) -> [[UInt8]]? {
        guard leaves.indices.contains(index) else { return nil }
        return path(index, leaves[...])
    }

    private static func path(_ index: Int, _ leaves: ArraySlice<[UInt8]>) -> [[UInt8]] {
        guard leaves.count > 1 else { return [] }
        let split = largestPowerOfTwo(below: leaves.count)
        let middle = leaves.startIndex + split
        if index < split {
            return path(index, leaves[..<middle]) + [root(ofLeaves: Array(leaves[middle...]))]
        }
        return path(index - split, leaves[middle...]) + [root(ofLeaves: Array(leaves[..<middle]))]
    }

    /// Whether `proof` shows that `leafHash` stands at `index` of a tree of `count` leaves with this root.
    /// Algorithm: RFC 9162 section 2.1.3.2 (the same tree).
    package static func verifyInclusion(
        leafHash: [UInt8], index: Int, count: Int, proof: [[UInt8]], root: [UInt8]
    ) -> Bool {
        guard index >= 0, index < count else { return false }
        var position = index
        var last = count - 1
        var hash = leafHash
        for sibling in proof {
            guard last > 0, sibling.count == hashLength else { return false }
            if position & 1 == 1 || position == last {
                hash = node(sibling, hash)
                while position & 1 == 0 && position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                hash = node(hash, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }

    /// The audit path of leaf `index` from the leaves of its run alone and the roots of all runs: what
    /// `inclusionProof(ofLeaf:in:)` over all leaves gives, because runs are subtrees of the same tree.
    package static func inclusionProof(ofLeaf index: Int, run: [[UInt8]], runRoots: [[UInt8]]) -> [[UInt8]]? {
        guard let lower = inclusionProof(ofLeaf: index % DayTree.rowsPerNode, in: run),
            let upper = inclusionProof(ofLeaf: index / DayTree.rowsPerNode, in: runRoots)
        else { return nil }
        return lower + upper
    }

    // MARK: Consistency

    /// Shows that the tree of the first `count` leaves is a prefix of the tree of all (RFC 6962 section 2.1.2).
    /// Empty when `count` is all of them; nil when it is not in 1...leaves.count.
    package static func consistencyProof(from count: Int, in leaves: [[UInt8]]) -> [[UInt8]]? {
        guard (1...max(1, leaves.count)).contains(count), !leaves.isEmpty else { return nil }
        return subproof(count, leaves[...], isComplete: true)
    }

    private static func subproof(_ count: Int, _ leaves: ArraySlice<[UInt8]>, isComplete: Bool) -> [[UInt8]] {
        if count == leaves.count { return isComplete ? [] : [root(ofLeaves: Array(leaves))] }
        let split = largestPowerOfTwo(below: leaves.count)
        let middle = leaves.startIndex + split
        if count <= split {
            return subproof(count, leaves[..<middle], isComplete: isComplete)
                + [root(ofLeaves: Array(leaves[middle...]))]
        }
        return subproof(count - split, leaves[middle...], isComplete: false)
            + [root(ofLeaves: Array(leaves[..<middle]))]
    }

    /// Whether `proof` shows that the tree with `oldRoot` over `oldCount` leaves is a prefix of the one with `newRoot`.
    /// Algorithm: RFC 9162 section 2.1.4.2.
    package static func verifyConsistency(
        oldCount: Int, oldRoot: [UInt8], newCount: Int, newRoot: [UInt8], proof: [[UInt8]]
    ) -> Bool {
        guard oldCount > 0, oldCount <= newCount, proof.allSatisfy({ $0.count == hashLength }) else { return false }
        if oldCount == newCount { return proof.isEmpty && oldRoot == newRoot }
        var path = proof[...]
        if oldCount & (oldCount - 1) == 0 { path = [oldRoot] + path }
        guard let first = path.first else { return false }
        var position = oldCount - 1
        var last = newCount - 1
        while position & 1 == 1 {
            position >>= 1
            last >>= 1
        }
        var old = first
        var new = first
        for sibling in path.dropFirst() {
            guard last > 0 else { return false }
            if position & 1 == 1 || position == last {
                old = node(sibling, old)
                new = node(sibling, new)
                while position & 1 == 0 && position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                new = node(new, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 && old == oldRoot && new == newRoot
    }

    private static func largestPowerOfTwo(below count: Int) -> Int {
        var power = 1
        while power * 2 < count { power *= 2 }
        return power
    }
}

/// 32 bytes by value: what the hot paths of this module pass around instead of arrays.
struct Hash32: Hashable, Sendable {
    var a: UInt64 = 0
    var b: UInt64 = 0
    var c: UInt64 = 0
    var d: UInt64 = 0

    private init() {}
    /// Reads the first 32 bytes; nil for another length.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count == 32 else { return nil }
        self = UnsafeRawBufferPointer(bytes).loadUnaligned(as: Hash32.self)
    }
    /// The SHA-256 of the bytes.
    init(hashing bytes: UnsafeRawBufferPointer) {
        self.init()
        withUnsafeMutableBytes(of: &self) { digest in
            daybook_sha256(bytes.baseAddress, bytes.count, digest.baseAddress!.assumingMemoryBound(to: UInt8.self))
        }
    }
    init?(_ bytes: [UInt8]) {
        guard let hash = bytes.withUnsafeBufferPointer({ Hash32($0) }) else { return nil }
        self = hash
    }

    var bytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }

    /// `SHA-256(0x00 || data)` of a leaf whose data is a hash.
    static func leaf(_ data: Hash32) -> Hash32 { hash(prefix: 0, data, nil) }
    static func node(_ left: Hash32, _ right: Hash32) -> Hash32 { hash(prefix: 1, left, right) }

    private static func hash(prefix: UInt8, _ first: Hash32, _ second: Hash32?) -> Hash32 {
        withUnsafeTemporaryAllocation(byteCount: 65, alignment: 8) { buffer in
            buffer[0] = prefix
            buffer.storeBytes(of: first, toByteOffset: 1, as: Hash32.self)
            if let second { buffer.storeBytes(of: second, toByteOffset: 33, as: Hash32.self) }
            return Hash32(hashing: UnsafeRawBufferPointer(rebasing: buffer[..<(second == nil ? 33 : 65)]))
        }
    }
}

/// Computes a root leaf by leaf in logarithmic memory: the roots of the perfect subtrees seen so far, widest first. Keeps the
/// roots of the complete runs of `DayTree.rowsPerNode` leaves, for proofs.
package struct MerkleRootBuilder: Sendable {
    private var subtrees: [(height: Int, root: Hash32)] = []
    private var runs: [Hash32] = []
    /// The leaves of a builder that only collects them.
    private var collected: [Hash32]?
    package private(set) var count = 0
    private static let runHeight = DayTree.rowsPerNode.trailingZeroBitCount

    /// `collects` for leaves whose place in the tree is not known yet: they are kept until they are appended to another
    /// builder, wherever that stands. Such a builder has no root.
    package init(collects: Bool = false) { collected = collects ? [] : nil }

    /// Adds the leaf of `data`, an attempt's hash. A hash of another length than 32 bytes counts as the hash of its bytes.
    package mutating func append(_ data: [UInt8]) { append(leafHash: MerkleTree.leaf(data)) }

    package mutating func append(leafHash: [UInt8]) {
        guard let hash = Hash32(leafHash) else { preconditionFailure("a leaf's hash has 32 bytes") }
        append(leaf: hash)
    }

    mutating func append(leaf: Hash32) {
        count += 1
        if collected != nil { collected?.append(leaf) } else { push(leaf, height: 0, recordsRun: true) }
    }

    private mutating func push(_ hash: Hash32, height start: Int, recordsRun: Bool) {
        var (height, root) = (start, hash)
        while let last = subtrees.last, last.height == height {
            root = Hash32.node(last.root, root)
            height += 1
            subtrees.removeLast()
            if recordsRun, height == Self.runHeight { runs.append(root) }
        }
        subtrees.append((height, root))
    }

    /// Adds the leaves of `later` behind the own ones. Unless it collected them, the own count must be a multiple of the width
    /// of the other's widest subtree, and of a run.
    package mutating func append(_ later: MerkleRootBuilder) {
        if let leaves = later.collected {
            for leaf in leaves { append(leaf: leaf) }
            return
        }
        guard let widest = later.subtrees.first else { return }
        precondition(
            count % (1 << max(widest.height, Self.runHeight)) == 0, "subtrees stand at multiples of their width")
        runs += later.runs
        count += later.count
        for subtree in later.subtrees { push(subtree.root, height: subtree.height, recordsRun: false) }
    }

    package var root: [UInt8] {
        precondition(collected == nil, "a builder that collects has no root")
        guard let root = Self.fold(subtrees[...]) else { return MerkleTree.emptyRoot }
        return root.bytes
    }

    /// The roots of the runs, the last of which may be incomplete.
    package var runRoots: [[UInt8]] {
        let rest = Self.fold(subtrees.drop { $0.height >= Self.runHeight })
        return (runs + (rest.map { [$0] } ?? [])).map(\.bytes)
    }

    private static func fold(_ subtrees: ArraySlice<(height: Int, root: Hash32)>) -> Hash32? {
        guard var root = subtrees.last?.root else { return nil }
        for subtree in subtrees.dropLast().reversed() { root = Hash32.node(subtree.root, root) }
        return root
    }
}
