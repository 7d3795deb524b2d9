import CDuckDB
import DuckDBEventStore
import Events
import Foundation
import Ports
import Telemetry
import Testing

/// What was received on a date, whatever the events' own times are.
@Suite struct EventStoreContractDayTests {
    static let project = ProjectID(trusted: "prj_a")
    static let midnight = Timestamp(rfc3339: "2026-03-09T00:00:00Z")!
    static let dates = (7...11).map { LogicalDate("2026-03-\($0 < 10 ? "0" : "")\($0)")! }
    static let days = dates.map { StoreDay(date: $0, start: DayCalendar.utc.start(of: $0)) }

    /// Events of five hours before midnight to one hour behind it, every third one received nine hours after its own time.
    static func fill(_ store: DuckDBEventStore) async throws -> [TestEvent] {
        var events: [TestEvent] = []
        for (offset, batch) in EventListModel.seeded(start: midnight - .seconds(18_000)).enumerated() {
            let received = batch.enumerated().map { place, event in
                var event = event
                if place % 3 == 0 { event.received = event.time + .seconds(32_400) }
                return event
            }
            _ = try await store.commit(testBatch(received, offset: Int64(offset)))
            events += received
        }
        return events
    }

    static func expected(_ events: [TestEvent], _ day: StoreDay) -> DayStoreTotals {
        let mine = events.filter { $0.project == project.text && $0.date == day.date }
        let types = Dictionary(grouping: mine, by: \.type).sorted { $0.key < $1.key }
        return DayStoreTotals(
            byType: types.map { type, rows in
                .init(type: type, events: Int64(rows.count), failures: Int64(rows.count { $0.outcome == "failure" }))
            },
            late: Int64(mine.count { $0.time < day.start }),
            inputTokens: mine.reduce(0) { $0 + $1.inputTokens + $1.cacheReadTokens },
            outputTokens: mine.reduce(0) { $0 + $1.outputTokens + $1.reasoningTokens },
            costMicroUSD: mine.reduce(0) { $0 + $1.cost })
    }

    static func expectTotals(_ store: DuckDBEventStore, _ events: [TestEvent]) async throws {
        let wanted = days.map { expected(events, $0) }
        #expect(try await store.dayTotals(project, days: days) == wanted)
        #expect(try await store.dayRecount(project, days: days) == wanted)
        for (day, wanted) in zip(days, wanted) {
            #expect(try await store.dayTotals(project, days: [day]) == [wanted])
            #expect(try await store.dayRecount(project, days: [day]) == [wanted])
            let books = try await store.books(project, day.date)
            #expect(books.stored == wanted.byType.reduce(0) { $0 + $1.events })
        }
    }

    @Test func aDateCountsWhatWasReceivedOnIt() async throws {
        try await EventStoreContractTests.withStore { store, _ in
            let events = try await Self.fill(store)
            let late = Self.expected(events, Self.days[2]).late
            #expect(late > 500, "the sample has late events")
            try await Self.expectTotals(store, events)
            #expect(try await store.recordedDates(Self.project) == Set(events.map(\.date)))
            #expect(try await store.recordedDates(ProjectID(trusted: "prj_none")).isEmpty)
            // With gaps between the days.
            let some = [Self.days[1], Self.days[3]]
            #expect(try await store.dayTotals(Self.project, days: some) == some.map { Self.expected(events, $0) })
            #expect(try await store.dayTotals(Self.project, days: []).isEmpty)
        }
    }

    @Test func manyDeltasOfADateAreMergedIntoOneForEachType() async throws {
        try await EventStoreContractTests.withStore { store, _ in
            var events = try await Self.fill(store)
            #expect(try await store.compactRollups(closedBefore: Self.midnight - .seconds(90_000)).isNothing)
            for offset in 8..<11 {
                let batch = (0..<1500).map { at in
                    TestEvent(
                        id: "many\(offset)_\(at)", type: "custom.t\(at)", time: Self.midnight + .seconds(Int64(at)),
                        outcome: at % 2 == 0 ? "failure" : "success", cost: 7)
                }
                _ = try await store.commit(testBatch(batch, offset: Int64(offset)))
                events += batch
            }
            let before = Self.midnight - .seconds(90_000)
            #expect(try await store.compactRollups(closedBefore: before).dates == 1)
            try await Self.expectTotals(store, events)
            #expect(try await store.compactRollups(closedBefore: before).isNothing)
        }
    }

    /// What the server's own outbox sends once more was received once: the books do not know of it.
    @Test func aRedeliveryOfOurOwnIsNoReceipt() async throws {
        try await EventStoreContractTests.withStore { store, _ in
            let events = (0..<20).map { TestEvent(id: "att_\($0)", time: Self.midnight + .seconds(Int64($0))) }
            _ = try await store.commit(testBatch(events, offset: 0, isRelayed: true))
            let again = try await store.commit(testBatch(Array(events[5...]) + [events[7]], offset: 1, isRelayed: true))
            #expect(again == EventStoreReceipt(stored: 0, duplicates: 16))
            var books = try await store.books(Self.project, Self.dates[2])
            #expect((books.received, books.stored, books.duplicate) == (20, 20, 0))
            // A client that repeats the same events is counted.
            _ = try await store.commit(testBatch(Array(events[..<3]), offset: 2))
            books = try await store.books(Self.project, Self.dates[2])
            #expect((books.received, books.stored, books.duplicate) == (23, 20, 3) && books.isBalanced)
            try await Self.expectTotals(store, events)
        }
    }

    /// A store of the version before has no totals of dates: they are counted from its rows once.
    @Test func aStoreOfTheVersionBeforeIsFilled() async throws {
        let folder = NSTemporaryDirectory() + "daybook-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var store = try DuckDBEventStore(folder: folder, telemetry: .none())
        let events = try await Self.fill(store)
        await store.close()
        Self.run("DROP TABLE day_totals; DELETE FROM meta WHERE value = 3", on: folder)
        store = try DuckDBEventStore(folder: folder, telemetry: .none())
        try await Self.expectTotals(store, events)
        await store.close()
        // The step taken once more changes nothing.
        Self.run("DELETE FROM meta WHERE value = 3", on: folder)
        store = try DuckDBEventStore(folder: folder, telemetry: .none())
        try await Self.expectTotals(store, events)
        await store.close()
    }

    private static func run(_ sql: String, on folder: String) {
        var database: duckdb_database?
        var connection: duckdb_connection?
        #expect(duckdb_open(folder + "/events.duckdb", &database) == DuckDBSuccess)
        #expect(duckdb_connect(database, &connection) == DuckDBSuccess)
        #expect(duckdb_query(connection, sql, nil) == DuckDBSuccess)
        duckdb_disconnect(&connection)
        duckdb_close(&database)
    }
}
