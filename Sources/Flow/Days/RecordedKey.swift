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
        private static let opening = Array(#"{"request":{"#.utf8)
        private static let name = Array("submitter".utf8)
        let bytes: UnsafeBufferPointer<UInt8>
        var at = 0

        init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

        mutating func submitter() -> Outcome {
            guard bytes.starts(with: Self.opening) else { return .unknown }
            at = Self.opening.count
            if at < bytes.count, bytes[at] == UInt8(ascii: "}") { return .absent }
            while true {
                guard let key = text(), take(":") else { return .unknown }
                if key.range.count == Self.name.count && bytes[key.range].elementsEqual(Self.name) {
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
            if let quote = memchr(base + start, 34, bytes.count - start) {
                let end = UnsafePointer(quote.assumingMemoryBound(to: UInt8.self)) - base
                if memchr(base + start, 92, end - start) == nil {
                    at = end + 1
                    return (start..<end, true)
                }
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
