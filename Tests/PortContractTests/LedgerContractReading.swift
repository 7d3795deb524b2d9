import Events
import Foundation
import GRDB
import Ports
import SQLiteLedger
import Telemetry
import Testing

/// Opening, migrating and reading a ledger.
@Suite struct LedgerContractReading {
    // MARK: Opening

    @Test func openingTwiceChangesNothing() async throws {
        let fixture = try LedgerFixture()
        try await fixture.fill()
        try fixture.ledger.close()
        let again = try SQLiteLedger(folder: fixture.folder, telemetry: .none())
        #expect(try await again.tip(of: fixture.project)?.sequence == 2)
        try again.close()
        await #expect(throws: LedgerError.self) { try await again.tip(of: fixture.project) }
    }

    @Test func aNewerSchemaIsRefusedByName() async throws {
        let fixture = try LedgerFixture()
        try await fixture.raw().write {
            try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('999-future')")
        }
        try fixture.ledger.close()
        do {
            _ = try SQLiteLedger(folder: fixture.folder, telemetry: .none())
            Issue.record("a newer ledger was opened")
        } catch {
            guard case .schemaNewer(let found, _) = error else { throw error }
            #expect(found == "999-future")
        }
    }

    @Test func aFolderThatCannotBeMadeIsReadOnly() throws {
        let file = NSTemporaryDirectory() + "daybook-file-\(UUID().uuidString)"
        try Data("x".utf8).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        do {
            _ = try SQLiteLedger(folder: file + "/data", telemetry: .none())
            Issue.record("a ledger was opened inside a file")
        } catch {
            guard case .readOnly(let path, _) = error else { throw error }
            #expect(path.hasPrefix(file))
        }
    }

    @Test func aFileThatIsNoLedgerIsUnreadable() throws {
        let folder = NSTemporaryDirectory() + "daybook-ledger-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(repeating: 65, count: 8192).write(to: URL(filePath: folder + "/" + SQLiteLedger.fileName))
        do {
            _ = try SQLiteLedger(folder: folder, telemetry: .none())
            Issue.record("a text file was opened as a ledger")
        } catch {
            guard case .unreadable = error else { throw error }
        }
    }

    @Test func aLockHeldElsewhereIsNamed() async throws {
        let fixture = try LedgerFixture()
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: fixture.ledger.path, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        do {
            try await fixture.append(1) { _, tip in LedgerFixture.attempt(ProjectID("prj_a")!, after: tip) }
            Issue.record("two writers at once")
        } catch let error as LedgerError {
            guard case .locked = error else { throw error }
        }
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    }

    // MARK: Reading

    @Test func pagesAreNewestFirstAndStable() async throws {
        let fixture = try LedgerFixture()
        let project = fixture.project
        // Every third attempt is a backfill: its receipt time lies a day before its neighbours'.
        try await fixture.append(100) { n, tip in
            let at = LedgerFixture.start + .seconds(Int64(n)) - .seconds(n % 3 == 0 ? 86_400 : 0)
            return LedgerFixture.attempt(project, after: tip, at: at)
        }
        let filter = AttemptFilter(projectID: project)
        var seen: [Attempt] = []
        var before: AttemptPosition?
        while true {
            let page = try await fixture.ledger.search(filter, before: before, limit: 7)
            #expect(!page.isPartial)
            seen += page.attempts
            before = page.next
            if before == nil { break }
            let now = seen.count
            try await fixture.append(1) { _, tip in
                LedgerFixture.attempt(project, after: tip, at: LedgerFixture.start + .seconds(1000 + Int64(now)))
            }
        }
        #expect(seen.count == 100)
        #expect(Set(seen.map(\.sequence)) == Set(1...100), "what arrived meanwhile is not part of the walk")
        #expect(zip(seen, seen.dropFirst()).allSatisfy { ($0.receivedAt, $0.sequence) > ($1.receivedAt, $1.sequence) })
    }

