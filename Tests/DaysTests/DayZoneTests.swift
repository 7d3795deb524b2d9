import Days
import Events
import Ports
import SQLiteLedger
import SystemPorts
import Telemetry
import Testing

private struct OneProject: ProjectDirectory {
    let project: Project
    var projects: [Project] { [project] }
    func project(_ id: ProjectID) -> Project? { id == project.id ? project : nil }
}

/// Days close on schedule in every zone, through both changes of its clocks, on a manual clock.
struct DayZoneTests {
    struct Change: Sendable, CustomTestStringConvertible {
        var zone: String
        var date: String
        /// How long the date is, in minutes.
        var minutes: Int
        var testDescription: String { "\(zone) \(date)" }
    }

    static let changes = [
        Change(zone: "America/New_York", date: "2026-03-08", minutes: 23 * 60),
        Change(zone: "America/New_York", date: "2026-11-01", minutes: 25 * 60),
        Change(zone: "Europe/Berlin", date: "2026-03-29", minutes: 23 * 60),
        Change(zone: "Europe/Berlin", date: "2026-10-25", minutes: 25 * 60),
        // No clock changes, and half an hour beside the hours of UTC.
        Change(zone: "Asia/Kolkata", date: "2026-03-29", minutes: 24 * 60),
        // Clocks change by half an hour.
        Change(zone: "Australia/Lord_Howe", date: "2026-04-05", minutes: 24 * 60 + 30),
        Change(zone: "Australia/Lord_Howe", date: "2026-10-04", minutes: 23 * 60 + 30),
        // The last changes before the zone gave them up, and the date that it left out altogether.
        Change(zone: "Pacific/Apia", date: "2020-09-27", minutes: 23 * 60),
        Change(zone: "Pacific/Apia", date: "2021-04-04", minutes: 25 * 60),
        Change(zone: "Pacific/Apia", date: "2011-12-30", minutes: 0),
    ]

    @Test(arguments: changes) func daysCloseInTimeAndNothingIsLost(change: Change) async throws {
        let calendar = try #require(DayCalendar(zoneName: change.zone))
        let date = DayFixture.date(change.date)
        let first = date.adding(days: -1)
        let last = date.adding(days: 1)
        let begin = calendar.start(of: first)
        #expect(calendar.bounds(of: date).upperBound - calendar.start(of: date) == .seconds(change.minutes * 60))
        let day = try DayFixture(zone: change.zone, now: begin.rfc3339())
        let scheduler = DayScheduler(
            projects: OneProject(project: day.project), book: day.book, closer: day.closer, clock: day.clock,
            telemetry: .none())
        let step = Duration.seconds(600)
        let end = calendar.bounds(of: last).upperBound + .seconds(3600)
        var expected: [LogicalDate: Int64] = [:]
        while day.clock.now < end {
            let now = day.clock.now
            try await day.submit([.init(at: now.rfc3339(), user: "usr_\(now.seconds % 7)")])
            expected[calendar.date(at: now), default: 0] += 1
            await scheduler.round()
            // Past the quiet time, so that a day that is over is seen twice before the next submission.
            day.clock.advance(by: .seconds(DayLimits.quietSeconds + 1))
            await scheduler.round()
            day.clock.advance(by: step - .seconds(DayLimits.quietSeconds + 1))
        }
        for number in first.dayNumber...last.dayNumber {
            let date = LogicalDate(dayNumber: number)
            let seal = try #require(try await day.ledger.seal(day.project.id, date), "\(date) is not closed")
            let bounds = calendar.bounds(of: date)
            #expect(seal.rowCount == expected[date] ?? 0, "\(date)")
            let waited = seal.sealedAt - bounds.upperBound
            #expect(waited >= .zero && waited <= step + .seconds(DayLimits.quietSeconds + 1), "\(date): \(waited)")
            let result = try await day.verify(date.description)
            #expect(result.isOK, "\(date): \(result.failures)")
        }
        let sealed = try await day.ledger.seals(day.project.id, in: first...last, limit: 10)
        #expect(sealed.map { $0.link?.position } == [1, 2, 3])
        // The day that goes on is open.
        #expect(try await day.ledger.seal(day.project.id, last.next) == nil)
    }

    @Test(arguments: changes) func whatWasMissedIsCaughtUpInOrder(change: Change) async throws {
        let calendar = try #require(DayCalendar(zoneName: change.zone))
        let date = DayFixture.date(change.date)
        let first = date.adding(days: -3)
        let day = try DayFixture(zone: change.zone, now: calendar.start(of: first).rfc3339())
        try await day.submit([.init(at: (day.clock.now + .seconds(60)).rfc3339())])
        // The system was down for a week, across the change.
        day.clock.advance(by: .seconds(7 * 86_400))
        let scheduler = DayScheduler(
            projects: OneProject(project: day.project), book: day.book, closer: day.closer, clock: day.clock,
            telemetry: .none())
        await scheduler.round()
        day.clock.advance(by: .seconds(DayLimits.quietSeconds))
        await scheduler.round()
        let today = calendar.date(at: day.clock.now)
        let closed = try await day.ledger.closedDates(day.project.id, in: first...today)
        #expect(closed == (first.dayNumber..<today.dayNumber).map { LogicalDate(dayNumber: $0) })
        let sealed = try await day.ledger.seals(day.project.id, in: first...today, limit: 30)
        #expect(sealed.map { $0.link?.position } == sealed.indices.map { Int64($0) + 1 })
        #expect(sealed.first?.seal.rowCount == 1)
    }
}
