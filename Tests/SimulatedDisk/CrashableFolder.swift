internal import Foundation
package import SegmentLogStream

/// A folder in memory that behaves as badly as a real one may: what was not synced can be lost in part when it crashes,
/// a failed sync forgets its pages, writes tear, the disk fills, and creations and removals need a folder sync.
// SAFETY: `value` is touched only while `lock` is held, inside `Locked.withLock`.
private final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value
    init(_ value: Value) { self.value = value }
    package func withLock<R>(_ body: (inout Value) -> R) -> R {
        lock.lock()
        defer { lock.unlock() }
        return body(&value)
    }
}

package final class CrashableFolder: SegmentFolder {
    package static let block = 64

    package struct Faults: Sendable {
        /// One in so many calls fails; 0 for never.
        package var write = 0
        package var sync = 0
        package var create = 0
        package var truncate = 0
        package var full = 0

        package init() {}
    }

    private struct File {
        var content: [UInt8] = []
        var durable: [UInt8] = []
        var dirty: Set<Int> = []
        var isSizeDirty = false
        var isEntryDurable = false
    }
    private struct State {
        var files: [String: File] = [:]
        /// Removed, but the removal is not durable yet.
        var removed: [String: File] = [:]
        var faults = Faults()
        var seed: UInt64
        var syncs = 0
        var isFrozen = false
    }
    private let state: Locked<State>
    package let path = "/memory"

    package init(seed: UInt64) { state = Locked(State(seed: seed)) }

    package func set(_ faults: Faults) { state.withLock { $0.faults = faults } }
    package var syncs: Int { state.withLock { $0.syncs } }
    /// Every change fails and changes nothing, until `thaw`.
    package func freeze() { state.withLock { $0.isFrozen = true } }
    package func thaw() { state.withLock { $0.isFrozen = false } }
    /// Changes bytes on the disk itself.
    package func damage(_ name: String, at position: Int, _ change: (UInt8) -> UInt8) {
        state.withLock { state in
            state.files[name]!.content[position] = change(state.files[name]!.content[position])
            state.files[name]!.durable = state.files[name]!.content
        }
    }
    package func rename(_ name: String, to other: String) {
        state.withLock { $0.files[other] = $0.files.removeValue(forKey: name) }
    }
    package func content(_ name: String) -> [UInt8] { state.withLock { $0.files[name]?.content ?? [] } }

    private static func next(_ state: inout State, _ bound: Int) -> Int {
        state.seed = state.seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state.seed >> 33) % bound
    }
    private static func hits(_ state: inout State, _ oneIn: Int) -> Bool { oneIn > 0 && next(&state, oneIn) == 0 }

    /// The machine loses power: each block that was not synced is kept or lost by chance. With `freezing`, nothing that still
    /// runs can change what is left, until `thaw`.
    package func crash(freezing: Bool = false) {
        state.withLock { state in
            if freezing { state.isFrozen = true }
            state.faults = Faults()
            for (name, file) in state.removed.sorted(by: { $0.key < $1.key }) where state.files[name] == nil {
                if Self.next(&state, 2) == 0 { state.files[name] = file }
            }
            state.removed = [:]
            for name in state.files.keys.sorted() {
                var file = state.files[name]!
                if !file.isEntryDurable, Self.next(&state, 2) == 0 {
                    state.files[name] = nil
                    continue
                }
                var kept = file.durable
                if file.isSizeDirty {
                    let sizes = [file.durable.count, file.content.count]
                    let low = sizes.min()!
                    let size = low + Self.next(&state, sizes.max()! - low + 1)
                    if size < kept.count { kept.removeLast(kept.count - size) }
                    while kept.count < size { kept.append(0) }
                }
                for block in file.dirty.sorted() where Self.next(&state, 2) == 0 {
                    let end = min((block + 1) * Self.block, kept.count, file.content.count)
                    for at in min(block * Self.block, end)..<end {
                        kept[at] = file.content[at]
                    }
                }
                file.content = kept
                file.durable = kept
                file.dirty = []
                file.isSizeDirty = false
                file.isEntryDurable = true
                state.files[name] = file
            }
        }
    }

    private func fail(_ operation: String, _ name: String, _ code: Int32) -> FileFailure {
        FileFailure(operation: operation, path: path + "/" + name, errno: code)
    }

    private func run<R>(_ body: (inout State) -> Result<R, FileFailure>) throws(FileFailure) -> R {
        try state.withLock(body).get()
    }

    private func change(_ operation: String, _ body: (inout State) -> Result<Void, FileFailure>) throws(FileFailure) {
        try state.withLock { state in state.isFrozen ? .failure(fail(operation, "", EIO)) : body(&state) }.get()
    }

    package func names() throws(FileFailure) -> [String] { state.withLock { Array($0.files.keys) } }

    package func create(_ name: String) throws(FileFailure) {
        try change("create") { state in
            if Self.hits(&state, state.faults.create) { return .failure(fail("create", name, EIO)) }
            if let old = state.files[name], old.isEntryDurable { state.removed[name] = old }
            state.files[name] = File()
            return .success(())
        }
    }

    package func size(_ name: String) throws(FileFailure) -> Int64 {
        try run { state in
            guard let file = state.files[name] else { return .failure(fail("stat", name, ENOENT)) }
            return .success(Int64(file.content.count))
        }
    }

    package func read(_ name: String, at position: Int64, count: Int) throws(FileFailure) -> [UInt8] {
        try run { state in
            guard let file = state.files[name] else { return .failure(fail("read", name, ENOENT)) }
            let start = min(Int(position), file.content.count)
            return .success(Array(file.content[start..<min(start + count, file.content.count)]))
        }
    }

    package func write(_ name: String, at position: Int64, _ bytes: [UInt8]) throws(FileFailure) {
        try change("write") { state in
            guard state.files[name] != nil else { return .failure(fail("write", name, ENOENT)) }
            var written = bytes.count
            var code: Int32 = 0
            if Self.hits(&state, state.faults.full) {
                code = ENOSPC
            } else if Self.hits(&state, state.faults.write) {
                code = EIO
            }
            if code != 0 { written = Self.next(&state, bytes.count + 1) }
            let start = Int(position)
            while state.files[name]!.content.count < start + written {
                state.files[name]!.content.append(0)
                state.files[name]!.isSizeDirty = true
            }
            for at in 0..<written { state.files[name]!.content[start + at] = bytes[at] }
            if written > 0 {
                for block in (start / Self.block)...((start + written - 1) / Self.block) {
                    state.files[name]!.dirty.insert(block)
                }
            }
            return code == 0 ? .success(()) : .failure(fail("write", name, code))
        }
    }

    package func truncate(_ name: String, to size: Int64) throws(FileFailure) {
        try change("truncate") { state in
            guard state.files[name] != nil else { return .failure(fail("truncate", name, ENOENT)) }
            if Self.hits(&state, state.faults.truncate) { return .failure(fail("truncate", name, EIO)) }
            let excess = state.files[name]!.content.count - Int(size)
            if excess > 0 { state.files[name]!.content.removeLast(excess) }
            state.files[name]!.isSizeDirty = true
            return .success(())
        }
    }

    package func sync(_ name: String) throws(FileFailure) {
        try change("sync") { state in
            guard var file = state.files[name] else { return .failure(fail("sync", name, ENOENT)) }
            state.syncs += 1
            if Self.hits(&state, state.faults.sync) {
                // As Linux does: the pages are marked clean although they never reached the disk.
                file.dirty = Set(file.dirty.filter { _ in Self.next(&state, 2) == 0 })
                state.files[name] = file
                return .failure(fail("sync", name, EIO))
            }
            if file.durable.count > file.content.count {
                file.durable.removeLast(file.durable.count - file.content.count)
            }
            while file.durable.count < file.content.count { file.durable.append(0) }
            for block in file.dirty {
                for at
                    in (block * Self.block)..<max(block * Self.block, min((block + 1) * Self.block, file.content.count))
                {
                    file.durable[at] = file.content[at]
                }
            }
            file.dirty = []
            file.isSizeDirty = false
            state.files[name] = file
            return .success(())
        }
    }

    package func remove(_ name: String) throws(FileFailure) {
        try change("remove") { state in
            if let file = state.files.removeValue(forKey: name), file.isEntryDurable { state.removed[name] = file }
            return .success(())
        }
    }

    package func syncFolder() throws(FileFailure) {
        try change("sync") { state in
            if Self.hits(&state, state.faults.create) { return .failure(fail("sync", "", EIO)) }
            for name in state.files.keys { state.files[name]!.isEntryDurable = true }
            state.removed = [:]
            return .success(())
        }
    }

    package func close() {}
}