    @Test func filtersAndTotalsAgree() async throws {
        let fixture = try LedgerFixture()
        let project = fixture.project
        let other = ProjectID("prj_b")!
        try await fixture.append(60) { n, tip in
            LedgerFixture.attempt(
                project, after: tip, at: LedgerFixture.start + .seconds(Int64(n) * 3600),
                code: n % 4 == 0 ? "phone_invalid" : "email_invalid", source: n % 2 == 0 ? "web_form" : "partner_api")
        }
        try await fixture.append(10, project: other) { _, tip in LedgerFixture.attempt(other, after: tip) }
        var bySource = AttemptFilter(projectID: project)
        bySource.sources = ["web_form"]
        bySource.failureCodes = ["email_invalid"]
        var byTime = AttemptFilter(projectID: project)
        byTime.from = LedgerFixture.start + .seconds(3600)
        byTime.to = LedgerFixture.start + .seconds(3600 * 5)
        var byDate = AttemptFilter(projectID: project)
        byDate.date = LogicalDate("2026-03-11")
        var byText = AttemptFilter(projectID: project)
        byText.words = ["MESSAGE", "phone_inv"]
        var byID = AttemptFilter(projectID: project)
        byID.attemptID = "att_prj_a_7"
        var byPattern = AttemptFilter(projectID: project)
        byPattern.words = ["%"]
        var byTextAndSource = byText
        byTextAndSource.sources = ["partner_api"]
        var byCategory = AttemptFilter(projectID: project)
        byCategory.failureCategories = ["validation"]
        byCategory.failureCodes = ["email_invalid", "phone_invalid"]
        var byOutcome = AttemptFilter(projectID: project)
        byOutcome.outcome = .success
        for (filter, expected) in [
            (AttemptFilter(projectID: project), 60), (bySource, 15), (byTime, 4), (byDate, 24), (byText, 15), (byID, 1),
            (byPattern, 0), (byOutcome, 0), (byTextAndSource, 0), (byCategory, 60),
            (AttemptFilter(projectID: other), 10),
        ] {
            let rows = try await fixture.ledger.search(filter, before: nil, limit: 1000).attempts
            #expect(rows.count == expected)
            #expect(rows.allSatisfy { $0.projectID == filter.projectID })
            #expect(try await fixture.ledger.total(filter) == AttemptTotal(count: Int64(expected), isExact: true))
        }
    }

    @Test func attemptsOfADayComeInSequence() async throws {
        let fixture = try LedgerFixture()
        let project = fixture.project
        try await fixture.append(50) { n, tip in
            LedgerFixture.attempt(project, after: tip, at: LedgerFixture.start + .seconds(Int64(n) * 3600))
        }
        let date = LogicalDate("2026-03-11")!
        var seen: [Attempt] = []
        while true {
            let page = try await fixture.ledger.attempts(
                project: project, date: date, afterSequence: seen.last?.sequence ?? 0, limit: 5)
            if page.isEmpty { break }
            seen += page
        }
        #expect(seen.map(\.sequence) == (13...36).map(Int64.init))
        #expect(seen.allSatisfy { AttemptHash.hash(of: $0) == $0.hash }, "a row reads back as it was hashed")
    }

    @Test func neighboursAreNearestFirst() async throws {
        let fixture = try LedgerFixture()
        let project = fixture.project
        try await fixture.append(9) { _, tip in LedgerFixture.attempt(project, after: tip) }
        let middle = try #require(try await fixture.ledger.attempt("att_prj_a_5", project: project))
        let neighbours = try await fixture.ledger.neighbours(of: middle)
        #expect(neighbours.previous.map(\.sequence) == [4, 3, 2])
        #expect(neighbours.next.map(\.sequence) == [6, 7, 8])
        #expect(neighbours.sameUser.isEmpty)
    }

    @Test func pagesAndTotalsUseAnIndex() async throws {
        let fixture = try LedgerFixture()
        let plans = try await fixture.raw().read { db in
            try [
                "SELECT * FROM attempts WHERE project_id = 'p' ORDER BY received_at DESC, sequence DESC LIMIT 50",
                """
                SELECT * FROM attempts WHERE project_id = 'p' AND (received_at, sequence) < (5, 5)
                ORDER BY received_at DESC, sequence DESC LIMIT 50
                """,
                "SELECT * FROM attempts WHERE project_id = 'p' AND logical_date = 'd' AND sequence > 5 ORDER BY sequence LIMIT 9",
                "SELECT sequence FROM attempts WHERE project_id = 'p' ORDER BY sequence DESC LIMIT 1",
            ].map {
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \($0)").map { String($0["detail"]) }.joined(
                    separator: "; ")
            }
        }
        for plan in plans {
            #expect(plan.contains("USING INDEX") || plan.contains("USING COVERING INDEX"), "\(plan)")
            #expect(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "\(plan)")
        }
    }
}
