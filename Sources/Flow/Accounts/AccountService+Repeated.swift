package import Events
internal import Foundation
package import Ports

/// A project that was created, with its first API key.
package struct CreatedProject: Sendable {
    package var project: Project
    package var apiKey: String
    /// Whether an earlier request with the same `Idempotency-Key` created it.
    package var isReplayed = false
}

/// An API key that was created, with its text.
package struct CreatedKey: Sendable {
    package var key: APIKey
    package var token: String
    /// Whether an earlier request with the same `Idempotency-Key` created it.
    package var isReplayed = false
}

/// What a repeated `Idempotency-Key` gets again. The new API key is part of that answer, so it is kept for as long as the
/// answer, encrypted with a key that is not in the ledger; the ledger's own record of the key is a hash, as always.
extension AccountService {
    /// Text that `token(in:)` reads: the key's identifier, and the token in base 64, encrypted for that key alone.
    func sealed(_ token: String, of keyID: String) throws(Problem) -> String {
        guard let sealed = sealing.seal(Array(token.utf8), for: Self.owner(keyID)) else {
            throw Problem(.internalError, "The new API key could not be encrypted; nothing was created.")
        }
        return "\(keyID) \(Data(sealed).base64EncodedString())"
    }

    private func token(in answer: String) throws(Problem) -> String {
        let parts = answer.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let sealed = Data(base64Encoded: String(parts[1])),
            let token = sealing.open(Array(sealed), for: Self.owner(String(parts[0])))
        else {
            throw Problem(
                .internalError,
                "The API key that this Idempotency-Key created cannot be decrypted. Revoke it and create another one with a new Idempotency-Key."
            )
        }
        return String(decoding: token, as: UTF8.self)
    }

    private static func owner(_ keyID: String) -> String { "answer \(keyID)" }

    func earlierProject(_ repeating: SettingKey?, _ organisation: String) async throws(Problem) -> CreatedProject? {
        guard let repeating else { return nil }
        let record = try await repeating.earlier(
            in: ledger, ProjectID(trusted: organisation), at: clock.now, problem: Self.problem(for:))
        guard let record else { return nil }
        let id = ProjectID(trusted: record.attemptID)
        guard let project = try await read({ published.project(id) }) else { throw Self.gone(record) }
        return CreatedProject(project: project, apiKey: try token(in: record.answer), isReplayed: true)
    }

    func earlierKey(_ repeating: SettingKey?, _ project: ProjectID) async throws(Problem) -> CreatedKey? {
        guard let repeating else { return nil }
        let record = try await repeating.earlier(in: ledger, project, at: clock.now, problem: Self.problem(for:))
        guard let record else { return nil }
        let key = try await read { published.keys(of: project).first { $0.keyID == record.attemptID } }
        guard let key else { throw Self.gone(record) }
        return CreatedKey(key: key, token: try token(in: record.answer), isReplayed: true)
    }

    /// What was created a moment ago may not be published yet.
    private func read<Value>(_ look: () -> Value?) async throws(Problem) -> Value? {
        if let value = look() { return value }
        do { try await published.refresh() } catch { throw Self.problem(for: error) }
        return look()
    }

    private static func gone(_ record: IdempotencyRecord) -> Problem {
        Problem(.internalError, "What this Idempotency-Key created, \(record.attemptID), cannot be found.")
    }
}
