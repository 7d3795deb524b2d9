package import Events
internal import GRDB
package import Ports

extension SQLiteLedger: SubmissionRulesLedger {
    package func rules(of project: ProjectID) async throws(LedgerError) -> SubmissionRules {
        try await read("reading the rules of submissions") { [path] db in
            try SubmissionRulesRow.rules(of: project, in: db, path: path)
        }
    }

    package func schemas(of project: ProjectID) async throws(LedgerError) -> [SourceSchemas] {
        try await schemas(of: project, only: nil)
    }

    package func schemas(of project: ProjectID, source: String) async throws(LedgerError) -> SourceSchemas? {
        try await schemas(of: project, only: source).first
    }

    private func schemas(of project: ProjectID, only source: String?) async throws(LedgerError) -> [SourceSchemas] {
        try await read("reading schemas") { [path] db in
            let active = try SubmissionRulesRow.activeVersions(of: project, in: db)
            var activated: [String: [Int: Timestamp]] = [:]
            for row in try Row.fetchAll(
                db,
                sql: """
                    SELECT source, version, max(created_at) FROM field_schema_activations
                    WHERE project_id = ? AND version IS NOT NULL GROUP BY source, version
                    """, arguments: [project.text])
            {
                let (name, version): (String, Int) = (row[0], row[1])
                activated[name, default: [:]][version] = Timestamp(microseconds: row[2])
            }
            var found: [SourceSchemas] = []
            for row in try Row.fetchAll(
                db,
                sql: """
                    SELECT \(SubmissionRulesRow.schemaColumns) FROM field_schemas
                    WHERE project_id = ?1 AND (?2 IS NULL OR source = ?2) ORDER BY source, version
                    """, arguments: [project.text, source])
            {
                let (name, version): (String, Int) = (row[1], row[2])
                let schema = try SubmissionRulesRow.schema(row, activatedAt: activated[name]?[version], path: path)
                if found.last?.source != name {
                    found.append(SourceSchemas(source: name, active: active[name]?.version, versions: []))
                }
                found[found.count - 1].versions.append(schema)
            }
            return found
        }
    }

    package func append(
        _ draft: FieldSchemaDraft, by actor: String, at time: Timestamp,
        audit: @escaping @Sendable (Int) -> AuditEntry,
        remember: @escaping @Sendable (FieldSchemaVersion) -> IdempotencyRecord?
    ) async throws(LedgerError) -> FieldSchemaVersion {
        try await changeRules(of: draft.projectID, "writing the schema") { db in
            let newest =
                try Int.fetchOne(
                    db, sql: "SELECT max(version) FROM field_schemas WHERE project_id = ? AND source = ?",
                    arguments: [draft.projectID.text, draft.source]) ?? 0
            let version = FieldSchemaVersion(
                projectID: draft.projectID, source: draft.source, version: newest + 1, schema: draft.schema,
                note: draft.note, createdBy: actor, createdAt: time, activatedAt: draft.activates ? time : nil)
            try db.execute(
                sql: """
                    INSERT INTO field_schemas (\(SubmissionRulesRow.schemaColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    version.projectID.text, version.source, version.version,
                    try SubmissionRulesRow.json(version.schema.fields), version.schema.unknownFields.rawValue,
                    version.note, actor, time.microseconds,
                ])
            if draft.activates {
                try Self.activate(version.version, draft.source, draft.projectID, by: actor, at: time, in: db)
            }
            if let record = remember(version) { try SettingKeyRow.insert(record, of: draft.projectID, in: db) }
            try AccountRow.apply(.audit(audit(version.version)), in: db)
            return version
        }
    }

    package func activate(
        _ version: Int?, source: String, project: ProjectID, by actor: String, at time: Timestamp, audit: AuditEntry,
        remember: IdempotencyRecord?
    ) async throws(LedgerError) {
        try await changeRules(of: project, "switching the schema") { db in
            try Self.activate(version, source, project, by: actor, at: time, in: db)
            if let remember { try SettingKeyRow.insert(remember, of: project, in: db) }
            try AccountRow.apply(.audit(audit), in: db)
        }
    }

    private static func activate(
        _ version: Int?, _ source: String, _ project: ProjectID, by actor: String, at time: Timestamp, in db: Database
    ) throws {
        try db.execute(
            sql: """
                INSERT INTO field_schema_activations
                    (project_id, source, version, after_sequence, activated_by, created_at) VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                project.text, source, version, try SubmissionRulesRow.lastSequence(of: project, in: db), actor,
                time.microseconds,
            ])
    }

