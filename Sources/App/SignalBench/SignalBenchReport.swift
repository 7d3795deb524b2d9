internal import Analysis
internal import Events

/// What was wrong, and what was said, over all days.
package struct SignalBenchReport: Sendable, Encodable {
    package struct Row: Sendable, Encodable {
        package var scenario: String
        package var heldOut: Bool
        /// Days on which it touched enough rows to be seen.
        package var days = 0
        package var named = 0
        /// Days on which it touched fewer.
        package var faintDays = 0
        package var faintNamed = 0
        package var recall: Double? { days > 0 ? Double(named) / Double(days) : nil }
    }

    package let days: Int
    package let seed: UInt64
    package let scale: Double
    package private(set) var rows: [Row] = []
    package private(set) var signals = 0
    package private(set) var explained = 0
    /// Signals that nothing wrong explains, by detector.
    package private(set) var unexplained: [String: Int] = [:]
    package private(set) var quietDays = 0
    /// Days with nothing wrong on which something was said.
    package private(set) var quietDaysWithSignals = 0
    /// What was said without reason, for a look at it: `2026-02-03 code_above_baseline:web_form:email_invalid`.
    package private(set) var examples: [String] = []
    /// What was not said.
    package private(set) var misses: [String] = []

    init(options: SignalBench.Options) {
        days = options.days
        seed = options.seed
        scale = options.scale
        rows =
            (Scenario.allTuning.map { Row(scenario: $0.name, heldOut: false) })
            + Scenario.allHeldOut.map { Row(scenario: $0.name, heldOut: true) }
    }

    mutating func add(_ script: DayScript, _ signals: [DaySignal]) {
        if script.active.isEmpty {
            quietDays += 1
            if !signals.isEmpty { quietDaysWithSignals += 1 }
        }
        for signal in signals {
            self.signals += 1
            if script.active.contains(where: { $0.scenario.explains(signal) }) {
                explained += 1
            } else {
                unexplained[signal.detector.rawValue, default: 0] += 1
                examples.append(
                    "\(script.date) \(signal.id) \(signal.observed) of \(signal.baseline ?? "nothing"): \(signal.evidence)"
                )
            }
        }
        for item in script.active {
            guard let at = rows.firstIndex(where: { $0.scenario == item.scenario.name }) else { continue }
            let isNamed = signals.contains { item.scenario.isNamed(by: $0) }
            if script.touched[item.scenario] ?? 0 >= SignalBench.touchedMin {
                rows[at].days += 1
                rows[at].named += isNamed ? 1 : 0
                if !isNamed {
                    misses.append(
                        "\(script.date) \(item.scenario.name), minutes \(item.minutes.lowerBound) to \(item.minutes.upperBound), \(script.touched[item.scenario] ?? 0) rows"
                    )
                }
            } else {
                rows[at].faintDays += 1
                rows[at].faintNamed += isNamed ? 1 : 0
            }
        }
    }

    package var precision: Double? { signals > 0 ? Double(explained) / Double(signals) : nil }

    package func recall(heldOut: Bool) -> Double? {
        let chosen = rows.filter { $0.heldOut == heldOut }
        let days = chosen.reduce(0) { $0 + $1.days }
        return days > 0 ? Double(chosen.reduce(0) { $0 + $1.named }) / Double(days) : nil
    }

    package var text: String {
        func percent(_ share: Double?) -> String {
            share.map { "\(Int(($0 * 1000).rounded()) / 10).\(Int(($0 * 1000).rounded()) % 10) %" } ?? "none"
        }
        var lines = [
            "\(days) days, seed \(seed), scale \(scale): precision \(percent(precision)) (\(explained) of \(signals) signals), recall \(percent(recall(heldOut: false))) for tuning, \(percent(recall(heldOut: true))) held out; \(quietDaysWithSignals) of \(quietDays) quiet days had a signal"
        ]
        for row in rows where row.days + row.faintDays > 0 {
            lines.append(
                "  \(row.heldOut ? "held out" : "tuning  ")  \(row.scenario.padding(30))  named on \(row.named) of \(row.days) days, and on \(row.faintNamed) of \(row.faintDays) with fewer than \(SignalBench.touchedMin) rows"
            )
        }
        for (detector, count) in unexplained.sorted(by: { $0.key < $1.key }) {
            lines.append("  said without reason  \(detector)  \(count)")
        }
        return lines.joined(separator: "\n")
    }
}

extension String {
    fileprivate func padding(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
