internal import Days

/// Numbers and names inside sentences.
enum Words {
    /// `1,234`.
    static func number(_ value: Int64) -> String {
        var digits = Array(String(value.magnitude))
        var at = digits.count - 3
        while at > 0 {
            digits.insert(",", at: at)
            at -= 3
        }
        return (value < 0 ? "-" : "") + String(digits)
    }

    /// `1234.50` → `1,234.5`; whole means without a fraction.
    static func decimal(_ text: String) -> String {
        let halves = text.split(separator: ".", maxSplits: 1)
        let whole = number(Int64(halves.first ?? "0") ?? 0)
        var fraction = halves.count > 1 ? String(halves[1]) : ""
        while fraction.last == "0" { fraction.removeLast() }
        return fraction.isEmpty ? whole : whole + "." + fraction
    }

    /// Milliseconds as people read them, `21.116` as `21.1`: three digits at most, whole from 100 on; below one as they are.
    static func milliseconds(_ text: String) -> String {
        let value = Decimal.value(text)
        let places = value >= 99.95 ? 0 : value >= 9.995 ? 1 : value >= 0.9995 ? 2 : 3
        let scale = [1.0, 10, 100, 1000][places]
        return decimal(Decimal.text(Int64((value * scale).rounded()), places: places))
    }

    /// A text from a submitter within a sentence: quoted, cut, harmless. Plain identifiers need no quotes.
    static func name(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.utf8.count <= AnalysisLimits.promptTextBytesMax
            && text.utf8.allSatisfy {
                (97...122).contains($0) || (65...90).contains($0) || $0 == 95 || $0 == 47 || $0 == 46
                    || (48...57).contains($0)
            }
        return isPlain ? text : SafeText.quoted(text, bytesMax: AnalysisLimits.promptTextBytesMax)
    }

    static func hour(_ hour: Int) -> String { (hour < 10 ? "0" : "") + "\(hour):00" }

    /// `1 attempt`, `2 attempts`.
    static func count(_ value: Int64, _ noun: String) -> String { "\(number(value)) \(noun)\(value == 1 ? "" : "s")" }
}
