internal import Wire

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The key (or member, or webhook secret) that a submission came with, from its context: `request.submitter`.
///
/// Every row of a day is asked, so the context is not parsed: it begins with `request`, an object of texts and numbers, whose
/// members are passed over byte by byte. A context of any other form is parsed.
enum RecordedKey {
    /// Hands the key over, as UTF-8 that is valid inside the call; false when there is none.
    static func withBytes(
        in context: UnsafeBufferPointer<UInt8>, parser: JSONParser, _ use: (UnsafeBufferPointer<UInt8>) -> Void
    ) -> Bool {
        var scan = Scan(bytes: context)
        switch scan.submitter() {
        case .found(let range): use(UnsafeBufferPointer(rebasing: context[range]))
        case .absent: return false
        case .unknown:
            guard let root = try? parser.root(of: context), var key = root["request"]?["submitter"]?.string else {
                return false
            }
            key.withUTF8(use)
        }
        return true
    }

    private enum Outcome {
        case found(Range<Int>)
        case absent
        /// Not the form that contexts are written in.
        case unknown
    }

    private struct Scan {
        private static let opening: StaticString = #"{"request":{"#
        private static let name: StaticString = "submitter"
        let bytes: UnsafeBufferPointer<UInt8>
        /// Texts that end before this have no escapes.
        let firstEscape: Int
        var at = 0

        init(bytes: UnsafeBufferPointer<UInt8>) {
            self.bytes = bytes
            firstEscape = bytes.baseAddress.flatMap { Self.first(92, of: $0, from: 0, bytes.count) } ?? bytes.count
        }

        private static func first(
            _ byte: Int32, of base: UnsafePointer<UInt8>, from start: Int, _ end: Int
        ) -> Int? {
            memchr(base + start, byte, end - start).map { UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) - base }
        }

        private func has(_ text: StaticString, in range: Range<Int>) -> Bool {
            guard let base = bytes.baseAddress, range.count == text.utf8CodeUnitCount, range.upperBound <= bytes.count
            else { return false }
            return memcmp(base + range.lowerBound, text.utf8Start, range.count) == 0
        }

        mutating func submitter() -> Outcome {
            at = Self.opening.utf8CodeUnitCount
            guard has(Self.opening, in: 0..<at) else { return .unknown }
            if at < bytes.count, bytes[at] == UInt8(ascii: "}") { return .absent }
            while true {
                guard let key = text(), take(":") else { return .unknown }
                if has(Self.name, in: key.range) {
                    guard let value = text() else { return .unknown }
                    return value.isPlain ? .found(value.range) : .unknown
                }
                guard passValue() else { return .unknown }
                if take(",") { continue }
                return take("}") ? .absent : .unknown
            }
        }

        private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
            guard at < bytes.count, bytes[at] == UInt8(ascii: scalar) else { return false }
            at += 1
            return true
        }

        /// A JSON text without its quotes; plain when it has no escapes.
        private mutating func text() -> (range: Range<Int>, isPlain: Bool)? {
            guard take("\""), let base = bytes.baseAddress else { return nil }
            let start = at
            // Most of a context is passed over here, and hardly any text has an escape.
            if let end = Self.first(34, of: base, from: start, bytes.count), end < firstEscape {
                at = end + 1
                return (start..<end, true)
            }
            var isPlain = true
            while at < bytes.count {
                let byte = base[at]
                at += 1
                if byte == UInt8(ascii: "\"") { return (start..<at - 1, isPlain) }
                if byte == UInt8(ascii: "\\") {
                    isPlain = false
                    at += 1
                }
            }
            return nil
        }

        /// A text, a number or a word; `request` has nothing else.
        private mutating func passValue() -> Bool {
            guard at < bytes.count else { return false }
            if bytes[at] == UInt8(ascii: "\"") { return text() != nil }
            let start = at
            while at < bytes.count, isScalar(bytes[at]) { at += 1 }
            return at > start
        }

        private func isScalar(_ byte: UInt8) -> Bool {
            switch byte {
            case 48...57, 97...122, 65...90, 43, 45, 46: true
            default: false
            }
        }
    }
}
