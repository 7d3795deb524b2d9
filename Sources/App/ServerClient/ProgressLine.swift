internal import Foundation
internal import Synchronization

/// One line on standard error that tells how far a run is: rewritten in place on a terminal, else a new line every few
/// seconds. Callers call `show` as often as they like; the line decides when to draw.
package final class ProgressLine: Sendable {
    private struct State {
        var drawn: Duration?
        var width = 0
        var text = ""
    }
    package let isTerminal: Bool
    private let isQuiet: Bool
    private let state = Mutex(State())

    package init(isQuiet: Bool = false) {
        self.isQuiet = isQuiet
        self.isTerminal = isatty(2) == 1
    }

    /// Draws the text if the last drawing is old enough. `now` is the caller's monotonic time.
    package func show(at now: Duration, _ text: () -> String) {
        guard !isQuiet else { return }
        let interval = isTerminal ? ServerClientLimits.progressSecondsTerminal : ServerClientLimits.progressSecondsPlain
        let isDue = state.withLock { state in
            if let drawn = state.drawn, now - drawn < .milliseconds(Int64(interval * 1000)) { return false }
            state.drawn = now
            return true
        }
        if isDue { draw(text()) }
    }

    /// Draws the last form of the line and ends it.
    package func finish(_ text: String) {
        guard !isQuiet else { return }
        draw(text)
        if isTerminal { write("\n") }
    }

    private func draw(_ text: String) {
        let isNew = state.withLock { state in
            defer { state.text = text }
            return state.text != text
        }
        guard isNew else { return }
        guard isTerminal else { return write(text + "\n") }
        let padding = state.withLock { state in
            let missing = max(0, state.width - text.count)
            state.width = text.count
            return missing
        }
        write("\r" + text + String(repeating: " ", count: padding))
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

    /// `[#####-----]  42 %`.
    package static func bar(_ done: Int, of total: Int) -> String {
        let share = total > 0 ? min(1, Double(done) / Double(total)) : 1
        let width = ServerClientLimits.progressBarWidth
        let filled = Int(share * Double(width))
        let percent = String(Int(share * 100))
        return "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled) + "] "
            + String(repeating: " ", count: 3 - percent.count) + percent + " %"
    }

    /// `1:02:03`, or `2:03` below an hour.
    package static func duration(_ seconds: Double) -> String {
        let whole = Int(max(0, seconds.rounded()))
        let rest = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
        return whole >= 3600
            ? "\(whole / 3600):\(rest(whole / 60 % 60)):\(rest(whole % 60))" : "\(whole / 60):\(rest(whole % 60))"
    }

    /// `1,234,567`.
    package static func grouped(_ number: Int) -> String {
        let digits = String(abs(number))
        var out = ""
        for (at, digit) in digits.enumerated() {
            if at > 0, (digits.count - at) % 3 == 0 { out.append(",") }
            out.append(digit)
        }
        return number < 0 ? "-" + out : out
    }
}
