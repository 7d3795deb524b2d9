internal import Events

/// The members that every answer of the query API begins with; the closing brace is the caller's.
enum ContractHead {
    static func open(_ contract: String, _ project: ProjectID, _ now: Timestamp, missing: [String] = []) -> [UInt8] {
        var out = Array("{\"contract\":{\"name\":\(JSONText.quoted(contract)),\"version\":1}".utf8)
        member("generated_at", JSONText.quoted(now.rfc3339()).utf8, to: &out)
        member("data_as_of", JSONText.quoted(now.rfc3339()).utf8, to: &out)
        member("partial", (missing.isEmpty ? "false" : "true").utf8, to: &out)
        member("missing", "[\(missing.map(JSONText.quoted).joined(separator: ","))]".utf8, to: &out)
        member("project_id", JSONText.quoted(project.text).utf8, to: &out)
        return out
    }

    static func member(_ name: String, _ json: some Sequence<UInt8>, to out: inout [UInt8]) {
        out.append(contentsOf: ",\"\(name)\":".utf8)
        out.append(contentsOf: json)
    }
}
