import Days
import Events
import Foundation
import GRDB
import Ports
import SQLiteLedger
import SystemPorts
import Testing

/// Every table that the ledger protects refuses UPDATE, DELETE and REPLACE, from a connection that asks for nothing.
struct AppendOnlyTests {
    /// A row for the tables that closing a day does not fill.
    private static let rows = [
        "audit_log": "(actor, action, subject, detail, created_at) VALUES ('system', 'test', 'x', '{}', 1)",
        "seal_keys": "VALUES ('ed25519-0', zeroblob(32), 1)",
        "day_verifications":
            "(project_id, logical_date, passed, row_count, result, created_at) VALUES ('prj_days', '2026-03-10', 1, 1, '{}', 1)",
        "field_schemas": "VALUES ('prj_days', 'web_form', 1, '[]', 'allow', '', 'system', 1)",
        "field_schema_activations":
            "(project_id, source, version, after_sequence, activated_by, created_at) VALUES ('prj_days', 'web_form', 1, 0, 'system', 1)",
        "submission_limit_versions": "VALUES ('prj_days', 1, '[]', 0, 'system', 1)",
        "job_tries":
            "(job_id, project_id, number, phase, owner, created_at) VALUES ('job_1', 'prj_days', 1, 'started', 'me', 1)",
        "analysis_attempts":
            "(report_id, project_id, logical_date, version, phase, snapshot_sha256, model, prompt_version, created_at) VALUES ('rep_1', 'prj_days', '2026-03-10', 1, 'started', '', 'none', '1', 1)",
    ]
    private static let filledByADay: Set = [
        "users", "attempts", "leads", "closed_days", "day_seals", "day_seal_links", "day_trees",
    ]

    @Test func protectedTablesRefuseEveryChange() async throws {
        let day = try DayFixture(now: "2026-03-11T15:00:00Z", created: "2026-03-10T15:00:00Z")
        try await day.submit([.init(at: "2026-03-10T13:05:00Z")])
        _ = try await day.closer.close(day.project, date: DayFixture.date("2026-03-10"))
        let file = try DatabaseQueue(path: day.ledger.path)
        // A switch names a version of a schema that exists: field_schemas comes before field_schema_activations.
        for table in Self.rows.keys.sorted(by: >) {
            try await file.write { try $0.execute(sql: "INSERT INTO \(table) \(Self.rows[table]!)") }
        }
        let tables = try await file.read { db in
            try String.fetchSet(
                db,
                sql: "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name = tbl_name || '_no_update'")
        }
        #expect(tables == Self.filledByADay.union(Self.rows.keys), "a protected table is not tried here")
        for table in tables.sorted() {
            let before = try file.read { try Row.fetchAll($0, sql: "SELECT * FROM \(table)") }
            #expect(!before.isEmpty, "\(table) has no row")
            for sql in [
                "INSERT OR REPLACE INTO \(table) SELECT * FROM \(table)", "UPDATE \(table) SET created_at = 7",
                "UPDATE OR REPLACE \(table) SET created_at = 7", "DELETE FROM \(table)",
            ] {
                do {
                    try await file.write { try $0.execute(sql: sql) }
                    Issue.record("\(sql) was accepted")
                } catch let error as DatabaseError {
                    #expect(error.extendedResultCode == .SQLITE_CONSTRAINT_TRIGGER, "\(sql): \(error)")
                }
            }
            let after = try file.read { try Row.fetchAll($0, sql: "SELECT * FROM \(table)") }
            #expect(after == before, "\(table)")
        }
    }

    @Test func auditEntriesAreStillWritten() async throws {
        let day = try DayFixture(now: "2026-03-11T15:00:00Z")
        for subject in ["a", "b"] {
            try await day.ledger.apply([
                .audit(
                    AuditEntry(
                        organisationID: nil, projectID: nil, actor: "system", action: "test", subject: subject,
                        address: nil, at: day.clock.now))
            ])
        }
        let file = try DatabaseQueue(path: day.ledger.path)
        #expect(
            try await file.read { try String.fetchAll($0, sql: "SELECT subject FROM audit_log ORDER BY audit_id") }
                == ["a", "b"])
    }
}
