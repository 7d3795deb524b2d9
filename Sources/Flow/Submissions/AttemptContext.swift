internal import Events

/// The context of an attempt as JSON: what support needs in order to understand the result. Members in a fixed order:
///
/// `request` (`schema_version`, `endpoint`, `body_bytes`, `body_sha256`, `address_hash`, `user_agent`, `correlation_id`,
/// `submitter`, `session_id`), then when they apply `errors` (`pointer`, `code`, `message`, `value`), `accepted` (beside
/// errors: the shapes of the fields that were right, by name), `limiter`
/// (`limit_per_minute`, `interval_us`, `allowed`, `state_before_us`, `state_after_us`, `remaining`, `passes_at`) and
/// `duplicate_of`.
///
/// Never in it: addresses, tokens, whole bodies. Values that a client sent are bounded by `Limits.keptValueBytesMax`.
enum AttemptContext {
    static let schemaVersion = 1

    static func json(
        _ read: ReadSubmission, limiter: (limit: RateLimiter, step: RateLimiter.Step)?, duplicateOf: String?
    ) -> String {
        var out = JSONObjectWriter()
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
        }
        if !read.refused.isEmpty {
            out.raw("errors", errors(read.refused))
            if !read.accepted.isEmpty {
                out.object("accepted") { object in
                    for field in read.accepted { object.text(field.name, field.shape) }
                }
            }
        }
        if let (limit, step) = limiter {
            out.object("limiter") { object in
                object.number("limit_per_minute", Int64(limit.perMinute))
                object.number("interval_us", limit.intervalMicroseconds)
                object.boolean("allowed", step.isAllowed)
                if let before = step.before { object.number("state_before_us", before.microseconds) }
                object.number("state_after_us", step.after.microseconds)
                object.number("remaining", Int64(step.remaining))
                object.text("passes_at", step.passesAt.rfc3339())
            }
        }
        out.text("duplicate_of", duplicateOf)
        return out.finished
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
struct JSONObjectWriter {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    var finished: String { String(decoding: finishedBytes, as: UTF8.self) }
    var finishedBytes: [UInt8] { bytes + [UInt8(ascii: "}")] }

    private mutating func name(_ name: String) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
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
    /// A value that is JSON already.
    mutating func raw(_ name: String, _ json: some Sequence<UInt8>) {
        self.name(name)
        bytes.append(contentsOf: json)
    }
    mutating func object(_ name: String, _ body: (inout JSONObjectWriter) -> Void) {
        var inner = JSONObjectWriter()
        body(&inner)
        raw(name, inner.finishedBytes)
    }
}
