internal import Events
package import ServerClient

/// What the server answered, counted as it came.
package struct SimulationSummary: Sendable, Codable, Equatable {
    /// Submissions that got an answer, by HTTP status.
    package var attemptsByStatus: [Int: Int] = [:]
    /// Submissions that were refused, by problem code.
    package var attemptsByCode: [String: Int] = [:]
    package var leads = 0
    /// Submissions answered by repeating an earlier answer (same Idempotency-Key).
    package var replayed = 0
    package var eventsSent = 0
    package var eventsAccepted = 0
    package var eventsDuplicate = 0
    package var eventsRejected: [String: Int] = [:]
    /// Events whose batch got no `202` or `422`, by HTTP status; 0 stands for no answer at all.
    package var eventsUnacknowledged: [Int: Int] = [:]
    /// Requests that were repeated because the server asked for it.
    package var retries = 0
    /// Requests that got no answer.
    package var unanswered = 0
    /// Latency of requests in buckets of `LatencySketch`.
    private var latency: [Int16: Int64] = [:]
    package var seconds = 0.0
    /// Projects that took part.
    package var projects = 0

    package init() {}

    package var attempts: Int { attemptsByStatus.values.reduce(0, +) }

    package mutating func countAttempt(_ answer: ServerAnswer) {
        attemptsByStatus[answer.status, default: 0] += 1
        countLatency(answer)
        if answer.isReplayed { replayed += 1 } else if answer.status == 201 { leads += 1 }
        if let code = answer.problemCode { attemptsByCode[code, default: 0] += 1 }
    }

    package mutating func countBatch(_ answer: ServerAnswer, events: Int) {
        countLatency(answer)
        guard answer.status == 202 || answer.status == 422, let verdicts = answer.decoded(BatchVerdicts.self) else {
            eventsUnacknowledged[answer.status, default: 0] += events
            return
        }
        eventsAccepted += verdicts.accepted
        eventsDuplicate += verdicts.duplicates
        for item in verdicts.rejected ?? [] { eventsRejected[item.code, default: 0] += 1 }
    }

    private mutating func countLatency(_ answer: ServerAnswer) {
        latency[LatencySketch.bucket(of: answer.elapsed.milliseconds), default: 0] += 1
    }

    /// Milliseconds that the share `q` of requests took at most; nil before the first answer.
    package func latencyMilliseconds(_ q: Double) -> Double? {
        LatencySketch.quantile(q, of: latency.map { (bucket: $0.key, count: $0.value) })
    }

    /// One line for the progress display.
    package var line: String {
        let statuses = attemptsByStatus.sorted { $0.key < $1.key }.map { "\($0.key) \(ProgressLine.grouped($0.value))" }
        var parts = [
            "attempts \(ProgressLine.grouped(attempts))"
                + (statuses.isEmpty ? "" : " (\(statuses.joined(separator: " · ")))")
        ]
        parts.append("events \(ProgressLine.grouped(eventsAccepted))")
        let rejected = eventsRejected.values.reduce(0, +)
        if eventsDuplicate > 0 { parts.append("duplicate \(ProgressLine.grouped(eventsDuplicate))") }
        if rejected > 0 { parts.append("rejected \(ProgressLine.grouped(rejected))") }
        if retries > 0 { parts.append("repeated \(retries)") }
        if unanswered > 0 { parts.append("unanswered \(unanswered)") }
        if let p95 = latencyMilliseconds(0.95) { parts.append("p95 \(Int(p95.rounded(.up))) ms") }
        return parts.joined(separator: "  ")
    }

    /// The whole result for people, a line each.
    package var text: String {
        let list = { (counts: [String: Int]) in
            counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
                "  \($0.key): \(ProgressLine.grouped($0.value))"
            }
        }
        var lines = ["\(projects) project\(projects == 1 ? "" : "s"), \(ProgressLine.duration(seconds))"]
        lines.append(
            "submissions: \(ProgressLine.grouped(attempts)) answered, \(ProgressLine.grouped(leads)) leads, \(replayed) replayed"
        )
        lines += list(attemptsByCode)
        lines.append(
            "events: \(ProgressLine.grouped(eventsSent)) sent, \(ProgressLine.grouped(eventsAccepted)) accepted, \(eventsDuplicate) duplicate"
        )
        lines += list(eventsRejected)
        for (status, count) in eventsUnacknowledged.sorted(by: { $0.key < $1.key }) {
            lines.append(
                "  not acknowledged (\(status == 0 ? "no answer" : "HTTP \(status)")): \(ProgressLine.grouped(count))")
        }
        if let p50 = latencyMilliseconds(0.5), let p95 = latencyMilliseconds(0.95), let p99 = latencyMilliseconds(0.99)
        {
            lines.append(
                "latency: p50 \(p50.rounded(toPlaces: 1)) ms, p95 \(p95.rounded(toPlaces: 1)) ms, p99 \(p99.rounded(toPlaces: 1)) ms"
            )
        }
        if retries + unanswered > 0 { lines.append("requests repeated: \(retries), unanswered: \(unanswered)") }
        return lines.joined(separator: "\n")
    }
}

/// The answer of the intake route.
struct BatchVerdicts: Decodable {
    struct Rejection: Decodable {
        var code: String
    }
    var accepted: Int
    var duplicates: Int
    var rejected: [Rejection]?
}

struct LeadCreated: Decodable {
    var lead_id: String
}
