/// An instant: microseconds since 1970-01-01T00:00:00Z, without leap seconds (POSIX time).
package struct Timestamp: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }
    package init(seconds: Int64) { self.microseconds = seconds * 1_000_000 }

    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }
    package static func + (a: Timestamp, b: Duration) -> Timestamp {
        Timestamp(microseconds: a.microseconds + b.microseconds)
    }
    package static func - (a: Timestamp, b: Duration) -> Timestamp {
        Timestamp(microseconds: a.microseconds - b.microseconds)
    }
    package static func - (a: Timestamp, b: Timestamp) -> Duration {
        .microseconds(a.microseconds - b.microseconds)
    }

    /// Whole seconds, rounded down.
    package var seconds: Int64 { floorDivide(microseconds, 1_000_000) }
    /// Start of the UTC hour that holds the instant.
    package var hourStart: Timestamp {
        Timestamp(microseconds: floorDivide(microseconds, 3_600_000_000) * 3_600_000_000)
    }

    /// RFC 3339 in UTC with milliseconds: `2026-03-08T06:59:59.123Z`. Microseconds are written only when they are not zero.
    package var description: String { rfc3339() }

    package func rfc3339() -> String {
        let date = LogicalDate(dayNumber: Int32(floorDivide(seconds, 86_400)))
        let secondOfDay = seconds - Int64(date.dayNumber) * 86_400
        let fraction = microseconds - seconds * 1_000_000
        var out = [UInt8]()
        out.reserveCapacity(27)
        date.append(to: &out)
        out.append(UInt8(ascii: "T"))
        appendPadded(secondOfDay / 3600, width: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        appendPadded(secondOfDay / 60 % 60, width: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        appendPadded(secondOfDay % 60, width: 2, to: &out)
        out.append(UInt8(ascii: "."))
        if fraction % 1000 == 0 {
            appendPadded(fraction / 1000, width: 3, to: &out)
        } else {
            appendPadded(fraction, width: 6, to: &out)
        }
        out.append(UInt8(ascii: "Z"))
        return String(decoding: out, as: UTF8.self)
    }

    /// Parses RFC 3339 section 5.6 `date-time`: a zone is required, `T` and `Z` may be lower case, the fraction has any
    /// number of digits (kept to the microsecond, cut not rounded), second 60 counts as the next minute's start.
    /// Nil for anything else, and for years outside 0001 to 9999.
    package init?(rfc3339 text: some StringProtocol) {
        var copy = String(text)
        let parsed = copy.withUTF8 { Timestamp(rfc3339: $0) }
        guard let parsed else { return nil }
        self = parsed
    }

    package init?(rfc3339 b: UnsafeBufferPointer<UInt8>) {
        guard b.count >= 20, b.count <= 64,
            let date = LogicalDate(iso8601: UnsafeBufferPointer(rebasing: b[0..<10])),
            b[10] | 0x20 == UInt8(ascii: "t"), b[13] == UInt8(ascii: ":"), b[16] == UInt8(ascii: ":"),
            let hour = twoDigits(b, 11), let minute = twoDigits(b, 14), let second = twoDigits(b, 17),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var at = 19
        var fraction: Int64 = 0
        if b[at] == UInt8(ascii: ".") {
            at += 1
            let start = at
            var scale: Int64 = 100_000
            while at < b.count, b[at] &- 48 < 10 {
                fraction += Int64(b[at] - 48) * scale
                scale /= 10
                at += 1
            }
            guard at > start, at < b.count else { return nil }
        }
        var offsetMinutes: Int64 = 0
        if b[at] | 0x20 == UInt8(ascii: "z") {
            at += 1
        } else {
            guard b[at] == UInt8(ascii: "+") || b[at] == UInt8(ascii: "-"), b.count == at + 6,
                b[at + 3] == UInt8(ascii: ":"), let h = twoDigits(b, at + 1), let m = twoDigits(b, at + 4),
                h < 24, m < 60
            else { return nil }
            offsetMinutes = (h * 60 + m) * (b[at] == UInt8(ascii: "-") ? -1 : 1)
            at += 6
        }
        guard at == b.count else { return nil }
        let secondOfDay = hour * 3600 + minute * 60 + second - offsetMinutes * 60
        self.microseconds = (Int64(date.dayNumber) * 86_400 + secondOfDay) * 1_000_000 + fraction
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Timestamp(rfc3339: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an RFC 3339 time: \(text)")
        }
        self = value
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rfc3339())
    }
}

extension Duration {
    /// Whole microseconds, cut.
    package var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
    /// Milliseconds with their fraction.
    package var milliseconds: Double {
        Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15
    }
}

/// Division that rounds towards negative infinity, so that instants before 1970 fall in the right second and day.
@inlinable package func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
    let q = a / b
    return (a % b != 0 && (a < 0) != (b < 0)) ? q - 1 : q
}

private func twoDigits(_ b: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int64? {
    let tens = b[at] &- 48
    let ones = b[at + 1] &- 48
    guard tens < 10, ones < 10 else { return nil }
    return Int64(tens) * 10 + Int64(ones)
}

func appendPadded(_ value: Int64, width: Int, to out: inout [UInt8]) {
    var divisor: Int64 = 1
    for _ in 1..<width { divisor *= 10 }
    while divisor > 0 {
        out.append(UInt8(48 + value / divisor % 10))
        divisor /= 10
    }
}
