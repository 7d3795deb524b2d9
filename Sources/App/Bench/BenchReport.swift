internal import ServerClient

/// Milliseconds at quantiles of one measurement.
package struct BenchLatency: Sendable, Codable, Equatable {
    package var p50: Double
    package var p95: Double
    package var p99: Double
    package var max: Double

    /// Nearest rank. Nil when nothing was measured.
    package init?(microseconds: [UInt32]) {
        guard !microseconds.isEmpty else { return nil }
        let sorted = microseconds.sorted()
        func at(_ q: Double) -> Double {
            let rank = Swift.max(1, Int((q * Double(sorted.count)).rounded(.up)))
            return Double(sorted[rank - 1]) / 1000
        }
        self.p50 = at(0.5)
        self.p95 = at(0.95)
        self.p99 = at(0.99)
        self.max = at(1)
    }

    var text: String { "p50 \(p50) ms, p95 \(p95) ms, p99 \(p99) ms, max \(max) ms" }
}

/// What was seen of the server while it worked.
package struct BenchServer: Sendable, Codable, Equatable {
    /// The highest lag of the processor behind the stream.
    package var lagSecondsMax: Double?
    package var residentMegabytesMax: Double?
    /// Processor seconds used per second of the run (1 is one core).
    package var coresUsed: Double?
    /// From the end of the load until the processor had caught up; nil when it had not within the bound.
    package var drainSeconds: Double?
    /// How many items the books say were stored during the run; nil when they could not be read.
    package var storedByBooks: Int?
}

/// One measurement.
package struct BenchReport: Sendable, Codable, Equatable {
    package var name: String
    package var seconds: Double
    package var connections: Int
    package var rateAsked: Double?
    package var requests: Int
    /// Events, submissions or questions that were acknowledged.
    package var items: Int
    package var itemBytes: Int
    package var itemsPerSecond: Double
    package var requestsPerSecond: Double
    package var latency: BenchLatency?
    /// Answers by HTTP status.
    package var statuses: [Int: Int]
    package var brokenConnections: Int
    /// Acknowledged items in each second.
    package var series: [Int]
    package var server: BenchServer?

    /// Whether every request got the answer that it should.
    package var isClean: Bool { brokenConnections == 0 && statuses.keys.allSatisfy { (200..<300).contains($0) } }

    package var text: String {
        var lines = [
            "\(name): \(ProgressLine.grouped(Int(itemsPerSecond))) items/s, \(ProgressLine.grouped(Int(requestsPerSecond))) requests/s over \(Int(seconds)) s, \(connections) connections, \(itemBytes) bytes an item"
                + (rateAsked.map { " (asked for \(ProgressLine.grouped(Int($0)))/s)" } ?? "")
        ]
        if let latency { lines.append("  latency: \(latency.text)") }
        let list = statuses.sorted { $0.key < $1.key }.map { "\($0.key): \(ProgressLine.grouped($0.value))" }
        lines.append(
            "  answers: \(list.joined(separator: ", "))"
                + (brokenConnections > 0 ? ", broken connections: \(brokenConnections)" : ""))
        if series.count > 2 {
            let whole = series.dropFirst().dropLast()
            lines.append(
                "  per second: least \(ProgressLine.grouped(whole.min() ?? 0)), most \(ProgressLine.grouped(whole.max() ?? 0))"
            )
        }
        if let server {
            var seen: [String] = []
            if let lag = server.lagSecondsMax { seen.append("lag at most \(tenth(lag)) s") }
            if let drain = server.drainSeconds { seen.append("caught up \(tenth(drain)) s after the load") }
            if let memory = server.residentMegabytesMax { seen.append("resident \(Int(memory)) MB") }
            if let cores = server.coresUsed { seen.append("\(tenth(cores)) cores") }
            if let stored = server.storedByBooks { seen.append("stored by the books: \(ProgressLine.grouped(stored))") }
            if !seen.isEmpty { lines.append("  server: \(seen.joined(separator: ", "))") }
        }
        return lines.joined(separator: "\n")
    }
}

/// One endpoint of a query run.
package struct QueryReport: Sendable, Codable, Equatable {
    package var endpoint: String
    /// Each question asked for the first time.
    package var cold: BenchLatency?
    /// The same question again; nil for endpoints that are never cached.
    package var cached: BenchLatency?
    package var statuses: [Int: Int]
    package var answerBytes: Int

    package var text: String {
        let name = endpoint.count < 24 ? endpoint + String(repeating: " ", count: 24 - endpoint.count) : endpoint
        let failures = statuses.filter { !(200..<300).contains($0.key) }
        return "\(name) cold \(cold?.text ?? "-")\n\(String(repeating: " ", count: 24)) cached \(cached?.text ?? "-")"
            + (failures.isEmpty ? "" : "\n  failed: \(failures)")
    }
}

private func tenth(_ value: Double) -> Double { (value * 10).rounded() / 10 }
