import Days
import Events
import Ports
import SQLiteLedger
import Testing

/// Records of closed days that somebody took away or changed: each is named, and none can be taken out of sight.
struct RecordTests {
    private static let date = "2026-03-10"

    /// Three closed days with one, three and one attempts; the project may be younger than they are.
    private func closedDays(created: String = "2026-03-09T15:00:00Z") async throws -> DayFixture {
        let day = try DayFixture(now: "2026-03-12T15:00:00Z", created: created)
        try await day.submit([
            .init(at: "2026-03-09T16:00:00Z"), .init(at: "2026-03-10T13:05:00Z"),
            .init(at: "2026-03-10T13:06:00Z", user: "usr_2", code: "email_invalid"),
            .init(at: "2026-03-10T13:07:00Z", user: "usr_3"), .init(at: "2026-03-11T13:06:00Z"),
        ])
        _ = try await day.closer.close(day.project, date: DayFixture.date("2026-03-11"))
        return day
    }

    private func wrongDays(_ day: DayFixture) async throws -> [String] {
        let verifier = DayVerifier(ledger: day.ledger, facts: nil)
        var wrong: [String] = []
        for date in try await verifier.dates(of: day.project) {
            let result = try await verifier.verify(day.project, date: date)
            #expect(result.isOK == (result.firstWrongRow == nil), "\(date): \(result.failures)")
            if !result.isOK { wrong.append(date.description) }
        }
        return wrong
    }

    @Test func honestRecordsAgree() async throws {
        let day = try await closedDays()
        #expect(try await wrongDays(day) == [])
        #expect(try await DayVerifier(ledger: day.ledger, facts: nil).wholeLog(of: day.project).isOK)
        #expect(try await day.ledger.recordedProjects() == [day.project.id])
    }

    @Test(arguments: [
        ("DELETE FROM closed_days", WrongRow.Subject.closedDay, "closed_day"),
        ("UPDATE closed_days SET closed_at = closed_at + 1", .closedDay, "closed_day.closed_at"),
        ("DELETE FROM day_seals", .seal, "seal"),
        ("DELETE FROM day_seal_links", .seal, "seal.link"),
        ("DELETE FROM day_snapshots", .snapshot, "snapshot"),
        ("UPDATE day_snapshots SET closed_at = NULL", .snapshot, "snapshot.closed_at"),
        ("UPDATE day_snapshots SET closed_at = closed_at + 1", .snapshot, "snapshot.closed_at"),
        ("UPDATE day_snapshots SET refreshed_at = refreshed_at + 1", .snapshot, "snapshot.refreshed_at"),
        ("UPDATE day_snapshots SET is_balanced = 0", .snapshot, "snapshot.column.is_balanced"),
        ("UPDATE day_snapshots SET leads = 9", .snapshot, "snapshot.column.leads"),
        ("DELETE FROM day_points", .dayPoint, "points"),
        ("UPDATE day_points SET attempts = attempts + 5", .dayPoint, "points.attempts"),
        ("UPDATE day_points SET users = NULL", .dayPoint, "points.users"),
        ("UPDATE day_points SET is_closed = 0", .dayPoint, "points.is_closed"),
        ("UPDATE day_points SET sources = replace(sources, 'web_form', 'webform')", .dayPoint, "points.sources"),
        ("UPDATE day_points SET channels_distinct = 9", .dayPoint, "points.holds_every_channel"),
        ("UPDATE day_points SET channels = '{'", .dayPoint, "points"),
    ])
    func aChangedRecordIsNamed(sql: String, subject: WrongRow.Subject, name: String) async throws {
        let day = try await closedDays()
        try day.tamper("\(sql) WHERE logical_date = '\(Self.date)'")
        let result = try await day.verify(Self.date)
        let wrong = try #require(result.firstWrongRow)
        #expect(wrong.subject == subject && !wrong.reason.isEmpty, "\(wrong)")
        #expect(result.failures.contains { $0.name == name }, "\(result.failures)")
        #expect(result.json.text.contains(#""subject":"\#(subject.rawValue)""#))
        #expect(try await wrongDays(day).contains(Self.date))
    }

