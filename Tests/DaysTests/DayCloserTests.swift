import Days
import Events
import Ports
import SQLiteLedger
import Synchronization
import SystemPorts
import Telemetry
import Testing

struct DayCloserTests {
    @Test func closesInOrderFreezesAndSeals() async throws {
        let day = try DayFixture(now: "2026-03-12T15:00:00Z", created: "2026-03-09T15:00:00Z")
        try await day.submit([
            .init(at: "2026-03-10T13:05:00Z"), .init(at: "2026-03-10T13:06:00Z", code: "email_invalid"),
            .init(at: "2026-03-11T13:06:00Z"),
        ])
        let closed = try await day.closer.close(day.project, date: DayFixture.date("2026-03-11"))
        #expect(closed.closedAt != nil && closed.attempts == 1)
        let range = DayFixture.date("2026-03-01")...DayFixture.date("2026-03-12")
        // The ninth had no attempts and closes all the same.
        #expect(
            try await day.ledger.closedDates(day.project.id, in: range).map(\.description)
                == ["2026-03-09", "2026-03-10", "2026-03-11"])
        let empty = try #require(try await day.ledger.seal(day.project.id, DayFixture.date("2026-03-09")))
        #expect(empty.rowCount == 0 && empty.lastHash == nil && empty.merkleRoot == MerkleTree.emptyRoot)
        let seal = try #require(try await day.ledger.seal(day.project.id, DayFixture.date("2026-03-10")))
        #expect(seal.rowCount == 2 && seal.firstSequence == 1 && seal.lastSequence == 2)
        let compared = try DaySnapshot(canonicalJSON: closed.json, date: closed.date).comparison
        #expect(compared.days.map(\.date.description) == ["2026-03-09", "2026-03-10"])
        #expect(compared.attemptsMean == "1.00" && compared.failureShare == "0.5000")
    }

    @Test func closingTwiceChangesNothing() async throws {
        let day = try DayFixture(now: "2026-03-11T15:00:00Z", created: "2026-03-10T15:00:00Z")
        try await day.submit([.init(at: "2026-03-10T13:05:00Z")])
        let first = try await day.closer.close(day.project, date: DayFixture.date("2026-03-10"))
        day.clock.advance(by: .seconds(3600))
        let second = try await day.closer.close(day.project, date: DayFixture.date("2026-03-10"))
        #expect(first == second)
        let outcome = try await day.closeDay(
            first, seal: #require(try await day.ledger.seal(day.project.id, first.date)),
            extent: DayExtent(rowCount: 1, firstSequence: 1, lastSequence: 1))
        #expect(outcome == .alreadyClosed)
    }

    @Test func todayAndTomorrowAreRefused() async throws {
        let day = try DayFixture(now: "2026-03-11T03:59:59Z", created: "2026-03-10T15:00:00Z")
        // 23:59:59 in New York on the tenth.
        do {
            _ = try await day.closer.close(day.project, date: DayFixture.date("2026-03-10"))
            Issue.record("an open day was closed")
        } catch { #expect(error.problem.code == .dayNotOver) }
        do {
            _ = try await day.closer.close(day.project, date: DayFixture.date("2026-03-11"))
            Issue.record("a day of the future was closed")
        } catch { #expect(error.problem.code == .dayInFuture) }
        day.clock.advance(by: .seconds(1))
        _ = try await day.closer.close(day.project, date: DayFixture.date("2026-03-10"))
    }

    /// A seal cannot be taken back: days that the project never had get none.
    @Test func daysBeforeTheFirstAreRefused() async throws {
        let day = try DayFixture(now: "2026-03-12T15:00:00Z", created: "2026-03-10T15:00:00Z")
        do {
            _ = try await day.closer.close(day.project, date: DayFixture.date("2020-11-21"))
            Issue.record("a day before the first was closed")
        } catch {
            #expect(error.problem.code == .notFound && error.problem.detail.contains("its first day is 2026-03-10"))
        }
        #expect(try await day.ledger.recordedProjects().isEmpty)
        // A backfill brings the first day forward.
        try await day.submit([.init(at: "2026-03-08T16:00:00Z")])
        _ = try await day.closer.close(day.project, date: DayFixture.date("2026-03-08"))
        await #expect(throws: DayError.self) {
            try await day.closer.close(day.project, date: DayFixture.date("2026-03-07"))
        }
        #expect(
            try await day.ledger.recordedDates(day.project.id).dates == [DayFixture.date("2026-03-08")])
    }

    @Test func attemptsThatCameMeanwhileStopTheClose() async throws {
        let day = try DayFixture(now: "2026-03-11T15:00:00Z", created: "2026-03-10T15:00:00Z")
        try await day.submit([.init(at: "2026-03-10T13:05:00Z")])
        var snapshot = try await day.book.snapshot(of: day.project, date: DayFixture.date("2026-03-10"))
        snapshot.closedAt = day.clock.now
        let seal = DaySeal(
            projectID: day.project.id, date: snapshot.date, merkleRoot: MerkleTree.emptyRoot, rowCount: 1,
            firstSequence: 1, lastSequence: 1, lastHash: AttemptHash.genesis, snapshotSHA256: snapshot.sha256,
            sealedAt: day.clock.now)
        try await day.submit([.init(at: "2026-03-10T13:06:00Z")])
        let outcome = try await day.closeDay(
            snapshot, seal: seal, extent: DayExtent(rowCount: 1, firstSequence: 1, lastSequence: 1))
        #expect(outcome == .moved)
        #expect(try await day.ledger.seal(day.project.id, snapshot.date) == nil)
        #expect(try await day.ledger.snapshot(day.project.id, snapshot.date)?.closedAt == nil)
    }

    /// A seal that the database refuses undoes the frozen snapshot of the same transaction: no half-closed day.
    @Test func aFailureBetweenTheStepsLeavesTheDayOpen() async throws {
        let day = try DayFixture(now: "2026-03-11T15:00:00Z", created: "2026-03-10T15:00:00Z")
        try await day.submit([.init(at: "2026-03-10T13:05:00Z")])
        var snapshot = try await day.book.snapshot(of: day.project, date: DayFixture.date("2026-03-10"))
        snapshot.closedAt = day.clock.now
        let broken = DaySeal(
            projectID: day.project.id, date: snapshot.date, merkleRoot: [1, 2, 3], rowCount: 1, firstSequence: 1,
            lastSequence: 1, lastHash: AttemptHash.genesis, snapshotSHA256: snapshot.sha256, sealedAt: day.clock.now)
        await #expect(throws: LedgerError.self) {
            try await day.closeDay(
                snapshot, seal: broken, extent: DayExtent(rowCount: 1, firstSequence: 1, lastSequence: 1))
        }
        #expect(try await day.ledger.snapshot(day.project.id, snapshot.date)?.closedAt == nil)
        #expect(try await day.ledger.closedDates(day.project.id, in: snapshot.date...snapshot.date).isEmpty)
        // And the day still closes.
        #expect(try await day.closer.close(day.project, date: snapshot.date).closedAt != nil)
    }

    @Test func closedDayRefusesAttemptsAndRefreshes() async throws {
        let day = try DayFixture(now: "2026-03-11T15:00:00Z", created: "2026-03-10T15:00:00Z")
        try await day.submit([.init(at: "2026-03-10T13:05:00Z")])
        var closed = try await day.closer.close(day.project, date: DayFixture.date("2026-03-10"))
        await #expect(throws: LedgerError.self) { try await day.submit([.init(at: "2026-03-10T13:06:00Z")]) }
        closed.closedAt = nil
        closed.attempts = 99
        #expect(try await day.ledger.replaceOpenSnapshot(closed) == false)
        #expect(try await day.book.snapshot(of: day.project, date: closed.date).attempts == 1)
    }

    @Test(
        arguments: ["day_snapshots", "day_seals", "closed_days", "day_seal_links", "day_trees"],
        ["UPDATE", "DELETE", "REPLACE"])
    func theDatabaseRefusesChangesOfAClosedDay(table: String, verb: String) async throws {
        let day = try DayFixture(now: "2026-03-11T15:00:00Z", created: "2026-03-10T15:00:00Z")
        try await day.submit([.init(at: "2026-03-10T13:05:00Z")])
        _ = try await day.closer.close(day.project, date: DayFixture.date("2026-03-10"))
        let sql =
            switch verb {
            case "UPDATE": "UPDATE \(table) SET created_at = 1"
            case "DELETE": "DELETE FROM \(table)"
            default: "INSERT OR REPLACE INTO \(table) SELECT * FROM \(table)"
            }
        #expect(throws: (any Error).self) { try day.executeWithTriggers(sql) }
    }

    @Test func scheduleWaitsForQuietThenCatchesUp() async throws {
        let day = try DayFixture(now: "2026-03-13T15:00:00Z", created: "2026-03-13T14:00:00Z")
        // A backfill: attempts of days that are over, with more to come.
        try await day.submit([.init(at: "2026-03-11T13:05:00Z")])
        #expect(try await day.closer.closeDue(day.project).isEmpty)
        day.clock.advance(by: .seconds(40))
        try await day.submit([.init(at: "2026-03-12T13:05:00Z")])
        #expect(try await day.closer.closeDue(day.project).isEmpty)
        day.clock.advance(by: .seconds(40))
        #expect(try await day.closer.closeDue(day.project).isEmpty)
        day.clock.advance(by: .seconds(30))
        #expect(try await day.closer.closeDue(day.project).map(\.description) == ["2026-03-11", "2026-03-12"])
        #expect(try await day.closer.closeDue(day.project).isEmpty)
    }

    @Test func scheduleWaitsForTheEventStoreButNotForEver() async throws {
        let day = try DayFixture(now: "2026-03-12T15:00:00Z", created: "2026-03-11T15:00:00Z", withFacts: true)
        day.facts.state.withLock { $0.totals.pending = 3 }
        #expect(try await day.closer.closeDue(day.project).isEmpty)
        day.clock.advance(by: .seconds(120))
        #expect(try await day.closer.closeDue(day.project).isEmpty)
        day.facts.state.withLock { $0.isBroken = true }
        #expect(try await day.closer.closeDue(day.project).isEmpty)
        day.clock.advance(by: .seconds(DayLimits.settleSecondsMax))
        #expect(try await day.closer.closeDue(day.project).map(\.description) == ["2026-03-11"])
        let closed = try await day.snapshot("2026-03-11")
        #expect(closed.events == nil)
    }

    private final class Flag: Sendable { let isSet = Mutex(false) }

    @Test(arguments: [true, false])
    func whoeverClosesADayWaitsForItsLastEventsButNotForEver(theyCome: Bool) async throws {
        let day = try DayFixture(now: "2026-03-12T15:00:00Z", created: "2026-03-11T15:00:00Z", withFacts: true)
        day.facts.state.withLock { $0.totals.pending = 3 }
        let began = day.clock.monotonic
        let flag = Flag()
        let closing = Task {
            defer { flag.isSet.withLock { $0 = true } }
            _ = try await day.closer.close(day.project, date: LogicalDate("2026-03-11")!)
        }
        while !flag.isSet.withLock({ $0 }) {
            if theyCome, day.clock.monotonic - began >= .seconds(2) {
                day.facts.state.withLock { $0.totals.pending = 0 }
            }
            day.clock.advance(by: .milliseconds(10))
            await Task.yield()
        }
        try await closing.value
        let waited = day.clock.monotonic - began
        #expect(waited >= (theyCome ? .seconds(2) : .seconds(DayLimits.closeWaitSecondsMax)))
        #expect(try await day.snapshot("2026-03-11").events?.pending == (theyCome ? 0 : 3))
    }

    @Test func schedulerWakesAtTheEndOfADayWithClockChange() throws {
        let calendar = try #require(DayCalendar(zoneName: "America/New_York"))
        var project = try DayFixture(now: "2026-03-08T15:00:00Z").project
        project.calendar = calendar
        // The day of 23 hours ends at 04:00 UTC, the one of 25 hours at 05:00 UTC.
        for (now, wake) in [
            ("2026-03-09T03:59:30Z", "2026-03-09T04:00:00Z"), ("2026-11-02T04:59:30Z", "2026-11-02T05:00:00Z"),
            ("2026-03-09T12:00:00Z", "2026-03-09T12:01:00Z"), ("2026-03-09T04:00:20Z", "2026-03-09T04:01:00Z"),
        ] {
            let pause = DayScheduler.pause(
                [project], now: DayFixture.time(now), refresh: .seconds(60), quiet: .seconds(60))
            #expect(pause == DayFixture.time(wake) - DayFixture.time(now))
        }
    }

    @Test func aRoundClosesAndRefreshesEveryProject() async throws {
        let day = try DayFixture(now: "2026-03-12T15:00:00Z", created: "2026-03-11T15:00:00Z")
        try await day.submit([.init(at: "2026-03-11T17:05:00Z"), .init(at: "2026-03-12T14:00:00Z")])
        let scheduler = DayScheduler(
            projects: FixedProjectDirectory([day.project]), book: day.book, closer: day.closer, clock: day.clock,
            telemetry: .none())
        await scheduler.round()
        day.clock.advance(by: .seconds(61))
        await scheduler.round()
        let range = DayFixture.date("2026-03-01")...DayFixture.date("2026-03-12")
        let snapshots = try await day.ledger.snapshots(day.project.id, in: range, limit: 10)
        #expect(snapshots.map(\.date.description) == ["2026-03-12", "2026-03-11"])
        #expect(snapshots.map { $0.closedAt != nil } == [false, true])
        #expect(snapshots.map(\.attempts) == [1, 1])
    }
}