    // MARK: Limits

    package func limitVersions(of project: ProjectID) async throws(LedgerError) -> [LimitRulesVersion] {
        try await read("reading limits") { [path] db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(SubmissionRulesRow.limitColumns) FROM submission_limit_versions WHERE project_id = ?
                    ORDER BY version
                    """, arguments: [project.text]
            ).map { try SubmissionRulesRow.limits($0, path: path) }
        }
    }

    package func setLimits(
        _ rules: [LimitRule], of project: ProjectID, by actor: String, at time: Timestamp,
        audit: @escaping @Sendable (Int) -> AuditEntry
    ) async throws(LedgerError) -> LimitRulesVersion {
        try await changeRules(of: project, "writing limits") { db in
            let newest =
                try Int.fetchOne(
                    db, sql: "SELECT max(version) FROM submission_limit_versions WHERE project_id = ?",
                    arguments: [project.text]) ?? 0
            let version = LimitRulesVersion(
                projectID: project, version: newest + 1, rules: rules,
                afterSequence: try SubmissionRulesRow.lastSequence(of: project, in: db), createdBy: actor,
                createdAt: time)
            try db.execute(
                sql: """
                    INSERT INTO submission_limit_versions (\(SubmissionRulesRow.limitColumns))
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    project.text, version.version, try SubmissionRulesRow.json(rules), version.afterSequence, actor,
                    time.microseconds,
                ])
            try AccountRow.apply(.audit(audit(version.version)), in: db)
            return version
        }
    }

    package func limitStates(
        of project: ProjectID, after: StoredLimitState?, limit: Int
    ) async throws(LedgerError) -> LimitStatePage {
        try await read("reading limiter states") { db in
            let states = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT rule_id, subject, at_us, current, previous FROM submission_rate_limits
                        WHERE project_id = ? AND (rule_id, subject) > (?, ?) ORDER BY rule_id, subject LIMIT ?
                        """),
                arguments: [project.text, after?.ruleID ?? "", after?.subject ?? "", limit]
            ).map {
                StoredLimitState(
                    ruleID: $0[0], subject: $0[1], state: LimitState(at: $0[2], current: $0[3], previous: $0[4]))
            }
            return LimitStatePage(states: states, sequence: try SubmissionRulesRow.lastSequence(of: project, in: db))
        }
    }

    package func recentLeads(
        of project: ProjectID, source: String, limit: Int, amongAttempts: Int64
    ) async throws(LedgerError) -> [RecordedLead] {
        try await read("reading recent leads") { db in
            let oldest = try SubmissionRulesRow.lastSequence(of: project, in: db) - amongAttempts
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT leads.*, users.email, users.phone, users.external_id, users.name
                    FROM attempts JOIN leads ON leads.lead_id = attempts.lead_id
                        JOIN users ON users.user_id = leads.user_id
                    WHERE attempts.project_id = ?1 AND leads.project_id = ?1 AND users.project_id = ?1
                        AND attempts.sequence > ?2 AND attempts.source = ?3 AND attempts.lead_id IS NOT NULL
                    ORDER BY attempts.sequence DESC LIMIT ?4
                    """, arguments: [project.text, oldest, source, limit]
            ).map {
                RecordedLead(
                    lead: AttemptRow.lead($0),
                    user: UserIdentity(email: $0["email"], phone: $0["phone"], externalID: $0["external_id"]),
                    userName: $0["name"])
            }
        }
    }

    /// Runs a change of the project's rules. The writer's queue runs one transaction at a time, so whoever decides next
    /// reads the rules again and finds the change, or (when it failed) the rules as they were.
    private func changeRules<Value: Sendable>(
        of project: ProjectID, _ operation: String, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(LedgerError) -> Value {
        try await write(operation) { [publishedRules] db in
            publishedRules.forget(project)
            return try body(db)
        }
    }
}
