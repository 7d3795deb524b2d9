import Events
import Foundation
import GRDB
import Ports
import SQLiteLedger
import Telemetry
import Testing

/// Searching the log: by word, by person, by lead, by key; and never in another project's rows.
@Suite struct LedgerContractSearch {
    let project = ProjectID("prj_a")!

    private func filter(_ make: (inout AttemptFilter) -> Void) -> AttemptFilter {
        var filter = AttemptFilter(projectID: project)
        make(&filter)
        return filter
    }

    @Test func wordsAreFoundWithinTheProjectNewestFirst() async throws {
        let fixture = try LedgerFixture()
        let other = ProjectID("prj_b")!
        for (owner, code) in [(project, "email_invalid"), (other, "email_invalid"), (project, "phone_invalid")] {
            try await fixture.append(30, project: owner) { _, tip in
                LedgerFixture.attempt(owner, after: tip, code: code)
            }
        }
        let words = filter { $0.words = ["Email", "mess"] }
        var seen: [Int64] = []
        var before: AttemptPosition?
        repeat {
            let page = try await fixture.ledger.search(words, before: before, limit: 7)
            #expect(page.attempts.allSatisfy { $0.projectID == project && $0.failureCode == "email_invalid" })
            seen += page.attempts.map(\.sequence)
            before = page.next
        } while before != nil
        #expect(seen == (1...30).reversed().map(Int64.init))
        #expect(try await fixture.ledger.total(words) == AttemptTotal(count: 30, isExact: true))
        // Neither what FTS5 takes for its syntax nor the token of the project is a way out.
        for text in ["email OR phone", "\"", "*", "NEAR(email phone)", "words:email", "zz0prjb", "-email", "prj_b"] {
            let tried = filter { $0.words = text.split(separator: " ").map(String.init) }
            let found = try await fixture.ledger.search(tried, before: nil, limit: 100).attempts
            #expect(found.allSatisfy { $0.projectID == project }, "\(text)")
            #expect(text != "zz0prjb" || found.isEmpty)
        }
    }

    /// Few words begin with it, more than are looked for one by one, and none.
    @Test func theBeginningOfAWordIsFoundHoweverManyWordsBeginWithIt() async throws {
        let fixture = try LedgerFixture()
        let owner = project
        try await fixture.append(60) { index, tip in
            LedgerFixture.attempt(owner, after: tip, code: "sig\(index)_\(index % 2 == 0 ? "even" : "odd")")
        }
        func count(_ words: String...) async throws -> Int {
            try await fixture.ledger.search(filter { $0.words = words }, before: nil, limit: 100).attempts.count
        }
        #expect(try await count("sig") == 60)
        #expect(try await count("SIG", "eve") == 30)
        let tens = (0..<60).filter { String($0).hasPrefix("1") }
        #expect(try await count("sig1") == tens.count)
        #expect(try await count("sig1", "odd") == tens.filter { $0 % 2 == 1 }.count)
        #expect(try await count("sigh") == 0)
        #expect(try await count("si") == 0, "so short a word is a whole one")
    }

    /// As a ledger of an earlier version has it.
    @Test func wordsWrittenBeforeTheirListExistedAreFound() async throws {
        let fixture = try LedgerFixture()
        let owner = project
        try await fixture.append(3) { _, tip in LedgerFixture.attempt(owner, after: tip, code: "email_invalid") }
        try await fixture.raw().write {
            try $0.execute(
                sql: "DROP TABLE attempt_tokens; DELETE FROM grdb_migrations WHERE identifier = '009-tokens'")
        }
        try fixture.ledger.close()
        let again = try SQLiteLedger(folder: fixture.folder, telemetry: .none())
        let found = try await again.search(filter { $0.words = ["emai"] }, before: nil, limit: 10).attempts
        #expect(found.count == 3)
        try again.close()
    }

