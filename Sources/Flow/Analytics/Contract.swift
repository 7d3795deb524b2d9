internal import Events

/// A versioned shape of answer. Every answer says which one it is; a client may insist (`Accept-Contract: NAME;v=1`).
enum Contract: String {
    case funnelMetrics = "funnel_metrics"
    case failures, timeseries, breakdown, facets, latency, cost
    case realtimeSnapshot = "realtime_snapshot"
    case overview, events, event, traces, trace, books, quarantine
    case quarantineReplay = "quarantine_replay"

    var name: String { rawValue }
    /// Versions served, newest first.
    static let versions = [1]

    /// Throws `contract_version_unsupported` unless one of the header's alternatives is served. No header accepts all.
    func accept(_ header: String?) throws(Problem) {
        guard let header, !header.allSatisfy(\.isWhitespace) else { return }
        for alternative in header.split(separator: ",") {
            let parts = alternative.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
            guard let wanted = parts.first, wanted == name || wanted == "*" else { continue }
            guard parts.count > 1 else { return }
            if parts.count == 2, Self.versions.contains(where: { parts[1] == "v=\($0)" }) { return }
        }
        let served = Self.versions.map { "\(name);v=\($0)" }.joined(separator: ", ")
        let list = AnswerJSON.array([
            .object([("name", .text(name)), ("versions", .array(Self.versions.map { .integer($0) }))])
        ])
        throw Problem(
            .contractVersionUnsupported,
            "This route does not serve '\(header.prefix(80))'. Send `Accept-Contract: \(served)`, or leave the header out.",
            members: ["contracts": String(decoding: list.bytes, as: UTF8.self)])
    }
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
            ("contract", .object([("name", .text(contract.name)), ("version", .integer(Contract.versions[0]))])),
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
