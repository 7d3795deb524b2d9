package import Days
internal import Foundation

/// Checks the figures of a report against its snapshot: a first form of grounding.
///
/// Every number written in digits is taken from the text (dates and clock times are read as what they are) and looked up
/// among the snapshot's numbers at the precision at which it is written: `40%` is supported by a share of 0.4012, `1,234`
/// by a count of 1234, `2.5 s` by 2500 ms. A figure that no fact supports is listed with its place. The check cannot see
/// that a true figure is attached to the wrong thing, nor figures in words.
package struct Grounding: Hashable, Sendable {
    package struct Unsupported: Hashable, Sendable {
        /// Where in the report: `user_behaviour[1]`.
        package var path: String
        /// The figure as written.
        package var figure: String
    }
    package var checked: Int
    package var unsupported: [Unsupported]
    package var supported: Int { checked - unsupportedCount }
    private var unsupportedCount: Int

    package init(_ sections: ReportSections, snapshot: DaySnapshot) throws(DayError) {
        let facts = SnapshotFacts(snapshot: try snapshot.canonicalJSON())
        var checked = 0
        var all: [Unsupported] = []
        for (path, text) in sections.texts {
            for figure in Figure.all(in: text) {
                checked += 1
                if !facts.support(figure) { all.append(Unsupported(path: path, figure: figure.text)) }
            }
        }
        self.checked = checked
        self.unsupportedCount = all.count
        self.unsupported = Array(all.prefix(AnalysisLimits.unsupportedMax))
    }

    /// `{checked, supported, unsupported: [{section, figure}]}`.
    package var json: CanonicalJSON {
        .object([
            "checked": .count(checked), "supported": .count(supported),
            "unsupported": .array(
                unsupported.map { .object(["section": .string($0.path), "figure": .string($0.figure)]) }),
        ])
    }
}

/// A number in a text.
struct Figure: Hashable {
    enum Kind: Hashable { case number, percent, clock, date }
    var text: String
    var value: Double
    /// Digits behind the point.
    var places: Int
    var kind: Kind

    /// Dates (2026-03-10), clock times (14:00, 2 pm), percentages, and numbers with grouping commas and a fraction. Digits
    /// that are part of a word (`p95`, `att_12`, `7th`) are not figures.
    static func all(in text: String) -> [Figure] {
        let bytes = Array(text.utf8)
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
            if isWord || isOrdinal { continue }
            if let figure = figure(digits, followedBy: bytes[at...]) { found.append(figure) }
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
        let isPercent = rest.first == UInt8(ascii: "%") || String(decoding: rest.prefix(8), as: UTF8.self) == " percent"
        return Figure(
            text: text + (isPercent ? "%" : ""), value: value, places: places, kind: isPercent ? .percent : .number)
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

/// The numbers of a snapshot, in every form in which a person may write them.
private struct SnapshotFacts {
    private var values: [Double] = []
    private var percentages: [Double] = []
    private var dates: Set<String> = []

    init(snapshot: String) {
        if let value = CanonicalJSON(parsing: snapshot) { collect(value, name: "") }
        // The number of days that are looked back at, and a day's hours on the clock.
        values += [Double(DayLimits.trailingDays), 24]
        values.sort()
        percentages += [0, 100]
        percentages.sort()
    }

    private mutating func collect(_ value: CanonicalJSON, name: String) {
        switch value {
        case .object(let members): for (name, value) in members { collect(value, name: name) }
        case .array(let elements):
            values.append(Double(elements.count))
            for element in elements { collect(element, name: name) }
        case .integer(let number):
            values.append(Double(number))
            if name.hasSuffix("_micro_usd") { values.append(Double(number) / 1e6) }
        case .string(let text):
            if text.utf8.count >= 10, text.utf8.dropFirst(4).first == UInt8(ascii: "-") {
                dates.insert(String(text.prefix(10)))
            }
            guard let number = Double(text) else { return }
            values.append(number)
            if name.contains("share") { percentages.append(number * 100) }
            if name.hasSuffix("_ms") || name.hasSuffix("_ms_mean") { values.append(number / 1000) }
        case .boolean, .null: break
        }
    }

    func support(_ figure: Figure) -> Bool {
        switch figure.kind {
        case .date: dates.contains(figure.text)
        case .clock: (0...24).contains(figure.value)
        case .percent: contains(percentages, figure)
        case .number: contains(values, figure) || contains(percentages, figure)
        }
    }

    /// Whether some fact, rounded to the figure's places, is the figure. Rounding either way at a half is accepted.
    private func contains(_ facts: [Double], _ figure: Figure) -> Bool {
        let half = 0.5 / pow(10, Double(figure.places)) * (1 + 1e-9) + 1e-12
        var low = 0
        var high = facts.count
        while low < high {
            let middle = (low + high) / 2
            if facts[middle] < figure.value - half { low = middle + 1 } else { high = middle }
        }
        return low < facts.count && facts[low] <= figure.value + half
    }
}
