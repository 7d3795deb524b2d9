/// The trace that a request belongs to, as its caller says in `traceparent` (W3C Trace Context,
/// https://www.w3.org/TR/trace-context/#traceparent-header).
package struct TraceContext: Hashable, Sendable {
    /// 32 lower-case hexadecimal digits, not all zero.
    package let traceID: String
    /// 16 lower-case hexadecimal digits, not all zero: the caller's span.
    package let parentID: String

    /// Hexadecimal digits of a span's identifier.
    package static let spanIDLength = 16
    private static let length = 55

    /// Nil for what the specification has a receiver ignore: another shape, capital letters, identifiers of zeros,
    /// version `ff`. A later version may have more behind a further `-`.
    package init?(traceparent text: String) {
        let bytes = Array(text.utf8.prefix(Self.length + 1))
        let dash = UInt8(ascii: "-")
        guard bytes.count >= Self.length, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = Self.hex(bytes[0..<2]), let traceID = Self.hex(bytes[3..<35]),
            let parentID = Self.hex(bytes[36..<52]), Self.hex(bytes[53..<55]) != nil,
            version != "ff", traceID.contains(where: { $0 != "0" }), parentID.contains(where: { $0 != "0" })
        else { return nil }
        guard bytes.count == Self.length || (version != "00" && bytes[Self.length] == dash) else { return nil }
        self.traceID = traceID
        self.parentID = parentID
    }

    private static func hex(_ bytes: ArraySlice<UInt8>) -> String? {
        let isHex = bytes.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        return isHex ? String(decoding: bytes, as: UTF8.self) : nil
    }
}
