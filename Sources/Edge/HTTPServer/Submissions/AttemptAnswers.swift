internal import Events
internal import Ports

/// An attempt as lists show it.
struct AttemptAnswer: Encodable {
    var attempt_id: String
    var sequence: Int64
    var user_id: OrNull<String>
    var source: String
    var channel: String
    var received_at: Timestamp
    var logical_date: LogicalDate
    var outcome: Outcome
    var failure_category: OrNull<FailureCategory>
    var failure_code: OrNull<String>
    var failure_message: OrNull<String>
    var retry_attempt: Int
    var duration_ms: Double
    var lead_id: OrNull<String>

    init(_ attempt: Attempt) {
        attempt_id = attempt.attemptID
        sequence = attempt.sequence
        user_id = OrNull(attempt.userID)
        source = attempt.source
        channel = attempt.channel
        received_at = attempt.receivedAt
        logical_date = attempt.logicalDate
        outcome = attempt.outcome
        failure_category = OrNull(attempt.failureCategory)
        failure_code = OrNull(attempt.failureCode)
        failure_message = OrNull(attempt.failureMessage)
        retry_attempt = attempt.retryAttempt
        duration_ms = attempt.durationMilliseconds
        lead_id = OrNull(attempt.leadID)
    }
}

/// Writes the members of answers that hold JSON which is stored as text.
enum AttemptText {
    /// The attempt with its context, key and hashes.
    static func inFull(_ attempt: Attempt, short: [UInt8]) -> [UInt8] {
        var out = Array(short.dropLast())
        member("context", attempt.context.utf8, to: &out)
        member("idempotency_key", attempt.idempotencyKey.map(JSONText.quoted)?.utf8 ?? "null".utf8, to: &out)
        member("previous_hash", JSONText.quoted(hex(attempt.previousHash)).utf8, to: &out)
        member("hash", JSONText.quoted(hex(attempt.hash)).utf8, to: &out)
        out.append(UInt8(ascii: "}"))
        return out
    }

    static func lead(_ lead: Lead) -> [UInt8] {
        var out = Array("{\"lead_id\":\(JSONText.quoted(lead.leadID))".utf8)
        member("project_id", JSONText.quoted(lead.projectID.text).utf8, to: &out)
        member("attempt_id", JSONText.quoted(lead.attemptID).utf8, to: &out)
        member("user_id", JSONText.quoted(lead.userID).utf8, to: &out)
        member("source", JSONText.quoted(lead.source).utf8, to: &out)
        member("channel", JSONText.quoted(lead.channel).utf8, to: &out)
        member("created_at", JSONText.quoted(lead.createdAt.rfc3339()).utf8, to: &out)
        member("fields", lead.fields.utf8, to: &out)
        out.append(UInt8(ascii: "}"))
        return out
    }

    static func member(_ name: String, _ json: some Sequence<UInt8>, to out: inout [UInt8]) {
        out.append(contentsOf: ",\"\(name)\":".utf8)
        out.append(contentsOf: json)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
