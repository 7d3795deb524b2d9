import Crypto
import Days
import Events
import Foundation
import GRDB
import Ports
import SQLiteLedger
import Synchronization
import SystemPorts
import Telemetry
import Testing

extension DayFixture {
    /// Runs SQL with every trigger in place, and with SQLite's defaults (no recursive triggers).
    func executeWithTriggers(_ sql: String) throws {
        let queue = try DatabaseQueue(path: (folder as NSString).appendingPathComponent("ledger.sqlite"))
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }
}

struct DayVerifierTests {
    private func closedDay() async throws -> DayFixture {
        let day = try DayFixture(now: "2026-03-12T15:00:00Z", created: "2026-03-09T15:00:00Z")
        try await day.submit([
            .init(at: "2026-03-09T16:00:00Z"), .init(at: "2026-03-10T13:05:00Z"),
            .init(at: "2026-03-10T13:06:00Z", source: "partner_api", user: "usr_2", code: "email_invalid"),
            .init(at: "2026-03-10T13:07:00Z", user: "usr_3"), .init(at: "2026-03-10T13:08:00Z", user: "usr_4"),
            .init(at: "2026-03-11T13:06:00Z"),
        ])
        _ = try await day.closer.close(day.project, date: DayFixture.date("2026-03-11"))
        return day
    }

    @Test(arguments: ["2026-03-09", "2026-03-10", "2026-03-11"])
    func anHonestDayVerifies(date: String) async throws {
        let day = try await closedDay()
        let result = try await day.verify(date)
        #expect(result.isOK, "\(result.failures) \(String(describing: result.firstWrongRow))")
        #expect(result.isClosed && result.comparisons.contains { $0.name == "snapshot.recomputed" })
        #expect(result.skipped == ["events: not opened"])
        #expect(result.json.text.contains(#""ok":true"#))
    }

