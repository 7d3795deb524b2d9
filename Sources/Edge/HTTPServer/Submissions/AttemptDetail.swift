internal import Events
internal import Ports
internal import Wire

/// What the page of one attempt shows beside the row itself, read from its context: the request, the validation of each
/// field, the limiter's verdicts.
struct AttemptDetail {
    private let attempt: Attempt
    private let lead: Lead?

    init(_ attempt: Attempt, lead: Lead?) {
        self.attempt = attempt
        self.lead = lead
    }

    /// Writes the members `request`, `validation` and `limits`. A context that cannot be read leaves them null or empty.
    func append(to out: inout [UInt8]) {
        let parser = JSONParser()
        defer { withExtendedLifetime(parser) {} }  // what it parsed points into it
        var context = attempt.context
        let isRead = context.withUTF8 { bytes in
            guard let root = try? parser.root(of: bytes) else { return false }
            ContractHead.member("request", request(root), to: &out)
            ContractHead.member("validation", validation(root), to: &out)
            ContractHead.member("limits", limits(root), to: &out)
            return true
        }
        guard !isRead else { return }
        ContractHead.member("request", "null".utf8, to: &out)
        ContractHead.member("validation", "[]".utf8, to: &out)
        ContractHead.member("limits", "[]".utf8, to: &out)
    }

    /// `session_id` of the submission; nil when it named none.
    var sessionID: String? {
        let parser = JSONParser()
        defer { withExtendedLifetime(parser) {} }  // what it parsed points into it
        var context = attempt.context
        return context.withUTF8 { bytes in
            guard let root = try? parser.root(of: bytes), let request = root["request"] else { return nil }
            return request["session_id"]?.string
        }
    }

    // MARK: Request

    private static let requestMembers: [StaticString] = [
        "address_hash", "user_agent", "endpoint", "submitter", "correlation_id", "body_bytes", "body_sha256",
        "session_id", "trace_id",
    ]

    private func request(_ root: JSONValue) -> [UInt8] {
        let request = root["request"]
        var object = MemberWriter()
        for name in Self.requestMembers { object.put("\(name)", request?[name]) }
        object.put("schema", root["schema"] ?? request?["schema"])
        return object.finished
    }

    // MARK: Validation

    /// Refused fields as the log has them; accepted ones from the lead, or from the shapes that a refused submission keeps.
    private func validation(_ root: JSONValue) -> [UInt8] {
        var rows: [[UInt8]] = []
        root["errors"]?.forEachElement { error in
            let code = error["code"]?.string
            var row = MemberWriter()
            row.put("pointer", error["pointer"])
            row.put("rule", text: code.map(Self.rule))
            row.put("value_shape", text: error["value"]?.string.map(ValueShape.of))
            row.put("result", text: "failed")
            row.put("code", error["code"])
            row.put("message", error["message"])
            rows.append(row.finished)
            return true
        }
        root["accepted"]?.forEachMember { name, shape in
            rows.append(Self.passed(Self.pointer(name), shape.string))
            return true
        }
        if root["accepted"] == nil, let lead { rows += accepted(lead) }
        return [UInt8(ascii: "[")] + rows.joined(separator: ",".utf8) + [UInt8(ascii: "]")]
    }

    private func accepted(_ lead: Lead) -> [[UInt8]] {
        var rows: [[UInt8]] = []
        let parser = JSONParser()
        defer { withExtendedLifetime(parser) {} }  // what it parsed points into it
        var fields = lead.fields
        fields.withUTF8 { bytes in
            guard let root = try? parser.root(of: bytes) else { return }
            root.forEachMember { name, value in
                var json = [UInt8]()
                value.write(to: &json)
                let text = value.string ?? String(decoding: json, as: UTF8.self)
                rows.append(Self.passed(Self.pointer(name), ValueShape.of(text)))
                return true
            }
        }
        return rows
    }

