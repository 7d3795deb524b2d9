import Days
import Events
import GRDB
import Ports
import SQLiteLedger
import SystemPorts
import Telemetry
import Testing

struct TrendTests {
    private let range = DayFixture.date("2026-03-02")...DayFixture.date("2026-03-17")

    /// Two whole weeks (from Monday, 2 March) and two days: ada comes every day, somebody else on each Tuesday.
    private func weeks() async throws -> DayFixture {
        let day = try DayFixture(zone: "UTC", now: "2026-03-17T20:00:00Z", created: "2026-03-02T00:00:00Z")
        for number in 2...17 {
            let date = "2026-03-\(number < 10 ? "0" : "")\(number)"
            try await day.submit([
                .init(at: "\(date)T10:00:00Z", user: "ada"), .init(at: "\(date)T11:00:00Z", user: "ada", retry: 2),
            ])
            if number % 7 == 3 { try await day.submit([.init(at: "\(date)T12:00:00Z", user: "usr_\(number)")]) }
        }
        for date in range.lowerBound.dayNumber...range.upperBound.dayNumber {
            _ = try await day.book.snapshot(of: day.project, date: LogicalDate(dayNumber: date))
        }
        return day
    }

    private func trends(
        _ day: DayFixture, _ filter: DayTrends.Filter = .init(), rowsMax: Int64 = 1_000_000
    ) async throws -> DayTrends {
        var made = DayTrends(
            try await day.ledger.dayPoints(day.project.id, in: range), filter: filter, range: range)
        made.setUsers(try await day.ledger.weekUsers(day.project.id, made.weekDates, rowsMax: rowsMax))
        return made
    }

    @Test func aWeekCountsEachPersonOnce() async throws {
        let day = try await weeks()
        let made = try await trends(day)
        #expect(made.weeks.map(\.date.description) == ["2026-03-02", "2026-03-09", "2026-03-16"])
        #expect(made.weeks.map(\.users) == [2, 2, 2])
        #expect(made.weeks.map(\.userDays) == [8, 8, 3] && made.weeks.map(\.days) == [7, 7, 2])
        #expect(made.missing.isEmpty)
        let filtered = try await trends(day, .init(source: "web_form"))
        #expect(filtered.weeks.map(\.users) == [nil, nil, nil] && filtered.missing == ["users"])
    }

    @Test func aWeekIsCountedOnceItsLastDayIsClosedAndNeverAgain() async throws {
        let day = try await weeks()
        let scheduler = DayScheduler(
            projects: FixedProjectDirectory([day.project]), book: day.book, closer: day.closer, clock: day.clock,
            telemetry: .none())
        await scheduler.round()
        day.clock.advance(by: .seconds(DayLimits.quietSeconds))
        await scheduler.round()
        let queue = try DatabaseQueue(path: day.folder + "/ledger.sqlite")
        try await queue.write { db in
            let kept = try String.fetchAll(db, sql: "SELECT monday FROM week_users ORDER BY monday")
            #expect(
                kept == ["2026-03-02", "2026-03-09"],
                "nobody asked for the trends yet, and the week of the 16th goes on")
            try db.execute(sql: "UPDATE week_users SET users = 7 WHERE monday = '2026-03-02'")
        }
        try queue.close()
        #expect(try await trends(day).weeks.map(\.users) == [7, 2, 2])
    }

    @Test func whatWasNotCountedIsSaidAndComesLater() async throws {
        let day = try await weeks()
        _ = try await day.closer.close(day.project, date: DayFixture.date("2026-03-15"))
        // The newest week alone: it has five attempts.
        let first = try await trends(day, rowsMax: 5)
        #expect(first.weeks.map(\.users) == [nil, nil, 2] && first.missing == ["week_users:2"])
        #expect(try await trends(day, rowsMax: 20).weeks.map(\.users) == [nil, 2, 2])
        #expect(try await trends(day, rowsMax: 20).weeks.map(\.users) == [2, 2, 2])
    }
}
