/// A calendar date without a zone, in the proleptic Gregorian calendar. A project's *day* is the date of the server's
/// receipt time in the project's zone.
package struct LogicalDate: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// Days since 1970-01-01.
    package var dayNumber: Int32

    package init(dayNumber: Int32) { self.dayNumber = dayNumber }

    package static func < (a: LogicalDate, b: LogicalDate) -> Bool { a.dayNumber < b.dayNumber }
    package func adding(days: Int) -> LogicalDate { LogicalDate(dayNumber: dayNumber + Int32(days)) }
    package var previous: LogicalDate { adding(days: -1) }
    package var next: LogicalDate { adding(days: 1) }
    /// 0 for Monday to 6 for Sunday (ISO 8601 order).
    package var weekday: Int { Int((Int64(dayNumber) % 7 + 7 + 3) % 7) }

    /// Year, month 1-12, day 1-31. Algorithm: Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    package var components: (year: Int, month: Int, day: Int) {
        let z = Int(dayNumber) + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    /// Nil when the date does not exist (2026-02-29). Algorithm: Hinnant, `days_from_civil`.
    package init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        let y = month <= 2 ? year - 1 : year
        let era = y / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.dayNumber = Int32(era * 146_097 + dayOfEra - 719_468)
        guard components == (year, month, day) else { return nil }
    }

    /// Parses `YYYY-MM-DD` (ISO 8601 extended, four-digit year); nil for anything else.
    package init?(_ text: some StringProtocol) {
        var copy = String(text)
        let parsed = copy.withUTF8 { LogicalDate(iso8601: $0) }
        guard let parsed else { return nil }
        self = parsed
    }

    package init?(iso8601 b: UnsafeBufferPointer<UInt8>) {
        guard b.count == 10, b[4] == 45, b[7] == 45 else { return nil }
        var parts = (0, 0, 0)
        for i in 0..<4 {
            guard b[i] &- 48 < 10 else { return nil }
            parts.0 = parts.0 * 10 + Int(b[i] - 48)
        }
        for i in 5..<7 {
            guard b[i] &- 48 < 10 else { return nil }
            parts.1 = parts.1 * 10 + Int(b[i] - 48)
        }
        for i in 8..<10 {
            guard b[i] &- 48 < 10 else { return nil }
            parts.2 = parts.2 * 10 + Int(b[i] - 48)
        }
        self.init(year: parts.0, month: parts.1, day: parts.2)
    }

    func append(to out: inout [UInt8]) {
        let (year, month, day) = components
        appendPadded(Int64(year), width: 4, to: &out)
        out.append(UInt8(ascii: "-"))
        appendPadded(Int64(month), width: 2, to: &out)
        out.append(UInt8(ascii: "-"))
        appendPadded(Int64(day), width: 2, to: &out)
    }

    package var description: String {
        var out = [UInt8]()
        append(to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = LogicalDate(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a date (YYYY-MM-DD): \(text)")
        }
        self = value
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
