internal import Events

/// The context of an attempt as JSON: what support needs in order to understand the result. Members in a fixed order:
///
/// `request` (`schema_version`, `endpoint`, `body_bytes`, `body_sha256`, `address_hash`, `user_agent`, `correlation_id`,
/// `submitter`, `session_id`, `trace_id`), then when they apply `schema` (`source`, `version`: which schema judged the fields),
/// `errors` (`pointer`, `code`, `message`, `value`), `accepted` (beside errors: the shapes of the fields that were right, by
/// name), `limits` (for each rule that was asked: `rule_id`, `applies_to`,
/// `subject`, `algorithm`, `limit`, `window_seconds`, `burst`, `allowed`, `remaining`, `before` and `after` (how many would
/// have passed at once), `state_before`, `state_after`, `passes_at`; a state is `{at_us}` or `{window_start_us, current,
/// previous}`), `way_in_limits` (for each limit of the way in itself that was asked, when one of them refused: the same members
/// without states), `duplicate_of`, and `late` (`date`, `received_at`: the closed day that the submission came for, and when it
/// came). Rows before version 2 have `limiter`
/// (`limit_per_minute`, `interval_us`, `allowed`, `state_before_us`, `state_after_us`, `remaining`, `passes_at`) for the one
/// rule that there was.
///
/// Never in it: addresses, tokens, whole bodies. Values that a client sent are bounded by `Limits.keptValueBytesMax`.
enum AttemptContext {
    static let schemaVersion = 2

    /// What the context says about a submission as it was read: everything before the limits.
    static func beginning(_ read: ReadSubmission) -> JSONObjectWriter {
        var out = JSONObjectWriter(capacity: 512)
        out.object("request") { request in
            request.number("schema_version", Int64(schemaVersion))
            request.text("endpoint", bounded(read.facts.endpoint, bytesMax: 32))
            request.number("body_bytes", Int64(read.bodyBytes))
            request.text("body_sha256", hex(read.bodyDigest))
            request.text("address_hash", read.addressHash)
            request.text("user_agent", read.facts.userAgent.map(userAgentFamily))
            request.text("correlation_id", read.facts.correlationID.map { bounded($0, bytesMax: 64) })
            request.text("submitter", read.facts.submitter.map { bounded($0, bytesMax: 64) })
            request.text("session_id", read.sessionID)
            request.text("trace_id", read.facts.trace?.traceID)
        }
        if let version = read.schemaVersion {
            out.object("schema") { schema in
                schema.text("source", read.source)
                if let number = Int64(version) {
                    schema.number("version", number)
                } else {
                    schema.text("version", version)
                }
            }
        }
        if !read.refused.isEmpty {
            out.raw("errors", errors(read.refused))
            if !read.accepted.isEmpty {
                out.object("accepted") { object in
                    for field in read.accepted { object.text(field.name, field.shape) }
                }
            }
        }
        return out
    }

    static func json(
        _ read: ReadSubmission, limits: [LimitVerdict], duplicateOf: String?,
        late: (date: LogicalDate, receivedAt: Timestamp)? = nil
    ) -> String {
        var out = read.context
        if !limits.isEmpty { out.raw("limits", json(limits)) }
        if !read.facts.askedLimits.isEmpty { out.raw("way_in_limits", json(read.facts.askedLimits, of: read)) }
        out.text("duplicate_of", duplicateOf)
        if let late {
            out.object("late") { object in
                object.text("date", late.date.description)
                object.text("received_at", late.receivedAt.rfc3339())
            }
        }
        return out.finished
    }

