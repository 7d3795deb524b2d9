internal import Events
internal import Foundation

/// The members that every answer of the query API begins with, for answers from the ledger: always whole and current.
enum AnswerHead {
    /// The closing brace is the caller's.
    static func bytes(_ contract: String, _ project: ProjectID, _ now: Timestamp) -> [UInt8] {
        var out = Array("{\"contract\":{\"name\":\(JSONText.quoted(contract)),\"version\":1}".utf8)
        AttemptText.member("generated_at", JSONText.quoted(now.rfc3339()).utf8, to: &out)
        AttemptText.member("data_as_of", JSONText.quoted(now.rfc3339()).utf8, to: &out)
        AttemptText.member("partial", "false".utf8, to: &out)
        AttemptText.member("missing", "[]".utf8, to: &out)
        AttemptText.member("project_id", JSONText.quoted(project.text).utf8, to: &out)
        return out
    }

    static func json(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }
}
