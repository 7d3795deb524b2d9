internal import CChecksum
internal import Events
internal import Ports

/// The bytes of a segment file (see the module's header): encoding and checked decoding, without I/O.
enum SegmentFormat {
    /// Of segments, and of the bodies of records: version 2 added the frame's origin behind its counts.
    static let version = 2
    static let segmentHeaderBytes = 32
    static let recordHeaderBytes = 32
    private static let segmentMagic: [UInt8] = Array("DAYBSEG".utf8)
    static let recordMagic: UInt32 = 0x464B_4244  // "DBKF" read as little-endian

    static func name(base: Int64) -> String {
        let digits = String(base)
        return "segment-" + String(repeating: "0", count: 20 - digits.count) + digits + ".log"
    }

    /// The base offset in a segment's name; nil for other files.
    static func base(of name: String) -> Int64? {
        guard name.count == 32, name.hasPrefix("segment-"), name.hasSuffix(".log") else { return nil }
        return Int64(name.dropFirst(8).dropLast(4))
    }

    static func crc(_ bytes: UnsafeRawBufferPointer, after crc: UInt32 = 0) -> UInt32 {
        bytes.isEmpty ? crc : daybook_crc32c(crc, bytes.baseAddress, bytes.count)
    }

    // MARK: Segment header

    static func segmentHeader(base: Int64) -> [UInt8] {
        var out = segmentMagic
        out.append(UInt8(version))
        append(base, to: &out)
        out.append(contentsOf: [UInt8](repeating: 0, count: 12))
        append(out.withUnsafeBytes { crc($0) }, to: &out)
        return out
    }

    enum SegmentHeader: Equatable { case valid(base: Int64), newer(Int), invalid }

    static func readSegmentHeader(_ bytes: [UInt8]) -> SegmentHeader {
        guard bytes.count >= segmentHeaderBytes, bytes.starts(with: segmentMagic) else { return .invalid }
        return bytes.withUnsafeBytes { raw in
            guard crc(UnsafeRawBufferPointer(rebasing: raw[0..<28])) == load32(raw, 28) else { return .invalid }
            guard raw[7] <= version else { return .newer(Int(raw[7])) }
            return .valid(base: load64(raw, 8))
        }
    }

    // MARK: Records

    struct RecordHeader: Equatable {
        var bodyBytes: Int
        var offset: Int64
        /// Every frame below this offset was durable when this record was written.
        var durable: Int64
        var bodyCRC: UInt32
    }

    /// The part of a record's body that stands before the items.
    static func preamble(_ frame: StreamFrame) -> [UInt8] {
        var out = [UInt8]()
        out.reserveCapacity(96)
        out.append(UInt8(version))
        appendShort(frame.projectID.text, to: &out)
        append(frame.receivedAt.microseconds, to: &out)
        append(UInt32(frame.itemCount), to: &out)
        append(frame.counts.received, to: &out)
        append(frame.counts.stored, to: &out)
        append(frame.counts.duplicate, to: &out)
        append(frame.counts.sampled, to: &out)
        append(frame.counts.rejected, to: &out)
        append(frame.counts.quarantined, to: &out)
        out.append(frame.origin.rawValue)
        return out
    }

