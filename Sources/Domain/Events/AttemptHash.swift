internal import Crypto

/// The hash chain over a project's attempts.
///
/// `hash = SHA-256(previous_hash || encoding)`, where `encoding` is the row in **canonical encoding, version 1**: the byte
/// 0x01, then each field in the order below; a text is its UTF-8 length as a 32-bit big-endian number and its bytes; an
/// absent optional is the length 0xFFFFFFFF alone; a number is 64-bit big-endian; a duration is its IEEE 754 bits.
///
/// Fields: attempt_id, project_id, sequence, user_id?, source, channel, received_at (microseconds), logical_date (days since
/// 1970-01-01), outcome, failure_category?, failure_code?, failure_message?, context, retry_attempt, duration_ms,
/// idempotency_key?, lead_id?.
package enum AttemptHash {
    package static let length = 32
    /// The previous hash of a project's first attempt.
    package static let genesis = [UInt8](repeating: 0, count: length)

    /// The row's hash from its `previousHash` and fields (its own `hash` is not read).
    package static func hash(of attempt: Attempt) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(data: attempt.previousHash)
        hasher.update(data: encoding(of: attempt))
        return Array(hasher.finalize())
    }

    package static func encoding(of a: Attempt) -> [UInt8] {
        var out = [UInt8]()
        out.reserveCapacity(256 + a.context.utf8.count)
        out.append(1)
        append(a.attemptID, to: &out)
        append(a.projectID.text, to: &out)
        append(a.sequence, to: &out)
        append(a.userID, to: &out)
        append(a.source, to: &out)
        append(a.channel, to: &out)
        append(a.receivedAt.microseconds, to: &out)
        append(Int64(a.logicalDate.dayNumber), to: &out)
        append(a.outcome.rawValue, to: &out)
        append(a.failureCategory?.rawValue, to: &out)
        append(a.failureCode, to: &out)
        append(a.failureMessage, to: &out)
        append(a.context, to: &out)
        append(Int64(a.retryAttempt), to: &out)
        append(Int64(bitPattern: a.durationMilliseconds.bitPattern), to: &out)
        append(a.idempotencyKey, to: &out)
        append(a.leadID, to: &out)
        return out
    }

    private static func append(_ number: Int64, to out: inout [UInt8]) { CanonicalField.append(number, to: &out) }

    private static func append(_ text: String?, to out: inout [UInt8]) {
        guard let text else { return CanonicalField.append(nil, to: &out) }
        CanonicalField.append(text, to: &out)
    }
}