    static func json(_ limits: [LimitVerdict]) -> [UInt8] {
        var out = [UInt8(ascii: "[")]
        for (index, verdict) in limits.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            let (rule, step) = (verdict.rule, verdict.step)
            var object = JSONObjectWriter()
            object.text("rule_id", rule.id)
            object.text("applies_to", rule.appliesTo.rawValue)
            object.text("subject", verdict.subject)
            object.text("algorithm", rule.algorithm.rawValue)
            object.number("limit", Int64(rule.limit))
            object.number("window_seconds", Int64(rule.windowSeconds))
            if let burst = rule.burst { object.number("burst", Int64(burst)) }
            object.boolean("allowed", step.isAllowed)
            object.number("remaining", Int64(verdict.remaining))
            object.number("before", Int64(verdict.remainingBefore))
            object.number("after", Int64(verdict.remaining))
            object.raw("state_before", json(step.before, rule).utf8)
            object.raw("state_after", json(verdict.after, rule).utf8)
            object.raw("passes_at", step.isAllowed ? "null".utf8 : JSONText.quoted(step.passesAt.rfc3339()).utf8)
            out.append(contentsOf: object.finishedBytes)
        }
        out.append(UInt8(ascii: "]"))
        return out
    }

    private static func json(_ asked: [AskedLimit], of read: ReadSubmission) -> [UInt8] {
        var out = [UInt8(ascii: "[")]
        for (index, limit) in asked.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            var object = JSONObjectWriter()
            object.text("rule_id", limit.name)
            object.text("applies_to", limit.appliesTo.rawValue)
            object.text("subject", limit.appliesTo == .address ? read.addressHash : read.source)
            object.text("algorithm", LimitRule.Algorithm.tokenBucket.rawValue)
            object.number("limit", Int64(limit.perMinute))
            object.number("window_seconds", Int64(60))
            object.number("burst", Int64(limit.perMinute))
            object.boolean("allowed", limit.isAllowed)
            object.number("remaining", Int64(limit.after))
            object.number("before", Int64(limit.before))
            object.number("after", Int64(limit.after))
            object.raw("passes_at", (limit.passesAt.map { JSONText.quoted($0.rfc3339()) } ?? "null").utf8)
            out.append(contentsOf: object.finishedBytes)
        }
        out.append(UInt8(ascii: "]"))
        return out
    }

    /// A limiter's state, with the names that its algorithm gives to its numbers.
    static func json(_ state: LimitState?, _ rule: LimitRule) -> String {
        guard let state else { return "null" }
        return switch rule.algorithm {
        case .tokenBucket: "{\"at_us\":\(state.at)}"
        case .slidingWindow:
            "{\"window_start_us\":\(state.at),\"current\":\(state.current),\"previous\":\(state.previous)}"
        }
    }

    static func errors(_ refused: [RefusedField]) -> [UInt8] {
        var out = [UInt8(ascii: "[")]
        for (index, field) in refused.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            var object = JSONObjectWriter()
            object.text("pointer", field.problem.pointer)
            object.text("code", field.problem.code.rawValue)
            object.text("message", field.problem.message)
            object.text("value", field.value)
            out.append(contentsOf: object.finished.utf8)
        }
        out.append(UInt8(ascii: "]"))
        return out
    }

    /// The family of a user agent: coarse on purpose, so that it cannot identify a person. The first match wins.
    static func userAgentFamily(_ agent: String) -> String {
        let families = [
            ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
            ("curl/", "curl"), ("python", "Python"), ("Python", "Python"), ("okhttp", "OkHttp"), ("Go-http", "Go"),
            ("node", "Node.js"), ("daybook", "Daybook"),
        ]
        let head = bounded(agent, bytesMax: 512)
        return families.first { head.contains($0.0) }?.1 ?? "other"
    }
}

/// Writes one JSON object, member by member; absent values are left out.
struct JSONObjectWriter: Hashable, Sendable {
    private var bytes: [UInt8]
    /// Where the first member of the object that is being written begins.
    private var first = 1

    init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
        bytes.append(UInt8(ascii: "{"))
    }

    var finished: String { String(decoding: finishedBytes, as: UTF8.self) }
    var finishedBytes: [UInt8] {
        var whole = bytes
        whole.append(UInt8(ascii: "}"))
        return whole
    }

    private mutating func name(_ name: String) {
        if bytes.count > first { bytes.append(UInt8(ascii: ",")) }
        JSONText.appendString(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }
    mutating func text(_ name: String, _ value: String?) {
        guard let value else { return }
        self.name(name)
        JSONText.appendString(value, to: &bytes)
    }
    mutating func texts(_ name: String, _ values: [String]) {
        self.name(name)
        bytes.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSONText.appendString(value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }
    mutating func number(_ name: String, _ value: Int64) {
        self.name(name)
        bytes.append(contentsOf: String(value).utf8)
    }
    mutating func number(_ name: String, _ value: Double) {
        self.name(name)
        JSONText.appendNumber(value, to: &bytes)
    }
    mutating func boolean(_ name: String, _ value: Bool) {
        self.name(name)
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }
    /// Members that are JSON already, without a comma before the first.
    mutating func members(_ json: [UInt8]) {
        guard !json.isEmpty else { return }
        if bytes.count > first { bytes.append(UInt8(ascii: ",")) }
        bytes.append(contentsOf: json)
    }
    /// A value that is JSON already.
    mutating func raw(_ name: String, _ json: some Sequence<UInt8>) {
        self.name(name)
        bytes.append(contentsOf: json)
    }
    /// An object inside, written in place.
    mutating func object(_ name: String, _ body: (inout JSONObjectWriter) -> Void) {
        self.name(name)
        let start = first
        first = bytes.count + 1
        bytes.append(UInt8(ascii: "{"))
        body(&self)
        bytes.append(UInt8(ascii: "}"))
        first = start
    }
}