    static func appendRecordHeader(_ header: RecordHeader, to out: inout [UInt8]) {
        let start = out.count
        append(recordMagic, to: &out)
        append(UInt32(header.bodyBytes), to: &out)
        append(header.offset, to: &out)
        append(header.durable, to: &out)
        append(header.bodyCRC, to: &out)
        let sum = out.withUnsafeBytes { crc(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        append(sum, to: &out)
    }

    /// The header at `position`; nil when there is none that is whole and intact.
    static func readRecordHeader(_ bytes: UnsafeRawBufferPointer, at position: Int) -> RecordHeader? {
        guard position >= 0, bytes.count - position >= recordHeaderBytes, load32(bytes, position) == recordMagic,
            crc(UnsafeRawBufferPointer(rebasing: bytes[position..<position + 28])) == load32(bytes, position + 28)
        else { return nil }
        return RecordHeader(
            bodyBytes: Int(load32(bytes, position + 4)), offset: load64(bytes, position + 8),
            durable: load64(bytes, position + 16), bodyCRC: load32(bytes, position + 24))
    }

    /// Whether the whole record stands at `position` with its checksums right.
    static func isIntact(_ bytes: UnsafeRawBufferPointer, at position: Int, _ header: RecordHeader) -> Bool {
        let start = position + recordHeaderBytes
        guard bytes.count - start >= header.bodyBytes else { return false }
        return crc(UnsafeRawBufferPointer(rebasing: bytes[start..<start + header.bodyBytes])) == header.bodyCRC
    }

    /// The frame in a body whose checksum is right; nil when its parts do not add up (a newer format, or our mistake).
    static func readFrame(_ bytes: UnsafeRawBufferPointer) -> StreamFrame? {
        var reader = BodyReader(bytes: bytes)
        guard let found = reader.byte(), (1...version).contains(Int(found)), let project = reader.short(),
            let receivedAt = reader.int64(),
            let itemCount = reader.uint32(), let received = reader.int64(), let stored = reader.int64(),
            let duplicate = reader.int64(), let sampled = reader.int64(), let rejected = reader.counts(),
            let quarantined = reader.counts(),
            let origin = found == 1 ? .client : reader.byte().flatMap({ StreamFrame.Origin(rawValue: $0) })
        else { return nil }
        var counts = BooksDelta()
        counts.received = received
        counts.stored = stored
        counts.duplicate = duplicate
        counts.sampled = sampled
        counts.rejected = rejected
        counts.quarantined = quarantined
        return StreamFrame(
            projectID: ProjectID(trusted: project), receivedAt: Timestamp(microseconds: receivedAt), counts: counts,
            itemCount: Int(itemCount), items: Array(bytes[reader.at...]), origin: origin)
    }

    /// The receipt time of the record at `position`, whose header is intact; nil when its bytes end too early.
    static func receivedAt(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Timestamp? {
        var reader = BodyReader(bytes: bytes, at: position + recordHeaderBytes)
        guard reader.byte() != nil, reader.short() != nil, let time = reader.int64() else { return nil }
        return Timestamp(microseconds: time)
    }

    // MARK: Numbers, little-endian

    static func load32(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
    }
    static func load64(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Int64 {
        Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Int64.self))
    }
    static func append<T: FixedWidthInteger>(_ number: T, to out: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { out.append(contentsOf: $0) }
    }
    private static func appendShort(_ text: String, to out: inout [UInt8]) {
        let bytes = Array(text.utf8.prefix(255))
        out.append(UInt8(bytes.count))
        out.append(contentsOf: bytes)
    }
    private static func append(_ counts: [String: Int64], to out: inout [UInt8]) {
        append(UInt16(counts.count), to: &out)
        for (code, count) in counts.sorted(by: { $0.key < $1.key }) {
            appendShort(code, to: &out)
            append(count, to: &out)
        }
    }
}

private struct BodyReader {
    let bytes: UnsafeRawBufferPointer
    var at = 0

    mutating func byte() -> UInt8? {
        guard at < bytes.count else { return nil }
        at += 1
        return bytes[at - 1]
    }
    mutating func uint32() -> UInt32? {
        guard bytes.count - at >= 4 else { return nil }
        at += 4
        return SegmentFormat.load32(bytes, at - 4)
    }
    mutating func int64() -> Int64? {
        guard bytes.count - at >= 8 else { return nil }
        at += 8
        return SegmentFormat.load64(bytes, at - 8)
    }
    mutating func short() -> String? {
        guard let count = byte(), bytes.count - at >= Int(count) else { return nil }
        at += Int(count)
        return String(decoding: bytes[at - Int(count)..<at], as: UTF8.self)
    }
    mutating func counts() -> [String: Int64]? {
        guard let low = byte(), let high = byte() else { return nil }
        var counts: [String: Int64] = [:]
        for _ in 0..<(Int(low) | Int(high) << 8) {
            guard let code = short(), let count = int64() else { return nil }
            counts[code] = count
        }
        return counts
    }
}
