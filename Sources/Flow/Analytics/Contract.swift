internal import Events

/// A versioned shape of answer. Every answer says which one it is; the edge knows what a client accepts.
enum Contract: String {
    case funnelMetrics = "funnel_metrics"
    case failures, timeseries, breakdown, facets, latency, cost
    case realtimeSnapshot = "realtime_snapshot"
    case overview, events, event, traces, trace, books, quarantine
    case quarantineReplay = "quarantine_replay"

    var name: String { rawValue }
    static let version: Int64 = 1
}

/// What an answer holds beside the envelope.
struct Payload {
    var range: QuestionRange?
    var members: [(String, AnswerJSON)]
    /// Parts that could not be had.
    var missing: [String] = []
    /// How long the cache may keep the answer.
    var lifetime: Duration = .zero
}

/// The circumstances of one answer.
struct AnswerContext {
    var contract: Contract
    var project: Project
    var now: Timestamp
    /// Everything received before is counted.
    var asOf: Timestamp

    func envelope(_ payload: Payload) -> AnswerJSON {
        var members: [(String, AnswerJSON)] = [
            ("contract", .object([("name", .text(contract.name)), ("version", .integer(Contract.version))])),
            ("generated_at", .time(now)),
            ("data_as_of", .time(asOf)),
            ("partial", .bool(!payload.missing.isEmpty)),
            ("missing", .array(payload.missing.map { .text($0) })),
            ("project_id", .text(project.id.text)),
        ]
        if let range = payload.range { members.append(("range", range.json)) }
        return .object(members + payload.members)
    }

    /// `standard`, or a minute when the range is over for an hour: its numbers hardly change any more.
    func lifetime(_ standard: Duration, _ range: Range<Timestamp>) -> Duration {
        range.upperBound + .seconds(3600) < now ? .seconds(60) : standard
    }
}
