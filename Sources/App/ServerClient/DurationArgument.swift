/// Durations as people write them on a command line: `90`, `90s`, `15m`, `2h`, `30d`.
package enum DurationArgument {
    /// Seconds, at least 0; nil when the text is not a duration.
    package static func seconds(_ text: String) -> Double? {
        guard let last = text.last else { return nil }
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let factor = units[last]
        guard let number = Double(factor == nil ? text : String(text.dropLast())), number.isFinite, number >= 0 else {
            return nil
        }
        return number * (factor ?? 1)
    }
}
