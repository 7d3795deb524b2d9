import Events
import Foundation
import GRDB
import Ports
import SQLiteLedger
import SystemPorts
import Telemetry
import Testing

/// A ledger in a temporary folder, and a raw connection beside it, as another program would open it.
final class LedgerFixture: Sendable {
    let folder = NSTemporaryDirectory() + "daybook-ledger-\(UUID().uuidString)"
    let ledger: SQLiteLedger
    let project = ProjectID("prj_a")!

    init() throws { ledger = try SQLiteLedger(folder: folder, telemetry: .none()) }
    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func raw() throws -> DatabaseQueue { try DatabaseQueue(path: ledger.path) }

    static let start = Timestamp(rfc3339: "2026-03-10T12:00:00Z")!

    /// The attempt that continues the project's chain, without anything else.
    static func attempt(
        _ project: ProjectID, after tip: AttemptTip?, id: String? = nil, at: Timestamp? = nil,
        code: String? = "email_invalid",
        source: String = "web_form", userID: String? = nil
    ) -> Attempt {
        let sequence = (tip?.sequence ?? 0) + 1
        let receivedAt = at ?? start + .seconds(sequence)
        var attempt = Attempt(
            attemptID: id ?? "att_\(project)_\(sequence)", projectID: project, sequence: sequence, userID: userID,
            source: source, channel: "organic", receivedAt: receivedAt,
            logicalDate: DayCalendar.utc.date(at: receivedAt), outcome: code == nil ? .success : .failure,
            failureCategory: code == nil ? nil : .validation, failureCode: code,
            failureMessage: code.map { "message of \($0)" }, context: "{}", retryAttempt: 1, durationMilliseconds: 1.5,
            idempotencyKey: nil, leadID: code == nil ? "led_\(project)_\(sequence)" : nil,
            previousHash: tip?.hash ?? AttemptHash.genesis, hash: [])
        attempt.hash = AttemptHash.hash(of: attempt)
        return attempt
    }

    func append(
        _ count: Int, project: ProjectID? = nil, make: @escaping @Sendable (Int, AttemptTip?) -> Attempt
    ) async throws {
        let project = project ?? self.project
        _ = try await ledger.commit(Array(0..<count)) { (n, transaction) throws(LedgerError) in
            try transaction.append(make(n, try transaction.tip(of: project)))
        }
    }

    /// A user, a successful attempt with its lead, a failed one, an audit row and a closed day.
    func fill() async throws {
        let project = project
        _ = try await ledger.commit([0]) { (_, transaction) throws(LedgerError) in
            let identity = UserIdentity(email: "ada@example.com", phone: "+12125550123", externalID: "x1")!
            try transaction.insert(
                SubmittingUser(
                    userID: "usr_1", projectID: project, identity: identity, name: "Ada", createdAt: Self.start))
            let attempt = Self.attempt(project, after: nil, code: nil, userID: "usr_1")
            try transaction.append(attempt)
            try transaction.insert(
                Lead(
                    leadID: attempt.leadID!, projectID: project, attemptID: attempt.attemptID, userID: "usr_1",
                    source: "web_form", channel: "organic", createdAt: attempt.receivedAt, fields: "{}"),
                digest: [UInt8](repeating: 1, count: 32))
            try transaction.append(Self.attempt(project, after: try transaction.tip(of: project)))
        }
        try await ledger.apply([
            .audit(
                AuditEntry(
                    organisationID: "org_1", projectID: project, actor: "system", action: "test", subject: "x",
                    address: nil,
                    at: Self.start))
        ])
        try await raw().write {
            try $0.execute(
                sql:
                    "INSERT INTO closed_days (project_id, logical_date, closed_at, created_at) VALUES ('prj_a', '2026-01-01', 1, 1)"
            )
        }
    }
}

/// What is stored can never change: the database itself refuses, whoever asks.
@Suite struct LedgerContractRecords {
    @Test(arguments: ["users", "attempts", "leads", "audit_log", "closed_days"])
    func updateAndDeleteAreRefused(_ table: String) async throws {
        let fixture = try LedgerFixture()
        try await fixture.fill()
        let connection = try fixture.raw()
        let (columns, before) = try await connection.read { db in
            (try db.columns(in: table).map(\.name), try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)"))
        }
        #expect((before ?? 0) > 0)
        for statement in ["DELETE FROM \(table)"] + columns.map({ "UPDATE \(table) SET \($0) = \($0)" }) {
            await #expect(throws: DatabaseError.self, "\(statement)") {
                try await connection.write { try $0.execute(sql: statement) }
            }
        }
        let after = try await connection.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") }
        #expect(after == before)
    }

    @Test(arguments: ["users", "attempts", "leads", "closed_days"])
    func replaceIsRefused(_ table: String) async throws {
        let fixture = try LedgerFixture()
        try await fixture.fill()
        let connection = try fixture.raw()
        await #expect(throws: DatabaseError.self) {
            try await connection.write { try $0.execute(sql: "INSERT OR REPLACE INTO \(table) SELECT * FROM \(table)") }
        }
    }

    @Test func aHoleInTheSequenceIsRefused() async throws {
        let fixture = try LedgerFixture()
        try await fixture.fill()
        await #expect(throws: LedgerError.self) {
            try await fixture.append(1) { _, tip in
                var attempt = LedgerFixture.attempt(ProjectID("prj_a")!, after: tip, id: "att_hole")
                attempt.sequence += 1
                return attempt
            }
        }
        #expect(try await fixture.ledger.tip(of: fixture.project)?.sequence == 2)
    }

    @Test func aBrokenChainIsRefused() async throws {
        let fixture = try LedgerFixture()
        try await fixture.fill()
        do {
            try await fixture.append(1) { _, tip in
                var attempt = LedgerFixture.attempt(ProjectID("prj_a")!, after: tip)
                attempt.previousHash = [UInt8](repeating: 9, count: 32)
                return attempt
            }
            Issue.record("a broken chain was accepted")
        } catch let error as LedgerError {
            guard case .immutable(_, let detail) = error else { throw error }
            #expect(detail.contains("previous_hash"))
        }
    }

    @Test func aFailedAttemptCannotHaveALead() async throws {
        let fixture = try LedgerFixture()
        try await fixture.fill()
        let insert =
            "INSERT INTO leads SELECT 'led_x', project_id, 'att_prj_a_2', user_id, source, channel, fields, fields_digest, created_at FROM leads"
        await #expect(throws: DatabaseError.self) { try await fixture.raw().write { try $0.execute(sql: insert) } }
    }

    @Test func aClosedDayTakesNoAttempt() async throws {
        let fixture = try LedgerFixture()
        try await fixture.fill()
        await #expect(throws: LedgerError.self) {
            try await fixture.append(1) { _, tip in
                LedgerFixture.attempt(ProjectID("prj_a")!, after: tip, at: Timestamp(rfc3339: "2026-01-01T10:00:00Z")!)
            }
        }
    }

    @Test func aFailedTransactionLeavesNothing() async throws {
        let fixture = try LedgerFixture()
        await #expect(throws: LedgerError.failed(operation: "test", detail: "stop")) {
            _ = try await fixture.ledger.commit([1, 2, 3]) { (n, transaction) throws(LedgerError) in
                if n == 3 { throw .failed(operation: "test", detail: "stop") }
                let project = ProjectID("prj_a")!
                try transaction.append(LedgerFixture.attempt(project, after: try transaction.tip(of: project)))
            }
        }
        #expect(try await fixture.ledger.tip(of: fixture.project) == nil)
    }
}
