#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Bytes that never change, followed by `JSONParser.padding` readable zero bytes, so that any slice of them can be parsed
/// in place.
package struct PaddedBytes: Sendable {
    private let storage: Storage
    package var count: Int { storage.count }

    package init(copying bytes: UnsafeRawBufferPointer) {
        storage = Storage(capacity: bytes.count)
        storage.append(bytes)
        storage.finish()
    }

    package init(_ bytes: some Sequence<UInt8>) {
        let made = bytes.withContiguousStorageIfAvailable { PaddedBytes(copying: UnsafeRawBufferPointer($0)) }
        self = made ?? Array(bytes).withUnsafeBytes { PaddedBytes(copying: $0) }
    }

    /// Takes over what a decompressor wrote.
    init(_ storage: Storage) {
        storage.finish()
        self.storage = storage
    }

    /// The bytes without their padding; the pointer must not leave `body`.
    @inline(__always)
    package func withBytes<R, E: Error>(_ body: (UnsafeBufferPointer<UInt8>) throws(E) -> R) throws(E) -> R {
        try body(UnsafeBufferPointer(start: storage.base, count: storage.count))
    }

    /// A buffer that grows while it is written, by one owner, and is read-only from `finish` on.
    // SAFETY: written only before it becomes part of a PaddedBytes value; afterwards nobody writes.
    final class Storage: @unchecked Sendable {
        private(set) var base: UnsafeMutablePointer<UInt8>
        private(set) var capacity: Int
        var count = 0

        init(capacity: Int) {
            self.capacity = capacity
            base = .allocate(raw: capacity + JSONParser.padding)
        }

        deinit { free(base) }

        /// Space for at least one more byte, growing to at most `bound` bytes in all.
        func grow(to bound: Int) {
            capacity = min(bound, max(capacity * 2, 4096))
            guard let moved = realloc(base, capacity + JSONParser.padding) else {
                preconditionFailure("out of memory while growing a buffer to \(capacity) bytes")
            }
            base = moved.assumingMemoryBound(to: UInt8.self)
        }

        func append(_ bytes: UnsafeRawBufferPointer) {
            precondition(count + bytes.count <= capacity)
            if let start = bytes.baseAddress { memcpy(base + count, start, bytes.count) }
            count += bytes.count
        }

        func finish() { memset(base + count, 0, JSONParser.padding) }
    }
}

extension UnsafeMutablePointer<UInt8> {
    fileprivate static func allocate(raw size: Int) -> Self {
        guard let memory = malloc(size) else { preconditionFailure("out of memory while allocating \(size) bytes") }
        return memory.assumingMemoryBound(to: UInt8.self)
    }
}
