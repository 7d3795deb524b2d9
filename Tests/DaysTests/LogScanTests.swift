import Days
import Events
import Foundation
import Ports
import SQLiteLedger
import Synchronization
import SystemPorts
import Telemetry
import Testing

/// The pass over the whole log finds what a look at each day finds, and looks days up only where it has to.
struct LogScanTests {
    private static func other(_ name: String, zone: String) -> Project {
        Project(
            id: ProjectID(name)!, organisationID: "org_1", name: name, calendar: DayCalendar(zoneName: zone)!,
            region: "eu",
            eventsPerSecond: 1000, submissionsPerUserPerMinute: 60, createdAt: DayFixture.time("2026-03-08T15:00:00Z"))
    }

    /// Three projects whose rows lie between each other's, over four days; all but today are closed.
    private func log() async throws -> (day: DayFixture, projects: [Project]) {
        let day = try DayFixture(now: "2026-03-12T23:30:00Z", created: "2026-03-08T15:00:00Z")
        let others = [Self.other("prj_east", zone: "Asia/Kathmandu"), Self.other("prj_west", zone: "Pacific/Apia")]
        for hour in 0..<90 {
            let at = (DayFixture.time("2026-03-09T05:00:00Z") + .seconds(hour * 3600)).rfc3339()
            let draft = DayFixture.Draft(
                at: at, source: ["web_form", "partner_api"][hour % 2], user: "usr_\(hour % 7)",
                code: hour % 4 == 0 ? "email_invalid" : nil,
                context: #"{"request":{"endpoint":"json","submitter":"key_\#(hour % 3)"}}"#, retry: hour % 3,
                milliseconds: Double(hour % 11) + 0.5)
            try await day.submit([draft])
            for other in others where hour % 3 > 0 { try await day.submit([draft, draft], to: other) }
        }
        let projects = [day.project] + others
        for project in projects {
            _ = try await day.closer.close(project, date: project.calendar.date(at: day.clock.now).previous)
        }
        return (day, projects)
    }

    private func oneByOne(_ day: DayFixture, _ projects: [Project]) async throws -> [ProjectID: [DayVerification]] {
        let verifier = DayVerifier(ledger: day.ledger, facts: nil)
        var found: [ProjectID: [DayVerification]] = [:]
        for project in projects {
            found[project.id] = try await verifier.verify(
                try await verifier.dates(of: project), of: project, rows: { _ in })
        }
        return found
    }

    private func all(_ day: DayFixture, _ projects: [Project], partRows: Int64) async throws -> AllDays {
        try await DayVerifier(ledger: day.ledger, facts: nil).verifyAll(
            projects, began: day.clock.now + .seconds(1), partRows: partRows, rows: { _ in })
    }

    @Test(arguments: [Int64(1), 3, 50, 1 << 15]) func aPassFindsWhatADayAloneDoes(partRows: Int64) async throws {
        let (day, projects) = try await log()
        let found = try await all(day, projects, partRows: partRows)
        let isSame = found.days == (try await oneByOne(day, projects))
        #expect(isSame)
        #expect(found.days.values.allSatisfy { $0.count >= 4 && $0.allSatisfy(\.isOK) })
        let empty = found.days.values.joined().filter { $0.attempts == 0 }.count
        #expect(found.leadsAreProven && found.lookedUp == empty)
    }

    @Test func progressCountsEachRowOnce() async throws {
        let (day, projects) = try await log()
        let seen = Mutex<Int64>(0)
        let verifier = DayVerifier(ledger: day.ledger, facts: nil)
        _ = try await verifier.verifyAll(projects, began: day.clock.now + .seconds(1), partRows: 50) { rows in
            seen.withLock { $0 += Int64(rows) }
        }
        let count = try await verifier.logSize().attempts
        #expect(count == 90 + 2 * 120)
        #expect(seen.withLock { $0 } == count)
    }

    /// Whatever is done to rows: the pass says of every day what a look at the day says.
    @Test(arguments: [
        "UPDATE attempts SET source = 'x' WHERE sequence = 17", "DELETE FROM attempts WHERE sequence = 20",
        "DELETE FROM leads WHERE attempt_id = 'att_31_prj_east'",
        "UPDATE leads SET attempt_id = 'att_29' WHERE attempt_id = 'att_31'",
        "UPDATE leads SET project_id = 'prj_west' WHERE attempt_id = 'att_31_prj_east'",
        "UPDATE attempts SET logical_date = '2026-03-09' WHERE sequence = 80",
        "UPDATE attempts SET logical_date = 'nonsense' WHERE sequence = 80",
        "UPDATE attempts SET rowid = rowid + 100000 WHERE sequence = 30",
        "UPDATE attempts SET rowid = 4000000000000000000 WHERE attempt_id = 'att_30'",
        "UPDATE attempts SET rowid = -rowid", "UPDATE leads SET rowid = -rowid",
        "UPDATE attempts SET sequence = 1000 WHERE sequence = 40",
        "UPDATE attempts SET hash = zeroblob(31) WHERE sequence = 5",
        "DELETE FROM day_seals WHERE logical_date = '2026-03-10'", "DELETE FROM closed_days",
    ])
    func aPassOverADamagedLogFindsTheSame(damage: String) async throws {
        let (day, projects) = try await log()
        try day.tamper("PRAGMA ignore_check_constraints = ON; " + damage)
        let expected = try await oneByOne(day, projects)
        for partRows in [Int64(3), 1 << 15] {
            let found = try await all(day, projects, partRows: partRows)
            let isSame = found.days == expected
            #expect(isSame, "parts of \(partRows)")
            let strays = try await day.ledger.orphanLeads(day.project.id, createdIn: nil).count
            #expect(strays == 0 || !found.leadsAreProven)
        }
    }

    /// A day's last row is rewritten together with its own hash, or deleted: the next day's first row no longer follows it,
    /// though the pass has just read the row before.
    @Test(arguments: [true, false]) func aBreakBetweenTwoDaysIsFound(isRewritten: Bool) async throws {
        let (day, projects) = try await log()
        let date = DayFixture.date("2026-03-10")
        var last = try #require(try await day.ledger.dayAttempts(day.project.id, date, after: 0, limit: 100).last)
        last.source = "x"
        let hash = Hexadecimal.text(AttemptHash.hash(of: last))
        try day.tamper(
            isRewritten
                ? "UPDATE attempts SET source = 'x', hash = x'\(hash)' WHERE attempt_id = '\(last.attemptID)'"
                : "DELETE FROM attempts WHERE attempt_id = '\(last.attemptID)'")
        let expected = try await oneByOne(day, projects)
        let next = try #require(expected[day.project.id]?.first { $0.date == date.next }?.firstWrongRow)
        #expect(next.sequence == last.sequence + 1)
        #expect(next.reason.contains(isRewritten ? "previous_hash" : "is missing"))
        for partRows in [Int64(1), 3, 50, 1 << 15] {
            let found = try await all(day, projects, partRows: partRows)
            let isSame = found.days == expected
            #expect(isSame, "parts of \(partRows)")
        }
    }

    /// A day that was closed after the pass began is looked up: its last rows may not have been seen.
    @Test func daysClosedMeanwhileAreLookedUp() async throws {
        let (day, projects) = try await log()
        let found = try await DayVerifier(ledger: day.ledger, facts: nil).verifyAll(
            projects, began: day.clock.now, rows: { _ in })
        let closed = found.days.values.joined().filter(\.isClosed).count
        #expect(closed >= 9 && found.lookedUp == closed && !found.leadsAreProven)
        #expect(found.days.values.allSatisfy { $0.allSatisfy(\.isOK) })
    }
}
