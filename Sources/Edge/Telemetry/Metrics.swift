// Telemetry: logs and metrics as typed events. One call writes the log line and moves the metric, so the two never
// disagree. Metrics are kept here and printed in the Prometheus text format (version 0.0.4).

internal import Synchronization

/// Labels in a fixed order: names are part of the metric, values are given at each call.
package struct MetricName: Hashable, Sendable {
    package var name: String
    package var help: String
    package var labels: [String]

    package init(_ name: String, help: String, labels: [String] = []) {
        self.name = name
        self.help = help
        self.labels = labels
    }
}

/// All metrics of one process. Series are created on first use; a metric keeps at most `seriesMax` of them, and counts
/// what it could not keep in `daybook_metric_series_dropped_total`.
package final class MetricRegistry: Sendable {
    package static let seriesMax = 2000
    /// Upper bounds in seconds of every duration histogram.
    package static let durationBounds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    private enum Kind { case counter, gauge, histogram }
    private struct Series {
        var value: Double = 0
        var buckets: [UInt64] = []
        var count: UInt64 = 0
    }
    private struct Family {
        var name: MetricName
        var kind: Kind
        var series: [[String]: Int] = [:]
        var values: [Series] = []

        /// False when the metric has all the series that it may have, and this would be a new one.
        mutating func update(_ labels: [String], _ body: (inout Series) -> Void) -> Bool {
            if let at = series[labels] {
                body(&values[at])
                return true
            }
            guard values.count < MetricRegistry.seriesMax else { return false }
            series[labels] = values.count
            values.append(Series())
            body(&values[values.count - 1])
            return true
        }
    }
    private struct State {
        var families: [String: Family] = [:]
        var dropped: UInt64 = 0
        var collectors: [@Sendable (MetricRegistry) -> Void] = []
    }
    private let state = Mutex(State())

    package init() {}

    package func add(_ name: MetricName, _ labels: [String] = [], by amount: Double = 1) {
        update(name, .counter, labels) { $0.value += amount }
    }
    package func set(_ name: MetricName, _ labels: [String] = [], to value: Double) {
        update(name, .gauge, labels) { $0.value = value }
    }
    package func observe(_ name: MetricName, _ labels: [String] = [], seconds: Double) {
        update(name, .histogram, labels) { series in
            if series.buckets.isEmpty { series.buckets = Array(repeating: 0, count: Self.durationBounds.count) }
            if let at = Self.durationBounds.firstIndex(where: { seconds <= $0 }) { series.buckets[at] += 1 }
            series.value += seconds
            series.count += 1
        }
    }
    /// Runs before each scrape, to set gauges that are cheaper to read than to keep.
    package func collect(_ collector: @escaping @Sendable (MetricRegistry) -> Void) {
        state.withLock { $0.collectors.append(collector) }
    }

    private func update(_ name: MetricName, _ kind: Kind, _ labels: [String], _ body: (inout Series) -> Void) {
        precondition(labels.count == name.labels.count, "\(name.name) needs the labels \(name.labels)")
        state.withLock { state in
            let isKept = state.families[name.name, default: Family(name: name, kind: kind)].update(labels, body)
            if !isKept { state.dropped += 1 }
        }
    }

    /// The current value of a counter or gauge, or the count of a histogram; nil when it was never touched.
    package func value(_ name: MetricName, _ labels: [String] = []) -> Double? {
        state.withLock { state in
            guard let family = state.families[name.name], let at = family.series[labels] else { return nil }
            let series = family.values[at]
            return family.kind == .histogram ? Double(series.count) : series.value
        }
    }

    /// The Prometheus text exposition format.
    package func exposition() -> String {
        for collector in state.withLock({ $0.collectors }) { collector(self) }
        return state.withLock { state in
            var out = ""
            for family in state.families.values.sorted(by: { $0.name.name < $1.name.name }) {
                let name = family.name.name
                out += "# HELP \(name) \(family.name.help)\n# TYPE \(name) "
                out += family.kind == .counter ? "counter\n" : family.kind == .gauge ? "gauge\n" : "histogram\n"
                for (labels, at) in family.series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                    let series = family.values[at]
                    let pairs = zip(family.name.labels, labels).map { "\($0)=\"\(escape($1))\"" }
                    guard family.kind == .histogram else {
                        out += "\(name)\(braces(pairs)) \(number(series.value))\n"
                        continue
                    }
                    var cumulative: UInt64 = 0
                    for (bound, count) in zip(Self.durationBounds, series.buckets) {
                        cumulative += count
                        out += "\(name)_bucket\(braces(pairs + ["le=\"\(number(bound))\""])) \(cumulative)\n"
                    }
                    out += "\(name)_bucket\(braces(pairs + ["le=\"+Inf\""])) \(series.count)\n"
                    out += "\(name)_sum\(braces(pairs)) \(number(series.value))\n"
                    out += "\(name)_count\(braces(pairs)) \(series.count)\n"
                }
            }
            out += "# HELP daybook_metric_series_dropped_total Updates lost because a metric had too many series.\n"
            out += "# TYPE daybook_metric_series_dropped_total counter\n"
            out += "daybook_metric_series_dropped_total \(state.dropped)\n"
            return out
        }
    }
}

private func braces(_ pairs: [String]) -> String { pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}" }

private func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
}

private func escape(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
}
