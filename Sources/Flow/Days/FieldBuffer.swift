internal import Events
internal import Ports

/// Bytes in canonical encoding (`CanonicalField`) in memory that is kept from row to row: hashing a row again allocates
/// nothing for them.
struct FieldBuffer: Sendable {
    private var bytes: [UInt8] = []

    /// Hands over what `write` wrote; `capacity` is the most that it writes (`Cursor.width`).
    mutating func with<Result>(
        capacity: Int, _ write: (inout Cursor) -> Void, _ use: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        if bytes.count < capacity { bytes = Array(repeating: 0, count: max(capacity, bytes.count * 2, 2048)) }
        return bytes.withUnsafeMutableBytes { memory in
            var cursor = Cursor(memory: memory)
            write(&cursor)
            return use(UnsafeRawBufferPointer(rebasing: memory[..<cursor.count]))
        }
    }

    struct Cursor {
        fileprivate let memory: UnsafeMutableRawBufferPointer
        fileprivate(set) var count = 0

        /// The most that a number takes, or a text beside its bytes.
        static let width = 8

        fileprivate init(memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

        @inline(__always)
        mutating func append(byte: UInt8) {
            precondition(count < memory.count, "the capacity holds what is written")
            memory[count] = byte
            count += 1
        }

        /// The bytes alone, without their length.
        @inline(__always)
        mutating func append(raw text: AttemptColumns.Text) {
            guard let start = text.baseAddress, let base = memory.baseAddress else { return }
            precondition(text.count <= memory.count - count, "the capacity holds what is written")
            (base + count).copyMemory(from: start, byteCount: text.count)
            count += text.count
        }

        @inline(__always)
        mutating func append(_ text: AttemptColumns.Text?) {
            append(UInt32(text?.count ?? Int(UInt32.max)))
            if let text { append(raw: text) }
        }

        @inline(__always)
        mutating func append(_ number: Int64) { append(integer: number.bigEndian) }

        @inline(__always)
        private mutating func append(_ length: UInt32) { append(integer: length.bigEndian) }

        @inline(__always)
        private mutating func append<Number: FixedWidthInteger>(integer: Number) {
            precondition(MemoryLayout<Number>.size <= memory.count - count, "the capacity holds what is written")
            memory.storeBytes(of: integer, toByteOffset: count, as: Number.self)
            count += MemoryLayout<Number>.size
        }
    }
}
