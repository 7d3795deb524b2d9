internal import Crypto
package import Events
internal import Ports

/// The `Idempotency-Key` of a request that changes settings: the same key with the same body within 24 hours changes
/// nothing and is answered as the first one was.
package struct SettingKey: Hashable, Sendable {
    /// As it is stored: apart from the keys of other operations, and of submissions.
    let stored: String
    let digest: [UInt8]

    /// `operation` names the route and what it is about (`schema web_form`); `body` is the request's, byte for byte.
    package init(_ key: String, operation: String, body: [UInt8]) throws(Problem) {
        guard FieldRules.isIdempotencyKey(key) else {
            throw Problem(
                .idempotencyKeyInvalid,
                "Idempotency-Key must have 1 to \(Limits.idempotencyKeyBytesMax) printable ASCII characters without spaces."
            )
        }
        stored = "setting \(operation) \(key)"
        digest = Array(SHA256.hash(data: body))
    }

    /// What an earlier request with this key made; nil when there was none. Another body is refused.
    func earlier(
        in ledger: any SettingKeyLedger, _ project: ProjectID, at now: Timestamp
    ) async throws(Problem) -> IdempotencyRecord? {
        let found: IdempotencyRecord?
        do { found = try await ledger.settingRecord(stored, of: project, at: now) } catch {
            throw SubmissionRulesService.problem(for: error)
        }
        guard let found else { return nil }
        guard found.bodyDigest == digest else {
            throw Problem(
                .idempotencyKeyReused,
                "This Idempotency-Key was used with another body within the last day. Use a new key for a new request.")
        }
        return found
    }

    /// `answer` is JSON in the caller's own form. Never a secret.
    func record(made: String, answer: String = "{}", at now: Timestamp) -> IdempotencyRecord {
        IdempotencyRecord(
            key: stored, bodyDigest: digest, attemptID: made, answer: answer, createdAt: now,
            expiresAt: now + Limits.idempotencyLifetime)
    }
}
