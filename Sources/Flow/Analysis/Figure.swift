/// A number in a text, with its place.
struct Figure: Hashable {
    enum Kind: Hashable { case number, percent, clock, date }
    var text: String
    var value: Double
    /// Digits behind the point.
    var places: Int
    var kind: Kind
    /// What one unit of the written number stands for: 1,000 in `1.2k`.
    var unit: Double = 1
    /// Where it stands in the text: UTF-16 code units, half-open.
    var range: Range<Int> = 0..<0

    /// Dates (2026-03-10), clock times (14:00, 2 pm), percentages, and numbers with grouping commas and a fraction. Digits
    /// that are part of a word (`p95`, `att_12`, `7th`) or of a name (`http://127.0.0.1:11434`) are not figures.
    static func all(in text: String, names: TextNames) -> [Figure] {
        let bytes = Array(text.utf8)
        var named = names.ranges(in: bytes)[...]
        var found: [Figure] = []
        var at = 0
        while at < bytes.count {
            guard isDigit(bytes[at]) else {
                at += 1
                continue
            }
            let start = at
            while at < bytes.count, isDigit(bytes[at]) || isJoint(bytes, at) { at += 1 }
            let isWord = start > 0 && (isLetter(bytes[start - 1]) || bytes[start - 1] == UInt8(ascii: "_"))
            let digits = String(decoding: bytes[start..<at], as: UTF8.self)
            let suffix = String(decoding: bytes[at...].prefix(2), as: UTF8.self)
            let isOrdinal = ["st", "nd", "rd", "th"].contains(suffix)
            while let first = named.first, first.upperBound <= start { named.removeFirst() }
            if isWord || isOrdinal || named.first?.contains(start) == true { continue }
            guard var figure = figure(digits, followedBy: bytes[at...]) else { continue }
            let begin = String(decoding: bytes[..<start], as: UTF8.self).utf16.count
            figure.range = begin..<begin + figure.text.utf16.count
            found.append(figure)
        }
        return found
    }

    private static func figure(_ text: String, followedBy rest: ArraySlice<UInt8>) -> Figure? {
        if text.contains(":") {
            return Figure(text: text, value: Double(text.prefix { $0 != ":" }) ?? -1, places: 0, kind: .clock)
        }
        if text.contains("-") { return Figure(text: text, value: 0, places: 0, kind: .date) }
        let plain = text.replacing(",", with: "")
        guard let value = Double(plain) else { return nil }
        let places = plain.firstIndex(of: ".").map { plain.distance(from: $0, to: plain.endIndex) - 1 } ?? 0
        for (mark, unit) in [("k", 1e3), (" thousand", 1e3), (" million", 1e6)] {
            let end = rest.dropFirst(mark.utf8.count).first
            if rest.starts(with: mark.utf8), end.map({ !isLetter($0) && !isDigit($0) }) ?? true {
                return Figure(text: text + mark, value: value * unit, places: places, kind: .number, unit: unit)
            }
        }
        for mark in ["%", " %", " percent"] where rest.starts(with: mark.utf8) {
            return Figure(text: text + mark, value: value, places: places, kind: .percent)
        }
        return Figure(text: text, value: value, places: places, kind: .number)
    }

    /// A point, comma, colon or dash that stands between two digits. A dash joins dates only: `2026-03-10`.
    private static func isJoint(_ bytes: [UInt8], _ at: Int) -> Bool {
        guard at + 1 < bytes.count, isDigit(bytes[at + 1]) else { return false }
        switch bytes[at] {
        case UInt8(ascii: "."), UInt8(ascii: ":"): return true
        case UInt8(ascii: ","):
            // Grouping: exactly three digits follow.
            return at + 3 < bytes.count && isDigit(bytes[at + 2]) && isDigit(bytes[at + 3])
                && (at + 4 == bytes.count || !isDigit(bytes[at + 4]))
        case UInt8(ascii: "-"):
            return at >= 4 && bytes[at - 4..<at].allSatisfy(isDigit)
                || at >= 7 && bytes[at - 3] == UInt8(ascii: "-")
        default: return false
        }
    }
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 97 < 26 || byte >= 128 }
}