    @Test func aPersonIsFoundInClearAndByHash() async throws {
        let fixture = try LedgerFixture()
        try await fixture.fill()
        let hash = ContactHash.hash("ada@example.com", .email, of: project)
        for contact in [
            AttemptFilter.Contact.email("ada@example.com"), .phone("+12125550123"), .emailHash(Array(hash.prefix(4))),
            .emailHash(hash), .phoneHash(Array(ContactHash.hash("+12125550123", .phone, of: project).prefix(8))),
        ] {
            let asked = filter { $0.contacts = [contact] }
            let found = try await fixture.ledger.search(asked, before: nil, limit: 10).attempts
            #expect(found.map(\.userID) == ["usr_1"], "\(contact)")
            #expect(try await fixture.ledger.total(asked).count == 1)
        }
        for contact in [
            AttemptFilter.Contact.email("bob@example.com"),
            .emailHash(Array(ContactHash.hash("ada@example.com", .email, of: ProjectID("prj_b")!).prefix(8))),
        ] {
            #expect(
                try await fixture.ledger.search(filter { $0.contacts = [contact] }, before: nil, limit: 10).attempts
                    .isEmpty)
        }
        let shown = try #require(try await fixture.ledger.contactHashes(ofUser: "usr_1", project: project))
        #expect(shown.email?.count == 64 && shown.phone?.count == 64)
        #expect(try await fixture.ledger.contactHashes(ofUser: "usr_1", project: ProjectID("prj_b")!) == nil)
        let lead = filter { $0.leadID = "led_prj_a_1" }
        #expect(try await fixture.ledger.search(lead, before: nil, limit: 10).attempts.map(\.sequence) == [1])
    }

    @Test func theSchemaVersionIsReadFromTheContext() async throws {
        let fixture = try LedgerFixture()
        try await fixture.append(20) { n, tip in
            var attempt = LedgerFixture.attempt(ProjectID("prj_a")!, after: tip)
            attempt.context = n % 4 == 0 ? #"{"schema":{"source":"web_form","version":3}}"# : "{}"
            attempt.hash = AttemptHash.hash(of: attempt)
            return attempt
        }
        let asked = filter { $0.schema = .init(source: "web_form", version: 3) }
        #expect(try await fixture.ledger.search(asked, before: nil, limit: 100).attempts.count == 5)
        #expect(try await fixture.ledger.total(asked) == AttemptTotal(count: 5, isExact: true))
        let none = filter { $0.schema = .init(source: "partner", version: 3) }
        #expect(try await fixture.ledger.search(none, before: nil, limit: 100).attempts.isEmpty)
    }

    @Test func theKeyIsReadFromTheContext() async throws {
        let fixture = try LedgerFixture()
        try await fixture.append(20) { n, tip in
            var attempt = LedgerFixture.attempt(ProjectID("prj_a")!, after: tip)
            attempt.context =
                n % 4 == 0
                ? #"{"request":{"schema_version":2,"submitter":"key_a"}}"# : #"{"accepted":{"submitter":"key_a"}}"#
            attempt.hash = AttemptHash.hash(of: attempt)
            return attempt
        }
        let asked = filter { $0.keyID = "key_a" }
        #expect(try await fixture.ledger.search(asked, before: nil, limit: 100).attempts.count == 5)
        #expect(try await fixture.ledger.total(asked) == AttemptTotal(count: 5, isExact: true))
        #expect(try await fixture.ledger.total(filter { $0.keyID = "key_b" }).count == 0)
    }

    @Test func theFieldsThatWereRefusedAreReadFromTheContext() async throws {
        let fixture = try LedgerFixture()
        try await fixture.append(20) { n, tip in
            let state: String = #"{"pointer":"/fields/state","code":"state_invalid"}"#
            let phone: String = #"{"pointer":"/user/phone","code":"phone_invalid"}"#
            // Every fourth was refused for the state alone, every fifth for the phone first; one for another code.
            let errors: [String] = (n % 5 == 0 ? [phone] : []) + (n % 4 == 0 || n % 5 == 0 ? [state] : [])
            let other: [String] = [#"{"pointer":"/fields/state","code":"field_missing"}"#]
            var attempt = LedgerFixture.attempt(
                ProjectID("prj_a")!, after: tip,
                code: n % 5 == 0 ? "phone_invalid" : n % 4 == 0 ? "state_invalid" : n == 19 ? "field_missing" : nil)
            attempt.context = #"{"errors":[\#((n == 19 ? other : errors).joined(separator: ","))]}"#
            attempt.hash = AttemptHash.hash(of: attempt)
            return attempt
        }
        func refused(_ pointer: String, _ code: String?) -> AttemptFilter {
            filter { $0.refusedField = .init(pointer: pointer, code: code) }
        }
        // 0, 4, 8, 12, 16 and 5, 10, 15: more than the five that failed with that code first.
        let state = refused("/fields/state", "state_invalid")
        #expect(try await fixture.ledger.total(state) == AttemptTotal(count: 8, isExact: true))
        #expect(try await fixture.ledger.search(state, before: nil, limit: 100).attempts.count == 8)
        #expect(try await fixture.ledger.total(filter { $0.failureCodes = ["state_invalid"] }).count == 4)
        #expect(try await fixture.ledger.total(refused("/fields/state", nil)).count == 9)
        #expect(try await fixture.ledger.total(refused("/fields", nil)).count == 0)
        var succeeded = refused("/fields/state", nil)
        succeeded.outcome = .success
        #expect(try await fixture.ledger.search(succeeded, before: nil, limit: 100).attempts.isEmpty)
    }

    @Test func retriesAreThoseOfTheDayAndOfTheKey() async throws {
        let fixture = try LedgerFixture()
        try await fixture.fill()
        try await fixture.append(4) { n, tip in
            var attempt = LedgerFixture.attempt(ProjectID("prj_a")!, after: tip, userID: n < 2 ? "usr_1" : nil)
            attempt.idempotencyKey = n >= 1 ? "k" : nil
            attempt.hash = AttemptHash.hash(of: attempt)
            return attempt
        }
        let middle = try #require(try await fixture.ledger.attempt("att_prj_a_4", project: project))
        // The same person's (1, 3, 4) and the same key's (4, 5, 6).
        #expect(try await fixture.ledger.retries(of: middle, limit: 50).map(\.sequence) == [1, 3, 4, 5, 6])
        #expect(try await fixture.ledger.retries(of: middle, limit: 2).map(\.sequence).contains(4))
    }

    @Test func everyQuestionUsesItsIndex() async throws {
        let fixture = try LedgerFixture()
        try await fixture.raw().read { db in
            for (sql, index) in [
                (
                    "SELECT * FROM attempts INDEXED BY attempts_by_time WHERE project_id = ? AND outcome = ? ORDER BY received_at DESC, sequence DESC LIMIT 1",
                    "attempts_by_time"
                ),
                (
                    "SELECT * FROM attempts INDEXED BY attempts_by_failure WHERE project_id = ? AND failure_code = ? ORDER BY received_at DESC, sequence DESC LIMIT 1",
                    "attempts_by_failure"
                ),
                (
                    "SELECT user_id FROM user_contacts WHERE project_id = ? AND kind = ? AND hash_prefix BETWEEN 1 AND 2",
                    "PRIMARY KEY"
                ),
            ] {
                let plan = try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(sql)", arguments: ["a", "b"]).map {
                    $0["detail"] as String
                }
                #expect(plan.count == 1 && plan[0].hasPrefix("SEARCH") && plan[0].contains(index), "\(plan)")
            }
            let counted = try Row.fetchAll(
                db,
                sql:
                    "EXPLAIN QUERY PLAN SELECT 1 FROM attempts INDEXED BY attempts_by_time WHERE project_id = 'a' AND source = 'b' AND failure_category = 'c' AND logical_date = 'd'"
            ).map { $0["detail"] as String }
            #expect(counted.first?.contains("COVERING INDEX") == true, "\(counted)")
        }
    }
}
