internal import Events

/// JSON with exactly one text per value, so that a hash of the text is a hash of the value.
///
/// Members are sorted by the UTF-8 bytes of their names, there is no white space, strings are escaped as little as
/// RFC 8259 permits, and numbers are 64-bit integers alone: ratios, means and milliseconds are decimal strings with a
/// fixed number of places (`Decimal`), so no platform's floating-point formatting can change a hash.
package enum CanonicalJSON: Hashable, Sendable {
    case object([String: CanonicalJSON])
    case array([CanonicalJSON])
    case string(String)
    case integer(Int64)
    case boolean(Bool)
    /// A number with a fixed number of places, as `Decimal` writes it. Answers have it; snapshots write decimals as strings.
    case decimal(String)
    case null

    package var bytes: [UInt8] {
        var out = [UInt8]()
        write(to: &out)
        return out
    }
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package func write(to out: inout [UInt8]) {
        switch self {
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            var isFirst = true
            for (name, value) in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                if !isFirst { out.append(UInt8(ascii: ",")) }
                isFirst = false
                JSONText.appendString(name, to: &out)
                out.append(UInt8(ascii: ":"))
                value.write(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                element.write(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .string(let text): JSONText.appendString(text, to: &out)
        case .integer(let value): out.append(contentsOf: String(value).utf8)
        case .decimal(let text): out.append(contentsOf: text.utf8)
        case .boolean(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
        case .null: out.append(contentsOf: "null".utf8)
        }
    }

    package static func count(_ value: Int) -> CanonicalJSON { .integer(Int64(value)) }
    package static func optional(_ number: Int64?) -> CanonicalJSON {
        guard let number else { return .null }
        return .integer(number)
    }
    /// Bytes as lower-case hexadecimal; null when there are none.
    package static func hex(_ bytes: [UInt8]?) -> CanonicalJSON {
        guard let bytes else { return .null }
        return .string(HexText.of(bytes))
    }
    /// A text made by `Decimal` as a number; null when there is none.
    package static func share(_ text: String?) -> CanonicalJSON { text.map { .decimal($0) } ?? .null }
    package static func optional(_ text: String?) -> CanonicalJSON { text.map { .string($0) } ?? .null }
}

/// Numbers with a fraction as texts with a fixed number of places: integer arithmetic, halves away from zero.
package enum Decimal {
    /// `numerator / denominator` with `places` digits behind the point; nil for a denominator of zero.
    package static func ratio(_ numerator: Int64, _ denominator: Int64, places: Int = 4) -> String? {
        guard denominator > 0 else { return nil }
        // Wide arithmetic: a numerator of 10^15 with six places does not fit in 64 bits.
        let scaled =
            (Int128(numerator) * Int128(scale(places)) * 2 + (numerator < 0 ? -1 : 1) * Int128(denominator))
            / (Int128(denominator) * 2)
        return text(Int64(clamping: scaled), places: places)
    }

    /// A number of milliseconds to the microsecond: `12.340`.
    package static func milliseconds(_ value: Double) -> String {
        text(Int64((min(max(value, 0), 9e12) * 1000).rounded()), places: 3)
    }

    /// `value / 10^places`.
    package static func text(_ value: Int64, places: Int) -> String {
        guard places > 0 else { return String(value) }
        // A sign, the digits of 64 bits or a zero and the places, and a point.
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 22 + places) { text in
            var (at, rest, written) = (text.count, value.magnitude, 0)
            func put(_ byte: UInt8) {
                at -= 1
                text[at] = byte
            }
            while written <= places || rest > 0 {
                if written == places { put(UInt8(ascii: ".")) }
                put(UInt8(48 + rest % 10))
                rest /= 10
                written += 1
            }
            if value < 0 { put(UInt8(ascii: "-")) }
            return String(decoding: text[at...], as: UTF8.self)
        }
    }

    /// The number that a text made here stands for.
    package static func value(_ text: String) -> Double { Double(text) ?? 0 }

    private static func scale(_ places: Int) -> Int64 { (0..<places).reduce(1) { scale, _ in scale * 10 } }
}
