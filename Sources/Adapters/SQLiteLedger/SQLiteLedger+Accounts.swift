internal import Events
internal import GRDB
package import Ports

extension SQLiteLedger: AccountLedger {
    package func accountRecords() async throws(LedgerError) -> AccountRecords {
        try await read("reading accounts") { [path] db in
            AccountRecords(
                organisations: try Row.fetchAll(db, sql: "SELECT * FROM organisations ORDER BY created_at").map {
                    Organisation(
                        organisationID: $0["organisation_id"], name: $0["name"],
                        createdAt: Timestamp(microseconds: $0["created_at"]))
                },
                projects: try Row.fetchAll(db, sql: "SELECT * FROM projects ORDER BY created_at, project_id").map {
                    try AccountRow.project($0, path: path)
                },
                keys: try Row.fetchAll(db, sql: "SELECT * FROM api_keys ORDER BY created_at, key_id").map {
                    AccountRow.key($0)
                })
        }
    }

    package func member(email: String) async throws(LedgerError) -> Member? {
        try await read("reading the member") { [path] db in
            try Row.fetchOne(db, sql: "SELECT * FROM members WHERE email = ?", arguments: [email])
                .map { try AccountRow.member($0, path: path) }
        }
    }

    package func member(id: String) async throws(LedgerError) -> Member? {
        try await read("reading the member") { [path] db in
            try Row.fetchOne(db, sql: "SELECT * FROM members WHERE member_id = ?", arguments: [id])
                .map { try AccountRow.member($0, path: path) }
        }
    }

    package func session(tokenHash: [UInt8]) async throws(LedgerError) -> Session? {
        try await read("reading the session") { db in
            try Row.fetchOne(
                db, sql: "SELECT * FROM sessions WHERE token_hash = ?", arguments: [blob(tokenHash)]
            ).map {
                Session(
                    sessionID: $0["session_id"], tokenHash: bytes($0["token_hash"]), memberID: $0["member_id"],
                    createdAt: Timestamp(microseconds: $0["created_at"]),
                    expiresAt: Timestamp(microseconds: $0["expires_at"]))
            }
        }
    }

    package func audit(organisation: String, limit: Int) async throws(LedgerError) -> [AuditEntry] {
        try await read("reading the audit log") { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM audit_log WHERE organisation_id = ? ORDER BY audit_id DESC LIMIT ?",
                arguments: [organisation, limit]
            ).map {
                let project: String? = $0["project_id"]
                return AuditEntry(
                    organisationID: $0["organisation_id"], projectID: project.map(ProjectID.init(trusted:)),
                    actor: $0["actor"], action: $0["action"], subject: $0["subject"], address: $0["address"],
                    detail: $0["detail"], at: Timestamp(microseconds: $0["created_at"]))
            }
        }
    }

    package func apply(_ changes: [AccountChange]) async throws(LedgerError) {
        try await write("changing accounts") { db in
            for change in changes { try AccountRow.apply(change, in: db) }
        }
    }

    package func applyIfEmpty(_ changes: [AccountChange]) async throws(LedgerError) -> Bool {
        try await write("creating the first account") { db in
            guard try Bool.fetchOne(db, sql: "SELECT NOT EXISTS (SELECT 1 FROM organisations)") == true else {
                return false
            }
            for change in changes { try AccountRow.apply(change, in: db) }
            return true
        }
    }
}