    private static func passed(_ pointer: String, _ shape: String?) -> [UInt8] {
        var row = MemberWriter()
        row.put("pointer", text: pointer)
        row.put("rule", text: "type and range of the field")
        row.put("value_shape", text: shape)
        row.put("result", text: "passed")
        row.put("code", text: nil)
        row.put("message", text: nil)
        return row.finished
    }

    private static func pointer(_ name: UnsafeBufferPointer<UInt8>) -> String {
        "/fields/"
            + String(decoding: name, as: UTF8.self).replacing("~", with: "~0").replacing("/", with: "~1")
    }

    /// The rule that a code says was broken, in a few words.
    static func rule(_ code: String) -> String {
        switch ErrorCode(rawValue: code) {
        case .fieldMissing: "is required"
        case .fieldUnknown: "only known fields"
        case .fieldDuplicate: "each field once"
        case .fieldType: "type of the field"
        case .fieldTooLong: "length of the field"
        case .fieldTooMany: "number of fields"
        case .fieldPattern: "form of the field"
        case .fieldValue: "allowed values"
        case .fieldRange: "range of the number"
        case .emailInvalid: "email address"
        case .phoneInvalid: "phone in E.164 form"
        case .phoneCountryMissing: "phone with its country code"
        case .stateInvalid: "US state"
        case .consentMissing: "consent is given"
        default: code.replacing("_", with: " ")
        }
    }

    // MARK: Limits

    /// The verdicts of every rule, or of the way in's own limits when one of those refused; the limiter of a submission before
    /// there were rules, as the one rule that it was.
    private func limits(_ root: JSONValue) -> [UInt8] {
        if let own = root["way_in_limits"], own.kind == .array {
            var out = [UInt8]()
            own.write(to: &out)
            return out
        }
        if let rules = root["limits"], rules.kind == .array {
            var out = [UInt8]()
            rules.write(to: &out)
            return out
        }
        guard let limiter = root["limiter"] else { return Array("[]".utf8) }
        var row = MemberWriter()
        row.put("rule_id", text: "default")
        row.put("applies_to", text: "user")
        row.put("subject", text: attempt.userID)
        row.put("algorithm", text: "token_bucket")
        row.put("limit", limiter["limit_per_minute"])
        row.put("window_seconds", number: 60)
        row.put("allowed", limiter["allowed"])
        row.put("remaining", limiter["remaining"])
        // What the bucket held before and after: it is the limiter's own instant that the row keeps.
        let remaining = limiter["remaining"]?.integer ?? 0
        row.put("burst", limiter["limit_per_minute"])
        row.put("before", number: limiter["allowed"]?.boolean == true ? remaining + 1 : remaining)
        row.put("after", number: remaining)
        row.put("passes_at", limiter["allowed"]?.boolean == true ? nil : limiter["passes_at"])
        return [UInt8(ascii: "[")] + row.finished + [UInt8(ascii: "]")]
    }
}

/// One JSON object, member by member; what is absent is null.
struct MemberWriter {
    private var bytes: [UInt8] = []

    var finished: [UInt8] { (bytes.isEmpty ? [UInt8(ascii: "{")] : bytes) + [UInt8(ascii: "}")] }

    private mutating func name(_ name: String) {
        bytes.append(UInt8(ascii: bytes.isEmpty ? "{" : ","))
        JSONText.appendString(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }
    mutating func put(_ name: String, _ value: JSONValue?) {
        self.name(name)
        if let value { value.write(to: &bytes) } else { bytes.append(contentsOf: "null".utf8) }
    }
    mutating func put(_ name: String, text: String?) {
        self.name(name)
        if let text { JSONText.appendString(text, to: &bytes) } else { bytes.append(contentsOf: "null".utf8) }
    }
    mutating func put(_ name: String, number: Int64) {
        self.name(name)
        bytes.append(contentsOf: String(number).utf8)
    }
}
