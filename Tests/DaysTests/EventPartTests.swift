import Days
import Events
import Foundation
import Ports
import SQLiteLedger
import Synchronization
import SystemPorts
import Telemetry
import Testing

/// The event store's part of a day: what was received on the date.
struct EventPartTests {
    private static let date = DayFixture.date("2026-03-10")

    /// A closed day on which nine events were received, two of them late.
    private func closedDay() async throws -> DayFixture {
        let day = try DayFixture(now: "2026-03-11T15:00:00Z", created: "2026-03-10T15:00:00Z", withFacts: true)
        day.facts.state.withLock {
            $0.totals = DayEventTotals(
                byType: [.init(type: "span", events: 9, failures: 1)], late: 2, inputTokens: 5, outputTokens: 6,
                costMicroUSD: 7, books: BooksDelta(), pending: 0)
            $0.totals.books.received = 9
            $0.totals.books.stored = 9
        }
        try await day.submit([.init(at: "2026-03-10T16:00:00Z")])
        _ = try await day.closer.close(day.project, date: Self.date)
        return day
    }

    private func verify(_ day: DayFixture) async throws -> DayVerification {
        try await DayVerifier(ledger: day.ledger, facts: day.facts).verify(day.project, date: Self.date)
    }

    @Test func everyNumberOfTheSnapshotIsCountedAgain() async throws {
        let day = try await closedDay()
        let snapshot = try await day.snapshot("2026-03-10")
        #expect(snapshot.format == 3 && snapshot.events?.events == 9 && snapshot.events?.late == 2)
        let honest = try await verify(day)
        #expect(honest.isOK && honest.events == 9 && honest.skipped.isEmpty)
        #expect(honest.json.text.contains(#""events":9"#))
        // Store and books agree with each other, and not with what was sealed.
        day.facts.state.withLock {
            $0.totals.byType = [.init(type: "span", events: 10, failures: 2)]
            $0.totals.late = 3
            $0.totals.inputTokens = 50
            $0.totals.outputTokens = 60
            $0.totals.costMicroUSD = 70
            $0.totals.books.received = 10
            $0.totals.books.stored = 10
        }
        let changed = try await verify(day)
        #expect(
            changed.failures.map(\.name)
                == [
                    "books.received", "events", "late", "failures", "input_tokens", "output_tokens", "cost_micro_usd",
                ].map { "snapshot.events.\($0)" })
        #expect(changed.firstWrongRow?.subject == .events)
    }

    /// Before, events were counted on the date of their own time: late ones may have come since, which is nobody's fault.
    @Test(arguments: [1, 2]) func ofADayClosedInAnEarlierFormatTheBooksMustHold(format: Int) async throws {
        let day = try await closedDay()
        let facts = day.facts.state.withLock { $0.totals }
        let other = try DayFixture(now: "2026-03-11T15:00:00Z", created: "2026-03-10T15:00:00Z")
        var tally = DayTally(projectID: other.project.id, date: Self.date, calendar: other.project.calendar)
        try await other.submit([.init(at: "2026-03-10T16:00:00Z")])
        tally.add(
            contentsOf: try await other.ledger.dayAttempts(other.project.id, Self.date, after: 0, limit: 10))
        let old = tally.snapshot(leads: 1, events: facts, trailing: [], format: format)
        let json = old.canonicalJSON()
        #expect(!json.contains("\"late\":") && old.events?.events == 9)
        #expect(try DaySnapshot(canonicalJSON: json, date: Self.date) == old)
        let now = other.clock.now
        let stored = StoredSnapshot(
            projectID: other.project.id, date: Self.date, json: json, sha256: DayBook.sha256(json), attempts: 1,
            leads: 1, failures: 0, isBalanced: true, refreshedAt: now, closedAt: now)
        let seal = DaySeal(
            projectID: other.project.id, date: Self.date, merkleRoot: tally.merkleRoot, rowCount: 1, firstSequence: 1,
            lastSequence: 1, lastHash: tally.lastRowHash, snapshotSHA256: stored.sha256, sealedAt: now)
        #expect(try await other.closeDay(stored, seal: seal, extent: tally.extent) == .closed)
        other.facts.state.withLock {
            $0.totals = facts
            // By receipt there were eleven, by their own time nine.
            $0.totals.byType = [
                .init(type: "span", events: 9, failures: 1), .init(type: "log", events: 2, failures: 0),
            ]
            $0.totals.books.stored = 11
            $0.totals.books.received = 11
        }
        var broken = try await verify(other)
        #expect(broken.failures.map(\.name) == ["snapshot.events.books.received"])
        other.facts.state.withLock {
            $0.totals.books.duplicate = 0
            $0.totals.books.received = 9
            $0.totals.books.stored = 9
            $0.totals.byType = [
                .init(type: "span", events: 7, failures: 1), .init(type: "log", events: 2, failures: 0),
            ]
        }
        broken = try await verify(other)
        #expect(broken.isOK, "\(broken.failures)")
        #expect(broken.skipped.contains { $0.contains("format \(format)") && $0.contains("own time") })
    }

    @Test func aDateOfEventsAloneIsVerified() async throws {
        let day = try await closedDay()
        day.facts.state.withLock { $0.dates = [Self.date, Self.date.next] }
        let verifier = DayVerifier(ledger: day.ledger, facts: day.facts)
        #expect(try await verifier.dates(of: day.project) == [Self.date, Self.date.next])
        let all = try await verifier.verifyAll([day.project], began: day.clock.now) { _ in }
        let days = try #require(all.days[day.project.id])
        #expect(days.map(\.date) == [Self.date, Self.date.next])
        #expect(days.map(\.attempts) == [1, 0] && days.map(\.events) == [9, 9])
        day.facts.state.withLock { $0.isBroken = true }
        await #expect(throws: DayError.self) { try await verifier.dates(of: day.project) }
    }

    /// Facts that are asked when the process stops.
    private struct StoppedFacts: DayEventFacts {
        func totals(
            _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
        ) async throws(EventStoreError) -> DayEventTotals {
            withUnsafeCurrentTask { $0?.cancel() }
            throw .cancelled(operation: "day totals")
        }
        func recount(
            _ project: ProjectID, _ date: LogicalDate, range: Range<Timestamp>
        ) async throws(EventStoreError) -> DayEventTotals { try await totals(project, date, range: range) }
        func dates(of project: ProjectID) async throws(EventStoreError) -> Set<LogicalDate> { [] }
    }

    /// No day may be sealed without its events because the process is stopping, and there is nothing to warn of.
    @Test func aStopIsQuietAndClosesNothing() async throws {
        let day = try DayFixture(now: "2026-03-12T15:00:00Z", created: "2026-03-10T15:00:00Z")
        let telemetry = Telemetry.none()
        let book = DayBook(ledger: day.ledger, facts: StoppedFacts(), clock: day.clock, telemetry: telemetry)
        let closer = DayCloser(ledger: day.ledger, book: book, clock: day.clock, telemetry: telemetry)
        for _ in 0..<2 {
            await #expect {
                try await Task { _ = try await closer.closeDue(day.project) }.value
            } throws: { if case DayError.stopping = $0 { true } else { false } }
            day.clock.advance(by: .seconds(DayLimits.settleSecondsMax))
        }
        await #expect(throws: DayError.self) {
            try await Task { _ = try await closer.close(day.project, date: Self.date) }.value
        }
        #expect(try await day.ledger.closedDates(day.project.id, in: Self.date...Self.date.next).isEmpty)
        let scheduler = DayScheduler(
            projects: FixedProjectDirectory([day.project]), book: book, closer: closer, clock: day.clock,
            telemetry: telemetry)
        await Task { await scheduler.round() }.value
        let metrics = telemetry.metrics.exposition()
        #expect(!metrics.contains("daybook_day_event_totals_missing_total 1"))
        #expect(!metrics.contains("daybook_day_close_failures_total{"))
    }
}
