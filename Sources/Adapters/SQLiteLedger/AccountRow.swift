internal import Events
internal import GRDB
internal import Ports

/// The rows of the control plane as values.
enum AccountRow {
    /// Throws `unreadable` when the machine does not know the project's time zone.
    static func project(_ row: Row, path: String) throws -> Project {
        let id: String = row["project_id"]
        let zone: String = row["time_zone"]
        guard let calendar = DayCalendar(zoneName: zone) else {
            throw LedgerError.unreadable(
                path: path, detail: "project \(id) uses the time zone \(zone), which this machine's tz database lacks")
        }
        return Project(
            id: ProjectID(trusted: id), organisationID: row["organisation_id"], name: row["name"], calendar: calendar,
            region: row["region"], eventsPerSecond: row["events_per_second"],
            submissionsPerUserPerMinute: row["submissions_per_user_per_minute"],
            createdAt: Timestamp(microseconds: row["created_at"]))
    }

    static func key(_ row: Row) -> APIKey {
        let scopes: String = row["scopes"]
        return APIKey(
            keyID: row["key_id"], projectID: ProjectID(trusted: row["project_id"]), prefix: row["prefix"],
            name: row["name"],
            scopes: Set(scopes.split(separator: " ").compactMap { Principal.Scope(rawValue: String($0)) }),
            tokenHash: bytes(row["token_hash"]), eventsPerSecond: row["events_per_second"],
            createdAt: Timestamp(microseconds: row["created_at"]), expiresAt: time(row["expires_at"]),
            lastUsedAt: time(row["last_used_at"]), revokedAt: time(row["revoked_at"]))
    }

    static func member(_ row: Row, path: String) throws -> Member {
        let id: String = row["member_id"]
        let roleText: String = row["role"]
        guard let role = Principal.Role(rawValue: roleText) else {
            throw LedgerError.unreadable(path: path, detail: "member \(id) has the unknown role \(roleText)")
        }
        return Member(
            memberID: id, organisationID: row["organisation_id"], email: row["email"], role: role,
            passwordHash: row["password_hash"], createdAt: Timestamp(microseconds: row["created_at"]))
    }

    private static func time(_ microseconds: Int64?) -> Timestamp? { microseconds.map(Timestamp.init(microseconds:)) }

    static func apply(_ change: AccountChange, in db: Database) throws {
        switch change {
        case .createOrganisation(let o):
            try execute(
                db, "INSERT INTO organisations (organisation_id, name, created_at) VALUES (?, ?, ?)",
                [o.organisationID, o.name, o.createdAt.microseconds])
        case .createProject(let p):
            try execute(
                db,
                """
                INSERT INTO projects (project_id, organisation_id, name, time_zone, region, events_per_second,
                    submissions_per_user_per_minute, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    p.id.text, p.organisationID, p.name, p.calendar.zoneName, p.region, p.eventsPerSecond,
                    p.submissionsPerUserPerMinute, p.createdAt.microseconds,
                ])
        case .createMember(let m):
            try execute(
                db,
                """
                INSERT INTO members (member_id, organisation_id, email, role, password_hash, created_at)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
                [m.memberID, m.organisationID, m.email, m.role.rawValue, m.passwordHash, m.createdAt.microseconds])
        case .createKey(let key): try insert(key, in: db)
        case .remember(let record, let project): try SettingKeyRow.insert(record, of: project, in: db)
        case .revokeKey(let keyID, let project, let at):
            try execute(
                db, "UPDATE api_keys SET revoked_at = ? WHERE key_id = ? AND project_id = ? AND revoked_at IS NULL",
                [at.microseconds, keyID, project.text])
        case .recordKeyUse(let uses):
            for (keyID, at) in uses {
                try execute(
                    db, "UPDATE api_keys SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE key_id = ?",
                    [at.microseconds, keyID])
            }
        case .createSession(let s):
            try execute(
                db,
                """
                INSERT INTO sessions (session_id, token_hash, member_id, created_at, expires_at)
                VALUES (?, ?, ?, ?, ?)
                """,
                [s.sessionID, blob(s.tokenHash), s.memberID, s.createdAt.microseconds, s.expiresAt.microseconds])
        case .extendSession(let id, let expiresAt):
            try execute(
                db, "UPDATE sessions SET expires_at = ? WHERE session_id = ?", [expiresAt.microseconds, id])
        case .endSession(let id): try execute(db, "DELETE FROM sessions WHERE session_id = ?", [id])
        case .removeSessions(let before):
            try execute(db, "DELETE FROM sessions WHERE expires_at < ?", [before.microseconds])
        case .audit(let entry): try insert(entry, in: db)
        }
    }

    private static func insert(_ key: APIKey, in db: Database) throws {
        try execute(
            db,
            """
            INSERT INTO api_keys (key_id, project_id, prefix, name, scopes, token_hash, events_per_second, created_at,
                expires_at, last_used_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                key.keyID, key.projectID.text, key.prefix, key.name,
                key.scopes.map(\.rawValue).sorted().joined(separator: " "), blob(key.tokenHash), key.eventsPerSecond,
                key.createdAt.microseconds, key.expiresAt?.microseconds, key.lastUsedAt?.microseconds,
                key.revokedAt?.microseconds,
            ])
    }

    private static func insert(_ entry: AuditEntry, in db: Database) throws {
        try execute(
            db,
            """
            INSERT INTO audit_log (organisation_id, project_id, actor, action, subject, address, detail, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                entry.organisationID, entry.projectID?.text, entry.actor, entry.action, entry.subject, entry.address,
                entry.detail, entry.at.microseconds,
            ])
    }

    private static func execute(_ db: Database, _ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }
}
