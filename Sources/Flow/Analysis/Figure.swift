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
    /// Written with a sign: it is a change, and a negative one is no count.
    var isSigned = false
    /// Written in powers of ten or in hexadecimal digits: nobody rounds so.
    var isExact = false
    /// Where it stands in the text: UTF-16 code units, half-open.
    var range: Range<Int> = 0..<0

    /// Dates (2026-03-10), clock times (14:00, 2 pm), percentages, and numbers with sign, grouping commas, fraction and power
    /// of ten. A minus belongs to a number when no word or digit stands before it: `-4`, not `3-4`. Digits that are part of
    /// a word (`p95`, `att_12`, `7th`) or of a name (`http://127.0.0.1:11434`) are not figures.
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
            let scientific = endOfScientific(bytes, start)
            if let scientific {
                at = scientific
            } else {
                while at < bytes.count, isDigit(bytes[at]) || isJoint(bytes, at) { at += 1 }
            }
            let isWord = isWord(before: start, bytes)
            let digits = String(decoding: bytes[start..<at], as: UTF8.self)
            let suffix = String(decoding: bytes[at...].prefix(2), as: UTF8.self)
            let isOrdinal = ["st", "nd", "rd", "th"].contains(suffix)
            while let first = named.first, first.upperBound <= start { named.removeFirst() }
            if isWord || isOrdinal || named.first?.contains(start) == true { continue }
            guard
                var figure = scientific == nil
                    ? figure(digits, followedBy: bytes[at...]) : Self.scientific(digits, followedBy: bytes[at...])
            else { continue }
            let first = figure.sign(bytes, start)
            let begin = String(decoding: bytes[..<first], as: UTF8.self).utf16.count
            figure.range = begin..<begin + figure.text.utf16.count
            found.append(figure)
        }
        return found
    }

    /// Takes the sign before the digits, with a currency sign between them; where the figure then begins.
    private mutating func sign(_ bytes: [UInt8], _ start: Int) -> Int {
        guard kind == .number || kind == .percent else { return start }
        let end = start > 0 && bytes[start - 1] == UInt8(ascii: "$") ? start - 1 : start
        for (mark, factor) in [("-", -1.0), ("\u{2212}", -1.0), ("+", 1.0)] {
            let first = end - mark.utf8.count
            guard first >= 0, bytes[first..<end].elementsEqual(mark.utf8) else { continue }
            guard !Self.isWord(before: first, bytes) else { return start }
            text = String(decoding: bytes[first..<start], as: UTF8.self) + text
            value *= factor
            isSigned = true
            return first
        }
        return start
    }

    /// Whether a letter, a digit or an underscore stands there; dashes and quotes beyond ASCII are none.
    private static func isWord(before end: Int, _ bytes: [UInt8]) -> Bool {
        guard end > 0 else { return false }
        guard bytes[end - 1] >= 128 else {
            return isLetter(bytes[end - 1]) || isDigit(bytes[end - 1]) || bytes[end - 1] == UInt8(ascii: "_")
        }
        let first = bytes[..<end].lastIndex { $0 & 0xC0 != 0x80 } ?? 0
        return String(decoding: bytes[first..<end], as: UTF8.self).unicodeScalars.contains {
            $0.properties.isAlphabetic
        }
    }

    /// Behind `5e3`, `1.2E-4` or `0x1F`; nil when the digits at `start` do not begin one.
    private static func endOfScientific(_ bytes: [UInt8], _ start: Int) -> Int? {
        func end(_ from: Int, _ isPart: (UInt8) -> Bool) -> Int? {
            let end = bytes[from...].firstIndex { !isPart($0) } ?? bytes.count
            let isWhole = end == bytes.count || !isLetter(bytes[end]) && bytes[end] != UInt8(ascii: "_")
            return end > from && isWhole ? end : nil
        }
        func isMark(_ at: Int, _ small: UInt8) -> Bool { at < bytes.count && bytes[at] | 0x20 == small }
        if bytes[start] == UInt8(ascii: "0"), isMark(start + 1, UInt8(ascii: "x")) {
            return end(start + 2) { isDigit($0) || ($0 | 0x20) &- 97 < 6 }
        }
        var at = bytes[start...].firstIndex { !isDigit($0) && !".,".utf8.contains($0) } ?? bytes.count
        guard isMark(at, UInt8(ascii: "e")) else { return nil }
        at += 1
        if at < bytes.count, bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+") { at += 1 }
        return end(at, isDigit)
    }

    private static func scientific(_ text: String, followedBy rest: ArraySlice<UInt8>) -> Figure? {
        let plain = text.replacing(",", with: "").lowercased()
        let hexadecimal = plain.hasPrefix("0x") ? UInt64(plain.dropFirst(2), radix: 16).map { Double($0) } : nil
        // Too large for a number is no fact either.
        let value = plain.hasPrefix("0x") ? hexadecimal ?? .infinity : Double(plain) ?? .infinity
        let mark = ["%", " %", " percent"].first { rest.starts(with: $0.utf8) }
        return Figure(
            text: text + (mark ?? ""), value: value, places: 0, kind: mark == nil ? .number : .percent, isExact: true)
    }

    private static func figure(_ text: String, followedBy rest: ArraySlice<UInt8>) -> Figure? {
        if text.contains(":") {
            return Figure(text: text, value: Double(text.prefix { $0 != ":" }) ?? -1, places: 0, kind: .clock)
        }
        for (mark, shift) in [("am", 0.0), (" am", 0), ("pm", 12), (" pm", 12)] {
            guard let hour = Double(text), (1...12).contains(hour), hour == hour.rounded(),
                rest.starts(with: mark.utf8),
                rest.dropFirst(mark.utf8.count).first.map({ !isLetter($0) && !isDigit($0) }) ?? true
            else { continue }
            return Figure(
                text: text + mark, value: hour.truncatingRemainder(dividingBy: 12) + shift, places: 0, kind: .clock)
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
        for mark in ["%", " %", " percentage points", " percentage point", " percent", " points", " pp"]
        where rest.starts(with: mark.utf8) {
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
