internal import Events

/// Where a named text (a field of a form, a column of a file) goes in a submission.
///
/// Names are dotted (`user.email`, `fields.state`, `retry.attempt`) or flat (`email`, `consent`, `state`); a flat name that
/// is none of the submission's own is a field.
package struct SubmissionTarget: Hashable, Sendable {
    /// `["user", "email"]`, `["consent"]`, `["fields", "state"]`.
    package var path: [String]

    package static let userMembers: Set<String> = ["email", "phone", "name", "external_id"]
    package static let topMembers: Set<String> = ["source", "channel", "consent", "session_id"]

    /// Nil for a name that looks like a member of `user` or `retry` and is none, or names no field.
    package init?(_ name: String) {
        guard !name.isEmpty else { return nil }
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count) {
        case ("user", 2):
            guard Self.userMembers.contains(parts[1]) else { return nil }
            path = parts
        case ("retry", 2):
            guard parts[1] == "attempt" || parts[1] == "max" else { return nil }
            path = parts
        case ("fields", 2):
            guard !parts[1].isEmpty else { return nil }
            path = parts
        case (let flat, 1) where Self.userMembers.contains(flat): path = ["user", flat]
        case (let flat, 1) where Self.topMembers.contains(flat): path = [flat]
        default: path = ["fields", name]
        }
    }

    /// The JSON Pointer (RFC 6901) under which a refusal names it.
    package var pointer: String {
        path.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
    }

    /// The names, for messages.
    package static let known =
        "email, phone, name, external_id (or user.…), source, channel, consent, session_id, fields.NAME"
}

/// The body of `POST …/leads`, put together from single values.
package struct SubmissionBody: Sendable {
    private var groups: [String: [UInt8]] = [:]
    private var top: [UInt8] = []

    package init() {}

    /// Adds a value that is JSON text. A path that is set twice appears twice, and is refused as such by its reader.
    package mutating func set(_ path: [String], json: String) {
        if path.count == 2 {
            Self.append(path[1], json, to: &groups[path[0], default: []])
        } else {
            Self.append(path[0], json, to: &top)
        }
    }

    package mutating func set(_ path: [String], text: String) { set(path, json: JSONText.quoted(text)) }

    /// One JSON object; `user` and `fields` are always there.
    package var json: [UInt8] {
        var out = top
        for group in ["user", "fields", "retry"] where group != "retry" || groups[group] != nil {
            Self.append(group, "{" + String(decoding: groups[group] ?? [], as: UTF8.self) + "}", to: &out)
        }
        return [UInt8(ascii: "{")] + out + [UInt8(ascii: "}")]
    }

    /// Whether a text says yes, as a checkbox or a cell does.
    package static func isYes(_ text: String) -> Bool { ["true", "yes", "y", "1", "on"].contains(text.lowercased()) }

    private static func append(_ name: String, _ json: String, to out: inout [UInt8]) {
        if !out.isEmpty { out.append(UInt8(ascii: ",")) }
        JSONText.appendString(name, to: &out)
        out.append(UInt8(ascii: ":"))
        out.append(contentsOf: json.utf8)
    }
}
