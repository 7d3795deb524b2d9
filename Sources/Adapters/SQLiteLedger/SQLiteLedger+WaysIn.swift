internal import Events
internal import Foundation
internal import GRDB
package import Ports

extension SQLiteLedger: WaysInLedger {
    package func waysInRecords() async throws(LedgerError) -> WaysInRecords {
        try await read("reading the ways in") { db in
            WaysInRecords(
                forms: try Row.fetchAll(db, sql: "SELECT * FROM lead_forms ORDER BY project_id, source").map {
                    LeadForm(
                        projectID: ProjectID(trusted: $0["project_id"]), source: $0["source"],
                        isEnabled: $0["is_enabled"], redirectTargets: try texts($0["redirect_targets"]),
                        successRedirect: $0["success_redirect"], failureRedirect: $0["failure_redirect"],
                        allowedOrigins: try texts($0["allowed_origins"]), honeypot: $0["honeypot"],
                        createdAt: Timestamp(microseconds: $0["created_at"]),
                        updatedAt: Timestamp(microseconds: $0["updated_at"]))
                },
                secrets: try Row.fetchAll(
                    db, sql: "SELECT * FROM webhook_secrets ORDER BY project_id, source, created_at, secret_id"
                ).map {
                    WebhookSecret(
                        secretID: $0["secret_id"], projectID: ProjectID(trusted: $0["project_id"]),
                        source: $0["source"], prefix: $0["prefix"], sealed: bytes($0["sealed"]),
                        createdAt: Timestamp(microseconds: $0["created_at"]), expiresAt: instant($0["expires_at"]),
                        revokedAt: instant($0["revoked_at"]), lastUsedAt: instant($0["last_used_at"]))
                })
        }
    }

    package func applyWaysIn(_ changes: [WaysInChange]) async throws(LedgerError) {
        try await write("changing the ways in") { db in
            for change in changes { try WaysInRow.apply(change, in: db) }
        }
    }
}

/// The rows of the ways in as values.
private enum WaysInRow {
    static func apply(_ change: WaysInChange, in db: Database) throws {
        switch change {
        case .putForm(let form): try put(form, in: db)
        case .removeForm(let source, let project):
            try execute(db, "DELETE FROM lead_forms WHERE project_id = ? AND source = ?", [project.text, source])
        case .createSecret(let secret):
            try execute(
                db,
                """
                INSERT INTO webhook_secrets
                    (secret_id, project_id, source, prefix, sealed, created_at, expires_at, revoked_at, last_used_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    secret.secretID, secret.projectID.text, secret.source, secret.prefix, blob(secret.sealed),
                    secret.createdAt.microseconds, secret.expiresAt?.microseconds, secret.revokedAt?.microseconds,
                    secret.lastUsedAt?.microseconds,
                ])
        case .expireSecret(let secretID, let project, let at):
            try execute(
                db,
                """
                UPDATE webhook_secrets SET expires_at = min(coalesce(expires_at, ?), ?)
                WHERE secret_id = ? AND project_id = ?
                """, [at.microseconds, at.microseconds, secretID, project.text])
        case .revokeSecret(let secretID, let project, let at):
            try execute(
                db,
                "UPDATE webhook_secrets SET revoked_at = ? WHERE secret_id = ? AND project_id = ? AND revoked_at IS NULL",
                [at.microseconds, secretID, project.text])
        case .recordSecretUse(let uses):
            for (secretID, at) in uses {
                try execute(
                    db,
                    "UPDATE webhook_secrets SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE secret_id = ?",
                    [at.microseconds, secretID])
            }
        case .audit(let entry): try AccountRow.apply(.audit(entry), in: db)
        case .remember(let record, let project): try SettingKeyRow.insert(record, of: project, in: db)
        }
    }

    private static func put(_ form: LeadForm, in db: Database) throws {
        try execute(
            db,
            """
            INSERT INTO lead_forms (project_id, source, is_enabled, redirect_targets, success_redirect, failure_redirect,
                allowed_origins, honeypot, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET is_enabled = excluded.is_enabled, redirect_targets = excluded.redirect_targets,
                success_redirect = excluded.success_redirect, failure_redirect = excluded.failure_redirect,
                allowed_origins = excluded.allowed_origins, honeypot = excluded.honeypot, updated_at = excluded.updated_at
            """,
            [
                form.projectID.text, form.source, form.isEnabled, try json(form.redirectTargets), form.successRedirect,
                form.failureRedirect, try json(form.allowedOrigins), form.honeypot, form.createdAt.microseconds,
                form.updatedAt.microseconds,
            ])
    }

    private static func execute(_ db: Database, _ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

}

private func instant(_ microseconds: Int64?) -> Timestamp? { microseconds.map(Timestamp.init(microseconds:)) }

private func texts(_ json: String) throws -> [String] { try JSONDecoder().decode([String].self, from: Data(json.utf8)) }

private func json(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
}
