package import Events
internal import GRDB
package import Ports

extension SQLiteLedger: SettingKeyLedger {
    package func settingRecord(
        _ key: String, of project: ProjectID, at now: Timestamp
    ) async throws(LedgerError) -> IdempotencyRecord? {
        try await read("reading the idempotency key") { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT body_digest, attempt_id, answer, created_at, expires_at FROM idempotency_keys
                    WHERE project_id = ? AND key = ? AND expires_at > ?
                    """, arguments: [project.text, key, now.microseconds]
            ).map { row in
                IdempotencyRecord(
                    key: key, bodyDigest: bytes(row[0]), attemptID: row[1], answer: row[2],
                    createdAt: Timestamp(microseconds: row[3]), expiresAt: Timestamp(microseconds: row[4]))
            }
        }
    }

    package func remember(_ record: IdempotencyRecord, of project: ProjectID) async throws(LedgerError) {
        try await write("writing the idempotency key") { db in try SettingKeyRow.insert(record, of: project, in: db) }
    }
}

/// The keys of settings in `idempotency_keys`.
enum SettingKeyRow {
    /// The project's expired keys of settings go first, since their answers may hold secrets. One that is in use is a violated
    /// constraint, which ends the transaction.
    static func insert(_ record: IdempotencyRecord, of project: ProjectID, in db: Database) throws {
        try db.execute(
            sql: """
                DELETE FROM idempotency_keys
                WHERE project_id = ? AND key >= 'setting ' AND key < 'setting!' AND expires_at <= ?
                """, arguments: [project.text, record.createdAt.microseconds])
        try db.execute(
            sql: """
                INSERT INTO idempotency_keys
                    (project_id, key, body_digest, attempt_id, answer, created_at, expires_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                project.text, record.key, blob(record.bodyDigest), record.attemptID, record.answer,
                record.createdAt.microseconds, record.expiresAt.microseconds,
            ])
    }
}