    /// What is left of a day gives it away, whatever else was deleted.
    @Test(arguments: [
        "DELETE FROM leads WHERE attempt_id = 'att_5'; DELETE FROM attempts WHERE sequence = 5; DELETE FROM closed_days WHERE logical_date = '2026-03-11'",
        "DELETE FROM leads; DELETE FROM attempts; DELETE FROM closed_days",
        "DELETE FROM leads; DELETE FROM attempts",
        "DELETE FROM leads; DELETE FROM attempts; DELETE FROM closed_days; DELETE FROM day_seals; DELETE FROM day_snapshots",
        "DELETE FROM leads; DELETE FROM attempts; DELETE FROM closed_days; DELETE FROM day_seals; DELETE FROM day_seal_links",
    ])
    func deletedDaysStayInSight(sql: String) async throws {
        for created in ["2026-03-09T15:00:00Z", "2026-03-12T14:00:00Z"] {
            let day = try await closedDays(created: created)
            try day.tamper(sql)
            #expect(try await wrongDays(day).contains("2026-03-11"), "created \(created)")
        }
    }

    @Test func daysFarFromTodayAreLookedAt() async throws {
        let day = try await closedDays()
        try day.tamper(
            """
            INSERT INTO closed_days SELECT project_id, '2027-11-27', closed_at, created_at FROM closed_days LIMIT 1;
            INSERT INTO day_seals SELECT project_id, '2020-01-01', merkle_root, row_count, first_sequence, last_sequence,
                last_hash, snapshot_sha256, sealed_at, created_at FROM day_seals LIMIT 1
            """)
        #expect(try await wrongDays(day) == ["2020-01-01", "2027-11-27"])
        let future = try await day.verify("2027-11-27")
        #expect(future.firstWrongRow?.subject == .seal && future.failures.map(\.name) == ["seal", "snapshot"])
    }

    @Test func recordsOfAnotherProjectAreSeen() async throws {
        let day = try await closedDays()
        try day.tamper("UPDATE attempts SET project_id = 'ghost' WHERE sequence = 5")
        #expect(try await day.ledger.recordedProjects().map(\.text) == ["ghost", "prj_days"])
        try day.tamper("UPDATE leads SET project_id = 'another' WHERE attempt_id = 'att_1'")
        #expect(try await day.ledger.recordedProjects().map(\.text) == ["another", "ghost", "prj_days"])
    }

    @Test func aLeadWithoutAnAttemptHasItsDay() async throws {
        let day = try await closedDays()
        try day.tamper("UPDATE leads SET attempt_id = 'att_gone', lead_id = 'led_x' WHERE attempt_id = 'att_4'")
        let log = try await DayVerifier(ledger: day.ledger, facts: nil).wholeLog(of: day.project)
        #expect(log.firstWrong?.row.subject == .lead && log.firstWrong?.row.attemptID == "att_gone")
        #expect(log.firstWrong?.date == DayFixture.date(Self.date))
        #expect(log.firstWrong?.json.text.contains(#""date":"2026-03-10""#) == true)
    }

    @Test func aDateThatIsNoneIsNamed() async throws {
        let day = try await closedDays()
        try day.tamper("UPDATE attempts SET logical_date = 'soon' WHERE sequence = 3")
        let log = try await DayVerifier(ledger: day.ledger, facts: nil).wholeLog(of: day.project)
        #expect(log.firstWrong?.row.reason.contains("'soon'") == true && log.firstWrong?.date == nil)
    }

    @Test func theBreakOfTheChainIsNamed() async throws {
        let day = try await closedDays()
        try day.tamper("DELETE FROM day_seals WHERE logical_date = '\(Self.date)'")
        let log = try await DayVerifier(ledger: day.ledger, facts: nil).wholeLog(of: day.project)
        #expect(log.firstWrong?.row.subject == .seal && log.firstWrong?.date == DayFixture.date(Self.date))
    }
}