    /// A day that was closed before snapshots counted by key is verified in its own format, and so is the day behind it.
    @Test func aDayClosedInAnEarlierFormatVerifies() async throws {
        let day = try DayFixture(now: "2026-03-12T15:00:00Z", created: "2026-03-10T15:00:00Z")
        let context = #"{"request":{"submitter":"key_a"}}"#
        try await day.submit([
            .init(at: "2026-03-10T13:05:00Z", context: context), .init(at: "2026-03-11T13:06:00Z", context: context),
        ])
        let date = DayFixture.date("2026-03-10")
        var tally = DayTally(projectID: day.project.id, date: date, calendar: day.project.calendar)
        tally.add(contentsOf: try await day.ledger.dayAttempts(day.project.id, date, after: 0, limit: 10))
        let old = tally.snapshot(leads: 1, events: nil, trailing: [], format: 1)
        let json = old.canonicalJSON()
        #expect(old.format == 1 && !json.contains("keys"))
        #expect(try DaySnapshot(canonicalJSON: json, date: date) == old)
        let stored = StoredSnapshot(
            projectID: day.project.id, date: date, json: json, sha256: DayBook.sha256(json), attempts: 1, leads: 1,
            failures: 0, isBalanced: nil, refreshedAt: day.clock.now, closedAt: day.clock.now)
        let seal = DaySeal(
            projectID: day.project.id, date: date, merkleRoot: tally.merkleRoot, rowCount: 1, firstSequence: 1,
            lastSequence: 1, lastHash: tally.lastRowHash, snapshotSHA256: stored.sha256, sealedAt: day.clock.now)
        #expect(try await day.closeDay(stored, seal: seal, extent: tally.extent) == .closed)
        _ = try await day.closer.close(day.project, date: date.next)
        for date in ["2026-03-10", "2026-03-11"] {
            let result = try await day.verify(date)
            #expect(result.isOK, "\(date): \(result.failures) \(String(describing: result.firstWrongRow))")
        }
        let next = try #require(try await day.ledger.snapshot(day.project.id, date.next))
        let newer = try DaySnapshot(canonicalJSON: next.json, date: next.date)
        #expect(newer.format == 3 && newer.keys?.rows.map(\.keyId) == ["key_a"])
        #expect(newer.comparison.days.map(\.date) == [date])
        // An unknown format is refused by name.
        #expect(throws: DayError.self) {
            try DaySnapshot(canonicalJSON: json.replacing("\"format\":1", with: "\"format\":4"), date: date)
        }
    }

    @Test func progressReachesTheEnd() async throws {
        let day = try await closedDay()
        let seen = Mutex<[Int64]>([])
        _ = try await DayVerifier(ledger: day.ledger, facts: nil).verify(
            day.project, date: DayFixture.date("2026-03-10")
        ) { done, total in seen.withLock { $0.append(done * 1000 + total) } }
        #expect(seen.withLock { $0 } == [4004])
    }

    @Test func anEditedRowIsFoundAndNamed() async throws {
        let day = try await closedDay()
        try day.tamper("UPDATE attempts SET source = 'web_form' WHERE sequence = 3")
        let result = try await day.verify("2026-03-10")
        #expect(!result.isOK && result.firstWrongRow?.sequence == 3)
        #expect(result.firstWrongRow?.reason.contains("changed") == true)
        #expect(result.failures.contains { $0.name.hasPrefix("snapshot.by_source") })
    }

    @Test func aDeletedRowIsFound() async throws {
        let day = try await closedDay()
        try day.tamper("DELETE FROM attempts WHERE sequence = 3")
        let result = try await day.verify("2026-03-10")
        #expect(result.firstWrongRow?.sequence == 4 && result.firstWrongRow?.reason.contains("deleted") == true)
        #expect(result.failures.contains { $0.name == "seal.row_count" && $0.expected == "4" && $0.actual == "3" })
        let log = try await DayVerifier(ledger: day.ledger, facts: nil).wholeLog(of: day.project)
        #expect(log.comparisons.filter { !$0.isOK }.map(\.name) == ["log.rows_without_holes"])
        #expect(log.firstWrong?.row.subject == .attempt)
    }

    @Test func theLastRowDeletedWithItsLeadIsFound() async throws {
        let day = try await closedDay()
        try day.tamper("DELETE FROM leads WHERE attempt_id = 'att_5'; DELETE FROM attempts WHERE sequence = 5")
        let result = try await day.verify("2026-03-10")
        #expect(result.firstWrongRow?.sequence == 5 && result.firstWrongRow?.attemptID == "")
        #expect(result.failures.contains { $0.name == "seal.merkle_root" })
        // The next day's first row misses its predecessor.
        #expect(try await day.verify("2026-03-11").firstWrongRow?.sequence == 6)
    }

    @Test func anInsertedRowWithAGoodHashIsFound() async throws {
        let day = try await closedDay()
        var forged = try #require(
            try await day.ledger.dayAttempts(day.project.id, DayFixture.date("2026-03-10"), after: 2, limit: 1).first)
        forged.attemptID = "att_forged"
        forged.sequence = 7
        forged.previousHash = try #require(try await day.ledger.attemptHash(day.project.id, sequence: 6))
        forged.hash = AttemptHash.hash(of: forged)
        let hex = { (bytes: [UInt8]) in "x'\(Hexadecimal.text(bytes))'" }
        try day.tamper(
            """
            INSERT INTO attempts SELECT 'att_forged', project_id, 7, user_id, source, channel, received_at, logical_date,
                outcome, failure_category, failure_code, failure_message, context, retry_attempt, duration_ms,
                idempotency_key, lead_id, \(hex(forged.previousHash)), \(hex(forged.hash)), created_at
            FROM attempts WHERE sequence = 3
            """)
        let result = try await day.verify("2026-03-10")
        #expect(result.firstWrongRow?.attemptID == "att_forged" && result.firstWrongRow?.sequence == 7)
        #expect(result.failures.contains { $0.name == "seal.row_count" && $0.actual == "5" })
        #expect(result.failures.contains { $0.name == "snapshot.attempts.failures" && $0.actual == "2" })
    }

    @Test func reorderedRowsAreFound() async throws {
        let day = try await closedDay()
        try day.tamper(
            """
            UPDATE attempts SET sequence = 100 WHERE sequence = 3; UPDATE attempts SET sequence = 3 WHERE sequence = 4;
            UPDATE attempts SET sequence = 4 WHERE sequence = 100
            """)
        #expect(try await day.verify("2026-03-10").firstWrongRow?.sequence == 3)
    }

    @Test func aRewrittenChainDoesNotMatchTheSeal() async throws {
        let day = try await closedDay()
        let rows = try await day.ledger.dayAttempts(day.project.id, DayFixture.date("2026-03-10"), after: 0, limit: 10)
        var sql = ""
        var previous = rows[0].previousHash
        for var row in rows {
            if row.sequence == 3 { row.failureCode = "phone_invalid" }
            row.previousHash = previous
            row.hash = AttemptHash.hash(of: row)
            previous = row.hash
            sql += """
                UPDATE attempts SET failure_code = \(row.failureCode.map { "'\($0)'" } ?? "NULL"),
                    previous_hash = x'\(Hexadecimal.text(row.previousHash))', hash = x'\(Hexadecimal.text(row.hash))'
                WHERE sequence = \(row.sequence);
                """
        }
        try day.tamper(sql)
        let result = try await day.verify("2026-03-10")
        #expect(result.firstWrongRow?.subject == .seal)
        #expect(result.failures.contains { $0.name == "seal.merkle_root" })
        #expect(try await day.verify("2026-03-11").firstWrongRow?.reason.contains("previous_hash") == true)
    }

    @Test func aMissingLeadAndAnOrphanAreFound() async throws {
        let day = try await closedDay()
        try day.tamper("DELETE FROM leads WHERE attempt_id = 'att_4'")
        let result = try await day.verify("2026-03-10")
        #expect(result.failures.contains { $0.name == "leads.one_per_successful_attempt" && $0.actual == "2" })
        #expect(result.failures.contains { $0.name == "leads.missing" && $0.actual == "1" })
        #expect(result.firstWrongRow?.subject == .lead && result.firstWrongRow?.sequence == 4)
    }

    @Test(arguments: [
        "fields = '{\"loan_amount\":1}'", "source = 'partner_api'", "user_id = 'usr_2'", "created_at = created_at + 1",
    ])
    func aChangedLeadIsFoundAndNamed(change: String) async throws {
        let day = try await closedDay()
        try day.tamper("UPDATE leads SET \(change) WHERE attempt_id = 'att_4'")
        let result = try await day.verify("2026-03-10")
        #expect(result.firstWrongRow?.subject == .lead && result.firstWrongRow?.attemptID == "att_4")
        #expect(result.failures.contains { $0.name == "seal.leads_root" })
        #expect(try await day.verify("2026-03-11").isOK)
    }

    /// Fields and digest changed together agree with each other; the seal's root over the leads does not.
    @Test func aCarefullyChangedLeadContradictsTheSeal() async throws {
        let day = try await closedDay()
        let digest = Hexadecimal.text(SHA256.hash(data: Array("{\"a\":1}".utf8)))
        try day.tamper(
            "UPDATE leads SET fields = '{\"a\":1}', fields_digest = x'\(digest)' WHERE attempt_id = 'att_4'")
        let result = try await day.verify("2026-03-10")
        #expect(result.failures.map(\.name) == ["seal.leads_root"])
    }

    @Test(arguments: [
        "row_count = row_count - 1", "snapshot_sha256 = '\(String(repeating: "0", count: 64))'",
        "merkle_root = x'\(String(repeating: "ab", count: 32))'", "sealed_at = sealed_at + 1",
    ])
    func aChangedSealIsFound(change: String) async throws {
        let day = try await closedDay()
        try day.tamper("UPDATE day_seals SET \(change) WHERE logical_date = '2026-03-10'")
        let result = try await day.verify("2026-03-10")
        #expect(result.failures.contains { $0.name == "seal.chain" })
        let broken = try #require(try await SealChain(ledger: day.ledger).firstBreak(of: day.project.id))
        #expect(broken.date.description == "2026-03-10" && broken.position == 2)
    }

    /// A seal whose own hash and every time of closing were made again is given away by the one after it.
    @Test func aRewrittenSealBreaksTheNextLink() async throws {
        let day = try await closedDay()
        var sealed = try #require(
            try await day.ledger.seals(
                day.project.id, in: DayFixture.date("2026-03-10")...DayFixture.date("2026-03-10"), limit: 1
            ).first)
        sealed.seal.sealedAt = Timestamp(microseconds: 5)
        let hash = Hexadecimal.text(try #require(sealed.statement).sealHash)
        try day.tamper(
            """
            UPDATE day_seals SET sealed_at = 5 WHERE logical_date = '2026-03-10';
            UPDATE day_seal_links SET seal_hash = x'\(hash)' WHERE logical_date = '2026-03-10';
            UPDATE closed_days SET closed_at = 5 WHERE logical_date = '2026-03-10';
            UPDATE day_snapshots SET closed_at = 5, refreshed_at = 5 WHERE logical_date = '2026-03-10'
            """)
        #expect(try await day.verify("2026-03-10").isOK)
        #expect(try await day.verify("2026-03-11").firstWrongRow?.subject == .seal)
        #expect(try await SealChain(ledger: day.ledger).firstBreak(of: day.project.id)?.position == 3)
    }

    @Test func aDamagedRowIsNamedNotRefused() async throws {
        let day = try await closedDay()
        try day.tamper("UPDATE attempts SET failure_category = 'nonsense' WHERE sequence = 3")
        #expect(try await day.verify("2026-03-10").firstWrongRow?.sequence == 3)
    }

    @Test func anEditedSnapshotIsFound() async throws {
        let day = try await closedDay()
        try day.tamper(
            "UPDATE day_snapshots SET json = replace(json, 'email_invalid', 'email_missing') WHERE logical_date = '2026-03-10'"
        )
        let result = try await day.verify("2026-03-10")
        #expect(result.failures.contains { $0.name == "snapshot.sha256" })
        #expect(result.failures.contains { $0.name.contains("by_code") && $0.actual == "email_invalid" })
        // The day after was compared with it, by its hash.
        #expect(try await day.verify("2026-03-11").failures.contains { $0.name.hasPrefix("snapshot.comparison.days") })
    }

    @Test func rollupsThatDisagreeWithTheRowsAreFound() async throws {
        let day = try await closedDay()
        let facts = FixedEventFacts()
        facts.state.withLock {
            $0.totals.byType = [.init(type: "span", events: 9, failures: 1)]
            $0.totals.books.received = 9
            $0.totals.books.stored = 9
            $0.recount = $0.totals
            $0.recount?.byType = [.init(type: "span", events: 8, failures: 1)]
        }
        let result = try await DayVerifier(ledger: day.ledger, facts: facts).verify(
            day.project, date: DayFixture.date("2026-03-10"))
        #expect(result.failures.map(\.name) == ["events.count", "books.stored"])
        facts.state.withLock { $0.isBroken = true }
        let skipped = try await DayVerifier(ledger: day.ledger, facts: facts).verify(
            day.project, date: DayFixture.date("2026-03-10"))
        #expect(skipped.isOK && skipped.skipped.count == 1)
    }
}
