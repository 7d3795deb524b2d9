internal import Events
internal import Foundation
internal import GRDB
internal import Ports

/// The rows of schemas and limits as values.
enum SubmissionRulesRow {
    /// A rule as the column `rules` keeps it.
    private struct StoredRule: Codable {
        var applies_to: LimitRule.AppliesTo
        var source: String?
        var algorithm: LimitRule.Algorithm
        var limit: Int
        var window_seconds: Int
        var burst: Int?
    }

    static func json(_ fields: [SchemaField]) throws -> String { try encode(fields) }

    static func json(_ rules: [LimitRule]) throws -> String {
        try encode(
            rules.map {
                StoredRule(
                    applies_to: $0.appliesTo, source: $0.source, algorithm: $0.algorithm, limit: $0.limit,
                    window_seconds: $0.windowSeconds, burst: $0.burst)
            })
    }

    private static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ json: String, _ what: String, path: String
    ) throws -> Value {
        do { return try JSONDecoder().decode(type, from: Data(json.utf8)) } catch {
            throw LedgerError.unreadable(path: path, detail: "\(what) cannot be read: \(error)")
        }
    }

    static let schemaColumns = "project_id, source, version, fields, unknown_fields, note, created_by, created_at"

    static func schema(_ row: Row, activatedAt: Timestamp?, path: String) throws -> FieldSchemaVersion {
        let source: String = row[1]
        let version: Int = row[2]
        let policyText: String = row[4]
        let what = "schema \(version) of \(source)"
        guard let policy = UnknownFieldPolicy(rawValue: policyText) else {
            throw LedgerError.unreadable(path: path, detail: "\(what) has the unknown policy \(policyText)")
        }
        return FieldSchemaVersion(
            projectID: ProjectID(trusted: row[0]), source: source, version: version,
            schema: FieldSchema(
                fields: try decode([SchemaField].self, row[3], what, path: path), unknownFields: policy),
            note: row[5], createdBy: row[6], createdAt: Timestamp(microseconds: row[7]), activatedAt: activatedAt)
    }

    static let limitColumns = "project_id, version, rules, after_sequence, created_by, created_at"

    static func limits(_ row: Row, path: String) throws -> LimitRulesVersion {
        let version: Int = row[1]
        let stored = try decode([StoredRule].self, row[2], "limits \(version)", path: path)
        return LimitRulesVersion(
            projectID: ProjectID(trusted: row[0]), version: version,
            rules: stored.map {
                LimitRule(
                    appliesTo: $0.applies_to, source: $0.source, algorithm: $0.algorithm, limit: $0.limit,
                    windowSeconds: $0.window_seconds, burst: $0.burst)
            }, afterSequence: row[3], createdBy: row[4], createdAt: Timestamp(microseconds: row[5]))
    }

    /// The project's rules as this transaction sees them.
    static func rules(of project: ProjectID, in db: Database, path: String) throws -> SubmissionRules {
        let changes =
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT (SELECT count(*) FROM field_schema_activations WHERE project_id = ?1)
                        + (SELECT count(*) FROM submission_limit_versions WHERE project_id = ?1)
                    """, arguments: [project.text]) ?? 0
        guard changes > 0 else { return SubmissionRules() }
        var schemas: [String: FieldSchemaVersion] = [:]
        for (source, active) in try activeVersions(of: project, in: db) {
            let row = try Row.fetchOne(
                db,
                sql: "SELECT \(schemaColumns) FROM field_schemas WHERE project_id = ? AND source = ? AND version = ?",
                arguments: [project.text, source, active.version])
            schemas[source] = try row.map { try schema($0, activatedAt: active.at, path: path) }
        }
        let limits = try Row.fetchOne(
            db,
            sql:
                "SELECT \(limitColumns) FROM submission_limit_versions WHERE project_id = ? ORDER BY version DESC LIMIT 1",
            arguments: [project.text])
        return SubmissionRules(
            revision: changes, schemas: schemas, limits: try limits.map { try self.limits($0, path: path) })
    }

    /// The version that the newest activation of each source names, where it names one.
    static func activeVersions(
        of project: ProjectID, in db: Database
    ) throws -> [String: (version: Int, at: Timestamp)] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT source, version, created_at FROM field_schema_activations WHERE position IN
                    (SELECT max(position) FROM field_schema_activations WHERE project_id = ? GROUP BY source)
                """, arguments: [project.text])
        var active: [String: (version: Int, at: Timestamp)] = [:]
        for row in rows {
            let (source, version): (String, Int?) = (row[0], row[1])
            if let version { active[source] = (version, Timestamp(microseconds: row[2])) }
        }
        return active
    }

    static func lastSequence(of project: ProjectID, in db: Database) throws -> Int64 {
        try AttemptRow.tip(of: project, in: db)?.sequence ?? 0
    }
}
