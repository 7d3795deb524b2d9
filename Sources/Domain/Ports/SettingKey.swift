package import Events

/// What holds for every `Idempotency-Key`.
package enum IdempotencyLimits {
    /// Longest key, in bytes.
    package static let keyBytesMax = 255
    /// How long a key is remembered.
    package static let lifetime = Duration.seconds(24 * 3600)

    /// 1 to 255 printable ASCII characters without spaces.
    package static func isKey(_ text: String) -> Bool {
        (1...keyBytesMax).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    package static let notAKey = Problem(
        .idempotencyKeyInvalid,
        "Idempotency-Key must have 1 to \(keyBytesMax) printable ASCII characters without spaces.")
}

/// The `Idempotency-Key` of a request that changes settings: the same key with the same body within 24 hours changes
/// nothing and is answered as the first one was.
package struct SettingKey: Hashable, Sendable {
    /// As it is stored: apart from the keys of other operations, and of submissions.
    package let stored: String
    /// SHA-256 of the request's body.
    package let digest: [UInt8]

    /// `operation` names the route and what it is about (`schema web_form`).
    package init(_ key: String, operation: String, bodyDigest: [UInt8]) throws(Problem) {
        guard IdempotencyLimits.isKey(key) else { throw IdempotencyLimits.notAKey }
        stored = "setting \(operation) \(key)"
        digest = bodyDigest
    }

    /// What an earlier request with this key made; nil when there was none. Another body is refused. `problem` says what a
    /// caller is told about a ledger that fails.
    package func earlier(
        in ledger: any SettingKeyLedger, _ project: ProjectID, at now: Timestamp,
        problem: (LedgerError) -> Problem
    ) async throws(Problem) -> IdempotencyRecord? {
        let found: IdempotencyRecord?
        do { found = try await ledger.settingRecord(stored, of: project, at: now) } catch { throw problem(error) }
        guard let found else { return nil }
        guard found.bodyDigest == digest else {
            throw Problem(
                .idempotencyKeyReused,
                "This Idempotency-Key was used with another body within the last day. Use a new key for a new request.")
        }
        return found
    }

    /// `answer` is text in the caller's own form. A secret in it is sealed.
    package func record(made: String, answer: String = "{}", at now: Timestamp) -> IdempotencyRecord {
        IdempotencyRecord(
            key: stored, bodyDigest: digest, attemptID: made, answer: answer, createdAt: now,
            expiresAt: now + IdempotencyLimits.lifetime)
    }
}
